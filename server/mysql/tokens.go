package mysql

import (
	"context"
	"time"
)

// Tokens is what must be remembered of the accounts' access tokens though Redis forgot; the
// tokens themselves are never here.
type Tokens struct{ db *DB }

// MayForce tells whether a new token of the account may be forced of WeChat, and counts it:
// one in gap over all processes. Whoever gets an error forces none.
func (s Tokens) MayForce(ctx context.Context, account string, gap time.Duration) (bool, error) {
	now := s.db.Now()
	// One from further ahead than gap was written by a clock that was wrong.
	changed, err := s.db.atOnce(ctx, `INSERT INTO token_forces (account, forced_at) VALUES (?, ?)
		ON DUPLICATE KEY UPDATE forced_at = IF(forced_at <= ? OR forced_at > ?, VALUES(forced_at), forced_at)`, account, now, now.Add(-gap), now.Add(gap))
	return changed > 0, err
}
