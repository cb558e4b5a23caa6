package sheet

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
)

var printed = time.Date(2026, 11, 24, 9, 0, 0, 0, cabin.Shanghai)

func fonts(t testing.TB) Fonts {
	t.Helper()
	const dir = "../../miniprogram/node_modules/@expo-google-fonts/noto-sans-sc/"
	f, err := LoadFonts(dir+"400Regular/NotoSansSC_400Regular.ttf", dir+"700Bold/NotoSansSC_700Bold.ttf")
	if err != nil {
		t.Fatalf("the font comes with the client's packages (npm ci in miniprogram): %v", err)
	}
	return f
}

// picture is a JPEG with something to recognize.
func picture(w, h int) []byte {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, color.RGBA{uint8(90 + x*100/w), uint8(110 + y*80/h), 140, 255})
		}
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, m, nil)
	return b.Bytes()
}

// checkered looks like a code.
func checkered() []byte {
	m := image.NewGray(image.Rect(0, 0, 210, 210))
	for y := range 210 {
		for x := range 210 {
			v := uint8(255)
			if (x/10*7+y/10*13+x*y/900)%3 == 0 {
				v = 20
			}
			m.SetGray(x, y, color.Gray{v})
		}
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, m, nil)
	return b.Bytes()
}

func hours(deputy int64, day time.Weekday, from, to int) cabin.Hours {
	return cabin.Hours{DeputyID: deputy, Weekday: day, FromMinute: from, ToMinute: to, SlotMinutes: 30, Service: cabin.TalkOne, StationName: "和平路人大代表联络站", RoomName: "接待选民区"}
}

func deputy(n int, name string) Deputy {
	return Deputy{
		DeputyProfile: cabin.DeputyProfile{ID: int64(n), Name: name, Level: "district", Constituency: "第 12 选区（梧桐、银杏社区）", Term: "区第十七届", Title: "市第一人民医院睡眠门诊主任医师",
			StationName: "和平路人大代表联络站", Specialities: []string{"睡眠与健康", "老年照护", "医保"}, Bio: "从医二十六年，长期在社区义诊，关心老年人的睡眠、用药和照护。"},
		Hours: []cabin.Hours{hours(int64(n), time.Tuesday, 9*60, 11*60+30), hours(int64(n), time.Thursday, 14*60, 17*60)},
		Photo: picture(300, 400), Code: checkered(),
	}
}

// street is a station with so many deputies, each on the rota twice a week.
func street(deputies int) Station {
	s := Station{Station: cabin.Station{ID: 1, Name: "和平路街道人大代表联络站", Address: "和平路 108 号街道办事处一楼东侧", Hours: "周一至周五 9:00–11:30，14:00–17:00", Phone: "010-8888 6666"}, Code: checkered(), Printed: printed}
	names := []string{"林晓", "欧阳明月", "周宁", "𬭎㛃", "阿不都热合曼·买买提艾力", "王建国", "赵敏"}
	for i := range deputies {
		d := deputy(i+1, names[i%len(names)])
		s.Deputies = append(s.Deputies, d)
		for n, h := range d.Hours {
			h.Weekday = time.Weekday((i*2+n*3)%5 + 1)
			s.Duties = append(s.Duties, Duty{h, d.Name})
		}
	}
	return s
}

// read asks poppler what is in a PDF; keep it for looking at when SHEETS names a folder.
func read(t *testing.T, name string, pdf []byte, err error) (text string, pages int, width, height float64) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if to := os.Getenv("SHEETS"); to != "" {
		dir = to
	}
	file := filepath.Join(dir, name+".pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(tool string, args ...string) string {
		out, err := exec.Command(tool, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", tool, err, out)
		}
		return string(out)
	}
	info := run("pdfinfo", file)
	pages, _ = strconv.Atoi(regexp.MustCompile(`Pages:\s+(\d+)`).FindStringSubmatch(info)[1])
	size := regexp.MustCompile(`Page size:\s+([\d.]+) x ([\d.]+) pts`).FindStringSubmatch(info)
	width, _ = strconv.ParseFloat(size[1], 64)
	height, _ = strconv.ParseFloat(size[2], 64)
	if faces := run("pdffonts", file); strings.Count(faces, "CID TrueType") != 2 || strings.Contains(faces, " no  no ") {
		t.Errorf("%s: the fonts are not embedded:\n%s", name, faces)
	}
	return run("pdftotext", "-layout", file, "-"), pages, width, height
}

func has(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q is not on the sheet:\n%s", w, text)
		}
	}
}

func TestStation(t *testing.T) {
	f := fonts(t)
	for _, c := range []struct {
		name          string
		paper         Paper
		deputies      int
		pages         int
		width, height float64
	}{
		{"one-a3", A3, 1, 1, 841.89, 1190.55}, {"four-a3", A3, 4, 1, 841.89, 1190.55}, {"four-a4", A4, 4, 1, 595.28, 841.89},
		{"seven-a3", A3, 7, 2, 841.89, 1190.55}, {"thirty-a3", A3, 30, 3, 841.89, 1190.55}, {"thirty-a4", A4, 30, 3, 595.28, 841.89},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := street(c.deputies)
			s.Street = "和平路街道"
			pdf, err := ForStation(c.paper, f, s)
			text, pages, w, h := read(t, c.name, pdf, err)
			if pages != c.pages || w < c.width-1 || w > c.width+1 || h < c.height-1 || h > c.height+1 {
				t.Errorf("%d pages of %v × %v", pages, w, h)
			}
			has(t, text, "和平路街道人大代表联络站", "和平路街道 · 人大代表接待选民公示", "反映", "提交", "交办", "办理", "督办", "反馈", "值班表", "星期一", "星期五", "9:00–11:30", "14:00–17:00", "林晓", "区人大代表", "代表码", "010-8888", "和平路 108 号", "打印日期 2026年11月24日", fmt.Sprintf("第 1 页，共 %d 页", c.pages), fmt.Sprintf("第 %d 页，共 %d 页", c.pages, c.pages), fmt.Sprintf("共 %d 位", c.deputies))
			if n := strings.Count(text, "代表码") - strings.Count(text, "扫代表码"); n < c.deputies {
				t.Errorf("%d codes for %d deputies", n, c.deputies)
			}
			if limit := 400<<10 + c.deputies*60<<10; len(pdf) > limit {
				t.Errorf("%d bytes: the fonts are not subset", len(pdf))
			}
		})
	}
}

// What a station lacks is said, not left white; what is long is made smaller, then cut.
func TestStationsThatLackSomething(t *testing.T) {
	f := fonts(t)
	bare := Station{Station: cabin.Station{Name: "桥东站", Address: "桥东路"}, Code: checkered(), Printed: printed}
	pdf, err := ForStation(A4, f, bare)
	text, pages, _, _ := read(t, "bare", pdf, err)
	if pages != 1 {
		t.Errorf("%d pages", pages)
	}
	has(t, text, "接待时间还没有排定", "请以现场公告为准")

	long := street(5)
	long.Name = strings.Repeat("和平路街道人大代表联络站暨选民接待中心", 3)
	long.Address = strings.Repeat("和平路街道梧桐社区综合服务大楼东侧一层", 4)
	for i := range long.Deputies {
		d := &long.Deputies[i]
		d.Photo, d.Title, d.Constituency = nil, strings.Repeat("某某有限责任公司董事长", 5), strings.Repeat("第十二选区", 9)
		d.Specialities = strings.Split(strings.Repeat("睡眠与健康,", 9), ",")
	}
	long.Deputies[0].Name = strings.Repeat("阿不都热合曼", 4)
	pdf, err = ForStation(A3, f, long)
	text, _, _, _ = read(t, "long", pdf, err)
	has(t, text, "…", "欧阳明月", "阿不都热合曼·买买提艾力")

	crowd := street(40) // everybody on a Monday
	for i := range crowd.Duties {
		crowd.Duties[i].Weekday = time.Monday
	}
	crowd.Duties[3].Weekday = time.Sunday
	pdf, err = ForStation(A3, f, crowd)
	text, _, _, _ = read(t, "crowd", pdf, err)
	has(t, text, "值班表（续）", "本站代表（续）", "星期日")
	if strings.Contains(text, "星期六") {
		t.Error("a Saturday on which nobody receives")
	}
}

func TestDeputy(t *testing.T) {
	f := fonts(t)
	whole := deputy(1, "欧阳明月")
	busy, bare, long := deputy(2, "周宁"), Deputy{DeputyProfile: cabin.DeputyProfile{Name: "林晓", Level: "city", StationName: "和平站"}, Code: checkered()}, deputy(3, strings.Repeat("阿不都热合曼", 3))
	for i := range 9 {
		busy.Hours = append(busy.Hours, hours(2, time.Weekday(i%7), 9*60, 10*60))
	}
	long.Bio, long.Photo = strings.Repeat("从医二十六年，长期在社区义诊。", 20), picture(900, 200)
	for name, c := range map[string]struct {
		d     Deputy
		words []string
	}{
		"street": {Deputy{DeputyProfile: cabin.DeputyProfile{Name: "林晓", Level: "city", StationName: "中心站"}, Street: "桥东街道", Code: checkered()}, []string{"桥东街道 · 中心站"}},
		"deputy": {whole, []string{"人大代表接待选民", "欧阳明月", "区人大代表", "睡眠与健康、老年照护、医保", "星期二", "9:00–11:30", "接待选民区", "扫一扫，约我"}},
		"busy":   {busy, []string{"还有其他时间"}},
		"bare":   {bare, []string{"接待时间还没有排定", "市人大代表"}},
		"longer": {long, []string{"长期在社区义诊。"}},
	} {
		for paper, width := range map[Paper]float64{A3: 841.89, A4: 595.28} {
			pdf, err := ForDeputy(paper, f, c.d, printed)
			text, pages, w, _ := read(t, fmt.Sprintf("deputy-%s-%s", name, paper), pdf, err)
			if pages != 1 || w < width-1 || w > width+1 {
				t.Errorf("%s: %d pages, %v wide", name, pages, w)
			}
			has(t, text, c.words...)
		}
	}
}

// A wall does not break off in the middle of a word where a phrase ends before.
func TestPhraseOf(t *testing.T) {
	for text, want := range map[string]string{
		"栖云医院健康管理中心主任、国家": "栖云医院健康管理中心主任",
		"从医二十六年，长期义诊。每":   "从医二十六年，长期义诊。",
		"主任、国家二级心理咨询":     "",
		"某某有限责任公司":        "",
	} {
		if got := phraseOf(text); got != want {
			t.Errorf("%q ends as %q", text, got)
		}
	}
}

// The version says whether a wall shows what is true now.
func TestVersion(t *testing.T) {
	f := fonts(t)
	version := func(s Station) string {
		pdf, err := ForStation(A4, f, s)
		text, _, _, _ := read(t, "version", pdf, err)
		return regexp.MustCompile(`版本 ([0-9A-F]{6})`).FindStringSubmatch(text)[1]
	}
	first := version(street(2))
	later := street(2)
	later.Printed = printed.AddDate(0, 0, 3)
	if version(later) != first {
		t.Error("the same data has another version on another day")
	}
	later.Duties[0].FromMinute += 15
	if version(later) == first {
		t.Error("other hours have the same version")
	}
}

// A character that the font lacks is marked, and no reason to print nothing.
func TestAMissingCharacterIsMarked(t *testing.T) {
	s := street(1)
	s.Deputies[0].Name = "王😀"
	pdf, err := ForStation(A4, fonts(t), s)
	text, _, _, _ := read(t, "missing", pdf, err)
	has(t, text, "王〓")
}

func TestABrokenPortraitIsAnError(t *testing.T) {
	s := street(1)
	s.Deputies[0].Photo = []byte("no picture")
	if _, err := ForStation(A4, fonts(t), s); err == nil {
		t.Error("no error")
	}
}

func BenchmarkThirty(b *testing.B) {
	f := fonts(b)
	for b.Loop() {
		if _, err := ForStation(A3, f, street(30)); err != nil {
			b.Fatal(err)
		}
	}
}
