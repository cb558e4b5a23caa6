package cabin

import (
	"fmt"
	"slices"
	"time"
)

// TalkState is the state of a group talk (domain: "Warm cabin", 讲座).
type TalkState string

// The states.
const (
	TalkProposed  TalkState = "proposed"
	TalkOpen      TalkState = "open"
	TalkDone      TalkState = "done"
	TalkDeclined  TalkState = "declined"
	TalkCancelled TalkState = "cancelled"
)

// TalkStates lists them in the order of a talk's life.
var TalkStates = []TalkState{TalkProposed, TalkOpen, TalkDone, TalkDeclined, TalkCancelled}

var talkStateNames = map[TalkState]string{
	TalkProposed: "待安排", TalkOpen: "可以报名", TalkDone: "已办完", TalkDeclined: "未能安排", TalkCancelled: "已取消",
}

// Name is the state's Chinese name.
func (s TalkState) Name() string { return talkStateNames[s] }

// TalkCommand moves a talk.
type TalkCommand string

// The commands.
const (
	TalkPropose    TalkCommand = "propose"
	TalkSchedule   TalkCommand = "schedule"
	TalkReschedule TalkCommand = "reschedule"
	TalkSeats      TalkCommand = "seats"
	TalkDecline    TalkCommand = "decline"
	TalkCancel     TalkCommand = "cancel"
	TalkFinish     TalkCommand = "done"
	TalkClose      TalkCommand = "close" // by the clock: nobody wrote the record
)

// Limits of a talk.
const (
	MinTalkSeats  = 5
	MaxTalkSeats  = 200
	MaxTalkIntro  = 1000
	MaxTalkWish   = 100
	MaxTalkPlace  = 60
	MaxTalkLength = 4 * time.Hour
	TalkAheadDays = 180 // a talk is announced at most so early
)

type talkMove = Transition[TalkState, TalkCommand]

var (
	hosts     = []Role{Community, Liaison}
	everybody = []Audience{ToResident, ToCommunity, ToDeputy, ToStaff}
)

// TalkTransitions is the one table of a talk's life.
var TalkTransitions = []talkMove{
	{From: "", Command: TalkPropose, By: []Role{Community, Liaison, Staff, Deputy}, To: TalkProposed, Tell: []Audience{ToDeputy, ToStaff, ToCommunity}, Text: "提出了讲座"},

	{From: TalkProposed, Command: TalkSchedule, By: bySideA, To: TalkOpen, Needs: []Need{NeedTime, NeedPlace, NeedSeats}, Tell: everybody, Label: "定时间地点", Primary: true, Text: "定下了时间和地点"},
	{From: TalkProposed, Command: TalkDecline, By: bySideA, To: TalkDeclined, Needs: []Need{NeedReason}, Tell: everybody, Label: "不能安排", Danger: true, Confirm: "确定不能安排吗？请写明原因，我们会告诉提出的人。", Text: "这次不能安排"},
	{From: TalkProposed, Command: TalkCancel, By: hosts, To: TalkCancelled, Needs: []Need{NeedReason}, Tell: []Audience{ToDeputy, ToStaff, ToCommunity}, Label: "撤回", Danger: true, Confirm: "确定撤回吗？请写明原因，我们会告诉代表和联络站。", Text: "撤回了讲座"},

	{From: TalkOpen, Command: TalkFinish, By: bySideA, To: TalkDone, Needs: []Need{NeedNote}, Tell: []Audience{ToResident, ToCommunity, ToDeputy}, Label: "写服务记录", Primary: true, Text: "讲座办完了"},
	{From: TalkOpen, Command: TalkClose, By: system, To: TalkDone, Tell: []Audience{ToCommunity, ToDeputy, ToStaff}, Text: "讲座结束多日，自动办结"},
	{From: TalkDone, Command: TalkFinish, By: bySideA, To: TalkDone, Needs: []Need{NeedNote}, Label: "补写服务记录", Primary: true, Text: "补写了服务记录"},
	{From: TalkOpen, Command: TalkReschedule, By: bySideA, To: TalkOpen, Needs: []Need{NeedTime, NeedPlace, NeedReason}, Tell: everybody, Label: "改时间", Text: "改了时间地点"},
	{From: TalkOpen, Command: TalkSeats, By: bySideA, To: TalkOpen, Needs: []Need{NeedSeats}, Tell: []Audience{ToCommunity}, Label: "改座位", Text: "改了座位数"},
	{From: TalkOpen, Command: TalkCancel, By: []Role{Deputy, Staff, Community}, To: TalkCancelled, Needs: []Need{NeedReason}, Tell: everybody, Label: "取消", Danger: true, Confirm: "确定取消这场讲座吗？请写明原因，报了名和在候补的人都会马上收到通知。", Text: "取消了讲座"},
}

// Talk is a talk of a deputy for many, at a room of a station or at a place of the host
// community's own.
type Talk struct {
	ID          int64      `db:"id"`
	DeputyID    int64      `db:"deputy_id"`
	StationID   int64      `db:"station_id"`   // its desk runs it: the room's, or the host's
	RoomID      int64      `db:"room_id"`      // 0: at PlaceText
	CommunityID int64      `db:"community_id"` // the host, 0 = none
	PlaceText   string     `db:"place_text"`
	Topic       string     `db:"topic"`
	Intro       string     `db:"intro"`
	Wish        string     `db:"wish"` // the proposer's wish for a time, in words
	Seats       int        `db:"seats"`
	StartsAt    *time.Time `db:"starts_at"` // nil until it is scheduled
	EndsAt      *time.Time `db:"ends_at"`
	State       TalkState  `db:"state"`
	ProposedBy  int64      `db:"proposed_by"`
	Reason      string     `db:"reason"`
	Record      string     `db:"record"` // the service record: for the ledger
	CreatedAt   time.Time  `db:"created_at"`
	UpdatedAt   time.Time  `db:"updated_at"`

	// Filled by reads.
	DeputyName     string `db:"deputy_name"`
	DeputyLevel    string `db:"deputy_level"`
	DeputyPhotoID  string `db:"deputy_photo_id"`
	StationName    string `db:"station_name"`
	StationAddress string `db:"station_address"`
	StationPhone   string `db:"station_phone"`
	RoomName       string `db:"room_name"`
	CommunityName  string `db:"community_name"`
	Taken          int    `db:"-"` // seats that are taken, offers to the line among them
	Waiting        int    `db:"-"` // people in line
}

// Number is the talk's number for people.
func (t *Talk) Number() string { return Number(t.ID, t.CreatedAt) }

// Place is where the talk is held, for people; "" until it is scheduled.
func (t *Talk) Place() string {
	switch {
	case t.RoomID != 0:
		return t.StationName + t.RoomName
	case t.StartsAt != nil:
		return t.PlaceText
	}
	return ""
}

// Left is how many seats can be taken without standing in line.
func (t *Talk) Left() int {
	if t.State != TalkOpen || t.Waiting > 0 {
		return 0
	}
	return max(0, t.Seats-t.Taken)
}

// RolesOf lists what the actor is to this talk.
func (t *Talk) RolesOf(a Actor) []Role {
	var roles []Role
	if a.System {
		roles = append(roles, System)
	}
	if a.Holds(Deputy, t.DeputyID) {
		roles = append(roles, Deputy)
	}
	if a.Holds(Staff, t.StationID) || a.Has(Admin) {
		roles = append(roles, Staff)
	}
	if t.CommunityID != 0 && a.Holds(Community, t.CommunityID) {
		roles = append(roles, Community)
	}
	if t.CommunityID != 0 && a.Holds(Liaison, t.CommunityID) {
		roles = append(roles, Liaison)
	}
	return roles
}

// Announced tells whether everybody may know of the talk: a proposal is between those
// whom it concerns until it has a time.
func (t *Talk) Announced() bool { return t.StartsAt != nil }

// ShowsPeople tells whether this reader may see who signed up: the deputy and the desk.
// The host community sees how many.
func (t *Talk) ShowsPeople(a Actor) bool {
	return slices.ContainsFunc(t.RolesOf(a), func(r Role) bool { return r == Deputy || r == Staff })
}

// SignsUp tells whether this actor may now sign somebody up who has no WeChat: at the desk
// that runs it, while seats are left that nobody in line waits for.
func (t *Talk) SignsUp(a Actor, now time.Time) bool {
	return slices.Contains(t.RolesOf(a), Staff) && t.State == TalkOpen && t.StartsAt != nil && t.StartsAt.After(now) && t.Left() > 0
}

// Actions lists what this actor may do with the talk now.
func (t *Talk) Actions(a Actor, now time.Time) []Action {
	return offered(TalkTransitions, t.State, t.RolesOf(a), func(m *talkMove, _ Role) error { return t.guard(m, now) })
}

// Apply moves the talk. It changes t only when it succeeds. in.Offer is the time, with the
// room or without; in.Place is the place in words. Errors as Booking.Apply.
func (t *Talk) Apply(command TalkCommand, a Actor, in Input, now time.Time) (Event, []Audience, error) {
	roles := t.RolesOf(a)
	m, role, err := find(TalkTransitions, t.State, command, roles, func(m *talkMove, _ Role) error { return t.guard(m, now) })
	if err != nil {
		return Event{}, nil, err
	}
	if m == nil {
		return Event{}, nil, refusal(roles, commandKnown(TalkTransitions, t.State, command), t.State.Name())
	}
	if err := checkNeeds(m.Needs, in); err != nil {
		return Event{}, nil, err
	}
	if slices.Contains(m.Needs, NeedTime) {
		if err := t.checkTime(in, now); err != nil {
			return Event{}, nil, err
		}
	}
	e := Event{Command: string(command), From: string(t.State), To: string(m.To), Role: role, Note: in.Reason}
	t.set(m, in, now)
	e.Text = t.sentence(m)
	return e, m.Tell, nil
}

func (t *Talk) guard(m *talkMove, now time.Time) error {
	switch m.Command {
	case TalkReschedule, TalkSeats:
		if !now.Before(*t.StartsAt) {
			return E(CodeConflict, "讲座已经开始了。")
		}
	case TalkFinish:
		if now.Before(*t.StartsAt) {
			return E(CodeConflict, "讲座还没有开始。")
		}
		if t.Record != "" {
			return E(CodeConflict, "服务记录已经写好了。")
		}
	case TalkClose:
		if now.Before(*t.EndsAt) {
			return E(CodeConflict, "讲座还没有结束。")
		}
	}
	return nil
}

// checkTime holds a time against what a talk may have: whole quarter hours of one day.
func (t *Talk) checkTime(in Input, now time.Time) error {
	start, end := in.Offer.Start, in.Offer.End
	switch {
	case !start.After(now):
		return Invalid("start", "这个时间已经过去，请选晚一点的时间。")
	case start.After(midnight(now).AddDate(0, 0, TalkAheadDays+1)):
		return Invalid("start", fmt.Sprintf("只能安排 %d 天以内的讲座。", TalkAheadDays))
	case start.Unix()%quarterSeconds != 0 || end.Unix()%quarterSeconds != 0:
		return Invalid("start", "时间请选整刻钟，例如 9:00 或 9:15。")
	case !end.After(start) || end.Sub(start) > MaxTalkLength || !midnight(start).Equal(midnight(end)):
		return Invalid("end", fmt.Sprintf("结束要在同一天，而且不超过 %d 小时。", int(MaxTalkLength.Hours())))
	}
	if t.State == TalkOpen && t.StartsAt.Equal(start) && t.EndsAt.Equal(end) && t.RoomID == in.Offer.RoomID && (t.RoomID != 0 || t.PlaceText == in.Place) {
		return Invalid("start", "这就是原来的时间和地点。")
	}
	return nil
}

func (t *Talk) set(m *talkMove, in Input, now time.Time) {
	t.State, t.UpdatedAt = m.To, now
	switch m.Command {
	case TalkPropose:
		t.CreatedAt = now
	case TalkSchedule, TalkReschedule:
		t.at(*in.Offer, in.Place)
		if m.Command == TalkSchedule {
			t.Seats = in.Seats
		}
	case TalkSeats:
		t.Seats = in.Seats
	case TalkDecline, TalkCancel:
		t.Reason = in.Reason
	case TalkFinish:
		t.Record = in.Note
	}
}

func (t *Talk) at(s Slot, place string) {
	start, end := s.Start, s.End
	t.StartsAt, t.EndsAt, t.RoomID, t.RoomName, t.PlaceText = &start, &end, s.RoomID, s.RoomName, place
	if s.RoomID != 0 {
		t.StationID, t.StationName, t.StationAddress, t.StationPhone, t.PlaceText = s.StationID, s.StationName, s.StationAddress, s.StationPhone, ""
	}
}

// sentence is the line of the timeline, with what was settled.
func (t *Talk) sentence(m *talkMove) string {
	switch m.Command {
	case TalkSchedule:
		return fmt.Sprintf("定在%s，%s，%d 个座位", DatedSpan(*t.StartsAt, *t.EndsAt), t.Place(), t.Seats)
	case TalkReschedule:
		return "改到" + DatedSpan(*t.StartsAt, *t.EndsAt) + "，" + t.Place()
	case TalkSeats:
		return fmt.Sprintf("座位改为 %d 个", t.Seats)
	}
	return m.Text
}

// Slot is the time and place of a scheduled talk, as its bookings keep it.
func (t *Talk) Slot() Slot {
	return Slot{
		DeputyID: t.DeputyID, Service: GroupTalk, Start: *t.StartsAt, End: *t.EndsAt, StationID: t.StationID, RoomID: t.RoomID,
		StationName: t.StationName, StationAddress: t.StationAddress, StationPhone: t.StationPhone, RoomName: t.RoomName,
	}
}

// Next says who does what next, to this reader.
func (t *Talk) Next(a Actor, now time.Time) string {
	acts := t.ShowsPeople(a)
	switch t.State {
	case TalkProposed:
		if acts {
			return "请定下时间和地点，或者说明不能安排的原因"
		}
		return "等代表或联络站定时间"
	case TalkOpen:
		switch {
		case !now.Before(*t.EndsAt) && acts:
			return "讲座结束了，请写服务记录"
		case !now.Before(*t.StartsAt):
			return "已经开讲"
		case t.Left() > 0:
			return fmt.Sprintf("还有 %d 个座位", t.Left())
		case t.Waiting > 0:
			return fmt.Sprintf("座位已满，%d 人在候补", t.Waiting)
		}
		return "座位已满，可以候补"
	case TalkDone:
		if t.Record == "" && acts {
			return "请补写服务记录"
		}
	case TalkDeclined:
		return "可以换个主题，或者请另一位代表"
	}
	return ""
}

// TalkNotice is the news of event e about t, for the proposer (ToResident), the host
// community, the deputy or the desk. Who signed up is told by their booking.
func TalkNotice(t *Talk, e Event, to Audience, now time.Time) Notice {
	n := Notice{
		Matter: MatterTalk, MatterID: t.ID, Template: TellBookingChanged, Page: fmt.Sprintf("/pages/talk/detail?id=%d", t.ID),
		Values: Values{
			"number": t.Number(), "time": timeValue(now), "topic": firstText(t.Topic, GroupTalk.Name()), "state": t.State.Name(),
			"who": firstText(t.CommunityName, t.DeputyName), "remark": firstText(e.Note, "点开查看详情"),
		},
	}
	when := ""
	if t.StartsAt != nil {
		n.Values["time"] = timeValue(*t.StartsAt)
		when = SpanText(*t.StartsAt, *t.EndsAt, now) + "，" + t.Place() + "。"
	}
	n.Title, n.Body = t.news(e, to, when)
	if e.Note != "" {
		n.Body += "说明：" + shorten(e.Note, 100)
	}
	if TalkCommand(e.Command) == TalkPropose {
		n.Template = TellBookingRequested
	}
	return n
}

func (t *Talk) news(e Event, to Audience, when string) (title, body string) {
	of := "“" + t.Topic + "”（" + t.DeputyName + "代表）。"
	switch TalkCommand(e.Command) {
	case TalkPropose:
		title = firstText(t.CommunityName, "联络站") + "请代表办讲座"
		if to == ToCommunity {
			title = "提出了一场讲座"
		}
		if t.Wish != "" {
			of += "希望：" + t.Wish + "。"
		}
		return title, of + "请定下时间和地点。"
	case TalkSchedule:
		return "讲座定下来了", of + when
	case TalkReschedule:
		return "讲座改了时间地点", of + when
	case TalkSeats:
		return fmt.Sprintf("讲座的座位改为 %d 个", t.Seats), of + when
	case TalkDecline:
		return "讲座这次不能安排", of
	case TalkFinish:
		return "讲座办完了", of + when
	case TalkClose:
		if to == ToCommunity {
			return "讲座办完了", of + when
		}
		return "讲座自动办结了，请补写服务记录", of + when
	}
	if e.From == string(TalkProposed) {
		return "讲座的提议撤回了", of
	}
	return "讲座取消了", of + when
}
