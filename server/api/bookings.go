package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// Booking is an appointment as its reader sees it.
type Booking struct {
	ID             int64              `json:"id"`
	Renamed        []string           `json:"renamed,omitempty" nullable:"false" doc:"of a booking that is over: what things are called now that it shows by their names of then"`
	Number         string             `json:"number"`
	State          cabin.BookingState `json:"state" enum:"requested,countered,confirmed,checked_in,completed,declined,cancelled,expired,no_show"`
	StateName      string             `json:"stateName"`
	Tone           string             `json:"tone" enum:"waiting,done,told,late"`
	Deputy         DeputyName         `json:"deputy"`
	Resident       *PersonName        `json:"resident,omitempty" doc:"for the deputy and the desk"`
	StationID      int64              `json:"stationId"`
	StationName    string             `json:"stationName"`
	StationAddress string             `json:"stationAddress" doc:"of where to go; empty for a call and for a talk that is not at the station"`
	StationPhone   string             `json:"stationPhone" doc:"to call the desk; empty for none"`
	RoomName       string             `json:"roomName"`
	Service        cabin.Service      `json:"service"`
	ServiceName    string             `json:"serviceName"`
	TalkID         int64              `json:"talkId,omitempty" doc:"seats at this talk, else a meeting"`
	TalkTopic      string             `json:"talkTopic,omitempty"`
	PlaceText      string             `json:"placeText" doc:"where to go: the station's room, or the talk's place; empty for a call"`
	Party          int                `json:"party" doc:"people who come, the resident among them"`
	Topic          string             `json:"topic"`
	Note           string             `json:"note"`
	Start          time.Time          `json:"start"`
	End            time.Time          `json:"end"`
	TimeText       string             `json:"timeText"`
	Offer          *Offer             `json:"offer,omitempty" doc:"the other time, while countered"`
	Next           string             `json:"next" doc:"who does what by when, for this reader"`
	Waiting        cabin.Role         `json:"waiting" enum:"deputy,staff,resident," doc:"who must act"`
	Displaced      bool               `json:"displaced" doc:"the deputy cannot keep this time, the desk arranges another"`
	Code           string             `json:"code,omitempty" doc:"six digits to show at the station; for the resident, and for the desk to write down for who has no WeChat; while it is agreed"`
	Reach          string             `json:"reach,omitempty" enum:"wechat,phone" doc:"how the resident is told; for deputy and desk"`
	Unreached      bool               `json:"unreached" doc:"for the desk: the last push reached the resident nowhere, and nobody told them by phone"`
	CanCall        bool               `json:"canCall" doc:"the reader may open the resident's phone: /bookings/{id}/contact"`
	ByDesk         bool               `json:"byDesk" doc:"booked by the desk for the resident"`
	DeputyHere     bool               `json:"deputyHere"`
	AbsentSide     cabin.Role         `json:"absentSide" enum:"resident,deputy," doc:"who did not come, with no_show"`
	Objection      cabin.Objection    `json:"objection" enum:"pending,upheld,"`
	Reason         string             `json:"reason"`
	Record         string             `json:"record"`
	Stars          int                `json:"stars"`
	RatingText     string             `json:"ratingText"`
	CreatedAt      time.Time          `json:"createdAt"`
	Actions        []cabin.Action     `json:"actions" nullable:"false" doc:"what this reader may do now; draw buttons from it"`
	Seen           string             `json:"seen" doc:"goes back with a command: it is refused (conflict) when the booking has become another one meanwhile"`
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
	renamed := b.NameThen(s.DB.Names())
	roles := b.RolesOf(a)
	out := Booking{
		ID: b.ID, Renamed: renamed, Number: b.Number(), State: b.State, StateName: b.StateName(roles, now), Tone: tone(bookingTones[b.State]),
		Deputy:    DeputyName{b.DeputyID, b.DeputyName, cabin.LevelName(b.DeputyLevel), b.DeputyPhotoID},
		StationID: b.StationID, StationName: b.StationName, StationAddress: addressOf(b), RoomName: b.RoomName,
		Service: b.Service, ServiceName: b.Service.Name(), Topic: b.Topic, Note: b.Note,
		Start: local(b.StartsAt), End: local(b.EndsAt), TimeText: cabin.SpanText(b.StartsAt, b.EndsAt, now),
		StationPhone: b.StationPhone, TalkID: b.TalkID, TalkTopic: b.TalkTopic, PlaceText: placeText(b), Party: b.Party,
		Waiting: b.Waiting, Displaced: b.DisplacedAt != nil && b.State.Open(), ByDesk: b.BookedBy != 0, DeputyHere: b.DeputyHereAt != nil,
		AbsentSide: b.AbsentSide, Objection: b.Objection,
		Next: b.Next(a, now, s.DB.Presets()), Reason: b.Reason, Record: b.Record, Stars: b.Stars, RatingText: b.RatingText,
		CreatedAt: local(b.CreatedAt), Actions: b.Actions(a, now, s.DB.Presets()), Seen: b.Version(now),
	}
	if slices.Equal(roles, []cabin.Role{cabin.Resident}) {
		out.Record = ""
	}
	if !slices.Contains(roles, cabin.Resident) {
		out.Reach = "phone"
		out.CanCall = !b.ResidentWeChat && slices.Contains(roles, cabin.Staff)
		if b.ResidentWeChat {
			out.Reach = "wechat"
		}
		out.Resident = &PersonName{cmpName(b.ResidentName)}
	}
	if (slices.Contains(roles, cabin.Resident) || out.CanCall) && b.State == cabin.Confirmed && b.Service != cabin.PhoneCall {
		out.Code = b.CheckCode
	}
	if b.OfferStartsAt != nil {
		out.Offer = &Offer{local(*b.OfferStartsAt), local(*b.OfferEndsAt), cabin.SpanText(*b.OfferStartsAt, *b.OfferEndsAt, now)}
	}
	return out
}

func placeText(b *cabin.Booking) string {
	switch {
	case b.TalkPlace != "":
		return b.TalkPlace
	case b.Service == cabin.PhoneCall:
		return ""
	}
	return b.StationName + b.RoomName
}

// addressOf keeps people from going to the station for what is not there.
func addressOf(b *cabin.Booking) string {
	if b.TalkPlace != "" || b.Service == cabin.PhoneCall {
		return ""
	}
	return b.StationAddress
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
	add(s, "allowance", s.allowance)
	add(s, "deputy-bookings", s.deputyBookings)
	add(s, "deputy-today", s.deputyToday)
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
	free, slotsErr := s.nearest.get(fmt.Sprint(deputyID, wanted.Unix(), service), func() ([]cabin.Slot, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTime) // for all who wait for it
		defer cancel()
		return s.DB.Places.Nearest(ctx, deputyID, wanted, service, 3)
	})
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
	marks, err := s.unreached(ctx, a, cabin.MatterBooking, []int64{b.ID})
	out.Unreached = marks[b.ID] && out.Resident != nil
	return reply(out), err
}

// Move is the input of every move; which parts must be there, the action's needs say.
type Move struct {
	Command string `json:"command" maxLength:"20"`
	Reason  string `json:"reason,omitempty" maxLength:"40000" doc:"at most 200 characters; longer ones are told how long they are"`
	Note    string `json:"note,omitempty" maxLength:"40000" doc:"at most 1000"`
	Stars   int    `json:"stars,omitempty" minimum:"0" maximum:"5"`
	Text    string `json:"text,omitempty" maxLength:"40000" doc:"words with the stars, at most 1000"`
}

func (m Move) input() cabin.Input {
	return cabin.Input{Reason: cabin.Clean(m.Reason), Note: cabin.Clean(m.Note), Stars: m.Stars, Text: cabin.Clean(m.Text)}
}

type commandBookingIn struct {
	ByID
	Body struct {
		Move
		Start *time.Time `json:"start,omitempty" doc:"the other time of a counter-offer or a move"`
		Seen  string     `json:"seen,omitempty" maxLength:"60" doc:"of the booking that the person looked at"`
	}
}

func (s *Server) commandBooking(ctx context.Context, in *commandBookingIn) (*body[Booking], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	input := in.Body.input()
	input.Seen = in.Body.Seen
	if in.Body.Start != nil {
		input.Offer = &cabin.Slot{Start: *in.Body.Start}
	}
	b, err := s.DB.Bookings.Command(ctx, a, in.ID, cabin.BookingCommand(in.Body.Command), input)
	if code := cabin.CodeOf(err); code == cabin.CodeConflict || code == cabin.CodeSlotTaken && in.Body.Start != nil {
		err = s.asItIs(ctx, err, a, in)
	}
	if err != nil {
		return nil, err
	}
	return reply(s.booking(b, a)), nil
}

// asItIs adds to a refusal what somebody who may see the booking decides by: the booking as
// it is now, or the nearest free times.
func (s *Server) asItIs(ctx context.Context, err error, a cabin.Actor, in *commandBookingIn) error {
	now, _, lookup := s.DB.Bookings.Get(ctx, a, in.ID)
	if lookup != nil {
		return err // the refusal matters more
	}
	if cabin.CodeOf(err) == cabin.CodeSlotTaken {
		return s.withAlternatives(ctx, err, now.DeputyID, *in.Body.Start, now.Service)
	}
	p, fresh := problem(ctx, err), s.booking(now, a)
	p.Booking = &fresh
	return p
}

// Allowance says what a resident may book, before they tap.
type Allowance struct {
	CanBook bool      `json:"canBook"`
	Reason  string    `json:"reason" doc:"why not"`
	Open    int       `json:"open" doc:"bookings that have not ended"`
	Most    int       `json:"most"`
	Rules   []string  `json:"rules" nullable:"false" doc:"the limits in words"`
	Own     []OwnTime `json:"own" nullable:"false" doc:"times of deputies that are already the reader's; /deputies/{id}/slots is the same for everybody"`
}

// OwnTime is a deputy's time that the reader has, or waits for.
type OwnTime struct {
	DeputyID  int64     `json:"deputyId"`
	Start     time.Time `json:"start"`
	BookingID int64     `json:"bookingId,omitempty" doc:"theirs by this booking"`
	WaitID    int64     `json:"waitId,omitempty" doc:"they wait for it"`
}

func (s *Server) allowance(ctx context.Context, _ *struct{}) (*body[Allowance], error) {
	a, err := s.DB.Bookings.Allowance(ctx, me(ctx))
	if err != nil {
		return nil, err
	}
	p := s.DB.Presets()
	out := Allowance{CanBook: true, Open: a.Open, Most: p.OpenBookings, Rules: p.BookingRules(), Own: make([]OwnTime, len(a.Own))}
	for i, o := range a.Own {
		out.Own[i] = OwnTime{o.DeputyID, local(o.Start), o.BookingID, o.WaitID}
	}
	switch {
	case !a.BarredUntil.IsZero():
		out.CanBook, out.Reason = false, "因为有几次约好了没有到，"+cabin.MomentText(a.BarredUntil)+" 前请打电话给联络站，由工作人员替您预约。"
	case a.Open >= p.OpenBookings:
		out.CanBook, out.Reason = false, fmt.Sprintf("您已经有 %d 个还没结束的预约，请先完成或取消一个再约。", a.Open)
	}
	return reply(out), nil
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
