package cabin

import (
	"fmt"
	"slices"
	"time"
)

// BookingState is the state of a booking (domain: "Warm cabin").
type BookingState string

// The states.
const (
	Requested BookingState = "requested"
	Countered BookingState = "countered"
	Confirmed BookingState = "confirmed"
	CheckedIn BookingState = "checked_in"
	Completed BookingState = "completed"
	Declined  BookingState = "declined"
	Cancelled BookingState = "cancelled"
	Expired   BookingState = "expired"
	NoShow    BookingState = "no_show"
)

// BookingStates lists them in the order of a booking's life.
var BookingStates = []BookingState{Requested, Countered, Confirmed, CheckedIn, Completed, Declined, Cancelled, Expired, NoShow}

var bookingStateNames = map[BookingState]string{
	Requested: "等待答复", Countered: "待您选择", Confirmed: "已约好", CheckedIn: "已签到",
	Completed: "已完成", Declined: "未能接受", Cancelled: "已取消", Expired: "已过期", NoShow: "未到场",
}

// Name is the state's Chinese name.
func (s BookingState) Name() string { return bookingStateNames[s] }

// StateName is the name of the state at now to a reader in these roles: who is waited for,
// and who did not come.
func (b *Booking) StateName(roles []Role, now time.Time) string {
	mine := slices.Contains(roles, Resident)
	switch state := b.effective(now); {
	case state == Countered && !mine:
		return "等选民选择"
	case state == NoShow && b.AbsentSide == Deputy:
		return "代表未到"
	case state == NoShow && !mine:
		return "选民未到"
	default:
		return state.Name()
	}
}

// Open tells whether the booking still occupies its time.
func (s BookingState) Open() bool {
	return s == Requested || s == Countered || s == Confirmed || s == CheckedIn
}

// BookingCommand moves a booking.
type BookingCommand string

// The commands.
const (
	BookingRequest        BookingCommand = "request"
	BookingAccept         BookingCommand = "accept"
	BookingDecline        BookingCommand = "decline"
	BookingCounter        BookingCommand = "counter"
	BookingTake           BookingCommand = "take"
	BookingRefuse         BookingCommand = "refuse"
	BookingCancel         BookingCommand = "cancel"
	BookingExpire         BookingCommand = "expire"
	BookingCheckIn        BookingCommand = "check_in"
	BookingComplete       BookingCommand = "complete"
	BookingResidentAbsent BookingCommand = "resident_absent"
	BookingDeputyAbsent   BookingCommand = "deputy_absent"
	BookingRate           BookingCommand = "rate"
	BookingSignUp         BookingCommand = "sign_up" // for a talk
	BookingMove           BookingCommand = "move"
	BookingToDesk         BookingCommand = "to_desk"
	BookingDisplace       BookingCommand = "displace"
	BookingRestore        BookingCommand = "restore" // the leave that displaced it was taken back
	BookingDeputyHere     BookingCommand = "deputy_here"
	BookingUndoAbsent     BookingCommand = "undo_absent"
	BookingObject         BookingCommand = "object"
	BookingUphold         BookingCommand = "uphold"
	BookingClose          BookingCommand = "close"  // the talk ended
	BookingRemind         BookingCommand = "remind" // by the clock: a notice only, no move
	BookingRetime         BookingCommand = "retime" // the talk got another time or place
	BookingCallOff        BookingCommand = "call_off"
)

type bookingMove = Transition[BookingState, BookingCommand]

var (
	bySideA       = []Role{Deputy, Staff}
	resident      = []Role{Resident}
	deputy        = []Role{Deputy}
	staffOnly     = []Role{Staff}
	system        = []Role{System}
	residentStaff = []Role{Resident, Staff}
	marked        = []Role{Resident, Deputy}
)

var (
	bothSides = []Audience{ToResident, ToDeputy}
	everySide = []Audience{ToResident, ToDeputy, ToStaff}
)

const (
	askCancel = "确定取消这次预约吗？时间会让给别人。"
	askTheirs = "确定是选民说不约了吗？时间会让给别人。"
	askTell   = "确定取消吗？请写明原因，我们会马上告诉选民。"
)

// BookingTransitions is the one table of a booking's life. Of two rows with the same
// command the guard decides.
var BookingTransitions = []bookingMove{
	{From: "", Command: BookingRequest, By: residentStaff, To: Requested, Tell: bothSides, Text: "提交了预约"},
	{From: "", Command: BookingSignUp, By: residentStaff, To: Confirmed, Tell: []Audience{ToResident}, Text: "报名了讲座"},

	{From: Requested, Command: BookingAccept, By: bySideA, To: Confirmed, Tell: bothSides, Label: "接受", Primary: true, Text: "接受了预约"},
	{From: Requested, Command: BookingCounter, By: bySideA, To: Countered, Needs: []Need{NeedOffer, NeedReason}, Tell: bothSides, Label: "另约时间", Text: "提出了另一个时间"},
	{From: Requested, Command: BookingDecline, By: bySideA, To: Declined, Needs: []Need{NeedReason}, Tell: bothSides, Label: "不能接受", Danger: true, Confirm: "确定不能接受这次预约吗？请写明原因，我们会告诉选民。", Text: "未能接受预约"},
	{From: Requested, Command: BookingMove, By: resident, To: Requested, Needs: []Need{NeedOffer}, Tell: []Audience{ToDeputy}, Label: "改时间", Text: "改了时间"},
	{From: Requested, Command: BookingCancel, By: resident, To: Cancelled, Tell: []Audience{ToDeputy}, Label: "取消预约", Danger: true, Confirm: askCancel, Text: "取消了预约"},
	{From: Requested, Command: BookingCancel, By: staffOnly, To: Cancelled, Tell: []Audience{ToDeputy}, Label: "替选民取消", Danger: true, Confirm: askTheirs, Text: "按选民的意思取消了预约"},
	{From: Requested, Command: BookingToDesk, By: system, To: Requested, Tell: []Audience{ToResident, ToStaff}, Text: "代表还没有答复，转给联络站跟进"},
	{From: Requested, Command: BookingDisplace, By: system, To: Requested, Tell: []Audience{ToResident, ToStaff}, Text: "代表这个时间有事，联络站会另约时间"},
	{From: Requested, Command: BookingRestore, By: system, To: Requested, Tell: everySide, Text: "代表可以按原来的时间接待了"},
	{From: Requested, Command: BookingExpire, By: system, To: Expired, Tell: []Audience{ToResident, ToDeputy, ToStaff}, Text: "一直没有答复，预约已过期"},

	{From: Countered, Command: BookingTake, By: resident, To: Confirmed, Tell: []Audience{ToDeputy}, Label: "就这个时间", Primary: true, Text: "同意了新的时间"},
	{From: Countered, Command: BookingTake, By: staffOnly, To: Confirmed, Tell: []Audience{ToDeputy}, Label: "选民同意", Primary: true, Text: "选民在电话里同意了新的时间"},
	{From: Countered, Command: BookingMove, By: resident, To: Requested, Needs: []Need{NeedOffer}, Tell: []Audience{ToDeputy}, Label: "另选时间", Text: "另选了时间"},
	{From: Countered, Command: BookingRefuse, By: resident, To: Cancelled, Tell: []Audience{ToDeputy}, Label: "这个时间不行", Danger: true, Confirm: "确定不要这个时间吗？这次预约会取消，您可以重新预约。", Text: "没有同意新的时间，预约取消"},
	{From: Countered, Command: BookingRefuse, By: staffOnly, To: Cancelled, Tell: []Audience{ToDeputy}, Label: "选民不约了", Danger: true, Confirm: askTheirs, Text: "选民在电话里说不约了，预约取消"},
	{From: Countered, Command: BookingCounter, By: bySideA, To: Countered, Needs: []Need{NeedOffer, NeedReason}, Tell: []Audience{ToResident}, Label: "换个时间", Text: "又提出了另一个时间"},
	{From: Countered, Command: BookingDisplace, By: system, To: Requested, Tell: []Audience{ToResident, ToStaff}, Text: "代表这个时间有事，联络站会另约时间"},
	{From: Countered, Command: BookingExpire, By: system, To: Expired, Tell: []Audience{ToResident, ToDeputy, ToStaff}, Text: "新的时间一直没有答复，预约已过期"},

	{From: Confirmed, Command: BookingCheckIn, By: staffOnly, To: CheckedIn, Tell: []Audience{ToDeputy}, Label: "到站签到", Primary: true, Text: "选民已到站签到"},
	{From: Confirmed, Command: BookingDeputyHere, By: deputy, To: Confirmed, Label: "我已到站", Text: "代表已到站"},
	{From: Confirmed, Command: BookingMove, By: resident, To: Requested, Needs: []Need{NeedOffer}, Tell: []Audience{ToDeputy}, Label: "改时间", Text: "改了时间"},
	{From: Confirmed, Command: BookingCounter, By: bySideA, To: Countered, Needs: []Need{NeedOffer, NeedReason}, Tell: bothSides, Label: "改约时间", Text: "因故改约，提出了另一个时间"},
	{From: Confirmed, Command: BookingDisplace, By: system, To: Confirmed, Tell: []Audience{ToResident, ToStaff}, Text: "代表这个时间有事，联络站会另约时间"},
	{From: Confirmed, Command: BookingRestore, By: system, To: Confirmed, Tell: everySide, Text: "代表可以按原来的时间接待了"},
	{From: Confirmed, Command: BookingCancel, By: resident, To: Cancelled, Tell: []Audience{ToDeputy}, Label: "取消预约", Danger: true, Confirm: askCancel, Text: "取消了预约"},
	{From: Confirmed, Command: BookingCancel, By: bySideA, To: Cancelled, Needs: []Need{NeedReason}, Tell: bothSides, Label: "取消", Danger: true, Confirm: askTell, Text: "取消了预约"},
	{From: Confirmed, Command: BookingResidentAbsent, By: bySideA, To: NoShow, Tell: bothSides, Label: "选民未到", Danger: true, Confirm: "确定选民没有到场吗？会告诉选民，选民可以申诉。", Text: "选民未到场"},
	{From: Confirmed, Command: BookingDeputyAbsent, By: staffOnly, To: NoShow, Tell: bothSides, Label: "代表未到", Danger: true, Confirm: "确定代表没有到场吗？会告诉代表，代表可以申诉。", Text: "代表未能到场"},
	{From: Confirmed, Command: BookingComplete, By: deputy, To: Completed, Needs: []Need{NeedNote}, Tell: []Audience{ToResident}, Label: "写服务记录", Text: "完成了接待"},
	{From: Confirmed, Command: BookingClose, By: system, To: Cancelled, Text: "讲座已结束，没有签到记录"},
	{From: Confirmed, Command: BookingRetime, By: system, To: Confirmed, Needs: []Need{NeedOffer}, Tell: []Audience{ToResident}, Text: "讲座改了时间地点"},
	{From: Confirmed, Command: BookingCallOff, By: system, To: Cancelled, Needs: []Need{NeedReason}, Tell: []Audience{ToResident}, Text: "讲座有变动，报名取消"},

	{From: CheckedIn, Command: BookingDeputyHere, By: deputy, To: CheckedIn, Label: "我已到站", Text: "代表已到站"},
	{From: CheckedIn, Command: BookingComplete, By: bySideA, To: Completed, Needs: []Need{NeedNote}, Tell: []Audience{ToResident}, Label: "写服务记录", Primary: true, Text: "完成了接待"},
	{From: CheckedIn, Command: BookingDeputyAbsent, By: residentStaff, To: NoShow, Tell: []Audience{ToResident, ToDeputy, ToStaff}, Label: "代表未到", Danger: true, Confirm: "确定代表没有到场吗？会告诉代表和联络站。", Text: "代表未能到场"},
	{From: CheckedIn, Command: BookingClose, By: system, To: Completed, Tell: []Audience{ToResident}, Text: "讲座已结束"},
	{From: CheckedIn, Command: BookingRetime, By: system, To: Confirmed, Needs: []Need{NeedOffer}, Tell: []Audience{ToResident}, Text: "讲座改了时间地点"},
	{From: CheckedIn, Command: BookingCallOff, By: system, To: Cancelled, Needs: []Need{NeedReason}, Tell: []Audience{ToResident}, Text: "讲座有变动，报名取消"},

	{From: NoShow, Command: BookingUndoAbsent, By: staffOnly, To: CheckedIn, Tell: bothSides, Label: "撤销未到", Primary: true, Text: "撤销了未到记录"},
	{From: NoShow, Command: BookingUndoAbsent, By: staffOnly, To: Confirmed, Tell: bothSides, Label: "撤销未到", Primary: true, Text: "撤销了未到记录"},
	{From: NoShow, Command: BookingObject, By: marked, To: NoShow, Needs: []Need{NeedReason}, Tell: []Audience{ToStaff}, Label: "我有异议", Text: "对未到记录提出异议"},
	{From: NoShow, Command: BookingUphold, By: staffOnly, To: NoShow, Needs: []Need{NeedReason}, Tell: bothSides, Label: "维持记录", Text: "核实后维持未到记录"},

	{From: Completed, Command: BookingRate, By: resident, To: Completed, Needs: []Need{NeedStars}, Label: "评价这次接待", Primary: true, Text: "作出了评价"},
}

// Booking is a resident's appointment with a deputy, or their seats at a talk (TalkID).
// Its number is made of ID and CreatedAt.
type Booking struct {
	ID            int64        `db:"id"`
	ResidentID    int64        `db:"resident_id"`
	DeputyID      int64        `db:"deputy_id"`
	TalkID        int64        `db:"talk_id"`
	StationID     int64        `db:"station_id"`
	RoomID        int64        `db:"room_id"`
	Service       Service      `db:"service"`
	Party         int          `db:"party"` // people who come, the resident among them
	Topic         string       `db:"topic"`
	Note          string       `db:"note"` // the resident's own words: resident, deputy and desk only
	StartsAt      time.Time    `db:"starts_at"`
	EndsAt        time.Time    `db:"ends_at"`
	OfferStartsAt *time.Time   `db:"offer_starts_at"`
	OfferEndsAt   *time.Time   `db:"offer_ends_at"`
	State         BookingState `db:"state"`
	Waiting       Role         `db:"waiting"`    // who must act: deputy, staff, resident; "" = nobody
	HoldUntil     *time.Time   `db:"hold_until"` // while Requested or Countered
	DueAt         *time.Time   `db:"due_at"`     // when the clock does something next
	CheckCode     string       `db:"check_code"` // six digits, for the resident to show
	CheckedInAt   *time.Time   `db:"checked_in_at"`
	DeputyHereAt  *time.Time   `db:"deputy_here_at"`
	DisplacedAt   *time.Time   `db:"displaced_at"` // the deputy cannot keep the time, and no other was found
	AbsentSide    Role         `db:"absent_side"`  // of a no-show: resident or deputy
	AbsentAt      *time.Time   `db:"absent_at"`    // when it was marked
	ObjectedAt    *time.Time   `db:"objected_at"`
	Objection     Objection    `db:"objection_state"`
	BookedBy      int64        `db:"booked_by"` // the staff who booked for them, 0 = they themselves
	Reason        string       `db:"reason"`
	Record        string       `db:"record"`
	Stars         int          `db:"stars"`
	RatingText    string       `db:"rating_text"`
	CreatedAt     time.Time    `db:"created_at"`
	UpdatedAt     time.Time    `db:"updated_at"`

	// Names, filled by reads.
	DeputyName     string `db:"deputy_name"`
	DeputyLevel    string `db:"deputy_level"`
	DeputyPhotoID  string `db:"deputy_photo_id"`
	ResidentName   string `db:"resident_name"`
	ResidentWeChat bool   `db:"resident_wechat"` // false: to be told by phone
	StationName    string `db:"station_name"`
	StationAddress string `db:"station_address"`
	StationPhone   string `db:"station_phone"`
	RoomName       string `db:"room_name"`
	TalkTopic      string `db:"talk_topic"`
	TalkPlace      string `db:"talk_place"`
}

// Objection is what became of a marked person's objection to a no-show.
type Objection string

// An objection is pending until the desk undoes the mark or upholds it.
const (
	ObjectionPending Objection = "pending"
	ObjectionUpheld  Objection = "upheld" // the mark stays
)

// Number is the booking's number for people.
func (b *Booking) Number() string { return Number(b.ID, b.CreatedAt) }

// OpenNames lets the resident's name be opened where the booking is read.
func (b *Booking) OpenNames(open func(personID int64, name string) string) {
	b.ResidentName = open(b.ResidentID, b.ResidentName)
}

// RolesOf lists what the actor is to this booking; nobody else may know of it.
func (b *Booking) RolesOf(a Actor) []Role {
	var roles []Role
	if a.System {
		roles = append(roles, System)
	}
	if a.PersonID != 0 && a.PersonID == b.ResidentID {
		roles = append(roles, Resident)
	}
	if a.Holds(Deputy, b.DeputyID) {
		roles = append(roles, Deputy)
	}
	if a.Holds(Staff, b.StationID) || a.Has(Admin) {
		roles = append(roles, Staff)
	}
	return roles
}

// Actions lists what this actor may do with the booking now.
func (b *Booking) Actions(a Actor, now time.Time, p Presets) []Action {
	return offered(BookingTransitions, b.effective(now), b.RolesOf(a), func(t *bookingMove, r Role) error {
		return b.guard(t, r, now, p)
	})
}

// effective is the state that counts: a hold that ran out is over, whether or not the job came by.
func (b *Booking) effective(now time.Time) BookingState {
	if b.HoldOver(now) {
		return Expired
	}
	return b.State
}

// HoldOver tells whether the booking still waits though its time to wait is over.
func (b *Booking) HoldOver(now time.Time) bool {
	return (b.State == Requested || b.State == Countered) && b.HoldUntil != nil && !now.Before(*b.HoldUntil)
}

// Version tells two things apart that a person would decide about differently: the state,
// the time and the time that is offered. What comes back to the same has the same version.
func (b *Booking) Version(now time.Time) string {
	v := fmt.Sprintf("%s-%d", b.effective(now), b.StartsAt.Unix())
	if b.OfferStartsAt != nil {
		v += fmt.Sprintf("-%d", b.OfferStartsAt.Unix())
	}
	return v
}

// Apply moves the booking. It changes b only when it succeeds. Errors: CodeNotFound for a
// stranger, CodeForbidden, CodeConflict when the state does not fit or is not what the
// person saw (in.Seen), CodeInvalid for input.
func (b *Booking) Apply(command BookingCommand, a Actor, in Input, now time.Time, p Presets) (Event, []Audience, error) {
	roles, state := b.RolesOf(a), b.State
	if !a.System {
		state = b.effective(now)
	}
	if in.Seen != "" && len(roles) > 0 && in.Seen != b.Version(now) {
		start, end := b.Occupies()
		return Event{}, nil, E(CodeConflict, "刚刚有了新进展，现在是“"+b.StateName(roles, now)+"”（"+SpanText(start, end, now)+"）。请看过再决定。")
	}
	t, role, err := find(BookingTransitions, state, command, roles, func(t *bookingMove, r Role) error { return b.guard(t, r, now, p) })
	if err != nil {
		return Event{}, nil, err
	}
	if t == nil {
		return Event{}, nil, refusal(roles, commandKnown(BookingTransitions, state, command), b.StateName(roles, now))
	}
	if err := checkNeeds(t.Needs, in); err != nil {
		return Event{}, nil, err
	}
	e := Event{Command: string(command), From: string(b.State), To: string(t.To), Role: role, Text: t.Text, Note: firstText(in.Reason, in.Note)}
	if command == BookingComplete {
		e.Note = "" // the service record belongs into the ledger, not into what the resident reads
	}
	start, end := b.Occupies()
	b.set(t, in, now, p)
	b.schedule(t, now, p)
	if newStart, newEnd := b.Occupies(); !newStart.Equal(start) {
		e.Old, e.New = DatedSpan(start, end), DatedSpan(newStart, newEnd)
	}
	return e, b.audience(t), nil
}

// audience: a deputy hears of their talk as a whole, not of every seat.
func (b *Booking) audience(t *bookingMove) []Audience {
	if b.TalkID == 0 {
		return t.Tell
	}
	return slices.DeleteFunc(slices.Clone(t.Tell), func(a Audience) bool { return a == ToDeputy })
}

func (b *Booking) guard(t *bookingMove, role Role, now time.Time, p Presets) error {
	if b.TalkID != 0 {
		if err := guardSeat(t, role); err != nil {
			return err
		}
	}
	if b.ResidentWeChat && role == Staff && byPhone(t) {
		return E(CodeForbidden, "这位选民在微信里自己选择，您不能替对方决定。")
	}
	switch t.Command {
	case BookingCancel, BookingMove:
		if role == Resident && t.From == Confirmed && b.DisplacedAt == nil && b.StartsAt.Sub(now) < p.CancelUntil {
			return E(CodeConflict, fmt.Sprintf("离开始不到 %d 小时，不能自己取消或改时间了。请您打电话给联络站。", int(p.CancelUntil.Hours())))
		}
	case BookingCheckIn, BookingDeputyHere:
		if b.StartsAt.Sub(now) > p.CheckInFrom {
			return E(CodeConflict, fmt.Sprintf("还没到签到时间，开始前 %s起可以签到。", durationText(p.CheckInFrom)))
		}
		if t.Command == BookingDeputyHere && b.DeputyHereAt != nil {
			return E(CodeConflict, "您已经签到了。")
		}
	case BookingComplete, BookingClose:
		// Who is checked in may be received before the time, and the record written.
		if now.Before(b.StartsAt) && (t.Command == BookingClose || t.From != CheckedIn) {
			return E(CodeConflict, "还没到约定的时间。")
		}
	case BookingResidentAbsent, BookingDeputyAbsent:
		return b.guardAbsent(t, role, now)
	case BookingUndoAbsent, BookingObject, BookingUphold:
		return b.guardMark(t, role, now, p)
	case BookingAccept:
		if b.DisplacedAt != nil {
			return E(CodeConflict, "代表这个时间有事，请另约时间。")
		}
	case BookingRestore:
		if b.DisplacedAt == nil {
			return E(CodeConflict, "时间没有变动。")
		}
	case BookingToDesk:
		if b.Waiting == Staff || b.DueAt == nil || now.Before(*b.DueAt) {
			return E(CodeConflict, "还在等代表答复。")
		}
	case BookingExpire:
		if !b.HoldOver(now) {
			return E(CodeConflict, "还在等待答复。")
		}
	case BookingRate:
		if b.Stars != 0 {
			return E(CodeConflict, "您已经评价过了，谢谢。")
		}
	}
	return nil
}

// byPhone: moves that are the resident's own. The desk makes them for who has no WeChat
// and said so on the phone.
func byPhone(t *bookingMove) bool {
	return t.Command == BookingTake || t.Command == BookingRefuse || t.Command == BookingCancel && t.From == Requested
}

// guardSeat: a talk is moved, cancelled and recorded as a whole, not seat by seat.
func guardSeat(t *bookingMove, role Role) error {
	switch t.Command {
	case BookingMove, BookingCounter, BookingDisplace, BookingComplete:
		return E(CodeConflict, "讲座的时间和记录由讲座页面统一处理。")
	case BookingCancel, BookingDeputyHere, BookingResidentAbsent:
		if role == Deputy {
			return E(CodeConflict, "讲座的报名由联络站处理。")
		}
	}
	return nil
}

// guardAbsent: blame needs the staff's word, or a check-in on the other side.
func (b *Booking) guardAbsent(t *bookingMove, role Role, now time.Time) error {
	if now.Before(b.StartsAt) {
		return E(CodeConflict, "还没到约定的时间。")
	}
	if role == Deputy && t.Command == BookingResidentAbsent && b.DeputyHereAt == nil {
		return E(CodeConflict, "请先点“我已到站”，再记选民未到。")
	}
	return nil
}

// guardMark holds what may be done about a no-show that was marked.
func (b *Booking) guardMark(t *bookingMove, role Role, now time.Time, p Presets) error {
	if b.AbsentAt == nil {
		return E(CodeConflict, "没有未到记录。")
	}
	pending := b.Objection == ObjectionPending
	switch t.Command {
	case BookingUndoAbsent:
		if !pending && now.Sub(*b.AbsentAt) > p.UndoWithin {
			return E(CodeConflict, fmt.Sprintf("记为未到已经超过 %d 小时，不能再撤销。", int(p.UndoWithin.Hours())))
		}
		if (b.CheckedInAt != nil) != (t.To == CheckedIn) {
			return E(CodeConflict, "请刷新后再试。")
		}
	case BookingObject:
		if role != b.AbsentSide {
			return E(CodeForbidden, "只有被记为未到的一方可以提出异议。")
		}
		if b.ObjectedAt != nil {
			return E(CodeConflict, "您已经提出过异议了。")
		}
		if now.After(b.AbsentAt.AddDate(0, 0, p.ObjectDays)) {
			return E(CodeConflict, fmt.Sprintf("超过 %d 天，不能再提出异议了。", p.ObjectDays))
		}
	case BookingUphold:
		if !pending {
			return E(CodeConflict, "没有待核实的异议。")
		}
	}
	return nil
}

func (b *Booking) set(t *bookingMove, in Input, now time.Time, p Presets) {
	b.State, b.UpdatedAt, b.HoldUntil = t.To, now, nil
	keepOffer := false
	switch t.Command {
	case BookingDecline, BookingCancel, BookingRefuse, BookingCallOff:
		b.Reason = in.Reason
	case BookingRetime:
		b.StartsAt, b.EndsAt, b.CheckedInAt = in.Offer.Start, in.Offer.End, nil
		b.at(*in.Offer)
	case BookingClose:
		if t.To == Cancelled {
			b.Reason = t.Text
		}
	case BookingCounter:
		b.Reason, b.DisplacedAt, keepOffer = in.Reason, nil, true
		b.OfferStartsAt, b.OfferEndsAt = &in.Offer.Start, &in.Offer.End
		b.at(*in.Offer)
		b.hold(p.HoldUntil(now, in.Offer.Start))
	case BookingMove:
		b.Reason, b.DisplacedAt = "", nil
		b.StartsAt, b.EndsAt = in.Offer.Start, in.Offer.End
		b.at(*in.Offer)
		b.hold(p.HoldUntil(now, b.StartsAt))
	case BookingTake:
		b.StartsAt, b.EndsAt, b.Reason = *b.OfferStartsAt, *b.OfferEndsAt, ""
	case BookingRequest, BookingToDesk:
		b.hold(p.HoldUntil(b.CreatedAt, b.answerBy(p)))
	case BookingDisplace:
		b.DisplacedAt = &now
		if b.OfferStartsAt != nil { // the time offered is the one that cannot be kept
			b.StartsAt, b.EndsAt = *b.OfferStartsAt, *b.OfferEndsAt
		}
		if t.To == Requested {
			b.hold(p.HoldUntil(now, b.StartsAt))
		}
	case BookingRestore:
		b.DisplacedAt = nil
		if t.To == Requested {
			b.hold(p.HoldUntil(now, b.StartsAt))
		}
	case BookingCheckIn:
		b.CheckedInAt = &now
	case BookingDeputyHere:
		b.DeputyHereAt = &now
	case BookingResidentAbsent:
		b.AbsentSide, b.AbsentAt = Resident, &now
	case BookingDeputyAbsent:
		b.AbsentSide, b.AbsentAt = Deputy, &now
	case BookingUndoAbsent:
		b.AbsentSide, b.AbsentAt, b.ObjectedAt, b.Objection = "", nil, nil, ""
	case BookingObject:
		b.ObjectedAt, b.Objection = &now, ObjectionPending
	case BookingUphold:
		b.Objection = ObjectionUpheld
	case BookingComplete:
		b.Record = in.Note
	case BookingRate:
		b.Stars, b.RatingText = in.Stars, in.Text
	}
	if !keepOffer {
		b.OfferStartsAt, b.OfferEndsAt = nil, nil
	}
}

func (b *Booking) at(s Slot) {
	b.StationID, b.RoomID, b.StationName, b.RoomName = s.StationID, s.RoomID, s.StationName, s.RoomName
	b.StationAddress, b.StationPhone = s.StationAddress, s.StationPhone
}

// late tells whether the booking was made later than residents may book: by the desk, for
// somebody who stands there.
func (b *Booking) late(p Presets) bool {
	return b.BookedBy != 0 && b.StartsAt.Sub(b.CreatedAt) < p.BookLead
}

// answerBy is the start, when nobody waits for an answer any more; who stands at the desk
// does until the end.
func (b *Booking) answerBy(p Presets) time.Time {
	if b.late(p) {
		return b.EndsAt
	}
	return b.StartsAt
}

func (b *Booking) hold(until time.Time) { b.HoldUntil = &until }

// schedule sets who must act now and when the clock does something next.
func (b *Booking) schedule(t *bookingMove, now time.Time, p Presets) {
	due := func(w Role, at *time.Time) { b.Waiting, b.DueAt = w, at }
	switch {
	case b.State == Requested && (t.Command == BookingToDesk || t.Command == BookingDisplace || t.Command == BookingRequest && b.late(p)):
		due(Staff, b.HoldUntil)
	case b.State == Requested:
		at := p.DeskAt(now, b.StartsAt)
		due(Deputy, &at)
	case b.State == Countered && !b.ResidentWeChat:
		due(Staff, b.HoldUntil) // who calls them
	case b.State == Countered:
		due(Resident, b.HoldUntil)
	case b.State == Confirmed && b.DisplacedAt != nil:
		due(Staff, nil)
	case b.State == Confirmed:
		due("", b.Reminder(now, p))
	case b.Objection == ObjectionPending:
		due(Staff, nil)
	default:
		due("", nil)
	}
}

// Reminder is when both sides are next reminded of a meeting that is agreed, nil when no
// more: the evening before, and some hours before, never in the quiet hours.
func (b *Booking) Reminder(now time.Time, p Presets) *time.Time {
	for _, at := range []time.Time{
		midnight(b.StartsAt).AddDate(0, 0, -1).Add(time.Duration(p.RemindEveHour) * time.Hour),
		p.Awake(b.StartsAt.Add(-p.RemindBefore)),
	} {
		if at.After(now) && at.Before(b.StartsAt) {
			return &at
		}
	}
	return nil
}

// Occupies is the time the booking holds now: the time offered while countered.
func (b *Booking) Occupies() (start, end time.Time) {
	if b.State == Countered && b.OfferStartsAt != nil {
		return *b.OfferStartsAt, *b.OfferEndsAt
	}
	return b.StartsAt, b.EndsAt
}

// Resources lists whose time the booking occupies, in the order of their keys. The time of
// a talk's deputy and room is the talk's.
func (b *Booking) Resources() []Resource {
	if b.TalkID != 0 {
		return []Resource{{ResidentTime, b.ResidentID}}
	}
	rs := []Resource{{DeputyTime, b.DeputyID}}
	if b.RoomID != 0 {
		rs = append(rs, Resource{RoomTime, b.RoomID})
	}
	return append(rs, Resource{ResidentTime, b.ResidentID})
}
