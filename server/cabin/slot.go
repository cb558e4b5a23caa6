package cabin

import (
	"slices"
	"time"
)

// Quarter is the unit in which time is occupied: quarter hours since 1970, UTC.
type Quarter = int64

const quarterSeconds = 15 * 60

// Quarters lists the quarters that [start, end) touches.
func Quarters(start, end time.Time) []Quarter {
	var qs []Quarter
	for q := start.Unix() / quarterSeconds; q*quarterSeconds < end.Unix(); q++ {
		qs = append(qs, q)
	}
	return qs
}

// Hours is a weekly rule: on Weekday, from FromMinute to ToMinute after midnight in
// Shanghai, the deputy receives at the station, in slots of SlotMinutes with
// PauseMinutes between (both multiples of 15).
type Hours struct {
	ID             int64        `db:"id"`
	DeputyID       int64        `db:"deputy_id"`
	StationID      int64        `db:"station_id"`
	StationName    string       `db:"station_name"`
	StationAddress string       `db:"station_address"`
	StationPhone   string       `db:"station_phone"`
	RoomID         int64        `db:"room_id"` // 0 = no room is needed (phone)
	RoomName       string       `db:"room_name"`
	Weekday        time.Weekday `db:"weekday"`
	FromMinute     int          `db:"from_minute"`
	ToMinute       int          `db:"to_minute"`
	SlotMinutes    int          `db:"slot_minutes"`
	PauseMinutes   int          `db:"pause_minutes"`
	Service        Service      `db:"service"`
}

// ExceptionKind says what an exception does to the weekly hours.
type ExceptionKind string

// The kinds: Leave takes away, Extra adds.
const (
	Leave ExceptionKind = "leave"
	Extra ExceptionKind = "extra"
)

// Exception is a dated change of a deputy's hours. Leave has no place; Extra lies within
// one day and has all that Hours have.
type Exception struct {
	ID             int64         `db:"id"`
	DeputyID       int64         `db:"deputy_id"`
	Kind           ExceptionKind `db:"kind"`
	StartsAt       time.Time     `db:"starts_at"`
	EndsAt         time.Time     `db:"ends_at"`
	StationID      int64         `db:"station_id"`
	StationName    string        `db:"station_name"`
	StationAddress string        `db:"station_address"`
	StationPhone   string        `db:"station_phone"`
	RoomID         int64         `db:"room_id"`
	RoomName       string        `db:"room_name"`
	SlotMinutes    int           `db:"slot_minutes"`
	PauseMinutes   int           `db:"pause_minutes"`
	Service        Service       `db:"service"`
	Reason         string        `db:"reason"`
}

// Covers tells whether a leave takes (a part of) this time away.
func (e *Exception) Covers(start, end time.Time) bool {
	return e.Kind == Leave && e.StartsAt.Before(end) && e.EndsAt.After(start)
}

// Schedule is all that a deputy's slots are computed from.
type Schedule struct {
	Hours      []Hours
	Exceptions []Exception
	DayCap     int // meetings a day, 0 = as the hours allow
}

// MaxDayCap is the largest cap a day.
const MaxDayCap = 40

// Slot is a time that can be booked.
type Slot struct {
	DeputyID                     int64
	Start, End                   time.Time
	Service                      Service
	StationID                    int64
	StationName                  string
	StationAddress, StationPhone string
	RoomID                       int64
	RoomName                     string
	Free                         bool
	Closed                       bool // too soon or too far to book, whoever has it
	Queued                       bool // not free, and people wait in line for it
}

// Resource names what cannot be in two places at once.
type Resource struct {
	Kind ResourceKind
	ID   int64
}

// ResourceKind is stored in the occupancy table: never renumber.
type ResourceKind uint8

// The kinds, in the order in which their keys are taken. A DeputyDay's "quarter" is a
// place in a day with a cap (DayPlace), a TalkSeat's the number of the seat.
const (
	DeputyTime   ResourceKind = 1
	RoomTime     ResourceKind = 2
	ResidentTime ResourceKind = 3
	DeputyDay    ResourceKind = 4
	TalkSeat     ResourceKind = 5

	queueMark ResourceKind = 100 // not stored: a slot that people wait in line for
)

// DayPlace is the key of the n-th meeting (from 0) on t's day.
func DayPlace(t time.Time, n int) Quarter {
	return (t.Unix()+8*60*60)/(24*60*60)*64 + Quarter(n)
}

// Taken is a set of occupied quarters by resource.
type Taken map[Resource]map[Quarter]bool

// Add marks a quarter as occupied.
func (t Taken) Add(r Resource, q Quarter) {
	if t[r] == nil {
		t[r] = map[Quarter]bool{}
	}
	t[r][q] = true
}

// AddQueue marks a deputy's slot as one that people wait for: it goes to the first in line.
func (t Taken) AddQueue(deputyID int64, start time.Time) {
	t.Add(Resource{queueMark, deputyID}, start.Unix()/quarterSeconds)
}

func (t Taken) free(r Resource, quarters []Quarter) bool {
	set := t[r]
	return set == nil || !slices.ContainsFunc(quarters, func(q Quarter) bool { return set[q] })
}

// dayFull tells whether the deputy's cap of this day is reached.
func (t Taken) dayFull(deputyID int64, day time.Time, most int) bool {
	set := t[Resource{DeputyDay, deputyID}]
	if most == 0 || len(set) < most {
		return false
	}
	n := 0
	for i := range MaxDayCap {
		if set[DayPlace(day, i)] {
			n++
		}
	}
	return n >= most
}

// hoursOn lists the hours of one day, exceptions included.
func (s Schedule) hoursOn(day time.Time, c Calendar) []Hours {
	var found []Hours
	if name, _ := c.Holiday(day); name == "" {
		weekday := c.Weekday(day)
		for _, h := range s.Hours {
			if h.Weekday == weekday {
				found = append(found, h)
			}
		}
	}
	for _, e := range s.Exceptions {
		if e.Kind == Extra && midnight(e.StartsAt).Equal(day) {
			found = append(found, Hours{
				DeputyID: e.DeputyID, StationID: e.StationID, StationName: e.StationName, StationAddress: e.StationAddress, StationPhone: e.StationPhone, RoomID: e.RoomID, RoomName: e.RoomName,
				FromMinute: int(e.StartsAt.Sub(day).Minutes()), ToMinute: int(e.EndsAt.Sub(day).Minutes()),
				SlotMinutes: e.SlotMinutes, PauseMinutes: e.PauseMinutes, Service: e.Service,
			})
		}
	}
	return found
}

// DaySlots computes the slots of one day, in order of time: none on a holiday unless the
// deputy opened extra hours, none in a leave, one where two rules meet. A slot is free
// when deputy and room are, the day's cap is not reached, nobody waits in line for it, and
// it starts within the lead time and the horizon.
func DaySlots(day time.Time, sch Schedule, taken Taken, now time.Time, p Presets) []Slot {
	day = midnight(day)
	var slots []Slot
	for _, h := range sch.hoursOn(day, p.Calendar) {
		if h.SlotMinutes <= 0 {
			continue
		}
		for m := h.FromMinute; m+h.SlotMinutes <= h.ToMinute; m += h.SlotMinutes + h.PauseMinutes {
			s := h.slot(day, m)
			if sch.away(s) {
				continue
			}
			s.Closed = p.Bookable(s.Start, now) != nil
			s.Queued = !taken.free(Resource{queueMark, s.DeputyID}, Quarters(s.Start, s.Start.Add(time.Minute)))
			s.Free = !s.Closed && !s.Queued && s.free(taken) && !taken.dayFull(s.DeputyID, day, sch.DayCap)
			slots = append(slots, s)
		}
	}
	slices.SortStableFunc(slots, func(a, b Slot) int { return a.Start.Compare(b.Start) })
	return slices.CompactFunc(slots, func(a, b Slot) bool { return a.Start.Equal(b.Start) && a.Service == b.Service })
}

// slot is the hours' slot that starts at a minute of the day.
func (h *Hours) slot(day time.Time, minute int) Slot {
	return Slot{
		DeputyID: h.DeputyID, Service: h.Service,
		Start:     day.Add(time.Duration(minute) * time.Minute),
		End:       day.Add(time.Duration(minute+h.SlotMinutes) * time.Minute),
		StationID: h.StationID, StationName: h.StationName, StationAddress: h.StationAddress, StationPhone: h.StationPhone, RoomID: h.RoomID, RoomName: h.RoomName,
	}
}

// away tells whether a leave takes the slot.
func (s Schedule) away(slot Slot) bool {
	return slices.ContainsFunc(s.Exceptions, func(e Exception) bool { return e.Covers(slot.Start, slot.End) })
}

func (s Slot) free(taken Taken) bool {
	qs := Quarters(s.Start, s.End)
	return taken.free(Resource{DeputyTime, s.DeputyID}, qs) &&
		(s.RoomID == 0 || taken.free(Resource{RoomTime, s.RoomID}, qs))
}

// FindSlot returns the slot that starts at start and offers the service, taken or not;
// CodeInvalid when the rules have none, or it is too soon or too far. It is the one that
// DaySlots has, without a word on whether it is free.
func FindSlot(start time.Time, service Service, sch Schedule, now time.Time, p Presets) (Slot, error) {
	day := midnight(start)
	minute := int(start.Sub(day) / time.Minute)
	for _, h := range sch.hoursOn(day, p.Calendar) {
		begun := minute - h.FromMinute
		if h.SlotMinutes <= 0 || begun < 0 || begun%(h.SlotMinutes+h.PauseMinutes) != 0 || minute+h.SlotMinutes > h.ToMinute || service != "" && h.Service != service {
			continue
		}
		if s := h.slot(day, minute); s.Start.Equal(start) && !sch.away(s) {
			return s, p.Bookable(start, now)
		}
	}
	return Slot{}, Invalid("start", "这个时间代表不接待，请重新选择时间。")
}

// Earliest is the first free slot from now on, within the horizon, or nil.
func Earliest(sch Schedule, taken Taken, now time.Time, p Presets) *Slot {
	if len(sch.Hours) == 0 && len(sch.Exceptions) == 0 {
		return nil
	}
	for d := range p.BookAheadDays + 1 {
		for _, s := range DaySlots(midnight(now).AddDate(0, 0, d), sch, taken, now, p) {
			if s.Free {
				return &s
			}
		}
	}
	return nil
}

// Nearest lists up to n free slots of the service ("" = any) that lie closest to wanted.
func Nearest(sch Schedule, taken Taken, wanted time.Time, service Service, n int, now time.Time, p Presets) []Slot {
	var free []Slot
	for d := range p.BookAheadDays + 1 {
		for _, s := range DaySlots(midnight(now).AddDate(0, 0, d), sch, taken, now, p) {
			if s.Free && (service == "" || s.Service == service) {
				free = append(free, s)
			}
		}
	}
	slices.SortStableFunc(free, func(a, b Slot) int { return int(a.Start.Sub(wanted).Abs() - b.Start.Sub(wanted).Abs()) })
	return slices.Clone(free[:min(n, len(free))]) // not the weeks behind them: it may be kept
}
