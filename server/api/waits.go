package api

import (
	"context"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// Wait is a place in the line for a full slot or talk.
type Wait struct {
	ID          int64           `json:"id"`
	State       cabin.WaitState `json:"state" enum:"waiting,offered,taken,left,lapsed"`
	StateName   string          `json:"stateName"`
	Tone        string          `json:"tone" enum:"waiting,done,told,late"`
	DeputyID    int64           `json:"deputyId"`
	DeputyName  string          `json:"deputyName"`
	TalkID      int64           `json:"talkId,omitempty"`
	TalkTopic   string          `json:"talkTopic,omitempty"`
	StationName string          `json:"stationName"`
	RoomName    string          `json:"roomName"`
	Service     cabin.Service   `json:"service"`
	ServiceName string          `json:"serviceName"`
	Party       int             `json:"party"`
	Topic       string          `json:"topic"`
	Note        string          `json:"note"`
	Start       time.Time       `json:"start"`
	End         time.Time       `json:"end"`
	TimeText    string          `json:"timeText"`
	Ahead       int             `json:"ahead" doc:"people before this one"`
	OfferUntil  *time.Time      `json:"offerUntil,omitempty" doc:"the seat is kept until then"`
	Kept        string          `json:"kept" doc:"how long a seat is kept for the first in line: 给您留 2 小时"`
	Next        string          `json:"next"`
	BookingID   int64           `json:"bookingId,omitempty" doc:"what it became"`
	CreatedAt   time.Time       `json:"createdAt"`
	Actions     []cabin.Action  `json:"actions" nullable:"false"`
}

func (s *Server) wait(w *cabin.Wait, a cabin.Actor) Wait {
	now, p := s.DB.Now(), s.DB.Presets()
	out := Wait{
		ID: w.ID, State: w.State, StateName: w.State.Name(), Tone: waitTones[w.State], DeputyID: w.DeputyID, DeputyName: w.DeputyName,
		TalkID: w.TalkID, TalkTopic: w.TalkTopic, StationName: w.StationName, RoomName: w.RoomName, Service: w.Service, ServiceName: w.Service.Name(),
		Party: w.Party, Topic: w.Topic, Note: w.Note, Start: local(w.StartsAt), End: local(w.EndsAt), TimeText: cabin.SpanText(w.StartsAt, w.EndsAt, now),
		Ahead: w.Ahead, OfferUntil: localPtr(w.OfferUntil), Kept: p.OfferText(w.StartsAt), Next: w.Next(now, p), BookingID: w.BookingID, CreatedAt: local(w.CreatedAt), Actions: w.Actions(a, now),
	}
	if w.OfferOver(now) {
		out.State, out.StateName, out.Tone = cabin.Lapsed, cabin.Lapsed.Name(), waitTones[cabin.Lapsed]
	}
	return out
}

var waitTones = map[cabin.WaitState]string{
	cabin.InLine: "waiting", cabin.Offered: "done", cabin.Seated: "done", cabin.Left: "told", cabin.Lapsed: "told",
}

func (s *Server) waits() {
	add(s, "wait-join", s.joinWait)
	add(s, "wait", s.getWait)
	add(s, "wait-command", s.commandWait)
	add(s, "my-waits", s.myWaits)
}

type joinWaitIn struct {
	IdemKey
	Body struct {
		DeputyID int64         `json:"deputyId,omitempty" minimum:"0" doc:"with start: a slot of this deputy"`
		Start    *time.Time    `json:"start,omitempty"`
		Service  cabin.Service `json:"service,omitempty" enum:"talk_one,enterprise,phone,"`
		TalkID   int64         `json:"talkId,omitempty" minimum:"0" doc:"or a talk"`
		Party    int           `json:"party,omitempty" minimum:"0" maximum:"5" doc:"for a talk: people who come"`
		Topic    string        `json:"topic,omitempty" maxLength:"80"`
		Note     string        `json:"note,omitempty" maxLength:"1000"`
	}
}

func (s *Server) joinWait(ctx context.Context, in *joinWaitIn) (*body[Wait], error) {
	b := &in.Body
	n := mysql.NewWait{
		ResidentID: me(ctx), DeputyID: b.DeputyID, Service: b.Service, TalkID: b.TalkID, Party: max(b.Party, 1),
		Topic: cabin.Clean(b.Topic), Note: cabin.Clean(b.Note),
	}
	least := 1
	if n.TalkID != 0 {
		n.DeputyID, least = 0, 0
	} else if b.Start == nil || b.DeputyID == 0 {
		return nil, cabin.Invalid("start", "请选择时间。")
	} else {
		n.Start = *b.Start
	}
	if err := cabin.CheckText("topic", n.Topic, least, cabin.MaxTopic); err != nil {
		return nil, err
	}
	if err := cabin.CheckText("note", n.Note, 0, cabin.MaxNote); err != nil {
		return nil, err
	}
	w, err := s.DB.Waits.Join(ctx, in.of(ctx, "wait", b), n)
	if err != nil {
		return nil, err
	}
	return reply(s.wait(w, cabin.Actor{PersonID: me(ctx)})), nil
}

func (s *Server) getWait(ctx context.Context, in *ByID) (*body[Wait], error) {
	a := cabin.Actor{PersonID: me(ctx)}
	w, err := s.DB.Waits.Get(ctx, a, in.ID)
	if err != nil {
		return nil, err
	}
	return reply(s.wait(w, a)), nil
}

type commandWaitIn struct {
	ByID
	Body struct {
		Command cabin.WaitCommand `json:"command" maxLength:"20"`
	}
}

func (s *Server) commandWait(ctx context.Context, in *commandWaitIn) (*body[Wait], error) {
	a := cabin.Actor{PersonID: me(ctx)}
	w, err := s.DB.Waits.Command(ctx, a, in.ID, in.Body.Command)
	if err != nil {
		return nil, err
	}
	return reply(s.wait(w, a)), nil
}

func (s *Server) myWaits(ctx context.Context, in *Paging) (*body[List[Wait]], error) {
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Waits.Mine(ctx, me(ctx), page.ID, page.Limit)
	if err != nil {
		return nil, err
	}
	a := cabin.Actor{PersonID: me(ctx)}
	return paged(rows, in.Limit, func(w *cabin.Wait) (time.Time, int64) { return w.CreatedAt, w.ID }, func(w *cabin.Wait) Wait { return s.wait(w, a) }), nil
}
