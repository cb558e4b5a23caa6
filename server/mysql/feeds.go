package mysql

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"time"

	"warmcabin/server/cabin"
)

// Feeds are the deputies' calendars behind a secret address. Only the hash of a secret is
// kept; a new one ends the old.
type Feeds struct{ db *DB }

// feedPast is how far back a feed goes.
const feedPast = 30 * 24 * time.Hour

// Feed is what a calendar shows: nothing of a resident.
type Feed struct {
	DeputyName string
	Meetings   []*cabin.Booking
	Talks      []FeedTalk
}

// FeedTalk is a talk of the deputy's.
type FeedTalk struct {
	ID          int64     `db:"id"`
	Topic       string    `db:"topic"`
	Place       string    `db:"place_text"`
	StationName string    `db:"station_name"`
	RoomName    string    `db:"room_name"`
	StartsAt    time.Time `db:"starts_at"`
	EndsAt      time.Time `db:"ends_at"`
	CreatedAt   time.Time `db:"created_at"`
	UpdatedAt   time.Time `db:"updated_at"`
}

// New makes a new secret for the deputy's calendar, for the deputy only (CodeNotFound).
func (s Feeds) New(ctx context.Context, actor cabin.Actor, deputyID int64) (secret string, err error) {
	if !actor.Holds(cabin.Deputy, deputyID) {
		return "", cabin.E(cabin.CodeNotFound, "没有找到这份日程，只有代表本人可以订阅。")
	}
	secret = rand.Text()
	hash := sha256.Sum256([]byte(secret))
	err = s.db.InTx(ctx, func(tx *Tx) error {
		tx.later(`INSERT INTO calendar_feeds (deputy_id, secret_hash, created_by, created_at) VALUES (?,?,?,?)
			ON DUPLICATE KEY UPDATE secret_hash = VALUES(secret_hash), created_by = VALUES(created_by), created_at = VALUES(created_at)`,
			deputyID, hash[:], actor.PersonID, tx.Now)
		return tx.audit(actor, cabin.Deputy, "feed.new", "deputy", deputyID, nil)
	})
	return secret, err
}

// End ends the deputy's calendar address, for the deputy only (CodeNotFound); twice is fine.
func (s Feeds) End(ctx context.Context, actor cabin.Actor, deputyID int64) error {
	if !actor.Holds(cabin.Deputy, deputyID) {
		return cabin.E(cabin.CodeNotFound, "没有找到这份日程，只有代表本人可以停用。")
	}
	return s.db.InTx(ctx, func(tx *Tx) error {
		tx.later(`DELETE FROM calendar_feeds WHERE deputy_id = ?`, deputyID)
		return tx.audit(actor, cabin.Deputy, "feed.end", "deputy", deputyID, nil)
	})
}

// Read returns the calendar behind a secret: what is agreed, from a month back on, and the
// talks (CodeNotFound).
func (s Feeds) Read(ctx context.Context, secret string) (Feed, error) {
	hash := sha256.Sum256([]byte(secret))
	var of []struct {
		ID   int64  `db:"id"`
		Name string `db:"name"`
	}
	if err := s.db.read(ctx, part{&of, `SELECT d.id, d.name FROM calendar_feeds f JOIN deputies d ON d.id = f.deputy_id WHERE f.secret_hash = ?`, []any{hash[:]}}); err != nil {
		return Feed{}, err
	}
	if len(of) == 0 {
		return Feed{}, cabin.E(cabin.CodeNotFound, "这个日程地址已经停用。")
	}
	out, since := Feed{DeputyName: of[0].Name}, s.db.Now().Add(-feedPast)
	return out, s.db.read(ctx,
		part{&out.Meetings, `SELECT ` + bookingColumns + bookingFrom + `WHERE b.deputy_id = ? AND b.state IN (?) AND b.starts_at > ? AND b.talk_id = 0
			AND b.displaced_at IS NULL ORDER BY b.starts_at, b.id LIMIT 1000`,
			[]any{of[0].ID, []cabin.BookingState{cabin.Confirmed, cabin.CheckedIn, cabin.Completed}, since}},
		talksPart(&out.Talks, []int64{of[0].ID}, since, since.AddDate(2, 0, 0)))
}

// talksPart reads the talks of these deputies that take place in [from, to).
func talksPart(dest *[]FeedTalk, deputyIDs []int64, from, to time.Time) part {
	return part{dest, `SELECT t.id, t.topic, t.place_text, st.name AS station_name, COALESCE(r.name, '') AS room_name, t.starts_at, t.ends_at, t.created_at, t.updated_at
		FROM talks t JOIN stations st ON st.id = t.station_id LEFT JOIN rooms r ON r.id = t.room_id
		WHERE t.deputy_id IN (?) AND t.state IN ('open', 'done') AND t.starts_at >= ? AND t.starts_at < ? ORDER BY t.starts_at, t.id LIMIT 200`,
		[]any{deputyIDs, from.UTC(), to.UTC()}}
}
