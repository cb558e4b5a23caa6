package cabin

import (
	"testing"
	"time"
)

func TestSlotsOfARule(t *testing.T) {
	for _, c := range []struct {
		from, to, slot, pause, want int
		text                        string
	}{
		{540, 720, 30, 0, 6, "每次 30 分钟，共 6 次"}, {840, 960, 30, 15, 3, "每次 30 分钟，间隔 15 分钟，共 3 次"},
		{540, 570, 30, 30, 1, "每次 30 分钟，间隔 30 分钟，共 1 次"}, {540, 560, 30, 0, 0, "每次 30 分钟，共 0 次"}, {540, 720, 0, 0, 0, "每次 0 分钟，共 0 次"},
	} {
		h := Hours{FromMinute: c.from, ToMinute: c.to, SlotMinutes: c.slot, PauseMinutes: c.pause}
		if got := h.Slots(); got != c.want || h.SlotText() != c.text {
			t.Errorf("%+v: %d slots, %s", c, got, h.SlotText())
		}
		// As many as are computed for a day.
		h.Weekday, h.Service = time.Wednesday, TalkOne
		if got := DaySlots(on("2026-11-25 00:00"), Schedule{Hours: []Hours{h}}, nil, at, DefaultPresets()); len(got) != c.want {
			t.Errorf("%+v: %d slots a day", c, len(got))
		}
	}
}

func TestExceptionTimeText(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"2026-11-25 00:00", "2026-11-26 00:00", "11月25日 周三 全天"},
		{"2026-11-25 00:00", "2026-11-28 00:00", "11月25日 周三–11月27日 周五 全天"},
		{"2026-11-25 09:00", "2026-11-25 11:30", "后天（11月25日 周三）上午 9:00–11:30"},
		{"2026-11-25 14:00", "2026-11-26 12:00", "11月25日 周三 下午 2:00–11月26日 周四 中午 12:00"},
	} {
		e := Exception{Kind: Leave, StartsAt: on(c.from), EndsAt: on(c.to)}
		if got := e.TimeText(at); got != c.want {
			t.Errorf("%s – %s: %q, want %q", c.from, c.to, got, c.want)
		}
	}
}

func TestArrangerRole(t *testing.T) {
	both := Actor{PersonID: 1, Grants: []Grant{{Staff, stationID}, {Deputy, deputyID}}}
	for who, c := range map[string]struct {
		a    Actor
		want Role
	}{
		"the deputy": {people[Deputy], Deputy}, "the desk": {people[Staff], Staff}, "both": {both, Deputy},
		"every desk": {Actor{PersonID: 1, Grants: []Grant{{Staff, 0}}}, Staff}, "the admin": {Actor{PersonID: 1, Grants: []Grant{{Admin, 0}}}, Admin},
		"another deputy": {strangers["another deputy"], ""}, "another desk": {strangers["another desk"], ""}, "a resident": {people[Resident], ""}, "nobody": {Actor{}, ""},
	} {
		if got := ArrangerRole(c.a, deputyID, stationID); got != c.want {
			t.Errorf("%s: %q, want %q", who, got, c.want)
		}
	}
}

// TestReoffers: the nearest, of the same service, each once, within the day's cap and the
// resident's own time, and never the time that is left.
func TestReoffers(t *testing.T) {
	sch := Schedule{
		DayCap:     2,
		Hours:      []Hours{rule(1, time.Wednesday, 9*60, 12*60, 30, TalkOne), rule(2, time.Thursday, 9*60, 10*60, 30, PhoneCall), rule(3, time.Thursday, 14*60, 16*60, 30, TalkOne)},
		Exceptions: []Exception{{Kind: Leave, StartsAt: on("2026-11-25 00:00"), EndsAt: on("2026-11-26 00:00")}},
	}
	meeting := func(resident int64, start string, service Service) *Booking {
		return &Booking{ResidentID: resident, DeputyID: 1, Service: service, State: Confirmed, StartsAt: on(start), EndsAt: on(start).Add(30 * time.Minute)}
	}
	taken := Taken{}
	taken.Add(Resource{ResidentTime, 2}, on("2026-11-26 14:00").Unix()/900)
	was := on("2026-12-03 14:00") // asked for this, offered the leave's time
	countered := meeting(4, "2026-12-03 14:00", TalkOne)
	offer, offerEnd := on("2026-11-25 11:00"), on("2026-11-25 11:30")
	countered.State, countered.OfferStartsAt, countered.OfferEndsAt = Countered, &offer, &offerEnd
	got := Reoffers([]*Booking{
		meeting(1, "2026-11-25 09:00", TalkOne), meeting(2, "2026-11-25 09:30", TalkOne), meeting(3, "2026-11-25 10:00", TalkOne), countered,
		meeting(5, "2026-11-25 11:30", PhoneCall),
	}, sch, taken, at, DefaultPresets())
	want := []string{"2026-11-26 14:00", "2026-11-26 14:30", "2026-12-02 09:00", "2026-12-02 09:30", "2026-12-03 09:00"}
	for i, w := range want {
		if got[i] == nil || !got[i].Start.Equal(on(w)) {
			t.Errorf("the %d. is offered %+v, want %s", i+1, got[i], w)
		}
		if got[i] != nil && got[i].Start.Equal(was) {
			t.Error("offered what they had asked for before")
		}
	}
	if none := Reoffers([]*Booking{meeting(1, "2026-11-25 09:00", Enterprise)}, sch, Taken{}, at, DefaultPresets()); none[0] != nil {
		t.Errorf("another service: %+v", none[0])
	}
}

// TestDisplacedIsNotAccepted: what the deputy cannot keep is moved, not accepted, until
// the leave is taken back.
func TestDisplacedIsNotAccepted(t *testing.T) {
	p := DefaultPresets()
	b := bookingIn(Countered)
	offered := *b.OfferStartsAt
	if _, _, err := b.Apply(BookingDisplace, TheSystem, Input{}, at, p); err != nil || b.State != Requested || !b.StartsAt.Equal(offered) || b.Waiting != Staff {
		t.Fatalf("%+v, %v", b, err)
	}
	if got := b.Next(people[Resident], at, DefaultPresets()); got[:len("代表这个时间有事")] != "代表这个时间有事" {
		t.Errorf("the resident reads %q", got)
	}
	for _, a := range b.Actions(people[Deputy], at, p) {
		if a.Command == string(BookingAccept) {
			t.Error("accepting is offered")
		}
	}
	if _, _, err := b.Apply(BookingAccept, people[Staff], Input{}, at, p); CodeOf(err) != CodeConflict {
		t.Errorf("accepted: %v", err)
	}
	if _, _, err := b.Apply(BookingRestore, TheSystem, Input{}, at, p); err != nil || b.DisplacedAt != nil || b.Waiting != Deputy {
		t.Errorf("%+v, %v", b, err)
	}
	if _, _, err := b.Apply(BookingRestore, TheSystem, Input{}, at, p); CodeOf(err) != CodeConflict {
		t.Errorf("twice: %v", err)
	}
	if _, _, err := b.Apply(BookingAccept, people[Deputy], Input{}, at, p); err != nil {
		t.Errorf("good again: %v", err)
	}
}
