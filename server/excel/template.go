package excel

import (
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"warmcabin/server/cabin"
)

const guideSheet = "填写说明"

var guide = []string{
	"温馨小屋名册模板",
	"",
	"1. 每张工作表是一种名册，名称不要改。用不到的工作表可以删掉。",
	"2. 表头带 * 的列，新增时必须填。列的顺序可以换，多出来的列不会导入。",
	"3. 以“说明：”和“示例：”开头的行不会导入，可以留着。",
	"4. 空着的格子保持原样；要清空原来的内容，填“" + cabin.RosterClear + "”。",
	"5. 表里没有写的，系统里不会删除。",
	"6. 上传后先核对，看清楚会新增、修改什么，再确认导入。有一处不对，就都不导入。",
	"7. 同一个文件再导入一次，不会有任何变化。",
	"8. 手机号加密保存，下载的名册里不带手机号；空着就保持原样。",
}

// WriteRosterTemplate writes the workbook to fill in: a sheet a kind with its heading, a
// row of hints and two examples, or with what is there now in place of the examples. What
// it writes can be brought back as it is and changes nothing.
func WriteRosterTemplate(w io.Writer, now cabin.RosterNow) error {
	x := excelize.NewFile()
	defer func() { _ = x.Close() }()
	t := &template{x: x}
	t.styles()
	t.do(x.SetSheetName("Sheet1", guideSheet))
	for i, line := range guide {
		t.text(guideSheet, 0, i+1, line)
	}
	t.do(x.SetColWidth(guideSheet, "A", "A", 70))
	for _, kind := range cabin.RosterKinds {
		t.sheet(cabin.RosterDef(kind), now)
	}
	if t.err != nil {
		return t.err
	}
	return x.Write(w)
}

type template struct {
	x                   *excelize.File
	err                 error
	head, hint, example int
}

func (t *template) do(err error) {
	if t.err == nil {
		t.err = err
	}
}

func (t *template) style(s excelize.Style) int {
	id, err := t.x.NewStyle(&s)
	t.do(err)
	return id
}

// textFormat keeps Excel from turning a phone into 1.38E+10 and a name into a date.
const textFormat = 49

func (t *template) styles() {
	t.head = t.style(excelize.Style{NumFmt: textFormat, Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FDEEDD"}}})
	t.hint = t.style(excelize.Style{NumFmt: textFormat, Font: &excelize.Font{Color: "6A6058", Size: 9}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	t.example = t.style(excelize.Style{NumFmt: textFormat})
}

func (t *template) text(sheet string, column, line int, text string) {
	cell, err := excelize.CoordinatesToCellName(column+1, line)
	t.do(err)
	t.do(t.x.SetCellStr(sheet, cell, text))
}

func (t *template) sheet(def *cabin.RosterSheetDef, now cabin.RosterNow) {
	_, err := t.x.NewSheet(def.Sheet)
	t.do(err)
	for i, c := range def.Columns {
		title := c.Title
		if c.Required {
			title += " *"
		}
		t.text(def.Sheet, i, 1, title)
		mark := ""
		if i == 0 {
			mark = "说明："
		}
		t.text(def.Sheet, i, 2, mark+c.Hint)
		letter := columnName(i)
		t.do(t.x.SetColStyle(def.Sheet, letter, t.example))
		t.do(t.x.SetColWidth(def.Sheet, letter, letter, c.Width))
	}
	last := columnName(len(def.Columns) - 1)
	t.do(t.x.SetCellStyle(def.Sheet, "A1", last+"1", t.head))
	t.do(t.x.SetCellStyle(def.Sheet, "A2", last+"2", t.hint))
	t.do(t.x.SetRowHeight(def.Sheet, 2, 30))
	t.do(t.x.SetPanes(def.Sheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}))
	if now == nil {
		t.examples(def)
		return
	}
	for i, e := range now[def.Kind] {
		for j, value := range e.Values {
			if value != "" && !def.Columns[j].Secret {
				t.text(def.Sheet, j, i+3, value)
			}
		}
	}
}

func (t *template) examples(def *cabin.RosterSheetDef) {
	for n := range 2 {
		for i, c := range def.Columns {
			value := c.Examples[n]
			if i == 0 {
				value = "示例：" + strings.TrimSpace(value)
			}
			t.text(def.Sheet, i, n+3, value)
		}
	}
}
