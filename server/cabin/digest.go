package cabin

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Digest is what a deputy's day holds.
type Digest struct {
	Day      time.Time // in Shanghai
	Today    []DigestMeeting
	Asked    int // requests that wait for the deputy
	Followed int // reports raised with the deputy that moved in the last 24 hours
}

// DigestMeeting is a meeting of the day.
type DigestMeeting struct {
	At    time.Time
	Topic string
}

// Empty says whether there is nothing to tell.
func (d Digest) Empty() bool { return len(d.Today) == 0 && d.Asked == 0 && d.Followed == 0 }

// Notice is the digest as one piece of news. It names no resident.
func (d Digest) Notice() Notice {
	var parts, lines []string
	if n := len(d.Today); n > 0 {
		parts = append(parts, fmt.Sprintf("%d 场接待", n))
		for _, m := range d.Today[:min(n, 5)] {
			lines = append(lines, m.At.In(Shanghai).Format("15:04")+" "+firstText(shorten(m.Topic, 16), "接待"))
		}
		if n > 5 {
			lines = append(lines, fmt.Sprintf("还有 %d 场", n-5))
		}
	}
	if d.Asked > 0 {
		parts = append(parts, fmt.Sprintf("%d 个预约等您答复", d.Asked))
	}
	if d.Followed > 0 {
		parts = append(parts, fmt.Sprintf("%d 件反映有进展", d.Followed))
	}
	id, _ := strconv.ParseInt(d.Day.Format("20060102"), 10, 64)
	return Notice{
		Until:  time.Date(d.Day.Year(), d.Day.Month(), d.Day.Day(), 12, 0, 0, 0, Shanghai), // a morning's news
		Matter: MatterDigest, MatterID: id, Kind: KindDigest, Template: TellBookingChanged, Page: "/sub-deputy/today",
		Title: "今天：" + strings.Join(parts, "，"), Body: firstText(strings.Join(lines, "；"), "点开看看") + "。",
		Values: Values{
			"number": d.Day.Format("20060102"), "who": "选民", "time": timeValue(d.Day), "topic": "今天的安排",
			"state": "请查看", "remark": strings.Join(parts, "，"),
		},
	}
}

// DueNotice reminds a report's handlers of its deadline; light is Report.Light, amber or red.
func DueNotice(r *Report, light string) Notice {
	word := "快到期"
	if light == "red" {
		word = "已超期"
	}
	n := Notice{
		Matter: MatterReport, MatterID: r.ID, Template: TellReportAssigned, Danger: r.Urgent, Page: fmt.Sprintf("/pages/report/detail?id=%d", r.ID),
		Title: word + "：" + r.CategoryName + " " + r.Number(), Body: shorten(r.Body, 60),
		Values: Values{"number": r.Number(), "topic": r.CategoryName, "state": word, "remark": "请尽快办理", "who": firstText(r.DepartmentName, "联络站")},
	}
	if r.DueAt != nil {
		n.Body = "期限 " + MomentText(*r.DueAt) + "：" + n.Body
		n.Values["time"] = timeValue(*r.DueAt)
		if light != "red" {
			n.Until = *r.DueAt // the next reminder says that it is over
		}
	}
	return n
}

// StillAskedNotice reminds the reporter of a question that nobody answered.
func StillAskedNotice(r *Report, now time.Time) Notice {
	return ReportNotice(r, Event{Command: string(ReportAsk), Text: "还在等您的回答，回答后接着办"}, ToResident, now)
}
