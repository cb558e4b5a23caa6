package mysql

import (
	"context"
	"strings"

	"warmcabin/server/cabin"
)

// Key makes a creating request safe to repeat: the same key with the same body gets what
// the first one made; with another body it is refused (CodeKeyReused). Key is 1 to 64
// printable ASCII characters; BodyHash also covers the kind of request.
type Key struct {
	PersonID int64
	Key      string
	BodyHash [32]byte
}

func (k Key) check() error {
	if k.Key == "" || len(k.Key) > 64 || strings.ContainsFunc(k.Key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return cabin.Invalid("Idempotency-Key", "提交的编号不对，请刷新后重新提交。")
	}
	return nil
}

// made returns the id that the key created before, 0 when it is new.
func (db *DB) made(ctx context.Context, k Key) (int64, error) {
	var rows []madeRow
	if err := db.read(ctx, keysPart(&rows, k)); err != nil {
		return 0, err
	}
	return madeBy(rows, k)
}

// madeRow is what a key created.
type madeRow struct {
	PersonID int64  `db:"person_id"`
	Key      string `db:"idem_key"`
	BodyHash []byte `db:"body_hash"`
	ObjectID int64  `db:"object_id"`
}

func keysPart(dest *[]madeRow, keys ...Key) part {
	var args []any
	for _, k := range keys {
		args = append(args, k.PersonID, k.Key)
	}
	const one = `(person_id = ? AND idem_key = ?)`
	return part{dest, `SELECT person_id, idem_key, body_hash, object_id FROM idempotency_keys WHERE ` + one + strings.Repeat(` OR `+one, len(keys)-1), args}
}

// madeBy is the id that the key created before, 0 when it is new.
func madeBy(rows []madeRow, k Key) (int64, error) {
	for _, r := range rows {
		switch {
		case r.PersonID != k.PersonID || r.Key != k.Key:
		case [32]byte(r.BodyHash) != k.BodyHash:
			return 0, cabin.E(cabin.CodeKeyReused, "这次提交和上一次的内容不同，请刷新后重新提交。")
		default:
			return r.ObjectID, nil
		}
	}
	return 0, nil
}

// keep records what the key made. A twin that was faster makes the transaction fail here.
func (tx *Tx) keep(k Key, id int64) {
	tx.row(`INSERT INTO idempotency_keys (person_id, idem_key, body_hash, object_id, created_at) VALUES`,
		k.PersonID, k.Key, k.BodyHash[:], id, tx.Now)
}

// createOnce runs create unless the key has made something already, and returns its id.
// When create fails because its twin was faster, the twin's result is the answer.
func (db *DB) createOnce(ctx context.Context, k Key, create func(tx *Tx) (int64, error)) (id int64, err error) {
	if err := k.check(); err != nil {
		return 0, err
	}
	if id, err = db.made(ctx, k); id != 0 || err != nil {
		return id, err
	}
	err = db.InTx(ctx, func(tx *Tx) error {
		if id, err = create(tx); err != nil {
			return err
		}
		tx.keep(k, id)
		return nil
	})
	if err == nil {
		return id, nil
	}
	if twin, twinErr := db.made(ctx, k); twin != 0 || cabin.CodeOf(twinErr) == cabin.CodeKeyReused {
		return twin, twinErr
	}
	return 0, err
}
