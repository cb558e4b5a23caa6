package cabin

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func handNow() RosterNow {
	return RosterNow{
		RosterStation:    {{ID: 1, Values: []string{"中心站", "中心站", "", "和平路 1 号", "", "", "", "", "接待室"}}, {ID: 2, Values: []string{"和平站", "社区站", "中心站", "和平里 6 号", "", "", "", "", ""}}},
		RosterDepartment: {{ID: 1, Values: []string{"城管科", "路灯"}}},
		RosterCommunity:  {{ID: 1, Values: []string{"和平社区", "中心站", "第一选区"}}},
		RosterDeputy:     {{ID: 1, Values: []string{"林晓", "13800000001", "区人大代表", "第一选区", "", "", "", "中心站", "", "面谈"}}},
	}
}

// A form does what a workbook's row of the same content would, to one thing and no other.
func TestPlanByHand(t *testing.T) {
	deputy := []string{"林晓", "138****0001", "区人大代表", "第一选区", "", "", "", "中心站", "", "面谈"}
	edit := func(from []string, column int, text string) []string {
		out := slices.Clone(from)
		out[column] = text
		return out
	}
	station := []string{"和平站", "社区站", "中心站", "和平里 6 号", "", "", "", "", ""}
	for _, c := range []struct {
		name   string
		kind   RosterKind
		id     int64
		texts  []string
		code   Code
		field  string // of a refusal
		change string // columns
	}{
		{"a new department", RosterDepartment, 0, []string{"民生科", ""}, "", "", "名称"},
		{"without a name", RosterDepartment, 0, []string{" ", "路灯"}, CodeInvalid, "values[0]", ""},
		{"of a name that is there", RosterDepartment, 0, []string{"城 管 科", ""}, CodeConflict, "", ""},
		{"as it was", RosterDeputy, 1, deputy, "", "", ""},
		{"renamed", RosterDeputy, 1, edit(deputy, 0, "林小晓"), "", "", "姓名"},
		{"another constituency", RosterDeputy, 1, edit(deputy, 3, "第二选区"), "", "", "选区"},
		{"another phone", RosterDeputy, 1, edit(deputy, 1, "139 0000 0002"), "", "", "手机号"},
		{"the phone taken away", RosterDeputy, 1, edit(deputy, 1, ""), "", "", "手机号"},
		{"a wrong phone", RosterDeputy, 1, edit(deputy, 1, "12345"), CodeInvalid, "values[1]", ""},
		{"no such station", RosterDeputy, 1, edit(deputy, 7, "火星站"), CodeInvalid, "values[7]", ""},
		{"a namesake elsewhere is another one", RosterDeputy, 0, []string{"林晓", "", "市", "第二选区", "", "", "", "中心站", "", ""}, "", "", "姓名 层级 选区 联络站"},
		{"the same name and constituency", RosterDeputy, 0, edit(deputy, 1, ""), CodeConflict, "", ""},
		{"a station renamed and moved", RosterStation, 2, edit(edit(station, 0, "和平里站"), 3, "和平里 8 号"), "", "", "名称 地址"},
		{"below itself", RosterStation, 1, []string{"中心站", "中心站", "和平站", "和平路 1 号", "", "", "", "", "接待室"}, CodeInvalid, "values[2]", ""},
		{"half a place", RosterStation, 2, edit(station, 6, "30.1"), CodeInvalid, "values[6]", ""},
		{"another room", RosterStation, 1, []string{"中心站", "中心站", "", "和平路 1 号", "", "", "", "", "接待室、活动室"}, "", "", "房间"},
		{"somebody who is gone", RosterDeputy, 9, deputy, CodeNotFound, "", ""},
		{"too few answers", RosterDeputy, 1, deputy[:3], CodeNotFound, "", ""},
		{"a holiday", RosterHoliday, 0, []string{"2027-01-01", "放假", "", ""}, CodeNotFound, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := handNow()
			plan, err := PlanByHand(now, c.kind, c.id, c.texts, "2026-11-23")
			if CodeOf(err) != c.code {
				t.Fatalf("%v", err)
			}
			if e, ok := errors.AsType[*Error](err); ok {
				if c.field != "" && (len(e.Fields) == 0 || e.Fields[0].Path != c.field || !strings.HasSuffix(e.Fields[0].Message, "。")) {
					t.Errorf("about %+v, want %s", e.Fields, c.field)
				}
				return
			}
			if c.change == "" {
				if plan != nil {
					t.Errorf("%+v", plan.Items)
				}
				return
			}
			if len(plan.Items) != 1 || plan.Items[0].ID != c.id {
				t.Fatalf("%+v", plan.Items)
			}
			var titles []string
			for _, d := range plan.Items[0].Diffs() {
				titles = append(titles, d.Title)
			}
			if got := strings.Join(titles, " "); !strings.HasPrefix(got, c.change) || c.id != 0 && got != c.change {
				t.Errorf("changes %s, want %s", got, c.change)
			}
			if !slices.Equal(now[c.kind][0].Values, handNow()[c.kind][0].Values) {
				t.Error("planning changed what is there")
			}
		})
	}
}
