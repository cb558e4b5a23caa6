package cabin

import (
	"strings"
	"time"
)

// Visit is an entry of the visit log (走访): where somebody went, whom they met in general
// and what they heard. It names no resident.
type Visit struct {
	ID          int64     `db:"id"`
	PersonID    int64     `db:"person_id"`
	Role        Role      `db:"role"`
	CommunityID int64     `db:"community_id"`
	StationID   int64     `db:"station_id"`
	DeputyID    int64     `db:"deputy_id"` // whose eyes and ears the visit was; 0 = nobody's in particular
	VisitedAt   time.Time `db:"visited_at"`
	PlaceText   string    `db:"place_text"`
	Whom        string    `db:"whom"` // in general: 楼栋居民, 商户
	Heard       string    `db:"heard"`
	Key         string    `db:"client_key"`
	CreatedAt   time.Time `db:"created_at"`

	// Names, filled by reads.
	PersonName    string `db:"person_name"`
	CommunityName string `db:"community_name"`
	DeputyName    string `db:"deputy_name"`
}

// Limits of a visit. It may be written down late: the phone had no network, or the day was long.
const (
	MaxVisitPlace = 100
	MaxVisitWhom  = 40
	MaxVisitHeard = 1000
	VisitLate     = 30 * 24 * time.Hour
	visitAhead    = 10 * time.Minute // what a phone's clock may be ahead
)

// VisitWhom are the people one meets, as a phone offers them.
var VisitWhom = []string{"楼栋居民", "独居老人", "商户", "物业人员", "楼组长", "企业职工", "家长", "残疾人家庭"}

// MayVisit tells whether the actor logs visits in this community, and in which role. Errors:
// CodeForbidden, in words for a phone that sends what was written before the role ended.
func MayVisit(a Actor, communityID int64) (Role, error) {
	for _, r := range []Role{Liaison, Community} {
		if a.Holds(r, communityID) {
			return r, nil
		}
	}
	return "", E(CodeForbidden, "您现在不负责这个社区，这条走访没有记上。内容还在您的手机里，可以复制给接手的同事。")
}

// Check holds a visit against the rules (CodeInvalid). Phones and identity numbers are
// refused: whoever wants to be called back reports, or lets it be done on their behalf.
func (v *Visit) Check(now time.Time) error {
	for _, f := range []struct {
		path, text  string
		least, most int
	}{{"place", v.PlaceText, 1, MaxVisitPlace}, {"whom", v.Whom, 1, MaxVisitWhom}, {"heard", v.Heard, 2, MaxVisitHeard}} {
		if err := CheckText(f.path, f.text, f.least, f.most); err != nil {
			return err
		}
	}
	switch {
	case v.VisitedAt.After(now.Add(visitAhead)):
		return Invalid("visitedAt", "走访的时间还没有到，请核对一下。")
	case v.VisitedAt.Before(now.Add(-VisitLate)):
		return Invalid("visitedAt", "走访过去 30 天以上，不能再记了。")
	}
	for path, text := range map[string]string{"whom": v.Whom, "heard": v.Heard} {
		if found := FindPrivate(text); len(found) > 0 && !onlyDoors(found) {
			return Invalid(path, "走访记录不写居民的电话和证件号：请去掉“"+found[0].Text+"”。要联系本人，请征得同意后用代办登记。")
		}
	}
	return nil
}

// onlyDoors: where something is may need a door; whoever reads the log knows the street.
func onlyDoors(found []Private) bool {
	for _, p := range found {
		if p.Kind != PrivateDoor {
			return false
		}
	}
	return true
}

// ExportRow is the visit's row, in the order of its columns.
func (v *Visit) ExportRow() []any {
	return []any{v.ID, stamp(&v.VisitedAt), v.CommunityName, v.PlaceText, v.Whom, Masked(v.Heard), v.DeputyName, v.PersonName, v.Role.Name(), stamp(&v.CreatedAt)}
}

// LedgerKind is one of the ledgers (台账).
type LedgerKind string

// The ledgers.
const (
	LedgerReception LedgerKind = "reception"
	LedgerBookings  LedgerKind = "bookings"
	LedgerReports   LedgerKind = "reports"
	LedgerVisits    LedgerKind = "visits"
)

// Ledgers lists them in the order of the screen.
var Ledgers = []struct {
	Kind LedgerKind
	Name string
}{{LedgerReception, "接待台账"}, {LedgerBookings, "预约台账"}, {LedgerReports, "民情台账"}, {LedgerVisits, "走访台账"}}

// Correction sets something right in a ledger: the row itself stays as it was.
type Correction struct {
	ID       int64      `db:"id"`
	Kind     LedgerKind `db:"kind"`
	ObjectID int64      `db:"object_id"`
	PersonID int64      `db:"person_id"`
	Person   string     `db:"person_name"`
	Role     Role       `db:"role"`
	Text     string     `db:"text"`
	Reason   string     `db:"reason"`
	At       time.Time  `db:"at"`
}

// Limits of a correction, in characters.
const (
	MaxCorrection       = 500
	MaxCorrectionReason = 200
)

// Check holds a correction against the rules (CodeInvalid).
func (c *Correction) Check() error {
	if err := CheckText("text", c.Text, 2, MaxCorrection); err != nil {
		return err
	}
	if strings.TrimSpace(c.Reason) == "" {
		return Invalid("reason", "请写明为什么要更正。")
	}
	return CheckText("reason", c.Reason, 2, MaxCorrectionReason)
}

// Handover is a note at the end of a shift (交班).
type Handover struct {
	ID         int64     `db:"id"`
	StationID  int64     `db:"station_id"`
	PersonID   int64     `db:"person_id"`
	PersonName string    `db:"person_name"`
	Text       string    `db:"text"`
	Reports    int       `db:"reports"` // that waited for the desk then
	Bookings   int       `db:"bookings"`
	Overdue    int       `db:"overdue"`
	CreatedAt  time.Time `db:"created_at"`
}

// MaxHandover is how long a note may be, in characters.
const MaxHandover = 1000

// HandoverFor is how long a note waits on the desks of those who have not read it.
const HandoverFor = 7 * 24 * time.Hour
