package jobs

import "context"

// Remind makes the deputies' morning digests. Started by every worker; twice is safe: a
// key in the database makes each of them once.
func (w *Worker) Remind(ctx context.Context) (int, error) { return w.DB.Digests.Due(ctx, batch) }
