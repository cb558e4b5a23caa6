package excel

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"warmcabin/server/cabin"
)

const (
	headingRows = 10 // the heading stands within the first rows, below a title perhaps
	maxColumns  = 60
)

// Marks of rows that the template brings and that are no data.
var aside = []string{"说明", "示例"}

// ReadRoster reads a workbook of the office: each sheet by its name, each column by its
// heading, in any order. What is wrong in it comes as the book's faults, with its cell;
// the error (CodeInvalid about file, CodeUnavailable) is for what cannot be read at all.
// It uses some tens of megabytes at most, one workbook at a time.
func ReadRoster(ctx context.Context, file io.ReaderAt, size int64) (*cabin.RosterBook, error) {
	head := make([]byte, min(size, 512))
	if _, err := file.ReadAt(head, 0); err != nil && size > 0 {
		return nil, refuse("文件没有传完整，请再试一次。", err)
	}
	if err := kindOf(head); err != nil {
		return nil, err
	}
	done, err := turn(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	parts, err := weigh(file, size)
	if err != nil {
		return nil, err
	}
	return readBook(file, size, parts)
}

func readBook(file io.ReaderAt, size int64, parts map[string]weight) (book *cabin.RosterBook, err error) {
	defer func() { // excelize was written for friendly files
		if r := recover(); r != nil {
			book, err = nil, refuse("这个文件的内部结构不正常。"+saveAs, fmt.Errorf("panic: %v", r))
		}
	}()
	x, err := excelize.OpenReader(io.NewSectionReader(file, 0, size), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: maxUnpack, UnzipXMLSizeLimit: maxUnpack,
	})
	if err != nil {
		return nil, refuse("这个文件打不开。"+saveAs, err)
	}
	defer func() { _ = x.Close() }() // it has no temporary files
	r := &reader{x: x, book: &cabin.RosterBook{}, parts: parts}
	if props, err := x.GetWorkbookProps(); err == nil && props.Date1904 != nil {
		r.since1904 = *props.Date1904
	}
	for _, name := range x.GetSheetList() {
		if err := r.sheet(name); err != nil {
			return nil, err
		}
	}
	if len(r.book.Sheets) == 0 && len(r.book.Faults) == 0 {
		return nil, refuse("没有找到能导入的工作表。工作表的名称应该是：" + strings.Join(sheetNames(), "、") + "。可以先下载模板。")
	}
	if r.total == 0 && len(r.book.Faults) == 0 {
		r.note("表里没有要导入的行。以“说明：”和“示例：”开头的行不导入，请在它们下面填。")
	}
	slices.SortStableFunc(r.book.Sheets, func(a, b cabin.RosterSheet) int {
		return slices.Index(cabin.RosterKinds, a.Kind) - slices.Index(cabin.RosterKinds, b.Kind)
	})
	return r.book, nil
}

func sheetNames() []string {
	var names []string
	for _, k := range cabin.RosterKinds {
		names = append(names, cabin.RosterDef(k).Sheet)
	}
	return names
}

type reader struct {
	x         *excelize.File
	book      *cabin.RosterBook
	parts     map[string]weight
	since1904 bool
	total     int
}

func (r *reader) note(format string, args ...any) {
	r.book.Notes = append(r.book.Notes, fmt.Sprintf(format, args...))
}

// sheet reads a sheet when its name is that of a kind.
func (r *reader) sheet(name string) error {
	var def *cabin.RosterSheetDef
	for _, k := range cabin.RosterKinds {
		if d := cabin.RosterDef(k); cabin.RosterHeading(name) == d.Sheet {
			def = d
		}
	}
	visible, _ := r.x.GetSheetVisible(name)
	switch {
	case def == nil && name == guideSheet:
		return nil
	case def == nil:
		r.note("工作表“%s”不认识，没有导入。", name)
		return nil
	case !visible:
		r.note("工作表“%s”是隐藏的，没有导入。", name)
		return nil
	case slices.ContainsFunc(r.book.Sheets, func(s cabin.RosterSheet) bool { return s.Kind == def.Kind }):
		r.book.Faults = append(r.book.Faults, cabin.RosterFault{Sheet: name, Message: "有两张“" + def.Sheet + "”工作表，请合成一张"})
		return nil
	}
	s := &sheetReader{reader: r, def: def, name: name, sheet: cabin.RosterSheet{Kind: def.Kind, Letters: make([]string, len(def.Columns))}}
	return s.read()
}

// sheetReader reads one sheet of a known kind.
type sheetReader struct {
	*reader
	def     *cabin.RosterSheetDef
	name    string
	sheet   cabin.RosterSheet
	columns []int // sheet column → the kind's column, -1 = none
	heading int   // its line, 0 until it was met
	reach   int   // the last line with a cell
}

func (s *sheetReader) fault(line int, cell, message string) {
	s.book.Faults = append(s.book.Faults, cabin.RosterFault{Sheet: s.def.Sheet, Line: line, Cell: cell, Message: message})
}

func (s *sheetReader) read() error {
	rows, err := s.x.Rows(s.name)
	if err != nil {
		return refuse("工作表“"+s.name+"”打不开。"+saveAs, err)
	}
	defer func() { _ = rows.Close() }()
	for line := 1; rows.Next(); line++ {
		cells, err := rows.Columns()
		if err != nil {
			return refuse("工作表“"+s.name+"”打不开。"+saveAs, err)
		}
		if len(cells) > maxColumns {
			cells = cells[:maxColumns]
		}
		if s.heading == 0 {
			if s.findHeading(line, cells); s.heading == 0 && line >= headingRows {
				break
			}
			continue
		}
		s.row(line, cells)
		if s.total > cabin.MaxRosterRows {
			return refuse(fmt.Sprintf("一次最多导入 %d 行，请分成几个文件。", cabin.MaxRosterRows))
		}
	}
	if s.heading == 0 {
		s.fault(0, "", "没有找到表头（"+s.headings()+"），请按模板的表头填写")
		return nil
	}
	s.look()
	s.book.Sheets = append(s.book.Sheets, s.sheet)
	return nil
}

func (s *sheetReader) headings() string {
	var names []string
	for _, c := range s.def.Columns {
		if c.Required {
			names = append(names, c.Title)
		}
	}
	return strings.Join(names, "、")
}

// findHeading takes the line as the heading when its first column and another one are in it.
func (s *sheetReader) findHeading(line int, cells []string) {
	columns, known, first := make([]int, len(cells)), 0, false
	for i, text := range cells {
		columns[i] = s.titled(text)
		if columns[i] >= 0 {
			known++
		}
		first = first || columns[i] == 0
	}
	if !first || known < 2 {
		return
	}
	s.heading, s.columns = line, columns
	var unused []string
	for i, c := range columns {
		letter := columnName(i)
		switch {
		case c < 0 && strings.TrimSpace(cells[i]) != "":
			unused = append(unused, letter+" 列“"+cabin.Clean(cells[i])+"”")
		case c >= 0 && s.sheet.Letters[c] != "":
			s.fault(line, letter+strconv.Itoa(line), "“"+s.def.Columns[c].Title+"”有两列（"+s.sheet.Letters[c]+" 列和 "+letter+" 列），请只留一列")
			s.columns[i] = -1
		case c >= 0:
			s.sheet.Letters[c] = letter
		}
	}
	if len(unused) > 0 {
		s.note("“%s”里没有用到的列：%s。", s.def.Sheet, strings.Join(unused, "、"))
	}
}

func (s *sheetReader) titled(text string) int {
	heading := cabin.RosterHeading(text)
	if heading == "" {
		return -1
	}
	for i := range s.def.Columns {
		c := &s.def.Columns[i]
		if heading == c.Title || slices.Contains(c.Aliases, heading) {
			return i
		}
	}
	return -1
}

func columnName(i int) string {
	name, err := excelize.ColumnNumberToName(i + 1)
	if err != nil {
		panic(err) // i is below maxColumns
	}
	return name
}

// row reads a line of data. Empty ones, and what the template brings, are passed over.
func (s *sheetReader) row(line int, cells []string) {
	if len(cells) > 0 {
		s.reach = line
	}
	filled := slices.IndexFunc(cells, func(text string) bool { return cabin.Clean(text) != "" })
	if filled < 0 {
		return
	}
	for _, mark := range aside {
		if rest, is := strings.CutPrefix(cabin.Clean(cells[filled]), mark); is && strings.HasPrefix(rest, "：") {
			return
		}
	}
	row := cabin.RosterRow{Line: line, Values: make([]string, len(s.def.Columns))}
	said := false
	for i, text := range cells {
		if i >= len(s.columns) || s.columns[i] < 0 {
			continue
		}
		column := &s.def.Columns[s.columns[i]]
		value, fault := "", cellError(text)
		if fault == "" {
			value, fault = column.Read(s.plain(column, text))
		}
		if fault != "" {
			s.fault(line, columnName(i)+strconv.Itoa(line), fault)
			row.Bad = true
		}
		row.Values[s.columns[i]] = value
		said = said || value != "" || fault != ""
	}
	if said { // something in the columns that are read
		s.sheet.Rows = append(s.sheet.Rows, row)
		s.total++
	}
}

var errorValues = []string{"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#GETTING_DATA"}

func cellError(text string) string {
	if slices.Contains(errorValues, strings.TrimSpace(text)) {
		return "这一格是出错的公式（" + strings.TrimSpace(text) + "），请改成文字"
	}
	return ""
}

// plain writes a cell's number the way a person reads it: a date cell holds days since
// 1900, a long number may come as 1.38E+10.
func (s *sheetReader) plain(c *cabin.RosterColumn, text string) string {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return text
	}
	if c.Date {
		const y2000, y2100 = 36526, 73051
		if n >= y2000-1462 && n < y2100 {
			if day, err := excelize.ExcelDateToTime(n, s.since1904); err == nil {
				return day.Format(time.DateOnly)
			}
		}
		return text
	}
	if strings.ContainsAny(text, "eE") && n == math.Trunc(n) && math.Abs(n) < 1e15 {
		return strconv.FormatFloat(n, 'f', 0, 64)
	}
	return text
}

// look finds what the values alone do not show: merged cells, whose content stands in the
// first one only, and formulas without a value. The sheet is unpacked for it only when it
// has any.
func (s *sheetReader) look() {
	w := s.weight()
	if w.merged > 0 {
		s.merged()
	}
	if w.formulas > 0 {
		s.formulas()
	}
}

// weight is the sheet's own, or all sheets' when its part is not known by name.
func (s *sheetReader) weight() (all weight) {
	for _, w := range s.parts {
		all.merged, all.formulas = all.merged+w.merged, all.formulas+w.formulas
	}
	return all
}

func (s *sheetReader) merged() {
	found, err := s.x.GetMergeCells(s.name, true)
	if err != nil {
		s.fault(0, "", "合并单元格看不清楚，请全选后取消合并，再上传")
		return
	}
	for _, m := range found {
		first, last, _ := strings.Cut(m[0], ":")
		column, line, err := excelize.CellNameToCoordinates(first)
		toColumn, end, err2 := excelize.CellNameToCoordinates(last)
		if err != nil || err2 != nil || end <= s.heading || !s.used(column, toColumn) {
			continue
		}
		s.fault(line, m[0], "这里是合并单元格，请取消合并，每行都填上内容")
		s.spoil(line, end)
	}
}

// used tells whether one of the sheet's columns from..to (from 1) is read.
func (s *sheetReader) used(from, to int) bool {
	for i := from - 1; i < to && i < len(s.columns); i++ {
		if s.columns[i] >= 0 {
			return true
		}
	}
	return false
}

func (s *sheetReader) spoil(from, to int) {
	for i := range s.sheet.Rows {
		if r := &s.sheet.Rows[i]; r.Line >= from && r.Line <= to {
			r.Bad = true
		}
	}
}

// formulas refuses those without a value: what a formula came to when the workbook was
// saved is taken as it stands.
func (s *sheetReader) formulas() {
	taken := 0
	for line := s.heading + 1; line <= s.reach; line++ {
		for i, c := range s.columns {
			if c < 0 {
				continue
			}
			cell := columnName(i) + strconv.Itoa(line)
			formula, err := s.x.GetCellFormula(s.name, cell)
			if err != nil || formula == "" {
				continue
			}
			if text, _ := s.x.GetCellValue(s.name, cell, excelize.Options{RawCellValue: true}); text != "" {
				taken++
				continue
			}
			s.fault(line, cell, "这一格是公式，文件里没有算好的结果。请复制这一列，选择性粘贴为“数值”，再上传")
			s.spoil(line, line)
		}
	}
	if taken > 0 {
		s.note("“%s”有 %d 格是公式，按文件里算好的结果导入。", s.def.Sheet, taken)
	}
}
