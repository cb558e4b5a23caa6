package api

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// WeeklyHours is one rule of a deputy's week.
type WeeklyHours struct {
	ID           int64         `json:"id"`
	Weekday      int           `json:"weekday" doc:"0 is Sunday"`
	From         string        `json:"from" doc:"9:00"`
	To           string        `json:"to"`
	StationID    int64         `json:"stationId"`
	StationName  string        `json:"stationName"`
	RoomID       int64         `json:"roomId" doc:"0: no room"`
	RoomName     string        `json:"roomName"`
	Service      cabin.Service `json:"service"`
	ServiceName  string        `json:"serviceName"`
	SlotMinutes  int           `json:"slotMinutes"`
	PauseMinutes int           `json:"pauseMinutes"`
	SpanText     string        `json:"spanText" doc:"周三 9:00–12:00"`
	SlotText     string        `json:"slotText" doc:"每次 30 分钟，共 6 次"`
	Warning      string        `json:"warning" doc:"allowed, and worth knowing: another deputy has the room then; empty for none"`
}

// ScheduleException is a dated change of the hours: a leave, or extra hours.
type ScheduleException struct {
	ID           int64               `json:"id"`
	Kind         cabin.ExceptionKind `json:"kind" enum:"leave,extra"`
	From         time.Time           `json:"from"`
	To           time.Time           `json:"to"`
	TimeText     string              `json:"timeText"`
	Reason       string              `json:"reason" doc:"never shown to residents"`
	StationName  string              `json:"stationName"`
	RoomName     string              `json:"roomName"`
	ServiceName  string              `json:"serviceName"`
	SlotText     string              `json:"slotText" doc:"of extra hours"`
	PauseMinutes int                 `json:"pauseMinutes"`
}

// Schedule is a deputy's hours with what hangs on them.
type Schedule struct {
	DeputyID    int64               `json:"deputyId"`
	DeputyName  string              `json:"deputyName"`
	StationID   int64               `json:"stationId"`
	StationName string              `json:"stationName"`
	DayCap      int                 `json:"dayCap" doc:"meetings a day at most; 0 = as the hours allow"`
	MaxDayCap   int                 `json:"maxDayCap"`
	Hours       []WeeklyHours       `json:"hours" nullable:"false" doc:"by weekday from Monday, and time"`
	Exceptions  []ScheduleException `json:"exceptions" nullable:"false" doc:"not over yet, by time"`
	Outside     []Booking           `json:"outside" nullable:"false" doc:"agreed before the hours changed: they stay"`
	OutsideText string              `json:"outsideText"`
	FeedSince   *time.Time          `json:"feedSince,omitempty" doc:"when the calendar's secret address was made; none: there is none"`
}

func (s *Server) schedule() {
	add(s, "schedule", s.getSchedule)
	add(s, "hours-add", s.addHours)
	add(s, "hours-save", s.saveHours)
	add(s, "hours-remove", s.removeHours)
	add(s, "day-cap", s.setDayCap)
	add(s, "affected", s.affected)
	add(s, "exception-add", s.addException)
	add(s, "exception-remove", s.removeException)
	add(s, "deputy-week", s.deputyWeek)
}

// scheduleOf reads a schedule as it is now: what every change answers with.
func (s *Server) scheduleOf(ctx context.Context, a cabin.Actor, deputyID int64) (Schedule, error) {
	found, err := s.DB.Schedules.Get(ctx, a, deputyID)
	if err != nil {
		return Schedule{}, err
	}
	d, now := found.Deputy, s.DB.Now()
	out := Schedule{
		DeputyID: d.ID, DeputyName: d.Name, StationID: d.StationID, StationName: d.StationName, DayCap: d.DayCap, MaxDayCap: cabin.MaxDayCap,
		Hours: []WeeklyHours{}, Exceptions: []ScheduleException{}, Outside: s.bookingPage(found.Outside, -1, a).Body.Items, FeedSince: localPtr(d.FeedSince),
	}
	slices.SortStableFunc(found.Hours, func(a, b cabin.Hours) int { return a.FromMinute - b.FromMinute })
	for i := range 7 {
		for _, h := range found.Hours {
			if h.Weekday == time.Weekday((i+1)%7) {
				out.Hours = append(out.Hours, weeklyHours(&h, found.Shared))
			}
		}
	}
	for i := range found.Exceptions {
		out.Exceptions = append(out.Exceptions, scheduleException(&found.Exceptions[i], now))
	}
	if n := len(out.Outside); n > 0 {
		out.OutsideText = fmt.Sprintf("已约的 %d 个不受影响，不在现在的接待时间里，照常接待。", n)
	}
	return out, nil
}

func weeklyHours(h *cabin.Hours, shared []mysql.SharedRoom) WeeklyHours {
	out := WeeklyHours{
		ID: h.ID, Weekday: int(h.Weekday), From: cabin.ClockText(h.FromMinute), To: cabin.ClockText(h.ToMinute), StationID: h.StationID, StationName: h.StationName,
		RoomID: h.RoomID, RoomName: h.RoomName, Service: h.Service, ServiceName: h.Service.Name(), SlotMinutes: h.SlotMinutes, PauseMinutes: h.PauseMinutes,
		SpanText: h.SpanText(), SlotText: h.SlotText(),
	}
	var others []string
	for _, r := range shared {
		if r.RuleID == h.ID {
			others = append(others, fmt.Sprintf("%s代表 %s–%s", r.DeputyName, cabin.ClockText(r.FromMinute), cabin.ClockText(r.ToMinute)))
		}
	}
	if len(others) > 0 {
		out.Warning = "这个房间同时也排了" + strings.Join(others, "、") + "，先约到的先用。"
	}
	return out
}

func scheduleException(e *cabin.Exception, now time.Time) ScheduleException {
	out := ScheduleException{ID: e.ID, Kind: e.Kind, From: local(e.StartsAt), To: local(e.EndsAt), TimeText: e.TimeText(now), Reason: e.Reason}
	if e.Kind == cabin.Extra {
		h := e.Hours()
		out.StationName, out.RoomName, out.ServiceName, out.SlotText, out.PauseMinutes = e.StationName, e.RoomName, e.Service.Name(), h.SlotText(), e.PauseMinutes
	}
	return out
}

// scheduled answers with the schedule, unless err.
func (s *Server) scheduled(ctx context.Context, a cabin.Actor, deputyID int64, err error) (*body[Schedule], error) {
	if err != nil {
		return nil, err
	}
	out, err := s.scheduleOf(ctx, a, deputyID)
	return reply(out), err
}

func (s *Server) getSchedule(ctx context.Context, in *ByID) (*body[Schedule], error) {
	a, err := s.actor(ctx)
	return s.scheduled(ctx, a, in.ID, err)
}

type hoursBody struct {
	Weekday      int           `json:"weekday" minimum:"0" maximum:"6" doc:"0 is Sunday"`
	From         string        `json:"from" maxLength:"5" doc:"9:00"`
	To           string        `json:"to" maxLength:"5"`
	StationID    int64         `json:"stationId" minimum:"0"`
	RoomID       int64         `json:"roomId,omitempty" minimum:"0" doc:"0 for phone"`
	Service      cabin.Service `json:"service" enum:"talk_one,enterprise,phone"`
	SlotMinutes  int           `json:"slotMinutes" doc:"a multiple of 15"`
	PauseMinutes int           `json:"pauseMinutes,omitempty" doc:"between two, a multiple of 15"`
}

func (b *hoursBody) hours(deputyID int64) (cabin.Hours, error) {
	h := cabin.Hours{
		DeputyID: deputyID, StationID: b.StationID, RoomID: b.RoomID, Weekday: time.Weekday(b.Weekday),
		SlotMinutes: b.SlotMinutes, PauseMinutes: b.PauseMinutes, Service: b.Service,
	}
	var err error
	if h.FromMinute, err = minutes("from", b.From); err == nil {
		h.ToMinute, err = minutes("to", b.To)
	}
	return h, err
}

// minutes reads a clock time as minutes after midnight (CodeInvalid about path).
func minutes(path, clock string) (int, error) {
	hour, minute, found := strings.Cut(clock, ":")
	h, hErr := strconv.Atoi(hour)
	m, mErr := strconv.Atoi(minute)
	if !found || hErr != nil || mErr != nil || h < 0 || h > 24 || m < 0 || m > 59 || len(minute) != 2 {
		return 0, cabin.Invalid(path, "请选择时间，如 9:00。")
	}
	return h*60 + m, nil
}

type addHoursIn struct {
	ByID
	IdemKey
	Body hoursBody
}

func (s *Server) addHours(ctx context.Context, in *addHoursIn) (*body[Schedule], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	h, err := in.Body.hours(in.ID)
	if err == nil {
		_, err = s.DB.Schedules.AddHours(ctx, in.of(ctx, fmt.Sprint("hours ", in.ID), in.Body), a, h)
	}
	return s.scheduled(ctx, a, in.ID, err)
}

type ruleIn struct {
	ByID
	RuleID int64 `path:"ruleId" minimum:"1"`
}

type saveHoursIn struct { // not with ruleIn inside: Huma does not look into what is not exported
	ByID
	RuleID int64 `path:"ruleId" minimum:"1"`
	Body   hoursBody
}

func (s *Server) saveHours(ctx context.Context, in *saveHoursIn) (*body[Schedule], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	h, err := in.Body.hours(in.ID)
	if err == nil {
		h.ID = in.RuleID
		err = s.DB.Schedules.SaveHours(ctx, a, h)
	}
	return s.scheduled(ctx, a, in.ID, err)
}

func (s *Server) removeHours(ctx context.Context, in *ruleIn) (*body[Schedule], error) {
	a, err := s.actor(ctx)
	if err == nil {
		err = s.DB.Schedules.RemoveHours(ctx, a, in.ID, in.RuleID)
	}
	return s.scheduled(ctx, a, in.ID, err)
}

type dayCapIn struct {
	ByID
	Body struct {
		DayCap int `json:"dayCap" doc:"0 to 40; 0 = as the hours allow"`
	}
}

func (s *Server) setDayCap(ctx context.Context, in *dayCapIn) (*body[Schedule], error) {
	a, err := s.actor(ctx)
	if err == nil {
		err = s.DB.Schedules.SetDayCap(ctx, a, in.ID, in.Body.DayCap)
	}
	return s.scheduled(ctx, a, in.ID, err)
}

// Reoffered is a meeting in a leave and what becomes of it.
type Reoffered struct {
	Booking Booking `json:"booking"`
	Offer   *Slot   `json:"offer,omitempty" doc:"the other time"`
	Became  string  `json:"became" enum:"offered,phone,settled" doc:"offered another time; to be phoned; or moved on since"`
	Text    string  `json:"text"`
}

// TouchedTalk is a talk in a leave. It is not moved.
type TouchedTalk struct {
	ID       int64  `json:"id"`
	Topic    string `json:"topic"`
	TimeText string `json:"timeText"`
	Text     string `json:"text"`
}

// Affected is what lies in a leave.
type Affected struct {
	Bookings []Reoffered   `json:"bookings" nullable:"false"`
	Talks    []TouchedTalk `json:"talks" nullable:"false"`
	Waits    int           `json:"waits" doc:"people in line for a slot in it: their lines end"`
	Text     string        `json:"text" doc:"in one sentence"`
}

type affectedIn struct {
	ByID
	From time.Time `query:"from" required:"true"`
	To   time.Time `query:"to" required:"true"`
}

func (s *Server) affected(ctx context.Context, in *affectedIn) (*body[Affected], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	found, err := s.DB.Schedules.Affected(ctx, a, in.ID, in.From, in.To)
	if err != nil {
		return nil, err
	}
	out := s.affectedShape(found, a)
	phone := 0
	for i := range out.Bookings {
		r := &out.Bookings[i]
		if r.Became, r.Text = "phone", "没有合适的时间，转给联络站电话联系"; r.Offer != nil {
			r.Became, r.Text = "offered", "将提出 "+r.Offer.TimeText
		} else {
			phone++
		}
	}
	switch n := len(out.Bookings); {
	case n == 0:
		out.Text = "这段时间没有约好的接待。"
	case phone == 0:
		out.Text = fmt.Sprintf("有 %d 个预约，会逐个提出另一个时间，由选民选择。", n)
	default:
		out.Text = fmt.Sprintf("有 %d 个预约：%d 个会提出另一个时间，%d 个没有合适的时间，转给联络站电话联系。", n, n-phone, phone)
	}
	return reply(out), nil
}

func (s *Server) affectedShape(found mysql.Affected, a cabin.Actor) Affected {
	out := Affected{Bookings: make([]Reoffered, len(found.Bookings)), Talks: make([]TouchedTalk, len(found.Talks)), Waits: found.Waits}
	for i, r := range found.Bookings {
		out.Bookings[i].Booking = s.booking(r.Booking, a)
		if r.Offer != nil {
			offer := s.slot(*r.Offer)
			out.Bookings[i].Offer = &offer
		}
	}
	for i, t := range found.Talks {
		out.Talks[i] = TouchedTalk{t.ID, t.Topic, cabin.SpanText(t.StartsAt, t.EndsAt, s.DB.Now()), "讲座不会自动改期，请另行处理"}
	}
	return out
}

// outcome is what a leave did, with each meeting as it stands now.
func (s *Server) outcome(found mysql.Affected, a cabin.Actor) Affected {
	out := s.affectedShape(found, a)
	phone := 0
	for i := range out.Bookings {
		r := &out.Bookings[i]
		switch {
		case r.Booking.State == cabin.Countered && r.Offer != nil:
			r.Became, r.Text = "offered", "已提出 "+r.Offer.TimeText+"，等选民选择"
		case r.Booking.Displaced:
			phone++
			r.Became, r.Text = "phone", "没有合适的时间，请电话联系"
		default:
			r.Became, r.Text = "settled", r.Booking.StateName+"："+r.Booking.TimeText
		}
	}
	switch n := len(out.Bookings); {
	case n == 0:
		out.Text = "已经记下，没有受影响的预约。"
	case phone == 0:
		out.Text = fmt.Sprintf("已经记下，%d 个预约都告诉了选民。", n)
	default:
		out.Text = fmt.Sprintf("已经记下：%d 个提出了另一个时间，%d 个请联络站电话联系。", n-phone, phone)
	}
	return out
}

type addExceptionIn struct {
	ByID
	IdemKey
	Body struct {
		Kind         cabin.ExceptionKind `json:"kind" enum:"leave,extra"`
		From         time.Time           `json:"from" doc:"midnight for whole days"`
		To           time.Time           `json:"to" doc:"the end, midnight after the last whole day"`
		Reason       string              `json:"reason,omitempty" maxLength:"400" doc:"never shown to residents"`
		Words        string              `json:"words,omitempty" maxLength:"200" doc:"told to the residents whose meetings a leave moves"`
		StationID    int64               `json:"stationId,omitempty" minimum:"0" doc:"this and the following: of extra hours"`
		RoomID       int64               `json:"roomId,omitempty" minimum:"0"`
		Service      cabin.Service       `json:"service,omitempty" enum:"talk_one,enterprise,phone,"`
		SlotMinutes  int                 `json:"slotMinutes,omitempty"`
		PauseMinutes int                 `json:"pauseMinutes,omitempty"`
	}
}

// ExceptionAdded is the schedule after a leave or extra hours, and what a leave did.
type ExceptionAdded struct {
	ID       int64    `json:"id"`
	Schedule Schedule `json:"schedule"`
	Affected Affected `json:"affected"`
}

func (s *Server) addException(ctx context.Context, in *addExceptionIn) (*body[ExceptionAdded], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	b := &in.Body
	e := cabin.Exception{DeputyID: in.ID, Kind: b.Kind, StartsAt: b.From, EndsAt: b.To, Reason: cabin.Clean(b.Reason)}
	if b.Kind == cabin.Extra {
		e.StationID, e.RoomID, e.Service, e.SlotMinutes, e.PauseMinutes = b.StationID, b.RoomID, b.Service, b.SlotMinutes, b.PauseMinutes
	}
	out := ExceptionAdded{}
	if out.ID, err = s.DB.Schedules.AddException(ctx, in.of(ctx, fmt.Sprint("exception ", in.ID), b), a, e, cabin.Clean(b.Words)); err != nil {
		return nil, err
	}
	found, err := s.DB.Schedules.Outcome(ctx, a, in.ID, out.ID)
	if err != nil {
		return nil, err
	}
	out.Affected = s.outcome(found, a)
	out.Schedule, err = s.scheduleOf(ctx, a, in.ID)
	return reply(out), err
}

type exceptionIn struct {
	ByID
	ExceptionID int64 `path:"exceptionId" minimum:"1"`
}

func (s *Server) removeException(ctx context.Context, in *exceptionIn) (*body[Schedule], error) {
	a, err := s.actor(ctx)
	if err == nil {
		err = s.DB.Schedules.RemoveException(ctx, a, in.ID, in.ExceptionID)
	}
	return s.scheduled(ctx, a, in.ID, err)
}

// WeekDay is one day of a deputy's week.
type WeekDay struct {
	Date     string     `json:"date" format:"date"`
	Label    string     `json:"label" doc:"明天 周三"`
	Note     string     `json:"note" doc:"a holiday, a make-up workday; empty for none"`
	Leaves   []string   `json:"leaves" nullable:"false" doc:"when the deputy is on leave"`
	Free     int        `json:"free" doc:"slots that can be booked"`
	Taken    int        `json:"taken" doc:"meetings"`
	Bookings []Booking  `json:"bookings" nullable:"false" doc:"agreed and waiting, by time"`
	Talks    []WeekTalk `json:"talks" nullable:"false"`
}

// WeekTalk is a talk in a week.
type WeekTalk struct {
	ID        int64     `json:"id"`
	Topic     string    `json:"topic"`
	Start     time.Time `json:"start"`
	TimeText  string    `json:"timeText"`
	PlaceText string    `json:"placeText"`
}

// Week is seven days.
type Week struct {
	Days []WeekDay `json:"days" nullable:"false"`
}

type weekIn struct {
	From string `query:"from" format:"date" doc:"the first day; today when empty"`
}

func (s *Server) deputyWeek(ctx context.Context, in *weekIn) (*body[Week], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	from := s.DB.Now()
	if in.From != "" {
		if from, err = date("from", in.From); err != nil {
			return nil, err
		}
	}
	found, err := s.DB.Schedules.Week(ctx, a.Scopes(cabin.Deputy), from)
	out := Week{Days: make([]WeekDay, len(found))}
	for i := range found {
		out.Days[i] = s.weekDay(&found[i], a)
	}
	return reply(out), err
}

func (s *Server) weekDay(d *mysql.WeekDay, a cabin.Actor) WeekDay {
	now, calendar := s.DB.Now(), s.DB.Presets().Calendar
	out := WeekDay{
		Date: d.Date.Format(time.DateOnly), Label: cabin.DayText(d.Date, now), Leaves: []string{}, Taken: len(d.Bookings),
		Bookings: s.bookingPage(d.Bookings, -1, a).Body.Items, Talks: []WeekTalk{},
	}
	if name, makeUp := calendar.Holiday(d.Date); name != "" {
		out.Note = name + "放假"
	} else if makeUp {
		out.Note = "调休上班"
	}
	for _, sl := range d.Slots {
		if sl.Free {
			out.Free++
		}
	}
	for i := range d.Leaves {
		out.Leaves = append(out.Leaves, d.Leaves[i].TimeText(now))
	}
	for _, t := range d.Talks {
		place := t.Place
		if place == "" {
			place = t.StationName + t.RoomName
		}
		out.Talks = append(out.Talks, WeekTalk{t.ID, t.Topic, local(t.StartsAt), cabin.SpanText(t.StartsAt, t.EndsAt, now), place})
	}
	return out
}
