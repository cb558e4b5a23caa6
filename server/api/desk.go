package api

import (
	"context"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
	"warmcabin/server/vault"
)

func (s *Server) deskRoutes() {
	add(s, "desk-bookings", s.deskBookings)
	add(s, "desk-day", s.deskDay)
	add(s, "desk-check-in", s.deskCheckIn)
	add(s, "desk-residents", s.deskResidents)
	add(s, "walk-in", s.walkIn)
	add(s, "booking-contact", s.bookingContact)
}

type deskBookingsIn struct {
	Paging
	View mysql.View `query:"view" enum:"waiting,asked,upcoming,past,day" default:"day" doc:"waiting: our move; asked: the deputy's"`
	Date string     `query:"date" format:"date" doc:"with view=day; today when empty"`
}

func (s *Server) deskBookings(ctx context.Context, in *deskBookingsIn) (*body[List[Booking]], error) {
	a, stations, err := s.desks(ctx)
	if err != nil {
		return nil, err
	}
	if in.View != "day" {
		page, err := in.page()
		if err != nil {
			return nil, err
		}
		rows, err := s.DB.Bookings.OfStations(ctx, stations, in.View, page)
		if err != nil {
			return nil, err
		}
		out := s.bookingPage(rows, in.Limit, a)
		return out, s.markBookings(ctx, a, out.Body.Items)
	}
	day, err := s.dayOf(in.Date)
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Bookings.Day(ctx, stations, nil, day)
	if err != nil {
		return nil, err
	}
	out := s.bookingPage(rows, -1, a)
	return out, s.markBookings(ctx, a, out.Body.Items)
}

// desks is the caller with the stations whose desk they run.
func (s *Server) desks(ctx context.Context) (a cabin.Actor, stations []int64, err error) {
	if a, err = s.actor(ctx); err != nil {
		return a, nil, err
	}
	stations, err = s.stationsOf(ctx, a)
	return a, stations, err
}

func (s *Server) dayOf(text string) (time.Time, error) {
	if text == "" {
		return s.DB.Now(), nil
	}
	return date("date", text)
}

// DeskDay is a day at a station: who receives, what is booked, who has come.
type DeskDay struct {
	Date      string      `json:"date"`
	Label     string      `json:"label" doc:"明天 周二"`
	Note      string      `json:"note" doc:"the holiday, if it is one"`
	StationID int64       `json:"stationId"`
	Stations  []Named     `json:"stations" nullable:"false" doc:"whose desk the reader runs"`
	Deputies  []DayDeputy `json:"deputies" nullable:"false"`
	Bookings  []Booking   `json:"bookings" nullable:"false" doc:"by time: agreed, asked for, and offered for this day"`
	Talks     []DayTalk   `json:"talks" nullable:"false"`
	Expected  int         `json:"expected" doc:"people who are to come, those who came among them"`
	Arrived   int         `json:"arrived" doc:"people who came"`
}

// DayDeputy is a deputy who receives at the station that day.
type DayDeputy struct {
	DeputyName
	Free []Slot `json:"free" nullable:"false" doc:"times that are free now, also for a walk-in"`
	Away bool   `json:"away" doc:"on leave for a part of the day"`
}

// DayTalk is a talk of the day.
type DayTalk struct {
	ID         int64     `json:"id"`
	DeputyName string    `json:"deputyName"`
	Topic      string    `json:"topic"`
	RoomName   string    `json:"roomName"`
	PlaceText  string    `json:"placeText"`
	StateName  string    `json:"stateName"`
	Seats      int       `json:"seats"`
	Signed     int       `json:"signed" doc:"people who signed up"`
	Arrived    int       `json:"arrived"`
	Start      time.Time `json:"start"`
	End        time.Time `json:"end"`
	TimeText   string    `json:"timeText"`
}

type deskDayIn struct {
	StationID int64  `query:"stationId" minimum:"0" doc:"the first of mine when empty"`
	Date      string `query:"date" format:"date" doc:"today when empty"`
}

func (s *Server) deskDay(ctx context.Context, in *deskDayIn) (*body[DeskDay], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	day, err := s.dayOf(in.Date)
	if err != nil {
		return nil, err
	}
	mine, err := s.deskNames(ctx, a)
	if err != nil {
		return nil, err
	}
	out := DeskDay{Date: day.In(cabin.Shanghai).Format(time.DateOnly), Label: cabin.DayText(day, s.DB.Now()), Stations: mine}
	for _, st := range mine {
		if st.ID == in.StationID || in.StationID == 0 && out.StationID == 0 {
			out.StationID = st.ID
		}
	}
	if out.StationID == 0 {
		return nil, cabin.E(cabin.CodeNotFound, "没有找到这个联络站，或者您不在那里工作。")
	}
	if name, _ := s.DB.Presets().Calendar.Holiday(day); name != "" {
		out.Note = name + "放假"
	}
	found, err := s.DB.Bookings.Desk(ctx, out.StationID, day)
	if err != nil {
		return nil, err
	}
	s.fillDay(&out, found, a)
	return reply(out), nil
}

// deskNames are the stations whose desk the actor runs, by name.
func (s *Server) deskNames(ctx context.Context, a cabin.Actor) ([]Named, error) {
	stations, err := s.DB.Places.Stations(ctx)
	out := []Named{}
	for _, st := range stations {
		if a.Has(cabin.Admin) || a.Holds(cabin.Staff, st.ID) {
			out = append(out, Named{ID: st.ID, Name: st.Name})
		}
	}
	return out, err
}

func (s *Server) fillDay(out *DeskDay, found mysql.DeskDay, a cabin.Actor) {
	out.Bookings, out.Talks, out.Deputies = make([]Booking, len(found.Bookings)), make([]DayTalk, len(found.Talks)), make([]DayDeputy, len(found.Deputies))
	for i, b := range found.Bookings {
		out.Bookings[i] = s.booking(b, a)
		switch {
		case b.State == cabin.CheckedIn || b.State == cabin.Completed && b.CheckedInAt != nil:
			out.Arrived += b.Party
			out.Expected += b.Party
		case b.State == cabin.Confirmed && b.Service != cabin.PhoneCall:
			out.Expected += b.Party
		}
	}
	now := s.DB.Now()
	for i, t := range found.Talks {
		out.Talks[i] = DayTalk{
			ID: t.ID, DeputyName: t.DeputyName, Topic: t.Topic, RoomName: t.RoomName, PlaceText: t.PlaceText, StateName: t.State.Name(),
			Seats: t.Seats, Signed: t.Signed, Arrived: t.Arrived, Start: local(t.StartsAt), End: local(t.EndsAt), TimeText: cabin.SpanText(t.StartsAt, t.EndsAt, now),
		}
	}
	for i, d := range found.Deputies {
		out.Deputies[i] = DayDeputy{DeputyName: DeputyName{d.ID, d.Name, cabin.LevelName(d.Level), d.PhotoID}, Free: []Slot{}, Away: d.Away}
		for _, sl := range d.Slots {
			if sl.Free && sl.Service != cabin.GroupTalk {
				out.Deputies[i].Free = append(out.Deputies[i].Free, s.slot(sl))
			}
		}
	}
}

type checkInIn struct {
	Code string `query:"code" minLength:"1" maxLength:"40" doc:"six digits, or what the QR code says"`
}

func (s *Server) deskCheckIn(ctx context.Context, in *checkInIn) (*body[List[Booking]], error) {
	code, err := cabin.ReadCheckCode(in.Code)
	if err != nil {
		return nil, err
	}
	a, stations, err := s.desks(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Bookings.ByCode(ctx, stations, code)
	if err != nil {
		return nil, err
	}
	out := s.bookingPage(rows, -1, a)
	return out, s.markBookings(ctx, a, out.Body.Items)
}

// KnownResident is somebody who is known by a phone. The name is masked: who stands at the
// desk says it, not we.
type KnownResident struct {
	ID   int64  `json:"id"`
	Name string `json:"name" doc:"王＊＊"`
	Open int    `json:"open" doc:"bookings that have not ended"`
}

// residentsIn: a phone travels in a body, since addresses are written into logs.
type residentsIn struct {
	Body struct {
		Phone string `json:"phone" minLength:"1" maxLength:"40"`
	}
}

type residentsOut struct {
	Items   []KnownResident `json:"items" nullable:"false"`
	Most    int             `json:"most" doc:"open bookings that one person may have"`
	Consent string          `json:"consent" doc:"to be read aloud before anything is written down"`
}

func (s *Server) deskResidents(ctx context.Context, in *residentsIn) (*body[residentsOut], error) {
	known, err := s.knownBy(ctx, in.Body.Phone)
	return reply(residentsOut{Items: known, Most: s.DB.Presets().OpenBookings, Consent: cabin.ProxyConsent}), err
}

// knownBy lists who is known by a phone as somebody typed it.
func (s *Server) knownBy(ctx context.Context, typed string) ([]KnownResident, error) {
	phone, err := vault.NormalPhone(typed)
	if err != nil {
		return nil, err
	}
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	known, err := s.DB.People.ByPhone(ctx, a, phone)
	return knownResidents(known), err
}

type walkInIn struct {
	IdemKey
	Body struct {
		Phone      string        `json:"phone" minLength:"1" maxLength:"40"`
		Name       string        `json:"name,omitempty" maxLength:"40" doc:"may be left out with residentId"`
		ResidentID int64         `json:"residentId,omitempty" minimum:"0" doc:"somebody known by this phone; a name given besides corrects theirs"`
		Another    bool          `json:"another,omitempty" doc:"somebody else with the same phone, of the family"`
		Consent    bool          `json:"consent" doc:"they said yes to the words read to them"`
		DeputyID   int64         `json:"deputyId,omitempty" minimum:"0" doc:"with start and topic, unless talkId is given"`
		Start      time.Time     `json:"start,omitzero" doc:"the start of one of the deputy's slots, as the desk may book them"`
		Service    cabin.Service `json:"service,omitempty" enum:"talk_one,group_talk,enterprise,phone,"`
		Topic      string        `json:"topic,omitempty" maxLength:"80"`
		TalkID     int64         `json:"talkId,omitempty" minimum:"0" doc:"seats at this talk instead"`
		Party      int           `json:"party,omitempty" minimum:"0" maximum:"5" doc:"of the talk: people who come"`
		Note       string        `json:"note,omitempty" maxLength:"1000"`
	}
}

func (s *Server) walkIn(ctx context.Context, in *walkInIn) (*body[Booking], error) {
	b := &in.Body
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	n := mysql.WalkIn{
		Actor: a, Name: cabin.Clean(b.Name), ResidentID: b.ResidentID, Another: b.Another,
		DeputyID: b.DeputyID, Start: b.Start, Service: b.Service, Topic: cabin.Clean(b.Topic), Note: cabin.Clean(b.Note),
		TalkID: b.TalkID, Party: b.Party,
	}
	if n.Phone, err = vault.NormalPhone(b.Phone); err != nil {
		return nil, err
	}
	if err := checkWalkIn(n, b.Consent); err != nil {
		return nil, err
	}
	made, err := s.DB.Bookings.WalkIn(ctx, in.of(ctx, "walk-in", b), n)
	if err != nil && n.TalkID != 0 {
		return nil, err
	}
	if err != nil {
		return nil, s.withAlternatives(ctx, err, b.DeputyID, b.Start, b.Service)
	}
	return reply(s.booking(made, a)), nil
}

func checkWalkIn(n mysql.WalkIn, consent bool) error {
	least, leastTopic := 1, 1
	if n.ResidentID != 0 {
		least = 0
	}
	switch {
	case n.TalkID != 0:
		leastTopic = 0
	case n.DeputyID == 0:
		return cabin.Invalid("deputyId", "请选一位代表。")
	case n.Start.IsZero():
		return cabin.Invalid("start", "请选一个时间。")
	}
	for _, f := range []struct {
		path, text  string
		least, most int
	}{{"name", n.Name, least, cabin.MaxName}, {"topic", n.Topic, leastTopic, cabin.MaxTopic}, {"note", n.Note, 0, cabin.MaxNote}} {
		if err := cabin.CheckText(f.path, f.text, f.least, f.most); err != nil {
			return err
		}
	}
	if !consent {
		return cabin.Invalid("consent", "请先把这段话读给选民听，对方同意了再登记。")
	}
	return nil
}

type contactIn struct {
	ByID
	Body struct {
		Reason string `json:"reason" maxLength:"400" doc:"the resident sees it"`
	}
}

// Contact is how to reach a resident who has no WeChat.
type Contact struct {
	Phone string `json:"phone"`
}

func (s *Server) bookingContact(ctx context.Context, in *contactIn) (*body[Contact], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	phone, err := s.DB.Bookings.Contact(ctx, a, in.ID, cabin.Clean(in.Body.Reason))
	if err != nil {
		return nil, err
	}
	return reply(Contact{phone}), nil
}
