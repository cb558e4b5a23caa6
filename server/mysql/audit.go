package mysql

import (
	"context"
	"encoding/json"

	"warmcabin/server/cabin"
)

type requestIDKey struct{}

// WithRequestID lets the audit rows of a request name it.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// audit writes who did what to what. detail holds states and ids, never words of a person.
func (tx *Tx) audit(actor cabin.Actor, role cabin.Role, action, kind string, id int64, detail map[string]any) error {
	requestID, _ := tx.ctx.Value(requestIDKey{}).(string)
	text, err := json.Marshal(detail)
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO audit (at, actor_id, actor_role, action, object_kind, object_id, detail, request_id)
		VALUES (?,?,?,?,?,?,?,?)`, tx.Now, actor.PersonID, role, action, kind, id, text, requestID)
	return err
}
