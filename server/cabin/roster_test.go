package cabin

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// sheetOf reads rows of texts as a workbook's sheet whose columns all stand in order.
func sheetOf(t *testing.T, book *RosterBook, kind RosterKind, rows ...string) {
	t.Helper()
	def := RosterDef(kind)
	s := RosterSheet{Kind: kind, Letters: make([]string, len(def.Columns))}
	for i := range s.Letters {
		s.Letters[i] = string(rune('A' + i))
	}
	for i, row := range rows {
		r := RosterRow{Line: i + 2, Values: make([]string, len(def.Columns))}
		for j, text := range strings.Split(row, "|") {
			value, fault := def.Columns[j].Read(text)
			if fault != "" {
				r.Bad = true
				book.Faults = append(book.Faults, RosterFault{def.Sheet, r.Line, fmt.Sprintf("%s%d", s.Letters[j], r.Line), fault})
			}
			r.Values[j] = value
		}
		s.Rows = append(s.Rows, r)
	}
	book.Sheets = append(book.Sheets, s)
}

func faultsOf(p *RosterPlan) (out []string) {
	for _, f := range p.Faults {
		out = append(out, f.Text())
	}
	return out
}

const planDay = "2026-11-24"

// after is what would be there if the plan were carried out.
func after(now RosterNow, p *RosterPlan) RosterNow {
	out := RosterNow{}
	for _, kind := range RosterKinds {
		out[kind] = slices.Clone(now[kind])
		for i := range p.Items {
			it := &p.Items[i]
			switch {
			case it.Kind != kind:
			case it.ID == 0:
				out[kind] = append(out[kind], RosterEntry{ID: int64(len(out[kind]) + 1), Values: it.Values})
			default:
				at := slices.IndexFunc(out[kind], func(e RosterEntry) bool { return e.ID == it.ID })
				out[kind][at].Values = it.Values
			}
		}
	}
	return out
}

func firstBook(t *testing.T) *RosterBook {
	book := &RosterBook{}
	sheetOf(t, book, RosterStation, "中心站|中心站||中心路 1 号|||30.2612|119.8836|一号、二号", "和平站|社区站|中心站|和平里 6 号")
	sheetOf(t, book, RosterDepartment, "城管科|道路")
	sheetOf(t, book, RosterCommunity, "和平社区|和平站|第一选区")
	sheetOf(t, book, RosterBuilding, "和平社区|1 栋|和平路 12 号")
	sheetOf(t, book, RosterDeputy, "张三|13800000001|区|第一选区|第十七届|医生|简介|中心站|心理、健康|讲座、面谈", "张三||市|第二选区||||和平站", "李四||区|第一选区||||中心站")
	sheetOf(t, book, RosterLiaison, "王五|13800000003|和平社区|张三（第二选区）、李四")
	sheetOf(t, book, RosterHoliday, "2027-01-04|放假||补休", "2027-01-09|上班|周五")
	return book
}

func TestASecondImportChangesNothing(t *testing.T) {
	first := PlanRoster(RosterNow{}, firstBook(t), planDay)
	if len(first.Faults) > 0 || first.Count("", RosterCreate) != 11 {
		t.Fatalf("%v %d", faultsOf(first), first.Count("", RosterCreate))
	}
	now := after(RosterNow{}, first)
	again := PlanRoster(now, firstBook(t), planDay)
	if len(again.Faults) > 0 || again.Count("", RosterSame) != 11 {
		t.Fatalf("%v %+v", faultsOf(again), again.Items)
	}
	if moved := RosterMoved(again, PlanRoster(now, firstBook(t), planDay)); len(moved) != 0 {
		t.Error(moved)
	}
	if moved := RosterMoved(first, again); len(moved) != 11 || moved[0] != "联络站第 2 行 中心站：核对时还没有，现在已经有了" {
		t.Error(moved)
	}
}

func TestWhatAnImportChanges(t *testing.T) {
	now := after(RosterNow{}, PlanRoster(RosterNow{}, firstBook(t), planDay))
	book := &RosterBook{}
	sheetOf(t, book, RosterStation, "中心站|||中心路 3 号|||||三号、一号")
	// 李四 moves to another constituency; 张三 of the first is called by a new phone; a clear.
	sheetOf(t, book, RosterDeputy, "张三|13900000009||第一选区|||清空", "李四|||第三选区")
	sheetOf(t, book, RosterLiaison, "王五|13700000007")
	plan := PlanRoster(now, book, planDay)
	if len(plan.Faults) > 0 {
		t.Fatal(faultsOf(plan))
	}
	var got []string
	for i := range plan.Items {
		for _, d := range plan.Items[i].Diffs() {
			got = append(got, plan.Items[i].Label()+" "+d.Title+" "+d.Old+"→"+d.New)
		}
	}
	want := []string{
		"中心站 地址 中心路 1 号→中心路 3 号", "中心站 房间 一号、二号→一号、二号、三号",
		"张三（第一选区） 手机号 138****0001→139****0009", "张三（第一选区） 简介 简介→", "李四（第三选区） 选区 第一选区→第三选区",
		"王五 手机号 138****0003→137****0007",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if again := PlanRoster(after(now, plan), book, planDay); again.Count("", RosterSame) != len(again.Items) || len(again.Faults) > 0 {
		t.Errorf("%v %+v", faultsOf(again), again.Items)
	}
}

func TestWhatAnImportRefuses(t *testing.T) {
	now := after(RosterNow{}, PlanRoster(RosterNow{}, firstBook(t), planDay))
	now[RosterHoliday] = append(now[RosterHoliday], RosterEntry{ID: 9, Values: []string{"2026-10-01", "放假", "", "国庆节"}})
	book := &RosterBook{}
	sheetOf(t, book, RosterStation, "东站|社区站|东站|东路|||30.1", "西站|社区站|北站|西路", "北站|社区站|西站|北路", "中心站||||||||清空", "南站|社区站")
	sheetOf(t, book, RosterCommunity, "新苑社区|没有的站", "和平社区", "和 平 社区|和平站")
	sheetOf(t, book, RosterDeputy, "赵六|13800000008|区|第一选区||||中心站", "赵六|13800000009|区|第一选区||||中心站", "孙七|13800000008|区|第四选区||||中心站")
	sheetOf(t, book, RosterLiaison, "王五|13800000003|和平社区|张三", "周八|13800000033|不存在社区", "吴九||和平社区")
	sheetOf(t, book, RosterHoliday, "2026-10-01|放假||国庆节", "2026-10-02|放假", "2027-02-01|放假|周五", "2031-01-01|放假")
	got := faultsOf(PlanRoster(now, book, planDay))
	want := []string{
		"联络站!G2：纬度和经度要一起填", "联络站!C2：上级联络站不能是自己", "联络站!I5：房间不能在这里删除，空着就保持原样", "联络站!D6：要填“地址”",
		"联络站!C3：上级联络站绕成了一圈，请检查", "联络站!C4：上级联络站绕成了一圈，请检查",
		"社区!B2：没有“没有的站”，请检查写法，或先在“联络站”表里加上", "社区!A4：和第 3 行是同一个社区：和 平 社区。请只保留一行",
		"代表!A3：和第 2 行是同一位代表：赵六（第一选区）。请只保留一行", "代表!B4：和第 2 行的手机号相同，请核对是不是抄错了",
		"联络员!D2：有 2 位叫“张三”，请写成 张三（第一选区） 这样", "联络员!C3：没有“不存在社区”，请检查写法，或先在“社区”表里加上", "联络员!B4：要填“手机号”",
		"放假和调休!A3：已经过去的日子不能再改", "放假和调休!C4：放假的日子不用写按周几", "放假和调休!A5：只能设三年以内的日子",
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A row that cannot be read does not make those wrong that name it.
func TestAFaultIsSaidOnce(t *testing.T) {
	book := &RosterBook{}
	sheetOf(t, book, RosterStation, "中心站|总站||中心路")
	sheetOf(t, book, RosterCommunity, "和平社区|中心站", strings.Repeat("长", 41)+"|北站")
	plan := PlanRoster(RosterNow{}, book, planDay)
	if got := faultsOf(plan); len(got) != 3 || got[2] != "社区!B3：没有“北站”，请检查写法，或先在“联络站”表里加上" {
		t.Error(got)
	}
	book.Faults, book.Sheets[1].Rows = book.Faults[:1], book.Sheets[1].Rows[:1]
	plan = PlanRoster(RosterNow{}, book, planDay)
	if got := faultsOf(plan); len(got) != 1 || plan.BadRows("") != 1 || plan.BadRows(RosterStation) != 1 || plan.BadRows(RosterCommunity) != 0 {
		t.Errorf("%v %d", got, plan.BadRows(""))
	}
}

func TestWhatOthersDidBetween(t *testing.T) {
	now := after(RosterNow{}, PlanRoster(RosterNow{}, firstBook(t), planDay))
	book := &RosterBook{}
	sheetOf(t, book, RosterDepartment, "城管科|道路、路灯")
	sheetOf(t, book, RosterDeputy, "李四|||||主任")
	shown := PlanRoster(now, book, planDay)
	now[RosterDepartment][0].Values = []string{"城管科", "绿化"}
	now[RosterDeputy] = append(now[RosterDeputy], RosterEntry{ID: 77, Values: []string{"李四", "", "区人大代表", "第九选区", "", "", "", "中心站", "", ""}})
	got := RosterMoved(shown, PlanRoster(now, book, planDay))
	want := []string{"代表!D2：要填“选区”", "代表!H2：要填“联络站”", "代表!C2：要填“层级”", "承办单位第 2 行 城管科：“职责”核对时是“道路”，现在是“绿化”"}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
