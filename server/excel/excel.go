// Package excel reads and writes .xlsx workbooks: what the office brings (a roster), and
// what a role takes with it (a list). It knows no database; what stands in a cell is judged
// by cabin.
package excel

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/sync/semaphore"

	"warmcabin/server/cabin"
)

// ContentType is what a workbook is served as.
const ContentType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// What a workbook that is brought may be. The limits hold before anything is unpacked into
// memory: cells and strings are counted while they stream by.
const (
	MaxBytes   = 8 << 20  // of the file
	maxUnpack  = 48 << 20 // of all its parts together
	maxParts   = 2_000
	maxRows    = 2 * cabin.MaxRosterRows // with the empty ones that only have a format
	maxCells   = 300_000
	maxStrings = 200_000
	maxMerged  = 1_000
)

// reading bounds how many workbooks are open at once: each takes some tens of megabytes.
var reading = semaphore.NewWeighted(1)

// turn waits for its turn to open a workbook (CodeUnavailable when ctx ends first).
func turn(ctx context.Context) (done func(), err error) {
	if err := reading.Acquire(ctx, 1); err != nil {
		e := cabin.E(cabin.CodeUnavailable, "正在处理别的表格，请过一会儿再试。", err)
		e.RetryAfter = 5
		return nil, e
	}
	return func() { reading.Release(1) }, nil
}

// refuse is a file that is not taken, in a sentence.
func refuse(message string, cause ...error) error {
	e := cabin.Invalid("file", message)
	if len(cause) > 0 {
		e.Err = cause[0]
	}
	return e
}

const saveAs = "请在 Excel 或 WPS 里另存为 .xlsx 格式，再上传。"

// kindOf tells by its first bytes what a file is, and refuses what is no workbook.
func kindOf(head []byte) error {
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return nil
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		// An old .xls, or a workbook with a password: both are OLE containers.
		return refuse("这是旧的 .xls 格式，或者加了密码。" + saveAs)
	case len(bytes.TrimSpace(head)) == 0:
		return refuse("这个文件是空的，请重新选择。")
	case bytes.HasPrefix(bytes.TrimSpace(head), []byte("<")):
		return refuse("这是网页格式的表格，不是真正的 Excel 文件。" + saveAs)
	case bytes.ContainsAny(head, ",;\t") && !bytes.Contains(head, []byte{0}):
		return refuse("这是文本（.csv）文件，只是改了后缀。" + saveAs)
	}
	return refuse("这不是 Excel 文件。" + saveAs)
}

// weight is what of a workbook's parts was counted before it is opened.
type weight struct{ rows, cells, strings, formulas, merged int }

// weigh streams through the parts and refuses what would be too much, with a bounded
// amount of memory whatever they hold.
func weigh(file io.ReaderAt, size int64) (map[string]weight, error) {
	z, err := zip.NewReader(file, size)
	if err != nil {
		return nil, refuse("这个文件坏了，或者没有传完整。请在 Excel 里打开另存一次，再上传。", err)
	}
	if len(z.File) > maxParts {
		return nil, refuse("这个文件的内部结构不正常。" + saveAs)
	}
	var unpacked uint64
	for _, f := range z.File {
		if unpacked += f.UncompressedSize64; unpacked > maxUnpack || f.UncompressedSize64 > maxUnpack {
			return nil, refuse(fmt.Sprintf("这个文件展开后太大。请删掉图片和不用的工作表，一次最多导入 %d 行。", cabin.MaxRosterRows))
		}
	}
	parts, all := map[string]weight{}, weight{}
	for _, f := range z.File {
		name := strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/"))
		if !strings.HasPrefix(name, "xl/worksheets/") && name != "xl/sharedstrings.xml" {
			continue
		}
		w, err := weighPart(f, all)
		if err != nil {
			return nil, err
		}
		parts[name] = w
		all.rows, all.cells, all.strings, all.merged = all.rows+w.rows, all.cells+w.cells, all.strings+w.strings, all.merged+w.merged
	}
	return parts, nil
}

func weighPart(f *zip.File, before weight) (w weight, err error) {
	r, err := f.Open()
	if err != nil {
		return w, refuse("这个文件坏了，请在 Excel 里打开另存一次，再上传。", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	const longest = len("<mergeCell ")
	buf, kept := make([]byte, 64<<10), 0
	for {
		n, readErr := r.Read(buf[kept:])
		end := kept + n
		last := readErr != nil
		upTo := end - longest
		if last {
			upTo = end
		}
		w.count(buf[:end], max(upTo, 0))
		if err := before.plus(w).check(); err != nil {
			return w, err
		}
		if last {
			if !errors.Is(readErr, io.EOF) {
				return w, refuse("这个文件坏了，请在 Excel 里打开另存一次，再上传。", readErr)
			}
			return w, nil
		}
		if upTo > 0 {
			kept = copy(buf, buf[upTo:end])
		} else {
			kept = end
		}
	}
}

// count adds the tags that begin before upTo.
func (w *weight) count(buf []byte, upTo int) {
	for at := 0; at < upTo; {
		i := bytes.IndexByte(buf[at:upTo], '<')
		if i < 0 {
			return
		}
		at += i + 1
		name := buf[at:]
		if end := bytes.IndexAny(name[:min(len(name), 24)], " />\r\n\t"); end >= 0 {
			name = name[:end]
		} else {
			name = name[:min(len(name), 24)]
		}
		if colon := bytes.IndexByte(name, ':'); colon >= 0 { // some programs name the namespace
			name = name[colon+1:]
		}
		switch string(name) {
		case "row":
			w.rows++
		case "c":
			w.cells++
		case "si":
			w.strings++
		case "f":
			w.formulas++
		case "mergeCell":
			w.merged++
		}
	}
}

func (w weight) plus(o weight) weight {
	return weight{w.rows + o.rows, w.cells + o.cells, w.strings + o.strings, 0, w.merged + o.merged}
}

func (w weight) check() error {
	switch {
	case w.rows > maxRows:
		return refuse(fmt.Sprintf("表格有 %d 行以上，一次最多导入 %d 行。请分成几个文件；如果下面都是空行，请删掉空行再保存。", maxRows, cabin.MaxRosterRows))
	case w.cells > maxCells || w.strings > maxStrings:
		return refuse(fmt.Sprintf("表格的内容太多，一次最多导入 %d 行。请分成几个文件，删掉不用的列。", cabin.MaxRosterRows))
	case w.merged > maxMerged:
		return refuse("表格里的合并单元格太多。请全选后取消合并，每行都填上内容，再上传。")
	}
	return nil
}
