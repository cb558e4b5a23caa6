package jobs

import "context"

// Count brings the statistics' months up to what moved a while ago. Started by every
// worker; twice is safe: one at a time holds the mark.
func (w *Worker) Count(ctx context.Context) (int, error) { return w.DB.Statistics.Fold(ctx) }

// Words keeps the words by which the desk finds matters. Started by every worker; twice is
// safe, as Count.
func (w *Worker) Words(ctx context.Context) (int, error) { return w.DB.Finds.Keep(ctx) }
