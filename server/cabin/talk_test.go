package cabin

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// talkIn stands in state so that every guard of the command is content.
func talkIn(state TalkState, command TalkCommand) *Talk {
	t := &Talk{
		ID: 1, DeputyID: deputyID, StationID: stationID, CommunityID: 8, Topic: "冬季健康保健", Wish: "周末下午", Seats: 20, State: state, CreatedAt: at.AddDate(0, 0, -2),
		DeputyName: "林晓", StationName: "中心站", CommunityName: "梧桐社区",
	}
	if state != TalkProposed && state != TalkDeclined {
		start, end := at.Add(24*time.Hour), at.Add(26*time.Hour)
		if command == TalkFinish {
			start, end = at.Add(-2*time.Hour), at.Add(-time.Hour)
		}
		t.StartsAt, t.EndsAt, t.RoomID, t.RoomName = &start, &end, 2, "活动室"
	}
	return t
}

func talkInput() Input {
	return Input{Reason: "有事", Note: "讲了血压", Seats: 30, Offer: &Slot{Start: at.Add(48 * time.Hour), End: at.Add(50 * time.Hour), StationID: stationID, StationName: "中心站", RoomID: 9, RoomName: "学习活动区"}}
}

var talkCommands = []TalkCommand{TalkPropose, TalkSchedule, TalkReschedule, TalkSeats, TalkDecline, TalkCancel, TalkFinish, "fly"}

// TestTalkTable walks every state × command × role: allowed exactly when the table has the row.
func TestTalkTable(t *testing.T) {
	for _, state := range append([]TalkState{""}, TalkStates...) {
		for _, command := range talkCommands {
			for _, role := range []Role{Deputy, Staff, Community, Liaison} {
				talk := talkIn(state, command)
				var row *talkMove
				for i := range TalkTransitions {
					if m := &TalkTransitions[i]; m.From == state && m.Command == command && slices.Contains(m.By, role) {
						row = m
					}
				}
				name, before := fmt.Sprintf("%q %s by %s", state, command, role), *talk
				e, tell, err := talk.Apply(command, people[role], talkInput(), at)
				if row == nil {
					want := CodeConflict
					if commandKnown(TalkTransitions, state, command) {
						want = CodeForbidden
					}
					if CodeOf(err) != want || !reflect.DeepEqual(*talk, before) {
						t.Errorf("%s: got %v, want %s", name, err, want)
					}
					continue
				}
				if err != nil {
					t.Errorf("%s: refused: %v", name, err)
					continue
				}
				if talk.State != row.To || e.From != string(state) || e.To != string(row.To) || e.Role != role || e.Command != string(command) || e.Text == "" || !talk.UpdatedAt.Equal(at) {
					t.Errorf("%s: state %s, event %+v", name, talk.State, e)
				}
				if !slices.Equal(tell, row.Tell) || row.From != "" && row.Label == "" || row.Danger == (row.Confirm == "") {
					t.Errorf("%s: tells %v, %+v", name, tell, row)
				}
				if strings.Contains(e.Note, "血压") {
					t.Errorf("%s: the record is in the timeline", name)
				}
			}
		}
	}
}

func TestTalkStrangersLearnNothing(t *testing.T) {
	outside := map[string]Actor{"a resident": people[Resident], "a department": people[Department]}
	for who, a := range strangers {
		outside[who] = a
	}
	for who, a := range outside {
		for _, state := range TalkStates {
			for _, command := range talkCommands {
				talk := talkIn(state, command)
				if _, _, err := talk.Apply(command, a, talkInput(), at); CodeOf(err) != CodeNotFound {
					t.Errorf("%s, %s %s: %v", who, state, command, err)
				}
				if got := talk.Actions(a, at); len(got) != 0 || talk.ShowsPeople(a) {
					t.Errorf("%s is offered %v", who, got)
				}
			}
		}
	}
	for role, shows := range map[Role]bool{Deputy: true, Staff: true, Community: false, Liaison: false, Resident: false} {
		if talkIn(TalkOpen, "").ShowsPeople(people[role]) != shows {
			t.Errorf("who signed up is shown to %s: %v", role, !shows)
		}
	}
}

// TestTalkActionsAreWhatApplyAccepts, with every need taken away once.
func TestTalkActionsAreWhatApplyAccepts(t *testing.T) {
	lacks := map[Need]func(*Input){
		NeedReason: func(in *Input) { in.Reason = " " }, NeedNote: func(in *Input) { in.Note = "" }, NeedSeats: func(in *Input) { in.Seats = MinTalkSeats - 1 },
		NeedTime: func(in *Input) { in.Offer = nil }, NeedPlace: func(in *Input) { in.Offer = &Slot{Start: in.Offer.Start, End: in.Offer.End} },
	}
	actors := []Actor{people[Deputy], people[Staff], people[Community], people[Liaison], {PersonID: 40, Grants: []Grant{{Admin, 0}}}, {PersonID: 41, Grants: []Grant{{Deputy, deputyID}, {Community, 8}}}}
	for _, state := range TalkStates {
		for _, when := range []TalkCommand{"", TalkFinish} {
			for i, actor := range actors {
				offered := map[TalkCommand]Action{}
				for _, a := range talkIn(state, when).Actions(actor, at) {
					offered[TalkCommand(a.Command)] = a
				}
				for _, command := range talkCommands {
					_, _, err := talkIn(state, when).Apply(command, actor, talkInput(), at)
					a, ok := offered[command]
					if ok != (err == nil) {
						t.Errorf("%s, actor %d, %s: offered %v, Apply says %v", state, i, command, ok, err)
					}
					for _, n := range a.Needs {
						in, talk := talkInput(), talkIn(state, when)
						lacks[n](&in)
						if _, _, err := talk.Apply(command, actor, in, at); CodeOf(err) != CodeInvalid || !reflect.DeepEqual(talk, talkIn(state, when)) {
							t.Errorf("%s %s without %s: %v", state, command, n, err)
						}
					}
				}
			}
		}
	}
}

func TestTalkTimes(t *testing.T) {
	day := time.Date(2026, 11, 28, 0, 0, 0, 0, Shanghai)
	clock := func(h, m int) time.Time { return day.Add(time.Duration(h)*time.Hour + time.Duration(m)*time.Minute) }
	for name, c := range map[string]struct {
		start, end time.Time
		path       string
	}{
		"an hour and a half": {clock(14, 0), clock(15, 30), ""}, "four hours": {clock(8, 15), clock(12, 15), ""},
		"too long": {clock(8, 0), clock(12, 15), "end"}, "backwards": {clock(9, 0), clock(9, 0), "end"}, "over midnight": {clock(23, 0), clock(24, 30), "end"},
		"past": {at, at.Add(time.Hour), "start"}, "no quarter": {clock(9, 10), clock(10, 0), "start"}, "no quarter at the end": {clock(9, 0), clock(10, 1), "start"},
		"far": {clock(9, 0).AddDate(1, 0, 0), clock(10, 0).AddDate(1, 0, 0), "start"},
	} {
		in := talkInput()
		in.Offer = &Slot{Start: c.start, End: c.end}
		in.Place = "社区广场"
		_, _, err := talkIn(TalkProposed, "").Apply(TalkSchedule, people[Deputy], in, at)
		if (c.path == "") != (err == nil) || err != nil && CodeOf(err) != CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	same := talkIn(TalkOpen, "")
	in := Input{Reason: "换", Offer: &Slot{Start: *same.StartsAt, End: *same.EndsAt, RoomID: 2}}
	if _, _, err := same.Apply(TalkReschedule, people[Staff], in, at); CodeOf(err) != CodeInvalid {
		t.Errorf("nothing changes: %v", err)
	}
	in.Offer.RoomID, in.Place = 0, "社区广场"
	if e, _, err := same.Apply(TalkReschedule, people[Staff], in, at); err != nil || same.Place() != "社区广场" || !strings.Contains(e.Text, "社区广场") {
		t.Errorf("only the place changes: %+v, %v", e, err)
	}
}

// TestTalkNoticesFit walks every row and audience, and what the people of its seats and
// its line are told.
func TestTalkNoticesFit(t *testing.T) {
	fits := func(name string, n Notice) {
		t.Helper()
		if tl, bl := utf8.RuneCountInString(n.Title), utf8.RuneCountInString(n.Body); tl == 0 || tl > 120 || bl == 0 || bl > 500 || len(n.Page) > 120 {
			t.Errorf("%s: %d and %d characters: %s / %s", name, tl, bl, n.Title, n.Body)
		}
		for source, v := range n.Values {
			if v == "" || ValueSources[source] == "" {
				t.Errorf("%s: %s is %q", name, source, v)
			}
		}
		for _, bad := range []string{"。。", "：。", "，。", "，，", "（）", "“”", "%!"} {
			if strings.Contains(n.Title+n.Body, bad) {
				t.Errorf("%s: %q in %s / %s", name, bad, n.Title, n.Body)
			}
		}
	}
	long := func(n int) string { return strings.Repeat("𠮷", n) }
	for _, m := range TalkTransitions {
		for _, to := range everybody {
			short, wide := talkIn(m.To, ""), talkIn(m.To, "")
			wide.ID, wide.Topic, wide.Wish, wide.DeputyName, wide.CommunityName, wide.StationName, wide.RoomName = 1<<62, long(MaxTopic), long(MaxTalkWish), long(40), long(40), long(60), long(40)
			for _, talk := range []*Talk{short, wide} {
				e := Event{Command: string(m.Command), From: string(m.From), To: string(m.To), Role: m.By[0], Text: m.Text, Note: long(MaxReason)}
				fits(fmt.Sprintf("%s %s to %s", m.From, m.Command, to), TalkNotice(talk, e, to, at))
			}
		}
	}
	seat := bookingIn(Confirmed)
	seat.TalkID, seat.Service, seat.TalkTopic, seat.TalkPlace = 1, GroupTalk, long(MaxTopic), long(MaxTalkPlace)
	for _, c := range []BookingCommand{BookingSignUp, BookingCancel, BookingCallOff, BookingRetime, BookingRemind, BookingClose} {
		fits("seat "+string(c), BookingNotice(seat, Event{Command: string(c), From: "confirmed", To: "confirmed", Note: long(MaxReason)}, ToResident, at))
	}
	until := at.Add(2 * time.Hour)
	for _, m := range WaitTransitions {
		w := &Wait{ID: 1 << 62, ResidentID: residentID, TalkID: 1, TalkTopic: long(MaxTopic), StartsAt: at, EndsAt: at.Add(time.Hour), State: m.To, OfferUntil: &until, Service: GroupTalk, CreatedAt: at}
		fits("wait "+string(m.Command), WaitNotice(w, Event{Command: string(m.Command), Text: m.Text}, at))
	}
}

// TestDeputyHearsOfTheTalkNotOfSeats: a full room would be thirty messages.
func TestDeputyHearsOfTheTalkNotOfSeats(t *testing.T) {
	b := bookingIn(Confirmed)
	b.TalkID = 1
	for _, c := range []struct {
		command BookingCommand
		actor   Role
	}{{BookingCheckIn, Staff}, {BookingCallOff, System}, {BookingRetime, System}} {
		x := *b
		if _, tell, err := x.Apply(c.command, people[c.actor], everything(), at, DefaultPresets()); err != nil || slices.Contains(tell, ToDeputy) {
			t.Errorf("%s tells %v, %v", c.command, tell, err)
		}
	}
}

func TestTalkNext(t *testing.T) {
	full := talkIn(TalkOpen, "")
	full.Taken = 20
	if full.Left() != 0 || full.Next(people[Resident], at) != "座位已满，可以候补" {
		t.Error(full.Next(people[Resident], at))
	}
	full.Taken, full.Waiting = 18, 1
	if full.Left() != 0 || !strings.Contains(full.Next(people[Resident], at), "1 人在候补") {
		t.Error("who stands in line goes first")
	}
	over := talkIn(TalkOpen, TalkFinish)
	if over.Next(people[Deputy], at) != "讲座结束了，请写服务记录" || over.Next(people[Community], at) != "已经开讲" {
		t.Error(over.Next(people[Deputy], at))
	}
}
