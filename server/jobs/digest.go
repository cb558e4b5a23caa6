package jobs

import "context"

// Remind makes the deputies' morning digests and reminds handlers of deadlines.
// Started by every worker; twice is safe: a key in the database makes each of them once.
func (w *Worker) Remind(ctx context.Context) (int, error) {
	mornings, err := w.DB.Digests.Due(ctx, batch)
	if err != nil {
		return mornings, err
	}
	deadlines, err := w.DB.Reports.Remind(ctx, batch)
	return mornings + deadlines, err
}
