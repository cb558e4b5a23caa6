package jobs

import (
	"context"
	"time"
)

// retainEvery is how often the worker looks for what is over its time.
const retainEvery = 10 * time.Minute

// retainLot is how many rows it removes at once: nobody waits for it.
const retainLot = 200

// Retain removes what is over its time (the presets "保存多久"): inboxes, pushes, keys of
// idempotency, contacts of who has no open matter. Started by every worker; twice is safe:
// what is gone is gone, and rows that another one removes are passed over. Files of exports
// go by ExpireExports, photos that were removed by RemovePhotos.
func (w *Worker) Retain(ctx context.Context) (int, error) {
	return w.DB.Retention.Sweep(ctx, retainLot)
}
