package cabin

import (
	"reflect"
	"testing"
	"time"
)

func rule(id int64, wd time.Weekday, from, to, slot int, s Service) Hours {
	return Hours{ID: id, DeputyID: 1, StationID: 1, RoomID: 4, Weekday: wd, FromMinute: from, ToMinute: to, SlotMinutes: slot, Service: s}
}

func TestDaySlots(t *testing.T) {
	p, now := DefaultPresets(), on("2026-11-23 10:00")
	hours := []Hours{
		rule(1, time.Wednesday, 14*60, 15*60+15, 30, TalkOne), // the last quarter is too short for a slot
		rule(2, time.Wednesday, 9*60, 10*60, 30, PhoneCall),
		rule(3, time.Monday, 9*60, 15*60, 60, TalkOne),
		rule(4, time.Wednesday, 9*60, 10*60, 0, TalkOne), // nonsense
	}
	got := DaySlots(on("2026-11-25 23:30").UTC(), Schedule{Hours: hours}, Taken{}, now, p)
	var starts []string
	for _, s := range got {
		starts = append(starts, s.Start.Format("15:04")+s.Service.Name())
		if !s.Free || s.End.Sub(s.Start) != 30*time.Minute {
			t.Errorf("%+v", s)
		}
	}
	if want := []string{"09:00电话", "09:30电话", "14:00面谈", "14:30面谈"}; !reflect.DeepEqual(starts, want) {
		t.Errorf("slots %v, want %v", starts, want)
	}
	// Lead time: at 10:00 today the first that can be booked starts at 14:00.
	for _, s := range DaySlots(now, Schedule{Hours: hours}, nil, now, p) {
		if want := s.Start.Hour() >= 14; s.Free != want {
			t.Errorf("today %s: free %v", s.Start, s.Free)
		}
	}
	// The horizon: the 30th day is in, the 31st is not.
	for date, free := range map[string]bool{"2026-12-23 00:00": true, "2026-12-30 00:00": false} {
		for _, s := range DaySlots(on(date), Schedule{Hours: hours}, nil, now, p) {
			if s.Free != free {
				t.Errorf("%s: free %v, want %v", date, s.Free, free)
			}
		}
	}
	if got := DaySlots(on("2026-10-07 00:00"), Schedule{Hours: hours}, nil, on("2026-10-01 00:00"), p); len(got) != 0 {
		t.Errorf("National Day has slots: %v", got)
	}
	// A make-up Saturday follows Saturday's rule.
	saturday := []Hours{rule(5, time.Saturday, 9*60, 10*60, 60, TalkOne)}
	if got := DaySlots(on("2026-10-10 00:00"), Schedule{Hours: saturday}, nil, on("2026-10-01 00:00"), p); len(got) != 1 {
		t.Errorf("make-up Saturday: %v", got)
	}
}

func TestTakenSlots(t *testing.T) {
	p, now := DefaultPresets(), on("2026-11-23 10:00")
	hours := []Hours{rule(1, time.Wednesday, 9*60, 11*60, 30, TalkOne)}
	for _, c := range []struct {
		r    Resource
		free bool
	}{{Resource{DeputyTime, 1}, false}, {Resource{RoomTime, 4}, false}, {Resource{DeputyTime, 2}, true}, {Resource{RoomTime, 5}, true}, {Resource{ResidentTime, 1}, true}} {
		taken := Taken{}
		taken.Add(c.r, Quarters(on("2026-11-25 09:45"), on("2026-11-25 10:00"))[0])
		for _, s := range DaySlots(on("2026-11-25 00:00"), Schedule{Hours: hours}, taken, now, p) {
			if want := c.free || s.Start.Format("15:04") != "09:30"; s.Free != want {
				t.Errorf("%v taken: %s free %v", c.r, s.Start.Format("15:04"), s.Free)
			}
		}
	}
	// Without a room only the deputy counts.
	hours[0].RoomID = 0
	taken := Taken{}
	taken.Add(Resource{RoomTime, 0}, Quarters(on("2026-11-25 09:30"), on("2026-11-25 09:45"))[0])
	for _, s := range DaySlots(on("2026-11-25 00:00"), Schedule{Hours: hours}, taken, now, p) {
		if !s.Free {
			t.Errorf("no room is needed, yet %s is taken", s.Start)
		}
	}
}

func TestFindSlot(t *testing.T) {
	p, now := DefaultPresets(), on("2026-11-23 10:00")
	hours := []Hours{rule(1, time.Wednesday, 9*60, 10*60, 30, TalkOne), rule(2, time.Wednesday, 9*60, 10*60, 60, GroupTalk), rule(3, time.Monday, 9*60, 12*60, 30, TalkOne)}
	for _, c := range []struct {
		start   string
		service Service
		want    Code
		minutes int
	}{
		{"2026-11-25 09:00", TalkOne, "", 30}, {"2026-11-25 09:00", GroupTalk, "", 60}, {"2026-11-25 09:00", "", "", 30},
		{"2026-11-25 09:15", TalkOne, CodeInvalid, 0}, {"2026-11-25 09:30", GroupTalk, CodeInvalid, 0}, {"2026-11-26 09:00", TalkOne, CodeInvalid, 0},
		{"2026-11-23 11:00", TalkOne, CodeInvalid, 0}, {"2026-11-16 09:00", TalkOne, CodeInvalid, 0}, {"2027-11-24 09:00", TalkOne, CodeInvalid, 0},
	} {
		s, err := FindSlot(on(c.start).UTC(), c.service, Schedule{Hours: hours}, now, p)
		if CodeOf(err) != c.want || (err == nil && int(s.End.Sub(s.Start).Minutes()) != c.minutes) {
			t.Errorf("%s %s: %+v, %v", c.start, c.service, s, err)
		}
	}
}

func TestEarliest(t *testing.T) {
	p, now := DefaultPresets(), on("2026-11-25 08:00")
	hours := []Hours{rule(1, time.Wednesday, 9*60, 10*60, 30, TalkOne)}
	if s := Earliest(Schedule{Hours: hours}, nil, now, p); s == nil || !s.Start.Equal(on("2026-12-02 09:00")) {
		t.Errorf("today is too soon: %+v", s)
	}
	taken := Taken{}
	for _, week := range []string{"2026-12-02", "2026-12-09", "2026-12-16", "2026-12-23"} {
		for _, q := range Quarters(on(week+" 09:00"), on(week+" 10:00")) {
			taken.Add(Resource{DeputyTime, 1}, q)
		}
	}
	if s := Earliest(Schedule{Hours: hours}, taken, now, p); s != nil {
		t.Errorf("all is taken, yet %+v", s)
	}
	if Earliest(Schedule{}, nil, now, p) != nil {
		t.Error("no hours, yet a slot")
	}
}

func TestQuarters(t *testing.T) {
	base := on("2026-11-25 09:00").Unix() / 900
	for _, c := range []struct {
		from, to string
		want     []Quarter
	}{
		{"09:00", "09:30", []Quarter{base, base + 1}}, {"09:00", "09:01", []Quarter{base}}, {"09:14", "09:16", []Quarter{base, base + 1}}, {"09:00", "09:00", nil},
	} {
		if got := Quarters(on("2026-11-25 "+c.from), on("2026-11-25 "+c.to)); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s–%s: %v, want %v", c.from, c.to, got, c.want)
		}
	}
}

// What is too late to book says so: an empty morning is not a full one.
func TestTooLateIsNotTaken(t *testing.T) {
	p := DefaultPresets()
	day := time.Date(2026, 11, 25, 0, 0, 0, 0, Shanghai) // a plain Wednesday
	hours := []Hours{{DeputyID: 1, Weekday: time.Wednesday, FromMinute: 9 * 60, ToMinute: 15 * 60, SlotMinutes: 60, Service: TalkOne}}
	taken := Taken{}
	taken.Add(Resource{DeputyTime, 1}, Quarters(day.Add(14*time.Hour), day.Add(15*time.Hour))[0])
	for _, s := range DaySlots(day, Schedule{Hours: hours}, taken, day.Add(9*time.Hour), p) {
		hour := s.Start.In(Shanghai).Hour()
		if closed := hour < 13; s.Closed != closed || s.Free != (!closed && hour != 14) {
			t.Errorf("%d:00 at 9:00: closed %v, free %v", hour, s.Closed, s.Free)
		}
	}
}

// FindSlot finds what DaySlots shows, and nothing else, at every quarter of the days.
func TestFindSlotFindsWhatIsShown(t *testing.T) {
	day := time.Date(2026, 11, 24, 0, 0, 0, 0, Shanghai)
	now, p := day.Add(8*time.Hour), DefaultPresets()
	sch := Schedule{
		Hours: []Hours{
			{DeputyID: 7, StationID: 1, Weekday: time.Tuesday, FromMinute: 9 * 60, ToMinute: 11*60 + 50, SlotMinutes: 30, PauseMinutes: 15, Service: TalkOne},
			{DeputyID: 7, StationID: 2, Weekday: time.Tuesday, FromMinute: 10 * 60, ToMinute: 12 * 60, SlotMinutes: 15, Service: PhoneCall},
			{DeputyID: 7, StationID: 3, Weekday: time.Tuesday, FromMinute: 9 * 60, ToMinute: 10 * 60, SlotMinutes: 30, Service: TalkOne}, // meets the first
			{DeputyID: 7, StationID: 4, Weekday: time.Wednesday, FromMinute: 14 * 60, ToMinute: 15 * 60, SlotMinutes: 0, Service: TalkOne},
		},
		Exceptions: []Exception{
			{Kind: Leave, StartsAt: day.Add(10*time.Hour + 40*time.Minute), EndsAt: day.Add(11 * time.Hour)},
			{DeputyID: 7, Kind: Extra, StartsAt: day.Add(43 * time.Hour), EndsAt: day.Add(45 * time.Hour), StationID: 5, SlotMinutes: 45, Service: TalkOne},
		},
	}
	found := 0
	for quarter := range 2 * 96 {
		at := day.Add(time.Duration(quarter) * 15 * time.Minute)
		for _, service := range []Service{"", TalkOne, PhoneCall} {
			var want *Slot
			for _, s := range DaySlots(at, sch, nil, now, p) {
				if want == nil && s.Start.Equal(at) && (service == "" || s.Service == service) {
					want = &s
				}
			}
			got, err := FindSlot(at, service, sch, now, p)
			if (got.StationID != 0) != (want != nil) || want != nil && (got.StationID != want.StationID || got.Service != want.Service || !got.End.Equal(want.End) || (err != nil) != want.Closed) {
				t.Errorf("%v %q: %+v %v, shown is %+v", at, service, got, err, want)
			}
			if want != nil {
				found++
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d slots", found)
	}
	if _, err := FindSlot(day.Add(9*time.Hour+30*time.Second), "", sch, now, p); CodeOf(err) != CodeInvalid {
		t.Error("half a minute later:", err)
	}
}
