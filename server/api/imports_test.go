package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"warmcabin/server/cabin"
	"warmcabin/server/excel"
)

// upload sends a file as the role and decodes the answer into dest.
func (w *walker) upload(t *testing.T, as cabin.Role, path, name string, file []byte, dest any) int {
	t.Helper()
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	part, err := m.CreateFormFile("file", "tmp_0815.xlsx")
	if err == nil {
		_, err = part.Write(file)
	}
	if err == nil {
		err = m.WriteField("name", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = m.Close()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, Base+path, &form)
	req.Header.Set("Content-Type", m.FormDataContentType())
	token, err := w.sessions.Create(t.Context(), w.people[as], "walker", false)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	w.clock.Advance(1e12)
	answer := httptest.NewRecorder()
	w.server.ServeHTTP(answer, req)
	if err := json.Unmarshal(answer.Body.Bytes(), dest); err != nil {
		t.Fatalf("%d %s: %v", answer.Code, answer.Body, err)
	}
	return answer.Code
}

// download gets a file as the role.
func (w *walker) download(t *testing.T, as cabin.Role, path string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, Base+path, nil)
	token, err := w.sessions.Create(t.Context(), w.people[as], "walker", false)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	answer := httptest.NewRecorder()
	w.server.ServeHTTP(answer, req)
	return answer
}

func edited(t *testing.T, file []byte, sheet string, cells map[string]string) []byte {
	t.Helper()
	x, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for cell, text := range cells {
		if err := x.SetCellStr(sheet, cell, text); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := x.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// The template is downloaded, filled in with a fault, mended, brought, carried out, and
// comes back as it went in.
func TestImportOverHTTP(t *testing.T) {
	w := newWalker(t)
	blank := w.download(t, cabin.Admin, "/office/import-template")
	if blank.Code != 200 || blank.Header().Get("Content-Type") != excel.ContentType || !strings.Contains(blank.Header().Get("Content-Disposition"), "attachment") {
		t.Fatalf("%d %v", blank.Code, blank.Header())
	}
	faulty := edited(t, blank.Body.Bytes(), "联络员", map[string]string{"A5": "王五", "B5": "138", "C5": "和平社区"})
	var im Import
	if status := w.upload(t, cabin.Admin, "/office/imports", "社区名册.xlsx", faulty, &im); status != 201 || im.FileName != "社区名册.xlsx" {
		t.Fatalf("%d %+v", status, im)
	}
	if im.State != "waiting" || im.Faults != 1 || strings.Join(im.FaultList, "|") != "联络员!B5：手机号应为 11 位数字|联络员!C5：没有“和平社区”，请检查写法，或先在“社区”表里加上" {
		t.Errorf("%+v", im)
	}
	var p Problem
	if status := w.ask(t, cabin.Admin, http.MethodPost, fmt.Sprintf("/office/imports/%d/apply", im.ID), "", &p); status != 409 || !strings.Contains(p.Detail, "还有 1 行有误") {
		t.Errorf("%d %+v", status, p)
	}
	good := edited(t, blank.Body.Bytes(), "联络站", map[string]string{"A5": "东站", "B5": "社区站", "D5": "东路 1 号"})
	good = edited(t, good, "社区", map[string]string{"A5": "东社区", "B5": "东站"})
	if status := w.upload(t, cabin.Admin, "/office/imports", "x.xlsx", good, &im); status != 201 || im.Creates != 2 || im.Faults != 0 || im.InWords != "新增 1 个联络站、1 个社区" {
		t.Fatalf("%d %+v", status, im)
	}
	var items List[ImportItem]
	if status := w.ask(t, cabin.Admin, http.MethodGet, fmt.Sprintf("/office/imports/%d/items?action=create&limit=1", im.ID), "", &items); status != 200 || len(items.Items) != 1 || items.Next != "1" ||
		items.Items[0].Where != "联络站 第 5 行" || items.Items[0].Label != "东站" || len(items.Items[0].Diffs) != 3 {
		t.Errorf("%d %+v", status, items)
	}
	if status := w.ask(t, cabin.Admin, http.MethodGet, fmt.Sprintf("/office/imports/%d/items?action=create&limit=1&after=1", im.ID), "", &items); status != 200 || len(items.Items) != 1 || items.Next != "" || items.Items[0].Label != "东社区" {
		t.Errorf("%d %+v", status, items)
	}
	for range 2 { // a repeated yes
		var done Import
		if status := w.ask(t, cabin.Admin, http.MethodPost, fmt.Sprintf("/office/imports/%d/apply", im.ID), "", &done); status != 200 || done.State != "applied" || done.Creates != 2 {
			t.Errorf("%d %+v", status, done)
		}
	}
	now := w.download(t, cabin.Admin, "/office/import-template?filled=true")
	if status := w.upload(t, cabin.Admin, "/office/imports", "x.xlsx", now.Body.Bytes(), &im); status != 201 || im.Same != 2 || im.Creates+im.Changes+im.Faults != 0 {
		t.Errorf("what is there comes back as %d %+v", status, im)
	}
}

func TestImportsThatAreNoWorkbook(t *testing.T) {
	w := newWalker(t)
	for what, c := range map[string]struct {
		file   string
		status int
		words  string
	}{
		"an .xls":   {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600), 422, "另存为 .xlsx"},
		"a .csv":    {"姓名,手机号\n", 422, "另存为 .xlsx"},
		"too large": {strings.Repeat("x", excel.MaxBytes+1), 413, "不能超过 8 MB"},
	} {
		var p Problem
		if status := w.upload(t, cabin.Admin, "/office/imports", "x.xlsx", []byte(c.file), &p); status != c.status || !strings.Contains(p.Detail, c.words) {
			t.Errorf("%s: %d %+v", what, status, p)
		}
	}
	if n := 0; w.x.QueryRow(`SELECT COUNT(*) FROM imports`).Scan(&n) != nil || n != 0 {
		t.Errorf("%d of them are kept", n)
	}
}
