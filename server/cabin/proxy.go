package cabin

import (
	"strings"
	"time"
)

// ReportConsent is what is read aloud to a resident before somebody reports for them
// (代办事项); a yes is kept with ReportConsentVersion, who heard it, when and how.
const (
	ReportConsent        = "我同意由您记录我的姓名和电话，代我向联络站反映这件事，并把办理结果告诉我。姓名和电话只给联络站看，不给承办单位看；谁查看过都有记录。"
	ReportConsentVersion = 1
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
