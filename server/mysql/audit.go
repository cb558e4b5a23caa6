package mysql

import (
	"context"
	"encoding/json"
	"net/netip"
	"strings"

	"warmcabin/server/cabin"
)

// origin is which request moves something, and where it came from; zero for our own jobs.
type origin struct{ request, address string }

type originKey struct{}

// WithOrigin lets the audit rows of a request name it and say where it came from. An id that
// is longer than 40 characters or not printable ASCII is not kept: it would fail the request's
// own work. What is no address is not kept either.
func WithOrigin(ctx context.Context, requestID, address string) context.Context {
	o := origin{requestID, address}
	if len(requestID) > 40 || strings.ContainsFunc(requestID, func(r rune) bool { return r < ' ' || r > '~' }) {
		o.request = ""
	}
	if _, err := netip.ParseAddr(address); err != nil || len(address) > 45 {
		o.address = ""
	}
	return context.WithValue(ctx, originKey{}, o)
}

func originOf(ctx context.Context) origin {
	o, _ := ctx.Value(originKey{}).(origin)
	return o
}

// audit writes who did what to what. detail holds states and ids, never words of a person.
func (tx *Tx) audit(actor cabin.Actor, role cabin.Role, action, kind string, id int64, detail map[string]any) error {
	text, err := json.Marshal(detail)
	if err != nil {
		return err
	}
	tx.row(`INSERT INTO audit (at, actor_id, actor_role, action, object_kind, object_id, detail, request_id, address) VALUES`,
		tx.Now, actor.PersonID, role, action, kind, id, text, tx.from.request, tx.from.address)
	return nil
}
