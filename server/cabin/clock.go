package cabin

import (
	"fmt"
	"strings"
	"time"
)

// Shanghai is the one time zone of the product. Times are stored as UTC.
var Shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

func midnight(t time.Time) time.Time {
	y, m, d := t.In(Shanghai).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, Shanghai)
}

var weekdays = [...]string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}

// DayText names t's day in people's terms, seen from now: 今天 周一, 明天 周二, 12月1日 周二.
func DayText(t, now time.Time) string {
	t = t.In(Shanghai)
	wd := weekdays[t.Weekday()]
	switch days := int(midnight(t).Sub(midnight(now)).Hours() / 24); days {
	case 0:
		return "今天 " + wd
	case 1:
		return "明天 " + wd
	case 2:
		return "后天 " + wd
	}
	return fmt.Sprintf("%d月%d日 %s", t.Month(), t.Day(), wd)
}

// HourText is 凌晨 0:30, 上午 9:00, 中午 12:30, 下午 3:30, 晚上 7:00.
func HourText(t time.Time) string {
	t = t.In(Shanghai)
	h, part := t.Hour(), ""
	switch {
	case h < 6:
		part = "凌晨"
	case h < 12:
		part = "上午"
	case h == 12:
		part = "中午"
	case h < 18:
		part = "下午"
	default:
		part = "晚上"
	}
	if h > 12 {
		h -= 12
	}
	return fmt.Sprintf("%s %d:%02d", part, h, t.Minute())
}

// SpanText is the whole time of a meeting: 明天（11月24日 周二）上午 9:00–9:30. The end
// names its part of the day only when it would be misread without: 上午 11:00–下午 1:00.
func SpanText(start, end, now time.Time) string {
	s := start.In(Shanghai)
	date := fmt.Sprintf("%d月%d日 %s", s.Month(), s.Day(), weekdays[s.Weekday()])
	if s.Year() != now.In(Shanghai).Year() {
		date = fmt.Sprintf("%d年%s", s.Year(), date)
	}
	switch int(midnight(s).Sub(midnight(now)).Hours() / 24) {
	case 0:
		date = "今天（" + date + "）"
	case 1:
		date = "明天（" + date + "）"
	case 2:
		date = "后天（" + date + "）"
	default:
		date += " "
	}
	e := end.In(Shanghai)
	if s.Hour() < 13 && e.Hour() >= 13 {
		return date + HourText(s) + "–" + HourText(e)
	}
	return fmt.Sprintf("%s%s–%d:%02d", date, HourText(s), (e.Hour()+11)%12+1, e.Minute())
}

// DatedSpan is SpanText for what is kept: it never says 今天 or 明天.
func DatedSpan(start, end time.Time) string {
	return strings.Replace(SpanText(start, end, start.AddDate(0, 0, -9)), "  ", " ", 1)
}

// durationText is 30 分钟 or 2 小时.
func durationText(d time.Duration) string {
	if d%time.Hour == 0 && d > 0 {
		return fmt.Sprintf("%d 小时", int(d.Hours()))
	}
	return fmt.Sprintf("%d 分钟", int(d.Minutes()))
}

// MomentText is a deadline in words: 11月26日 17:00.
func MomentText(t time.Time) string {
	t = t.In(Shanghai)
	return fmt.Sprintf("%d月%d日 %d:%02d", t.Month(), t.Day(), t.Hour(), t.Minute())
}

// Number is a matter's number for people, e.g. 2026-0123. It comes from the id, so it
// never changes and needs no counter that writers would queue for.
func Number(id int64, createdAt time.Time) string {
	return fmt.Sprintf("%d-%04d", createdAt.In(Shanghai).Year(), id)
}
