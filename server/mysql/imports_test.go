package mysql_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
	"warmcabin/server/mysql/dbtest"
)

// roster reads rows of texts as a workbook.
func roster(t testing.TB, sheets map[cabin.RosterKind][]string) *cabin.RosterBook {
	t.Helper()
	book := &cabin.RosterBook{}
	for _, kind := range cabin.RosterKinds {
		if sheets[kind] == nil {
			continue
		}
		def := cabin.RosterDef(kind)
		s := cabin.RosterSheet{Kind: kind, Letters: make([]string, len(def.Columns))}
		for i := range s.Letters {
			s.Letters[i] = string(rune('A' + i))
		}
		for i, row := range sheets[kind] {
			r := cabin.RosterRow{Line: i + 2, Values: make([]string, len(def.Columns))}
			for j, text := range strings.Split(row, "|") {
				value, fault := def.Columns[j].Read(text)
				if fault != "" {
					t.Fatalf("%s: %s", text, fault)
				}
				r.Values[j] = value
			}
			s.Rows = append(s.Rows, r)
		}
		book.Sheets = append(book.Sheets, s)
	}
	return book
}

func (s *street) bring(t testing.TB, actor cabin.Actor, sheets map[cabin.RosterKind][]string) int64 {
	t.Helper()
	im, err := s.db.Imports.Check(t.Context(), actor, "名册.xlsx", sha256.Sum256([]byte("file")), roster(t, sheets))
	if err != nil {
		t.Fatal(err)
	}
	if im.Faults > 0 {
		t.Fatalf("%v", im.Plan.Faults)
	}
	return im.ID
}

var wholeRoster = map[cabin.RosterKind][]string{
	cabin.RosterStation:    {"中心站|中心站||和平路 1 号二楼|周一至周五|0599-0000001|30.2612|119.8836|接待室、活动室", "东站|社区站|中心站|东路 2 号"},
	cabin.RosterDepartment: {"城管科|道路", "民生科|养老"},
	cabin.RosterCommunity:  {"梧桐社区|中心站|第一选区", "桂花社区|东站|第二选区"},
	cabin.RosterBuilding:   {"梧桐社区|1 栋|梧桐路", "桂花社区|1 栋"},
	cabin.RosterDeputy:     {"林晓|13800000001||第一选区|第十七届|医生|简介|东站|心理健康、健身|面谈、讲座", "陈默|13800000002|区|第二选区||||东站|心理健康"},
	cabin.RosterLiaison:    {"王五|13800000003|梧桐社区、桂花社区|林晓、陈默"},
	cabin.RosterHoliday:    {"2026-12-31|放假||迎新", "2027-01-09|上班|周五"},
}

func TestImportWritesEverythingAndAgainNothing(t *testing.T) {
	s := newStreet(t, 0)
	admin := s.admin(t, "甲")
	im, err := s.db.Imports.Apply(t.Context(), admin, s.bring(t, admin, wholeRoster))
	if err != nil {
		t.Fatal(err)
	}
	if im.Creates != 9 || im.Changes != 4 || im.Same != 0 || im.State != "applied" || im.AppliedAt == nil {
		t.Errorf("%+v", im)
	}
	for query, want := range map[string]int{
		`SELECT COUNT(*) FROM stations WHERE (id = 1 AND parent_id = 0 AND kind = 'central' AND lat = 30.2612) OR (name = '东站' AND parent_id = 1 AND kind = 'community')`:        2,
		`SELECT COUNT(*) FROM rooms WHERE station_id = 1 AND (id = 1 OR name = '活动室')`:                                                                                           2,
		`SELECT COUNT(*) FROM communities c JOIN stations s ON s.id = c.station_id WHERE (c.id = 1 AND s.name = '中心站' OR c.name = '桂花社区' AND s.name = '东站')`:                     2,
		`SELECT COUNT(*) FROM buildings b JOIN communities c ON c.id = b.community_id WHERE b.name = '1 栋'`:                                                                      2,
		`SELECT COUNT(*) FROM deputies d JOIN stations s ON s.id = d.station_id WHERE s.name = '东站' AND (d.id = 1 AND d.level = 'district' AND d.title = '医生' OR d.name = '陈默')`: 2,
		`SELECT COUNT(*) FROM deputies WHERE id = 2 AND name = '周宁' AND station_id = 1`:                                                                                          1,
		`SELECT COUNT(*) FROM deputy_specialities ds JOIN specialities sp ON sp.id = ds.speciality_id WHERE sp.name = '心理健康'`:                                                    2,
		`SELECT COUNT(*) FROM deputy_services WHERE deputy_id = 1 AND service IN ('talk_one', 'group_talk')`:                                                                     2,
		`SELECT COUNT(*) FROM liaison_communities`: 2, `SELECT COUNT(*) FROM liaison_deputies`: 2, `SELECT COUNT(*) FROM roster_phones`: 3,
		`SELECT COUNT(*) FROM calendar_days WHERE (day = '2026-12-31' AND workday = 0 AND as_weekday = -1) OR (day = '2027-01-09' AND workday = 1 AND as_weekday = 5)`: 2,
		`SELECT COUNT(*) FROM imports WHERE state = 'applied' AND book IS NULL`:                                                                                        1,
		`SELECT COUNT(*) FROM roster_phones WHERE INSTR(sealed, '1380000') > 0`:                                                                                        0,
	} {
		if got := s.count(t, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
	if d := s.audited(t, "import.apply"); len(d) != 1 || d[0]["create"] != 9.0 || d[0]["change"] != 4.0 {
		t.Errorf("audit: %v", d)
	}
	if days := s.db.Presets().Calendar; days.IsWorkday(time.Date(2026, 12, 31, 9, 0, 0, 0, cabin.Shanghai)) {
		t.Error("this process does not know the new holiday")
	}
	before := s.everything(t)
	again, err := s.db.Imports.Apply(t.Context(), admin, s.bring(t, admin, wholeRoster))
	if err != nil || again.Same != 13 || again.Creates+again.Changes != 0 {
		t.Fatalf("%+v %v", again, err)
	}
	if after := s.everything(t); after != before {
		t.Errorf("the same workbook changed\n%s\nto\n%s", before, after)
	}
}

// everything is what an import may write, as one text.
func (s *street) everything(t testing.TB) string {
	t.Helper()
	out := ""
	for _, table := range []string{"stations", "rooms", "departments", "communities", "buildings", "deputies", "deputy_specialities", "deputy_services", "specialities", "liaisons", "liaison_communities", "liaison_deputies", "roster_phones", "calendar_days"} {
		var name string
		var sum int64
		if err := s.x.QueryRow(`CHECKSUM TABLE `+table).Scan(&name, &sum); err != nil {
			t.Fatal(err)
		}
		out += fmt.Sprintf("%s %d\n", name, sum)
	}
	return out
}

func TestImportIsAllOrNothing(t *testing.T) {
	s := newStreet(t, 0)
	admin := s.admin(t, "甲")
	id := s.bring(t, admin, wholeRoster)
	before := s.everything(t)
	// The last thing that the import writes fails.
	s.exec(t, `CREATE TRIGGER no_days BEFORE INSERT ON calendar_days FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'`)
	_, err := s.db.Imports.Apply(t.Context(), admin, id)
	wantCode(t, "an import that fails at its end", err, cabin.CodeInternal)
	if after := s.everything(t); after != before {
		t.Errorf("a part of it stayed:\n%s\n%s", before, after)
	}
	s.exec(t, `DROP TRIGGER no_days`)
	if _, err := s.db.Imports.Apply(t.Context(), admin, id); err != nil {
		t.Errorf("and then it can be tried again: %v", err)
	}
	if im, err := s.db.Imports.Apply(t.Context(), admin, id); err != nil || im.State != "applied" {
		t.Errorf("a repeated yes: %+v %v", im, err)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM audit WHERE action = 'import.apply'`); n != 1 {
		t.Errorf("it stands %d times in the audit", n)
	}
}

// People work while the admin reads what the import would do.
func TestImportRefusesWhatChangedSince(t *testing.T) {
	s := newStreet(t, 0)
	admin := s.admin(t, "甲")
	id := s.bring(t, admin, map[cabin.RosterKind][]string{
		cabin.RosterDepartment: {"城管科|道路", "物业办|小区", "民生科|养老"}, cabin.RosterDeputy: {"林晓|||第一选区||医生"},
	})
	s.exec(t, `UPDATE departments SET duty = '绿化' WHERE name = '城管科'`)
	s.exec(t, `INSERT INTO departments (name, duty) VALUES ('民生科', '助残')`)
	s.exec(t, `INSERT INTO departments (name, duty) VALUES ('不相干的科', '')`)
	before := s.everything(t)
	_, err := s.db.Imports.Apply(t.Context(), admin, id)
	wantCode(t, "what changed since", err, cabin.CodeConflict)
	e := err.(*cabin.Error)
	var words []string
	for _, f := range e.Fields {
		words = append(words, f.Message)
	}
	want := []string{"承办单位第 2 行 城管科：“职责”核对时是“”，现在是“绿化”", "承办单位第 4 行 民生科：核对时还没有，现在已经有了"}
	if !slices.Equal(words, want) || !strings.Contains(e.Message, "有 2 处") {
		t.Errorf("%q %q", e.Message, words)
	}
	if after := s.everything(t); after != before {
		t.Error("and yet something was written")
	}
	// What has nothing to do with it is in nobody's way.
	id = s.bring(t, admin, map[cabin.RosterKind][]string{cabin.RosterDepartment: {"城管科|道路"}})
	s.exec(t, `UPDATE departments SET duty = '别的' WHERE name = '不相干的科'`)
	if _, err := s.db.Imports.Apply(t.Context(), admin, id); err != nil {
		t.Error(err)
	}
}

// While an import is carried out people book and report as ever: it is in nobody's way, and
// they are not in its.
func TestPeopleWorkWhileAnImportIsCarriedOut(t *testing.T) {
	s := newStreet(t, 8)
	admin := s.admin(t, "甲")
	var rows []string
	for i := range 400 {
		rows = append(rows, fmt.Sprintf("张%c|%d|区|第一选区||||中心站", '一'+rune(i), 13900000000+i))
	}
	id := s.bring(t, admin, map[cabin.RosterKind][]string{cabin.RosterDeputy: rows})
	calls := []func() error{func() error { _, err := s.db.Imports.Apply(t.Context(), admin, id); return err }}
	for i, r := range s.residents {
		calls = append(calls, func() error {
			_, err := s.request(t, r, 1, wednesday(9, 30).AddDate(0, 0, 7*(i/4)).Add(time.Duration(i%4)*30*time.Minute), fmt.Sprint("booking", i))
			return err
		}, func() error {
			_, err := s.db.Reports.Submit(t.Context(), key(r, fmt.Sprint("report", i)), mysql.NewReport{ReporterID: r.PersonID, CategoryID: 1, CommunityID: 1, Body: "路灯不亮，晚上看不见", PlaceText: "3 号楼前"})
			return err
		})
	}
	for i, code := range together(calls...) {
		if code != "" {
			t.Errorf("call %d: %s", i, code)
		}
	}
	if d, b, r := s.count(t, `SELECT COUNT(*) FROM deputies WHERE name LIKE '张%'`), s.count(t, `SELECT COUNT(*) FROM bookings`), s.count(t, `SELECT COUNT(*) FROM reports`); d != 400 || b != 8 || r != 8 {
		t.Errorf("%d deputies, %d bookings, %d reports", d, b, r)
	}
}

// Two admins say yes to the same rows at one moment: one writes, the other is told.
func TestTwoImportsAtOneMoment(t *testing.T) {
	s := newStreet(t, 0)
	admins := []cabin.Actor{s.admin(t, "甲"), s.admin(t, "乙")}
	ids := make([]int64, 2)
	for i := range admins {
		ids[i] = s.bring(t, admins[i], map[cabin.RosterKind][]string{cabin.RosterDepartment: {fmt.Sprintf("城管科|第 %d 种", i), "新科"}})
	}
	errs := make([]error, 2)
	var both sync.WaitGroup
	for i := range admins {
		both.Go(func() { _, errs[i] = s.db.Imports.Apply(t.Context(), admins[i], ids[i]) })
	}
	both.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Fatalf("%v, %v", errs[0], errs[1])
	}
	for _, err := range errs {
		if err != nil {
			wantCode(t, "the second one", err, cabin.CodeConflict)
		}
	}
	if n := s.count(t, `SELECT COUNT(*) FROM departments WHERE name = '新科'`); n != 1 {
		t.Errorf("the new department stands %d times", n)
	}
}

func TestImportsAreTheirOwnersAndEnd(t *testing.T) {
	s := newStreet(t, 0)
	one, other := s.admin(t, "甲"), s.admin(t, "乙")
	sheets := map[cabin.RosterKind][]string{cabin.RosterDepartment: {"民生科"}}
	first := s.bring(t, one, sheets)
	_, err := s.db.Imports.Get(t.Context(), other, first)
	wantCode(t, "another admin's", err, cabin.CodeNotFound)
	_, err = s.db.Imports.Apply(t.Context(), other, first)
	wantCode(t, "another admin's", err, cabin.CodeNotFound)
	second := s.bring(t, one, sheets)
	_, err = s.db.Imports.Apply(t.Context(), one, first)
	wantCode(t, "one that a later one replaced", err, cabin.CodeConflict)
	if im, err := s.db.Imports.Get(t.Context(), one, second); err != nil || im.Plan == nil || len(im.Plan.Items) != 1 || im.Plan.Items[0].Label() != "民生科" {
		t.Errorf("%+v %v", im, err)
	}
	s.clock.Advance(24 * time.Hour)
	_, err = s.db.Imports.Apply(t.Context(), one, second)
	wantCode(t, "one that is a day old", err, cabin.CodeConflict)
	if im, err := s.db.Imports.Get(t.Context(), one, second); err != nil || im.State != "gone" || im.Plan != nil {
		t.Errorf("%+v %v", im, err)
	}
	faulty := roster(t, sheets)
	faulty.Faults = append(faulty.Faults, cabin.RosterFault{Sheet: "承办单位", Line: 3, Cell: "A3", Message: "不对"})
	im, err := s.db.Imports.Check(t.Context(), one, strings.Repeat("长", 200)+".xlsx", [32]byte{}, faulty)
	if err != nil || im.Faults != 1 {
		t.Fatalf("%+v %v", im, err)
	}
	_, err = s.db.Imports.Apply(t.Context(), one, im.ID)
	wantCode(t, "one with a fault", err, cabin.CodeConflict)
	if n := s.count(t, `SELECT COUNT(*) FROM departments`); n != 2 {
		t.Errorf("%d departments", n)
	}
}

// Names that differ only to a computer are one: the database would not take them as two.
func TestNamesThatOnlyLookDifferent(t *testing.T) {
	s := newStreet(t, 0)
	admin := s.admin(t, "甲")
	id := s.bring(t, admin, map[cabin.RosterKind][]string{cabin.RosterDepartment: {"A 科"}})
	if _, err := s.db.Imports.Apply(t.Context(), admin, id); err != nil {
		t.Fatal(err)
	}
	im, err := s.db.Imports.Check(t.Context(), admin, "x", [32]byte{}, roster(t, map[cabin.RosterKind][]string{cabin.RosterDepartment: {"ａ科|职责"}, cabin.RosterCommunity: {"é 社区|中心站", "e 社区|中心站"}}))
	if err != nil || im.Changes != 1 || im.Creates != 2 {
		t.Fatalf("%+v %v", im, err)
	}
	_, err = s.db.Imports.Apply(t.Context(), admin, im.ID)
	wantCode(t, "two names that the database takes for one", err, cabin.CodeConflict)
}

// A new key seals the roster's phones again, and an import then reads them as they were.
func TestRosterPhonesRotate(t *testing.T) {
	s := newStreet(t, 0)
	admin := s.admin(t, "甲")
	index, first, second := dbtest.NewKey(), "1:"+dbtest.NewKey(), "2:"+dbtest.NewKey()
	open := func(keys ...string) *mysql.DB {
		db, err := mysql.Open(s.dsn(t), mysql.Options{Now: s.clock.Now, Sealer: dbtest.VaultOf(t, index, keys...)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	s.db = open(first)
	if _, err := s.db.Imports.Apply(t.Context(), admin, s.bring(t, admin, wholeRoster)); err != nil {
		t.Fatal(err)
	}
	if r, err := open(second).People.Rotate(t.Context()); err != nil || r.ClosedRoster != 3 {
		t.Errorf("without the old key: %+v %v", r, err)
	}
	if r, err := open(second, first).People.Rotate(t.Context()); err != nil || r.Sealed != 3 || r.ClosedRoster != 0 {
		t.Errorf("%+v %v", r, err)
	}
	s.db = open(second)
	im, err := s.db.Imports.Check(t.Context(), admin, "名册.xlsx", [32]byte{}, roster(t, wholeRoster))
	if err != nil || im.Same != 13 {
		t.Errorf("%+v %v", im, err)
	}
}
