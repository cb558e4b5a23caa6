package mysql

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"warmcabin/server/cabin"
)

// asked is a creating request: N is what is asked for, M what is made of it. It ends with
// made, earlier or err.
type asked[N, M any] struct {
	ctx     context.Context
	key     Key
	who     int64 // the person it is for
	n       N
	made    *M
	id      *int64 // of made, once it is written
	earlier int64  // what the key made before
	err     error
}

func (a *asked[N, M]) person() int64 { return a.who }

// asking takes creating requests of one kind. Those of one moment share a transaction.
type asking[N, M any] struct {
	together[*asked[N, M]]
}

const askingBatch = 16

func newAsking[N, M any]() asking[N, M] {
	return asking[N, M]{newTogether[*asked[N, M]](askingBatch)}
}

// deciding decides on each request of a batch: what it refuses gets err, what is to be made
// gets made and id. write, nil when that is nothing, writes it. An error of
// either undoes the batch. Both run again after a deadlock.
type deciding[N, M any] func(tx *Tx, batch []*asked[N, M]) (write func() error, err error)

// ask returns what decide made of n, or the id of what the key made earlier. The next batch
// may begin when one is decided on.
func (q *asking[N, M]) ask(ctx context.Context, db *DB, key Key, who int64, n N, decide deciding[N, M]) (made *M, earlier int64, err error) {
	if err := key.check(); err != nil {
		return nil, 0, err
	}
	a := &asked[N, M]{ctx: ctx, key: key, who: who, n: n}
	if !q.halves(ctx, a, func(ctx context.Context, batch []*asked[N, M], halfway func()) {
		answer(ctx, db, batch, halfway, decide)
	}) {
		return nil, 0, cabin.E(cabin.CodeInternal, "系统出错了，我们会尽快处理，请稍后再试。")
	}
	return a.made, a.earlier, a.err
}

// answer answers a batch in one transaction. What one of them breaks is undone for all, and
// each is asked for itself.
func answer[N, M any](ctx context.Context, db *DB, batch []*asked[N, M], decided func(), decide deciding[N, M]) {
	// In one order everywhere: two batches may hold the same people.
	slices.SortFunc(batch, func(a, b *asked[N, M]) int { return cmp.Compare(a.who, b.who) })
	err := db.InTx(ctx, func(tx *Tx) error { return writeAll(tx, batch, decided, decide) })
	if err == nil {
		for _, a := range batch {
			if len(batch) > 1 && errors.Is(a.err, errAgain) {
				answer(ctx, db, []*asked[N, M]{a}, decided, decide)
			}
		}
		return
	}
	if duplicate(err) || cabin.CodeOf(err) == cabin.CodeOutcomeUnknown {
		// A twin was faster, or the answer to COMMIT was lost: the keys know.
		fresh, lookup := unmade(ctx, db, batch)
		if lookup == nil && len(fresh) < len(batch) && len(fresh) > 0 && duplicate(err) {
			answer(ctx, db, fresh, decided, decide)
			return
		}
		batch = fresh
	}
	alone := len(batch) == 1 || cabin.CodeOf(err) == cabin.CodeUnavailable || cabin.CodeOf(err) == cabin.CodeOutcomeUnknown
	for _, a := range batch {
		a.made, a.earlier, a.err = nil, 0, err
		if !alone {
			answer(ctx, db, []*asked[N, M]{a}, decided, decide)
		}
	}
}

// writeAll decides and writes. Whether a key has made something already is looked up only for what
// was refused: the rows of keys refuse the rest. Alone, a request fails with its refusal;
// in a larger batch a refusal is that request's own.
func writeAll[N, M any](tx *Tx, batch []*asked[N, M], decided func(), decide deciding[N, M]) error {
	for _, a := range batch {
		a.made, a.id, a.earlier, a.err = nil, nil, 0, nil
	}
	write, err := decide(tx, batch)
	if err != nil {
		return err
	}
	decided()
	if write != nil {
		if err := write(); err != nil {
			return err
		}
	}
	var refused []*asked[N, M]
	for _, a := range batch {
		if a.err != nil {
			refused = append(refused, a)
		} else {
			tx.keep(a.key, *a.id)
		}
	}
	if len(refused) == 0 {
		return nil
	}
	var rows []madeRow
	if err := tx.read(keysPart(&rows, keysOf(refused)...)); err != nil {
		return err
	}
	settled(refused, rows)
	if len(batch) == 1 && batch[0].err != nil {
		return batch[0].err
	}
	return nil
}

// unmade looks the keys up, outside the transaction that failed, and returns the requests
// that made nothing yet.
func unmade[N, M any](ctx context.Context, db *DB, batch []*asked[N, M]) ([]*asked[N, M], error) {
	var rows []madeRow
	if err := db.read(ctx, keysPart(&rows, keysOf(batch)...)); err != nil {
		return batch, err
	}
	return settled(batch, rows), nil
}

// settled gives the requests what their keys made earlier, and returns the others.
func settled[N, M any](batch []*asked[N, M], rows []madeRow) (fresh []*asked[N, M]) {
	for _, a := range batch {
		if id, err := madeBy(rows, a.key); id != 0 || err != nil {
			a.made, a.earlier, a.err = nil, id, err
		} else {
			fresh = append(fresh, a)
		}
	}
	return fresh
}

func keysOf[N, M any](batch []*asked[N, M]) []Key {
	keys := make([]Key, len(batch))
	for i, a := range batch {
		keys[i] = a.key
	}
	return keys
}
