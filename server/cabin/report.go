package cabin

import (
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

// StateName is the name of the report's state as people read it: nobody was given an answer
// when it goes on with another one, or was withdrawn.
func (r *Report) StateName() string {
	switch {
	case r.State == Closed && r.MergedInto != 0:
		return "一起办理"
	case r.State == Closed && r.Outcome == "":
		return "已撤回"
	}
	return r.State.Name()
}

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
	DeputyID      int64       `db:"deputy_id"`     // raised with this deputy; 0 = with nobody in particular
	PlaceText     string      `db:"place_text"`    // all of it, the building too
	PlaceWritten  *string     `db:"place_written"` // what was written at first, when the place was set right since
	Building      string      `db:"building"`      // of the community's list, or as it was written; "" = none named
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
	SolvedAt      *time.Time  `db:"solved_at"`    // when the result that stands was given
	PausedAt      *time.Time  `db:"paused_at"`    // the reporter was asked then and has not answered: the clock stands
	ExtendDays    int         `db:"extend_days"`  // working days more that the department asks for
	SuggestedAt   *time.Time  `db:"suggested_at"` // a deputy took it into a 代表建议
	MergedInto    int64       `db:"merged_into"`  // the report it goes on with; never one that is merged itself
	SplitFrom     int64       `db:"split_from"`   // the report that held this matter as well
	ChainLength   int         `db:"chain_length"` // events in its chain
	Head          []byte      `db:"head"`         // the hash of the last
	ClockAt       *time.Time  `db:"clock_at"`     // when Tick is due; nil = never
	ClockStep     int         `db:"clock_step"`   // how many times it struck since the deadline was set
	Stars         int         `db:"stars"`
	RatingText    string      `db:"rating_text"`
	ContactHidden bool        `db:"contact_hidden"` // the handling department may not open the reporter's phone
	SubjectText   string      `db:"subjects"`       // whom it is about, as Subjects reads it
	RelayAt       *time.Time  `db:"relay_at"`       // the desk was asked then to pass on a message, and has not yet
	ProxyID       int64       `db:"proxy_id"`       // who reported it on the reporter's behalf; 0 = they themselves
	ProxyRole     Role        `db:"proxy_role"`
	ProxyTells    bool        `db:"proxy_tells"` // the proxy tells the reporter, who has no WeChat
	CreatedAt     time.Time   `db:"created_at"`
	UpdatedAt     time.Time   `db:"updated_at"`
	ChangedAt     time.Time   `db:"changed_at"` // by the database's own clock: when anything of it was written last

	// Names and presets, filled by reads.
	CategoryName   string `db:"category_name"`
	CategoryDays   int    `db:"category_days"`
	Urgent         bool   `db:"urgent"`
	UsualID        int64  `db:"usual_id"` // the department that usually handles its category; 0 = none
	CommunityName  string `db:"community_name"`
	DepartmentName string `db:"department_name"`
	ReporterName   string `db:"reporter_name"`

	DepartmentClosed bool `db:"department_closed"` // it takes nothing any more; filled where a single report is read

	Following bool `db:"following"` // the reader met the same problem
	Checked   bool `db:"checked"`   // the words may be shown to others

	// Answers to the category's questions; filled where a single report is read.
	Answers Answers `db:"answers"`
	// Parts are the helping departments; filled where a single report is read.
	Parts []Part `db:"-"`
	// Openings and ContactKept are filled where a report is read for those who may know.
	Openings    []ContactOpening `db:"-"`
	ContactKept bool             `db:"-"`
	// Last is filled where a report is read for a move.
	Last *LastMove `db:"-"`
}

// Part is a helping department's share of a report (协办). The main one is Report.DepartmentID.
type Part struct {
	ReportID       int64     `db:"report_id"`
	DepartmentID   int64     `db:"department_id"`
	DepartmentName string    `db:"department_name"`
	State          PartState `db:"state"`
}

// PartState is how far a helping department is.
type PartState string

// The states of a part.
const (
	PartAsked    PartState = "asked"
	PartDone     PartState = "done"
	PartSentBack PartState = "sent_back"
)

var partStateNames = map[PartState]string{PartAsked: "办理中", PartDone: "已办好", PartSentBack: "已退回"}

// Name is the part's state in Chinese.
func (s PartState) Name() string { return partStateNames[s] }

// partOf is the open part that the actor works on, nil when there is none.
func (r *Report) partOf(a Actor) *Part { return r.partIn(PartAsked, a) }

func (r *Report) partIn(state PartState, a Actor) *Part {
	for i := range r.Parts {
		if p := &r.Parts[i]; p.State == state && a.Holds(Department, p.DepartmentID) {
			return p
		}
	}
	return nil
}

// OpenNames lets the reporter's name be opened where the report is read.
func (r *Report) OpenNames(open func(personID int64, name string) string) {
	r.ReporterName = open(r.ReporterID, r.ReporterName)
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
	if r.Recused(a) {
		if r.Following {
			roles = append(roles, Follower)
		}
		return roles
	}
	if r.ProxyID != 0 && a.PersonID == r.ProxyID && (a.Has(r.ProxyRole) || r.ProxyRole == Staff && a.Has(Admin)) {
		roles = append(roles, Proxy)
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
	if r.partOf(a) != nil {
		roles = append(roles, Helping)
	}
	if r.partIn(PartDone, a) != nil { // what was sent back or recalled was never theirs
		roles = append(roles, Helped)
	}
	if r.DeputyID != 0 && a.Holds(Deputy, r.DeputyID) || r.CommunityID != 0 && a.Holds(Constituency, r.CommunityID) {
		roles = append(roles, Deputy)
	}
	if r.Following && a.PersonID != 0 {
		roles = append(roles, Follower)
	}
	return roles
}

// OnlyFollows tells whether the actor sees the report as somebody who met the same problem,
// and in no other way.
func (r *Report) OnlyFollows(a Actor) bool {
	roles := r.RolesOf(a)
	return len(roles) == 1 && roles[0] == Follower
}

// MayJoin refuses to follow a report (CodeConflict: their own, or over; CodeNotFound).
func (r *Report) MayJoin(a Actor) error {
	switch {
	case r.ReporterID == a.PersonID:
		return E(CodeConflict, "这是您自己反映的，已经在办了。")
	case r.State == Draft || r.MergedInto != 0:
		return E(CodeNotFound, "没有找到这条记录，或者您无权查看。")
	case r.State == Closed:
		return E(CodeConflict, "这件事已经办完了。还有问题，请您另外反映。")
	}
	return nil
}

// MayWatch refuses to let a deputy follow a report (CodeForbidden, CodeConflict when it is over).
func (r *Report) MayWatch(a Actor) error {
	switch {
	case !slices.Contains(r.RolesOf(a), Deputy):
		return E(CodeForbidden, "只有这个选区的代表，或者选民找的那位代表可以关注。")
	case r.State == Closed || r.State == Draft:
		return E(CodeConflict, "这件事现在不用关注了。")
	}
	return nil
}

// Coarsen leaves of a report what somebody may read who is only a neighbour of it: no name,
// no place on the map, of the place only the building, and masked words once they were checked.
func (r *Report) Coarsen() {
	key := PlaceKey(r.PlaceText)
	if !InBuilding(key) {
		key = ""
	}
	r.ReporterName, r.PlaceText, r.Building, r.Lat, r.Lng, r.RatingText, r.Answers = "", key, "", nil, nil, "", nil
	if r.Body = Masked(r.Body); !r.Checked {
		r.Body = ""
	}
}

// TakenInBy tells whether the actor takes in such reports: the desk or the community.
func (r *Report) TakenInBy(a Actor) bool {
	return slices.ContainsFunc(r.RolesOf(a), func(role Role) bool { return role == Staff || role == Community })
}

// MayGoOn tells whether another report may be merged into this one, which then goes on for
// both: somebody still has to take it in or to handle it. Whoever reports what was said to be
// solved is not answered by that.
func (r *Report) MayGoOn() bool { return slices.Contains(alive, r.State) }

// ShowsReporter tells whether this reader may see who reported: the desk, the reporter and
// who reported on their behalf, and none of them whom the report is about. A department, a
// deputy or a liaison officer sees the text and the place.
func (r *Report) ShowsReporter(a Actor) bool {
	concerned := r.Concerns(a)
	return slices.ContainsFunc(r.RolesOf(a), func(role Role) bool {
		return role == Resident || (role == Staff || role == Proxy) && !concerned
	})
}

// Light is the clock as a colour with a word: green, amber from p.AmberPercent on, red when over; "" when none runs.
func (r *Report) Light(now time.Time, p Presets) string {
	if r.DueAt == nil || r.DueFrom == nil || r.Waiting == WaitingResident {
		return ""
	}
	switch {
	case !now.Before(*r.DueAt):
		return "red"
	case !now.Before(r.amberAt(p)):
		return "amber"
	}
	return "green"
}

// amberAt is when the running deadline is nearly over.
func (r *Report) amberAt(p Presets) time.Time {
	percent := time.Duration(p.AmberPercent)
	all := r.DueAt.Sub(*r.DueFrom)
	return r.DueFrom.Add(all/100*percent + all%100*percent/100)
}

// Turns is when, after now, Light or Next say something else although nothing happened; nil:
// never.
func (r *Report) Turns(now time.Time, p Presets) *time.Time {
	if r.DueAt == nil {
		return nil
	}
	moments := []time.Time{*r.DueAt, r.DueAt.Add(1)}
	if r.DueFrom != nil {
		moments = append([]time.Time{r.amberAt(p)}, moments...)
	}
	for _, at := range moments {
		if at.After(now) {
			return &at
		}
	}
	return nil
}

// Next says who does what by when, to this reader.
func (r *Report) Next(a Actor, now time.Time) string {
	mine := a.PersonID != 0 && a.PersonID == r.ReporterID
	if r.PausedAt != nil {
		if mine {
			return "请您回答上面的问题，回答后接着办"
		}
		return "等反映人回答，期限暂停"
	}
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
		return firstText(r.DepartmentName, "联络站和邻里") + "正在办理" + answer
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
