package cabin

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// NamedKind is what keeps the names that it had (domain: nothing is deleted that history needs).
type NamedKind string

// The kinds.
const (
	NamedStation    NamedKind = "station"
	NamedDeputy     NamedKind = "deputy"
	NamedCategory   NamedKind = "category"
	NamedDepartment NamedKind = "department"
	NamedCommunity  NamedKind = "community"
)

// NameVersion is what something was called until a moment.
type NameVersion struct {
	Kind      NamedKind `db:"kind"`
	ObjectID  int64     `db:"object_id"`
	Name      string    `db:"name"`
	Until     time.Time `db:"until"`
	ChangedBy string    `db:"changed_by"`
}

// Names are the former names of everything, each thing's by Until.
type Names map[NamedKind]map[int64][]NameVersion

// Then is what something was called at a moment; now is its name of today.
func (n Names) Then(kind NamedKind, id int64, at time.Time, now string) string {
	for _, v := range n[kind][id] {
		if at.Before(v.Until) {
			return v.Name
		}
	}
	return now
}

// Over is when the report ended, with whether it did: when its result was given, if it has
// one. Until then it shows today's names: people must find who has it.
func (r *Report) Over() (time.Time, bool) {
	if r.SolvedAt != nil {
		return *r.SolvedAt, r.State == Closed
	}
	return r.UpdatedAt, r.State == Closed
}

// give puts the name of a moment in place of today's. Where they differ it notes how the
// thing is called now: who reads an old name must find what became of it.
func (n Names) give(name *string, kind NamedKind, id int64, at time.Time, notes *[]string) {
	then := n.Then(kind, id, at, *name)
	if then == *name {
		return
	}
	if note := "“" + then + "”现在叫“" + *name + "”"; !slices.Contains(*notes, note) {
		*notes = append(*notes, note)
	}
	*name = then
}

// NameThen gives a report that is over the names that were true when it ended, and says of
// each that changed since what it is called now.
func (r *Report) NameThen(n Names) (notes []string) {
	at, over := r.Over()
	if !over || len(n) == 0 {
		return nil
	}
	n.give(&r.CategoryName, NamedCategory, r.CategoryID, at, &notes)
	n.give(&r.DepartmentName, NamedDepartment, r.DepartmentID, at, &notes)
	n.give(&r.CommunityName, NamedCommunity, r.CommunityID, at, &notes)
	for i := range r.Parts {
		n.give(&r.Parts[i].DepartmentName, NamedDepartment, r.Parts[i].DepartmentID, at, &notes)
	}
	return notes
}

// NameThen gives a booking that is over the names that were true when it was to be, and
// notes as Report.NameThen.
func (b *Booking) NameThen(n Names) (notes []string) {
	if b.State.Open() || len(n) == 0 {
		return nil
	}
	n.give(&b.DeputyName, NamedDeputy, b.DeputyID, b.StartsAt, &notes)
	n.give(&b.StationName, NamedStation, b.StationID, b.StartsAt, &notes)
	return notes
}

// QuickCommands are the commands that the office keeps sentences for.
var QuickCommands = []struct {
	Command ReportCommand
	Name    string
}{
	{ReportReturn, "请补充"}, {ReportReject, "不予受理"}, {ReportAsk, "问反映人"}, {ReportAnswer, "答复"}, {ReportProgress, "写进展"},
	{ReportResolve, "办结"}, {ReportSendBack, "退回"}, {ReportAskTime, "申请延期"},
}

// QuickText is a sentence to begin from, with blanks 〔…〕 that must be filled before it is sent.
type QuickText struct {
	ID        int64         `db:"id"`
	Command   ReportCommand `db:"command"`
	Label     string        `db:"label"` // what its chip says
	Text      string        `db:"text"`
	Position  int           `db:"position"`
	UpdatedBy string        `db:"updated_by"` // a name; empty where nobody changed it
	UpdatedAt *time.Time    `db:"updated_at"`
	ClosedAt  *time.Time    `db:"closed_at"`
}

// Limits of a quick text, in characters.
const (
	MaxQuickLabel = 10
	MaxQuickText  = 180
)

// Check holds a quick text against the rules (CodeInvalid, by field): its blanks are closed,
// and say what is to be written there.
func (q *QuickText) Check() error {
	if !slices.ContainsFunc(QuickCommands, func(c struct {
		Command ReportCommand
		Name    string
	}) bool {
		return c.Command == q.Command
	}) {
		return Invalid("command", "请选择这句话用在哪里。")
	}
	if err := CheckText("label", q.Label, 1, MaxQuickLabel); err != nil {
		return err
	}
	if err := CheckText("text", q.Text, 4, MaxQuickText); err != nil {
		return err
	}
	for rest := q.Text; rest != ""; {
		begin, end := strings.IndexRune(rest, '〔'), strings.IndexRune(rest, '〕')
		switch {
		case begin < 0 && end < 0:
			return nil
		case begin < 0 || end < begin || strings.ContainsRune(rest[begin+utf8.RuneLen('〔'):end], '〔'):
			return Invalid("text", "空格要成对：用“〔要填的内容〕”把要填的地方括起来。")
		case strings.TrimSpace(rest[begin+utf8.RuneLen('〔'):end]) == "":
			return Invalid("text", "请在“〔〕”里写上要填什么，例如〔具体时间〕。")
		}
		rest = rest[end+utf8.RuneLen('〕'):]
	}
	return nil
}
