package mysql

import (
	"slices"
	"strings"
	"time"

	"warmcabin/server/cabin"
)

// What must be known, with the locks, before a slot is booked: for any number of requests
// by the same few statements, since statements are what costs.

// reading is a request to read for.
type reading struct {
	key Key
	n   NewBooking
}

// requestRead is what was read for one request.
type requestRead struct {
	residentRead
	deputy    *requestDeputy // nil: there is no such deputy
	made      []keyRow
	listeners []int64     // people who are this deputy
	taken     cabin.Taken // of the deputy: the slot's first quarter, and places of the day
	ahead     bool        // people wait in line for the slot
}

type requestDeputy struct {
	ID      int64  `db:"id"`
	Name    string `db:"name"`
	Level   string `db:"level"`
	PhotoID string `db:"photo_id"`
	Cap     int    `db:"day_cap"`
	Rules   int64  `db:"rules_version"`
}

// readFor reads for all requests in one trip. The residents' rows are locked first, so
// that two phones of one person take turns and the second sees what the first one's key
// made; the deputies' rows are shared with other bookings, and wait for a change of the
// deputy's hours. Both in the order of their ids, everywhere.
func (tx *Tx) readFor(asks ...reading) ([]requestRead, error) {
	var rows requestRows
	if err := tx.read(rows.parts(asks, tx.Now)...); err != nil {
		return nil, err
	}
	reads := make([]requestRead, len(asks))
	for i, a := range asks {
		reads[i] = rows.of(a)
	}
	return reads, nil
}

// requestRows are the rows of all requests together.
type requestRows struct {
	residentRead
	deputies []requestDeputy
	made     []struct {
		PersonID int64  `db:"person_id"`
		Key      string `db:"idem_key"`
		keyRow
	}
	listeners []struct {
		DeputyID int64 `db:"scope_id"`
		PersonID int64 `db:"person_id"`
	}
	taken []takenRow
	lines []struct {
		DeputyID int64     `db:"deputy_id"`
		StartsAt time.Time `db:"starts_at"`
	}
}

func (r *requestRows) parts(asks []reading, now time.Time) []part {
	residents, deputies := make([]int64, len(asks)), make([]int64, len(asks))
	var keys, taken, lines []any
	for i, a := range asks {
		residents[i], deputies[i] = a.n.ResidentID, a.n.DeputyID
		day := startOfDay(a.n.Start)
		keys = append(keys, a.key.PersonID, a.key.Key)
		taken = append(taken, cabin.DeputyTime, a.n.DeputyID, a.n.Start.Unix()/900,
			cabin.DeputyDay, a.n.DeputyID, cabin.DayPlace(day, 0), cabin.DayPlace(day, cabin.MaxDayCap-1))
		lines = append(lines, a.n.DeputyID, a.n.Start.UTC())
	}
	slices.Sort(deputies)
	deputies = slices.Compact(deputies)
	each := func(one string) string { return "(" + one + strings.Repeat(" OR "+one, len(asks)-1) + ")" }
	return append(r.residentRead.parts(now, residents...),
		part{&r.deputies, `SELECT id, name, level, photo_id, day_cap, rules_version FROM deputies FORCE INDEX (PRIMARY) WHERE id IN (?) ORDER BY id LOCK IN SHARE MODE`, []any{deputies}},
		part{&r.made, `SELECT person_id, idem_key, body_hash, object_id FROM idempotency_keys WHERE ` + each(`(person_id = ? AND idem_key = ?)`), keys},
		part{&r.listeners, `SELECT scope_id, person_id FROM person_roles WHERE role = 'deputy' AND scope_id IN (?)`, []any{deputies}},
		part{&r.taken, `SELECT kind, resource_id, quarter FROM occupancy WHERE (expires_at IS NULL OR expires_at > ?) AND ` +
			each(`(kind = ? AND resource_id = ? AND quarter = ?) OR (kind = ? AND resource_id = ? AND quarter BETWEEN ? AND ?)`), append([]any{now}, taken...)},
		part{&r.lines, `SELECT deputy_id, starts_at FROM waits WHERE live = 1 AND talk_id = 0 AND ` + each(`(deputy_id = ? AND starts_at = ?)`), lines})
}

// of picks what concerns one request.
func (r *requestRows) of(a reading) requestRead {
	read := requestRead{residentRead: r.residentRead.of(a.n.ResidentID), taken: cabin.Taken{}}
	for i := range r.deputies {
		if r.deputies[i].ID == a.n.DeputyID {
			read.deputy = &r.deputies[i]
		}
	}
	for _, m := range r.made {
		if m.PersonID == a.key.PersonID && m.Key == a.key.Key {
			read.made = append(read.made, m.keyRow)
		}
	}
	for _, l := range r.listeners {
		if l.DeputyID == a.n.DeputyID {
			read.listeners = append(read.listeners, l.PersonID)
		}
	}
	for _, t := range r.taken {
		if t.ID == a.n.DeputyID {
			read.taken.Add(cabin.Resource{Kind: t.Kind, ID: t.ID}, t.Quarter)
		}
	}
	for _, l := range r.lines {
		read.ahead = read.ahead || l.DeputyID == a.n.DeputyID && l.StartsAt.Equal(a.n.Start)
	}
	return read
}

// residentRead is what must be known of residents before they book.
type residentRead struct {
	open   []openRow // one row at least for each who exists
	missed []missedRow
}

type openRow struct {
	PersonID  int64              `db:"person_id"`
	Name      string             `db:"name"`
	WeChat    bool               `db:"wechat"`
	ID        int64              `db:"id"`
	Seat      int                `db:"open_seat"`
	State     cabin.BookingState `db:"state"`
	HoldUntil *time.Time         `db:"hold_until"`
	EndsAt    *time.Time         `db:"ends_at"`
}

// missedRow is a meeting to which the resident did not come.
type missedRow struct {
	ResidentID int64     `db:"resident_id"`
	StartsAt   time.Time `db:"starts_at"`
}

func (r *residentRead) parts(now time.Time, residents ...int64) []part {
	return []part{
		{&r.open, openQuery + ` FOR UPDATE`, []any{residents}},
		r.missedPart(now, residents),
	}
}

const openQuery = `SELECT p.id AS person_id, p.name, p.openid IS NOT NULL AS wechat, COALESCE(b.id, 0) AS id, COALESCE(b.open_seat, 0) AS open_seat,
	COALESCE(b.state, '') AS state, b.hold_until, b.ends_at
	FROM persons p FORCE INDEX (PRIMARY) LEFT JOIN bookings b ON b.resident_id = p.id AND b.open_seat IS NOT NULL WHERE p.id IN (?) ORDER BY p.id`

func (r *residentRead) missedPart(now time.Time, residents []int64) part {
	p := cabin.DefaultPresets()
	p.NoShowWindowDays, p.NoShowBarDays = 365, 180 // the most that a preset allows
	return part{&r.missed, `SELECT resident_id, starts_at FROM bookings WHERE resident_id IN (?) AND absent_side = 'resident' AND starts_at > ? ORDER BY starts_at`,
		[]any{residents, p.NoShowsSince(now)}}
}

// of picks one resident's rows.
func (r *residentRead) of(residentID int64) (one residentRead) {
	for _, o := range r.open {
		if o.PersonID == residentID {
			one.open = append(one.open, o)
		}
	}
	for _, m := range r.missed {
		if m.ResidentID == residentID {
			one.missed = append(one.missed, m)
		}
	}
	return one
}

func (r *residentRead) barredUntil(now time.Time, p cabin.Presets) time.Time {
	var missed []time.Time
	for _, m := range r.missed {
		missed = append(missed, m.StartsAt)
	}
	return p.BarredUntil(missed, now)
}
