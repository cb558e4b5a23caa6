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
)

type bookingMove = Transition[BookingState, BookingCommand]

var (
	bySideA   = []Role{Deputy, Staff}
	resident  = []Role{Resident}
	deputy    = []Role{Deputy}
	staffOnly = []Role{Staff}
	system    = []Role{System}
)

// BookingTransitions is the one table of a booking's life.
var BookingTransitions = []bookingMove{
	{From: "", Command: BookingRequest, By: resident, To: Requested, Tell: []Audience{ToDeputy}, Text: "提交了预约"},
	{From: Requested, Command: BookingAccept, By: bySideA, To: Confirmed, Tell: []Audience{ToResident, ToDeputy}, Label: "接受", Primary: true, Text: "接受了预约"},
	{From: Requested, Command: BookingCounter, By: bySideA, To: Countered, Needs: []Need{NeedOffer, NeedReason}, Tell: []Audience{ToResident}, Label: "另约时间", Text: "提出了另一个时间"},
	{From: Requested, Command: BookingDecline, By: bySideA, To: Declined, Needs: []Need{NeedReason}, Tell: []Audience{ToResident, ToDeputy}, Label: "不能接受", Danger: true, Confirm: "确定不能接受这次预约吗？请写明原因，我们会告诉选民。", Text: "未能接受预约"},
	{From: Requested, Command: BookingCancel, By: resident, To: Cancelled, Tell: []Audience{ToDeputy}, Label: "取消预约", Danger: true, Confirm: "确定取消这次预约吗？时间会让给别人。", Text: "取消了预约"},
	{From: Requested, Command: BookingExpire, By: system, To: Expired, Tell: []Audience{ToResident, ToDeputy, ToStaff}, Text: "一直没有答复，预约已过期"},
	{From: Countered, Command: BookingTake, By: resident, To: Confirmed, Tell: []Audience{ToDeputy}, Label: "就这个时间", Primary: true, Text: "同意了新的时间"},
	{From: Countered, Command: BookingRefuse, By: resident, To: Cancelled, Tell: []Audience{ToDeputy}, Label: "这个时间不行", Danger: true, Confirm: "确定不要这个时间吗？这次预约会取消，您可以重新预约。", Text: "没有同意新的时间，预约取消"},
	{From: Countered, Command: BookingExpire, By: system, To: Expired, Tell: []Audience{ToResident, ToDeputy}, Text: "新的时间一直没有答复，预约已过期"},
	{From: Confirmed, Command: BookingCheckIn, By: staffOnly, To: CheckedIn, Tell: []Audience{ToDeputy}, Label: "到站签到", Primary: true, Text: "选民已到站签到"},
	{From: Confirmed, Command: BookingCancel, By: resident, To: Cancelled, Tell: []Audience{ToDeputy}, Label: "取消预约", Danger: true, Confirm: "确定取消这次预约吗？时间会让给别人。", Text: "取消了预约"},
	{From: Confirmed, Command: BookingCancel, By: bySideA, To: Cancelled, Needs: []Need{NeedReason}, Tell: []Audience{ToResident, ToDeputy}, Label: "取消", Danger: true, Confirm: "确定取消吗？请写明原因，我们会马上告诉选民。", Text: "取消了预约"},
	{From: Confirmed, Command: BookingResidentAbsent, By: staffOnly, To: NoShow, Tell: []Audience{ToResident}, Label: "选民未到", Danger: true, Confirm: "确定选民没有到场吗？", Text: "选民未到场"},
	{From: Confirmed, Command: BookingDeputyAbsent, By: staffOnly, To: NoShow, Tell: []Audience{ToResident, ToDeputy}, Label: "代表未到", Danger: true, Confirm: "确定代表没有到场吗？", Text: "代表未能到场"},
	{From: Confirmed, Command: BookingComplete, By: deputy, To: Completed, Needs: []Need{NeedNote}, Tell: []Audience{ToResident}, Label: "写服务记录", Text: "完成了接待"},
	{From: CheckedIn, Command: BookingComplete, By: bySideA, To: Completed, Needs: []Need{NeedNote}, Tell: []Audience{ToResident}, Label: "写服务记录", Primary: true, Text: "完成了接待"},
	{From: CheckedIn, Command: BookingDeputyAbsent, By: staffOnly, To: NoShow, Tell: []Audience{ToResident, ToDeputy}, Label: "代表未到", Danger: true, Confirm: "确定代表没有到场吗？", Text: "代表未能到场"},
	{From: Completed, Command: BookingRate, By: resident, To: Completed, Needs: []Need{NeedStars}, Label: "评价这次接待", Primary: true, Text: "作出了评价"},
}

// Booking is a resident's appointment with a deputy. Its number is made of ID and CreatedAt.
type Booking struct {
	ID            int64        `db:"id"`
	ResidentID    int64        `db:"resident_id"`
	DeputyID      int64        `db:"deputy_id"`
	StationID     int64        `db:"station_id"`
	RoomID        int64        `db:"room_id"`
	Service       Service      `db:"service"`
	Topic         string       `db:"topic"`
	Note          string       `db:"note"` // the resident's own words: resident, deputy and desk only
	StartsAt      time.Time    `db:"starts_at"`
	EndsAt        time.Time    `db:"ends_at"`
	OfferStartsAt *time.Time   `db:"offer_starts_at"`
	OfferEndsAt   *time.Time   `db:"offer_ends_at"`
	State         BookingState `db:"state"`
	HoldUntil     *time.Time   `db:"hold_until"` // while Requested or Countered
	AbsentSide    string       `db:"absent_side"`
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
	StationName    string `db:"station_name"`
	StationAddress string `db:"station_address"`
	RoomName       string `db:"room_name"`
}

// Number is the booking's number for people.
func (b *Booking) Number() string { return Number(b.ID, b.CreatedAt) }

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

// Apply moves the booking. It changes b only when it succeeds. Errors: CodeNotFound for a
// stranger, CodeForbidden, CodeConflict when the state does not fit, CodeInvalid for input.
func (b *Booking) Apply(command BookingCommand, a Actor, in Input, now time.Time, p Presets) (Event, []Audience, error) {
	roles, state := b.RolesOf(a), b.State
	if !a.System {
		state = b.effective(now)
	}
	t, role, err := find(BookingTransitions, state, command, roles, func(t *bookingMove, r Role) error { return b.guard(t, r, now, p) })
	if err != nil {
		return Event{}, nil, err
	}
	if t == nil {
		return Event{}, nil, refusal(roles, commandKnown(BookingTransitions, state, command), state.Name())
	}
	if err := checkNeeds(t.Needs, in); err != nil {
		return Event{}, nil, err
	}
	e := Event{Command: string(command), From: string(b.State), To: string(t.To), Role: role, Text: t.Text, Note: firstText(in.Reason, in.Note)}
	if command == BookingComplete {
		e.Note = "" // the service record belongs into the ledger, not into what the resident reads
	}
	b.set(t, in, now, p)
	return e, t.Tell, nil
}

func (b *Booking) guard(t *bookingMove, role Role, now time.Time, p Presets) error {
	switch t.Command {
	case BookingCancel:
		if role == Resident && t.From == Confirmed && b.StartsAt.Sub(now) < p.CancelUntil {
			return E(CodeConflict, fmt.Sprintf("离开始不到 %d 小时，不能自己取消了。请您打电话给联络站。", int(p.CancelUntil.Hours())))
		}
	case BookingCheckIn:
		if b.StartsAt.Sub(now) > p.CheckInFrom {
			return E(CodeConflict, fmt.Sprintf("还没到签到时间，开始前 %d 小时起可以签到。", int(p.CheckInFrom.Hours())))
		}
	case BookingResidentAbsent, BookingDeputyAbsent, BookingComplete:
		if now.Before(b.StartsAt) {
			return E(CodeConflict, "还没到约定的时间。")
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

func (b *Booking) set(t *bookingMove, in Input, now time.Time, p Presets) {
	b.State, b.UpdatedAt, b.HoldUntil = t.To, now, nil
	switch t.Command {
	case BookingDecline, BookingCancel, BookingRefuse:
		b.Reason = in.Reason
	case BookingCounter:
		b.Reason = in.Reason
		b.OfferStartsAt, b.OfferEndsAt = &in.Offer.Start, &in.Offer.End
		b.StationID, b.RoomID = in.Offer.StationID, in.Offer.RoomID
		until := p.HoldUntil(now, in.Offer.Start)
		b.HoldUntil = &until
	case BookingTake:
		b.StartsAt, b.EndsAt = *b.OfferStartsAt, *b.OfferEndsAt
		b.Reason = ""
	case BookingResidentAbsent:
		b.AbsentSide = string(Resident)
	case BookingDeputyAbsent:
		b.AbsentSide = string(Deputy)
	case BookingComplete:
		b.Record = in.Note
	case BookingRate:
		b.Stars, b.RatingText = in.Stars, in.Text
	}
	if t.Command != BookingCounter {
		b.OfferStartsAt, b.OfferEndsAt = nil, nil
	}
}

// Occupies is the time the booking holds now: the time offered while countered.
func (b *Booking) Occupies() (start, end time.Time) {
	if b.State == Countered && b.OfferStartsAt != nil {
		return *b.OfferStartsAt, *b.OfferEndsAt
	}
	return b.StartsAt, b.EndsAt
}

// Resources lists what the booking occupies, in the order of their keys.
func (b *Booking) Resources() []Resource {
	rs := []Resource{{DeputyTime, b.DeputyID}}
	if b.RoomID != 0 {
		rs = append(rs, Resource{RoomTime, b.RoomID})
	}
	return append(rs, Resource{ResidentTime, b.ResidentID})
}

// Next says who does what by when, to this reader.
func (b *Booking) Next(a Actor, now time.Time) string {
	mine := slices.Contains(b.RolesOf(a), Resident)
	by := ""
	if b.HoldUntil != nil {
		by = "，最晚 " + MomentText(*b.HoldUntil)
	}
	switch b.effective(now) {
	case Requested:
		if !mine && slices.Contains(b.RolesOf(a), Deputy) {
			return "等您答复选民" + by
		}
		return "等代表答复" + by
	case Countered:
		if mine {
			return "请您看看新的时间行不行" + by
		}
		return "等选民选择" + by
	case Confirmed:
		if mine && b.Service == PhoneCall {
			return "请您在约定的时间留意来电"
		}
		if mine {
			return "请您按时到" + b.StationName + b.RoomName
		}
		return "按时接待选民"
	case CheckedIn:
		return "正在接待"
	case Completed:
		if b.Stars == 0 && mine {
			return "请您评价这次接待"
		}
	case Declined, Expired:
		if mine {
			return "您可以换个时间，或者换一位代表再约"
		}
	}
	return ""
}
