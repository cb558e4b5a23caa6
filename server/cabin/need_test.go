package cabin

import (
	"strings"
	"testing"
	"unicode/utf8"
)

var needWords = []NeedWord{
	{"睡不好", 1, "心理健康", 1}, {"想找人聊聊", 1, "心理健康", 0}, {"心理健康", 1, "心理健康", 0},
	{"想创业", 2, "创业就业", 2}, {"小店", 2, "创业就业", 0}, {"找工作", 2, "创业就业", 0}, {"创业就业", 2, "创业就业", 0},
	{"物业纠纷", 3, "物业与邻里", 3}, {"楼上漏水", 3, "物业与邻里", 0}, {"物业与邻里", 3, "物业与邻里", 0},
	{"老人没人管", 4, "养老助残", 0}, {"wifi", 5, "公共设施", 0}, {"没有人", 6, "其他", 0}, {"难", 6, "其他", 0},
}

func TestMatchNeed(t *testing.T) {
	for _, c := range []struct {
		text string
		want string // reasons, best first
	}{
		{"最近老是睡不好觉", "擅长“心理健康”，和您说的“睡不好”有关"},
		{"最近老是睡不着", "擅长“心理健康”，您说的和“睡不好”相近"},
		{"想开个小店", "擅长“创业就业”，和您说的“小店”有关"},
		{"楼上漏水物业不管", "擅长“物业与邻里”，和您说的“楼上漏水”有关"},
		{"物业", "擅长“物业与邻里”，您说的和“物业纠纷”相近"},
		{"和物业有纠纷", "擅长“物业与邻里”，您说的和“物业纠纷”相近"},
		{"心理健康", "擅长“心理健康”"},
		{"想咨询创业就业，睡不好", "擅长“创业就业”|擅长“心理健康”，和您说的“睡不好”有关"},
		{"楼上漏水，闹得睡不好", "擅长“物业与邻里”，和您说的“楼上漏水”有关|擅长“心理健康”，和您说的“睡不好”有关"},
		{"毕业了找不到工作", "擅长“创业就业”，您说的和“找工作”相近"},
		{"睡 不，好！", "擅长“心理健康”，和您说的“睡不好”有关"},
		{"家里ＷＩＦＩ", "擅长“公共设施”，和您说的“wifi”有关"}, {"家里 WiFi 断了", "擅长“公共设施”，和您说的“wifi”有关"},
		// What stands in any sentence finds nobody.
		{"手机信号不好", ""}, {"不好", ""}, {"没人", ""}, {"怎么办", ""}, {"困难", ""}, {"好", ""}, {"", ""}, {"？！", ""}, {"钓鱼", ""},
	} {
		var got []string
		for _, m := range MatchNeed(c.text, needWords) {
			got = append(got, m.Reason())
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%q: %q, want %q", c.text, strings.Join(got, "|"), c.want)
		}
	}
}

// A closer kind of match beats a looser one, whatever the lengths.
func TestMatchNeedOrder(t *testing.T) {
	words := []NeedWord{{"孩子不想上学了怎么办", 1, "教育", 0}, {"上学", 2, "交通", 0}, {"上学路上", 3, "安全", 0}, {"上学路远", 4, "公交", 0}}
	got := MatchNeed("上学路上", words)
	var ids []int64
	for i, m := range got {
		ids = append(ids, m.SpecialityID)
		if i > 0 && m.Score > got[i-1].Score {
			t.Errorf("%+v comes after %+v", m, got[i-1])
		}
	}
	if len(ids) != 3 || ids[0] != 3 || ids[1] != 2 || ids[2] != 4 {
		t.Errorf("%v", ids)
	}
	for range 20 { // a map's order must not show
		if again := MatchNeed("上学路上", words); again[0] != got[0] || again[2] != got[2] {
			t.Fatal("the order changes from one call to the next")
		}
	}
}

func TestUnmetWord(t *testing.T) {
	for in, want := range map[string]string{
		"想学钓鱼！！":           "想学钓鱼",
		"  想学，钓鱼  ":        "想学 钓鱼",
		"电话13800000000找我":  "电话 找我",
		"138-0000 0000 钓鱼": "钓鱼",
		"１３８００００００００钓鱼":    "钓鱼",
		"12345":                  "",
		"3 号楼 502":               "3 号楼 502",
		"身份证 35078119900101123X": "身份证 x",
		"AI 绘画":                  "ai 绘画",
		"？？？":                    "",
		"😀😀😀":                    "",
		"鱼":                      "",
		"a":                      "",
		"\u200b\u202e":           "",
		"":                       "",
		strings.Repeat("钓鱼", 30): strings.Repeat("钓鱼", 10),
		"bad\xff鱼":               "bad鱼",
	} {
		if got := UnmetWord(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzUnmetWord(f *testing.F) {
	for _, s := range []string{"想学钓鱼", "138 0000 0000", "1-2-3-4", "（１）２３４", "ǅ ﷺ", "١٢٣٤", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w := UnmetWord(s)
		if n := utf8.RuneCountInString(w); !utf8.ValidString(w) || n > MaxUnmetWord || n == 1 || w != strings.TrimSpace(w) {
			t.Errorf("%q: %q", s, w)
		}
		digits := 0
		for _, r := range w {
			if r < '0' || r > '9' {
				digits = 0
				continue
			}
			if digits++; digits > 3 {
				t.Errorf("%q keeps a number: %q", s, w)
			}
		}
		MatchNeed(s, needWords)
	})
}

func TestCheckNeedWord(t *testing.T) {
	for in, want := range map[string]string{" 睡 不好\n": "睡不好", "WiFi": "wifi", "加装电梯": "加装电梯"} {
		if got, err := CheckNeedWord(in); got != want || err != nil {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for _, bad := range []string{"", "睡", "！！", " a ", "睡！", strings.Repeat("字", MaxNeedWord+1)} {
		if _, err := CheckNeedWord(bad); CodeOf(err) != CodeInvalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
