package cabin

import (
	"fmt"
	"time"
)

// PresetRule describes one limit that the admin may change (domain: "Presets").
type PresetRule struct {
	Name    string // stable, stored
	Group   string // for the screen
	Title   string
	Unit    string
	Meaning string // what changes for people
	Min     int
	Max     int
	Default int
	set     func(*Presets, int)
}

func hours(d *time.Duration, n int) { *d = time.Duration(n) * time.Hour }

func days(d *time.Duration, n int) { hours(d, 24*n) }

const (
	groupBooking = "预约"
	groupWaiting = "候补与未到"
	groupTelling = "提醒"
	groupReport  = "反映问题"
	groupKeep    = "保存多久"
	groupSafety  = "账号安全"
)

// PresetRules lists every limit with its unit and bounds, in the order of the screen.
var PresetRules = []PresetRule{
	{"book_lead_hours", groupBooking, "最少提前", "小时", "离开始不到这么久，选民不能再约。", 0, 72, 4, func(p *Presets, n int) { hours(&p.BookLead, n) }},
	{"book_ahead_days", groupBooking, "最多提前", "天", "只放出这么多天以内的时间。", 1, 90, 30, func(p *Presets, n int) { p.BookAheadDays = n }},
	{"open_bookings", groupBooking, "每人未结束的预约", "个", "同一位选民同时最多有这么多个。", 1, 5, 2, func(p *Presets, n int) { p.OpenBookings = n }},
	{"answer_desk_hours", groupBooking, "转给联络站", "工作小时", "代表这么久没有答复，转给联络站跟进。", 1, 80, 24, func(p *Presets, n int) { hours(&p.DeskAfter, n) }},
	{"answer_within_hours", groupBooking, "没有答复即过期", "工作小时", "这么久没有人答复，预约过期，时间让出来。", 2, 160, 72, func(p *Presets, n int) { hours(&p.AnswerWithin, n) }},
	{"cancel_until_hours", groupBooking, "选民可自己取消", "小时前", "离开始不到这么久，要打电话给联络站。", 0, 48, 2, func(p *Presets, n int) { hours(&p.CancelUntil, n) }},
	{"check_in_minutes", groupBooking, "开始签到", "分钟前", "开始前这么久起可以签到。", 0, 240, 60, func(p *Presets, n int) { p.CheckInFrom = time.Duration(n) * time.Minute }},
	{"wait_offer_hours", groupWaiting, "候补保留", "小时", "空出的位子给排在最前的人保留这么久，夜里不算。", 1, 24, 2, func(p *Presets, n int) { hours(&p.WaitOffer, n) }},
	{"no_show_limit", groupWaiting, "未到几次", "次", "到了这个次数，只能由联络站代约。", 1, 5, 2, func(p *Presets, n int) { p.NoShowLimit = n }},
	{"no_show_window_days", groupWaiting, "未到计算期", "天", "只算这么多天以内的未到。", 7, 365, 90, func(p *Presets, n int) { p.NoShowWindowDays = n }},
	{"no_show_bar_days", groupWaiting, "只能代约", "天", "从最后一次未到起这么多天。", 1, 180, 30, func(p *Presets, n int) { p.NoShowBarDays = n }},
	{"undo_hours", groupWaiting, "可撤销未到", "小时", "记为未到后，联络站在这么久内可以撤销。", 1, 168, 24, func(p *Presets, n int) { hours(&p.UndoWithin, n) }},
	{"object_days", groupWaiting, "可以申诉", "天", "被记为未到的人在这么多天内可以申诉。", 1, 60, 7, func(p *Presets, n int) { p.ObjectDays = n }},
	{"remind_eve_hour", groupTelling, "前一天提醒", "点", "见面前一天的这个钟点提醒。", 8, 21, 18, func(p *Presets, n int) { p.RemindEveHour = n }},
	{"remind_before_hours", groupTelling, "当天提醒", "小时前", "见面前这么久再提醒一次。", 1, 12, 2, func(p *Presets, n int) { hours(&p.RemindBefore, n) }},
	{"digest_hour", groupTelling, "代表早上的安排", "点", "有事的日子，这个钟点给代表发一条当天的安排。", 6, 11, 8, func(p *Presets, n int) { p.DigestHour = n }},
	{"quiet_from_hour", groupTelling, "免打扰开始", "点", "从这个钟点起不打扰人。", 18, 23, 22, func(p *Presets, n int) { p.QuietFrom = n }},
	{"quiet_to_hour", groupTelling, "免打扰结束", "点", "到这个钟点才再提醒人。", 5, 10, 7, func(p *Presets, n int) { p.QuietTo = n }},
	{"talk_close_days", groupBooking, "讲座自动办结", "天", "讲座结束后这么久还没写服务记录，就算办完，请到场的人评价。", 1, 60, 7, func(p *Presets, n int) { p.TalkCloseDays = n }},
	{"accept_days", groupReport, "受理期限", "个工作日", "提交后这么久要受理。", 1, 10, 1, func(p *Presets, n int) { p.AcceptDays = n }},
	{"danger_hours", groupReport, "安全隐患期限", "小时", "有危险的事，每个小时都算。", 1, 24, 2, func(p *Presets, n int) { hours(&p.DangerWithin, n) }},
	{"amber_percent", groupReport, "期限变黄", "%", "期限用掉这么多，标成“快到期”，提醒办理的人。", 50, 95, 80, func(p *Presets, n int) { p.AmberPercent = n }},
	{"supervise_days", groupReport, "超期转督办", "个工作日", "超过期限先催办，再过这么久还没办好就列入督办。", 1, 10, 1, func(p *Presets, n int) { p.SuperviseDays = n }},
	{"keep_contact_days", groupKeep, "办完后保留电话", "天", "代为登记的姓名和电话，这位居民的事都办完这么久以后删除。自己留的电话由本人删除。", 30, 1825, 180, func(p *Presets, n int) { days(&p.KeepContacts, n) }},
	{"keep_inbox_days", groupKeep, "保留消息", "天", "每个人收到的消息，这么久以后删除。事情本身的经过一直都在。", 30, 1095, 365, func(p *Presets, n int) { days(&p.KeepInbox, n) }},
	{"keep_push_days", groupKeep, "保留微信发送记录", "天", "发出和没发出去的微信通知，这么久以后删除。", 30, 365, 90, func(p *Presets, n int) { days(&p.KeepPushes, n) }},
	{"keep_export_hours", groupKeep, "保留导出的文件", "小时", "导出的表格和个人数据，这么久以后删除。", 1, 72, 24, func(p *Presets, n int) { hours(&p.KeepExports, n) }},
	{"keep_key_days", groupKeep, "记住重复的提交", "天", "同一次提交在这么久以内再发来，不会重复登记。", 7, 90, 30, func(p *Presets, n int) { days(&p.KeepKeys, n) }},
	{"agree_days", groupSafety, "等另一位管理员", "天", "要两位管理员同意的事，这么久没有答复就作废。", 1, 30, 7, func(p *Presets, n int) { days(&p.AgreeWithin, n) }},
	{"silence_days", groupReport, "没有意见即办好", "天", "办结后反映人这么久没有别的意见，就算办好。", 3, 30, 7, func(p *Presets, n int) { p.SilenceDays = n }},
}

// PresetRuleOf returns the rule of a name, nil when there is none.
func PresetRuleOf(name string) *PresetRule {
	for i := range PresetRules {
		if PresetRules[i].Name == name {
			return &PresetRules[i]
		}
	}
	return nil
}

// Check holds a value against the rule's bounds (CodeInvalid).
func (r *PresetRule) Check(value int) error {
	if value < r.Min || value > r.Max {
		return Invalid("value", fmt.Sprintf("“%s”请填 %d 到 %d %s。", r.Title, r.Min, r.Max, r.Unit))
	}
	return nil
}

// CheckPresets holds limits that only make sense together against each other
// (CodeInvalid about value). values has those that the office changed.
func CheckPresets(values map[string]int) error {
	v := func(name string) int {
		if n, ok := values[name]; ok {
			return n
		}
		return PresetRuleOf(name).Default
	}
	switch {
	case v("answer_desk_hours") >= v("answer_within_hours"):
		return Invalid("value", fmt.Sprintf("转给联络站要早于过期：这样是 %d 工作小时转、%d 工作小时过期。", v("answer_desk_hours"), v("answer_within_hours")))
	case v("book_lead_hours") >= 24*v("book_ahead_days"):
		return Invalid("value", fmt.Sprintf("最少提前 %d 小时、最多提前 %d 天，就没有能约的时间了。", v("book_lead_hours"), v("book_ahead_days")))
	case v("remind_eve_hour") >= v("quiet_from_hour") || v("remind_eve_hour") < v("quiet_to_hour"):
		return Invalid("value", fmt.Sprintf("前一天 %d 点的提醒会落在免打扰里（%d 点到第二天 %d 点），请错开。", v("remind_eve_hour"), v("quiet_from_hour"), v("quiet_to_hour")))
	case v("digest_hour") < v("quiet_to_hour"):
		return Invalid("value", fmt.Sprintf("早上 %d 点还在免打扰里（到 %d 点），请晚一点。", v("digest_hour"), v("quiet_to_hour")))
	}
	return nil
}

// Presets are the limits in force, with the calendar that working time is counted by.
type Presets struct {
	BookLead         time.Duration // a booking starts at least this long from now
	BookAheadDays    int           // and at most this many days
	OpenBookings     int           // a resident's open bookings
	DeskAfter        time.Duration // working time until an unanswered request goes to the desk
	AnswerWithin     time.Duration // working time until an unanswered request expires
	CancelUntil      time.Duration // before the start, for the resident
	CheckInFrom      time.Duration // before the start
	WaitOffer        time.Duration // a freed seat is kept for the first in line, outside quiet hours
	NoShowLimit      int           // of the resident, within NoShowWindowDays
	NoShowWindowDays int
	NoShowBarDays    int           // only staff can book for them, from the last no-show
	UndoWithin       time.Duration // a no-show marked by mistake
	ObjectDays       int
	RemindEveHour    int           // of the day before
	RemindBefore     time.Duration // the start
	DigestHour       int           // at which a deputy is told what the day holds
	QuietFrom        int           // hours of the day in which nobody is disturbed
	QuietTo          int
	TalkCloseDays    int           // after its end a talk without a record is done
	AcceptDays       int           // working days until a report is accepted
	DangerWithin     time.Duration // every hour counts
	AmberPercent     int           // of a deadline's time: from there on it is nearly over
	SuperviseDays    int           // working days after its deadline until a report is supervised
	SilenceDays      int           // days after which a resolved report is closed
	KeepContacts     time.Duration // of who was written down by others, after their last matter ended
	KeepInbox        time.Duration
	KeepPushes       time.Duration // that went out, or did not
	KeepExports      time.Duration // files
	KeepKeys         time.Duration // of idempotency
	AgreeWithin      time.Duration // two admins to what both must agree to
	ReportPhotos     int
	ReportBodyRunes  int
	Calendar         Calendar
}

// DefaultPresets are those of the domain.
func DefaultPresets() Presets { return NewPresets(nil, Calendar{}) }

// NewPresets are the defaults with what the office changed over them. A stored value that
// is out of bounds, or of a name that no longer exists, does not count.
func NewPresets(changed map[string]int, c Calendar) Presets {
	p := Presets{ReportPhotos: 9, ReportBodyRunes: 2000, Calendar: c}
	for i := range PresetRules {
		r := &PresetRules[i]
		r.set(&p, r.Default)
		if n, ok := changed[r.Name]; ok && r.Check(n) == nil {
			r.set(&p, n)
		}
	}
	return p
}

// ForDesk are the presets for what the desk books while the person stands there: no lead
// time, and a slot that has just begun will do.
func (p Presets) ForDesk() Presets {
	p.BookLead = -30 * time.Minute
	return p
}

// Bookable tells whether a time that starts at start may be booked now (CodeInvalid).
func (p Presets) Bookable(start, now time.Time) error {
	if start.Before(now.Add(p.BookLead)) && p.BookLead <= 0 {
		return Invalid("start", "这个时间已经过去，请选晚一点的时间。")
	}
	if start.Before(now.Add(p.BookLead)) {
		return Invalid("start", fmt.Sprintf("请至少提前 %d 小时预约，换一个晚一点的时间。", int(p.BookLead.Hours())))
	}
	if start.After(midnight(now).AddDate(0, 0, p.BookAheadDays+1)) {
		return Invalid("start", fmt.Sprintf("只能预约 %d 天以内的时间。", p.BookAheadDays))
	}
	return nil
}

// HoldUntil is when an unanswered request gives its time back: after the working time to
// answer, and never later than its own start.
func (p Presets) HoldUntil(now, start time.Time) time.Time {
	return earlier(p.Calendar.AddWorkingTime(now, p.AnswerWithin), start)
}

// DeskAt is when an unanswered request goes to the desk: after its working time, and in
// any case two hours before it would expire, so that somebody can still act.
func (p Presets) DeskAt(now, start time.Time) time.Time {
	at := earlier(p.Calendar.AddWorkingTime(now, p.DeskAfter), p.HoldUntil(now, start).Add(-2*time.Hour))
	if at.Before(now) {
		return now
	}
	return at
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// QuietHours says in words when nobody is disturbed.
func (p Presets) QuietHours() string {
	return fmt.Sprintf("晚上 %d 点到早上 %d 点", p.QuietFrom-12, p.QuietTo)
}

// Awake is t, or the end of the quiet hours that t falls into.
func (p Presets) Awake(t time.Time) time.Time {
	t = t.In(Shanghai)
	switch {
	case t.Hour() >= p.QuietFrom:
		return midnight(t).AddDate(0, 0, 1).Add(time.Duration(p.QuietTo) * time.Hour)
	case t.Hour() < p.QuietTo:
		return midnight(t).Add(time.Duration(p.QuietTo) * time.Hour)
	}
	return t
}

// OfferUntil is how long a freed seat is kept for the first in line: WaitOffer of time
// outside the quiet hours, from now on.
func (p Presets) OfferUntil(now time.Time) time.Time {
	from := p.Awake(now)
	until := from.Add(p.WaitOffer)
	night := midnight(from).Add(time.Duration(p.QuietFrom) * time.Hour)
	if until.After(night) {
		return p.Awake(night).Add(until.Sub(night))
	}
	return until
}

// OfferText says before there is an offer how long a seat at start will be kept for whoever
// it comes to: 给您留 2 小时. The last offer may come so late that the start cuts it short.
func (p Presets) OfferText(start time.Time) string {
	text := "给您留 " + durationText(p.WaitOffer)
	if p.OfferUntil(start.Add(-p.BookLead)).After(start) {
		text += "，最晚到开始"
	}
	return text
}

// BarredUntil is when a resident may book by themselves again, zero when they may:
// NoShowLimit no-shows within NoShowWindowDays bar them for NoShowBarDays from the last.
// noShows are the starts of the meetings they missed, in order of time.
func (p Presets) BarredUntil(noShows []time.Time, now time.Time) time.Time {
	var until time.Time
	for i := p.NoShowLimit - 1; i < len(noShows); i++ {
		first, last := noShows[i-p.NoShowLimit+1], noShows[i]
		if end := last.AddDate(0, 0, p.NoShowBarDays); !last.After(first.AddDate(0, 0, p.NoShowWindowDays)) && end.After(now) {
			until = end
		}
	}
	return until
}

// NoShowsSince is how far back no-shows matter.
func (p Presets) NoShowsSince(now time.Time) time.Time {
	return now.AddDate(0, 0, -p.NoShowWindowDays-p.NoShowBarDays)
}

// BookingRules says the limits to a resident before they tap.
func (p Presets) BookingRules() []string {
	return []string{
		fmt.Sprintf("可以预约 %d 小时以后、%d 天以内的时间。", int(p.BookLead.Hours()), p.BookAheadDays),
		fmt.Sprintf("同时最多有 %d 个没结束的预约。", p.OpenBookings),
		fmt.Sprintf("约好以后，开始前 %d 小时可以自己取消或改时间。", int(p.CancelUntil.Hours())),
		fmt.Sprintf("约满的时间可以候补，空出来会给您留 %d 小时。", int(p.WaitOffer.Hours())),
	}
}
