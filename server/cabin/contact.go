package cabin

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Subject is whom a report is about: a department, or a person who works for the street.
// They learn nothing of who reported, and a person has no part in handling it (回避).
type Subject struct {
	Department bool // else a person
	ID         int64
}

// MaxSubjects is how many a report can have.
const MaxSubjects = 10

// SubjectsText is the form in which they are kept: "d7 p12".
func SubjectsText(subjects []Subject) string {
	words := make([]string, len(subjects))
	for i, s := range subjects {
		kind := "p"
		if s.Department {
			kind = "d"
		}
		words[i] = kind + strconv.FormatInt(s.ID, 10)
	}
	slices.Sort(words)
	return strings.Join(slices.Compact(words), " ")
}

// Subjects reads what is kept.
func (r *Report) Subjects() []Subject {
	var list []Subject
	for word := range strings.FieldsSeq(r.SubjectText) {
		id, err := strconv.ParseInt(word[1:], 10, 64)
		if err == nil {
			list = append(list, Subject{word[0] == 'd', id})
		}
	}
	return list
}

// Recused tells whether the report is about the actor themselves: they have no part in it
// but as its own reporter, or as a neighbour who met the same.
func (r *Report) Recused(a Actor) bool {
	return r.SubjectText != "" && slices.Contains(r.Subjects(), Subject{ID: a.PersonID})
}

// Concerns tells whether the report is about the actor, or about a department that they
// work for: nothing leads them to the reporter, in whatever other role they come.
func (r *Report) Concerns(a Actor) bool {
	return r.SubjectText != "" && slices.ContainsFunc(r.Subjects(), func(s Subject) bool {
		return !s.Department && s.ID == a.PersonID || s.Department && a.Holds(Department, s.ID)
	})
}

// MarksSubjects tells whether the actor may say, and know, whom the report is about: the
// desk, as long as it is not about them.
func (r *Report) MarksSubjects(a Actor) bool {
	return slices.Contains(r.RolesOf(a), Staff) && !r.Concerns(a)
}

// Tie is a department to which a report leads back: it is about it, or about somebody who works
// there. The desk may send the matter there all the same; it is told before it does.
type Tie struct {
	DepartmentID int64  `db:"department_id"`
	Person       string `db:"person"` // "" = it is about the department itself
}

// Text says why one would think twice.
func (t Tie) Text() string {
	if t.Person == "" {
		return "这件事反映的就是这个单位"
	}
	return "这件事反映的是" + t.Person + "，在这个单位工作"
}

// ContactOpening is one look at a reporter's phone.
type ContactOpening struct {
	ID     int64     `db:"id"`
	At     time.Time `db:"at"`
	Role   Role      `db:"actor_role"`
	Unit   string    `db:"unit"` // 中心站, 城市管理科
	Reason string    `db:"reason"`
}

// Who is the one who looked, for the reporter: a role and where, no name.
func (o ContactOpening) Who() string {
	if o.Unit == "" {
		return o.Role.Name()
	}
	return o.Role.Name() + "（" + o.Unit + "）"
}

// ContactRole is as what the actor may open the reporter's phone, "" when they may not: the
// desk; who reports on the resident's behalf; the handling department while it handles the
// matter and the reporter allows it.
func (r *Report) ContactRole(a Actor) Role {
	if r.Concerns(a) || a.PersonID == r.ReporterID {
		return ""
	}
	roles := r.RolesOf(a)
	switch {
	case slices.Contains(roles, Staff):
		return Staff
	case slices.Contains(roles, Proxy):
		return r.ProxyRole
	case slices.Contains(roles, Department) && !r.ContactHidden && slices.Contains(handled, r.State):
		return Department
	}
	return ""
}

// ContactOpened is the rule of a look at the reporter's phone; it returns as what it is
// done. Errors: CodeNotFound for a stranger; CodeForbidden, in the same words for a
// department that the reporter did not allow it to and for one that the report is about;
// CodeInvalid without a reason.
func (r *Report) ContactOpened(a Actor, reason string) (Role, error) {
	role := r.ContactRole(a)
	switch {
	case role != "":
		return role, checkNeeds([]Need{NeedReason}, Input{Reason: reason})
	case len(r.RolesOf(a)) == 0:
		return "", refusal(nil, false, "")
	}
	return "", E(CodeForbidden, "这件事的联系方式不给您看。要问反映人，请点“问反映人”或“请联络站转告”。")
}

// ContactNotice tells the reporter who looked at their phone, and why. It cannot be turned off.
func ContactNotice(r *Report, o ContactOpening) Notice {
	return Notice{
		Matter: MatterReport, MatterID: r.ID, Template: TellReportProgress, Page: fmt.Sprintf("/pages/report/detail?id=%d", r.ID),
		Title: "有人查看了您的联系电话", Body: o.Who() + "为了办理您反映的“" + r.CategoryName + "”查看了您的电话。原因：" + shorten(o.Reason, 100),
		Values: Values{"number": r.Number(), "topic": r.CategoryName, "state": "查看电话", "remark": o.Who() + "查看了您的电话", "who": firstText(o.Unit, o.Role.Name()), "time": timeValue(o.At)},
	}
}

// BookingContactNotice tells the resident who looked at their phone, and why. It cannot be
// turned off.
func BookingContactNotice(b *Booking, o ContactOpening) Notice {
	start, _ := b.Occupies()
	return Notice{
		Matter: MatterBooking, MatterID: b.ID, Template: TellBookingChanged, Page: fmt.Sprintf("/pages/booking/detail?id=%d", b.ID),
		Title: "有人查看了您的联系电话", Body: o.Who() + "因为您约" + b.DeputyName + "代表的这次预约查看了您的电话。原因：" + shorten(o.Reason, 100),
		Values: Values{"number": b.Number(), "topic": b.Service.Name(), "state": "查看电话", "remark": o.Who() + "查看了您的电话", "who": firstText(o.Unit, o.Role.Name()), "time": timeValue(start)},
	}
}

// ContactsListed is the event of the resident's phone going into a list that two admins
// agreed to; the resident sees it in the booking's history with the reason.
func (b *Booking) ContactsListed(reason string) Event {
	return Event{Command: "contact", From: string(b.State), To: string(b.State), Role: Admin, Text: "把联系电话写进了名单", Note: reason}
}
