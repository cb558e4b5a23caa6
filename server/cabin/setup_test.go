package cabin

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func stepOf(t *testing.T, f SetupFacts, id string) SetupStep {
	t.Helper()
	steps := f.Setup()
	i := slices.IndexFunc(steps, func(s SetupStep) bool { return s.ID == id })
	if i < 0 {
		t.Fatalf("no step %s", id)
	}
	return steps[i]
}

// From nothing at all to a station that serves people: each fact moves its own step.
func TestSetup(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, Shanghai)
	empty := SetupFacts{Now: now, TemplatesMissing: []string{"预约结果通知"}, FactorMissing: []string{"尹正平"}}
	for _, s := range empty.Setup() {
		if s.State == SetupDone && s.ID != "needs" || s.Why == "" || s.Title == "" || s.Page == "" && s.Help == "" {
			t.Errorf("an empty system has %+v", s)
		}
		for _, m := range s.Missing {
			if !strings.HasSuffix(m, "。") {
				t.Errorf("%s: no sentence: %q", s.ID, m)
			}
		}
	}
	backup := now.Add(-time.Hour)
	whole := SetupFacts{
		Now: now, Street: "桥东街道", Stations: 2, Central: 1, Departments: 1, Communities: 3, Categories: 9, Deputies: 2, Admins: 2, ThisYear: true, NextYear: true,
		LastBackup: &backup, Ticks: map[string]SetupTick{"presets": {"尹正平", now}, "phones": {"尹正平", now}},
	}
	for _, s := range whole.Setup() {
		if s.State != SetupDone || len(s.Missing) > 0 {
			t.Errorf("a whole system lacks %+v", s)
		}
	}
	old := now.Add(-49 * time.Hour)
	for _, c := range []struct {
		step, words string
		state       SetupState
		change      func(*SetupFacts)
	}{
		{"street", "还没有填街道名称", SetupTodo, func(f *SetupFacts) { f.Street = "" }},
		{"stations", "中心站", SetupAdvice, func(f *SetupFacts) { f.Central = 0 }},
		{"stations", "甲站没有写开放时间或电话", SetupAdvice, func(f *SetupFacts) { f.StationsBare = []string{"甲站"} }},
		{"stations", "a、b、c、d、e等 6 个站没有房间", SetupAdvice, func(f *SetupFacts) { f.StationsRoomless = strings.Split("abcdef", "") }},
		{"communities", "选区", SetupAdvice, func(f *SetupFacts) { f.CommunitiesNoArea = []string{"和平社区"} }},
		{"categories", "不能反映问题", SetupTodo, func(f *SetupFacts) { f.Categories = 0 }},
		{"categories", "默认的承办单位", SetupAdvice, func(f *SetupFacts) { f.CategoriesLost = []string{"其他"} }},
		{"deputies", "接待时间", SetupAdvice, func(f *SetupFacts) { f.DeputiesHourless = []string{"林晓"} }},
		{"deputies", "接待时间", SetupTodo, func(f *SetupFacts) { f.DeputiesHourless = []string{"林晓", "周宁"} }},
		{"factor", "尹正平还没有绑定", SetupAdvice, func(f *SetupFacts) { f.FactorMissing = []string{"尹正平"} }},
		{"factor", "功能打不开", SetupTodo, func(f *SetupFacts) { f.FactorNeeded, f.FactorMissing = true, []string{"尹正平"} }},
		{"people", "只有一位管理员", SetupTodo, func(f *SetupFacts) { f.Admins = 1 }},
		{"people", "没有工作人员", SetupTodo, func(f *SetupFacts) { f.StationsUnstaffed = []string{"乙站"} }},
		{"presets", "核对", SetupAdvice, func(f *SetupFacts) { f.Ticks = nil }},
		{"needs", "健康咨询", SetupAdvice, func(f *SetupFacts) { f.SpecialitiesMute = []string{"健康咨询"} }},
		{"templates", "办理进度通知还没有编号", SetupTodo, func(f *SetupFacts) { f.TemplatesMissing = []string{"办理进度通知"} }},
		{"templates", "模拟器", SetupAdvice, func(f *SetupFacts) { f.Simulated = true }},
		{"holidays", "2026 年", SetupTodo, func(f *SetupFacts) { f.ThisYear = false }},
		{"holidays", "2027 年", SetupAdvice, func(f *SetupFacts) { f.NextYear = false }},
		{"backup", "还没有备份过", SetupTodo, func(f *SetupFacts) { f.LastBackup = nil }},
		{"backup", "超过两天", SetupTodo, func(f *SetupFacts) { f.LastBackup = &old }},
		{"phones", "走查", SetupAdvice, func(f *SetupFacts) { f.Ticks = nil }},
	} {
		f := whole
		c.change(&f)
		if s := stepOf(t, f, c.step); s.State != c.state || !strings.Contains(strings.Join(s.Missing, ""), c.words) {
			t.Errorf("%s should say %q as %s: %+v", c.step, c.words, c.state, s)
		}
	}
	summer := whole
	summer.Now, summer.NextYear, summer.LastBackup = time.Date(2026, 7, 1, 9, 0, 0, 0, Shanghai), false, nil
	if s := stepOf(t, summer, "holidays"); s.State != SetupDone {
		t.Errorf("nobody knows the next year in July: %+v", s)
	}
}
