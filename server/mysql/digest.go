package mysql

import (
	"context"
	"time"

	"warmcabin/server/cabin"
)

// Digests are the deputies' mornings: one message for what the day holds.
type Digests struct{ db *DB }

// Due makes this morning's digest for at most limit deputies' people who have none yet,
// and returns how many were looked at; a day with nothing makes no message. It does
// nothing before the hour of the presets and after noon, when a morning's news is old. Any worker
// may call it, twice is safe: the key of person and day makes it once.
func (s Digests) Due(ctx context.Context, limit int) (int, error) {
	now := s.db.Now().In(cabin.Shanghai)
	if now.Hour() < s.db.Presets().DigestHour || now.Hour() >= 12 {
		return 0, nil
	}
	day := now.Format(time.DateOnly)
	var ids []int64
	err := s.db.selectAll(ctx, &ids, `SELECT DISTINCT p.person_id FROM person_roles p LEFT JOIN digests d ON d.person_id = p.person_id AND d.day = ?
		WHERE p.role = ? AND d.person_id IS NULL LIMIT ?`, day, cabin.Deputy, limit)
	return s.db.each(ctx, ids, err, func(tx *Tx, id int64) error { return s.make(tx, id, day) })
}

func (s Digests) make(tx *Tx, personID int64, day string) error {
	res, err := tx.exec(`INSERT IGNORE INTO digests (person_id, day, created_at) VALUES (?,?,?)`, personID, day, tx.Now)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return orConflict(err, "已经处理过了。")
	}
	d := cabin.Digest{Day: tx.Now.In(cabin.Shanghai)}
	midnight := time.Date(d.Day.Year(), d.Day.Month(), d.Day.Day(), 0, 0, 0, 0, cabin.Shanghai)
	const mine = `(SELECT scope_id FROM person_roles WHERE person_id = ? AND role = 'deputy')`
	var today []struct {
		At    time.Time `db:"starts_at"`
		Topic string    `db:"topic"`
	}
	var asked, followed []struct {
		N int `db:"n"`
	}
	err = tx.read(
		part{&today, `SELECT starts_at, topic FROM bookings WHERE deputy_id IN ` + mine + ` AND state IN ('confirmed', 'checked_in') AND talk_id = 0 AND starts_at >= ? AND starts_at < ? ORDER BY starts_at`,
			[]any{personID, midnight.UTC(), midnight.AddDate(0, 0, 1).UTC()}},
		part{&asked, `SELECT COUNT(*) AS n FROM bookings WHERE deputy_id IN ` + mine + ` AND state = 'requested' AND waiting = 'deputy'`, []any{personID}},
		part{&followed, `SELECT COUNT(*) AS n FROM reports WHERE deputy_id IN ` + mine + ` AND updated_at > ?`, []any{personID, tx.Now.Add(-24 * time.Hour)}})
	if err != nil {
		return err
	}
	for _, b := range today {
		d.Today = append(d.Today, cabin.DigestMeeting{At: b.At, Topic: b.Topic})
	}
	d.Asked, d.Followed = asked[0].N, followed[0].N
	if d.Empty() {
		return nil
	}
	return tx.tell(cabin.TheSystem, audiences{deputies: &[]int64{personID}}, []cabin.Audience{cabin.ToDeputy},
		func(cabin.Audience) cabin.Notice { return d.Notice() })
}
