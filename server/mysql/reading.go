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
// The places of a deputy's day are among it where the deputy is known to have a cap, else they
// are a second trip.
func (tx *Tx) readFor(asks ...NewBooking) ([]requestRead, error) {
	rows := newRequestRows(tx, asks)
	if err := tx.read(rows.parts()...); err != nil {
		return nil, err
	}
	if more := rows.more(); len(more) > 0 {
		if err := tx.read(more...); err != nil {
			return nil, err
		}
	}
	tx.ways.learn(rows.listeners)
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
	listeners []way      // with whose people they are
	taken     []takenRow // the slots' first quarters, and places of the day of those who are counted
	places    []takenRow // of the others who have a cap
	lines     []struct {
		DeputyID int64     `db:"deputy_id"`
		StartsAt time.Time `db:"starts_at"`
	}

	asks        []NewBooking
	now         time.Time
	caps        *caps
	counted     map[int64]bool // deputies whose places are read with the rest
	from, to    time.Time      // of all asks
	first, last cabin.Quarter  // places of all their days
}

func newRequestRows(tx *Tx, asks []NewBooking) *requestRows {
	r := &requestRows{asks: asks, now: tx.Now, caps: &tx.db.caps, counted: map[int64]bool{}, from: asks[0].Start, to: asks[0].Start, first: cabin.DayPlace(asks[0].Start, 0)}
	for _, a := range asks {
		day := startOfDay(a.Start)
		r.first, r.last = min(r.first, cabin.DayPlace(day, 0)), max(r.last, cabin.DayPlace(day, cabin.MaxDayCap-1))
		if a.Start.Before(r.from) {
			r.from = a.Start
		}
		if a.Start.After(r.to) {
			r.to = a.Start
		}
		if r.caps.expected(a.DeputyID) {
			r.counted[a.DeputyID] = true
		}
	}
	return r
}

func (r *requestRows) parts() []part {
	residents, deputies := make([]int64, len(r.asks)), make([]int64, len(r.asks))
	keys, args := []string{}, []any{r.now}
	for i, a := range r.asks {
		residents[i], deputies[i] = a.ResidentID, a.DeputyID
		keys, args = append(keys, `(?,?,?)`), append(args, cabin.DeputyTime, a.DeputyID, a.Start.Unix()/900)
	}
	slices.Sort(deputies)
	deputies = slices.Compact(deputies)
	taken := `(kind, resource_id, quarter) IN (` + strings.Join(keys, ",") + `)`
	for id := range r.counted {
		taken, args = taken+` OR kind = ? AND resource_id = ? AND quarter BETWEEN ? AND ?`, append(args, cabin.DeputyDay, id, r.first, r.last)
	}
	return append(r.residentRead.parts(r.now, residents...),
		part{&r.deputies, `SELECT id, name, level, photo_id, day_cap, rules_version FROM deputies FORCE INDEX (PRIMARY) WHERE id IN (?) ORDER BY id LOCK IN SHARE MODE`, []any{deputies}},
		waysPart(&r.listeners, cabin.Deputy, deputies),
		part{&r.taken, `SELECT kind, resource_id, quarter FROM occupancy WHERE (expires_at IS NULL OR expires_at > ?) AND (` + taken + `)`, args},
		part{&r.lines, `SELECT deputy_id, starts_at FROM waits WHERE deputy_id IN (?) AND starts_at BETWEEN ? AND ? AND live = 1 AND talk_id = 0`, []any{deputies, r.from.UTC(), r.to.UTC()}})
}

// more reads the places of those who turn out to have a cap; mostly nothing.
func (r *requestRows) more() []part {
	var capped []int64
	for _, d := range r.deputies {
		r.caps.learn(d.ID, d.Cap)
		if d.Cap > 0 && !r.counted[d.ID] {
			capped = append(capped, d.ID)
		}
	}
	if len(capped) == 0 {
		return nil
	}
	return []part{{&r.places, `SELECT kind, resource_id, quarter FROM occupancy WHERE (expires_at IS NULL OR expires_at > ?)
		AND kind = ? AND resource_id IN (?) AND quarter BETWEEN ? AND ?`, []any{r.now, cabin.DeputyDay, capped, r.first, r.last}}}
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
		if l.ScopeID == a.DeputyID && !slices.Contains(read.listeners, l.PersonID) {
			read.listeners = append(read.listeners, l.PersonID)
		}
	}
	for _, taken := range [][]takenRow{r.taken, r.places} {
		for _, t := range taken {
			if t.ID == a.DeputyID {
				read.taken.Add(cabin.Resource{Kind: t.Kind, ID: t.ID}, t.Quarter)
			}
		}
	}
	for _, l := range r.lines {
		read.ahead = read.ahead || l.DeputyID == a.DeputyID && l.StartsAt.Equal(a.Start)
	}
	return read
}

// residentRead is what must be known of residents before they book.
type residentRead struct {
	open []openRow // one row at least for each who exists
}

// openRow is somebody with an open booking, or none, and a meeting to which they did not come,
// or none: where there are more, each with each.
type openRow struct {
	PersonID  int64              `db:"person_id"`
	Name      string             `db:"name"`
	WeChat    bool               `db:"wechat"`
	ID        int64              `db:"id"`
	Seat      int                `db:"open_seat"`
	State     cabin.BookingState `db:"state"`
	HoldUntil *time.Time         `db:"hold_until"`
	EndsAt    *time.Time         `db:"ends_at"`
	Missed    *time.Time         `db:"missed"` // when that began
}

// OpenNames is named.
func (r *openRow) OpenNames(open func(int64, string) string) { r.Name = open(r.PersonID, r.Name) }

// parts lock the residents.
func (r *residentRead) parts(now time.Time, residents ...int64) []part {
	p := r.openPart(now, residents)
	p.query += ` FOR UPDATE`
	return []part{p}
}

// openPart looks as far back for meetings that were missed as a preset can ask for.
func (r *residentRead) openPart(now time.Time, residents []int64) part {
	most := cabin.DefaultPresets()
	most.NoShowWindowDays, most.NoShowBarDays = 365, 180
	return part{&r.open, `SELECT p.id AS person_id, ` + called + ` AS name, p.openid IS NOT NULL AS wechat, COALESCE(b.id, 0) AS id, COALESCE(b.open_seat, 0) AS open_seat,
		COALESCE(b.state, '') AS state, b.hold_until, b.ends_at, m.starts_at AS missed
		FROM persons p FORCE INDEX (PRIMARY) LEFT JOIN bookings b FORCE INDEX (bookings_open_seat) ON b.resident_id = p.id AND b.open_seat IS NOT NULL
		LEFT JOIN bookings m FORCE INDEX (bookings_absent) ON m.resident_id = p.id AND m.absent_side = 'resident' AND m.starts_at > ?
		WHERE p.id IN (?) AND p.deleted_at IS NULL ORDER BY p.id`, []any{most.NoShowsSince(now), residents}}
}

// of picks one resident's rows.
func (r *residentRead) of(residentID int64) (one residentRead) {
	for _, o := range r.open {
		if o.PersonID == residentID {
			one.open = append(one.open, o)
		}
	}
	return one
}

// barredUntil is for one resident.
func (r *residentRead) barredUntil(now time.Time, p cabin.Presets) time.Time {
	var missed []time.Time
	for _, o := range r.open {
		if o.ID == r.open[0].ID && o.Missed != nil { // once, however many bookings are open
			missed = append(missed, *o.Missed)
		}
	}
	slices.SortFunc(missed, time.Time.Compare) // the database would make a temporary table for it
	return p.BarredUntil(missed, now)
}

// openBookings are one resident's, each once.
func (r *residentRead) openBookings() (open []openRow) {
	for _, o := range r.open {
		if o.EndsAt != nil && !slices.ContainsFunc(open, func(other openRow) bool { return other.ID == o.ID }) {
			open = append(open, o)
		}
	}
	return open
}
