package excel_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"warmcabin/server/cabin"
	"warmcabin/server/excel"
)

// book makes a workbook of these sheets; a cell is a text, a number or a time.
func book(t testing.TB, sheets map[string][][]any, more ...func(*excelize.File)) []byte {
	t.Helper()
	x := excelize.NewFile()
	defer func() { _ = x.Close() }()
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	first := true
	for name, rows := range sheets {
		if first {
			check(x.SetSheetName("Sheet1", name))
			first = false
		} else {
			_, err := x.NewSheet(name)
			check(err)
		}
		for i, row := range rows {
			for j, v := range row {
				cell, err := excelize.CoordinatesToCellName(j+1, i+1)
				check(err)
				if v != nil {
					check(x.SetCellValue(name, cell, v))
				}
			}
		}
	}
	for _, f := range more {
		f(x)
	}
	var out bytes.Buffer
	check(x.Write(&out))
	return out.Bytes()
}

func read(t testing.TB, file []byte) *cabin.RosterBook {
	t.Helper()
	b, err := excel.ReadRoster(t.Context(), bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatalf("%v", err)
	}
	return b
}

func refused(t *testing.T, what string, file []byte, words string) {
	t.Helper()
	_, err := excel.ReadRoster(t.Context(), bytes.NewReader(file), int64(len(file)))
	if cabin.CodeOf(err) != cabin.CodeInvalid || !strings.Contains(err.Error(), words) {
		t.Errorf("%s: got %v, want a refusal with %q", what, err, words)
	}
}

func texts(faults []cabin.RosterFault) (out []string) {
	for _, f := range faults {
		out = append(out, f.Text())
	}
	return out
}

var deputyHead = []any{"姓名", "手机号", "层级", "选区", "联络站"}

func TestReadingASheet(t *testing.T) {
	b := read(t, book(t, map[string][][]any{" 代表 ": {
		{"桥东街道代表名册"},
		{" 选 区 ", "姓名（必填）", "备注", "层级 *", "手机号：", "联络站"},
		{"说明：和社区一致"},
		{nil, "示例：张三", nil, "区"},
		{"第一选区", " 张　三 ", "不导入", "区", "１３８ 0000-0001", "中心站"},
		{},
		{"第二选区", "李四", nil, "市人大代表", 13800000002, "中心站"},
		{nil, nil, "只有备注"},
	}}))
	if len(b.Faults) > 0 || len(b.Sheets) != 1 {
		t.Fatalf("%v %+v", texts(b.Faults), b.Sheets)
	}
	s := b.Sheets[0]
	if len(s.Rows) != 2 || s.Rows[0].Line != 5 || s.Rows[1].Line != 7 {
		t.Fatalf("%+v", s.Rows)
	}
	if got := strings.Join(s.Rows[0].Values, "|"); got != "张三|13800000001|区人大代表|第一选区||||中心站||" {
		t.Error(got)
	}
	if got := strings.Join(s.Rows[1].Values, "|"); got != "李四|13800000002|市人大代表|第二选区||||中心站||" {
		t.Error(got)
	}
	if got := strings.Join(s.Letters, ","); got != "B,E,D,A,,,,F,," {
		t.Error(got)
	}
	if !slices.ContainsFunc(b.Notes, func(n string) bool { return strings.Contains(n, "C 列“备注”") }) {
		t.Errorf("nobody says that a column is not used: %v", b.Notes)
	}
}

func TestFaultsHaveTheirCell(t *testing.T) {
	b := read(t, book(t, map[string][][]any{
		"代表":    {deputyHead, {"张三", "1380000000", "街道", "第一选区", "中心站"}, {"李四、王五", nil, "区", strings.Repeat("长", 61), "#N/A"}},
		"联络站":   {{"名称", "类型", "地址", "纬度"}, {"中心站", "总站", "某路", "391.2"}},
		"放假和调休": {{"日期", "安排", "按周几"}, {"10月1日", "放假", nil}, {"2027-02-30", "上班", "周八"}},
	}))
	got := texts(b.Faults)
	slices.Sort(got)
	want := []string{
		"代表!B2：手机号应为 11 位数字",
		"代表!C2：请从这些里面选：全国、省、市、区、镇",
		"代表!A3：一行只写一位的姓名，不要加括号或顿号",
		"代表!D3：写了 61 个字，最多 60 个字",
		"代表!E3：这一格是出错的公式（#N/A），请改成文字",
		"联络站!B2：请从这些里面选：中心站、企业站、社区站、分站",
		"联络站!D2：纬度应为 3 到 54 之间的小数",
		"放假和调休!A2：日期要写上年份，如 2027-10-01",
		"放假和调休!A3：没有这一天，请检查月和日",
		"放假和调休!C3：请写周一到周日，如 周五",
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestDatesInEveryShape(t *testing.T) {
	head := []any{"日期", "安排"}
	rows := [][]any{head}
	for _, v := range []any{
		time.Date(2027, 10, 1, 0, 0, 0, 0, time.UTC), "2027-10-01", "2027/10/1", "2027年10月1日", "２０２７．１０．１", "20271001", 20271001, "2027-10-01 00:00:00", "2027 年 10 月 1 日",
	} {
		rows = append(rows, []any{v, "放假"})
	}
	b := read(t, book(t, map[string][][]any{"放假和调休": rows}))
	if len(b.Faults) > 0 {
		t.Fatal(texts(b.Faults))
	}
	for _, r := range b.Sheets[0].Rows {
		if r.Values[0] != "2027-10-01" {
			t.Errorf("line %d is %q", r.Line, r.Values[0])
		}
	}
	since1904 := true
	b = read(t, book(t, map[string][][]any{"放假和调休": {head, {44104, "放假"}}}, func(x *excelize.File) {
		if err := x.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &since1904}); err != nil {
			t.Fatal(err)
		}
	}))
	if got := b.Sheets[0].Rows[0].Values[0]; got != "2024-10-01" {
		t.Errorf("days since 1904 are read as %q", got)
	}
}

func TestMergedCells(t *testing.T) {
	file := book(t, map[string][][]any{"代表": {
		{"名册", nil, nil, nil, nil}, deputyHead, {"张三", nil, "区", "第一选区", "中心站"}, {"李四", nil, "区", nil, nil}, {"王五", nil, "区", "第三选区", "中心站"},
	}}, func(x *excelize.File) {
		for _, r := range [][2]string{{"A1", "E1"}, {"D3", "D4"}, {"H3", "H5"}} { // a title, a fault, and what nobody reads
			if err := x.MergeCell("代表", r[0], r[1]); err != nil {
				t.Fatal(err)
			}
		}
	})
	b := read(t, file)
	if got := texts(b.Faults); !slices.Equal(got, []string{"代表!D3:D4：这里是合并单元格，请取消合并，每行都填上内容"}) {
		t.Error(got)
	}
	var bad []int
	for _, r := range b.Sheets[0].Rows {
		if r.Bad {
			bad = append(bad, r.Line)
		}
	}
	if !slices.Equal(bad, []int{3, 4}) {
		t.Errorf("lines %v are bad", bad)
	}
}

func TestFormulas(t *testing.T) {
	// As Excel writes it: a formula beside what it came to; two that nobody has worked out.
	file := replaced(t, book(t, map[string][][]any{"承办单位": {{"名称"}}}), "xl/worksheets/sheet1.xml", `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
		<row r="1"><c r="A1" t="inlineStr"><is><t>名称</t></is></c><c r="B1" t="inlineStr"><is><t>职责</t></is></c></row>
		<row r="2"><c r="A2" t="str"><f>"城管"&amp;"科"</f><v>城管科</v></c><c r="B2" t="inlineStr"><is><t>道路</t></is></c></row>
		<row r="3"><c r="A3"><f>"物业"&amp;"科"</f></c><c r="B3" t="inlineStr"><is><t>小区</t></is></c></row>
		<row r="5"><c r="A5"><f>NOW()</f></c></row></sheetData></worksheet>`)
	b := read(t, file)
	if got := texts(b.Faults); len(got) != 2 || !strings.HasPrefix(got[0], "承办单位!A3：这一格是公式") || !strings.HasPrefix(got[1], "承办单位!A5：这一格是公式") {
		t.Error(got)
	}
	if r := b.Sheets[0].Rows; len(r) != 2 || r[0].Values[0] != "城管科" || r[0].Bad || !r[1].Bad {
		t.Errorf("%+v", r)
	}
	if !slices.ContainsFunc(b.Notes, func(n string) bool { return strings.Contains(n, "1 格是公式") }) {
		t.Error(b.Notes)
	}
}

func TestSheetsThatAreLeftAside(t *testing.T) {
	b := read(t, book(t, map[string][][]any{"社区": {{"名称", "联络站"}, {"和平社区", "中心站"}}, "代表": {deputyHead, {"张三"}}, "通讯录": {{"随便"}}}, func(x *excelize.File) {
		shown, err := x.GetSheetIndex("社区") // the one that is open cannot be hidden
		if err != nil {
			t.Fatal(err)
		}
		x.SetActiveSheet(shown)
		if err := x.SetSheetVisible("代表", false); err != nil {
			t.Fatal(err)
		}
	}))
	notes := strings.Join(b.Notes, "\n")
	if len(b.Sheets) != 1 || len(b.Faults) != 0 || !strings.Contains(notes, "工作表“代表”是隐藏的，没有导入。") || !strings.Contains(notes, "工作表“通讯录”不认识，没有导入。") {
		t.Errorf("%+v %v %s", b.Sheets, texts(b.Faults), notes)
	}
	b = read(t, book(t, map[string][][]any{"代表": {{"谁", "电话号"}, {"张三", "1"}}}))
	if got := texts(b.Faults); !slices.Equal(got, []string{"代表：没有找到表头（姓名、层级、选区、联络站），请按模板的表头填写"}) {
		t.Error(got)
	}
	b = read(t, book(t, map[string][][]any{"代表": {{"姓名", "层级", "手机号", "电话"}, {"张三", "区", "13800000001", "13800000002"}}}))
	if got := texts(b.Faults); len(got) != 1 || !strings.HasPrefix(got[0], "代表!D1：“手机号”有两列（C 列和 D 列）") {
		t.Error(got)
	}
	refused(t, "no sheet of ours", book(t, map[string][][]any{"Sheet": {{"姓名"}}}), "没有找到能导入的工作表")
}

func TestFilesThatAreNoWorkbook(t *testing.T) {
	for what, c := range map[string]struct{ file, words string }{
		"an .xls":       {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600), "另存为 .xlsx"},
		"a .csv":        {"姓名,手机号\n张三,13800000001\n", "另存为 .xlsx"},
		"a web page":    {"<html><table><tr><td>张三</td></tr></table></html>", "另存为 .xlsx"},
		"a photo":       {"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "另存为 .xlsx"},
		"nothing":       {"", "空的"},
		"half a file":   {string(book(t, map[string][][]any{"代表": {deputyHead}})[:900]), "坏了"},
		"another zip":   {string(zipOf(t, map[string]string{"a.txt": "hello"})), "另存为 .xlsx"},
		"broken inside": {string(zipOf(t, map[string]string{"[Content_Types].xml": "<", "xl/workbook.xml": "<<<", "xl/worksheets/sheet1.xml": "<c><row>"})), "另存为 .xlsx"},
	} {
		refused(t, what, []byte(c.file), c.words)
	}
}

func zipOf(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, text := range files {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// measured runs f and returns the most memory that the heap held above what was there.
func measured(f func()) (peak uint64) {
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapInuse-min(now.HeapInuse, before.HeapInuse))
			select {
			case <-done:
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	}()
	f()
	close(done)
	<-ended
	return peak
}

// What is far too much is refused with a sentence before it takes memory.
func TestTooMuchIsRefusedEarly(t *testing.T) {
	sheet := func(row string, n int) string {
		return `<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + strings.Repeat(row, n) + `</sheetData></worksheet>`
	}
	base := book(t, map[string][][]any{"代表": {deputyHead}})
	with := func(name, text string) []byte { return replaced(t, base, name, text) }
	for what, c := range map[string]struct {
		file  []byte
		words string
	}{
		"100,000 rows":       {with("xl/worksheets/sheet1.xml", sheet(`<row><c t="inlineStr"><is><t>张三</t></is></c></row>`, 100_000)), "一次最多导入 10000 行"},
		"100,000 empty rows": {with("xl/worksheets/sheet1.xml", sheet(`<x:row/>`, 100_000)), "一次最多导入 10000 行"},
		"a million cells":    {with("xl/worksheets/sheet1.xml", sheet("<row>"+strings.Repeat("<c/>", 1000)+"</row>", 1000)), "内容太多"},
		"a million strings":  {with("xl/sharedStrings.xml", `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">`+strings.Repeat("<si/>", 1_000_000)+"</sst>"), "内容太多"},
		"100,000 merged":     {with("xl/worksheets/sheet1.xml", sheet(`<mergeCell ref="A1:B1"/>`, 100_000)), "合并单元格太多"},
		"a bomb of 400 MB":   {bomb(t, base, 400<<20), "展开后太大"},
	} {
		peak := measured(func() { refused(t, what, c.file, c.words) })
		t.Logf("%s: a file of %d KB, refused with %.1f MB of memory", what, len(c.file)>>10, float64(peak)/(1<<20))
		if peak > 16<<20 {
			t.Errorf("%s took %d MB before it was refused", what, peak>>20)
		}
	}
}

// replaced is the workbook with one part in place of its own.
func replaced(t *testing.T, file []byte, name, text string) []byte {
	t.Helper()
	return rezip(t, file, func(z *zip.Writer) {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}, name)
}

// bomb adds a part that unpacks to very much.
func bomb(t *testing.T, file []byte, size int) []byte {
	t.Helper()
	return rezip(t, file, func(z *zip.Writer) {
		w, err := z.Create("xl/media/image1.png")
		zeros := make([]byte, 1<<20)
		for n := 0; n < size && err == nil; n += len(zeros) {
			_, err = w.Write(zeros)
		}
		if err != nil {
			t.Fatal(err)
		}
	}, "xl/media/image1.png")
}

func rezip(t *testing.T, file []byte, add func(*zip.Writer), without string) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range in.File {
		if f.Name != without {
			if err := z.Copy(f); err != nil {
				t.Fatal(err)
			}
		}
	}
	add(z)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A part that says it is small and is not is refused too: the sizes in a zip are claims.
func TestSizesThatLie(t *testing.T) {
	file := replaced(t, book(t, map[string][][]any{"代表": {deputyHead}}), "xl/worksheets/sheet1.xml", strings.Repeat(" ", 40<<20))
	// The size stands in the central directory after the name's record head: 40 MB becomes 40 KB.
	lie := bytes.ReplaceAll(file, []byte{0, 0, 0x80, 0x02}, []byte{0, 0xa0, 0, 0})
	if bytes.Equal(lie, file) {
		t.Fatal("the size was not found")
	}
	refused(t, "a lie", lie, "坏了")
}

func TestTemplateComesBackEmptyAndWhole(t *testing.T) {
	var file bytes.Buffer
	if err := excel.WriteRosterTemplate(&file, nil); err != nil {
		t.Fatal(err)
	}
	b := read(t, file.Bytes())
	if len(b.Faults) > 0 || len(b.Sheets) != len(cabin.RosterKinds) {
		t.Fatalf("%v %d", texts(b.Faults), len(b.Sheets))
	}
	for i, s := range b.Sheets {
		if len(s.Rows) != 0 || s.Kind != cabin.RosterKinds[i] || slices.Contains(s.Letters, "") {
			t.Errorf("%+v", s)
		}
	}
	// The examples without their mark are what a person may bring.
	x, err := excelize.OpenReader(bytes.NewReader(file.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range cabin.RosterKinds {
		sheet := cabin.RosterDef(kind).Sheet
		for _, cell := range []string{"A3", "A4"} {
			text, _ := x.GetCellValue(sheet, cell)
			if err := x.SetCellStr(sheet, cell, strings.TrimPrefix(text, "示例：")); err != nil {
				t.Fatal(err)
			}
		}
	}
	file.Reset()
	if err := x.Write(&file); err != nil {
		t.Fatal(err)
	}
	plan := cabin.PlanRoster(cabin.RosterNow{}, read(t, file.Bytes()), "2026-11-24")
	if len(plan.Faults) > 0 || plan.Count("", cabin.RosterCreate) != 2*len(cabin.RosterKinds) {
		t.Errorf("%v, %d rows", texts(plan.Faults), plan.Count("", cabin.RosterCreate))
	}
}

func BenchmarkRead5000(b *testing.B) {
	rows := [][]any{deputyHead}
	for i := range 5000 {
		rows = append(rows, []any{fmt.Sprintf("代表%s", string(rune('一'+i%2000))), fmt.Sprintf("138%08d", i), "区", fmt.Sprintf("第%d选区", i), "中心站"})
	}
	file := book(b, map[string][][]any{"代表": rows})
	for b.Loop() {
		read(b, file)
	}
}
