package cabin

import (
	"fmt"
	"slices"
	"time"
)

// ReportState is the state of a report (domain: "Reports 民情").
type ReportState string

// The states. Draft is a report returned to its reporter for more; a draft that was
// never submitted stays on the phone.
const (
	Draft      ReportState = "draft"
	Submitted  ReportState = "submitted"
	Accepted   ReportState = "accepted"
	Dispatched ReportState = "dispatched"
	InProgress ReportState = "in_progress"
	Resolved   ReportState = "resolved"
	Reopened   ReportState = "reopened"
	Closed     ReportState = "closed"
)

// ReportStates lists them in the order of a report's life.
var ReportStates = []ReportState{Draft, Submitted, Accepted, Dispatched, InProgress, Resolved, Reopened, Closed}

var reportStateNames = map[ReportState]string{
	Draft: "待补充", Submitted: "待受理", Accepted: "已受理", Dispatched: "已交办",
	InProgress: "办理中", Resolved: "已办结", Reopened: "再次交办", Closed: "已反馈",
}

// Name is the state's Chinese name.
func (s ReportState) Name() string { return reportStateNames[s] }

// Outcome is how a report was resolved.
type Outcome string

// The outcomes.
const (
	Fixed      Outcome = "fixed"
	Partly     Outcome = "partly"
	Planned    Outcome = "planned"
	Explained  Outcome = "explained"
	Neighbours Outcome = "neighbours"
	NotOurs    Outcome = "not_ours"
)

// Outcomes lists them in the order in which a phone offers them.
var Outcomes = []Outcome{Fixed, Partly, Planned, Explained, Neighbours, NotOurs}

var outcomeNames = map[Outcome]string{
	Fixed: "已解决", Partly: "部分解决", Planned: "列入计划", Explained: "解释说明",
	Neighbours: "群众自治解决", NotOurs: "不属职责",
}

// Name is the outcome's Chinese name.
func (o Outcome) Name() string { return outcomeNames[o] }

// Valid tells whether o is one of the outcomes.
func (o Outcome) Valid() bool { return outcomeNames[o] != "" }

// ReportCommand moves a report.
type ReportCommand string

// The commands.
const (
	ReportCreate    ReportCommand = "create"
	ReportSubmit    ReportCommand = "submit"
	ReportWithdraw  ReportCommand = "withdraw"
	ReportAccept    ReportCommand = "accept"
	ReportReturn    ReportCommand = "return"
	ReportReject    ReportCommand = "reject"
	ReportDispatch  ReportCommand = "dispatch"
	ReportAnswer    ReportCommand = "answer"
	ReportTake      ReportCommand = "take"
	ReportSendBack  ReportCommand = "send_back"
	ReportProgress  ReportCommand = "progress"
	ReportResolve   ReportCommand = "resolve"
	ReportRate      ReportCommand = "rate"
	ReportRefuse    ReportCommand = "refuse"
	ReportVerify    ReportCommand = "verify"
	ReportLapse     ReportCommand = "lapse"
	ReportSupervise ReportCommand = "supervise"
)

type reportMove = Transition[ReportState, ReportCommand]

var (
	intake     = []Role{Staff, Community}
	desk       = []Role{Staff}
	handler    = []Role{Department}
	supervisor = []Role{Staff, Deputy}
)

// ReportTransitions is the one table of a report's life.
var ReportTransitions = []reportMove{
	{From: "", Command: ReportCreate, By: resident, To: Submitted, Tell: []Audience{ToStaff}, Text: "提交了反映"},
	{From: Draft, Command: ReportSubmit, By: resident, To: Submitted, Needs: []Need{NeedNote}, Tell: []Audience{ToStaff}, Label: "补充后提交", Primary: true, Text: "补充了情况，重新提交"},
	{From: Draft, Command: ReportWithdraw, By: resident, To: Closed, Label: "撤回", Danger: true, Confirm: "确定撤回这件反映吗？", Text: "撤回了反映"},
	{From: Submitted, Command: ReportAccept, By: intake, To: Accepted, Tell: []Audience{ToResident}, Label: "受理", Primary: true, Text: "已受理"},
	{From: Submitted, Command: ReportReturn, By: intake, To: Draft, Needs: []Need{NeedReason}, Tell: []Audience{ToResident}, Label: "请补充", Text: "请反映人补充情况"},
	{From: Submitted, Command: ReportReject, By: desk, To: Closed, Needs: []Need{NeedReason}, Tell: []Audience{ToResident}, Label: "不予受理", Danger: true, Confirm: "确定不受理吗？请写明原因和可以去哪里办，反映人会看到。", Text: "不属于受理范围，已告知去处"},
	{From: Submitted, Command: ReportWithdraw, By: resident, To: Closed, Label: "撤回", Danger: true, Confirm: "确定撤回这件反映吗？", Text: "撤回了反映"},
	{From: Accepted, Command: ReportDispatch, By: desk, To: Dispatched, Needs: []Need{NeedDepartment, NeedDays}, Tell: []Audience{ToDepartment, ToResident}, Label: "交办", Primary: true, Text: "已交办"},
	{From: Accepted, Command: ReportAnswer, By: desk, To: Resolved, Needs: []Need{NeedOutcome, NeedNote}, Tell: []Audience{ToResident}, Label: "当场答复", Text: "已答复"},
	{From: Dispatched, Command: ReportTake, By: handler, To: InProgress, Tell: []Audience{ToResident}, Label: "接收办理", Primary: true, Text: "已接收，开始办理"},
	{From: Dispatched, Command: ReportSendBack, By: handler, To: Accepted, Needs: []Need{NeedReason}, Tell: []Audience{ToStaff}, Label: "不归我们办", Danger: true, Confirm: "确定退回吗？请写明原因，联络站会重新交办。", Text: "退回，请重新交办"},
	{From: InProgress, Command: ReportProgress, By: handler, To: InProgress, Needs: []Need{NeedNote}, Tell: []Audience{ToResident}, Label: "写进展", Text: "办理有新进展"},
	{From: InProgress, Command: ReportResolve, By: handler, To: Resolved, Needs: []Need{NeedOutcome, NeedNote}, Tell: []Audience{ToResident, ToStaff}, Label: "办结", Primary: true, Text: "已办结，请反映人确认"},
	{From: Resolved, Command: ReportRate, By: resident, To: Closed, Needs: []Need{NeedStars}, Tell: []Audience{ToStaff}, Label: "解决了，去评价", Primary: true, Text: "反映人确认并评价"},
	{From: Resolved, Command: ReportRefuse, By: resident, To: Reopened, Needs: []Need{NeedReason}, Tell: []Audience{ToDepartment, ToStaff}, Label: "还没解决", Text: "反映人说还没解决"},
	{From: Resolved, Command: ReportVerify, By: []Role{Staff, Liaison}, To: Closed, Needs: []Need{NeedPhotos, NeedNote}, Tell: []Audience{ToResident}, Label: "现场核实", Text: "现场核实，已经解决"},
	{From: Resolved, Command: ReportLapse, By: system, To: Closed, Tell: []Audience{ToResident}, Text: "一直没有收到新的意见，这件事就算办好了"},
	{From: Reopened, Command: ReportTake, By: handler, To: InProgress, Tell: []Audience{ToResident}, Label: "重新办理", Primary: true, Text: "重新办理"},
	{From: Reopened, Command: ReportDispatch, By: desk, To: Dispatched, Needs: []Need{NeedDepartment, NeedDays}, Tell: []Audience{ToDepartment, ToResident}, Label: "再次交办", Primary: true, Text: "再次交办"},
	{From: Accepted, Command: ReportSupervise, By: supervisor, To: Accepted, Needs: []Need{NeedReason}, Tell: []Audience{ToStaff}, Label: "督办", Text: "列入督办"},
	{From: Dispatched, Command: ReportSupervise, By: supervisor, To: Dispatched, Needs: []Need{NeedReason}, Tell: []Audience{ToDepartment, ToStaff}, Label: "督办", Text: "列入督办"},
	{From: InProgress, Command: ReportSupervise, By: supervisor, To: InProgress, Needs: []Need{NeedReason}, Tell: []Audience{ToDepartment, ToStaff}, Label: "督办", Text: "列入督办"},
	{From: Reopened, Command: ReportSupervise, By: supervisor, To: Reopened, Needs: []Need{NeedReason}, Tell: []Audience{ToDepartment, ToStaff}, Label: "督办", Text: "列入督办"},
}

// Waiting says whose move it is.
type Waiting string

// Whose move it is; stored with the report, since every queue is read by it.
const (
	WaitingStaff      Waiting = "staff"
	WaitingDepartment Waiting = "department"
	WaitingResident   Waiting = "resident"
	WaitingNobody     Waiting = "nobody"
)

// Report is a problem that somebody brought (民情). Its number is made of ID and CreatedAt.
type Report struct {
	ID            int64       `db:"id"`
	ReporterID    int64       `db:"reporter_id"`
	CategoryID    int64       `db:"category_id"`
	StationID     int64       `db:"station_id"`
	CommunityID   int64       `db:"community_id"`
	DeputyID      int64       `db:"deputy_id"` // raised with this deputy; 0 = with nobody in particular
	PlaceText     string      `db:"place_text"`
	Lat           *float64    `db:"lat"`
	Lng           *float64    `db:"lng"`
	Body          string      `db:"body"`
	State         ReportState `db:"state"`
	Waiting       Waiting     `db:"waiting"`
	DepartmentID  int64       `db:"department_id"`
	Outcome       Outcome     `db:"outcome"`
	OutcomeText   string      `db:"outcome_text"`
	DueFrom       *time.Time  `db:"due_from"`
	DueAt         *time.Time  `db:"due_at"` // the deadline that runs now
	SupervisedAt  *time.Time  `db:"supervised_at"`
	ReopenedCount int         `db:"reopened_count"`
	ResolvedBy    int64       `db:"resolved_by"`
	Stars         int         `db:"stars"`
	RatingText    string      `db:"rating_text"`
	CreatedAt     time.Time   `db:"created_at"`
	UpdatedAt     time.Time   `db:"updated_at"`

	// Names and presets, filled by reads.
	CategoryName   string `db:"category_name"`
	CategoryDays   int    `db:"category_days"`
	Urgent         bool   `db:"urgent"`
	CommunityName  string `db:"community_name"`
	DepartmentName string `db:"department_name"`
	ReporterName   string `db:"reporter_name"`
}

// Number is the report's number for people.
func (r *Report) Number() string { return Number(r.ID, r.CreatedAt) }

// RolesOf lists what the actor is to this report; nobody else may know of it.
func (r *Report) RolesOf(a Actor) []Role {
	var roles []Role
	if a.System {
		roles = append(roles, System)
	}
	if a.PersonID != 0 && a.PersonID == r.ReporterID {
		roles = append(roles, Resident)
	}
	if a.Holds(Staff, r.StationID) || a.Has(Admin) {
		roles = append(roles, Staff)
	}
	if r.CommunityID != 0 && a.Holds(Community, r.CommunityID) {
		roles = append(roles, Community)
	}
	if r.CommunityID != 0 && a.Holds(Liaison, r.CommunityID) {
		roles = append(roles, Liaison)
	}
	if r.DepartmentID != 0 && r.State != Accepted && a.Holds(Department, r.DepartmentID) {
		roles = append(roles, Department)
	}
	if r.DeputyID != 0 && a.Holds(Deputy, r.DeputyID) {
		roles = append(roles, Deputy)
	}
	return roles
}

// ShowsReporter tells whether this reader may see who reported: the desk and the reporter
// only. A department, a deputy or a liaison officer sees the text and the place.
func (r *Report) ShowsReporter(a Actor) bool {
	return slices.ContainsFunc(r.RolesOf(a), func(role Role) bool { return role == Staff || role == Resident })
}

// Actions lists what this actor may do with the report now.
func (r *Report) Actions(a Actor) []Action {
	return offered(ReportTransitions, r.State, r.RolesOf(a), func(t *reportMove, role Role) error {
		return r.guard(t, role, a)
	})
}

// Apply moves the report. It changes r only when it succeeds. Errors as Booking.Apply.
func (r *Report) Apply(command ReportCommand, a Actor, in Input, now time.Time, p Presets) (Event, []Audience, error) {
	roles := r.RolesOf(a)
	t, role, err := find(ReportTransitions, r.State, command, roles, func(t *reportMove, role Role) error { return r.guard(t, role, a) })
	if err != nil {
		return Event{}, nil, err
	}
	if t == nil {
		return Event{}, nil, refusal(roles, commandKnown(ReportTransitions, r.State, command), r.State.Name())
	}
	if command == ReportLapse && (r.DueAt == nil || now.Before(*r.DueAt)) {
		return Event{}, nil, E(CodeConflict, "还在等反映人的意见。")
	}
	if err := checkNeeds(t.Needs, in); err != nil {
		return Event{}, nil, err
	}
	e := Event{Command: string(command), From: string(r.State), To: string(t.To), Role: role, Text: r.sentence(t, in), Note: firstText(in.Reason, in.Note, in.Text)}
	r.set(t, a, in)
	r.runClock(t, in, now, p)
	r.UpdatedAt = now
	return e, t.Tell, nil
}

// guard: whoever resolved a matter may not close it.
func (r *Report) guard(t *reportMove, _ Role, a Actor) error {
	if t.Command == ReportVerify && (a.PersonID == r.ResolvedBy || a.PersonID == r.ReporterID) {
		return E(CodeForbidden, "自己反映或者自己办结的事，要请别人来核实。")
	}
	if t.Command == ReportSupervise && r.SupervisedAt != nil {
		return E(CodeConflict, "这件事已经在督办了。")
	}
	return nil
}

func (r *Report) sentence(t *reportMove, in Input) string {
	switch t.Command {
	case ReportDispatch:
		return t.Text + "给" + in.Department
	case ReportTake, ReportProgress:
		return r.DepartmentName + t.Text
	case ReportResolve:
		return r.DepartmentName + "已办结（" + in.Outcome.Name() + "），请反映人确认"
	case ReportAnswer:
		return t.Text + "（" + in.Outcome.Name() + "）"
	case ReportSendBack:
		return r.DepartmentName + t.Text
	case ReportRate:
		return fmt.Sprintf("%s：%d 星", t.Text, in.Stars)
	}
	return t.Text
}

func (r *Report) set(t *reportMove, a Actor, in Input) {
	r.State = t.To
	switch t.Command {
	case ReportReject:
		r.Outcome, r.OutcomeText = NotOurs, in.Reason
	case ReportDispatch:
		r.DepartmentID, r.DepartmentName = in.DepartmentID, in.Department
	case ReportSendBack:
		r.DepartmentID, r.DepartmentName = 0, ""
	case ReportResolve, ReportAnswer:
		r.Outcome, r.OutcomeText, r.ResolvedBy = in.Outcome, in.Note, a.PersonID
	case ReportRate:
		r.Stars, r.RatingText = in.Stars, in.Text
	case ReportRefuse:
		r.ReopenedCount++
		r.Outcome, r.OutcomeText = "", ""
	}
}

// runClock starts and stops the deadlines: to accept, to answer, and the days of silence.
func (r *Report) runClock(t *reportMove, in Input, now time.Time, p Presets) {
	start := func(w Waiting, due time.Time) { r.Waiting, r.DueFrom, r.DueAt = w, &now, &due }
	switch t.Command {
	case ReportSubmit, ReportCreate, ReportSendBack:
		start(WaitingStaff, r.intakeDue(now, p))
	case ReportAccept:
		r.Waiting = WaitingStaff
	case ReportDispatch:
		start(WaitingDepartment, r.handleDue(now, in.Days, p))
	case ReportTake:
		r.Waiting = WaitingDepartment
		if r.DueAt == nil {
			start(WaitingDepartment, r.handleDue(now, 0, p))
		}
	case ReportRefuse:
		start(WaitingDepartment, r.handleDue(now, 0, p))
		if r.DepartmentID == 0 {
			r.Waiting = WaitingStaff
		}
		r.SupervisedAt = &now
	case ReportReturn:
		r.Waiting, r.DueFrom, r.DueAt = WaitingResident, nil, nil
	case ReportResolve, ReportAnswer:
		start(WaitingResident, now.AddDate(0, 0, p.SilenceDays))
	case ReportSupervise:
		r.SupervisedAt = &now
	}
	if t.To == Closed {
		r.Waiting, r.DueFrom, r.DueAt, r.SupervisedAt = WaitingNobody, nil, nil, nil
	}
}

func (r *Report) intakeDue(now time.Time, p Presets) time.Time {
	if r.Urgent {
		return now.Add(p.DangerWithin)
	}
	return p.Calendar.EndOfWorkday(now, p.AcceptDays)
}

func (r *Report) handleDue(now time.Time, days int, p Presets) time.Time {
	if days > 0 {
		return p.Calendar.EndOfWorkday(now, days)
	}
	if r.Urgent {
		return now.Add(p.DangerWithin)
	}
	return p.Calendar.EndOfWorkday(now, max(r.CategoryDays, 1))
}

// Begin makes a new report as submitted: its clock starts. Who may, the route table says.
func (r *Report) Begin(now time.Time, p Presets) (Event, []Audience) {
	t := &ReportTransitions[0]
	r.State, r.CreatedAt, r.UpdatedAt = t.To, now, now
	r.runClock(t, Input{}, now, p)
	return Event{Command: string(t.Command), To: string(t.To), Role: Resident, Text: t.Text}, t.Tell
}

// Light is the clock as a colour with a word: green, amber from 80 % on, red when over; "" when none runs.
func (r *Report) Light(now time.Time) string {
	if r.DueAt == nil || r.DueFrom == nil || r.Waiting == WaitingResident {
		return ""
	}
	used, all := now.Sub(*r.DueFrom), r.DueAt.Sub(*r.DueFrom)
	switch {
	case used >= all:
		return "red"
	case used*10 >= all*8:
		return "amber"
	}
	return "green"
}

// Next says who does what by when, to this reader.
func (r *Report) Next(a Actor, now time.Time) string {
	mine := a.PersonID != 0 && a.PersonID == r.ReporterID
	by, answer := "", ""
	if r.DueAt != nil {
		by = "，预计 " + MomentText(*r.DueAt) + " 前"
		answer = by + "答复"
		if now.After(*r.DueAt) {
			by = "，已超过期限，正在催办"
			answer = by
		}
	}
	switch r.State {
	case Submitted:
		return "等联络站受理" + by
	case Draft:
		if mine {
			return "请您补充情况后再提交"
		}
		return "等反映人补充情况"
	case Accepted:
		return "联络站研究后交给承办单位" + by
	case Dispatched:
		return "等" + r.DepartmentName + "接收" + answer
	case InProgress:
		return r.DepartmentName + "正在办理" + answer
	case Reopened:
		return firstText(r.DepartmentName, "联络站") + "重新办理" + answer
	case Resolved:
		if mine && r.DueAt != nil {
			return "请您看看是不是真的解决了，" + MomentText(*r.DueAt) + " 前您没有别的意见，这件事就算办好了"
		}
		return "等反映人确认"
	}
	return ""
}
