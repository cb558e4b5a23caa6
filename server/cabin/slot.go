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
// Shanghai, the deputy receives at the station, in slots of SlotMinutes (a multiple of 15).
type Hours struct {
	ID          int64        `db:"id"`
	DeputyID    int64        `db:"deputy_id"`
	StationID   int64        `db:"station_id"`
	StationName string       `db:"station_name"`
	RoomID      int64        `db:"room_id"` // 0 = no room is needed (phone)
	RoomName    string       `db:"room_name"`
	Weekday     time.Weekday `db:"weekday"`
	FromMinute  int          `db:"from_minute"`
	ToMinute    int          `db:"to_minute"`
	SlotMinutes int          `db:"slot_minutes"`
	Service     Service      `db:"service"`
}

// Slot is a time that can be booked.
type Slot struct {
	DeputyID    int64
	Start, End  time.Time
	Service     Service
	StationID   int64
	StationName string
	RoomID      int64
	RoomName    string
	Free        bool
	Closed      bool // too soon or too far to book, whoever has it
}

// Resource names what cannot be in two places at once.
type Resource struct {
	Kind ResourceKind
	ID   int64
}

// ResourceKind is stored in the occupancy table: never renumber.
type ResourceKind uint8

// The kinds, in the order in which their keys are taken.
const (
	DeputyTime   ResourceKind = 1
	RoomTime     ResourceKind = 2
	ResidentTime ResourceKind = 3
)

// Taken is a set of occupied quarters by resource.
type Taken map[Resource]map[Quarter]bool

// Add marks a quarter as occupied.
func (t Taken) Add(r Resource, q Quarter) {
	if t[r] == nil {
		t[r] = map[Quarter]bool{}
	}
	t[r][q] = true
}

func (t Taken) free(r Resource, quarters []Quarter) bool {
	set := t[r]
	return set == nil || !slices.ContainsFunc(quarters, func(q Quarter) bool { return set[q] })
}

// DaySlots computes the slots of one day from the weekly rules, in order of time. A slot
// is free when deputy and room are, and it starts within the lead time and the horizon.
// A statutory holiday has none.
func DaySlots(day time.Time, hours []Hours, taken Taken, now time.Time, p Presets) []Slot {
	day = midnight(day)
	if name, _ := Holiday(day); name != "" {
		return nil
	}
	var slots []Slot
	for _, h := range hours {
		if h.Weekday != day.Weekday() || h.SlotMinutes <= 0 {
			continue
		}
		for m := h.FromMinute; m+h.SlotMinutes <= h.ToMinute; m += h.SlotMinutes {
			s := Slot{
				DeputyID: h.DeputyID, Service: h.Service,
				Start:     day.Add(time.Duration(m) * time.Minute),
				End:       day.Add(time.Duration(m+h.SlotMinutes) * time.Minute),
				StationID: h.StationID, StationName: h.StationName, RoomID: h.RoomID, RoomName: h.RoomName,
			}
			s.Closed = p.Bookable(s.Start, now) != nil
			s.Free = !s.Closed && s.free(taken)
			slots = append(slots, s)
		}
	}
	slices.SortStableFunc(slots, func(a, b Slot) int { return a.Start.Compare(b.Start) })
	return slots
}

func (s Slot) free(taken Taken) bool {
	qs := Quarters(s.Start, s.End)
	return taken.free(Resource{DeputyTime, s.DeputyID}, qs) &&
		(s.RoomID == 0 || taken.free(Resource{RoomTime, s.RoomID}, qs))
}

// FindSlot returns the slot that starts at start and offers the service, taken or not;
// CodeInvalid when the rules have none, or it is too soon or too far.
func FindSlot(start time.Time, service Service, hours []Hours, now time.Time, p Presets) (Slot, error) {
	for _, s := range DaySlots(start, hours, nil, now, p) {
		if s.Start.Equal(start) && (service == "" || s.Service == service) {
			return s, p.Bookable(start, now)
		}
	}
	return Slot{}, Invalid("start", "这个时间代表不接待，请重新选择时间。")
}

// Earliest is the first free slot from now on, within the horizon, or nil.
func Earliest(hours []Hours, taken Taken, now time.Time, p Presets) *Slot {
	if len(hours) == 0 {
		return nil
	}
	for d := range p.BookAheadDays + 1 {
		for _, s := range DaySlots(midnight(now).AddDate(0, 0, d), hours, taken, now, p) {
			if s.Free {
				return &s
			}
		}
	}
	return nil
}
