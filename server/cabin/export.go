package cabin

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// ExportList is a list that can be taken as a workbook.
type ExportList string

// The lists.
const (
	ExportDeskReports       ExportList = "desk_reports"
	ExportDeskBookings      ExportList = "desk_bookings"
	ExportDepartmentReports ExportList = "department_reports"
	ExportCommunityReports  ExportList = "community_reports"
	ExportDeputyReports     ExportList = "deputy_reports"
	ExportDeputyBookings    ExportList = "deputy_bookings"
	ExportDeputies          ExportList = "deputies"
	ExportPeople            ExportList = "people"
	ExportAudit             ExportList = "audit"
	ExportMyData            ExportList = "my_data"         // an archive of a person's own, no workbook
	ExportReportContacts    ExportList = "report_contacts" // names and phones: only when two admins agreed
	ExportBookingContacts   ExportList = "booking_contacts"
	ExportStatistics        ExportList = "statistics"
	ExportLedgerReception   ExportList = "ledger_reception"
	ExportLedgerBookings    ExportList = "ledger_bookings"
	ExportLedgerReports     ExportList = "ledger_reports"
	ExportLedgerVisits      ExportList = "ledger_visits"
	ExportHandovers         ExportList = "handovers"
	ExportTalks             ExportList = "talks"
	ExportVisits            ExportList = "visits"
	ExportProxied           ExportList = "proxied_reports"
	ExportHelping           ExportList = "helping_reports"
	ExportConstituency      ExportList = "constituency_reports"
	ExportChecks            ExportList = "checks"
	ExportPresets           ExportList = "presets"
	ExportCalendar          ExportList = "calendar"
	ExportNeeds             ExportList = "needs"
	ExportUnmet             ExportList = "unmet_needs"
	ExportQuickTexts        ExportList = "quick_texts"
	ExportPushes            ExportList = "dead_pushes"
)

// MaxExportRows is how many rows a workbook may have; more is narrowed by its filters.
const MaxExportRows = 200_000

// MostExportLife is how long a file is kept at the most (preset keep_export_hours).
const MostExportLife = 72 * time.Hour

// ExportColumn is a column of a workbook.
type ExportColumn struct {
	Title string
	Width float64
}

// ExportDef says who may take a list and what it holds. Names and phones of residents are
// in none of them but in contactDefs.
type ExportDef struct {
	List    ExportList
	Name    string
	Roles   []Role // one of them; the scope is what it was granted for
	Whole   []Role // of these, who sees all of it
	Columns []ExportColumn
}

var (
	reportColumns = []ExportColumn{
		{"编号", 16}, {"提交时间", 17}, {"类别", 12}, {"社区", 14}, {"地点", 24}, {"内容", 50}, {"类别问答", 40}, {"状态", 10}, {"等谁处理", 10}, {"承办单位", 18}, {"办理期限", 17},
		{"督办时间", 17}, {"再次交办次数", 8}, {"结果", 12}, {"结果说明", 40}, {"评分", 8}, {"最近更新", 17},
	}
	bookingColumns = []ExportColumn{
		{"编号", 16}, {"日期", 12}, {"开始", 8}, {"结束", 8}, {"联络站", 22}, {"房间", 14}, {"代表", 12}, {"服务", 10}, {"人数", 8}, {"话题", 30}, {"状态", 10},
		{"签到时间", 17}, {"缺席方", 10}, {"评分", 8}, {"服务记录", 50}, {"提交时间", 17},
	}
	visitColumns = []ExportColumn{
		{"编号", 10}, {"走访时间", 17}, {"社区", 14}, {"地点", 24}, {"对象", 16}, {"听到的", 60}, {"代表", 12}, {"走访人", 12}, {"身份", 16}, {"记录时间", 17},
	}
	// A correction is a row of its own below the row that it sets right.
	correctionColumns = []ExportColumn{{"更正时间", 17}, {"更正人", 12}, {"更正为", 40}, {"更正原因", 30}}
)

// LedgerExports are the ledgers as workbooks.
var LedgerExports = map[LedgerKind]ExportList{
	LedgerReception: ExportLedgerReception, LedgerBookings: ExportLedgerBookings, LedgerReports: ExportLedgerReports, LedgerVisits: ExportLedgerVisits,
}

// ExportRow is a correction's row: the number of what it sets right, and what its
// ledger's other columns leave free.
func (c *Correction) ExportRow(number any, columns int) []any {
	row := make([]any, columns-len(correctionColumns))
	for i := range row {
		row[i] = ""
	}
	row[0] = number
	return append(row, stamp(&c.At), c.Person, c.Text, c.Reason)
}

var exportDefs = []ExportDef{
	{ExportDeskReports, "联络站的民情", []Role{Staff, Admin}, []Role{Admin}, reportColumns},
	{ExportDeskBookings, "联络站的预约", []Role{Staff, Admin}, []Role{Admin}, bookingColumns},
	{ExportDepartmentReports, "交办给本单位的民情", []Role{Department}, nil, reportColumns},
	{ExportCommunityReports, "本社区的民情", []Role{Community, Liaison}, nil, reportColumns},
	{ExportDeputyReports, "向我反映的民情", []Role{Deputy}, nil, reportColumns},
	{ExportDeputyBookings, "约我的预约", []Role{Deputy}, nil, bookingColumns},
	{ExportDeputies, "人大代表名册", WorkingRoles, WorkingRoles, []ExportColumn{
		{"姓名", 12}, {"层级", 14}, {"选区", 18}, {"届次", 14}, {"职务", 30}, {"联络站", 26}, {"擅长", 24}, {"服务", 20}, {"简介", 50}}},
	{ExportPeople, "担任工作的人", []Role{Admin}, []Role{Admin}, []ExportColumn{{"姓名", 14}, {"角色", 20}, {"范围", 26}, {"授予时间", 17}, {"人员编号", 10}}},
	{ExportAudit, "操作记录", []Role{Admin, Auditor}, []Role{Admin, Auditor}, []ExportColumn{
		{"编号", 10}, {"时间", 20}, {"人员", 14}, {"人员编号", 10}, {"角色", 16}, {"操作", 30}, {"代码", 20}, {"对象", 14}, {"对象编号", 10}, {"详情", 60}, {"来源地址", 18}, {"请求编号", 22}}},
	{ExportStatistics, "统计", []Role{Staff, Admin}, []Role{Admin}, []ExportColumn{
		{"月份", 12}, {"联络站", 26}, {"类别", 14}, {"收到", 8}, {"办结", 8}, {"还在办", 8}, {"再次交办过", 12}, {"办结用时中位（天）", 18}, {"评价人数", 10}, {"平均评分", 10}}},
	{ExportLedgerReception, "接待台账", []Role{Staff, Admin}, []Role{Admin}, slices.Concat(bookingColumns, correctionColumns)},
	{ExportLedgerBookings, "预约台账", []Role{Staff, Admin}, []Role{Admin}, slices.Concat(bookingColumns, correctionColumns)},
	{ExportLedgerReports, "民情台账", []Role{Staff, Admin}, []Role{Admin}, slices.Concat(reportColumns, correctionColumns)},
	{ExportLedgerVisits, "走访台账", []Role{Staff, Admin}, []Role{Admin}, slices.Concat(visitColumns, correctionColumns)},
	{ExportVisits, "社区的走访", []Role{Liaison, Community}, nil, visitColumns},
	{ExportHandovers, "交班记录", []Role{Staff, Admin}, []Role{Admin}, []ExportColumn{{"编号", 10}, {"时间", 17}, {"联络站", 24}, {"交班人", 12}, {"内容", 60}, {"等受理交办", 12}, {"等办的预约", 12}, {"超期", 8}, {"谁看过", 30}}},
	{ExportTalks, "讲座", []Role{Staff, Admin}, []Role{Admin}, []ExportColumn{{"编号", 10}, {"时间", 17}, {"联络站", 24}, {"代表", 12}, {"话题", 30}, {"地点", 24}, {"座位", 8}, {"报名人数", 10}, {"到场人数", 10}, {"状态", 10}, {"记录", 50}}},
	{ExportProxied, "我代办的反映", []Role{Staff, Admin, Community, Liaison}, []Role{Staff, Admin, Community, Liaison}, reportColumns}, // each person's own
	{ExportHelping, "本单位协办的民情", []Role{Department}, nil, reportColumns},
	{ExportConstituency, "选区里的民情", []Role{Constituency}, nil, reportColumns},
	{ExportChecks, "等着定能不能公开的", []Role{Staff, Admin}, []Role{Admin}, []ExportColumn{{"编号", 10}, {"什么时候起", 17}, {"联络站", 24}, {"是什么", 10}, {"事项编号", 10}, {"内容", 50}, {"为什么", 40}, {"申诉", 40}}},
	{ExportPresets, "规则", []Role{Admin}, []Role{Admin}, []ExportColumn{{"分组", 14}, {"规则", 28}, {"现在是", 8}, {"单位", 10}, {"原来的", 8}, {"可以设", 14}, {"意思", 60}, {"谁改的", 12}, {"什么时候", 17}}},
	{ExportCalendar, "本单位的工作日历", []Role{Admin}, []Role{Admin}, []ExportColumn{{"日期", 12}, {"安排", 8}, {"按周几", 10}, {"名称", 14}, {"谁设的", 12}, {"什么时候", 17}}},
	{ExportNeeds, "选民的话", []Role{Admin}, []Role{Admin}, []ExportColumn{{"选民的话", 20}, {"擅长", 20}, {"有几位代表", 12}}},
	{ExportUnmet, "没找到代表的话", []Role{Admin}, []Role{Admin}, []ExportColumn{{"选民的话", 24}, {"说过几次", 10}, {"第一次", 17}, {"最近一次", 17}}},
	{ExportQuickTexts, "常用语", []Role{Admin}, []Role{Admin}, []ExportColumn{{"用在", 14}, {"短名", 14}, {"这句话", 70}, {"谁改的", 12}, {"什么时候", 17}}},
	{ExportPushes, "没发出去的通知", []Role{Admin}, []Role{Admin}, []ExportColumn{{"编号", 10}, {"写下的时间", 17}, {"事项", 10}, {"事项编号", 10}, {"模板", 22}, {"试过几次", 10}, {"微信的代码", 10}, {"原因", 40}, {"放弃的时间", 17}}},
}

// myData is everybody's own; no page of lists offers it.
var myData = ExportDef{List: ExportMyData, Name: "我的数据", Roles: []Role{Resident}, Whole: []Role{Resident}}

// contactDefs hold who brought the reports, or booked the meetings, of some days, and how to
// reach them. They are written when two admins agreed, and everybody in them is told.
var contactDefs = []ExportDef{
	{List: ExportReportContacts, Name: "民情（带姓名电话）", Roles: []Role{Admin}, Whole: []Role{Admin}, Columns: []ExportColumn{
		{"编号", 16}, {"提交时间", 17}, {"反映人", 14}, {"电话", 16}, {"类别", 12}, {"社区", 14}, {"地点", 24}, {"状态", 10}, {"承办单位", 18}}},
	{List: ExportBookingContacts, Name: "预约（带姓名电话）", Roles: []Role{Admin}, Whole: []Role{Admin}, Columns: []ExportColumn{
		{"编号", 16}, {"见面时间", 17}, {"预约人", 14}, {"电话", 16}, {"代表", 12}, {"联络站", 22}, {"服务", 10}, {"人数", 8}, {"状态", 10}}},
}

// Contacts tells whether the list holds residents' names and phones.
func (d *ExportDef) Contacts() bool {
	return slices.ContainsFunc(contactDefs, func(c ExportDef) bool { return c.List == d.List })
}

// ContactList is a list with names and phones that somebody may ask for: the request that
// another admin has to agree to.
type ContactList struct {
	*ExportDef
	Ask AgreementCommand
}

// ContactListsOf are those that the actor may ask for at this moment.
func ContactListsOf(a Actor) (lists []ContactList) {
	for _, rule := range AgreementRules {
		if def := ExportOf(rule.List); def != nil {
			if _, err := def.Scope(a); err == nil {
				lists = append(lists, ContactList{def, rule.Command})
			}
		}
	}
	return lists
}

// Most is how many rows the list may have.
func (d *ExportDef) Most() int {
	if d.Contacts() {
		return MaxContactRows
	}
	return MaxExportRows
}

// ExportOf describes a list, nil when there is none.
func ExportOf(list ExportList) *ExportDef {
	if list == ExportMyData {
		return &myData
	}
	for _, defs := range [][]ExportDef{exportDefs, contactDefs} {
		for i := range defs {
			if defs[i].List == list {
				return &defs[i]
			}
		}
	}
	return nil
}

// Dated tells whether the list can be narrowed by days.
func (d *ExportDef) Dated() bool {
	return !slices.Contains([]ExportList{ExportDeputies, ExportPeople, ExportChecks, ExportPresets, ExportCalendar, ExportNeeds, ExportUnmet, ExportQuickTexts, ExportPushes}, d.List)
}

// Use says which step of a report a quick text is for.
func (q *QuickText) Use() string {
	for _, c := range QuickCommands {
		if c.Command == q.Command {
			return c.Name
		}
	}
	return string(q.Command)
}

// ExportsOf lists what the actor may take at this moment.
func ExportsOf(a Actor) (defs []*ExportDef) {
	for i := range exportDefs {
		if _, err := exportDefs[i].Scope(a); err == nil {
			defs = append(defs, &exportDefs[i])
		}
	}
	return defs
}

// ExportScope is what of a list somebody may take.
type ExportScope struct {
	All bool
	IDs []int64
}

// Scope is what of the list the actor may take at this moment (CodeForbidden: nothing).
func (d *ExportDef) Scope(a Actor) (ExportScope, error) {
	var s ExportScope
	for _, r := range d.Roles {
		if !a.Has(r) {
			continue
		}
		if slices.Contains(d.Whole, r) || r == Staff && a.Holds(Staff, 0) {
			return ExportScope{All: true}, nil
		}
		s.IDs = append(s.IDs, a.Scopes(r)...)
	}
	slices.Sort(s.IDs)
	s.IDs = slices.DeleteFunc(slices.Compact(s.IDs), func(id int64) bool { return id <= 0 })
	if len(s.IDs) == 0 {
		return s, E(CodeForbidden, "您没有权限导出这份名单。如果刚刚调整过分工，请联系街道人大工委。")
	}
	return s, nil
}

// String is the form in which a scope is kept.
func (s ExportScope) String() string {
	if s.All {
		return "all"
	}
	parts := make([]string, len(s.IDs))
	for i, id := range s.IDs {
		parts[i] = strconv.FormatInt(id, 10)
	}
	return strings.Join(parts, ",")
}

// Covers tells whether what was written for another scope (as kept) may be had with this one.
func (s ExportScope) Covers(kept string) bool {
	if s.All || kept == s.String() {
		return true
	}
	for part := range strings.SplitSeq(kept, ",") {
		id, err := strconv.ParseInt(part, 10, 64)
		if err != nil || !slices.Contains(s.IDs, id) {
			return false
		}
	}
	return true
}

// ExportFilters narrow a list as its screen does. Days are 2006-01-02, both included; of
// reports and the audit by when they came, of bookings by when they are.
type ExportFilters struct {
	From         string `json:"from,omitempty"`
	To           string `json:"to,omitempty"`
	Queue        string `json:"queue,omitempty"`        // of reports: waiting, handling, overdue, resolved, returned, helping, helped, closed
	View         string `json:"view,omitempty"`         // of bookings: waiting, asked, upcoming, past
	Query        string `json:"query,omitempty"`        // of deputies; of the audit the action
	Kind         string `json:"kind,omitempty"`         // of the audit: what it was done to
	ActorID      int64  `json:"actorId,omitempty"`      // of the audit: who did it
	StationID    int64  `json:"stationId,omitempty"`    // one station only
	SpecialityID int64  `json:"specialityId,omitempty"` // of deputies
	Constituency string `json:"constituency,omitempty"` // of deputies
	CategoryID   int64  `json:"categoryId,omitempty"`   // of reports
	DeputyID     int64  `json:"deputyId,omitempty"`     // of reports and bookings
	What         string `json:"what,omitempty"`         // of reports a StatisticRows; of bookings a state
}

// Check reads the days (CodeInvalid).
func (f *ExportFilters) Check() error {
	for path, day := range map[string]string{"from": f.From, "to": f.To} {
		if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
			return Invalid(path, "日期不对，请重新选择。")
		}
	}
	if f.From != "" && f.To != "" && f.From > f.To {
		return Invalid("to", "结束日期不能早于开始日期。")
	}
	if utf8.RuneCountInString(f.Query) > 40 || utf8.RuneCountInString(f.Constituency) > 60 || len(f.Kind) > 20 || len(f.What) > 20 {
		return Invalid("query", "写得太长了，请精简一些。")
	}
	return nil
}

// Span is the time from the first day to the end of the last one; zero times are open.
func (f *ExportFilters) Span() (from, to time.Time) {
	if f.From != "" {
		from, _ = time.ParseInLocation(time.DateOnly, f.From, Shanghai) // Check was asked
	}
	if f.To != "" {
		to, _ = time.ParseInLocation(time.DateOnly, f.To, Shanghai)
		to = to.AddDate(0, 0, 1)
	}
	return from, to
}

var queueWords = map[string]string{
	"waiting": "等我处理", "handling": "办理中", "overdue": "超期", "resolved": "等反映人确认", "returned": "等补充", "helping": "要协办的", "helped": "协办过的", "closed": "已办完",
	"asked": "等代表答复", "upcoming": "将要来的", "past": "已过去的",
}

// Words says the filters for the sheet of notes; names are given by who asked.
func (f *ExportFilters) Words() string {
	var parts []string
	switch {
	case f.From != "" && f.From == f.To:
		parts = append(parts, "日期 "+f.From)
	case f.From != "" || f.To != "":
		parts = append(parts, fmt.Sprintf("日期 %s 至 %s", firstText(f.From, "最早"), firstText(f.To, "以后")))
	}
	if word := firstText(queueWords[f.Queue], queueWords[f.View]); word != "" {
		parts = append(parts, word)
	}
	if f.Query != "" {
		parts = append(parts, "搜索“"+f.Query+"”")
	}
	if f.Kind != "" {
		parts = append(parts, "对象 "+f.Kind)
	}
	if f.ActorID != 0 {
		parts = append(parts, fmt.Sprintf("人员编号 %d", f.ActorID))
	}
	if f.Constituency != "" {
		parts = append(parts, "选区 "+f.Constituency)
	}
	if f.StationID != 0 {
		parts = append(parts, fmt.Sprintf("联络站编号 %d", f.StationID))
	}
	if f.SpecialityID != 0 {
		parts = append(parts, fmt.Sprintf("擅长编号 %d", f.SpecialityID))
	}
	if f.CategoryID != 0 {
		parts = append(parts, fmt.Sprintf("类别编号 %d", f.CategoryID))
	}
	if f.DeputyID != 0 {
		parts = append(parts, fmt.Sprintf("代表编号 %d", f.DeputyID))
	}
	if word := firstText(StatisticRowsNames[StatisticRows(f.What)], BookingState(f.What).Name()); word != "" {
		parts = append(parts, word)
	}
	if len(parts) == 0 {
		return "全部"
	}
	return strings.Join(parts, "；")
}

// stamp writes a moment the way that sorts as text.
func stamp(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.In(Shanghai).Format("2006-01-02 15:04")
}

var waitingNames = map[Waiting]string{WaitingStaff: "联络站", WaitingDepartment: "承办单位", WaitingResident: "反映人"}

// ExportRow is the report's row, in the order of its columns. Phones and doors that people
// wrote into it are masked: contacts leave by another way, or not at all.
func (r *Report) ExportRow() []any {
	return []any{
		r.Number(), stamp(&r.CreatedAt), r.CategoryName, r.CommunityName, Masked(r.PlaceText), Masked(r.Body), Masked(r.Answers.Lines()), r.State.Name(), waitingNames[r.Waiting], r.DepartmentName,
		stamp(r.DueAt), stamp(r.SupervisedAt), r.ReopenedCount, r.Outcome.Name(), Masked(r.OutcomeText), starsOrNothing(r.Stars), stamp(&r.UpdatedAt),
	}
}

// ExportRow is the booking's row, in the order of its columns. It names no resident.
func (b *Booking) ExportRow() []any {
	start, end := b.StartsAt.In(Shanghai), b.EndsAt.In(Shanghai)
	return []any{
		b.Number(), start.Format(time.DateOnly), start.Format("15:04"), end.Format("15:04"), b.StationName, b.RoomName, b.DeputyName, b.Service.Name(), b.Party, Masked(firstText(b.Topic, b.TalkTopic)),
		b.State.Name(), stamp(b.CheckedInAt), absentName(b), starsOrNothing(b.Stars), Masked(b.Record), stamp(&b.CreatedAt),
	}
}

// ContactRow is the booking's row in the list with names and phones, in the order of its
// columns.
func (b *Booking) ContactRow(phone string) []any {
	start, _ := b.Occupies()
	return []any{b.Number(), stamp(&start), b.ResidentName, phone, b.DeputyName, b.StationName, b.Service.Name(), b.Party, b.State.Name()}
}

// ContactRow is the report's row in the list with names and phones.
func (r *Report) ContactRow(phone string) []any {
	return []any{r.Number(), stamp(&r.CreatedAt), r.ReporterName, phone, r.CategoryName, r.CommunityName, r.PlaceText, r.State.Name(), r.DepartmentName}
}

func absentName(b *Booking) string {
	if b.AbsentSide == "" {
		return ""
	}
	return b.AbsentSide.Name()
}

func starsOrNothing(n int) any {
	if n == 0 {
		return ""
	}
	return n
}
