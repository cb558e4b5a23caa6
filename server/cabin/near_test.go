package cabin

import (
	"strings"
	"testing"
	"time"
)

func TestMask(t *testing.T) {
	for text, want := range map[string]string{
		"请打13800138000找我":       "请打***找我",
		"电话 138-0013-8000，多谢":   "电话 ***，多谢",
		"１３８００１３８０００":           "***",
		"座机 010-62345678":       "座机 ***",
		"身份证110101199003078515": "身份证***",
		"110101 19900307 851X":  "***",
		"3号楼2单元501室漏水":          "3号楼***漏水",
		"3 号楼 501 漏水":           "3 号楼 ***漏水",
		"5栋1203":                "5栋***",
		"三单元门口":                 "***门口",
		"1-2-301":               "***",
		"路灯坏了 3 个，已经 20 天，编号 20261124": "路灯坏了 3 个，已经 20 天，编号 20261124",
		"拨打 12345、110": "拨打 12345、110",
		"3号楼前积水":       "3号楼前积水",
		"":             "",
	} {
		if got := Masked(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		if (want != text) != (len(FindPrivate(text)) > 0) {
			t.Errorf("%q: found %v", text, FindPrivate(text))
		}
	}
	found := FindPrivate("打 13800138000，住 3号楼2单元501室")
	if len(found) != 2 || found[0].Kind != PrivatePhone || found[0].Text != "13800138000" || found[1].Kind != PrivateDoor || found[1].Text != "2单元501室" {
		t.Errorf("%+v", found)
	}
}

func FuzzMask(f *testing.F) {
	for _, s := range []string{"13800138000", "3号楼2单元501室", "１１０１０１199003078515", "a1-2-301b号楼 1234", "0102-1234567 8单元"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		masked := Masked(s)
		if left := FindPrivate(masked); len(left) > 0 {
			t.Errorf("%q → %q still has %v", s, masked, left)
		}
		if Masked(masked) != masked {
			t.Errorf("%q is masked twice", s)
		}
	})
}

func TestPlaceKey(t *testing.T) {
	for place, want := range map[string]string{
		"3号楼前": "3号楼", "杏林苑 ３ 号楼东侧": "3号楼", "3栋2单元": "3号楼", "南桥幼儿园门口": "南桥幼儿园", "南桥幼儿园西门": "南桥幼儿园", "": "", "……": "",
	} {
		if got := PlaceKey(place); got != want {
			t.Errorf("%s: %q, want %q", place, got, want)
		}
	}
	if !InBuilding("3号楼") || InBuilding("南桥幼儿园") {
		t.Error("what a building is")
	}
}

// A neighbouring cell is always among those that are looked through.
func TestCells(t *testing.T) {
	const lat, lng = 31.2304, 121.4737
	for _, d := range [][2]float64{{0, 0}, {0.0013, 0}, {-0.0013, 0}, {0, 0.0015}, {0, -0.0015}, {0.0009, 0.001}} {
		far := Metres(lat, lng, lat+d[0], lng+d[1])
		found := false
		for _, c := range CellsAround(lat, lng) {
			found = found || c == Cell(lat+d[0], lng+d[1])
		}
		if far > NearMetres || !found {
			t.Errorf("%v: %.0f m, found %v", d, far, found)
		}
	}
}

func TestIsNear(t *testing.T) {
	place := func(north float64) (*float64, *float64) { lat, lng := 31.23+north, 121.47; return &lat, &lng }
	base := func() *Report {
		r := reportIn(InProgress)
		r.Body, r.PlaceText, r.CreatedAt = "一下雨路面就积水，老人出门要绕路", "3号楼前", at.AddDate(0, 0, -10)
		r.Lat, r.Lng = place(0)
		return r
	}
	for name, c := range map[string]struct {
		change func(r, draft *Report)
		want   bool
	}{
		"the same building, other words for it": {func(r, d *Report) { d.Lat = nil; d.Body = "楼前积水好几天了" }, true},
		"the same building, another matter":     {func(r, d *Report) { d.Lat = nil; d.Body = "电梯按钮失灵" }, false},
		"another building, near": {func(r, d *Report) {
			d.PlaceText = "4号楼"
			d.Lat, d.Lng = place(0.001)
			d.Body = "路面积水，出门绕路"
		}, true},
		"too far": {func(r, d *Report) {
			d.PlaceText = "4号楼"
			d.Lat, d.Lng = place(0.002)
			d.Body = "路面积水，出门绕路"
		}, false},
		"another community, no map": {func(r, d *Report) { d.CommunityID = 80; d.Lat = nil }, false},
		"too old":                   {func(r, d *Report) { r.CreatedAt = at.AddDate(0, 0, -31) }, false},
		"withdrawn":                 {func(r, d *Report) { r.State = Closed }, false},
		"declined":                  {func(r, d *Report) { r.State, r.Outcome = Closed, NotOurs }, false},
		"solved":                    {func(r, d *Report) { r.State, r.Outcome = Closed, Fixed }, true},
		"merged":                    {func(r, d *Report) { r.State, r.Outcome, r.MergedInto = Closed, Fixed, 4 }, false},
		"returned for more":         {func(r, d *Report) { r.State = Draft }, false},
	} {
		r, draft := base(), base()
		c.change(r, draft)
		if got := IsNear(r, draft, at); got != c.want {
			t.Errorf("%s: %v (likeness %.2f)", name, got, Likeness(r.Body, draft.Body))
		}
	}
	if Likeness("", "") != 0 || Likeness("积水", "积水") != 1 {
		t.Error("likeness")
	}
	if NearFor != 30*24*time.Hour {
		t.Error("the domain says 30 days")
	}
}

func TestOutOfScope(t *testing.T) {
	for text, want := range map[string]string{"法院已经判了": "12348", "劳动仲裁还没结果": "仲裁结果", "申请了行政复议": "复议决定", "路灯坏了": "", "法院门口的路灯坏了": ""} {
		got := OutOfScope(text)
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q", text, got)
		}
	}
}
