package cabin

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// MatterKind says what a notice is about.
type MatterKind string

// The kinds of matters.
const (
	MatterBooking   MatterKind = "booking"
	MatterReport    MatterKind = "report"
	MatterTalk      MatterKind = "talk"
	MatterWait      MatterKind = "wait"
	MatterDigest    MatterKind = "digest"  // a morning's work; its id is the day, 20261124
	MatterAccount   MatterKind = "account" // the person's own account; its id is 0
	MatterAgreement MatterKind = "agreement"
	MatterRole      MatterKind = "role" // a role that was handed over; its id is the scope
)

// TemplateKey names a message template by what it tells; the configuration maps it to the
// account's WeChat template and its fields.
type TemplateKey string

// The templates.
const (
	TellBookingRequested TemplateKey = "booking_requested" // to the deputy: somebody asks
	TellBookingAnswered  TemplateKey = "booking_answered"  // to the resident: the answer
	TellBookingChanged   TemplateKey = "booking_changed"   // to either: it changed later
	TellReportAssigned   TemplateKey = "report_assigned"   // to desk and department: act
	TellReportProgress   TemplateKey = "report_progress"   // to the reporter: it moved
	TellReportResult     TemplateKey = "report_result"     // to the reporter: the result
)

// TemplateKeys lists them; the configuration must map every one.
var TemplateKeys = []TemplateKey{TellBookingRequested, TellBookingAnswered, TellBookingChanged, TellReportAssigned, TellReportProgress, TellReportResult}

// Values are what a template's fields may be filled from, by source name: number, who,
// time, topic, state, remark.
type Values map[string]string

// ValueSources lists the source names with their Chinese labels.
var ValueSources = map[string]string{
	"number": "编号", "who": "对象", "time": "时间", "topic": "事项", "state": "状态", "remark": "备注",
}

// Notice is one piece of news for one person: the inbox shows Title and Body and opens
// Page; the push fills Template with Values.
type Notice struct {
	Matter   MatterKind
	MatterID int64
	Title    string
	Body     string
	Page     string
	Template TemplateKey
	Values   Values
	Kind     NoticeKind // "" cannot be turned off
	Danger   bool       // pushed in the quiet hours too
	Until    time.Time  // when a push of it would tell what is over; zero: never
}

// NoticeKind is a sort of minor news whose push a person may turn off. Results and what
// needs somebody's action have none.
type NoticeKind string

// The kinds of minor news.
const (
	KindBookingProgress NoticeKind = "booking_progress"
	KindReportProgress  NoticeKind = "report_progress"
	KindReminder        NoticeKind = "reminder"
	KindDigest          NoticeKind = "digest"
)

// MinorKind is a kind with its words.
type MinorKind struct {
	Kind NoticeKind
	Name string
	Hint string
	Work bool // for working people only
}

// MinorKinds lists them, in the order of the settings page.
var MinorKinds = []MinorKind{
	{KindReminder, "见面提醒", "前一天傍晚和当天见面前", false},
	{KindBookingProgress, "预约的进展", "请您评价、记录更正这些小事", false},
	{KindReportProgress, "反映的进展", "受理、交办、开始办理", false},
	{KindDigest, "早上的安排", "有事的日子，早上一条", true},
}

// minorMoves are the moves of a booking that neither answer nor ask anything.
var minorMoves = map[BookingCommand]NoticeKind{
	BookingRemind: KindReminder, BookingComplete: KindBookingProgress, BookingClose: KindBookingProgress, BookingUndoAbsent: KindBookingProgress,
}

// StoredNotice is a notice in somebody's inbox.
type StoredNotice struct {
	ID         int64      `db:"id"`
	MatterKind MatterKind `db:"matter_kind"`
	MatterID   int64      `db:"matter_id"`
	Title      string     `db:"title"`
	Body       string     `db:"body"`
	Page       string     `db:"page"`
	CreatedAt  time.Time  `db:"created_at"`
	ReadAt     *time.Time `db:"read_at"`
}

// InboxMatter is a matter in somebody's inbox: its newest notice and how many are unread.
type InboxMatter struct {
	StoredNotice
	Unread int `db:"unread"`
}

func shorten(text string, runes int) string {
	if utf8.RuneCountInString(text) <= runes {
		return text
	}
	return string([]rune(text)[:runes-1]) + "…"
}

func timeValue(t time.Time) string { return t.In(Shanghai).Format("2006年01月02日 15:04") }

// BookingNotice is the news of event e about b, for one audience. b is as it is after the event.
func BookingNotice(b *Booking, e Event, to Audience, now time.Time) Notice {
	start, end := b.Occupies()
	n := Notice{
		Matter: MatterBooking, MatterID: b.ID, Template: TellBookingChanged,
		Page: fmt.Sprintf("/pages/booking/detail?id=%d", b.ID),
		Values: Values{
			"number": b.Number(), "time": timeValue(start), "topic": firstText(b.Topic, b.Service.Name()),
			"state": b.State.Name(), "remark": "点开查看详情",
		},
	}
	when := SpanText(start, end, now)
	if n.Kind = minorMoves[BookingCommand(e.Command)]; to == ToCaller {
		n.Kind = ""
	}
	if to == ToResident {
		n.Values["who"] = b.DeputyName
		n.Title, n.Body = bookingForResident(b, e, when)
		if e.From == string(Requested) {
			n.Template = TellBookingAnswered
		}
	} else if to == ToCaller {
		n.Values["who"] = "一位选民"
		title, body := bookingForResident(b, e, when)
		n.Title, n.Body = "请打电话告诉选民："+title, body
		if e.Command == string(BookingRemind) {
			n.Title = "请打电话提醒选民：" + strings.TrimPrefix(title, "提醒：")
		}
	} else {
		n.Values["who"] = "一位选民"
		n.Title, n.Body = bookingForWorker(b, e, to, when)
		switch BookingCommand(e.Command) {
		case BookingRequest, BookingMove, BookingToDesk:
			n.Template = TellBookingRequested
		}
	}
	if e.Command == string(BookingRemind) {
		n.Until = start
	}
	if e.Note != "" && e.Command != string(BookingComplete) {
		n.Values["remark"] = e.Note
		n.Body += "说明：" + shorten(e.Note, 100)
	}
	return n
}

func bookingForResident(b *Booking, e Event, when string) (title, body string) {
	with := b.DeputyName + "代表"
	if b.TalkID != 0 {
		if title, body := seatNews(b, e, when); title != "" {
			return title, body
		}
	}
	switch BookingCommand(e.Command) {
	case BookingAccept:
		if b.Service == PhoneCall {
			return "约好了：" + with, when + "，电话。请您到时留意来电。"
		}
		return "约好了：" + with, when + "，" + b.StationName + b.RoomName + "。请您按时到。"
	case BookingDecline:
		return with + "这次不能接待", "原定 " + when + "。您可以换个时间，或者换一位代表。"
	case BookingCounter:
		return with + "提出另一个时间", when + "。请点开选择。"
	case BookingExpire:
		if e.From == string(Countered) {
			return "预约已过期", with + "提出的新时间没有等到您的选择。您可以重新预约。"
		}
		return "预约没有等到答复", "原定 " + when + "。很抱歉，您可以重新预约。"
	case BookingCancel:
		return "预约已取消", "原定 " + when + "（" + with + "）。"
	case BookingComplete:
		return "请评价这次接待", with + "已完成接待，您的评价会帮助我们做得更好。"
	case BookingRequest:
		return "联络站替您提交了预约", with + "，" + when + "。有答复会马上告诉您。"
	case BookingSignUp:
		return "联络站替您报了名", "讲座“" + b.TalkTopic + "”，" + when + "。"
	case BookingToDesk:
		return "联络站正在跟进您的预约", with + "还没有答复，联络站会催问。原定 " + when + "。"
	case BookingDisplace:
		return with + "这个时间有事", "原定 " + when + "。联络站会尽快与您另约时间。"
	case BookingRestore:
		return with + "可以按原来的时间接待了", when + "。"
	case BookingResidentAbsent:
		return "这次预约记为未到场", when + "。如果有误，请点开提出异议。"
	case BookingDeputyAbsent:
		return "很抱歉，代表未能到场", when + "。联络站会与您联系。"
	case BookingUndoAbsent:
		return "未到记录已经撤销", when + "（" + with + "）。"
	case BookingUphold:
		return "未到记录没有撤销", when + "（" + with + "）。"
	case BookingClose:
		return "请评价这次讲座", "“" + b.TalkTopic + "”已经结束，您的评价会帮助我们做得更好。"
	case BookingRemind:
		if b.Service == PhoneCall {
			return "提醒：" + with + "要给您打电话", when + "。请您留意来电。"
		}
		return "提醒：别忘了见" + with, when + "，" + firstText(b.TalkPlace, b.StationName+b.RoomName) + "。"
	}
	return "预约有新进展", when
}

// seatNews is for who signed up for a talk; "" where the words of a meeting do.
func seatNews(b *Booking, e Event, when string) (title, body string) {
	talk := "“" + b.TalkTopic + "”"
	place := firstText(b.TalkPlace, b.StationName+b.RoomName)
	switch BookingCommand(e.Command) {
	case BookingCancel:
		return "讲座报名已取消", talk + "，" + when + "。"
	case BookingCallOff:
		return "讲座报名取消了：" + b.TalkTopic, "原定 " + when + "。很抱歉。"
	case BookingRetime:
		return "讲座改了时间地点：" + b.TalkTopic, "现在是 " + when + "，" + place + "。您的座位还在；来不了，请点开取消。"
	case BookingRemind:
		return "提醒：别忘了来听讲座", talk + "，" + when + "，" + place + "。"
	}
	return "", ""
}

// about is what the meeting is about: 面谈：睡不好.
func about(b *Booking) string {
	if b.Topic == "" {
		return b.Service.Name()
	}
	return b.Service.Name() + "：" + b.Topic
}

func bookingForWorker(b *Booking, e Event, to Audience, when string) (title, body string) {
	switch BookingCommand(e.Command) {
	case BookingMove:
		return "选民改了时间，请您答复", when + "，" + about(b) + "。"
	case BookingToDesk:
		return "代表没有答复，转到联络站", b.DeputyName + "代表，" + when + "，" + about(b) + "。请跟进。"
	case BookingDisplace:
		return "请给选民另约时间", b.DeputyName + "代表" + when + "有事，" + about(b) + "。"
	case BookingRestore:
		return "代表可以按原来的时间接待了", b.DeputyName + "代表，" + when + "，" + about(b) + "。"
	case BookingCounter:
		return "已给选民提出另一个时间", when + "，" + about(b) + "。等选民选择。"
	case BookingResidentAbsent:
		return "选民未到场", when + "，" + about(b) + "。"
	case BookingDeputyAbsent:
		if to == ToDeputy {
			return "这次接待记为您未到场", when + "。如果有误，请点开提出异议。"
		}
		return "代表未到场", b.DeputyName + "代表，" + when + "。"
	case BookingUndoAbsent:
		return "未到记录已经撤销", when + "。"
	case BookingUphold:
		return "未到记录没有撤销", when + "。"
	case BookingObject:
		return "有人对未到记录提出异议", b.DeputyName + "代表，" + when + "。请核实。"
	case BookingRemind:
		return "提醒：接待选民", when + "，" + about(b) + "，" + b.StationName + b.RoomName + "。"
	case BookingRequest:
		return "有选民预约您", when + "，" + about(b) + "。请您答复。"
	case BookingAccept:
		return "预约已确认", when + "，" + about(b) + "。"
	case BookingTake:
		return "选民同意了新的时间", when + "。"
	case BookingRefuse, BookingCancel:
		return "预约已取消", "原定 " + when + "。"
	case BookingDecline:
		return "预约未能接受", "原定 " + when + "。"
	case BookingCheckIn:
		return "选民已到站", when + "，" + b.StationName + b.RoomName + "。"
	case BookingExpire:
		if e.From == string(Countered) {
			return "预约已过期", "选民没有选择新的时间，原定 " + when + "。"
		}
		return "预约没有等到答复，已过期", "原定 " + when + "。"
	}
	return "预约有新进展", when
}

// ReportNotice is the news of event e about r, for one audience. It never names the reporter.
func ReportNotice(r *Report, e Event, to Audience, now time.Time) Notice {
	n := Notice{
		Matter: MatterReport, MatterID: r.ID, Template: TellReportAssigned,
		Page: fmt.Sprintf("/pages/report/detail?id=%d", r.ID),
		Values: Values{
			"number": r.Number(), "topic": r.CategoryName, "state": r.State.Name(), "remark": e.Text,
			"who": firstText(r.DepartmentName, "联络站"), "time": timeValue(now),
		},
		Danger: r.Urgent,
	}
	if r.DueAt != nil {
		n.Values["time"] = timeValue(*r.DueAt)
	}
	if to == ToFollowers || to == ToWatchers {
		n.Template, n.Kind = TellReportProgress, KindReportProgress
		if r.State == Resolved || r.State == Closed {
			n.Template, n.Kind = TellReportResult, ""
		}
		n.Title, n.Body = map[Audience]string{ToFollowers: "您也遇到的“", ToWatchers: "您关注的“"}[to]+r.CategoryName+"”"+reportWord(r, e), e.Text+"。"
		if r.OutcomeText != "" && r.State == Resolved {
			n.Body += "说明：" + shorten(r.OutcomeText, 100)
		}
		return n
	}
	if to != ToResident && to != ToProxy {
		n.Title, n.Body = reportForWorker(r, e)
		if ReportCommand(e.Command) == ReportRate {
			n.Kind = KindReportProgress
		}
		return n
	}
	n.Template, n.Kind = TellReportProgress, KindReportProgress
	switch ReportCommand(e.Command) {
	case ReportReturn, ReportAsk:
		n.Kind = "" // asks for something
	}
	if r.State == Resolved || r.State == Closed {
		n.Template, n.Kind = TellReportResult, ""
	}
	n.Title = "您反映的“" + shorten(r.CategoryName+"："+r.Body, 16) + "”" + reportWord(r, e)
	if to == ToProxy {
		n.Title = "您代办的“" + shorten(r.CategoryName+"："+r.Body, 16) + "”" + reportWord(r, e)
		n.Body = "请告诉您代办的居民：" // whose name is on the report: an inbox keeps none
	}
	n.Body += reportBody(r, e) + "。"
	if e.Note != "" {
		n.Body += "说明：" + shorten(e.Note, 100)
	}
	return n
}

func reportWord(r *Report, e Event) string {
	switch ReportCommand(e.Command) {
	case ReportCreate:
		return r.ProxyWord() + "，已提交"
	case ReportConfirm:
		return "代您确认办好了"
	case ReportProgress:
		return "有新进展"
	case ReportReject:
		return "没能受理"
	case ReportReturn:
		return "需要您补充"
	case ReportAsk:
		return "想问您一个问题"
	case ReportMerge:
		return "和另一件一起办了"
	case ReportSplit:
		return "分开办理了"
	case ReportGrantTime, ReportExtend:
		return "延期了"
	case ReportResume:
		return "接着办了"
	case ReportAskAgain:
		return "解决了吗"
	case ReportSuggest:
		return "列入了代表建议"
	case ReportTake:
		return "开始办理了"
	case ReportAnswer:
		return "有答复了"
	case ReportVerify:
		return "核实过了"
	case ReportRecall:
		return "在重新安排单位"
	case ReportLapse:
		return "已办好"
	}
	return r.State.Name()
}

// reportBody says to the reporter what the timeline says about them.
func reportBody(r *Report, e Event) string {
	switch ReportCommand(e.Command) {
	case ReportCreate:
		return "办到哪一步都会告诉您。如果您没有请人代办，请点开撤回"
	case ReportReturn:
		return "请您补充情况后再提交"
	case ReportAsk:
		return "请您点开回答，回答后接着办"
	case ReportAskAgain:
		return "请您看看是不是真的解决了，还没有就点“还没解决”"
	case ReportResolve:
		return r.DepartmentName + "已办结（" + r.Outcome.Name() + "），请您看看是不是真的解决了"
	case ReportAnswer:
		return e.Text + "，请您看看满意不满意"
	case ReportLapse:
		return "一直没有收到您新的意见，这件事就算办好了。如果又出现了，欢迎您再次反映"
	case ReportDispatch:
		return e.Text + "办理"
	}
	return e.Text
}

func reportForWorker(r *Report, e Event) (title, body string) {
	place := firstText(shorten(r.CommunityName+r.PlaceText, 60), "地点见详情")
	body = shorten(r.Body, 60) + "（" + place + "）"
	if r.DueAt != nil && r.Waiting != WaitingResident {
		body += "，期限 " + MomentText(*r.DueAt)
	}
	title = r.CategoryName + " " + r.Number() + "："
	switch ReportCommand(e.Command) {
	case ReportCreate:
		return "新的反映：" + r.CategoryName, body
	case ReportSubmit:
		return title + "已补充，请受理", body
	case ReportUrge:
		return title + "催办", body
	case ReportAdd, ReportReply, ReportComment, ReportRelay, ReportRelayed, ReportHandOver:
		return title + e.Text, body + "。" + shorten(e.Note, 60)
	case ReportDispatch:
		return title + "交办给您", body
	case ReportSupervise:
		return title + "督办", body + "。" + shorten(e.Note, 100)
	case ReportRecall:
		return title + "联络站已收回，不用再办", body + "。" + shorten(e.Note, 60)
	case ReportRefuse:
		return title + "反映人说还没解决", body + "。" + shorten(e.Note, 60)
	}
	return title + e.Text, body
}

// TakenOverNotice tells somebody of the desk that a colleague sees to their matters from now
// on. what names them, first is the first of them.
func TakenOverNotice(first int64, colleague, what, reason string, now time.Time) Notice {
	return Notice{
		Matter: MatterReport, MatterID: first, Template: TellReportAssigned, Kind: KindReportProgress, Page: "/sub-staff/reports",
		Title: firstText(colleague, "一位同事") + "接手了您经办的" + what, Body: "原因：" + shorten(reason, 100) + "。要拿回来，在那件事里点“我来经办”。",
		Values: Values{"number": what, "topic": "接手经办", "state": "已接手", "remark": reason, "who": firstText(colleague, "同事"), "time": timeValue(now)},
	}
}
