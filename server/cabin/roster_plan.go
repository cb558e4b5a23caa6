package cabin

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// RosterRow is a row of a sheet: one canonical value a column, "" where nothing is said.
type RosterRow struct {
	Line   int
	Values []string
	Bad    bool // a cell of it could not be read: it is known, and never written
}

// RosterSheet is what was read of a kind's sheet.
type RosterSheet struct {
	Kind    RosterKind
	Letters []string // where each column stands, "" = it is not there
	Rows    []RosterRow
}

// RosterFault says where in the workbook something is wrong, and how to mend it.
type RosterFault struct {
	Sheet   string `json:"sheet"`
	Line    int    `json:"line"` // 0: about the sheet or the whole workbook
	Cell    string `json:"cell"` // C7, A5:A7; "" = about more than a cell
	Message string `json:"message"`
}

// Text is the fault in a line: 代表!C7：手机号应为 11 位数字.
func (f RosterFault) Text() string {
	switch {
	case f.Sheet == "":
		return f.Message
	case f.Cell == "":
		return f.Sheet + "：" + f.Message
	}
	return f.Sheet + "!" + f.Cell + "：" + f.Message
}

// RosterBook is a workbook as it was read. Notes say what was left aside.
type RosterBook struct {
	Sheets []RosterSheet
	Faults []RosterFault
	Notes  []string
}

// RosterEntry is a thing as it is, in canonical values.
type RosterEntry struct {
	ID     int64
	Values []string
	Closed bool // it is offered no more; what happened keeps it
}

// RosterNow is what is there.
type RosterNow map[RosterKind][]RosterEntry

// RosterAction is what would become of a row.
type RosterAction string

// The actions.
const (
	RosterCreate RosterAction = "create"
	RosterUpdate RosterAction = "change"
	RosterSame   RosterAction = "same"
)

// RosterItem is what a row would do. Old is nil for what would be created.
type RosterItem struct {
	Kind   RosterKind
	Line   int
	Action RosterAction
	ID     int64
	Old    []string
	Values []string
}

// RosterDiff is one value that would change.
type RosterDiff struct{ Title, Old, New string }

// Diffs lists what would change, as people may see it; for what is new, what it would hold.
func (it *RosterItem) Diffs() []RosterDiff {
	var out []RosterDiff
	def := RosterDef(it.Kind)
	for i := range def.Columns {
		c, old := &def.Columns[i], ""
		if it.Old != nil {
			old = it.Old[i]
		}
		if old != it.Values[i] {
			out = append(out, RosterDiff{c.Title, c.Shown(old), c.Shown(it.Values[i])})
		}
	}
	return out
}

// Label names what the row is about.
func (it *RosterItem) Label() string { return RosterDef(it.Kind).Label(it.Values) }

// RosterPlan is what a workbook would do. It can be carried out when it has no Faults.
type RosterPlan struct {
	Items  []RosterItem
	Faults []RosterFault
	Notes  []string
}

// Count is how many rows of the kind ("" = of all) the action meets.
func (p *RosterPlan) Count(kind RosterKind, action RosterAction) (n int) {
	for i := range p.Items {
		if it := &p.Items[i]; it.Action == action && (kind == "" || it.Kind == kind) {
			n++
		}
	}
	return n
}

// InWords says what the plan would do: 新增 3 位代表、2 个社区；修改 1 个联络站. "" = nothing.
func (p *RosterPlan) InWords() string {
	var sentences []string
	for _, a := range []struct {
		action RosterAction
		word   string
	}{{RosterCreate, "新增"}, {RosterUpdate, "修改"}} {
		var parts []string
		for _, kind := range RosterKinds {
			if n := p.Count(kind, a.action); n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", n, RosterDef(kind).counted()))
			}
		}
		if len(parts) > 0 {
			sentences = append(sentences, a.word+" "+strings.Join(parts, "、"))
		}
	}
	return strings.Join(sentences, "；")
}

// counted is the unit with what it counts.
func (d *RosterSheetDef) counted() string {
	if d.Kind == RosterHoliday {
		return d.Unit + d.Sheet
	}
	return d.Unit
}

// BadRows is how many rows of the kind ("" = of all) have faults; a fault that is about no
// row counts as one.
func (p *RosterPlan) BadRows(kind RosterKind) int {
	seen := map[string]bool{}
	for _, f := range p.Faults {
		if kind == "" || RosterDef(kind).Sheet == f.Sheet {
			at := f.Sheet + "\x00" + strconv.Itoa(f.Line)
			if f.Line == 0 {
				at = f.Text()
			}
			seen[at] = true
		}
	}
	return len(seen)
}

// PlanRoster says what the workbook would do to what is there. today is 2006-01-02.
func PlanRoster(now RosterNow, book *RosterBook, today string) *RosterPlan {
	p := &planner{now: now, today: today, out: &RosterPlan{Faults: slices.Clone(book.Faults), Notes: slices.Clone(book.Notes)},
		sheets: map[RosterKind]*RosterSheet{}, names: map[RosterKind]map[string][]string{}}
	for i := range book.Sheets {
		p.sheets[book.Sheets[i].Kind] = &book.Sheets[i]
	}
	for _, kind := range RosterKinds {
		p.kind(kind)
	}
	p.noteSpecialities()
	slices.SortStableFunc(p.out.Faults, func(a, b RosterFault) int {
		return cmp.Or(cmp.Compare(placeOf(a), placeOf(b)), cmp.Compare(a.Line, b.Line))
	})
	return p.out
}

// placeOf orders faults as the sheets stand.
func placeOf(f RosterFault) int {
	return slices.IndexFunc(RosterKinds, func(k RosterKind) bool { return RosterDef(k).Sheet == f.Sheet })
}

type planner struct {
	now    RosterNow
	today  string
	out    *RosterPlan
	sheets map[RosterKind]*RosterSheet
	names  map[RosterKind]map[string][]string // folded → the names it may mean
}

// step is the planning of one kind.
type step struct {
	*planner
	def   *RosterSheetDef
	sheet *RosterSheet
	first map[string]int // key → line
}

func (p *planner) kind(kind RosterKind) {
	def, sheet := RosterDef(kind), p.sheets[kind]
	if sheet == nil {
		p.index(def, nil, nil)
		return
	}
	s := &step{p, def, sheet, map[string]int{}}
	found := s.match()
	if kind == RosterStation { // stations may name each other
		brought, changed := s.draft(found)
		p.index(def, brought, changed)
	}
	from := len(p.out.Items)
	for i := range sheet.Rows {
		if sheet.Rows[i].Bad {
			s.mentions(&sheet.Rows[i]) // the rest of what is wrong in it, at the same time
		} else {
			s.row(&sheet.Rows[i], found[i])
		}
	}
	items := p.out.Items[from:]
	if kind == RosterStation {
		s.circles(items)
	}
	brought, changed := s.bad(), map[int64][]string{}
	for i := range items {
		if brought = append(brought, items[i].Values); items[i].ID != 0 {
			changed[items[i].ID] = items[i].Values
		}
	}
	p.index(def, brought, changed)
}

// bad are the rows that could not be read whole: what names them is not wrong for that.
func (s *step) bad() (out [][]string) {
	for i := range s.sheet.Rows {
		if s.sheet.Rows[i].Bad {
			out = append(out, s.sheet.Rows[i].Values)
		}
	}
	return out
}

// draft are the rows before they are planned: enough to know their names.
func (s *step) draft(found []*RosterEntry) (brought [][]string, changed map[int64][]string) {
	changed = map[int64][]string{}
	for i := range s.sheet.Rows {
		values := s.sheet.Rows[i].Values
		if brought = append(brought, values); found[i] != nil {
			changed[found[i].ID] = values
		}
	}
	return brought, changed
}

// match finds what is there for each row: by its key, else by its second key where that
// fits one row and one thing alone.
func (s *step) match() []*RosterEntry {
	rows, here := s.sheet.Rows, s.now[s.def.Kind]
	found := make([]*RosterEntry, len(rows))
	byKey, taken := make(map[string]*RosterEntry, len(here)), map[*RosterEntry]bool{}
	for i := range here {
		byKey[s.def.key(here[i].Values)] = &here[i]
	}
	for i := range rows {
		if e := byKey[s.def.key(rows[i].Values)]; e != nil {
			found[i], taken[e] = e, true
		}
	}
	if s.def.second == nil {
		return found
	}
	rowsOf, free := map[string]int{}, map[string][]*RosterEntry{}
	for i := range rows {
		rowsOf[s.def.second(rows[i].Values)]++
	}
	for i := range here {
		if k := s.def.second(here[i].Values); !taken[&here[i]] {
			free[k] = append(free[k], &here[i])
		}
	}
	for i := range rows {
		if k := s.def.second(rows[i].Values); found[i] == nil && rowsOf[k] == 1 && len(free[k]) == 1 {
			found[i] = free[k][0]
		}
	}
	return found
}

func (s *step) fault(line, column int, message string) {
	f := RosterFault{Sheet: s.def.Sheet, Line: line, Message: message}
	if f.Cell = fmt.Sprintf("第%d行", line); s.sheet.Letters[column] != "" {
		f.Cell = s.sheet.Letters[column] + strconv.Itoa(line)
	}
	s.out.Faults = append(s.out.Faults, f)
}

// row plans one row.
func (s *step) row(r *RosterRow, here *RosterEntry) {
	before := len(s.out.Faults)
	it := RosterItem{Kind: s.def.Kind, Line: r.Line, Action: RosterCreate, Values: make([]string, len(s.def.Columns))}
	if here != nil {
		it.Action, it.ID, it.Old = RosterUpdate, here.ID, slices.Clone(here.Values)
		s.renamed(it.Old)
		if here.Closed {
			s.noteClosed(r.Line, here)
		}
	}
	for i := range s.def.Columns {
		it.Values[i] = s.merge(&it, r, i)
	}
	if s.once(&it, r) {
		s.check(&it, r)
		s.useClosed(&it, r)
	}
	if len(s.out.Faults) > before {
		r.Bad = true
		return
	}
	if it.Old != nil && slices.Equal(it.Old, it.Values) {
		it.Action = RosterSame
	}
	s.out.Items = append(s.out.Items, it)
}

// renamed writes the names that a thing holds as they will be after this workbook.
func (s *step) renamed(values []string) {
	for i := range s.def.Columns {
		c := &s.def.Columns[i]
		if c.Names == "" || values[i] == "" {
			continue
		}
		names := []string{values[i]}
		if c.List {
			names = RosterNames(values[i])
		}
		for j, n := range names {
			if to := s.names[c.Names][FoldName(n)]; len(to) == 1 {
				names[j] = to[0]
			}
		}
		values[i] = join(names, true)
	}
}

// merge is the value that a column would have.
func (s *step) merge(it *RosterItem, r *RosterRow, i int) string {
	c, said, old := &s.def.Columns[i], r.Values[i], ""
	if it.Old != nil {
		old = it.Old[i]
	}
	switch {
	case said == "" && old == "" && c.Required:
		s.fault(r.Line, i, "要填“"+c.Title+"”")
		return ""
	case said == "":
		return old
	case c.Title == "房间":
		if said == RosterClear {
			s.fault(r.Line, i, "房间不能在这里删除，空着就保持原样")
			return old
		}
		return join(cut(strings.Trim(old+"、"+said, "、")), false)
	case said == RosterClear:
		return ""
	case c.Names == "":
		return said
	}
	return s.named(c, r.Line, i, said)
}

// named writes the names in a cell as they are called.
func (s *step) named(c *RosterColumn, line, i int, said string) string {
	names := []string{said}
	if c.List {
		names = RosterNames(said)
	}
	for j, n := range names {
		meant := s.names[c.Names][FoldName(n)]
		switch {
		case len(meant) == 0:
			to := RosterDef(c.Names).Sheet
			s.fault(line, i, fmt.Sprintf("没有“%s”，请检查写法，或先在“%s”表里加上", n, to))
		case len(meant) > 1:
			s.fault(line, i, fmt.Sprintf("有 %d 位叫“%s”，请写成 %s 这样", len(meant), n, meant[0]))
		default:
			names[j] = meant[0]
		}
	}
	if !c.List {
		return names[0]
	}
	return join(cut(strings.Join(names, "、")), true)
}

// mentions checks the names in a row that could not be read whole.
func (s *step) mentions(r *RosterRow) {
	for i := range s.def.Columns {
		if c, said := &s.def.Columns[i], r.Values[i]; c.Names != "" && said != "" && said != RosterClear {
			s.named(c, r.Line, i, said)
		}
	}
}

// once refuses a second row for one thing.
func (s *step) once(it *RosterItem, r *RosterRow) bool {
	key := s.def.key(it.Values)
	if line, twice := s.first[key]; twice {
		s.fault(r.Line, 0, fmt.Sprintf("和第 %d 行是同一%s：%s。请只保留一行", line, s.def.Unit, s.def.Label(it.Values)))
		return false
	}
	s.first[key] = r.Line
	return true
}

// check holds a row to what belongs together in it.
func (s *step) check(it *RosterItem, r *RosterRow) {
	v := it.Values
	switch s.def.Kind {
	case RosterStation:
		lat, lng := s.def.column("纬度"), s.def.column("经度")
		if (v[lat] == "") != (v[lng] == "") {
			s.fault(r.Line, lat, "纬度和经度要一起填")
		}
		if parent := s.def.column("上级联络站"); v[parent] != "" && FoldName(v[parent]) == FoldName(v[0]) {
			s.fault(r.Line, parent, "上级联络站不能是自己")
		}
	case RosterDeputy:
		phone := s.def.column("手机号")
		if v[phone] == "" {
			return
		}
		if line, twice := s.first["\x00"+v[phone]]; twice {
			s.fault(r.Line, phone, fmt.Sprintf("和第 %d 行的手机号相同，请核对是不是抄错了", line))
		} else {
			s.first["\x00"+v[phone]] = r.Line
		}
	case RosterHoliday:
		if v[1] == "放假" && v[2] != "" {
			s.fault(r.Line, 2, "放假的日子不用写按周几")
		}
		if v[0] < s.today && !slices.Equal(it.Old, v) {
			s.fault(r.Line, 0, "已经过去的日子不能再改")
		}
		if limit := yearsOn(s.today, 3); v[0] > limit {
			s.fault(r.Line, 0, "只能设三年以内的日子")
		}
	}
}

func yearsOn(day string, years int) string {
	year, _ := strconv.Atoi(day[:4]) // a day of ours
	return fmt.Sprintf("%04d%s", year+years, day[4:])
}

// circles refuses stations that would stand above themselves.
func (s *step) circles(items []RosterItem) {
	parent := map[string]string{}
	at := s.def.column("上级联络站")
	for _, e := range s.now[RosterStation] {
		parent[FoldName(e.Values[0])] = FoldName(e.Values[at])
	}
	for i := range items {
		parent[FoldName(items[i].Values[0])] = FoldName(items[i].Values[at])
	}
	for i := range items {
		start := FoldName(items[i].Values[0])
		for name, steps := parent[start], 0; name != "" && steps <= len(parent); name, steps = parent[name], steps+1 {
			if name == start {
				s.fault(items[i].Line, at, "上级联络站绕成了一圈，请检查")
				break
			}
		}
	}
}

// index knows what things of a kind are called: what is there, and what the workbook brings.
func (p *planner) index(def *RosterSheetDef, brought [][]string, changed map[int64][]string) {
	names := map[string][]string{}
	add := func(folded, name string) {
		if folded != "" && !slices.Contains(names[folded], name) {
			names[folded] = append(names[folded], name)
		}
	}
	for _, e := range p.now[def.Kind] {
		values := e.Values
		if to := changed[e.ID]; to != nil {
			values = to
		}
		add(FoldName(def.Label(e.Values)), def.Label(values))
		if def.Kind == RosterDeputy {
			add(FoldName(values[0]), def.Label(values))
		}
	}
	for _, values := range brought {
		if known := names[FoldName(def.Label(values))]; len(known) == 0 {
			add(FoldName(def.Label(values)), def.Label(values))
		}
		if def.Kind == RosterDeputy {
			add(FoldName(values[0]), def.Label(values))
		}
	}
	p.names[def.Kind] = names
}

// noteSpecialities names the specialities that nobody has yet: a slip of the pen would
// make one.
func (p *planner) noteSpecialities() {
	def := RosterDef(RosterDeputy)
	at, known, added := def.column("擅长"), map[string]bool{}, []string{}
	for _, e := range p.now[RosterDeputy] {
		for _, n := range RosterNames(e.Values[at]) {
			known[FoldName(n)] = true
		}
	}
	for i := range p.out.Items {
		if it := &p.out.Items[i]; it.Kind == RosterDeputy && it.Action != RosterSame {
			for _, n := range RosterNames(it.Values[at]) {
				if !known[FoldName(n)] {
					known[FoldName(n)], added = true, append(added, n)
				}
			}
		}
	}
	if len(added) > 0 {
		const shown = 20
		more := ""
		if len(added) > shown {
			more, added = fmt.Sprintf("等 %d 项", len(added)), added[:shown]
		}
		p.out.Notes = append(p.out.Notes, "目前没有代表有这些擅长："+strings.Join(added, "、")+more+"。不是笔误就不用管。")
	}
}

// RosterMoved lists in Chinese where what the earlier plan saw is not so any more. Empty:
// carrying out the later one does exactly what was shown.
func RosterMoved(earlier, later *RosterPlan) []string {
	type at struct {
		kind RosterKind
		line int
	}
	var out []string
	now := make(map[at]*RosterItem, len(later.Items))
	for i := range later.Items {
		now[at{later.Items[i].Kind, later.Items[i].Line}] = &later.Items[i]
	}
	for _, f := range later.Faults {
		out = append(out, f.Text())
	}
	for i := range earlier.Items {
		was := &earlier.Items[i]
		is := now[at{was.Kind, was.Line}]
		if is == nil {
			continue // its fault says it
		}
		if words := movedWords(was, is); words != "" {
			out = append(out, fmt.Sprintf("%s第 %d 行 %s：%s", RosterDef(was.Kind).Sheet, was.Line, was.Label(), words))
		}
	}
	return out
}

func movedWords(was, is *RosterItem) string {
	switch {
	case was.Old == nil && is.Old != nil:
		return "核对时还没有，现在已经有了"
	case was.Old != nil && is.Old == nil:
		return "核对时已经有，现在没有了"
	case was.ID != is.ID:
		return "对应的已经是另一条"
	}
	def := RosterDef(was.Kind)
	for i := range def.Columns {
		c := &def.Columns[i]
		if was.Old != nil && was.Old[i] != is.Old[i] {
			return fmt.Sprintf("“%s”核对时是“%s”，现在是“%s”", c.Title, c.Shown(was.Old[i]), c.Shown(is.Old[i]))
		}
		if was.Values[i] != is.Values[i] {
			return fmt.Sprintf("“%s”核对时要写成“%s”，现在是“%s”", c.Title, c.Shown(was.Values[i]), c.Shown(is.Values[i]))
		}
	}
	return ""
}
