package api

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"warmcabin/server/cabin"
	"warmcabin/server/excel"
)

// create posts with an Idempotency-Key.
func (w *walker) create(t *testing.T, as cabin.Role, path, key, body string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, Base+path, strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	token, err := w.sessions.Create(t.Context(), w.people[as], "walker", false)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	w.clock.Advance(time.Minute)
	answer := httptest.NewRecorder()
	w.server.ServeHTTP(answer, req)
	return answer
}

// A list is asked for, waited for, fetched by who asked; asked for twice it is one; without
// the right there is none, and the file goes with the right.
func TestExportOverHTTP(t *testing.T) {
	w := newWalker(t)
	folder, err := excel.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	w.server.Exports = folder
	if a := w.create(t, cabin.Staff, "/exports", "key-0000", `{"list":"audit"}`); a.Code != 403 || !strings.Contains(a.Body.String(), "没有权限导出") {
		t.Errorf("staff: %d %s", a.Code, a.Body)
	}
	if a := w.create(t, cabin.Auditor, "/exports", "key-0001", `{"list":"audit","from":"2026-11-30","to":"2026-11-01"}`); a.Code != 422 || !strings.Contains(a.Body.String(), "结束日期不能早于开始日期") {
		t.Errorf("%d %s", a.Code, a.Body)
	}
	for range 2 {
		if a := w.create(t, cabin.Auditor, "/exports", "key-0002", `{"list":"audit","from":"2026-11-01"}`); a.Code != 201 || !strings.Contains(a.Body.String(), `"id":1,`) {
			t.Fatalf("%d %s", a.Code, a.Body)
		}
	}
	var p Problem
	if status := w.ask(t, cabin.Auditor, http.MethodGet, "/exports/1/file", "", &p); status != 409 || !strings.Contains(p.Detail, "还没有准备好") {
		t.Errorf("%d %+v", status, p)
	}
	w.write(t, folder)
	var e Export
	if status := w.ask(t, cabin.Auditor, http.MethodGet, "/exports/1", "", &e); status != 200 || e.State != "done" || e.Name != "操作记录" || e.Filters != "日期 2026-11-01 至 以后" || !strings.HasPrefix(e.FileName, "操作记录-2026") || !strings.HasPrefix(e.Words, "共 1 行") {
		t.Errorf("%d %+v", status, e)
	}
	if status := w.ask(t, cabin.Admin, http.MethodGet, "/exports/1/file", "", &p); status != 404 {
		t.Errorf("another's: %d %+v", status, p)
	}
	file := w.download(t, cabin.Auditor, "/exports/1/file")
	if file.Code != 200 || file.Header().Get("Content-Type") != excel.ContentType || file.Header().Get("Cache-Control") != "no-store" || file.Header().Get("Content-Length") != fmt.Sprint(file.Body.Len()) {
		t.Fatalf("%d %v", file.Code, file.Header())
	}
	x, err := excelize.OpenReader(bytes.NewReader(file.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := x.GetCellValue("名单", "A2"); text != "1" {
		t.Errorf("A2 is %q", text)
	}
	var mine Exports
	if status := w.ask(t, cabin.Auditor, http.MethodGet, "/exports", "", &mine); status != 200 || len(mine.Items) != 1 || len(mine.Lists) != 2 || mine.Lists[1].Name != "操作记录" || !mine.Lists[1].Dated {
		t.Errorf("%d %+v", status, mine)
	}
	// The role goes, another comes: the file is gone for good.
	if _, err := w.x.Exec(`UPDATE person_roles SET role = 'liaison' WHERE person_id = ?`, w.people[cabin.Auditor]); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if status := w.ask(t, cabin.Auditor, http.MethodGet, "/exports/1/file", "", &p); status != 403 || !strings.Contains(p.Detail, "文件已删除") {
			t.Errorf("%d %+v", status, p)
		}
	}
	if _, err := folder.Get(w.fileOf(t)); err == nil {
		t.Error("the file is still there")
	}
}

func (w *walker) fileOf(t *testing.T) (name string) {
	t.Helper()
	if err := w.x.QueryRow(`SELECT file FROM exports WHERE id = 1`).Scan(&name); err != nil {
		t.Fatal(err)
	}
	return name
}

// write does what a worker does (api knows none), with a list of one row.
func (w *walker) write(t *testing.T, folder *excel.Folder) {
	t.Helper()
	e, err := w.server.DB.Exports.Claim(t.Context(), time.Minute)
	if err != nil || e == nil {
		t.Fatalf("%v %v", e, err)
	}
	list, err := excel.NewList(folder.Temp(), cabin.ExportOf(e.List).Columns)
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	if err := list.Add([]any{1, "2026"}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := list.Write(&out, nil); err != nil {
		t.Fatal(err)
	}
	e.RowsDone = list.Rows()
	if e.Bytes, err = folder.Put(e.File, func(f io.Writer) error { _, err := f.Write(out.Bytes()); return err }); err != nil {
		t.Fatal(err)
	}
	if err := w.server.DB.Exports.Done(t.Context(), e); err != nil {
		t.Fatal(err)
	}
}
