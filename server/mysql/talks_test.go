package mysql_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// talkAt is a proposal of the street's community with a time, in room 1.
func (s *street) talkAt(t testing.TB, start time.Time, seats int) *cabin.Talk {
	t.Helper()
	talk := s.proposed(t, fmt.Sprintf("talk-%d-%d", start.Unix(), seats))
	return s.moveTalk(t, s.deputy, talk.ID, cabin.TalkSchedule, cabin.Input{Seats: seats, Offer: span(start, 1)})
}

func span(start time.Time, room int64) *cabin.Slot {
	return &cabin.Slot{Start: start, End: start.Add(90 * time.Minute), RoomID: room}
}

func (s *street) proposed(t testing.TB, name string) *cabin.Talk {
	t.Helper()
	who := s.community(t)
	talk, err := s.db.Talks.Propose(t.Context(), key(who, name), mysql.NewTalk{Actor: who, DeputyID: 1, CommunityID: 1, Topic: "冬季健康保健", Wish: "周末下午", Seats: 20})
	if err != nil {
		t.Fatal(err)
	}
	return talk
}

func (s *street) community(t testing.TB) cabin.Actor {
	return s.person(t, "community", cabin.Grant{Role: cabin.Community, ScopeID: 1})
}

func (s *street) moveTalk(t testing.TB, a cabin.Actor, id int64, c cabin.TalkCommand, in cabin.Input) *cabin.Talk {
	t.Helper()
	talk, err := s.db.Talks.Command(t.Context(), a, id, c, in)
	if err != nil {
		t.Fatalf("%s: %v", c, err)
	}
	return talk
}

func (s *street) signUp(t testing.TB, r cabin.Actor, talk int64, party int) (*cabin.Booking, error) {
	t.Helper()
	return s.db.Bookings.SignUp(t.Context(), key(r, fmt.Sprintf("seat-%d-%d", talk, party)), mysql.SignUp{Actor: r, ResidentID: r.PersonID, TalkID: talk, Party: party})
}

func (s *street) seat(t testing.TB, r cabin.Actor, talk int64, party int) *cabin.Booking {
	t.Helper()
	b, err := s.signUp(t, r, talk, party)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (s *street) lineUp(t testing.TB, r cabin.Actor, talk int64, party int) *cabin.Wait {
	t.Helper()
	w, err := s.db.Waits.Join(t.Context(), key(r, fmt.Sprintf("line-%d", talk)), mysql.NewWait{ResidentID: r.PersonID, TalkID: talk, Party: party})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// checkSeats holds what must never be otherwise: no seat beyond the last, and of every
// open booking exactly as many seats as people.
func (s *street) checkSeats(t testing.TB, talk int64) {
	t.Helper()
	if n := s.count(t, `SELECT COUNT(*) FROM occupancy o JOIN talks t ON t.id = o.resource_id WHERE o.kind = 5 AND t.id = ? AND (o.quarter < 1 OR o.quarter > t.seats)`, talk); n != 0 {
		t.Errorf("%d seats that there are not", n)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM bookings b WHERE b.talk_id = ? AND IF(b.state IN ('confirmed', 'checked_in'), b.party, 0) <>
		(SELECT COUNT(*) FROM occupancy o WHERE o.holder_id = b.id AND o.holder_kind = 1 AND o.kind = 5)`, talk); n != 0 {
		t.Errorf("%d bookings have other seats than people", n)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM waits w WHERE w.talk_id = ? AND IF(w.state = 'offered', w.party, 0) <>
		(SELECT COUNT(*) FROM occupancy o WHERE o.holder_id = w.id AND o.holder_kind = 3 AND o.kind = 5)`, talk); n != 0 {
		t.Errorf("%d waits are offered other seats than people", n)
	}
}

func TestATalkFromProposalToRecord(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 3)
	host := s.community(t)
	talk := s.proposed(t, "p")
	if talk.State != cabin.TalkProposed || talk.StationID != 1 || talk.StartsAt != nil || talk.CommunityName != "梧桐社区" {
		t.Errorf("%+v", talk)
	}
	if again := s.proposed(t, "p"); again.ID != talk.ID {
		t.Errorf("one key made two talks")
	}
	if !strings.Contains(s.titles(t, s.deputy), "梧桐社区请代表办讲座") || s.titles(t, host) != "" {
		t.Errorf("the deputy was told %q, the host %q", s.titles(t, s.deputy), s.titles(t, host))
	}
	_, err := s.db.Talks.Get(t.Context(), s.residents[0], talk.ID)
	wantCode(t, "a proposal, to a resident", err, cabin.CodeNotFound)
	_, err = s.db.Talks.Get(t.Context(), cabin.Actor{}, talk.ID)
	wantCode(t, "a proposal, to nobody", err, cabin.CodeNotFound)
	_, err = s.signUp(t, s.residents[0], talk.ID, 1)
	wantCode(t, "a seat at a proposal", err, cabin.CodeConflict)

	start := wednesday(14, 0)
	talk = s.moveTalk(t, s.deputy, talk.ID, cabin.TalkSchedule, cabin.Input{Seats: 20, Offer: span(start, 1)})
	if talk.State != cabin.TalkOpen || talk.Place() != "中心站接待室" || talk.Left() != 20 {
		t.Errorf("%+v", talk)
	}
	if !strings.Contains(s.titles(t, host), "讲座定下来了") {
		t.Errorf("the host was told %q", s.titles(t, host))
	}
	a, b := s.seat(t, s.residents[0], talk.ID, 3), s.seat(t, s.residents[1], talk.ID, 1)
	_, err = s.signUp(t, s.residents[0], talk.ID, 2)
	wantCode(t, "a second time", err, cabin.CodeConflict)
	v, err := s.db.Talks.Get(t.Context(), s.staff, talk.ID)
	if err != nil || v.Taken != 4 || len(v.People) != 2 || len(v.Events) != 2 || v.People[0].Party != 3 {
		t.Errorf("%+v, %v", v, err)
	}
	v, err = s.db.Talks.Get(t.Context(), host, talk.ID)
	if err != nil || v.Taken != 4 || v.People != nil || v.Booking != nil {
		t.Errorf("the host sees %+v, %v", v, err)
	}
	v, err = s.db.Talks.Get(t.Context(), s.residents[0], talk.ID)
	if err != nil || v.Booking == nil || v.Booking.ID != a.ID || v.Events != nil || v.People != nil {
		t.Errorf("the resident sees %+v, %v", v, err)
	}
	_, err = s.db.Talks.Command(t.Context(), s.deputy, talk.ID, cabin.TalkFinish, cabin.Input{Note: "讲了"})
	wantCode(t, "a record before it began", err, cabin.CodeConflict)

	s.clock.Set(start.Add(-10 * time.Minute))
	s.command(t, s.staff, a.ID, cabin.BookingCheckIn, cabin.Input{})
	s.clock.Set(start.Add(2 * time.Hour))
	s.moveTalk(t, s.deputy, talk.ID, cabin.TalkFinish, cabin.Input{Note: "讲了血压"})
	if done := s.bookingOf(t, a.ID); done.State != cabin.Completed {
		t.Errorf("who came: %s", done.State)
	}
	if gone := s.bookingOf(t, b.ID); gone.State != cabin.Cancelled || gone.AbsentSide != "" {
		t.Errorf("who was not checked in: %s, blame %q", gone.State, gone.AbsentSide)
	}
	if !strings.Contains(s.titles(t, s.residents[0]), "请评价这次讲座") || strings.Contains(s.titles(t, s.residents[1]), "评价") {
		t.Errorf("told %q, %q", s.titles(t, s.residents[0]), s.titles(t, s.residents[1]))
	}
	s.command(t, s.residents[0], a.ID, cabin.BookingRate, cabin.Input{Stars: 4})
	v, _ = s.db.Talks.Get(t.Context(), s.deputy, talk.ID)
	if v.State != cabin.TalkDone || v.Came != 3 || v.Stars != 4 || v.Record != "讲了血压" {
		t.Errorf("%+v", v)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM occupancy`); n != 0 {
		t.Errorf("%d keys are left", n)
	}
	if strings.Contains(s.titles(t, s.deputy), "签到") {
		t.Error("the deputy hears of every seat")
	}
}

func (s *street) bookingOf(t testing.TB, id int64) *cabin.Booking {
	t.Helper()
	b, _, err := s.db.Bookings.Get(t.Context(), s.staff, id)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestProposalsOfOthers(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	s.exec(t, `INSERT INTO communities (id, name, station_id) VALUES (2, '银杏社区', 1)`)
	host := s.community(t)
	ok := mysql.NewTalk{Actor: host, DeputyID: 1, CommunityID: 1, Topic: "保健", Seats: 20}
	for what, c := range map[string]struct {
		change func(*mysql.NewTalk)
		want   cabin.Code
	}{
		"another community": {func(n *mysql.NewTalk) { n.CommunityID = 2 }, cabin.CodeNotFound}, "no community": {func(n *mysql.NewTalk) { n.CommunityID = 0 }, cabin.CodeNotFound},
		"no such community": {func(n *mysql.NewTalk) { n.CommunityID = 9 }, cabin.CodeInvalid}, "no such deputy": {func(n *mysql.NewTalk) { n.DeputyID = 99 }, cabin.CodeInvalid},
		"too few seats": {func(n *mysql.NewTalk) { n.Seats = 1 }, cabin.CodeInvalid}, "a resident": {func(n *mysql.NewTalk) { n.Actor = s.residents[0] }, cabin.CodeNotFound},
		"the deputy themselves": {func(n *mysql.NewTalk) { n.Actor, n.CommunityID = s.deputy, 0 }, ""}, "the desk": {func(n *mysql.NewTalk) { n.Actor = s.staff }, ""},
		"a liaison officer":  {func(n *mysql.NewTalk) { n.Actor = s.person(t, "l", cabin.Grant{Role: cabin.Liaison, ScopeID: 1}) }, ""},
		"another deputy":     {func(n *mysql.NewTalk) { n.Actor, n.DeputyID, n.CommunityID = s.deputy, 2, 0 }, cabin.CodeNotFound},
		"a liaison of other": {func(n *mysql.NewTalk) { n.Actor = s.person(t, "l2", cabin.Grant{Role: cabin.Liaison, ScopeID: 2}) }, cabin.CodeNotFound},
	} {
		n := ok
		c.change(&n)
		_, err := s.db.Talks.Propose(t.Context(), key(n.Actor, strings.ReplaceAll(what, " ", "-")), n)
		wantCode(t, what, err, c.want)
	}
	talk := s.proposed(t, "declined")
	_, err := s.db.Talks.Command(t.Context(), host, talk.ID, cabin.TalkSchedule, cabin.Input{Seats: 20, Offer: span(wednesday(14, 0), 1)})
	wantCode(t, "the host sets the time", err, cabin.CodeForbidden)
	s.moveTalk(t, s.staff, talk.ID, cabin.TalkDecline, cabin.Input{Reason: "那个月在外地"})
	if !strings.Contains(s.titles(t, host), "讲座这次不能安排") {
		t.Errorf("the host was told %q", s.titles(t, host))
	}
	talk = s.proposed(t, "withdrawn")
	s.moveTalk(t, host, talk.ID, cabin.TalkCancel, cabin.Input{Reason: "居民改了主意"})
	if !strings.Contains(s.titles(t, s.deputy), "讲座的提议撤回了") {
		t.Errorf("the deputy was told %q", s.titles(t, s.deputy))
	}
}

// TestATalkIsInNobodysWay: not over a booking, another talk, a room, or a leave; and a slot
// under a talk cannot be booked.
func TestATalkIsInNobodysWay(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	s.exec(t, `INSERT INTO rooms (id, station_id, name) VALUES (2, 1, '学习活动区')`)
	s.exec(t, `INSERT INTO stations (id, parent_id, kind, name, address) VALUES (2, 1, 'community', '社区站', '幸福路 2 号')`)
	s.exec(t, `INSERT INTO rooms (id, station_id, name) VALUES (3, 2, '活动室')`)
	s.booked(t, s.residents[0], 1, wednesday(9, 30), "booked")
	talk := s.proposed(t, "a")
	desk := s.person(t, "desk", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	try := func(what string, a cabin.Actor, slot *cabin.Slot, place string, want cabin.Code) {
		t.Helper()
		_, err := s.db.Talks.Command(t.Context(), a, talk.ID, cabin.TalkSchedule, cabin.Input{Seats: 20, Offer: slot, Place: place})
		wantCode(t, what, err, want)
	}
	try("over a booking", s.deputy, span(wednesday(8, 15), 2), "", cabin.CodeSlotTaken)
	try("no such room", s.deputy, span(wednesday(14, 0), 99), "", cabin.CodeInvalid)
	try("a room of another desk", desk, span(wednesday(14, 0), 3), "", cabin.CodeInvalid)
	s.exec(t, `INSERT INTO deputy_exceptions (deputy_id, kind, starts_at, ends_at, created_by, created_at) VALUES (1, 'leave', ?, ?, 0, ?)`, wednesday(15, 0).UTC(), wednesday(16, 0).UTC(), monday.UTC())
	try("on leave", s.staff, span(wednesday(14, 0), 1), "", cabin.CodeInvalid)
	s.exec(t, `INSERT INTO occupancy VALUES (2, 2, ?, 0, 0, NULL)`, wednesday(18, 30).Unix()/900)
	try("the room is taken", s.staff, span(wednesday(18, 0), 2), "", cabin.CodeSlotTaken)
	if n := s.count(t, `SELECT COUNT(*) FROM talk_events`); n != 1 {
		t.Errorf("refused times left %d events", n)
	}
	try("next to the booking", s.deputy, span(wednesday(10, 0), 0), "梧桐社区小广场", "")
	_, err := s.request(t, s.residents[1], 1, wednesday(11, 0), "under")
	wantCode(t, "a slot under the talk", err, cabin.CodeSlotTaken)
	s.booked(t, s.residents[1], 1, wednesday(11, 30), "after")
	days, err := s.db.Places.Slots(t.Context(), 1, wednesday(0, 0), 1)
	if err != nil || days[0].Slots[2].Free || days[0].Slots[4].Free {
		t.Errorf("slots under the talk are shown as free: %v", err)
	}
	// Two talks at once: one of them.
	one, other := s.proposed(t, "one"), s.proposed(t, "other")
	codes := together(func() error {
		_, err := s.db.Talks.Command(t.Context(), s.deputy, one.ID, cabin.TalkSchedule, cabin.Input{Seats: 20, Offer: span(wednesday(18, 0), 1)})
		return err
	}, func() error {
		_, err := s.db.Talks.Command(t.Context(), s.staff, other.ID, cabin.TalkSchedule, cabin.Input{Seats: 20, Offer: span(wednesday(19, 0), 1)})
		return err
	})
	if n := tally(codes); n[""] != 1 || n[cabin.CodeSlotTaken] != 1 {
		t.Errorf("two talks of one deputy at once: %v", n)
	}
}

// TestSixtyWantTwentySeats: with companions, at once, on two servers.
func TestSixtyWantTwentySeats(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 60)
	talk := s.talkAt(t, wednesday(14, 0), 20)
	second, _ := s.probed(t)
	codes, errs := make([]cabin.Code, 60), make([]error, 60)
	var wg sync.WaitGroup
	for i, r := range s.residents {
		db := []*mysql.DB{s.db, second}[i%2]
		wg.Go(func() {
			_, errs[i] = db.Bookings.SignUp(t.Context(), key(r, "seat"), mysql.SignUp{Actor: r, ResidentID: r.PersonID, TalkID: talk.ID, Party: 1 + i%3})
			codes[i] = cabin.CodeOf(errs[i])
		})
	}
	wg.Wait()
	n := tally(codes)
	if n[""]+n[cabin.CodeSlotTaken] != 60 {
		t.Errorf("somebody was told something else: %v, %v", n, errs)
	}
	s.checkSeats(t, talk.ID)
	taken := s.count(t, `SELECT SUM(party) FROM bookings WHERE talk_id = ? AND state = 'confirmed'`, talk.ID)
	if taken != 20 {
		t.Errorf("%d of 20 seats are taken though sixty asked", taken)
	}
	if got := s.count(t, `SELECT COUNT(*) FROM occupancy WHERE kind = 5`); got != 20 {
		t.Errorf("%d seats have a holder", got)
	}
}

// TestTheLineOfATalk: freed seats go down the line in order; who brings more people than
// there are seats keeps their place.
func TestTheLineOfATalk(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 9)
	talk := s.talkAt(t, wednesday(14, 0), 6)
	r := s.residents
	three, two, one := s.seat(t, r[0], talk.ID, 3), s.seat(t, r[1], talk.ID, 2), s.seat(t, r[2], talk.ID, 1)
	family, pair, single := s.lineUp(t, r[3], talk.ID, 4), s.lineUp(t, r[4], talk.ID, 2), s.lineUp(t, r[5], talk.ID, 1)
	_, err := s.db.Waits.Join(t.Context(), key(r[0], "again"), mysql.NewWait{ResidentID: r[0].PersonID, TalkID: talk.ID, Party: 1})
	wantCode(t, "in line with seats", err, cabin.CodeConflict)
	states := func() string {
		s.checkSeats(t, talk.ID)
		return fmt.Sprint(s.wait(t, r[3], family.ID).State, s.wait(t, r[4], pair.ID).State, s.wait(t, r[5], single.ID).State)
	}
	s.command(t, r[2], one.ID, cabin.BookingCancel, cabin.Input{})
	if got := states(); got != "waitingwaitingoffered" {
		t.Errorf("one seat is free: %s", got)
	}
	_, err = s.signUp(t, r[6], talk.ID, 1)
	wantCode(t, "past the line", err, cabin.CodeSlotTaken)
	s.command(t, r[0], three.ID, cabin.BookingCancel, cabin.Input{})
	if got := states(); got != "waitingofferedoffered" {
		t.Errorf("three more seats: %s", got)
	}
	// One seat is left that nobody before them fits: whoever comes alone gets it at once.
	if w := s.lineUp(t, r[7], talk.ID, 1); w.State != cabin.Offered {
		t.Errorf("one seat, one person: %s", w.State)
	}
	if _, err := s.db.Waits.Command(t.Context(), r[4], pair.ID, cabin.WaitTake); err != nil {
		t.Fatal(err)
	}
	s.command(t, r[1], two.ID, cabin.BookingCancel, cabin.Input{})
	if got := states(); got != "waitingtakenoffered" {
		t.Errorf("two seats are free, four wanted: %s", got)
	}
	s.moveTalk(t, s.staff, talk.ID, cabin.TalkSeats, cabin.Input{Seats: 8})
	if got := states(); got != "offeredtakenoffered" {
		t.Errorf("two more seats: %s", got)
	}
	_, err = s.db.Talks.Command(t.Context(), s.staff, talk.ID, cabin.TalkSeats, cabin.Input{Seats: 7})
	wantCode(t, "fewer than are taken", err, cabin.CodeConflict)
	// Seats that nobody answered for go on; then fewer are enough, and the keys move down.
	s.clock.Advance(3 * time.Hour)
	if _, err := s.db.Waits.Due(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	s.moveTalk(t, s.staff, talk.ID, cabin.TalkSeats, cabin.Input{Seats: 5})
	s.checkSeats(t, talk.ID)
	for _, more := range []int{2, 1} {
		s.seat(t, r[7+more%2], talk.ID, more)
	}
	_, err = s.signUp(t, r[6], talk.ID, 1)
	wantCode(t, "the sixth of five seats", err, cabin.CodeSlotTaken)
	s.checkSeats(t, talk.ID)
}

// TestCancellingTellsAll: who signed up, who waits, the proposer and host, deputy and desk.
func TestCancellingTellsAll(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 5)
	host := s.community(t)
	talk := s.talkAt(t, wednesday(10, 0), 5)
	s.seat(t, s.residents[0], talk.ID, 3)
	gone := s.seat(t, s.residents[1], talk.ID, 2)
	s.lineUp(t, s.residents[2], talk.ID, 2)
	s.lineUp(t, s.residents[3], talk.ID, 1)
	s.command(t, s.residents[1], gone.ID, cabin.BookingCancel, cabin.Input{}) // so that one is offered
	_, err := s.db.Talks.Command(t.Context(), host, talk.ID, cabin.TalkCancel, cabin.Input{})
	wantCode(t, "without a reason", err, cabin.CodeInvalid)
	s.moveTalk(t, host, talk.ID, cabin.TalkCancel, cabin.Input{Reason: "场地停电"})
	for i, want := range []string{"讲座报名取消了", "", "讲座取消了", "讲座取消了"} {
		titles := s.titles(t, s.residents[i])
		if want != "" && !strings.Contains(titles, want) || want == "" && titles != "" {
			t.Errorf("resident %d was told %q", i, titles)
		}
	}
	for who, a := range map[string]cabin.Actor{"deputy": s.deputy, "desk": s.staff} {
		if !strings.Contains(s.titles(t, a), "讲座取消了") {
			t.Errorf("%s was told %q", who, s.titles(t, a))
		}
	}
	list, _ := s.db.Notices.List(t.Context(), s.residents[0].PersonID, 0, 1)
	if !strings.Contains(list[0].Body, "场地停电") {
		t.Errorf("no reason: %s", list[0].Body)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM occupancy`); n != 0 {
		t.Errorf("%d keys are left", n)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM waits WHERE live = 1`); n != 0 {
		t.Errorf("%d still wait", n)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM bookings WHERE open_seat IS NOT NULL`); n != 0 {
		t.Errorf("%d bookings still count against their residents", n)
	}
	s.booked(t, s.residents[4], 1, wednesday(10, 0), "free-again")
}

// TestRescheduling: seats stay, everybody is told, who is elsewhere then loses the seat and
// is told why, the line moves along and keeps its order.
func TestRescheduling(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 6)
	r := s.residents
	talk := s.talkAt(t, wednesday(14, 0), 5)
	keeps, elsewhere := s.seat(t, r[0], talk.ID, 2), s.seat(t, r[1], talk.ID, 2)
	last := s.seat(t, r[2], talk.ID, 1)
	s.command(t, s.staff, s.booked(t, r[1], 2, wednesday(9, 30), "elsewhere").ID, cabin.BookingAccept, cabin.Input{})
	first, second := s.lineUp(t, r[3], talk.ID, 3), s.lineUp(t, r[4], talk.ID, 1)
	s.command(t, r[2], last.ID, cabin.BookingCancel, cabin.Input{})
	if w := s.wait(t, r[4], second.ID); w.State != cabin.Offered {
		t.Fatalf("the second is %s", w.State)
	}
	b := s.booked(t, r[5], 1, wednesday(11, 0), "in-the-way")
	move := func(start time.Time) error {
		_, err := s.db.Talks.Command(t.Context(), s.staff, talk.ID, cabin.TalkReschedule, cabin.Input{Reason: "会场维修", Offer: span(start, 1)})
		return err
	}
	wantCode(t, "over a booking", move(wednesday(10, 0)), cabin.CodeSlotTaken)
	if n := s.count(t, `SELECT COUNT(*) FROM occupancy WHERE holder_kind = 2`); n != 12 {
		t.Errorf("a refused move left the talk %d quarters", n)
	}
	s.command(t, r[5], b.ID, cabin.BookingCancel, cabin.Input{})
	wantCode(t, "an overlap with its own old time", move(wednesday(14, 30)), "")
	wantCode(t, "to the morning", move(wednesday(9, 0)), "")
	s.checkSeats(t, talk.ID)
	got := s.bookingOf(t, keeps.ID)
	if got.State != cabin.Confirmed || !got.StartsAt.Equal(wednesday(9, 0)) || got.DueAt == nil {
		t.Errorf("%+v", got)
	}
	if !strings.Contains(s.titles(t, r[0]), "讲座改了时间地点") {
		t.Errorf("told %q", s.titles(t, r[0]))
	}
	lost := s.bookingOf(t, elsewhere.ID)
	if lost.State != cabin.Cancelled || !strings.Contains(lost.Reason, "已经有另一个预约") || !strings.Contains(s.titles(t, r[1]), "讲座报名取消了") {
		t.Errorf("%s %q, told %q", lost.State, lost.Reason, s.titles(t, r[1]))
	}
	// The two seats that became free, and the one that was offered, go down the line again.
	a, c := s.wait(t, r[3], first.ID), s.wait(t, r[4], second.ID)
	if a.State != cabin.Offered || !a.StartsAt.Equal(wednesday(9, 0)) || c.State != cabin.InLine || !c.StartsAt.Equal(wednesday(9, 0)) || c.Ahead != 1 {
		t.Errorf("the line: %s %s, %s %s, %d ahead", a.State, a.StartsAt, c.State, c.StartsAt, c.Ahead)
	}
	if w, err := s.db.Waits.Command(t.Context(), r[3], first.ID, cabin.WaitTake); err != nil || w.BookingID == 0 {
		t.Errorf("%+v, %v", w, err)
	}
	s.checkSeats(t, talk.ID)
	_, err := s.request(t, r[0], 2, wednesday(9, 30), "busy-now")
	wantCode(t, "the resident's new time", err, cabin.CodeSlotTaken)
	s.booked(t, r[5], 2, wednesday(10, 30), "another-deputy")
}

// TestReschedulingWhilePeopleComeAndGo: whatever happens at once, seats and people agree.
func TestReschedulingWhilePeopleComeAndGo(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 24)
	talk := s.talkAt(t, wednesday(14, 0), 20)
	var calls []func() error
	for i, r := range s.residents {
		if i < 8 {
			b := s.seat(t, r, talk.ID, 2)
			calls = append(calls, func() error {
				_, err := s.db.Bookings.Command(t.Context(), r, b.ID, cabin.BookingCancel, cabin.Input{})
				return err
			})
			continue
		}
		calls = append(calls, func() error { _, err := s.signUp(t, r, talk.ID, 1+i%2); return err })
	}
	calls = slices.Insert(calls, 12, func() error {
		_, err := s.db.Talks.Command(t.Context(), s.staff, talk.ID, cabin.TalkReschedule, cabin.Input{Reason: "维修", Offer: span(wednesday(16, 0), 1)})
		return err
	})
	n := tally(together(calls...))
	if n[""]+n[cabin.CodeSlotTaken] != len(calls) {
		t.Errorf("somebody was told something else: %v", n)
	}
	s.checkSeats(t, talk.ID)
	if n := s.count(t, `SELECT COUNT(*) FROM bookings b JOIN talks t ON t.id = b.talk_id WHERE b.state = 'confirmed' AND b.starts_at <> t.starts_at`); n != 0 {
		t.Errorf("%d people come at the old time", n)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM bookings b WHERE b.state = 'confirmed' AND 6 <> (SELECT COUNT(*) FROM occupancy o WHERE o.kind = 3 AND o.resource_id = b.resident_id AND o.holder_id = b.id AND o.quarter >= ?)`, wednesday(16, 0).Unix()/900); n != 0 {
		t.Errorf("%d people's own time is elsewhere", n)
	}
}

// TestUndoneNoShowOfASeat: the seats come back while the talk goes on; after it the seat
// ends as the talk did.
func TestUndoneNoShowOfASeat(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 3)
	start := wednesday(14, 0)
	talk := s.talkAt(t, start, 5)
	came, late, late2 := s.seat(t, s.residents[0], talk.ID, 2), s.seat(t, s.residents[1], talk.ID, 1), s.seat(t, s.residents[2], talk.ID, 2)
	s.clock.Set(start.Add(20 * time.Minute))
	s.command(t, s.staff, came.ID, cabin.BookingCheckIn, cabin.Input{})
	for _, b := range []*cabin.Booking{came, late, late2} {
		command := cabin.BookingResidentAbsent
		if b == came {
			command = cabin.BookingDeputyAbsent
		}
		s.command(t, s.staff, b.ID, command, cabin.Input{})
	}
	s.checkSeats(t, talk.ID)
	s.command(t, s.staff, late.ID, cabin.BookingUndoAbsent, cabin.Input{})
	s.checkSeats(t, talk.ID)
	if n := s.count(t, `SELECT COUNT(*) FROM occupancy WHERE kind = 5`); n != 1 {
		t.Errorf("%d seats are taken, want the one that came back", n)
	}
	s.clock.Set(start.Add(2 * time.Hour))
	s.moveTalk(t, s.deputy, talk.ID, cabin.TalkFinish, cabin.Input{Note: "讲了血压"})
	for b, want := range map[*cabin.Booking]cabin.BookingState{came: cabin.Completed, late2: cabin.Cancelled} {
		if got := s.command(t, s.staff, b.ID, cabin.BookingUndoAbsent, cabin.Input{}); got.State != want || got.AbsentSide != "" {
			t.Errorf("undone after the talk: %s, blame %q, want %s", got.State, got.AbsentSide, want)
		}
	}
	if !strings.Contains(s.titles(t, s.residents[0]), "请评价这次讲座") {
		t.Errorf("who came was told %q", s.titles(t, s.residents[0]))
	}
	if n := s.count(t, `SELECT COUNT(*) FROM occupancy`); n != 0 {
		t.Errorf("%d keys are left", n)
	}
}

// TestATalkWithoutARecordEnds by the clock, once; the record may follow.
func TestATalkWithoutARecordEnds(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 2)
	start := wednesday(14, 0)
	talk := s.talkAt(t, start, 5)
	came, stayed := s.seat(t, s.residents[0], talk.ID, 1), s.seat(t, s.residents[1], talk.ID, 1)
	s.clock.Set(start)
	s.command(t, s.staff, came.ID, cabin.BookingCheckIn, cabin.Input{})
	due := func(want int) {
		t.Helper()
		if n, err := s.db.Talks.Due(t.Context(), 10); n != want || err != nil {
			t.Fatalf("%d talks ended, %v, want %d", n, err, want)
		}
	}
	s.clock.Set(talk.EndsAt.AddDate(0, 0, 7).Add(-time.Second))
	due(0)
	s.clock.Set(talk.EndsAt.AddDate(0, 0, 7))
	due(1)
	due(0)
	if a, b := s.bookingOf(t, came.ID), s.bookingOf(t, stayed.ID); a.State != cabin.Completed || b.State != cabin.Cancelled || b.AbsentSide != "" {
		t.Errorf("who came: %s; who did not: %s, blame %q", a.State, b.State, b.AbsentSide)
	}
	if !strings.Contains(s.titles(t, s.residents[0]), "请评价这次讲座") || !strings.Contains(s.titles(t, s.deputy), "请补写服务记录") {
		t.Errorf("told %q, %q", s.titles(t, s.residents[0]), s.titles(t, s.deputy))
	}
	if v := s.moveTalk(t, s.deputy, talk.ID, cabin.TalkFinish, cabin.Input{Note: "讲了血压"}); v.State != cabin.TalkDone || v.Record != "讲了血压" {
		t.Errorf("%+v", v)
	}
	_, err := s.db.Talks.Command(t.Context(), s.deputy, talk.ID, cabin.TalkFinish, cabin.Input{Note: "再写一遍"})
	wantCode(t, "a second record", err, cabin.CodeConflict)
}
