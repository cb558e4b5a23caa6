package cabin

import (
	"strings"
	"testing"
	"time"
)

// markedIn is a no-show of this side, marked so long ago.
func markedIn(side Role, ago time.Duration) *Booking {
	b, when := bookingIn(NoShow), at.Add(-ago)
	b.AbsentSide, b.AbsentAt = side, &when
	return b
}

// TestBlameNeedsTheOtherSide: nobody is marked on the word of the other side alone.
func TestBlameNeedsTheOtherSide(t *testing.T) {
	here := at.Add(-20 * time.Minute)
	for name, c := range map[string]struct {
		state   BookingState
		command BookingCommand
		by      Role
		prepare func(*Booking)
		want    Code
	}{
		"a deputy who has not checked in":          {Confirmed, BookingResidentAbsent, Deputy, nil, CodeConflict},
		"a deputy who is at the station":           {Confirmed, BookingResidentAbsent, Deputy, func(b *Booking) { b.DeputyHereAt = &here }, ""},
		"the staff, of the resident":               {Confirmed, BookingResidentAbsent, Staff, nil, ""},
		"the staff, of the deputy":                 {Confirmed, BookingDeputyAbsent, Staff, nil, ""},
		"a resident who has not checked in":        {Confirmed, BookingDeputyAbsent, Resident, nil, CodeForbidden},
		"a resident who is at the station":         {CheckedIn, BookingDeputyAbsent, Resident, func(b *Booking) { b.CheckedInAt = &here }, ""},
		"a deputy, of themselves":                  {Confirmed, BookingDeputyAbsent, Deputy, func(b *Booking) { b.DeputyHereAt = &here }, CodeForbidden},
		"a deputy, of a resident who checked in":   {CheckedIn, BookingResidentAbsent, Deputy, func(b *Booking) { b.DeputyHereAt = &here }, CodeConflict},
		"the staff, of a resident who checked in":  {CheckedIn, BookingResidentAbsent, Staff, func(b *Booking) { b.CheckedInAt = &here }, CodeConflict},
		"the staff, a millisecond before the time": {Confirmed, BookingResidentAbsent, Staff, func(b *Booking) { b.StartsAt = at.Add(time.Millisecond) }, CodeConflict},
		"a deputy, of one seat of their talk":      {Confirmed, BookingResidentAbsent, Deputy, func(b *Booking) { b.TalkID, b.DeputyHereAt = 4, &here }, CodeConflict},
	} {
		b := bookingIn(c.state)
		if c.prepare != nil {
			c.prepare(b)
		}
		_, tell, err := b.Apply(c.command, people[c.by], Input{}, at, DefaultPresets())
		if CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
			continue
		}
		if err != nil {
			continue
		}
		side := Resident
		if c.command == BookingDeputyAbsent {
			side = Deputy
		}
		if b.State != NoShow || b.AbsentSide != side || b.AbsentAt == nil || !b.AbsentAt.Equal(at) || len(tell) < 2 {
			t.Errorf("%s: %s, absent %q at %v, tells %v", name, b.State, b.AbsentSide, b.AbsentAt, tell)
		}
	}
}

// TestUndoAbsent: a mark made by mistake is taken back for a day, and as long as an
// objection waits; nothing of it stays.
func TestUndoAbsent(t *testing.T) {
	p, here := DefaultPresets(), at.Add(-2*time.Hour)
	for name, c := range map[string]struct {
		ago       time.Duration
		objection Objection
		checkedIn bool
		by        Role
		want      Code
	}{
		"at once":                           {0, "", false, Staff, ""},
		"at the end of the day":             {24 * time.Hour, "", false, Staff, ""},
		"a millisecond later":               {24*time.Hour + time.Millisecond, "", false, Staff, CodeConflict},
		"days later, while they object":     {72 * time.Hour, ObjectionPending, false, Staff, ""},
		"days later, after it was upheld":   {72 * time.Hour, ObjectionUpheld, false, Staff, CodeConflict},
		"of somebody who had checked in":    {time.Hour, "", true, Staff, ""},
		"by the resident":                   {time.Hour, "", false, Resident, CodeForbidden},
		"by the deputy who marked too soon": {time.Hour, "", false, Deputy, CodeForbidden},
	} {
		b := markedIn(Resident, c.ago)
		b.Objection = c.objection
		if c.objection != "" {
			b.ObjectedAt = &here
		}
		want := Confirmed
		if c.checkedIn {
			b.CheckedInAt, want = &here, CheckedIn
		}
		_, tell, err := b.Apply(BookingUndoAbsent, people[c.by], Input{}, at, p)
		if CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
			continue
		}
		if err != nil {
			continue
		}
		if b.State != want || b.AbsentSide != "" || b.AbsentAt != nil || b.ObjectedAt != nil || b.Objection != "" || b.Waiting != "" {
			t.Errorf("%s: %+v", name, b)
		}
		if len(tell) != 2 || tell[0] != ToResident || tell[1] != ToDeputy {
			t.Errorf("%s: tells %v, want both sides", name, tell)
		}
	}
	if _, _, err := bookingIn(NoShow).Apply(BookingUndoAbsent, people[Staff], Input{}, at, p); CodeOf(err) != CodeConflict {
		t.Errorf("a no-show of before marks were kept: %v", err)
	}
}

// TestObjection: the side that was marked may object, once, within seven days.
func TestObjection(t *testing.T) {
	p := DefaultPresets()
	week := at.Sub(at.AddDate(0, 0, -7))
	for name, c := range map[string]struct {
		side   Role
		by     Role
		ago    time.Duration
		reason string
		want   Code
	}{
		"the resident who was marked":   {Resident, Resident, time.Hour, "我到了", ""},
		"the deputy who was marked":     {Deputy, Deputy, time.Hour, "我到了", ""},
		"the other side, of the deputy": {Deputy, Resident, time.Hour, "他到了", CodeForbidden},
		"the other side":                {Resident, Deputy, time.Hour, "她到了", CodeForbidden},
		"the staff":                     {Resident, Staff, time.Hour, "她到了", CodeForbidden},
		"on the seventh day":            {Resident, Resident, week, "我到了", ""},
		"a millisecond later":           {Resident, Resident, week + time.Millisecond, "我到了", CodeConflict},
		"without a word":                {Resident, Resident, time.Hour, " ", CodeInvalid},
	} {
		b := markedIn(c.side, c.ago)
		_, tell, err := b.Apply(BookingObject, people[c.by], Input{Reason: c.reason}, at, p)
		if CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
			continue
		}
		if err != nil {
			continue
		}
		if b.State != NoShow || b.Objection != ObjectionPending || b.Waiting != Staff || b.AbsentSide != c.side || len(tell) != 1 || tell[0] != ToStaff {
			t.Errorf("%s: %s, %q, waits for %q, tells %v", name, b.State, b.Objection, b.Waiting, tell)
		}
		if _, _, err := b.Apply(BookingObject, people[c.by], Input{Reason: "再说一次"}, at, p); CodeOf(err) != CodeConflict {
			t.Errorf("%s, twice: %v", name, err)
		}
	}
}

// TestUphold: the desk answers an objection with a reason, once; afterwards the mark stays.
func TestUphold(t *testing.T) {
	p := DefaultPresets()
	b := markedIn(Resident, time.Hour)
	if _, _, err := b.Apply(BookingUphold, people[Staff], Input{Reason: "查了监控"}, at, p); CodeOf(err) != CodeConflict {
		t.Errorf("nobody objected: %v", err)
	}
	if _, _, err := b.Apply(BookingObject, people[Resident], Input{Reason: "我到了"}, at, p); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.Apply(BookingUphold, people[Staff], Input{}, at, p); CodeOf(err) != CodeInvalid {
		t.Errorf("without a reason: %v", err)
	}
	e, tell, err := b.Apply(BookingUphold, people[Staff], Input{Reason: "查了监控"}, at, p)
	if err != nil || b.Objection != ObjectionUpheld || b.AbsentSide != Resident || b.Waiting != "" || e.Note != "查了监控" || len(tell) != 2 {
		t.Errorf("upheld: %+v, tells %v, %v", b, tell, err)
	}
	for _, c := range []struct {
		command BookingCommand
		by      Role
	}{{BookingUphold, Staff}, {BookingObject, Resident}} {
		if _, _, err := b.Apply(c.command, people[c.by], Input{Reason: "再来"}, at, p); CodeOf(err) != CodeConflict {
			t.Errorf("%s after it was upheld: %v", c.command, err)
		}
	}
}

func TestContactOpened(t *testing.T) {
	for name, c := range map[string]struct {
		a      Actor
		reason string
		want   Code
	}{
		"the desk":             {people[Staff], "告诉时间改了", ""},
		"the office":           {Actor{PersonID: 40, Grants: []Grant{{Admin, 0}}}, "核实", ""},
		"the desk, silent":     {people[Staff], "  ", CodeInvalid},
		"the deputy":           {people[Deputy], "想打个电话", CodeForbidden},
		"the resident":         {people[Resident], "看看", CodeForbidden},
		"another desk":         {strangers["another desk"], "看看", CodeNotFound},
		"somebody else at all": {strangers["another resident"], "看看", CodeNotFound},
	} {
		e, err := bookingIn(Confirmed).ContactOpened(c.a, c.reason)
		if CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if err == nil && (e.Note != c.reason || e.Role != Staff || e.From != e.To || e.Text == "") {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

func TestReadCheckCode(t *testing.T) {
	for text, want := range map[string]string{
		"123456": "123456", " 012 345 ": "012345", "１２３４５６": "123456", "WARMCABIN:000001": "000001", "warmcabin:000001": "000001",
		"WARMCABIN:987654\n": "987654", "12345": "", "1234567": "", "12345x": "", "WARMCABIN:": "", "": "", "https://example.org/123456": "", "12345６７": "",
	} {
		got, err := ReadCheckCode(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q is read as %q, %v", text, got, err)
		}
	}
}

func TestMaskedName(t *testing.T) {
	for name, want := range map[string]string{"王秀兰": "王＊＊", "王兰": "王＊", "王": "王＊", "欧阳娜娜": "欧＊＊＊", "": "＊", "Amy": "A＊＊"} {
		if got := MaskedName(name); got != want {
			t.Errorf("%q is shown as %q", name, got)
		}
	}
}

// TestTheDeskSpeaksForWhoHasNoWeChat, and for nobody else.
func TestTheDeskSpeaksForWhoHasNoWeChat(t *testing.T) {
	p := DefaultPresets()
	for _, c := range []struct {
		from    BookingState
		command BookingCommand
		to      BookingState
	}{{Requested, BookingCancel, Cancelled}, {Countered, BookingTake, Confirmed}, {Countered, BookingRefuse, Cancelled}} {
		b := bookingIn(c.from)
		e, tell, err := b.Apply(c.command, people[Staff], Input{}, at, p)
		if err != nil || b.State != c.to || e.Role != Staff || len(tell) != 1 || tell[0] != ToDeputy {
			t.Errorf("%s %s by phone: %s, tells %v, %v", c.from, c.command, b.State, tell, err)
		}
		b = bookingIn(c.from)
		b.ResidentWeChat = true
		if _, _, err := b.Apply(c.command, people[Staff], Input{}, at, p); CodeOf(err) != CodeForbidden {
			t.Errorf("%s %s over the head of somebody in WeChat: %v", c.from, c.command, err)
		}
		b = bookingIn(c.from)
		b.ResidentWeChat = true
		if _, _, err := b.Apply(c.command, people[Resident], Input{}, at, p); err != nil {
			t.Errorf("%s %s by themselves: %v", c.from, c.command, err)
		}
	}
	for wechat, want := range map[bool]Role{false: Staff, true: Resident} {
		b := bookingIn(Requested)
		b.ResidentWeChat = wechat
		if _, _, err := b.Apply(BookingCounter, people[Deputy], everything(), at, p); err != nil || b.Waiting != want {
			t.Errorf("in WeChat %v: the answer is %s's, %v", wechat, b.Waiting, err)
		}
	}
}

// TestBookedLate: what the desk books for somebody who stands there waits at the desk, and
// can be answered until its end.
func TestBookedLate(t *testing.T) {
	p := DefaultPresets()
	for name, c := range map[string]struct {
		by      int64
		begins  time.Duration
		waits   Role
		holdsTo time.Duration
	}{
		"at the desk, for now":             {13, -10 * time.Minute, Staff, 20 * time.Minute},
		"at the desk, for this noon":       {13, 3 * time.Hour, Staff, 3*time.Hour + 30*time.Minute},
		"at the desk, four hours ahead":    {13, 4 * time.Hour, Deputy, 4 * time.Hour},
		"by the resident, who was in line": {0, time.Hour, Deputy, time.Hour},
	} {
		b := &Booking{ResidentID: residentID, DeputyID: deputyID, StationID: stationID, BookedBy: c.by, CreatedAt: at, StartsAt: at.Add(c.begins), EndsAt: at.Add(c.begins + 30*time.Minute)}
		if _, _, err := b.Apply(BookingRequest, people[Staff], Input{}, at, p); err != nil || b.HoldOver(at) || b.Waiting != c.waits || !b.HoldUntil.Equal(at.Add(c.holdsTo)) {
			t.Errorf("%s: waits for %q until %v, %v", name, b.Waiting, b.HoldUntil, err)
		}
	}
}

// TestRecordBeforeTheTime: who is checked in may be received before the time; of who is
// not, nothing can be recorded yet.
func TestRecordBeforeTheTime(t *testing.T) {
	for state, want := range map[BookingState]Code{CheckedIn: "", Confirmed: CodeConflict} {
		b := &Booking{ResidentID: residentID, DeputyID: deputyID, StationID: stationID, State: state, StartsAt: at.Add(time.Minute), EndsAt: at.Add(time.Hour)}
		_, _, err := b.Apply(BookingComplete, people[Deputy], Input{Note: "谈了"}, at, DefaultPresets())
		if CodeOf(err) != want {
			t.Errorf("%s: %v, want %q", state, err, want)
		}
	}
}

// TestMarkIsSaid: who did not come, and what may be done about the mark until when; nobody
// reads of a time that is over.
func TestMarkIsSaid(t *testing.T) {
	p := DefaultPresets()
	undo, object := "11月24日 ", "11月30日 "
	for side, want := range map[Role]map[Role][2]string{
		Resident: {Resident: {"未到场", object}, Deputy: {"选民未到", "请联络站在 " + undo}, Staff: {"选民未到", undo}},
		Deputy:   {Resident: {"代表未到", ""}, Deputy: {"代表未到", object}, Staff: {"代表未到", undo}},
	} {
		for reader, w := range want {
			b := bookingIn(NoShow)
			b.AbsentSide, b.AbsentAt = side, &at
			a := people[reader]
			if got := b.StateName(b.RolesOf(a), at); got != w[0] {
				t.Errorf("%s absent: the %s reads %s, want %s", side, reader, got, w[0])
			}
			if got := b.Next(a, at, p); !strings.Contains(got, w[1]) || (got == "") != (w[1] == "") {
				t.Errorf("%s absent: next for the %s: %q, want %q", side, reader, got, w[1])
			}
			if got := b.Next(a, at.AddDate(0, 0, p.ObjectDays), p); got != "" {
				t.Errorf("%s absent: the %s still reads %q", side, reader, got)
			}
			b.Objection = ObjectionPending
			if got := b.Next(a, at, p); strings.HasPrefix(got, "请核实异议") != (reader == Staff) {
				t.Errorf("%s objects: next for the %s: %q", side, reader, got)
			}
		}
	}
	upheld := bookingIn(NoShow)
	upheld.AbsentSide, upheld.AbsentAt, upheld.Objection = Deputy, &at, ObjectionUpheld
	if d, s := upheld.Next(people[Deputy], at, p), upheld.Next(people[Staff], at, p); d != "" || !strings.Contains(s, undo) {
		t.Errorf("upheld: the deputy reads %q, the desk %q", d, s)
	}
	b := bookingIn(Confirmed)
	b.DeputyHereAt = &at
	if got := b.Next(people[Deputy], at, p); got != "代表已到站，等选民来" {
		t.Error(got)
	}
}
