package api

import (
	"context"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// Talk is a group talk as its reader sees it.
type Talk struct {
	ID            int64           `json:"id"`
	Number        string          `json:"number"`
	State         cabin.TalkState `json:"state" enum:"proposed,open,done,declined,cancelled"`
	StateName     string          `json:"stateName"`
	Tone          string          `json:"tone" enum:"waiting,done,told,late"`
	Deputy        DeputyName      `json:"deputy"`
	CommunityID   int64           `json:"communityId,omitempty" doc:"the host"`
	CommunityName string          `json:"communityName"`
	StationID     int64           `json:"stationId" doc:"whose desk runs it"`
	StationName   string          `json:"stationName"`
	StationPhone  string          `json:"stationPhone"`
	RoomID        int64           `json:"roomId,omitempty"`
	Place         string          `json:"place" doc:"where to go; empty until it is scheduled"`
	Address       string          `json:"address" doc:"of the station, when it is in one of its rooms"`
	Topic         string          `json:"topic"`
	Intro         string          `json:"intro"`
	Wish          string          `json:"wish" doc:"the wish for a time, in words, while it has none"`
	Seats         int             `json:"seats"`
	Taken         int             `json:"taken" doc:"seats that are taken or kept for somebody in line"`
	Left          int             `json:"left" doc:"seats to be had without standing in line"`
	Waiting       int             `json:"waiting" doc:"people in line"`
	Start         *time.Time      `json:"start,omitempty"`
	End           *time.Time      `json:"end,omitempty"`
	TimeText      string          `json:"timeText"`
	Kept          string          `json:"kept" doc:"how long a seat is kept for the first in line: 给您留 2 小时; empty until it has a time"`
	Next          string          `json:"next"`
	Reason        string          `json:"reason"`
	MaxParty      int             `json:"maxParty" doc:"people whom one may sign up, themselves among them"`
	SignUp        bool            `json:"signUp" doc:"seats can be taken, or the line be joined when none is left"`
	SignsUp       bool            `json:"signsUp" doc:"the reader is at the desk and may sign up somebody without WeChat"`

	// With one talk only.
	Booking *Booking       `json:"booking,omitempty" doc:"the reader's own seats, the newest"`
	Wait    *Wait          `json:"wait,omitempty" doc:"the reader's own place in line"`
	Record  string         `json:"record" doc:"for those whom it concerns"`
	Came    int            `json:"came" doc:"people who were checked in"`
	Stars   float64        `json:"stars" doc:"on average; 0 = nobody rated"`
	People  []TalkSeat     `json:"people,omitempty" nullable:"false" doc:"for the deputy and the desk"`
	Events  []Event        `json:"events,omitempty" nullable:"false" doc:"newest first, for those whom it concerns"`
	Actions []cabin.Action `json:"actions" nullable:"false" doc:"what this reader may do now; draw buttons from it"`
}

// TalkSeat is who signed up, for the deputy and the desk.
type TalkSeat struct {
	BookingID int64  `json:"bookingId"`
	Name      string `json:"name"`
	Party     int    `json:"party"`
	State     string `json:"state"`
	StateName string `json:"stateName"`
	Tone      string `json:"tone" enum:"waiting,done,told,late"`
}

var talkTones = map[cabin.TalkState]string{cabin.TalkProposed: "waiting", cabin.TalkOpen: "done"}

func (s *Server) talk(t *cabin.Talk, a cabin.Actor) Talk {
	now := s.DB.Now()
	out := Talk{
		ID: t.ID, Number: t.Number(), State: t.State, StateName: t.State.Name(), Tone: tone(talkTones[t.State]),
		Deputy:      DeputyName{t.DeputyID, t.DeputyName, cabin.LevelName(t.DeputyLevel), t.DeputyPhotoID},
		CommunityID: t.CommunityID, CommunityName: t.CommunityName, StationID: t.StationID, StationName: t.StationName, StationPhone: t.StationPhone,
		RoomID: t.RoomID, Place: t.Place(), Topic: t.Topic, Intro: t.Intro, Seats: t.Seats, Taken: t.Taken, Left: t.Left(), Waiting: t.Waiting,
		Start: localPtr(t.StartsAt), End: localPtr(t.EndsAt), Next: t.Next(a, now), Reason: t.Reason, MaxParty: mysql.MaxParty, SignsUp: t.SignsUp(a, now), Actions: t.Actions(a, now),
	}
	if t.RoomID != 0 {
		out.Address = t.StationAddress
	}
	if t.StartsAt == nil {
		out.Wish = t.Wish
		return out
	}
	out.TimeText, out.Kept = cabin.SpanText(*t.StartsAt, *t.EndsAt, now), s.DB.Presets().OfferText(*t.StartsAt)
	out.SignUp = t.State == cabin.TalkOpen && t.StartsAt.After(now)
	if t.State == cabin.TalkOpen && !out.SignUp {
		out.StateName, out.Tone = "已经开讲", "told"
	}
	return out
}

func (s *Server) talks() {
	add(s, "talks", s.upcomingTalks)
	add(s, "talk", s.getTalk)
	add(s, "talk-propose", s.proposeTalk)
	add(s, "talk-command", s.commandTalk)
	add(s, "talk-sign-up", s.signUp)
	add(s, "my-talks", s.myTalks)
}

func (s *Server) talkPage(rows []*cabin.Talk, limit int, a cabin.Actor) *body[List[Talk]] {
	return paged(rows, limit, func(t *cabin.Talk) (time.Time, int64) {
		if t.StartsAt == nil {
			return t.CreatedAt, t.ID
		}
		return *t.StartsAt, t.ID
	}, func(t *cabin.Talk) Talk { return s.talk(t, a) })
}

type upcomingTalksIn struct {
	Paging
	DeputyID int64 `query:"deputyId" minimum:"0" doc:"of one deputy; 0 is all"`
}

func (s *Server) upcomingTalks(ctx context.Context, in *upcomingTalksIn) (*body[List[Talk]], error) {
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Talks.Upcoming(ctx, in.DeputyID, page)
	if err != nil {
		return nil, err
	}
	return s.talkPage(rows, in.Limit, cabin.Actor{}), nil
}

func (s *Server) getTalk(ctx context.Context, in *ByID) (*body[Talk], error) {
	a, err := s.visitor(ctx)
	if err != nil {
		return nil, err
	}
	return s.talkView(ctx, a, in.ID)
}

func (s *Server) talkView(ctx context.Context, a cabin.Actor, id int64) (*body[Talk], error) {
	v, err := s.DB.Talks.Get(ctx, a, id)
	if err != nil {
		return nil, err
	}
	out := s.talk(v.Talk, a)
	if v.Booking != nil {
		b := s.booking(v.Booking, cabin.Actor{PersonID: a.PersonID})
		out.Booking = &b
	}
	if v.Wait != nil {
		w := s.wait(v.Wait, cabin.Actor{PersonID: a.PersonID})
		out.Wait = &w
	}
	if len(v.RolesOf(a)) > 0 {
		out.Record, out.Came, out.Stars, out.Events = v.Record, v.Came, v.Stars, events(v.Events)
	}
	for _, b := range v.People {
		out.People = append(out.People, TalkSeat{b.ID, cmpName(b.ResidentName), b.Party, string(b.State), b.State.Name(), tone(bookingTones[b.State])})
	}
	return reply(out), nil
}

type proposeTalkIn struct {
	IdemKey
	Body struct {
		DeputyID    int64  `json:"deputyId" minimum:"1"`
		CommunityID int64  `json:"communityId,omitempty" minimum:"0" doc:"the host; a deputy and a desk may do without"`
		Topic       string `json:"topic" maxLength:"80"`
		Intro       string `json:"intro,omitempty" maxLength:"2000"`
		Wish        string `json:"wish,omitempty" maxLength:"200" doc:"for a time, in words: 周末下午"`
		Seats       int    `json:"seats" minimum:"5" maximum:"200"`
	}
}

func (s *Server) proposeTalk(ctx context.Context, in *proposeTalkIn) (*body[Talk], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	b := &in.Body
	n := mysql.NewTalk{Actor: a, DeputyID: b.DeputyID, CommunityID: b.CommunityID, Topic: cabin.Clean(b.Topic), Intro: cabin.Clean(b.Intro), Wish: cabin.Clean(b.Wish), Seats: b.Seats}
	for _, f := range []struct {
		path, text  string
		least, most int
	}{{"topic", n.Topic, 2, cabin.MaxTopic}, {"intro", n.Intro, 0, cabin.MaxTalkIntro}, {"wish", n.Wish, 0, cabin.MaxTalkWish}} {
		if err := cabin.CheckText(f.path, f.text, f.least, f.most); err != nil {
			return nil, err
		}
	}
	t, err := s.DB.Talks.Propose(ctx, in.of(ctx, "talk", b), n)
	if err != nil {
		return nil, err
	}
	return reply(s.talk(t, a)), nil
}

type commandTalkIn struct {
	ByID
	Body struct {
		Command string     `json:"command" maxLength:"20"`
		Reason  string     `json:"reason,omitempty" maxLength:"400"`
		Note    string     `json:"note,omitempty" maxLength:"2000" doc:"the service record"`
		Start   *time.Time `json:"start,omitempty" doc:"quarter hours"`
		End     *time.Time `json:"end,omitempty" doc:"on the same day, at most four hours later"`
		RoomID  int64      `json:"roomId,omitempty" minimum:"0" doc:"a room of a station; else place"`
		Place   string     `json:"place,omitempty" maxLength:"120" doc:"the host's own place, in words"`
		Seats   int        `json:"seats,omitempty" minimum:"0" maximum:"200"`
	}
}

func (s *Server) commandTalk(ctx context.Context, in *commandTalkIn) (*body[Talk], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	b := &in.Body
	input := cabin.Input{Reason: cabin.Clean(b.Reason), Note: cabin.Clean(b.Note), Place: cabin.Clean(b.Place), Seats: b.Seats}
	if b.Start != nil {
		input.Offer = &cabin.Slot{Start: *b.Start, RoomID: b.RoomID}
		if b.End != nil {
			input.Offer.End = *b.End
		}
	}
	if _, err := s.DB.Talks.Command(ctx, a, in.ID, cabin.TalkCommand(b.Command), input); err != nil {
		return nil, err
	}
	return s.talkView(ctx, a, in.ID)
}

type signUpIn struct {
	ByID
	IdemKey
	Body struct {
		Party int    `json:"party" minimum:"1" maximum:"5" doc:"people who come, oneself among them"`
		Note  string `json:"note,omitempty" maxLength:"1000"`
	}
}

func (s *Server) signUp(ctx context.Context, in *signUpIn) (*body[Booking], error) {
	note := cabin.Clean(in.Body.Note)
	if err := cabin.CheckText("note", note, 0, cabin.MaxNote); err != nil {
		return nil, err
	}
	a := cabin.Actor{PersonID: me(ctx)}
	sent := struct {
		Talk int64
		Body any
	}{in.ID, in.Body}
	b, err := s.DB.Bookings.SignUp(ctx, in.of(ctx, "seat", sent), mysql.SignUp{Actor: a, ResidentID: a.PersonID, TalkID: in.ID, Party: in.Body.Party, Note: note})
	if err != nil {
		return nil, err
	}
	return reply(s.booking(b, a)), nil
}

type myTalksIn struct {
	Paging
	As    cabin.Role      `query:"as" enum:"deputy,staff,community" default:"community" doc:"in which of my roles; community is for liaison officers too"`
	Queue mysql.TalkQueue `query:"queue" enum:"proposed,open,past,refused" default:"open"`
}

func (s *Server) myTalks(ctx context.Context, in *myTalksIn) (*body[List[Talk]], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	var rows []*cabin.Talk
	switch in.As {
	case cabin.Deputy:
		rows, err = s.DB.Talks.OfDeputies(ctx, a.Scopes(cabin.Deputy), in.Queue, page)
	case cabin.Staff:
		var stations []int64
		if stations, err = s.stationsOf(ctx, a); err == nil {
			rows, err = s.DB.Talks.OfStations(ctx, stations, in.Queue, page)
		}
	default:
		rows, err = s.DB.Talks.OfCommunities(ctx, append(a.Scopes(cabin.Community), a.Scopes(cabin.Liaison)...), in.Queue, page)
	}
	if err != nil {
		return nil, err
	}
	return s.talkPage(rows, in.Limit, a), nil
}
