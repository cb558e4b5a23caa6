package cabin

import (
	"fmt"
	"slices"
	"time"
)

// Bounds of a deputy's hours, in minutes after midnight and minutes.
const (
	hoursOpen  = 6 * 60
	hoursClose = 22 * 60
	maxSlot    = 4 * 60
	maxPause   = 2 * 60
)

// How far a deputy plans ahead, and how long one leave may be, in days.
const (
	maxPlanDays  = 400
	maxLeaveDays = 180
)

// ArrangerRole is the role by which the actor may see and change a deputy's schedule: the
// deputy themselves, the desk of the deputy's station, the admin; "" when they may not.
func ArrangerRole(a Actor, deputyID, stationID int64) Role {
	switch {
	case a.Holds(Deputy, deputyID):
		return Deputy
	case a.Holds(Staff, stationID):
		return Staff
	case a.Has(Admin):
		return Admin
	}
	return ""
}

// ClockText is minutes after midnight for people: 9:30.
func ClockText(minute int) string { return fmt.Sprintf("%d:%02d", minute/60, minute%60) }

// SpanText is when the rule applies: 周三 9:00–12:00.
func (h *Hours) SpanText() string {
	return weekdays[h.Weekday] + " " + ClockText(h.FromMinute) + "–" + ClockText(h.ToMinute)
}

// SlotText is what a rule gives: 每次 30 分钟，间隔 15 分钟，共 4 次.
func (h *Hours) SlotText() string {
	text := fmt.Sprintf("每次 %d 分钟", h.SlotMinutes)
	if h.PauseMinutes > 0 {
		text += fmt.Sprintf("，间隔 %d 分钟", h.PauseMinutes)
	}
	return text + fmt.Sprintf("，共 %d 次", h.Slots())
}

// Slots is how many slots fit into the rule's hours.
func (h *Hours) Slots() int {
	if h.SlotMinutes <= 0 || h.ToMinute-h.FromMinute < h.SlotMinutes {
		return 0
	}
	return 1 + (h.ToMinute-h.FromMinute-h.SlotMinutes)/(h.SlotMinutes+h.PauseMinutes)
}

// Check holds a rule against its bounds (CodeInvalid, by field). station is where the
// deputy receives, nil when there is no such station.
func (h *Hours) Check(station *Station) error {
	switch {
	case h.Weekday < time.Sunday || h.Weekday > time.Saturday:
		return Invalid("weekday", "请选择星期几。")
	case h.Service != TalkOne && h.Service != Enterprise && h.Service != PhoneCall:
		return Invalid("service", "请选择面谈、企业咨询或电话。讲座另外安排。")
	case h.FromMinute%15 != 0:
		return Invalid("from", "请填整刻钟的时间，如 9:00、9:15。")
	case h.ToMinute%15 != 0:
		return Invalid("to", "请填整刻钟的时间，如 11:30、12:00。")
	case h.FromMinute < hoursOpen:
		return Invalid("from", "接待不能早于 6:00 开始。")
	case h.ToMinute > hoursClose:
		return Invalid("to", "接待不能晚于 22:00 结束。")
	case h.SlotMinutes < 15 || h.SlotMinutes > maxSlot || h.SlotMinutes%15 != 0:
		return Invalid("slotMinutes", fmt.Sprintf("每次请选 15 到 %d 分钟，15 的倍数。", maxSlot))
	case h.PauseMinutes < 0 || h.PauseMinutes > maxPause || h.PauseMinutes%15 != 0:
		return Invalid("pauseMinutes", fmt.Sprintf("间隔请选 0 到 %d 分钟，15 的倍数。", maxPause))
	case h.Slots() == 0:
		return Invalid("to", "这段时间不够一次接待，请把结束时间改晚一点。")
	}
	return h.checkPlace(station)
}

func (h *Hours) checkPlace(station *Station) error {
	if station == nil {
		return Invalid("stationId", "请选择联络站。")
	}
	if h.Service == PhoneCall && h.RoomID != 0 {
		return Invalid("roomId", "电话接待不用选房间。")
	}
	if h.RoomID != 0 && !slices.ContainsFunc(station.Rooms, func(r Room) bool { return r.ID == h.RoomID }) {
		return Invalid("roomId", "这个房间不在"+station.Name+"，请重新选择。")
	}
	if h.RoomID == 0 && h.Service != PhoneCall && len(station.Rooms) > 0 {
		return Invalid("roomId", "请选择房间。")
	}
	return nil
}

// CheckOverlap refuses hours that meet others of the same deputy's (CodeInvalid about from).
// same are those of the same weekday or day; the rule itself does not count.
func (h *Hours) CheckOverlap(same []Hours) error {
	for i := range same {
		o := &same[i]
		if (h.ID == 0 || o.ID != h.ID) && o.Weekday == h.Weekday && o.FromMinute < h.ToMinute && o.ToMinute > h.FromMinute {
			return Invalid("from", fmt.Sprintf("和已有的 %s–%s（%s）重叠了，请换一段时间。", ClockText(o.FromMinute), ClockText(o.ToMinute), o.Service.Name()))
		}
	}
	return nil
}

// Hours are the hours of an Extra, as a rule of its day.
func (e *Exception) Hours() Hours {
	day := midnight(e.StartsAt)
	return Hours{
		DeputyID: e.DeputyID, StationID: e.StationID, StationName: e.StationName, StationAddress: e.StationAddress, StationPhone: e.StationPhone,
		RoomID: e.RoomID, RoomName: e.RoomName, Weekday: day.Weekday(),
		FromMinute: int(e.StartsAt.Sub(day).Minutes()), ToMinute: int(e.EndsAt.Sub(day).Minutes()),
		SlotMinutes: e.SlotMinutes, PauseMinutes: e.PauseMinutes, Service: e.Service,
	}
}

// Check holds an exception against its bounds (CodeInvalid, by field). sch is what the
// deputy has on these days already; station as in Hours.Check, for an Extra only.
func (e *Exception) Check(sch Schedule, station *Station, c Calendar, now time.Time) error {
	switch {
	case e.Kind != Leave && e.Kind != Extra:
		return Invalid("kind", "请选择请假或加开。")
	case !e.EndsAt.After(e.StartsAt):
		return Invalid("to", "结束要比开始晚。")
	case !e.EndsAt.After(now):
		return Invalid("to", "这段时间已经过去了。")
	case e.EndsAt.After(now.AddDate(0, 0, maxPlanDays)):
		return Invalid("to", "太远了，请到近一点再设。")
	}
	if err := CheckText("reason", e.Reason, 0, MaxReason); err != nil {
		return err
	}
	if e.Kind == Leave {
		return e.checkLeave(now)
	}
	day := midnight(e.StartsAt)
	if !midnight(e.EndsAt.Add(-time.Minute)).Equal(day) {
		return Invalid("to", "加开的时间要在同一天。")
	}
	h := e.Hours()
	if err := h.Check(station); err != nil {
		return err
	}
	for i := range sch.Exceptions {
		if sch.Exceptions[i].Covers(e.StartsAt, e.EndsAt) {
			return Invalid("from", "这段时间已经请了假，请先取消请假。")
		}
	}
	same := sch.hoursOn(day, c)
	for i := range same {
		same[i].Weekday = h.Weekday // a workday may stand in for another
	}
	return h.CheckOverlap(same)
}

func (e *Exception) checkLeave(now time.Time) error {
	switch {
	case e.StartsAt.Before(midnight(now)):
		return Invalid("from", "请假从今天或以后开始。")
	case e.EndsAt.Sub(e.StartsAt) > maxLeaveDays*24*time.Hour:
		return Invalid("to", fmt.Sprintf("一次请假最多 %d 天。", maxLeaveDays))
	}
	return nil
}

// WholeDays tells whether a leave begins and ends at midnight.
func (e *Exception) WholeDays() bool {
	return e.StartsAt.Equal(midnight(e.StartsAt)) && e.EndsAt.Equal(midnight(e.EndsAt))
}

// TimeText is when an exception applies: 11月25日 周三 全天, 11月25日 周三–11月27日 周五 全天,
// or a span of hours.
func (e *Exception) TimeText(now time.Time) string {
	date := func(t time.Time) string { return DayText(t, t.AddDate(0, 0, -9)) } // it is kept: never 今天 or 明天
	last := e.EndsAt.Add(-time.Minute)
	switch oneDay := midnight(e.StartsAt).Equal(midnight(last)); {
	case e.WholeDays() && oneDay:
		return date(e.StartsAt) + " 全天"
	case e.WholeDays():
		return date(e.StartsAt) + "–" + date(last) + " 全天"
	case oneDay:
		return SpanText(e.StartsAt, e.EndsAt, now)
	}
	return date(e.StartsAt) + " " + HourText(e.StartsAt) + "–" + date(e.EndsAt) + " " + HourText(e.EndsAt)
}

// Stands tells whether the schedule has a slot of the service that starts at start, taken
// or not.
func (s Schedule) Stands(start time.Time, service Service, now time.Time, p Presets) bool {
	return slices.ContainsFunc(DaySlots(start, s, nil, now, p), func(sl Slot) bool { return sl.Start.Equal(start) && sl.Service == service })
}

// Outside lists the meetings that fit none of the deputy's slots any more: what was agreed
// before the hours changed stays. Those that a leave displaced are not among them.
func (s Schedule) Outside(bookings []*Booking, now time.Time, p Presets) []*Booking {
	var outside []*Booking
	for _, b := range bookings {
		start, _ := b.Occupies()
		if b.TalkID == 0 && b.State.Open() && b.DisplacedAt == nil && !b.HoldOver(now) && start.After(now) && !s.Stands(start, b.Service, now, p) {
			outside = append(outside, b)
		}
	}
	return outside
}

// Reoffers picks another slot for each booking, nil where there is none within the
// horizon: of the same service, free, nearest to the time that the booking has now, at
// which its resident has no other meeting, and each slot once. sch has the leave already;
// taken also holds the residents' own time, and afterwards what was picked.
func Reoffers(bookings []*Booking, sch Schedule, taken Taken, now time.Time, p Presets) []*Slot {
	var free []Slot
	for d := range p.BookAheadDays + 1 {
		for _, s := range DaySlots(midnight(now).AddDate(0, 0, d), sch, taken, now, p) {
			if s.Free {
				free = append(free, s)
			}
		}
	}
	offers := make([]*Slot, len(bookings))
	for i, b := range bookings {
		wanted, _ := b.Occupies()
		for j := range free {
			s := &free[j]
			if s.Service != b.Service || s.Start.Equal(wanted) || s.Start.Equal(b.StartsAt) || !s.fits(b, sch.DayCap, taken) {
				continue
			}
			if offers[i] == nil || s.Start.Sub(wanted).Abs() < offers[i].Start.Sub(wanted).Abs() {
				offers[i] = s
			}
		}
		if offers[i] != nil {
			taken.pick(*offers[i], b.ResidentID)
		}
	}
	return offers
}

// fits tells whether the slot is still free for the booking's resident.
func (s *Slot) fits(b *Booking, most int, taken Taken) bool {
	return s.free(taken) && !taken.dayFull(s.DeputyID, s.Start, most) &&
		taken.free(Resource{ResidentTime, b.ResidentID}, Quarters(s.Start, s.End))
}

// pick marks a slot as taken by the resident, with the next place of its day.
func (t Taken) pick(s Slot, residentID int64) {
	for _, q := range Quarters(s.Start, s.End) {
		t.Add(Resource{DeputyTime, s.DeputyID}, q)
		t.Add(Resource{ResidentTime, residentID}, q)
		if s.RoomID != 0 {
			t.Add(Resource{RoomTime, s.RoomID}, q)
		}
	}
	day := Resource{DeputyDay, s.DeputyID}
	for n := range MaxDayCap {
		if key := DayPlace(s.Start, n); !t[day][key] {
			t.Add(day, key)
			return
		}
	}
}
