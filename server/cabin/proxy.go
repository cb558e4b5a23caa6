package cabin

import (
	"fmt"
	"strings"
	"time"
)

// ReportConsent is what is read aloud to a resident before somebody reports for them
// (代办事项); a yes is kept with ReportConsentVersion, who heard it, when and how.
const (
	ReportConsent        = "我同意由您记录我的姓名和电话，代我向联络站反映这件事，并把办理结果告诉我。姓名和电话只给联络站看，不给承办单位看；谁查看过都有记录。"
	ReportConsentVersion = 1
)

// JoinConsent is what is read aloud at the desk to somebody who has WeChat now, before what was
// written down for them without it becomes theirs there; a yes is kept with JoinConsentVersion.
const (
	JoinConsent        = "我同意把以前用我的姓名和电话登记的预约和反映，合到我现在的微信里：以后我自己在微信上看进展、收消息，以前登记的姓名和电话删去。合过去以后不能再分开。"
	JoinConsentVersion = 1
)

// ConsentHow is how a consent was given.
type ConsentHow string

// The ways.
const (
	ConsentFace  ConsentHow = "face"  // read aloud, face to face
	ConsentPhone ConsentHow = "phone" // read out over the phone
)

// ProxyRole is as what the actor may report for a resident of this community: for their own
// community, or from the desk for anybody (CodeForbidden).
func ProxyRole(a Actor, communityID int64) (Role, error) {
	switch {
	case a.Has(Staff) || a.Has(Admin):
		return Staff, nil
	case communityID != 0 && a.Holds(Community, communityID):
		return Community, nil
	case communityID != 0 && a.Holds(Liaison, communityID):
		return Liaison, nil
	}
	return "", E(CodeForbidden, "您只能代自己社区的居民反映，请在“在哪里”选您负责的社区。")
}

var proxyWords = map[Role]string{Staff: "由联络站代办", Community: "由社区代办", Liaison: "由联络员代办"}

// ProxyWord says who reported on the reporter's behalf: 由社区代办; "" when they did it themselves.
func (r *Report) ProxyWord() string { return proxyWords[r.ProxyRole] }

// BeginFor is Begin for a report on somebody's behalf. tells says that the proxy is the one
// who tells the reporter, who has no WeChat.
func (r *Report) BeginFor(proxy Actor, role Role, tells bool, now time.Time, p Presets) (Event, []Audience) {
	r.ProxyID, r.ProxyRole, r.ProxyTells = proxy.PersonID, role, tells
	e, tell := r.Begin(now, p)
	e.Role, e.Text = role, r.ProxyWord()+"，提交了反映"
	return e, append([]Audience{ToResident}, tell...)
}

// SameName tells whether two ways of writing a name are one.
func SameName(a, b string) bool {
	plain := func(s string) string { return strings.Join(strings.Fields(s), "") }
	return plain(a) != "" && plain(a) == plain(b)
}

// EventJoinPerson is the line of a matter whose resident was written down without WeChat and
// has it now.
const EventJoinPerson = "join_person"

// JoinPersonText says so; at the desk or by themselves.
func JoinPersonText(role Role) string {
	if role == Resident {
		return "反映人在微信上认出了这件事"
	}
	return "经本人同意，联络站把这件事合到了本人的微信里"
}

// JoinNotice tells who was joined at the desk that it was done, and what to do when it was not
// their wish. It cannot be turned off.
func JoinNotice(matters int, now time.Time) Notice {
	return Notice{
		Matter: MatterAccount, Template: TellReportProgress, Page: "/pages/me/me",
		Title: "以前登记的，合到您的微信里了",
		Body:  fmt.Sprintf("联络站工作人员当面征得同意，把以前登记的 %d 件预约和反映合到了您的微信里，在“我的”里看得到。不是您同意的，请马上告诉联络站。", matters),
		Values: Values{
			"number": "—", "who": "联络站", "time": timeValue(now), "topic": "以前登记的合到微信", "state": "已合并", "remark": "不是您同意的请告诉联络站",
		},
	}
}
