package cabin

import (
	"testing"
	"time"
)

func shanghai(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, Shanghai)
	if err != nil {
		panic(err)
	}
	return t
}

// TestBarredUntil: two no-shows in 90 days bar for 30 days from the second.
func TestBarredUntil(t *testing.T) {
	day := func(n int) time.Time { return at.AddDate(0, 0, n) }
	for name, c := range map[string]struct {
		missed []time.Time
		limit  int
		now    time.Time
		want   time.Time
	}{
		"none":                                  {nil, 2, at, time.Time{}},
		"one":                                   {[]time.Time{day(-1)}, 2, at, time.Time{}},
		"two":                                   {[]time.Time{day(-20), day(-3)}, 2, at, day(27)},
		"two, ninety days apart":                {[]time.Time{day(-93), day(-3)}, 2, at, day(27)},
		"two, a moment more apart":              {[]time.Time{day(-93).Add(-time.Minute), day(-3)}, 2, at, time.Time{}},
		"two, the bar ends now":                 {[]time.Time{day(-40), day(-30)}, 2, at, time.Time{}},
		"two, a moment is left":                 {[]time.Time{day(-40), day(-30).Add(time.Millisecond)}, 2, at, at.Add(time.Millisecond)},
		"three: from the last":                  {[]time.Time{day(-50), day(-20), day(-3)}, 2, at, day(27)},
		"an old pair and one that stands alone": {[]time.Time{day(-300), day(-290), day(-3)}, 2, at, time.Time{}},
		"the office asks for three":             {[]time.Time{day(-20), day(-3)}, 3, at, time.Time{}},
		"the office asks for one":               {[]time.Time{day(-3)}, 1, at, day(27)},
		"three within the window, the office's way": {[]time.Time{day(-80), day(-20), day(-3)}, 3, at, day(27)},
	} {
		p := DefaultPresets()
		p.NoShowLimit = c.limit
		if got := p.BarredUntil(c.missed, c.now); !got.Equal(c.want) {
			t.Errorf("%s: barred until %s, want %s", name, got, c.want)
		}
	}
	p := DefaultPresets()
	if got := p.NoShowsSince(at); !got.Equal(day(-120)) {
		t.Errorf("no-shows are read from %s on", got)
	}
}

// TestDeskAt: an unanswered request goes to the desk after 24 working hours, earlier when
// it would expire before.
func TestDeskAt(t *testing.T) {
	for name, c := range map[string]struct{ now, start, want string }{
		"three office days":             {"2026-11-23 10:00", "2026-12-10 09:00", "2026-11-26 10:00"},
		"asked in the evening":          {"2026-11-23 20:00", "2026-12-10 09:00", "2026-11-26 17:00"},
		"over a weekend":                {"2026-11-27 16:00", "2026-12-10 09:00", "2026-12-02 16:00"},
		"two hours before a near start": {"2026-11-23 10:00", "2026-11-24 09:00", "2026-11-24 07:00"},
		"too near for either":           {"2026-11-23 10:00", "2026-11-23 11:30", "2026-11-23 10:00"},
	} {
		if got := DefaultPresets().DeskAt(shanghai(c.now), shanghai(c.start)); !got.Equal(shanghai(c.want)) {
			t.Errorf("%s: to the desk at %s, want %s", name, got.In(Shanghai), c.want)
		}
	}
}

// TestQuietHours: nothing begins in the night, and an offer does not run out in it.
func TestQuietHours(t *testing.T) {
	p := DefaultPresets()
	for now, want := range map[string]string{
		"2026-11-23 12:00": "2026-11-23 12:00", "2026-11-23 21:59": "2026-11-23 21:59", "2026-11-23 22:00": "2026-11-24 07:00",
		"2026-11-23 23:30": "2026-11-24 07:00", "2026-11-24 00:00": "2026-11-24 07:00", "2026-11-24 06:59": "2026-11-24 07:00", "2026-11-24 07:00": "2026-11-24 07:00",
	} {
		if got := p.Awake(shanghai(now)); !got.Equal(shanghai(want)) {
			t.Errorf("awake at %s: %s, want %s", now, got, want)
		}
	}
	for now, want := range map[string]string{
		"2026-11-23 12:00": "2026-11-23 14:00", "2026-11-23 20:00": "2026-11-23 22:00", "2026-11-23 21:00": "2026-11-24 08:00",
		"2026-11-23 21:59": "2026-11-24 08:59", "2026-11-23 22:00": "2026-11-24 09:00", "2026-11-24 03:00": "2026-11-24 09:00", "2026-11-24 07:00": "2026-11-24 09:00",
	} {
		if got := p.OfferUntil(shanghai(now)); !got.Equal(shanghai(want)) {
			t.Errorf("an offer at %s is kept until %s, want %s", now, got, want)
		}
	}
	p.QuietFrom, p.QuietTo, p.WaitOffer = 21, 8, 4*time.Hour
	if got, want := p.OfferUntil(shanghai("2026-11-23 19:00")), shanghai("2026-11-24 10:00"); !got.Equal(want) {
		t.Errorf("by the office's own hours: %s, want %s", got, want)
	}
}

// TestOfferText: what is promised before there is an offer, whenever the offer will come.
func TestOfferText(t *testing.T) {
	set := func(lead, offer time.Duration) Presets {
		p := DefaultPresets()
		p.BookLead, p.WaitOffer = lead, offer
		return p
	}
	for name, c := range map[string]struct {
		p     Presets
		start string
		want  string
	}{
		"the last offer comes four hours before":   {DefaultPresets(), "2026-11-24 10:00", "给您留 2 小时"},
		"to the minute":                            {DefaultPresets(), "2026-11-24 09:00", "给您留 2 小时"},
		"an offer of the night runs from seven on": {DefaultPresets(), "2026-11-24 08:30", "给您留 2 小时，最晚到开始"},
		"as the office sets it":                    {set(4*time.Hour, 3*time.Hour), "2026-11-24 15:00", "给您留 3 小时"},
		"offered until an hour before":             {set(time.Hour, 3*time.Hour), "2026-11-24 15:00", "给您留 3 小时，最晚到开始"},
	} {
		if got := c.p.OfferText(shanghai(c.start)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		w := Wait{State: InLine, StartsAt: shanghai(c.start)}
		if got := w.Next(shanghai("2026-11-20 10:00"), c.p); got != "您排在第一位。空出来会马上告诉您，"+c.want {
			t.Errorf("%s: in line: %s", name, got)
		}
	}
}

// TestReminder: the evening before at 18:00, then two hours before, never in the night.
func TestReminder(t *testing.T) {
	for name, c := range map[string]struct{ now, start, want string }{
		"days before":                       {"2026-11-20 10:00", "2026-11-23 15:00", "2026-11-22 18:00"},
		"after the evening's":               {"2026-11-22 18:00", "2026-11-23 15:00", "2026-11-23 13:00"},
		"after both":                        {"2026-11-23 13:00", "2026-11-23 15:00", ""},
		"booked for the same day":           {"2026-11-23 09:00", "2026-11-23 15:00", "2026-11-23 13:00"},
		"an early meeting waits for seven":  {"2026-11-23 01:00", "2026-11-23 08:30", "2026-11-23 07:00"},
		"a meeting before anybody is awake": {"2026-11-23 01:00", "2026-11-23 06:30", ""},
		"it has begun":                      {"2026-11-23 15:30", "2026-11-23 15:00", ""},
	} {
		b := bookingIn(Confirmed)
		b.StartsAt = shanghai(c.start)
		got := b.Reminder(shanghai(c.now), DefaultPresets())
		switch {
		case c.want == "" && got != nil:
			t.Errorf("%s: reminded at %s", name, got)
		case c.want != "" && (got == nil || !got.Equal(shanghai(c.want))):
			t.Errorf("%s: reminded at %v, want %s", name, got, c.want)
		}
	}
}

// TestOwnDays: the office's days stand over the published ones.
func TestOwnDays(t *testing.T) {
	c := NewCalendar([]CalendarDay{
		{Day: "2026-10-01", Workday: true, AsWeekday: -1},                // a holiday on which we are open
		{Day: "2026-11-24", Workday: false, AsWeekday: -1, Name: "停电检修"}, // a Tuesday
		{Day: "2026-11-25", Workday: false, AsWeekday: -1},
		{Day: "2026-11-28", Workday: true, AsWeekday: 3}, // a Saturday with Wednesday's hours
		{Day: "2099-05-01", Workday: false, AsWeekday: -1, Name: "劳动节"},
	})
	for day, want := range map[string]struct {
		workday bool
		holiday string
		weekday time.Weekday
	}{
		"2026-10-01": {true, "", time.Thursday}, "2026-10-02": {false, "国庆节", time.Friday},
		"2026-11-24": {false, "停电检修", time.Tuesday}, "2026-11-25": {false, "放假", time.Wednesday},
		"2026-11-28": {true, "", time.Wednesday}, "2026-11-29": {false, "", time.Sunday}, "2026-11-26": {true, "", time.Thursday},
	} {
		d := shanghai(day + " 12:00")
		name, _ := c.Holiday(d)
		if c.IsWorkday(d) != want.workday || name != want.holiday || c.Weekday(d) != want.weekday {
			t.Errorf("%s: workday %v, holiday %q, hours of %s; want %+v", day, c.IsWorkday(d), name, c.Weekday(d), want)
		}
	}
	for year, want := range map[string]bool{"2026": true, "2099": true, "2098": false} {
		if got := c.Published(shanghai(year + "-06-01 00:00")); got != want {
			t.Errorf("%s is published: %v", year, got)
		}
	}
	if (Calendar{}).Published(shanghai("2099-06-01 00:00")) {
		t.Error("2099 is published, says the empty calendar")
	}
	// Working time goes around the office's own days: Tuesday and Wednesday are off, Saturday counts.
	if got, want := c.AddWorkingTime(shanghai("2026-11-23 16:00"), 10*time.Hour), shanghai("2026-11-27 10:00"); !got.Equal(want) {
		t.Errorf("ten working hours end %s, want %s", got, want)
	}
	if got, want := c.EndOfWorkday(shanghai("2026-11-27 10:00"), 1), shanghai("2026-11-28 17:00"); !got.Equal(want) {
		t.Errorf("one working day ends %s, want %s", got, want)
	}
	// And so do slots: the Saturday has Wednesday's hours, the Wednesday none.
	sch := Schedule{Hours: []Hours{{DeputyID: deputyID, StationID: stationID, Weekday: time.Wednesday, FromMinute: 540, ToMinute: 600, SlotMinutes: 30, Service: TalkOne}}}
	p := DefaultPresets()
	p.Calendar = c
	for day, want := range map[string]int{"2026-11-25 00:00": 0, "2026-11-28 00:00": 2, "2026-12-02 00:00": 2} {
		if got := len(DaySlots(shanghai(day), sch, nil, at, p)); got != want {
			t.Errorf("%s has %d slots, want %d", day, got, want)
		}
	}
}
