package cabin

import (
	"slices"
	"strings"
	"testing"
)

// What is closed is said row by row, and nothing new is given to it; what it has it keeps.
func TestARowAboutWhatIsClosed(t *testing.T) {
	now := after(RosterNow{}, PlanRoster(RosterNow{}, firstBook(t), planDay))
	now[RosterStation][1].Closed, now[RosterDepartment][0].Closed, now[RosterDeputy][0].Closed = true, true, true

	again := PlanRoster(now, firstBook(t), planDay)
	if len(again.Faults) > 0 || again.InWords() != "" {
		t.Fatalf("the same file again: %v %s", faultsOf(again), again.InWords())
	}
	for _, want := range []string{
		"联络站第 3 行：“和平站”已经停用，导入以后还是停用。要再用，请到“名册”里恢复；不用就删掉这一行。",
		"承办单位第 2 行：“城管科”已经停用，导入以后还是停用。要再用，请到“承办单位”里恢复；不用就删掉这一行。",
		"代表第 2 行：“张三（第一选区）”已经停用，导入以后还是停用。要再用，请到“名册”里恢复；不用就删掉这一行。",
	} {
		if !slices.Contains(again.Notes, want) {
			t.Errorf("not said: %s\namong: %s", want, strings.Join(again.Notes, "\n"))
		}
	}

	for name, c := range map[string]struct {
		kind RosterKind
		row  string
		want []string
	}{
		"a new community":     {RosterCommunity, "新苑社区|和平站", []string{"社区!B2：“和平站”已经停用，请换一个，或者先到“名册”里恢复它"}},
		"a deputy who moves":  {RosterDeputy, "李四||区|第一选区||||和平站", []string{"代表!H2：“和平站”已经停用，请换一个，或者先到“名册”里恢复它"}},
		"a deputy who stays":  {RosterDeputy, "张三||市|第二选区|第十八届|||和平站", nil},
		"a new liaison":       {RosterLiaison, "赵六|13800000009|和平社区|张三（第一选区）", []string{"联络员!D2：“张三（第一选区）”已经停用，请换一个，或者先到“名册”里恢复它"}},
		"one below a station": {RosterStation, "分站|分站|和平站|和平里 9 号", []string{"联络站!C2：“和平站”已经停用，请换一个，或者先到“名册”里恢复它"}},
	} {
		book := &RosterBook{}
		sheetOf(t, book, c.kind, c.row)
		if got := faultsOf(PlanRoster(now, book, planDay)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
