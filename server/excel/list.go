package excel

import (
	"io"

	"github.com/xuri/excelize/v2"

	"warmcabin/server/cabin"
)

// List is a workbook of one long list, written row by row: rows go to a temporary file when
// they are many, so that its size hardly matters to memory. Texts are stored as texts,
// whatever they begin with: nothing in the file is ever a formula.
type List struct {
	x    *excelize.File
	rows *excelize.StreamWriter
	line int
}

const (
	listSheet  = "名单"
	notesSheet = "导出说明"
)

// NewList begins a workbook; dir is for temporary files.
func NewList(dir string, columns []cabin.ExportColumn) (*List, error) {
	l := &List{x: excelize.NewFile(excelize.Options{TmpDir: dir})}
	if err := l.begin(columns); err != nil {
		_ = l.x.Close()
		return nil, err
	}
	return l, nil
}

func (l *List) begin(columns []cabin.ExportColumn) error {
	if err := l.x.SetSheetName("Sheet1", listSheet); err != nil {
		return err
	}
	head, err := l.x.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FDEEDD"}}})
	if err != nil {
		return err
	}
	if l.rows, err = l.x.NewStreamWriter(listSheet); err != nil {
		return err
	}
	titles := make([]any, len(columns))
	for i, c := range columns {
		titles[i] = excelize.Cell{StyleID: head, Value: c.Title}
		if err := l.rows.SetColWidth(i+1, i+1, c.Width); err != nil {
			return err
		}
	}
	if err := l.rows.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	return l.add(titles)
}

func (l *List) add(cells []any) error {
	l.line++
	cell, err := excelize.CoordinatesToCellName(1, l.line)
	if err != nil {
		return err
	}
	return l.rows.SetRow(cell, cells)
}

// Add writes a row: texts and whole numbers.
func (l *List) Add(row []any) error { return l.add(row) }

// Rows is how many rows were added.
func (l *List) Rows() int { return l.line - 1 }

// Note is a line of the sheet that says who took the list, when, and what of it.
type Note struct{ Title, Text string }

// Write ends the list, with its notes on a sheet of their own, and writes the workbook.
func (l *List) Write(w io.Writer, notes []Note) error {
	if err := l.rows.Flush(); err != nil {
		return err
	}
	if _, err := l.x.NewSheet(notesSheet); err != nil {
		return err
	}
	for i, n := range notes {
		for j, text := range []string{n.Title, n.Text} {
			cell, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				return err
			}
			if err := l.x.SetCellStr(notesSheet, cell, text); err != nil {
				return err
			}
		}
	}
	for column, width := range map[string]float64{"A": 14, "B": 70} {
		if err := l.x.SetColWidth(notesSheet, column, column, width); err != nil {
			return err
		}
	}
	_, err := l.x.WriteTo(w)
	return err
}

// Close removes the temporary files; after Write too.
func (l *List) Close() error { return l.x.Close() }
