package cabin_test

import (
	"slices"
	"testing"
	"time"

	"warmcabin/server/cabin"
)

func TestOldMattersShowWhatWasTrueThen(t *testing.T) {
	t.Parallel()
	day := func(d int) time.Time { return time.Date(2026, 11, d, 9, 0, 0, 0, cabin.Shanghai) }
	names := cabin.Names{
		cabin.NamedDepartment: {3: {{Name: "市容科", Until: day(5)}, {Name: "城管科", Until: day(10)}}},
		cabin.NamedDeputy:     {7: {{Name: "林小晓", Until: day(5)}}},
	}
	for _, c := range []struct {
		at    int
		state cabin.ReportState
		want  string
	}{
		{3, cabin.Closed, "市容科"}, {5, cabin.Closed, "城管科"}, {9, cabin.Closed, "城管科"}, {10, cabin.Closed, "综合执法队"}, {20, cabin.Closed, "综合执法队"},
		{3, cabin.InProgress, "综合执法队"}, // who has it is asked by today's name
	} {
		r := cabin.Report{State: c.state, DepartmentID: 3, DepartmentName: "综合执法队", UpdatedAt: day(c.at)}
		if r.NameThen(names); r.DepartmentName != c.want {
			t.Errorf("%s on the %dth: %s, want %s", c.state, c.at, r.DepartmentName, c.want)
		}
	}
	// What is said about it later does not make it younger than its result.
	solved := day(3)
	if r := (cabin.Report{State: cabin.Closed, DepartmentID: 3, DepartmentName: "综合执法队", UpdatedAt: day(20), SolvedAt: &solved}); r.NameThen(names) == nil || r.DepartmentName != "市容科" {
		t.Errorf("solved on the 3rd, touched on the 20th: %s", r.DepartmentName)
	}
	for state, want := range map[cabin.BookingState]string{cabin.Completed: "林小晓", cabin.Confirmed: "林晓"} {
		b := cabin.Booking{State: state, DeputyID: 7, DeputyName: "林晓", StationName: "中心站", StartsAt: day(4)}
		if b.NameThen(names); b.DeputyName != want || b.StationName != "中心站" {
			t.Errorf("%s: %s at %s, want %s", state, b.DeputyName, b.StationName, want)
		}
	}
}

// Who reads an old name finds what became of it; each change is said once.
func TestAnOldNameSaysWhatItIsNow(t *testing.T) {
	t.Parallel()
	before := time.Date(2026, 11, 3, 9, 0, 0, 0, cabin.Shanghai)
	names := cabin.Names{
		cabin.NamedDepartment: {3: {{Name: "市容科", Until: before.AddDate(0, 0, 2)}}, 4: {{Name: "物业办", Until: before.AddDate(0, 0, 2)}}},
		cabin.NamedCategory:   {1: {{Name: "积水", Until: before.AddDate(0, 0, 2)}}},
	}
	r := cabin.Report{State: cabin.Closed, UpdatedAt: before, CategoryID: 1, CategoryName: "道路积水", DepartmentID: 3, DepartmentName: "城管科", CommunityName: "梧桐社区",
		Parts: []cabin.Part{{DepartmentID: 4, DepartmentName: "物业管理办公室"}, {DepartmentID: 3, DepartmentName: "城管科"}}}
	want := []string{"“积水”现在叫“道路积水”", "“市容科”现在叫“城管科”", "“物业办”现在叫“物业管理办公室”"}
	if got := r.NameThen(names); !slices.Equal(got, want) || r.Parts[0].DepartmentName != "物业办" || r.Parts[1].DepartmentName != "市容科" || r.CategoryName != "积水" {
		t.Errorf("%q, %+v", got, r)
	}
	if again := r.NameThen(names); r.CategoryName != "积水" || again != nil {
		t.Errorf("shown a second time: %q, %s", again, r.CategoryName)
	}
	r.State = cabin.InProgress
	if r.CategoryName = "道路积水"; r.NameThen(names) != nil || r.CategoryName != "道路积水" {
		t.Error("an open matter shows an old name")
	}
}

func TestQuickTextsHaveWholeBlanks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"请补一张能看清〔哪里〕的照片。": "",
		"已转〔单位〕，〔日期〕前答复。": "",
		"谢谢您的反映，已经记下。":    "",
		"请补一张能看清〔哪里的照片。":  "text",
		"请补一张能看清哪里〕的照片。":  "text",
		"请在〔哪〔天〕〕之前。":     "text",
		"请在〔〕之前。":         "text",
		"请在〔 〕之前。":        "text",
		"短":               "text",
	} {
		q := cabin.QuickText{Command: cabin.ReportReturn, Label: "补照片", Text: text}
		err := q.Check()
		if got := cabin.CodeOf(err); (want == "") != (got == "") {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, q := range []cabin.QuickText{{Command: "accept", Label: "好", Text: "收到，谢谢您"}, {Command: cabin.ReportReturn, Label: "", Text: "收到，谢谢您"}, {Command: cabin.ReportReturn, Label: "一二三四五六七八九十一", Text: "收到，谢谢您"}} {
		if q.Check() == nil {
			t.Errorf("%+v is taken", q)
		}
	}
}
