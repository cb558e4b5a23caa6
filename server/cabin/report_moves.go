package cabin

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

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
	ReportClassify  ReportCommand = "classify"
	ReportLocate    ReportCommand = "locate" // sets its place right
	ReportMerge     ReportCommand = "merge"
	ReportSplit     ReportCommand = "split"
	ReportDispatch  ReportCommand = "dispatch"
	ReportAnswer    ReportCommand = "answer"
	ReportHandOver  ReportCommand = "hand_over"
	ReportRecall    ReportCommand = "recall"
	ReportTake      ReportCommand = "take"
	ReportSendBack  ReportCommand = "send_back"
	ReportProgress  ReportCommand = "progress"
	ReportPartDone  ReportCommand = "part_done"
	ReportResolve   ReportCommand = "resolve"
	ReportAdd       ReportCommand = "add"
	ReportAsk       ReportCommand = "ask"
	ReportReply     ReportCommand = "reply"
	ReportResume    ReportCommand = "resume"
	ReportAskTime   ReportCommand = "ask_time"
	ReportGrantTime ReportCommand = "grant_time"
	ReportExtend    ReportCommand = "extend" // the desk gives more time, asked or not
	ReportDenyTime  ReportCommand = "deny_time"
	ReportUrge      ReportCommand = "urge"
	ReportSupervise ReportCommand = "supervise"
	ReportComment   ReportCommand = "comment"
	ReportSuggest   ReportCommand = "suggest"
	ReportAskAgain  ReportCommand = "ask_again"
	ReportRate      ReportCommand = "rate"
	ReportRefuse    ReportCommand = "refuse"
	ReportVerify    ReportCommand = "verify"
	ReportLapse     ReportCommand = "lapse"
	ReportRelay     ReportCommand = "relay"   // a department asks the desk to tell the reporter something
	ReportRelayed   ReportCommand = "relayed" // the desk did
	ReportConfirm   ReportCommand = "confirm" // by who reported on the reporter's behalf: no rating
)

type reportMove = Transition[ReportState, ReportCommand]

var (
	intake     = []Role{Staff, Community}
	desk       = []Role{Staff}
	handler    = []Role{Department}
	helping    = []Role{Helping}
	deputies   = []Role{Deputy}
	proxy      = []Role{Proxy}
	supervisor = []Role{Staff, Deputy, System}

	withPhotos = []Need{NeedPhotos}
	withPair   = []Need{NeedPair}

	unsorted = []ReportState{Submitted, Accepted}                        // the desk has not sent it on
	handled  = []ReportState{Dispatched, InProgress, Reopened}           // somebody is to handle it
	open     = []ReportState{Accepted, Dispatched, InProgress, Reopened} // accepted and not answered
	alive    = []ReportState{Submitted, Accepted, Dispatched, InProgress, Reopened}
)

// in makes a row for each of the states; where t.To is empty the report stays in its state.
func in(states []ReportState, t reportMove) []reportMove {
	rows := make([]reportMove, len(states))
	for i, s := range states {
		rows[i] = t
		rows[i].From = s
		if t.To == "" {
			rows[i].To = s
		}
	}
	return rows
}

// ReportTransitions is the one table of a report's life (domain: "Reports 民情").
var ReportTransitions = slices.Concat([]reportMove{
	{From: "", Command: ReportCreate, By: resident, To: Submitted, Tell: []Audience{ToStaff}, Text: "提交了反映"},
	{From: Draft, Command: ReportSubmit, By: resident, To: Submitted, Needs: []Need{NeedNote}, Takes: withPhotos, Tell: []Audience{ToStaff}, Label: "补充后提交", Primary: true, Text: "补充了情况，重新提交"},
	{From: Submitted, Command: ReportAccept, By: intake, To: Accepted, Tell: []Audience{ToResident}, Label: "受理", Primary: true, Text: "已受理"},
	{From: Submitted, Command: ReportReturn, By: intake, To: Draft, Needs: []Need{NeedReason}, Tell: []Audience{ToResident}, Label: "请补充", Text: "请反映人补充情况"},
	{From: Submitted, Command: ReportReject, By: desk, To: Closed, Needs: []Need{NeedReason}, Tell: []Audience{ToResident}, Label: "不予受理", Danger: true, Confirm: "确定不受理吗？请写明原因和可以去哪里办，反映人会看到。", Text: "不属于受理范围，已告知去处"},
	{From: Accepted, Command: ReportDispatch, By: desk, To: Dispatched, Needs: []Need{NeedDepartment, NeedDays}, Takes: []Need{NeedHelpers}, Tell: []Audience{ToDepartment, ToHelping, ToResident}, Label: "交办", Primary: true, Text: "已交办"},
	{From: Accepted, Command: ReportAnswer, By: desk, To: Resolved, Needs: []Need{NeedOutcome, NeedNote}, Takes: withPhotos, Tell: []Audience{ToResident}, Label: "当场答复", Text: "已答复"},
	{From: Accepted, Command: ReportHandOver, By: desk, To: InProgress, Needs: []Need{NeedNote}, Tell: []Audience{ToResident, ToCommunity}, Label: "交给邻里办", Text: "交给邻里和志愿者一起办"},
	{From: Dispatched, Command: ReportTake, By: handler, To: InProgress, Tell: []Audience{ToResident}, Label: "接收办理", Primary: true, Text: "已接收，开始办理"},
	{From: Dispatched, Command: ReportSendBack, By: handler, To: Accepted, Needs: []Need{NeedReason}, Tell: []Audience{ToStaff}, Label: "不归我们办", Danger: true, Confirm: "确定退回吗？请写明原因，联络站会重新交办。", Text: "退回，请重新交办"},
	{From: InProgress, Command: ReportProgress, By: []Role{Department, Staff}, To: InProgress, Needs: []Need{NeedNote}, Takes: withPhotos, Tell: []Audience{ToResident}, Label: "写进展", Text: "办理有新进展"},
	{From: InProgress, Command: ReportResolve, By: handler, To: Resolved, Needs: []Need{NeedOutcome, NeedNote}, Takes: withPair, Tell: []Audience{ToResident, ToStaff}, Label: "办结", Primary: true, Text: "已办结，请反映人确认"},
	{From: InProgress, Command: ReportAnswer, By: desk, To: Resolved, Needs: []Need{NeedOutcome, NeedNote}, Takes: withPair, Tell: []Audience{ToResident}, Label: "写办理结果", Primary: true, Text: "已答复"},
	{From: InProgress, Command: ReportAskTime, By: handler, To: InProgress, Needs: []Need{NeedReason, NeedDays}, Tell: []Audience{ToStaff}, Label: "申请延期", Text: "申请延期"},
	{From: InProgress, Command: ReportGrantTime, By: desk, To: InProgress, Tell: []Audience{ToDepartment, ToResident}, Label: "同意延期", Primary: true, Text: "同意延期"},
	{From: InProgress, Command: ReportDenyTime, By: desk, To: InProgress, Needs: []Need{NeedReason}, Tell: []Audience{ToDepartment}, Label: "不同意延期", Text: "不同意延期"},
	{From: Resolved, Command: ReportRate, By: resident, To: Closed, Needs: []Need{NeedStars}, Tell: []Audience{ToStaff}, Label: "解决了，去评价", Primary: true, Text: "反映人确认并评价"},
	{From: Resolved, Command: ReportRefuse, By: resident, To: Reopened, Needs: []Need{NeedReason}, Takes: withPhotos, Tell: []Audience{ToDepartment, ToHelping, ToStaff}, Label: "还没解决", Text: "反映人说还没解决"},
	{From: Resolved, Command: ReportVerify, By: []Role{Staff, Liaison}, To: Closed, Needs: []Need{NeedPhotos, NeedNote}, Tell: []Audience{ToResident}, Label: "现场核实", Text: "现场核实，已经解决"},
	{From: Resolved, Command: ReportAskAgain, By: system, To: Resolved, Tell: []Audience{ToResident}, Text: "再次请反映人看看是不是解决了"},
	{From: Resolved, Command: ReportLapse, By: system, To: Closed, Tell: []Audience{ToResident}, Text: "一直没有收到新的意见，这件事就算办好了"},
	{From: Resolved, Command: ReportConfirm, By: proxy, To: Closed, Needs: []Need{NeedNote}, Tell: []Audience{ToStaff}, Label: "代为确认", Primary: true, Text: "代办人代为确认：居民说解决了"},
	{From: Resolved, Command: ReportRefuse, By: proxy, To: Reopened, Needs: []Need{NeedReason}, Takes: withPhotos, Tell: []Audience{ToDepartment, ToHelping, ToStaff}, Label: "居民说还没解决", Text: "代办人代为转达：居民说还没解决"},
	{From: Draft, Command: ReportSubmit, By: proxy, To: Submitted, Needs: []Need{NeedNote}, Takes: withPhotos, Tell: []Audience{ToStaff}, Label: "代居民补充", Primary: true, Text: "代办人补充了情况，重新提交"},
	{From: Reopened, Command: ReportTake, By: handler, To: InProgress, Tell: []Audience{ToResident}, Label: "重新办理", Primary: true, Text: "重新办理"},
	{From: Reopened, Command: ReportDispatch, By: desk, To: Dispatched, Needs: []Need{NeedDepartment, NeedDays}, Takes: []Need{NeedHelpers}, Tell: []Audience{ToDepartment, ToHelping, ToResident}, Label: "再次交办", Primary: true, Text: "再次交办"},
},
	in([]ReportState{Draft, Submitted, Accepted}, reportMove{Command: ReportWithdraw, By: resident, To: Closed, Label: "撤回", Danger: true, Confirm: "确定撤回这件反映吗？", Text: "撤回了反映"}),
	in(unsorted, reportMove{Command: ReportClassify, By: intake, Needs: []Need{NeedCategory}, Label: "改类别", Text: "类别改为"}),
	in(unsorted, reportMove{Command: ReportLocate, By: intake, Needs: []Need{NeedWhere}, Tell: []Audience{ToResident}, Label: "改地点", Text: "把地点写清楚了"}),
	in(unsorted, reportMove{Command: ReportMerge, By: intake, To: Closed, Needs: []Need{NeedReport}, Tell: []Audience{ToResident}, Label: "并到另一件", Danger: true, Confirm: "两件是同一个问题吗？合并以后一起办，反映人都看得到进展。", Text: "与另一件一起办理"}),
	in(unsorted, reportMove{Command: ReportSplit, By: desk, Needs: []Need{NeedNote, NeedCategory}, Tell: []Audience{ToResident}, Label: "拆成两件", Text: "其中另一个问题单独办理"}),
	in(handled, reportMove{Command: ReportProgress, By: helping, Needs: []Need{NeedNote}, Takes: withPhotos, Tell: []Audience{ToDepartment, ToResident}, Label: "写进展", Text: "办理有新进展"}),
	in(handled, reportMove{Command: ReportPartDone, By: helping, Needs: []Need{NeedNote}, Takes: withPhotos, Tell: []Audience{ToDepartment, ToStaff}, Label: "我们这部分办好了", Primary: true, Text: "协办的部分已办好"}),
	in(handled, reportMove{Command: ReportSendBack, By: helping, Needs: []Need{NeedReason}, Tell: []Audience{ToDepartment, ToStaff}, Label: "不归我们办", Danger: true, Confirm: "确定退回吗？请写明原因，联络站会重新安排。", Text: "退回协办"}),
	in(alive, reportMove{Command: ReportAdd, By: resident, Needs: []Need{NeedNote}, Takes: withPhotos, Tell: []Audience{ToStaff, ToDepartment}, Label: "补充情况", Text: "补充了情况"}),
	in(handled, reportMove{Command: ReportRecall, By: desk, To: Accepted, Needs: []Need{NeedReason}, Tell: []Audience{ToDepartment, ToHelping, ToStaff, ToResident}, Label: "收回", Danger: true, Confirm: "确定收回吗？收回后由联络站重新安排承办单位。", Text: "联络站收回，重新安排承办单位"}),
	in(open, reportMove{Command: ReportAsk, By: []Role{Staff, Department}, Needs: []Need{NeedReason}, Tell: []Audience{ToResident}, Label: "问反映人", Text: "请反映人回答，期限暂停"}),
	in(open, reportMove{Command: ReportReply, By: resident, Needs: []Need{NeedNote}, Takes: withPhotos, Tell: []Audience{ToStaff, ToDepartment}, Label: "回答问题", Primary: true, Text: "回答了问题，继续办理"}),
	in(alive, reportMove{Command: ReportAdd, By: proxy, Needs: []Need{NeedNote}, Takes: withPhotos, Tell: []Audience{ToStaff, ToDepartment}, Label: "代居民补充", Text: "代办人补充了情况"}),
	in(open, reportMove{Command: ReportReply, By: proxy, Needs: []Need{NeedNote}, Takes: withPhotos, Tell: []Audience{ToStaff, ToDepartment}, Label: "代居民回答", Primary: true, Text: "代办人代居民回答了问题，继续办理"}),
	in(handled, reportMove{Command: ReportRelay, By: []Role{Department, Helping}, Needs: []Need{NeedNote}, Tell: []Audience{ToStaff}, Label: "请联络站转告", Text: "请联络站转告反映人"}),
	in(handled, reportMove{Command: ReportRelayed, By: desk, Needs: []Need{NeedNote}, Tell: []Audience{ToDepartment, ToHelping}, Label: "已转告", Primary: true, Text: "联络站已转告反映人"}),
	in(open, reportMove{Command: ReportResume, By: []Role{Staff, System}, Tell: []Audience{ToDepartment, ToResident}, Label: "不等了，继续办", Text: "不再等回答，继续办理"}),
	in(unsorted, reportMove{Command: ReportUrge, By: system, Tell: []Audience{ToStaff}, Text: "超过期限，催办"}),
	in(handled, reportMove{Command: ReportUrge, By: []Role{Staff, System}, Tell: []Audience{ToDepartment, ToHelping, ToStaff}, Label: "催办", Text: "催办"}),
	in(alive, reportMove{Command: ReportSupervise, By: supervisor, Needs: []Need{NeedReason}, Tell: []Audience{ToDepartment, ToStaff}, Label: "督办", Text: "列入督办"}),
	in(handled, reportMove{Command: ReportExtend, By: desk, Needs: []Need{NeedReason, NeedDays}, Tell: []Audience{ToDepartment, ToHelping, ToResident}, Label: "延长期限", Text: "期限延到"}),
	in(append(alive, Resolved), reportMove{Command: ReportComment, By: deputies, Needs: []Need{NeedNote}, Tell: []Audience{ToStaff}, Label: "留言", Text: "代表留言"}),
	in(append(alive, Resolved, Closed), reportMove{Command: ReportSuggest, By: deputies, Needs: []Need{NeedNote}, Tell: []Audience{ToStaff, ToResident}, Label: "列入代表建议", Text: "代表列入了代表建议"}),
)

// reportRows are the rows of each state.
var reportRows = func() map[ReportState][]reportMove {
	rows := map[ReportState][]reportMove{}
	for _, t := range ReportTransitions {
		rows[t.From] = append(rows[t.From], t)
	}
	return rows
}()

// primaryRows are those of them that a list offers: the one thing to tap.
var primaryRows = func() map[ReportState][]reportMove {
	rows := map[ReportState][]reportMove{}
	for _, t := range ReportTransitions {
		if t.Primary {
			rows[t.From] = append(rows[t.From], t)
		}
	}
	return rows
}()

// Primary lists of Actions what a list offers.
func (r *Report) Primary(a Actor) []Action {
	return offered(primaryRows[r.State], r.State, r.RolesOf(a), func(t *reportMove, role Role) error {
		return r.guard(t, role, a)
	})
}

// followed are the moves that those who met the same problem are told of.
var followed = []ReportCommand{ReportAccept, ReportDispatch, ReportHandOver, ReportTake, ReportProgress, ReportResolve, ReportAnswer, ReportGrantTime, ReportExtend, ReportVerify, ReportLapse, ReportReject}

// TellsFollowers tells whether those who met the same problem hear of this move.
func TellsFollowers(c ReportCommand) bool { return slices.Contains(followed, c) }

// Actions lists what this actor may do with the report now.
func (r *Report) Actions(a Actor) []Action {
	return offered(reportRows[r.State], r.State, r.RolesOf(a), func(t *reportMove, role Role) error {
		return r.guard(t, role, a)
	})
}

// Version tells two things apart that a person would decide about differently.
func (r *Report) Version() string {
	due := int64(0)
	if r.DueAt != nil {
		due = r.DueAt.Unix()
	}
	return fmt.Sprintf("%s-%d-%d-%d-%t-%d", r.State, r.DepartmentID, r.ReopenedCount, r.ExtendDays, r.PausedAt != nil, due)
}

// Apply moves the report. It changes r only when it succeeds. Errors: CodeNotFound for a
// stranger, CodeForbidden, CodeConflict when the state does not fit or is not what the
// person saw (in.Seen), CodeInvalid for input.
func (r *Report) Apply(command ReportCommand, a Actor, in Input, now time.Time, p Presets) (Event, []Audience, error) {
	roles := r.RolesOf(a)
	if in.Seen != "" && len(roles) > 0 && in.Seen != r.Version() {
		return Event{}, nil, r.tooLate(a)
	}
	t, role, err := find(reportRows[r.State], r.State, command, roles, func(t *reportMove, role Role) error { return r.guard(t, role, a) })
	if err != nil {
		return Event{}, nil, err
	}
	if t == nil {
		if known := commandKnown(reportRows[r.State], r.State, command); known || len(roles) == 0 {
			return Event{}, nil, refusal(roles, known, r.State.Name())
		}
		return Event{}, nil, r.tooLate(a)
	}
	if role == System && (r.ClockAt == nil || now.Before(*r.ClockAt)) {
		return Event{}, nil, E(CodeConflict, "还没有到时间。")
	}
	if role == System && in.Reason == "" {
		in.Reason = systemReasons[command]
	}
	if err := checkNeeds(t.Needs, in); err != nil {
		return Event{}, nil, err
	}
	if (command == ReportAskTime || command == ReportExtend) && in.Days == 0 {
		return Event{}, nil, Invalid("days", "请选择要延长几个工作日。")
	}
	if err := r.changes(command, in); err != nil {
		return Event{}, nil, err
	}
	e := Event{Command: string(command), From: string(r.State), To: string(t.To), Role: role, Text: r.sentence(t, role, a, in, now, p), Note: firstText(in.Reason, in.Note, in.Text)}
	if command == ReportLocate { // in its words, which are checked and masked before they are public
		e.Note = "原来：" + firstText(r.PlaceText, "没有写") + "\n现在：" + strings.TrimSpace(in.Building+" "+in.Where)
	}
	r.set(t, role, a, in, now)
	if r.State == Closed {
		for i := range r.Parts {
			if r.Parts[i].State == PartAsked {
				r.Parts[i].State = PartDone
			}
		}
	}
	r.runClock(t, in, now, p)
	if role == System {
		r.ClockStep++
	}
	r.wind(p)
	r.UpdatedAt = now
	return e, t.Tell, nil
}

// changes refuses to set right what stands so already: nobody is told of nothing.
func (r *Report) changes(command ReportCommand, in Input) error {
	switch {
	case command == ReportLocate && r.Building == in.Building && r.PlaceText == strings.TrimSpace(in.Building+" "+in.Where):
		return Invalid("where", "地点没有变，请改了再保存。")
	case command == ReportClassify && r.CategoryID == in.CategoryID:
		return Invalid("categoryId", "已经是这一类了，请选另一类。")
	}
	return nil
}

// systemReasons are the words of what the clock does, where a person would have to give some.
var systemReasons = map[ReportCommand]string{ReportSupervise: "超过期限，催办以后仍没有办好"}

// guard refuses what the state alone does not tell.
func (r *Report) guard(t *reportMove, role Role, a Actor) error {
	conflict := func(refused bool, message string) error {
		if refused {
			return E(CodeConflict, message)
		}
		return nil
	}
	switch t.Command {
	case ReportVerify:
		if a.PersonID == r.ResolvedBy || a.PersonID == r.ReporterID || a.PersonID != 0 && a.PersonID == r.ProxyID || r.DepartmentID != 0 && a.Holds(Department, r.DepartmentID) {
			return E(CodeForbidden, "自己反映或者自己单位办结的事，要请别人来核实。")
		}
	case ReportSupervise:
		return conflict(r.SupervisedAt != nil, "这件事已经在督办了。")
	case ReportSuggest:
		return conflict(r.SuggestedAt != nil, "这件事已经列入代表建议了。")
	case ReportReply, ReportResume:
		return conflict(r.PausedAt == nil, "没有等您回答的问题。")
	case ReportAsk:
		return conflict(r.PausedAt != nil, "已经问过反映人了，正在等回答。")
	case ReportAdd:
		return conflict(r.PausedAt != nil, "请先回答问题。")
	case ReportAskTime:
		return conflict(r.ExtendDays != 0, "已经申请过延期，等联络站答复。")
	case ReportGrantTime, ReportDenyTime:
		return conflict(r.ExtendDays == 0, "没有等您答复的延期申请。")
	case ReportExtend:
		if r.ExtendDays != 0 {
			return E(CodeConflict, "承办单位正在申请延期，请先答复。")
		}
		return conflict(r.PausedAt != nil, "正在等反映人回答，期限暂停了。")
	case ReportRelay:
		return conflict(r.RelayAt != nil, "已经请联络站转告了，等联络站回话。")
	case ReportRelayed:
		return conflict(r.RelayAt == nil, "没有等您转告的话。")
	case ReportConfirm, ReportRefuse:
		if role == Proxy && !r.ProxyTells {
			return E(CodeForbidden, "居民自己看得到这件事，请居民来确认。")
		}
	case ReportRecall:
		return conflict(r.State == Reopened && r.DepartmentID == 0, "现在没有单位在办，可以直接再次交办。")
	case ReportUrge:
		return conflict(role == Staff && r.PausedAt != nil, "正在等反映人回答，期限暂停了。")
	case ReportAnswer, ReportProgress:
		if role == Staff && r.State == InProgress && r.DepartmentID != 0 {
			return E(CodeForbidden, "这件事由"+r.DepartmentName+"办理，请承办单位来写。")
		}
	}
	return nil
}

func (r *Report) sentence(t *reportMove, role Role, a Actor, in Input, now time.Time, p Presets) string {
	who := ""
	switch role {
	case Department:
		who = r.DepartmentName
	case Helping:
		who = r.partOf(a).DepartmentName
	}
	switch t.Command {
	case ReportDispatch:
		text := t.Text + "给" + in.Department
		if len(in.Helpers) > 0 {
			text += "，" + strings.Join(in.Helpers, "、") + "协办"
		}
		return text
	case ReportResolve:
		return who + "已办结（" + in.Outcome.Name() + "），请反映人确认"
	case ReportAnswer:
		return t.Text + "（" + in.Outcome.Name() + "）"
	case ReportRate:
		return fmt.Sprintf("%s：%d 星", t.Text, in.Stars)
	case ReportClassify:
		return t.Text + "“" + in.Category.Name + "”"
	case ReportMerge:
		return "与 " + in.Into + " 是同一个问题，一起办理"
	case ReportAskTime:
		return fmt.Sprintf("%s%s %d 个工作日", who, t.Text, in.Days)
	case ReportGrantTime:
		return t.Text + "到 " + MomentText(r.extended(now, r.ExtendDays, p))
	case ReportExtend:
		return t.Text + " " + MomentText(r.extended(now, in.Days, p))
	}
	if t.Command == ReportUrge && role == System {
		return "超过期限，催办"
	}
	return who + t.Text
}

func (r *Report) set(t *reportMove, role Role, a Actor, in Input, now time.Time) {
	r.State = t.To
	if !slices.Contains(handled, t.To) || t.Command == ReportDispatch {
		r.RelayAt = nil // nobody is left who asked
	}
	switch t.Command {
	case ReportRelay:
		r.RelayAt = &now
	case ReportRelayed:
		r.RelayAt = nil
	case ReportReject:
		r.Outcome, r.OutcomeText = NotOurs, in.Reason
	case ReportDispatch:
		r.DepartmentID, r.DepartmentName, r.ExtendDays = in.DepartmentID, in.Department, 0
		r.Parts = nil
		for i, id := range in.HelperIDs {
			r.Parts = append(r.Parts, Part{r.ID, id, in.Helpers[i], PartAsked})
		}
	case ReportRecall:
		r.DepartmentID, r.DepartmentName, r.ExtendDays, r.Parts = 0, "", 0, nil
	case ReportSendBack, ReportPartDone:
		if role == Helping {
			r.partOf(a).State = map[ReportCommand]PartState{ReportSendBack: PartSentBack, ReportPartDone: PartDone}[t.Command]
		} else {
			r.DepartmentID, r.DepartmentName = 0, ""
		}
	case ReportResolve, ReportAnswer:
		r.Outcome, r.OutcomeText, r.ResolvedBy, r.SolvedAt, r.ExtendDays = in.Outcome, in.Note, a.PersonID, &now, 0
	case ReportRate:
		r.Stars, r.RatingText = in.Stars, in.Text
	case ReportRefuse:
		r.ReopenedCount++
		r.Outcome, r.OutcomeText, r.SolvedAt, r.SupervisedAt = "", "", nil, &now
		if r.DepartmentClosed {
			r.DepartmentID, r.DepartmentName = 0, ""
		}
		for i := range r.Parts {
			if r.Parts[i].State == PartDone { // not whose it never was, nor who helps no more
				r.Parts[i].State = PartAsked
			}
		}
	case ReportClassify:
		r.CategoryID, r.CategoryName, r.CategoryDays, r.Urgent = in.CategoryID, in.Category.Name, in.Category.Days, in.Category.Urgent
	case ReportLocate:
		if r.PlaceWritten == nil { // its chain holds what was written
			written := r.PlaceText
			r.PlaceWritten = &written
		}
		r.Building, r.PlaceText = in.Building, strings.TrimSpace(in.Building+" "+in.Where)
	case ReportMerge:
		r.MergedInto = in.IntoID
	case ReportAskTime:
		r.ExtendDays = in.Days
	case ReportDenyTime:
		r.ExtendDays = 0
	case ReportSupervise:
		r.SupervisedAt = &now
	case ReportSuggest:
		r.SuggestedAt = &now
	}
}

// Leaves takes a helping department that takes nothing any more out of the report; false when
// it has no open part.
func (r *Report) Leaves(departmentID int64) (Event, bool) {
	for i := range r.Parts {
		if p := &r.Parts[i]; p.DepartmentID == departmentID && p.State == PartAsked {
			p.State = PartSentBack
			return Event{Command: string(ReportSendBack), From: string(r.State), To: string(r.State), Role: Staff, Text: p.DepartmentName + "不再协办，请看要不要另请单位"}, true
		}
	}
	return Event{}, false
}

// Begin makes a new report as submitted: its clock starts. Who may, the route table says.
func (r *Report) Begin(now time.Time, p Presets) (Event, []Audience) {
	t := &ReportTransitions[0]
	r.State, r.CreatedAt, r.UpdatedAt = t.To, now, now
	r.runClock(t, Input{}, now, p)
	r.wind(p)
	return Event{Command: string(t.Command), To: string(t.To), Role: Resident, Text: t.Text}, t.Tell
}

// Split makes the report of the second matter that r holds, as the desk accepted it: of the
// same reporter and place, with words of the staff's (in.Note) and a clock of its own.
func (r *Report) Split(in Input, now time.Time, p Presets) (*Report, Event, []Audience) {
	other := &Report{
		ReporterID: r.ReporterID, StationID: r.StationID, CommunityID: r.CommunityID, DeputyID: r.DeputyID, PlaceText: r.PlaceText, Building: r.Building, Lat: r.Lat, Lng: r.Lng,
		CommunityName: r.CommunityName, ReporterName: r.ReporterName, SplitFrom: r.ID, Body: in.Note,
		ContactHidden: r.ContactHidden, SubjectText: r.SubjectText, ProxyID: r.ProxyID, ProxyRole: r.ProxyRole, ProxyTells: r.ProxyTells,
		CategoryID: in.CategoryID, CategoryName: in.Category.Name, CategoryDays: in.Category.Days, Urgent: in.Category.Urgent,
	}
	other.Begin(now, p)
	other.State = Accepted
	return other, Event{Command: string(ReportSplit), To: string(Accepted), Role: Staff, Text: "从 " + r.Number() + " 拆出，单独办理"}, []Audience{ToResident}
}
