package mysql

import (
	"context"
	"encoding/json"
	"net/netip"
	"strings"

	"warmcabin/server/cabin"
)

type requestIDKey struct{}

// WithRequestID lets the audit rows of a request name it. An id that is longer than 40
// characters or not printable ASCII is not kept: it would fail the request's own work.
func WithRequestID(ctx context.Context, id string) context.Context {
	if len(id) > 40 || strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r > '~' }) {
		return ctx
	}
	return context.WithValue(ctx, requestIDKey{}, id)
}

type addressKey struct{}

// WithAddress lets the audit rows of a request say where it came from. What is no address is
// not kept.
func WithAddress(ctx context.Context, address string) context.Context {
	if _, err := netip.ParseAddr(address); err != nil || len(address) > 45 {
		return ctx
	}
	return context.WithValue(ctx, addressKey{}, address)
}

// origin is which request moves something, and where it came from; zero for our own jobs.
type origin struct{ request, address string }

func originOf(ctx context.Context) (o origin) {
	o.request, _ = ctx.Value(requestIDKey{}).(string)
	o.address, _ = ctx.Value(addressKey{}).(string)
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
