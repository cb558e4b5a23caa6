package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// Booking is an appointment as its reader sees it.
type Booking struct {
	ID             int64              `json:"id"`
	Number         string             `json:"number"`
	State          cabin.BookingState `json:"state" enum:"requested,countered,confirmed,checked_in,completed,declined,cancelled,expired,no_show"`
	StateName      string             `json:"stateName"`
	Tone           string             `json:"tone" enum:"waiting,done,told,late"`
	Deputy         DeputyName         `json:"deputy"`
	Resident       *PersonName        `json:"resident,omitempty" doc:"for the deputy and the desk"`
	StationID      int64              `json:"stationId"`
	StationName    string             `json:"stationName"`
	StationAddress string             `json:"stationAddress"`
	RoomName       string             `json:"roomName"`
	Service        cabin.Service      `json:"service"`
	ServiceName    string             `json:"serviceName"`
	Topic          string             `json:"topic"`
	Note           string             `json:"note"`
	Start          time.Time          `json:"start"`
	End            time.Time          `json:"end"`
	TimeText       string             `json:"timeText"`
	Offer          *Offer             `json:"offer,omitempty" doc:"the other time, while countered"`
	Next           string             `json:"next" doc:"who does what by when, for this reader"`
	Reason         string             `json:"reason"`
	Record         string             `json:"record"`
	Stars          int                `json:"stars"`
	RatingText     string             `json:"ratingText"`
	CreatedAt      time.Time          `json:"createdAt"`
	Actions        []cabin.Action     `json:"actions" nullable:"false" doc:"what this reader may do now; draw buttons from it"`
	Events         []Event            `json:"events,omitempty" nullable:"false" doc:"newest first; only with one booking"`
}

// DeputyName is the deputy of a booking.
type DeputyName struct {
	ID        int64  `json:"id"`
	Name      string `json:"name"`
	LevelName string `json:"levelName"`
	PhotoID   string `json:"photoId"`
}

// PersonName is what somebody wants to be called.
type PersonName struct {
	Name string `json:"name"`
}

// Offer is another time.
type Offer struct {
	Start    time.Time `json:"start"`
	End      time.Time `json:"end"`
	TimeText string    `json:"timeText"`
}

var bookingTones = map[cabin.BookingState]string{
	cabin.Requested: "waiting", cabin.Countered: "waiting", cabin.Confirmed: "done", cabin.CheckedIn: "done", cabin.NoShow: "late",
}

func tone(t string) string {
	if t == "" {
		return "told"
	}
	return t
}

func (s *Server) booking(b *cabin.Booking, a cabin.Actor) Booking {
	now := s.DB.Now()
	if b.HoldOver(now) {
		b.State = cabin.Expired
	}
	roles := b.RolesOf(a)
	out := Booking{
		ID: b.ID, Number: b.Number(), State: b.State, StateName: b.State.Name(), Tone: tone(bookingTones[b.State]),
		Deputy:    DeputyName{b.DeputyID, b.DeputyName, cabin.LevelName(b.DeputyLevel), b.DeputyPhotoID},
		StationID: b.StationID, StationName: b.StationName, StationAddress: b.StationAddress, RoomName: b.RoomName,
		Service: b.Service, ServiceName: b.Service.Name(), Topic: b.Topic, Note: b.Note,
		Start: local(b.StartsAt), End: local(b.EndsAt), TimeText: cabin.SpanText(b.StartsAt, b.EndsAt, now),
		Next: b.Next(a, now), Reason: b.Reason, Record: b.Record, Stars: b.Stars, RatingText: b.RatingText,
		CreatedAt: local(b.CreatedAt), Actions: b.Actions(a, now, s.DB.Presets()),
	}
	if slices.Equal(roles, []cabin.Role{cabin.Resident}) {
		out.Record = ""
	}
	if !slices.Contains(roles, cabin.Resident) {
		out.Resident = &PersonName{cmpName(b.ResidentName)}
		if b.State == cabin.Countered {
			out.StateName = "等选民选择"
		}
	}
	if b.OfferStartsAt != nil {
		out.Offer = &Offer{local(*b.OfferStartsAt), local(*b.OfferEndsAt), cabin.SpanText(*b.OfferStartsAt, *b.OfferEndsAt, now)}
	}
	return out
}

func cmpName(name string) string {
	if name == "" {
		return "一位选民"
	}
	return name
}

func (s *Server) bookings() {
	add(s, "booking-create", s.createBooking)
	add(s, "booking", s.getBooking)
	add(s, "booking-command", s.commandBooking)
	add(s, "my-bookings", s.myBookings)
	add(s, "deputy-bookings", s.deputyBookings)
	add(s, "deputy-today", s.deputyToday)
	add(s, "desk-bookings", s.deskBookings)
}

// IdemKey is the header of a creating request.
type IdemKey struct {
	Key string `header:"Idempotency-Key" required:"true" minLength:"8" maxLength:"64" pattern:"^[A-Za-z0-9_-]+$" doc:"chosen by the client, kept until answered: the same key and body get the same answer"`
}

func (k IdemKey) of(ctx context.Context, route string, body any) mysql.Key {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // it was just decoded from JSON
	}
	return mysql.Key{PersonID: me(ctx), Key: k.Key, BodyHash: sha256.Sum256(append([]byte(route+"\n"), text...))}
}

type createBookingIn struct {
	IdemKey
	Body struct {
		DeputyID int64         `json:"deputyId" minimum:"1"`
		Start    time.Time     `json:"start" doc:"the start of one of the deputy's slots"`
		Service  cabin.Service `json:"service,omitempty" enum:"talk_one,group_talk,enterprise,phone,"`
		Topic    string        `json:"topic" maxLength:"80" doc:"a category, in a few words"`
		Note     string        `json:"note,omitempty" maxLength:"1000" doc:"own words: only the deputy and the desk see them"`
	}
}

func (s *Server) createBooking(ctx context.Context, in *createBookingIn) (*body[Booking], error) {
	b := &in.Body
	topic, note := cabin.Clean(b.Topic), cabin.Clean(b.Note)
	if err := cabin.CheckText("topic", topic, 1, cabin.MaxTopic); err != nil {
		return nil, err
	}
	if err := cabin.CheckText("note", note, 0, cabin.MaxNote); err != nil {
		return nil, err
	}
	made, err := s.DB.Bookings.Request(ctx, in.of(ctx, "booking", b), mysql.NewBooking{
		ResidentID: me(ctx), DeputyID: b.DeputyID, Start: b.Start, Service: b.Service, Topic: topic, Note: note,
	})
	if err != nil {
		return nil, s.withAlternatives(ctx, err, b.DeputyID, b.Start, b.Service)
	}
	return reply(s.booking(made, cabin.Actor{PersonID: me(ctx)})), nil
}

// withAlternatives adds the nearest free times to a refusal of a slot that is taken.
func (s *Server) withAlternatives(ctx context.Context, err error, deputyID int64, wanted time.Time, service cabin.Service) error {
	if cabin.CodeOf(err) != cabin.CodeSlotTaken {
		return err
	}
	p := problem(ctx, err)
	free, slotsErr := s.DB.Places.Nearest(ctx, deputyID, wanted, service, 3)
	if slotsErr != nil {
		return p // the refusal matters more
	}
	for _, sl := range free {
		p.Alternatives = append(p.Alternatives, s.slot(sl))
	}
	return p
}

func (s *Server) getBooking(ctx context.Context, in *ByID) (*body[Booking], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	b, past, err := s.DB.Bookings.Get(ctx, a, in.ID)
	if err != nil {
		return nil, err
	}
	out := s.booking(b, a)
	out.Events = events(past)
	return reply(out), nil
}

// Move is the input of every move; which parts must be there, the action's needs say.
type Move struct {
	Command string `json:"command" maxLength:"20"`
	Reason  string `json:"reason,omitempty" maxLength:"400"`
	Note    string `json:"note,omitempty" maxLength:"2000"`
	Stars   int    `json:"stars,omitempty" minimum:"0" maximum:"5"`
	Text    string `json:"text,omitempty" maxLength:"2000" doc:"words with the stars"`
}

func (m Move) input() cabin.Input {
	return cabin.Input{Reason: cabin.Clean(m.Reason), Note: cabin.Clean(m.Note), Stars: m.Stars, Text: cabin.Clean(m.Text)}
}

type commandBookingIn struct {
	ByID
	Body struct {
		Move
		Start *time.Time `json:"start,omitempty" doc:"the other time of a counter-offer"`
	}
}

func (s *Server) commandBooking(ctx context.Context, in *commandBookingIn) (*body[Booking], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	input := in.Body.input()
	if in.Body.Start != nil {
		input.Offer = &cabin.Slot{Start: *in.Body.Start}
	}
	b, err := s.DB.Bookings.Command(ctx, a, in.ID, cabin.BookingCommand(in.Body.Command), input)
	if err != nil {
		return nil, err
	}
	return reply(s.booking(b, a)), nil
}

func (s *Server) bookingPage(rows []*cabin.Booking, limit int, a cabin.Actor) *body[List[Booking]] {
	return paged(rows, limit, func(b *cabin.Booking) (time.Time, int64) { return b.StartsAt, b.ID },
		func(b *cabin.Booking) Booking { return s.booking(b, a) })
}

func (s *Server) myBookings(ctx context.Context, in *Paging) (*body[List[Booking]], error) {
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Bookings.Mine(ctx, me(ctx), page.ID, page.Limit)
	if err != nil {
		return nil, err
	}
	return s.bookingPage(rows, in.Limit, cabin.Actor{PersonID: me(ctx)}), nil
}

type viewIn struct {
	Paging
	View mysql.View `query:"view" enum:"waiting,upcoming,past" default:"waiting"`
}

func (s *Server) deputyBookings(ctx context.Context, in *viewIn) (*body[List[Booking]], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Bookings.OfDeputies(ctx, a.Scopes(cabin.Deputy), in.View, page)
	if err != nil {
		return nil, err
	}
	return s.bookingPage(rows, in.Limit, a), nil
}

// Today is a deputy's day.
type Today struct {
	Waiting  []Booking `json:"waiting" nullable:"false" doc:"requests to answer, the first ten by time"`
	Today    []Booking `json:"today" nullable:"false"`
	Upcoming []Booking `json:"upcoming" nullable:"false" doc:"agreed, the next ten by time"`
}

func (s *Server) deputyToday(ctx context.Context, _ *struct{}) (*body[Today], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	ids, first := a.Scopes(cabin.Deputy), mysql.Page{Limit: 10}
	waiting, err := s.DB.Bookings.OfDeputies(ctx, ids, mysql.Waiting, first)
	if err != nil {
		return nil, err
	}
	today, err := s.DB.Bookings.Day(ctx, nil, ids, s.DB.Now())
	if err != nil {
		return nil, err
	}
	upcoming, err := s.DB.Bookings.OfDeputies(ctx, ids, mysql.Upcoming, first)
	if err != nil {
		return nil, err
	}
	shape := func(rows []*cabin.Booking) []Booking { return s.bookingPage(rows, -1, a).Body.Items }
	return reply(Today{shape(waiting), shape(today), shape(upcoming)}), nil
}

type deskBookingsIn struct {
	Paging
	View mysql.View `query:"view" enum:"waiting,upcoming,past,day" default:"day"`
	Date string     `query:"date" format:"date" doc:"with view=day; today when empty"`
}

func (s *Server) deskBookings(ctx context.Context, in *deskBookingsIn) (*body[List[Booking]], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	stations, err := s.stationsOf(ctx, a)
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
		return s.bookingPage(rows, in.Limit, a), nil
	}
	day := s.DB.Now()
	if in.Date != "" {
		if day, err = date("date", in.Date); err != nil {
			return nil, err
		}
	}
	rows, err := s.DB.Bookings.Day(ctx, stations, nil, day)
	if err != nil {
		return nil, err
	}
	return s.bookingPage(rows, -1, a), nil
}
