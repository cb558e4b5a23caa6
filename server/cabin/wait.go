package cabin

import (
	"fmt"
	"time"
)

// WaitState is the state of a place in the line for a full slot or talk (domain: "Warm cabin").
type WaitState string

// The states. Only Waiting and Offered are live.
const (
	InLine  WaitState = "waiting"
	Offered WaitState = "offered"
	Seated  WaitState = "taken"
	Left    WaitState = "left"
	Lapsed  WaitState = "lapsed"
)

// WaitStates lists them in the order of a wait's life.
var WaitStates = []WaitState{InLine, Offered, Seated, Left, Lapsed}

var waitStateNames = map[WaitState]string{
	InLine: "候补中", Offered: "有位子了", Seated: "已约上", Left: "已退出", Lapsed: "没有排到",
}

// Name is the state's Chinese name.
func (s WaitState) Name() string { return waitStateNames[s] }

// Live tells whether the person still stands in line.
func (s WaitState) Live() bool { return s == InLine || s == Offered }

// WaitCommand moves a wait.
type WaitCommand string

// The commands.
const (
	WaitJoin   WaitCommand = "join"
	WaitOffer  WaitCommand = "offer"
	WaitTake   WaitCommand = "take"
	WaitRefuse WaitCommand = "refuse"
	WaitLeave  WaitCommand = "leave"
	WaitLapse  WaitCommand = "lapse"
	WaitRetime WaitCommand = "retime"   // the talk got another time or place
	WaitEnd    WaitCommand = "call_off" // the talk was cancelled, or a talk took the slot
)

type waitMove = Transition[WaitState, WaitCommand]

// WaitTransitions is the one table of a wait's life.
var WaitTransitions = []waitMove{
	{From: "", Command: WaitJoin, By: residentStaff, To: InLine, Text: "开始候补"},
	{From: InLine, Command: WaitOffer, By: system, To: Offered, Tell: []Audience{ToResident}, Text: "空出了位子"},
	{From: InLine, Command: WaitLeave, By: resident, To: Left, Label: "不等了", Danger: true, Confirm: "确定不等了吗？再来要重新排队。", Text: "退出了候补"},
	{From: InLine, Command: WaitLapse, By: system, To: Lapsed, Tell: []Audience{ToResident}, Text: "没有空出位子"},
	{From: Offered, Command: WaitTake, By: resident, To: Seated, Label: "我要这个位子", Primary: true, Text: "要了这个位子"},
	{From: Offered, Command: WaitRefuse, By: resident, To: Left, Label: "让给下一位", Danger: true, Confirm: "确定让给下一位吗？", Text: "让给了下一位"},
	{From: Offered, Command: WaitLapse, By: system, To: Lapsed, Tell: []Audience{ToResident}, Text: "没有在保留的时间里答复，让给了下一位"},
	{From: InLine, Command: WaitRetime, By: system, To: InLine, Tell: []Audience{ToResident}, Text: "讲座改了时间地点"},
	{From: Offered, Command: WaitRetime, By: system, To: InLine, Tell: []Audience{ToResident}, Text: "讲座改了时间地点"},
	{From: InLine, Command: WaitEnd, By: system, To: Lapsed, Tell: []Audience{ToResident}, Text: "候补结束"},
	{From: Offered, Command: WaitEnd, By: system, To: Lapsed, Tell: []Audience{ToResident}, Text: "候补结束"},
}

// Wait is a resident's place in the line for a full slot of a deputy, or a full talk.
type Wait struct {
	ID         int64      `db:"id"`
	ResidentID int64      `db:"resident_id"`
	DeputyID   int64      `db:"deputy_id"`
	TalkID     int64      `db:"talk_id"` // 0: a slot of the deputy
	StationID  int64      `db:"station_id"`
	RoomID     int64      `db:"room_id"`
	Service    Service    `db:"service"`
	Party      int        `db:"party"`
	Topic      string     `db:"topic"`
	Note       string     `db:"note"`
	StartsAt   time.Time  `db:"starts_at"`
	EndsAt     time.Time  `db:"ends_at"`
	State      WaitState  `db:"state"`
	OfferUntil *time.Time `db:"offer_until"`
	DueAt      *time.Time `db:"due_at"` // when the clock ends it, or the offer
	BookingID  int64      `db:"booking_id"`
	CreatedAt  time.Time  `db:"created_at"`
	UpdatedAt  time.Time  `db:"updated_at"`

	// Filled by reads.
	DeputyName  string `db:"deputy_name"`
	StationName string `db:"station_name"`
	RoomName    string `db:"room_name"`
	TalkTopic   string `db:"talk_topic"`
	Ahead       int    `db:"ahead"` // people before them in the line
}

// RolesOf lists what the actor is to this wait.
func (w *Wait) RolesOf(a Actor) []Role {
	var roles []Role
	if a.System {
		roles = append(roles, System)
	}
	if a.PersonID != 0 && a.PersonID == w.ResidentID {
		roles = append(roles, Resident)
	}
	return roles
}

// OfferOver tells whether the time to answer an offer is over.
func (w *Wait) OfferOver(now time.Time) bool {
	return w.State == Offered && w.OfferUntil != nil && !now.Before(*w.OfferUntil)
}

// LastOffer is the last moment at which the seat can still be offered: the lead time
// before the start.
func (w *Wait) LastOffer(p Presets) time.Time { return w.StartsAt.Add(-p.BookLead) }

// Actions lists what this actor may do with the wait now.
func (w *Wait) Actions(a Actor, now time.Time) []Action {
	return offered(WaitTransitions, w.State, w.RolesOf(a), func(t *waitMove, r Role) error { return w.guard(t, now) })
}

// Apply moves the wait. Errors as Booking.Apply.
func (w *Wait) Apply(command WaitCommand, a Actor, now time.Time, p Presets) (Event, []Audience, error) {
	roles := w.RolesOf(a)
	t, role, err := find(WaitTransitions, w.State, command, roles, func(t *waitMove, r Role) error { return w.guard(t, now) })
	if err != nil {
		return Event{}, nil, err
	}
	if t == nil {
		return Event{}, nil, refusal(roles, commandKnown(WaitTransitions, w.State, command), w.State.Name())
	}
	e := Event{Command: string(command), From: string(w.State), To: string(t.To), Role: role, Text: t.Text}
	w.State, w.UpdatedAt, w.OfferUntil, w.DueAt = t.To, now, nil, nil
	switch command {
	case WaitJoin, WaitRetime:
		last := w.LastOffer(p)
		w.DueAt = &last
	case WaitOffer:
		until := earlier(p.OfferUntil(now), w.StartsAt)
		w.OfferUntil, w.DueAt = &until, &until
	}
	return e, t.Tell, nil
}

func (w *Wait) guard(t *waitMove, now time.Time) error {
	switch t.Command {
	case WaitTake, WaitRefuse:
		if w.OfferOver(now) {
			return E(CodeConflict, "保留的时间已过，位子让给了下一位。")
		}
	case WaitLapse:
		if w.DueAt == nil || now.Before(*w.DueAt) {
			return E(CodeConflict, "还没到时间。")
		}
	}
	return nil
}

// Next says to the person in line what happens next.
func (w *Wait) Next(now time.Time, p Presets) string {
	switch {
	case w.OfferOver(now):
		return "保留的时间已过"
	case w.State == Offered:
		return "给您保留到 " + MomentText(*w.OfferUntil) + "，请尽快答复"
	case w.State == InLine && w.Ahead > 0:
		return fmt.Sprintf("前面还有 %d 位。空出来会马上告诉您，%s", w.Ahead, p.OfferText(w.StartsAt))
	case w.State == InLine:
		return "您排在第一位。空出来会马上告诉您，" + p.OfferText(w.StartsAt)
	}
	return ""
}

// WaitNotice is the news of event e about w, for the person in line.
func WaitNotice(w *Wait, e Event, now time.Time) Notice {
	when := SpanText(w.StartsAt, w.EndsAt, now)
	what := firstText(w.TalkTopic, w.DeputyName+"代表")
	n := Notice{
		Matter: MatterWait, MatterID: w.ID, Template: TellBookingChanged, Page: fmt.Sprintf("/pages/booking/wait?id=%d", w.ID),
		Values: Values{
			"number": Number(w.ID, w.CreatedAt), "time": timeValue(w.StartsAt), "topic": firstText(w.Topic, w.Service.Name()),
			"state": w.State.Name(), "who": what, "remark": "点开查看详情",
		},
	}
	switch WaitCommand(e.Command) {
	case WaitOffer:
		n.Title, n.Body = "有位子了："+what, when+"。给您保留到 "+MomentText(*w.OfferUntil)+"，请点开答复。"
		n.Until = *w.OfferUntil
	case WaitRetime:
		n.Title, n.Body = "讲座改了时间地点："+what, "现在是 "+when+"。您的候补还在，先后次序不变。"
	case WaitEnd:
		n.Title, n.Body = "候补没有排到："+what, when+"。代表这个时间有别的安排。您可以换个时间再约。"
		if w.TalkID != 0 {
			n.Title, n.Body = "讲座取消了："+what, "原定 "+when+"。您的候补也结束了，很抱歉。"
		}
	default:
		n.Title, n.Body = "候补没有排到："+what, when+"。"+e.Text+"。您可以换个时间再约。"
	}
	return n
}
