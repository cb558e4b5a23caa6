package jobs

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"warmcabin/server/cabin"
	"warmcabin/server/excel"
	"warmcabin/server/mysql"
	"warmcabin/server/mysql/dbtest"
)

// bureau is a worker that writes lists, with a street that has some.
type bureau struct {
	*Worker
	clock *dbtest.Clock
	x     *sql.DB
	dir   string
}

func newBureau(t *testing.T) *bureau {
	t.Helper()
	clock := dbtest.NewClock(time.Date(2026, 11, 23, 9, 0, 0, 0, cabin.Shanghai))
	db, x := dbtest.New(t, clock)
	b := &bureau{clock: clock, x: x, dir: t.TempDir()}
	folder, err := excel.OpenFolder(b.dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	b.Worker = &Worker{DB: db, Exports: folder, Interval: time.Millisecond, Log: slog.New(slog.DiscardHandler)}
	b.exec(t, `INSERT INTO stations (id, kind, name, address) VALUES (1, 'central', '中心站', '某路'), (2, 'branch', '分站', '某路')`)
	b.exec(t, `INSERT INTO categories (id, name) VALUES (1, '道路积水')`)
	b.exec(t, `INSERT INTO deputies (id, name, level, constituency, station_id) VALUES (1, '林晓', 'district', '第一选区', 1)`)
	b.exec(t, `INSERT INTO persons (id, name, created_at) VALUES (1, '何主任', NOW(3)), (2, '小吴', NOW(3)), (9, '秘密的反映人', NOW(3))`)
	return b
}

func (b *bureau) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	if _, err := b.x.Exec(query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// reports adds n of them to a station.
func (b *bureau) reports(t *testing.T, station, n int, body string) {
	t.Helper()
	for n > 0 {
		few := min(n, 5000)
		n -= few
		values := strings.TrimSuffix(strings.Repeat("(9, 1, ?, ?, 'submitted', 'staff', NOW(3), ?, ?),", few), ",")
		args := make([]any, 0, 4*few)
		for range few {
			args = append(args, station, body, b.clock.Now(), b.clock.Now())
		}
		b.exec(t, `INSERT INTO reports (reporter_id, category_id, station_id, body, state, waiting, due_at, created_at, updated_at) VALUES `+values, args...)
	}
}

func (b *bureau) grant(t *testing.T, person int64, role cabin.Role, scope int64) cabin.Actor {
	t.Helper()
	if err := b.DB.People.Grant(t.Context(), person, cabin.Grant{Role: role, ScopeID: scope}); err != nil {
		t.Fatal(err)
	}
	a, err := b.DB.People.Actor(t.Context(), person)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (b *bureau) ask(t *testing.T, a cabin.Actor, list cabin.ExportList, f cabin.ExportFilters) *mysql.Export {
	t.Helper()
	e, err := b.DB.Exports.Ask(t.Context(), mysql.Key{PersonID: a.PersonID, Key: fmt.Sprintf("key-%d", time.Now().UnixNano())}, a, list, f)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (b *bureau) written(t *testing.T, e *mysql.Export) *mysql.Export {
	t.Helper()
	if n, err := b.Export(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d %v", n, err)
	}
	now, err := b.DB.Exports.Get(t.Context(), e.PersonID, e.ID)
	if err != nil {
		t.Fatal(err)
	}
	return now
}

// rows opens the file with the library that wrote it.
func (b *bureau) rows(t *testing.T, e *mysql.Export) (x *excelize.File, rows [][]string) {
	t.Helper()
	file, err := b.Exports.Get(e.File)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if x, err = excelize.OpenReader(file); err != nil {
		t.Fatal(err)
	}
	if rows, err = x.GetRows("名单"); err != nil {
		t.Fatal(err)
	}
	return x, rows
}

func (b *bureau) files(t *testing.T) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(b.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

func TestAnExportHoldsWhatItsFiltersSay(t *testing.T) {
	b := newBureau(t)
	b.reports(t, 1, 1, "路灯不亮，电话 13800138000，3 号楼 1203 室")
	b.reports(t, 2, 1, "另一个站的")
	b.clock.Advance(48 * time.Hour)
	b.reports(t, 1, 1, "后来的")
	staff := b.grant(t, 2, cabin.Staff, 1)
	e := b.written(t, b.ask(t, staff, cabin.ExportDeskReports, cabin.ExportFilters{From: "2026-11-23", To: "2026-11-24", Queue: "waiting"}))
	if e.State != "done" || e.RowsDone != 1 || e.RowsTotal != 1 || e.Bytes == 0 || e.Scope != "1" {
		t.Fatalf("%+v", e)
	}
	x, rows := b.rows(t, e)
	if len(rows) != 2 || rows[0][0] != "编号" || !strings.Contains(rows[1][5], "路灯不亮") {
		t.Errorf("%v", rows)
	}
	if all := fmt.Sprint(rows); strings.Contains(all, "13800138000") || strings.Contains(all, "秘密的反映人") || strings.Contains(all, "1203") {
		t.Errorf("a contact is in it: %v", rows)
	}
	notes, err := x.GetRows("导出说明")
	if err != nil {
		t.Fatal(err)
	}
	said := fmt.Sprint(notes)
	for _, words := range []string{"联络站的民情", "小吴（人员编号 2）", "联络站工作人员", "日期 2026-11-23 至 2026-11-24；等我处理", "[行数 1]", "2026-11-25 09:00"} {
		if !strings.Contains(said, words) {
			t.Errorf("the notes do not say %q: %v", words, notes)
		}
	}
}

// What people wrote stays what they wrote: no cell of the file is a formula.
func TestExportedTextsAreInert(t *testing.T) {
	b := newBureau(t)
	evil := []string{`=HYPERLINK("http://x","点我")`, "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "=cmd|' /C calc'!A0", "0013", "1e5"}
	for _, text := range evil {
		b.reports(t, 1, 1, text)
	}
	e := b.written(t, b.ask(t, b.grant(t, 1, cabin.Admin, 0), cabin.ExportDeskReports, cabin.ExportFilters{}))
	x, rows := b.rows(t, e)
	if len(rows) != len(evil)+1 {
		t.Fatalf("%d rows, %+v", len(rows), e)
	}
	for i, text := range evil {
		cell := fmt.Sprintf("F%d", i+2)
		kind, err := x.GetCellType("名单", cell)
		formula, _ := x.GetCellFormula("名单", cell)
		got, _ := x.GetCellValue("名单", cell)
		if err != nil || kind != excelize.CellTypeInlineString || formula != "" || strings.TrimSpace(got) != strings.TrimSpace(text) {
			t.Errorf("%q is %q, type %v, formula %q, %v", text, got, kind, formula, err)
		}
	}
}

// The right is asked for when it is asked, while it runs, and when it is fetched.
func TestAnExportOfALostRightIsRefusedAndDeleted(t *testing.T) {
	b := newBureau(t)
	b.reports(t, 1, 3, "一件事")
	staff := b.grant(t, 2, cabin.Staff, 1)
	_, err := b.DB.Exports.Ask(t.Context(), mysql.Key{PersonID: 2, Key: "key-of-it"}, staff, cabin.ExportAudit, cabin.ExportFilters{})
	if cabin.CodeOf(err) != cabin.CodeForbidden {
		t.Errorf("staff ask for the audit: %v", err)
	}
	b.grant(t, 1, cabin.Admin, 0)
	// Before it runs.
	e := b.ask(t, staff, cabin.ExportDeskReports, cabin.ExportFilters{})
	b.exec(t, `DELETE FROM person_roles WHERE person_id = 2`)
	if e = b.written(t, e); e.State != "refused" || len(b.files(t)) != 0 {
		t.Errorf("%+v %v", e, b.files(t))
	}
	// After it was written, before it is fetched: also with another station in its place.
	staff = b.grant(t, 2, cabin.Staff, 1)
	e = b.written(t, b.ask(t, staff, cabin.ExportDeskReports, cabin.ExportFilters{}))
	if got, err := b.DB.Exports.Fetch(t.Context(), staff, e.ID); err != nil || got.File != e.File {
		t.Errorf("with the right: %v", err)
	}
	b.exec(t, `UPDATE person_roles SET scope_id = 2 WHERE person_id = 2`)
	now, err := b.DB.People.Actor(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := b.DB.Exports.Fetch(t.Context(), now, e.ID); cabin.CodeOf(err) != cabin.CodeForbidden {
			t.Errorf("without the right: %v", err)
		}
	}
	// Nobody else's at any time.
	if _, err := b.DB.Exports.Fetch(t.Context(), cabin.Actor{PersonID: 1, Grants: []cabin.Grant{{Role: cabin.Admin}}}, e.ID); cabin.CodeOf(err) != cabin.CodeNotFound {
		t.Errorf("an admin fetches another's: %v", err)
	}
	var refused int
	if err := b.x.QueryRow(`SELECT COUNT(*) FROM audit WHERE action = 'export.refuse'`).Scan(&refused); err != nil || refused != 2 {
		t.Errorf("%d refusals in the audit, %v", refused, err)
	}
}

// The right goes while the pages are being written.
func TestTheRightGoesWhileItRuns(t *testing.T) {
	b := newBureau(t)
	b.reports(t, 1, exportPage+1, "一件事")
	staff := b.grant(t, 2, cabin.Staff, 1)
	e := b.ask(t, staff, cabin.ExportDeskReports, cabin.ExportFilters{})
	// The first page's progress takes the role away in the same statement's transaction.
	b.exec(t, `CREATE TRIGGER gone AFTER UPDATE ON exports FOR EACH ROW DELETE FROM person_roles WHERE NEW.rows_total > 0 AND person_id = NEW.person_id`)
	if e = b.written(t, e); e.State != "refused" || len(b.files(t)) != 0 {
		t.Errorf("%+v %v", e, b.files(t))
	}
}

func TestAStoppedWorkerGivesItsExportBack(t *testing.T) {
	b := newBureau(t)
	b.reports(t, 1, exportPage+1, "一件事")
	e := b.ask(t, b.grant(t, 1, cabin.Admin, 0), cabin.ExportDeskReports, cabin.ExportFilters{})
	claimed, err := b.DB.Exports.Claim(t.Context(), exportLease)
	if err != nil || claimed == nil {
		t.Fatal(err)
	}
	if again, err := b.DB.Exports.Claim(t.Context(), exportLease); err != nil || again != nil {
		t.Errorf("claimed twice: %+v %v", again, err)
	}
	if err := b.DB.Exports.Release(t.Context(), claimed); err != nil {
		t.Fatal(err)
	}
	// A worker that died: its lease runs out, and what it still says does not count.
	dead, err := b.DB.Exports.Claim(t.Context(), exportLease)
	if err != nil || dead == nil {
		t.Fatal(err)
	}
	b.clock.Advance(exportLease)
	if e = b.written(t, e); e.State != "done" || e.RowsDone != exportPage+1 || e.Attempts != 2 {
		t.Errorf("%+v", e)
	}
	if err := b.DB.Exports.Done(t.Context(), dead); cabin.CodeOf(err) != cabin.CodeConflict {
		t.Errorf("the dead one's word: %v", err)
	}
	// And a stop in the middle.
	e = b.ask(t, cabin.Actor{PersonID: 1, Grants: []cabin.Grant{{Role: cabin.Admin}}}, cabin.ExportDeskReports, cabin.ExportFilters{})
	stopped, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { b.Run(stopped) })
	stop()
	running.Wait()
	if now, err := b.DB.Exports.Get(t.Context(), 1, e.ID); err != nil || now.State == "running" || now.Attempts > 1 {
		t.Errorf("%+v %v", now, err)
	}
}

func TestExportsEndAfterADay(t *testing.T) {
	b := newBureau(t)
	admin := b.grant(t, 1, cabin.Admin, 0)
	e := b.written(t, b.ask(t, admin, cabin.ExportPeople, cabin.ExportFilters{}))
	if e.State != "done" || len(b.files(t)) != 1 {
		t.Fatalf("%+v", e)
	}
	b.clock.Advance(b.DB.Presets().KeepExports)
	if _, err := b.DB.Exports.Fetch(t.Context(), admin, e.ID); cabin.CodeOf(err) != cabin.CodeConflict {
		t.Errorf("a day later: %v", err)
	}
	if n, err := b.ExpireExports(t.Context()); n != 1 || err != nil || len(b.files(t)) != 0 {
		t.Errorf("%v %v", err, b.files(t))
	}
	if _, err := b.Exports.Get(e.File); err == nil {
		t.Error("the file is still there")
	}
	for _, name := range []string{"../" + e.File, "tmp", "", strings.Repeat("A", 25)} {
		if _, err := b.Exports.Get(name); err != fs.ErrNotExist {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestExportsOfEveryList(t *testing.T) {
	b := newBureau(t)
	b.reports(t, 1, 2, "一件事")
	b.exec(t, `UPDATE reports SET department_id = 3, community_id = 4, deputy_id = 1 LIMIT 1`)
	b.exec(t, `INSERT INTO departments (id, name) VALUES (3, '城管科')`)
	b.exec(t, `INSERT INTO communities (id, name, station_id) VALUES (4, '梧桐社区', 1)`)
	b.exec(t, `INSERT INTO specialities (id, name) VALUES (1, '健康')`)
	b.exec(t, `INSERT INTO deputy_specialities VALUES (1, 1)`)
	b.exec(t, `INSERT INTO bookings (resident_id, deputy_id, station_id, service, topic, note, starts_at, ends_at, state, created_at, updated_at) VALUES (9, 1, 1, 'talk_one', '想问问', '我的私事', '2026-11-23 02:00:00', '2026-11-23 02:30:00', 'confirmed', NOW(3), NOW(3))`)
	for i, c := range []struct {
		list  cabin.ExportList
		role  cabin.Role
		scope int64
		rows  int
		holds string
	}{
		{cabin.ExportDeskReports, cabin.Admin, 0, 2, "一件事"}, {cabin.ExportDeskBookings, cabin.Staff, 0, 1, "2026-11-23 10:00"}, {cabin.ExportDepartmentReports, cabin.Department, 3, 1, "城管科"},
		{cabin.ExportCommunityReports, cabin.Liaison, 4, 1, "梧桐社区"}, {cabin.ExportDeputyReports, cabin.Deputy, 1, 1, "一件事"}, {cabin.ExportDeputyBookings, cabin.Deputy, 1, 1, "林晓"},
		{cabin.ExportDeputies, cabin.Community, 4, 1, "健康"}, {cabin.ExportPeople, cabin.Admin, 0, -1, "人大工委"}, {cabin.ExportAudit, cabin.Auditor, 0, -1, "role.grant"},
	} {
		b.exec(t, `INSERT INTO persons (id, name, created_at) VALUES (?, ?, NOW(3))`, 100+i, fmt.Sprintf("工作人员%d", i))
		e := b.written(t, b.ask(t, b.grant(t, int64(100+i), c.role, c.scope), c.list, cabin.ExportFilters{}))
		_, rows := b.rows(t, e)
		all := strings.Join(slices.Concat(rows...), " ")
		if e.State != "done" || c.rows >= 0 && e.RowsDone != c.rows || !strings.Contains(all, c.holds) {
			t.Errorf("%s: %+v %s", c.list, e, all)
		}
		if strings.Contains(all, "秘密的反映人") || strings.Contains(all, "我的私事") {
			t.Errorf("%s names a resident: %s", c.list, all)
		}
		for _, r := range rows[1:] {
			if len(r) > len(cabin.ExportOf(c.list).Columns) {
				t.Errorf("%s has a row of %d cells", c.list, len(r))
			}
		}
	}
}

// Two workers of different processes share the queue: each list is written once.
func TestTwoWorkersShareExports(t *testing.T) {
	b := newBureau(t)
	b.reports(t, 1, 50, "一件事")
	admin := b.grant(t, 1, cabin.Admin, 0)
	for range 3 {
		b.ask(t, admin, cabin.ExportDeskReports, cabin.ExportFilters{})
	}
	_, err := b.DB.Exports.Ask(t.Context(), mysql.Key{PersonID: 1, Key: "a-fourth-one"}, admin, cabin.ExportDeskReports, cabin.ExportFilters{})
	if cabin.CodeOf(err) != cabin.CodeLimitReached {
		t.Errorf("a fourth one at once: %v", err)
	}
	var both sync.WaitGroup
	for range 4 {
		both.Go(func() {
			for {
				if n, err := b.Export(t.Context()); n == 0 || err != nil {
					if err != nil {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	both.Wait()
	list, err := b.DB.Exports.Mine(t.Context(), 1)
	if err != nil || len(list) != 3 {
		t.Fatal(err)
	}
	for _, e := range list {
		if e.State != "done" || e.Attempts != 1 || e.RowsDone != 50 {
			t.Errorf("%+v", e)
		}
	}
}

// 100,000 rows: how long and how much memory. Printed; make bench holds them to the target.
func TestAHundredThousandRows(t *testing.T) {
	b := newBureau(t)
	b.reports(t, 1, 2000, strings.Repeat("路口的积水很深，下雨天老人过不去。", 4))
	for range 6 {
		b.exec(t, `INSERT INTO reports (reporter_id, category_id, station_id, body, state, waiting, created_at, updated_at) SELECT reporter_id, category_id, station_id, body, state, waiting, created_at, updated_at FROM reports LIMIT 50000`)
	}
	b.exec(t, `DELETE FROM reports ORDER BY id DESC LIMIT 14000`)
	e := b.ask(t, b.grant(t, 1, cabin.Admin, 0), cabin.ExportDeskReports, cabin.ExportFilters{})
	start := time.Now()
	stop, peak := watchHeap()
	e = b.written(t, e)
	stop()
	t.Logf("%d rows in %v, a file of %.1f MB, heap at most %d MB", e.RowsDone, time.Since(start).Round(time.Millisecond), float64(e.Bytes)/(1<<20), *peak>>20)
	if e.State != "done" || e.RowsDone != 100_000 {
		t.Errorf("%+v", e)
	}
	if temps, err := os.ReadDir(b.dir + "/tmp"); err != nil || len(temps) != 0 {
		t.Errorf("left behind: %v %v", temps, err)
	}
	if to := os.Getenv("KEEP_EXPORT"); to != "" {
		file, err := b.Exports.Get(e.File)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		var all bytes.Buffer
		if _, err := all.ReadFrom(file); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, all.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
