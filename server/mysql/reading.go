package mysql

import (
	"slices"
	"strings"
	"time"

	"warmcabin/server/cabin"
)

// What must be known, with the locks, before a slot is booked: for any number of requests
// by the same few statements, since statements are what costs.

// requestRead is what was read for one request.
type requestRead struct {
	residentRead
	deputy    *requestDeputy // nil: there is no such deputy
	listeners []int64        // people who are this deputy
	taken     cabin.Taken    // of the deputy: the slot's first quarter, and places of the day
	ahead     bool           // people wait in line for the slot
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
// that two phones of one person take turns; the deputies' rows are shared with other
// bookings, and wait for a change of the deputy's hours. Both in the order of their ids, everywhere.
func (tx *Tx) readFor(asks ...NewBooking) ([]requestRead, error) {
	var rows requestRows
	if err := tx.read(rows.parts(asks, tx.Now)...); err != nil {
		return nil, err
	}
	rows.taken = append(rows.taken, rows.places...)
	reads := make([]requestRead, len(asks))
	for i, a := range asks {
		reads[i] = rows.of(a)
	}
	return reads, nil
}

// requestRows are the rows of all requests together.
type requestRows struct {
	residentRead
	deputies  []requestDeputy
	listeners []struct {
		DeputyID int64 `db:"scope_id"`
		PersonID int64 `db:"person_id"`
	}
	taken  []takenRow // the slots' first quarters
	places []takenRow // of deputies who have a cap, on all days that are asked for
	lines  []struct {
		DeputyID int64     `db:"deputy_id"`
		StartsAt time.Time `db:"starts_at"`
	}
}

func (r *requestRows) parts(asks []NewBooking, now time.Time) []part {
	residents, deputies := make([]int64, len(asks)), make([]int64, len(asks))
	var taken []any
	from, to := asks[0].Start, asks[0].Start
	first, last := cabin.DayPlace(asks[0].Start, 0), cabin.Quarter(0)
	for i, a := range asks {
		residents[i], deputies[i] = a.ResidentID, a.DeputyID
		day := startOfDay(a.Start)
		first, last = min(first, cabin.DayPlace(day, 0)), max(last, cabin.DayPlace(day, cabin.MaxDayCap-1))
		taken = append(taken, cabin.DeputyTime, a.DeputyID, a.Start.Unix()/900)
		if a.Start.Before(from) {
			from = a.Start
		}
		if a.Start.After(to) {
			to = a.Start
		}
	}
	slices.Sort(deputies)
	deputies = slices.Compact(deputies)
	each := func(one string) string { return "(" + one + strings.Repeat(" OR "+one, len(asks)-1) + ")" }
	return append(r.residentRead.parts(now, residents...),
		part{&r.deputies, `SELECT id, name, level, photo_id, day_cap, rules_version FROM deputies FORCE INDEX (PRIMARY) WHERE id IN (?) ORDER BY id LOCK IN SHARE MODE`, []any{deputies}},
		part{&r.listeners, `SELECT scope_id, person_id FROM person_roles WHERE role = 'deputy' AND scope_id IN (?)`, []any{deputies}},
		part{&r.taken, `SELECT kind, resource_id, quarter FROM occupancy WHERE (expires_at IS NULL OR expires_at > ?) AND ` +
			each(`(kind = ? AND resource_id = ? AND quarter = ?)`), append([]any{now}, taken...)},
		part{&r.places, `SELECT o.kind, o.resource_id, o.quarter FROM deputies d STRAIGHT_JOIN occupancy o ON o.kind = ? AND o.resource_id = d.id AND o.quarter BETWEEN ? AND ?
			WHERE d.id IN (?) AND d.day_cap > 0 AND (o.expires_at IS NULL OR o.expires_at > ?)`, []any{cabin.DeputyDay, first, last, deputies, now}},
		part{&r.lines, `SELECT deputy_id, starts_at FROM waits WHERE deputy_id IN (?) AND starts_at BETWEEN ? AND ? AND live = 1 AND talk_id = 0`, []any{deputies, from.UTC(), to.UTC()}})
}

// of picks what concerns one request.
func (r *requestRows) of(a NewBooking) requestRead {
	read := requestRead{residentRead: r.residentRead.of(a.ResidentID), taken: cabin.Taken{}}
	for i := range r.deputies {
		if r.deputies[i].ID == a.DeputyID {
			read.deputy = &r.deputies[i]
		}
	}
	for _, l := range r.listeners {
		if l.DeputyID == a.DeputyID {
			read.listeners = append(read.listeners, l.PersonID)
		}
	}
	for _, t := range r.taken {
		if t.ID == a.DeputyID {
			read.taken.Add(cabin.Resource{Kind: t.Kind, ID: t.ID}, t.Quarter)
		}
	}
	for _, l := range r.lines {
		read.ahead = read.ahead || l.DeputyID == a.DeputyID && l.StartsAt.Equal(a.Start)
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

// OpenNames is named.
func (r *openRow) OpenNames(open func(int64, string) string) { r.Name = open(r.PersonID, r.Name) }

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

const openQuery = `SELECT p.id AS person_id, ` + called + ` AS name, p.openid IS NOT NULL AS wechat, COALESCE(b.id, 0) AS id, COALESCE(b.open_seat, 0) AS open_seat,
	COALESCE(b.state, '') AS state, b.hold_until, b.ends_at
	FROM persons p FORCE INDEX (PRIMARY) LEFT JOIN bookings b ON b.resident_id = p.id AND b.open_seat IS NOT NULL WHERE p.id IN (?) AND p.deleted_at IS NULL ORDER BY p.id`

func (r *residentRead) missedPart(now time.Time, residents []int64) part {
	p := cabin.DefaultPresets()
	p.NoShowWindowDays, p.NoShowBarDays = 365, 180 // the most that a preset allows
	return part{&r.missed, `SELECT b.resident_id, b.starts_at FROM persons p STRAIGHT_JOIN bookings b FORCE INDEX (bookings_absent) ON b.resident_id = p.id AND b.absent_side = 'resident' AND b.starts_at > ?
		WHERE p.id IN (?) ORDER BY b.starts_at`, []any{p.NoShowsSince(now), residents}}
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
