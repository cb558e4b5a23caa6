package main

import (
	"database/sql"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"warmcabin/server/mysql/dbtest"
)

// The desk prints the sheets of the demo's street: what is on them is what is in the database
// at that moment.
func TestSheetsOfTheDemo(t *testing.T) {
	dsn := dbtest.DSN(t)
	const fonts = "../../../miniprogram/node_modules/@expo-google-fonts/noto-sans-sc/"
	i := install(t, dsn, "WARMCABIN_SHEETS_FONT="+fonts+"400Regular/NotoSansSC_400Regular.ttf", "WARMCABIN_SHEETS_BOLD="+fonts+"700Bold/NotoSansSC_700Bold.ttf")
	i.must("demo")
	s := i.serve()
	staff := s.login("staff")
	x := connect(t, dsn)
	station := staff.pdf("/api/v1/stations/1/sheet?paper=a3")
	for _, name := range names(t, x, `SELECT name FROM stations WHERE id = 1 UNION SELECT address FROM stations WHERE id = 1 UNION SELECT name FROM deputies WHERE station_id = 1 UNION SELECT d.name FROM deputy_hours h JOIN deputies d ON d.id = h.deputy_id WHERE h.station_id = 1`) {
		if !strings.Contains(station, name) {
			t.Errorf("%q is not on the station's sheet:\n%s", name, station)
		}
	}
	if _, err := x.Exec(`UPDATE stations SET hours = '周一至周日 7:10–19:20' WHERE id = 1`); err != nil {
		t.Fatal(err)
	}
	if again := staff.pdf("/api/v1/stations/1/sheet?paper=a4"); !strings.Contains(again, "7:10–19:20") || version(again) == version(station) {
		t.Errorf("an old sheet: %s", again)
	}
	deputy := staff.pdf("/api/v1/deputies/1/sheet")
	if name := ask[string](t, x, `SELECT name FROM deputies WHERE id = 1`); !strings.Contains(deputy, name) || !strings.Contains(deputy, "扫一扫，约我") {
		t.Errorf("of %s: %s", name, deputy)
	}
	staff.call(http.MethodGet, "/api/v1/stations/999/sheet", nil, 404)
	staff.call(http.MethodGet, "/api/v1/deputies/999/sheet", nil, 404)
	staff.call(http.MethodGet, "/api/v1/stations/1/sheet?paper=a5", nil, 422)
	s.login("resident").call(http.MethodGet, "/api/v1/stations/1/sheet", nil, 403)
	s.cancel()
	if err := s.ended(); err != nil {
		t.Error(err)
	}
}

// Without the font everything works but printing, and that says why.
func TestSheetsWithoutAFont(t *testing.T) {
	i := install(t, dbtest.DSN(t), "WARMCABIN_SHEETS_FONT="+filepath.Join(t.TempDir(), "none.ttf"))
	i.must("demo")
	s := i.serve()
	if said := s.login("staff").call(http.MethodGet, "/api/v1/stations/1/sheet", nil, 503)["detail"]; !strings.Contains(said.(string), "字体") {
		t.Error(said)
	}
	s.cancel()
	if err := s.ended(); err != nil {
		t.Error(err)
	}
}

// pdf fetches a sheet and returns its text.
func (p *phone) pdf(path string) string {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.url+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	res, raw := p.do(req)
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "application/pdf" {
		p.t.Fatalf("%s: %d %s: %s", path, res.StatusCode, res.Header.Get("Content-Type"), raw)
	}
	dir := p.t.TempDir()
	if to := os.Getenv("SHEETS"); to != "" {
		dir = to
	}
	file := filepath.Join(dir, "demo"+strings.NewReplacer("/", "-", "?", "-", "=", "-").Replace(path)+".pdf")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		p.t.Fatal(err)
	}
	text, err := exec.Command("pdftotext", "-layout", file, "-").Output()
	if err != nil {
		p.t.Fatal(err)
	}
	return string(text)
}

func version(text string) string {
	_, rest, _ := strings.Cut(text, "版本 ")
	return rest[:6]
}

func names(t *testing.T, x *sql.DB, query string) (all []string) {
	t.Helper()
	rows, err := x.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		all = append(all, name)
	}
	return all
}
