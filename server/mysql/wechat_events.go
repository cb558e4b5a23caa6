package mysql

import (
	"context"
	"slices"
	"time"

	"warmcabin/server/cabin"
)

// WeChatEvents are what WeChat pushed to us: kept once at the request, worked off later.
type WeChatEvents struct{ db *DB }

// The accounts that push.
const (
	MiniProgram     = "mini"
	OfficialAccount = "official"
)

// PushedEvent is one of them, claimed. Payload is what Keep was given.
type PushedEvent struct {
	ID       int64  `db:"id"`
	Account  string `db:"account"`
	Payload  string `db:"payload"`
	Attempts int    `db:"attempts"`
}

// eventLife is how long events are kept. A repetition comes within seconds, and one that is
// older than minutes is refused before it comes here.
const eventLife = 7 * 24 * time.Hour

// Keep stores an event unless it is there already: once tells it from all others.
func (s WeChatEvents) Keep(ctx context.Context, account string, once [32]byte, payload []byte) error {
	now := s.db.Now()
	_, err := s.db.exec(ctx, `INSERT IGNORE INTO wechat_events (account, once, payload, due_at, created_at) VALUES (?,?,?,?,?)`, account, once[:], payload, now, now)
	return err
}

// Claim takes at most limit due events until the lease ends, and forgets old ones. An
// event whose worker died comes back: whatever is done about one is safe to do twice.
func (s WeChatEvents) Claim(ctx context.Context, limit int, lease time.Duration) (claimed []PushedEvent, err error) {
	err = s.db.InTx(ctx, func(tx *Tx) error {
		claimed = nil
		if err := tx.selectAll(&claimed, `SELECT id, account, payload, attempts FROM wechat_events WHERE due_at <= ? ORDER BY due_at, id LIMIT ? FOR UPDATE SKIP LOCKED`, tx.Now, limit); err != nil {
			return err
		}
		if len(claimed) == 0 {
			_, err := tx.exec(`DELETE FROM wechat_events WHERE created_at < ? LIMIT 1000`, tx.Now.Add(-eventLife))
			return err
		}
		ids := make([]int64, len(claimed))
		for i, e := range claimed {
			ids[i] = e.ID
		}
		return tx.execIn(`UPDATE wechat_events SET attempts = attempts + 1, due_at = ? WHERE id IN (?)`, tx.Now.Add(lease), ids)
	})
	return claimed, err
}

// Done ends the work on these events.
func (s WeChatEvents) Done(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	return s.db.InTx(ctx, func(tx *Tx) error { return tx.execIn(`UPDATE wechat_events SET due_at = ? WHERE id IN (?)`, nil, ids) })
}

// Again looks at the event again at that time.
func (s WeChatEvents) Again(ctx context.Context, id int64, at time.Time) error {
	_, err := s.db.exec(ctx, `UPDATE wechat_events SET due_at = ? WHERE id = ?`, at.UTC(), id)
	return err
}

// Release gives claimed events back at once: nobody looked at them.
func (s WeChatEvents) Release(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	return s.db.InTx(ctx, func(tx *Tx) error {
		return tx.execIn(`UPDATE wechat_events SET attempts = attempts - 1, due_at = ? WHERE id IN (?)`, tx.Now, ids)
	})
}

// ByOpenID returns the person of an openid of the mini-program, 0 when there is none.
func (s People) ByOpenID(ctx context.Context, openID string) (int64, error) {
	var ids []int64
	err := s.db.selectAll(ctx, &ids, `SELECT id FROM persons WHERE openid = ?`, openID)
	if len(ids) == 0 {
		return 0, err
	}
	return ids[0], err
}

// TurnedOff takes the consents away that the person withdrew in WeChat's own settings.
// Twice is safe; eventID names the event in the ledger.
func (s Consents) TurnedOff(ctx context.Context, personID int64, eventID string, keys []cabin.TemplateKey) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		for _, key := range cabin.TemplateKeys { // in one order everywhere
			if !slices.Contains(keys, key) {
				continue
			}
			fresh, err := tx.consentEvent(personID, key, ConsentExpired, FromWeChat, eventID, "", tx.Now)
			if err != nil || !fresh {
				if err != nil {
					return err
				}
				continue
			}
			tx.later(`UPDATE consents SET expired = expired + credits, credits = 0, refused = refused + 1, updated_at = ? WHERE person_id = ? AND template = ?`, tx.Now, personID, key)
		}
		return nil
	})
}

// LateFailure is what WeChat tells of a message that it took and then could not deliver.
type LateFailure struct {
	Official bool              // of the official account
	PersonID int64             // 0: not known, the number says which message
	Template cabin.TemplateKey // of a subscribe message
	MsgID    int64             // WeChat's number; 0 when it gave none
	At       time.Time
	Code     int
	Reason   string
	Again    bool // another channel may be tried
}

const (
	lateWithin    = 2 * time.Hour      // between a push and the news that it failed
	lateWaited    = 4 * 24 * time.Hour // the same, of a push that waited while WeChat was gone
	lateUnnamed   = 10 * time.Minute   // the same, for a message that only its template names
	lateSkew      = time.Minute        // WeChat's time has seconds only, and its own clock
	undeliverable = "not delivered in the end"
)

// Late corrects such a push: it did not arrive, or waits once more for the next channel.
// The message is the one of WeChat's number; where that was not kept, the last one of the
// template that was sent to the person in the minutes before. found is false when there is
// none: it was long ago, told already, or what came of the call is not recorded yet. Twice
// is safe.
func (s Outbox) Late(ctx context.Context, f LateFailure) (found bool, err error) {
	const sent = `SELECT id, channel FROM outbox WHERE state = 'sent' AND due_at BETWEEN ? AND ?`
	var rows []struct {
		ID      int64             `db:"id"`
		Channel cabin.PushChannel `db:"channel"`
	}
	at := f.At.UTC().Add(lateSkew)
	for _, back := range []time.Duration{lateWithin, lateWaited} {
		if f.MsgID == 0 || len(rows) > 0 {
			break
		}
		if err := s.db.selectAll(ctx, &rows, sent+` AND msg_id = ? AND (channel = 'official') = ? AND (person_id = ? OR ? = 0) LIMIT 1`,
			at.Add(-back), at, f.MsgID, f.Official, f.PersonID, f.PersonID); err != nil {
			return false, err
		}
	}
	if len(rows) == 0 && !f.Official {
		if err := s.db.selectAll(ctx, &rows, sent+` AND msg_id = 0 AND channel <> 'official' AND person_id = ? AND template = ? ORDER BY due_at DESC, id DESC LIMIT 1`,
			at.Add(-lateUnnamed), at, f.PersonID, f.Template); err != nil {
			return false, err
		}
	}
	if len(rows) == 0 {
		return false, nil
	}
	now := s.db.Now()
	reason := cut(undeliverable+": "+f.Reason, 200)
	if f.Again && !f.Official {
		_, err := s.db.exec(ctx, `UPDATE outbox SET state = 'waiting', due_at = ?, attempts = 0, attempted_at = DEFAULT, tried_since = NULL, done_at = DEFAULT, code = ?, reason = ?, failed_by = ?
			WHERE id = ? AND state = 'sent'`, now, f.Code, reason, rows[0].Channel, rows[0].ID)
		return true, err
	}
	_, err = s.db.exec(ctx, `UPDATE outbox SET state = ?, code = ?, reason = ? WHERE id = ? AND state = 'sent'`, PushRefused, f.Code, reason, rows[0].ID)
	return true, err
}

// Followers are those who follow the official account, by its openids.
type Followers struct{ db *DB }

// Follow notes a follower; unionID may be empty when the account is not bound to an open platform.
func (s Followers) Follow(ctx context.Context, openID, unionID string, at time.Time) error {
	_, err := s.db.exec(ctx, `INSERT INTO official_followers (openid, unionid, followed_at) VALUES (?,?,?)
		ON DUPLICATE KEY UPDATE unionid = IF(? <> '', ?, unionid), left_at = IF(left_at IS NULL OR left_at <= ?, NULL, left_at), followed_at = GREATEST(COALESCE(followed_at, ?), ?)`,
		openID, unionID, at.UTC(), unionID, unionID, at.UTC(), at.UTC(), at.UTC())
	return err
}

// Leave notes that somebody does not follow any more, unless they came back since.
func (s Followers) Leave(ctx context.Context, openID string, at time.Time) error {
	_, err := s.db.exec(ctx, `INSERT INTO official_followers (openid, left_at) VALUES (?,?)
		ON DUPLICATE KEY UPDATE left_at = IF(followed_at IS NULL OR followed_at <= ?, ?, left_at)`, openID, at.UTC(), at.UTC(), at.UTC())
	return err
}
