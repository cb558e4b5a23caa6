package e2e

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/media/mediatest"
	"warmcabin/server/wechat/wechatsim"
)

// pack asks for the person's archive and lets the worker write it; the answer that holds it.
func (p *phone) pack() *answer {
	p.s.t.Helper()
	id := p.post("/me/data", nil).need(201)["id"].(float64)
	for {
		n, err := p.s.worker.Export(p.s.t.Context())
		if err != nil {
			p.s.t.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	return p.get(fmt.Sprintf("/me/data/%d/file", int64(id)))
}

func unzip(t *testing.T, raw []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		content, err := fs.ReadFile(z, f.Name)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = content
	}
	return files
}

// TestATakesAlongWhatIsTheirs: one file of what is kept of a person, for them alone, for a day.
func TestTakingAlongWhatIsTheirs(t *testing.T) {
	s := dispatched(t)
	s.staff.openContact(s.report, "核实楼号").need(200)
	s.staff.post("/reports/"+fmt.Sprint(s.report)+"/commands", map[string]any{"command": "ask", "reason": "几号楼？"}).need(200)
	s.resident.move("reports", s.report, "reply", map[string]any{"note": "三号楼"}).need(200)
	s.resident.allow(cabin.TellReportProgress)
	s.resident.send(http.MethodPut, "/me/notify-settings", map[string]any{"kind": cabin.KindReportProgress, "push": false}).need(200)
	packed := s.resident.pack()
	packed.need(200)
	if packed.header.Get("Content-Type") != "application/zip" || !strings.Contains(packed.header.Get("Content-Disposition"), ".zip") || packed.header.Get("Cache-Control") != "no-store" {
		t.Errorf("it comes as %v", packed.header)
	}
	files := unzip(t, packed.raw)
	var d cabin.PersonalData
	if err := json.Unmarshal(files["data.json"], &d); err != nil {
		t.Fatal(err)
	}
	if d.Person.Name != "王秀兰" || d.Person.Phone != reporterPhone || len(d.Reports) != 1 || len(d.Bookings) != 1 || len(d.Notices) == 0 {
		t.Errorf("it holds %+v", d)
	}
	if len(d.Devices) != 1 || d.Devices[0].Name == "" || d.Devices[0].At.IsZero() || len(d.Prompts) == 0 || len(d.Settings) != 1 || d.Settings[0].Push {
		t.Errorf("devices %+v, prompts %+v, settings %+v", d.Devices, d.Prompts, d.Settings)
	}
	r := d.Reports[0]
	if len(r.Openings) != 1 || r.Openings[0].Reason != "核实楼号" || r.Openings[0].Who != "联络站工作人员（中心站）" || len(r.Events) != 6 || r.Events[0].Note != "三号楼" {
		t.Errorf("the report: %+v", r)
	}
	first := r.Events[len(r.Events)-1]
	if len(first.Photos) != 1 || !bytes.HasPrefix(files[first.Photos[0]], []byte{0xff, 0xd8}) || mediatest.HasMetadata(files[first.Photos[0]]) {
		t.Errorf("the photo %v of %v", first.Photos, files)
	}
	if len(files) != 3 || !strings.Contains(string(files["说明.txt"]), "data.json") {
		t.Errorf("%d files", len(files))
	}
	mine := s.resident.get("/me/data").need(200)
	archive := mine["archive"].(map[string]any)
	if archive["state"] != "done" || archive["done"] != 1.0 || archive["total"] != 1.0 {
		t.Errorf("the page says %v", archive)
	}
	// The worker's list of exports does not show it, and nobody else fetches it.
	path := fmt.Sprintf("/me/data/%d/file", int64(archive["id"].(float64)))
	other := s.phone("other")
	sameRefusal(t, "another resident", other.get(path), other.get("/me/data/999999/file"), 404)
	sameRefusal(t, "the desk", s.staff.get(path), s.staff.get("/me/data/999999/file"), 404)
	if items := s.staff.get("/exports").need(200)["items"]; items != nil && len(items.([]any)) != 0 {
		t.Errorf("the desk lists %v", items)
	}
	s.guest().get(path).need(401)
	s.clock.Advance(25 * time.Hour)
	s.resident.get(path).refused(cabin.CodeConflict)
	if _, err := s.worker.ExpireExports(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.nothingLies(s.archives)
	for _, secret := range []string{reporterPhone, "王秀兰", "三号楼"} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// nothingLies looks at the disk: no file whose name holds one of these, none at all without any.
func (s *stage) nothingLies(folder string, names ...string) {
	s.t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		for _, name := range names {
			if strings.Contains(path, name) {
				s.t.Errorf("%s is still on the disk", path)
			}
		}
		if len(names) == 0 {
			s.t.Errorf("%s is still on the disk", path)
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// onDisk counts the files whose path holds this.
func (s *stage) onDisk(name string) (n int) {
	s.t.Helper()
	err := filepath.WalkDir(s.media, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.Contains(path, name) {
			n++
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// TestAPersonGoes: the matters stay, nothing leads to who brought them, and a later login is
// somebody else.
func TestAPersonGoes(t *testing.T) {
	s := dispatched(t)
	s.resident.allow(cabin.TellReportProgress)
	loose := s.resident.photo(small())
	s.resident.pack().need(200)
	about := s.resident.get("/me/data").need(200)
	if lines := fmt.Sprint(about["loses"]); about["mayDelete"] != true || !strings.Contains(lines, "1 个没结束的预约会先取消") || !strings.Contains(lines, "没办完的 1 件接着办") || !strings.Contains(lines, "不能撤销") {
		t.Errorf("before: %v", about)
	}
	remove := func(p *phone) *answer { return p.post("/me/data/deletion", map[string]any{"sure": true}) }
	s.resident.post("/me/data/deletion", map[string]any{"sure": false}).refused(cabin.CodeInvalid)
	s.resident.get("/me").need(200)
	if got := remove(s.resident).need(200); got["cancelled"] != 1.0 {
		t.Errorf("deleted: %v", got)
	}
	remove(s.resident).need(401) // the second tap: there is no session any more
	if got := s.deputy.inbox(); got[0] != "预约已取消" {
		t.Errorf("the deputy reads %v", got)
	}

	desk := s.staff.seeReport(s.report)
	if desk["reporter"].(map[string]any)["name"] != cabin.DeletedName || desk["contact"].(map[string]any)["kept"] != false || desk["body"] == "" || desk["unreached"] != false {
		t.Errorf("the desk sees %v", desk)
	}
	s.staff.openContact(s.report, "回访").need(404)
	s.department.move("reports", s.report, "progress", map[string]any{"note": "还在施工"}).need(200) // it goes on
	if v, err := s.db.Reports.Verify(t.Context()); err != nil || len(v.Faults) != 0 || v.Reports != 1 {
		t.Errorf("the chains: %+v, %v", v, err)
	}
	for _, table := range []string{"contacts", "consents", "consent_events", "notify_settings", "report_followers", "idempotency_keys"} {
		if n := s.number(`SELECT COUNT(*) FROM `+table+` WHERE person_id = ?`, s.resident.id); n != 0 {
			t.Errorf("%d rows of %s are left", n, table)
		}
	}
	s.mustBeGone("王秀兰", wechatsim.OpenID("resident"), wechatsim.UnionID("resident"), reporterPhone)
	s.nothingLies(s.archives)
	if _, err := s.worker.RemovePhotos(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.nothingLies(s.media, loose)
	if s.onDisk(s.photo) == 0 {
		t.Error("the matter has lost its photo")
	}
	if n := s.number(`SELECT COUNT(*) FROM audit WHERE action = 'person.delete' AND object_id = ?`, s.resident.id); n != 1 {
		t.Errorf("%d audit rows", n)
	}

	again := s.phone("resident")
	if again.id == s.resident.id {
		t.Fatal("a later login is the same person")
	}
	for _, list := range []string{"/me/reports", "/me/bookings", "/me/notices"} {
		if items := again.get(list).need(200)["items"].([]any); len(items) != 0 {
			t.Errorf("%s of somebody new: %v", list, items)
		}
	}
	again.get(fmt.Sprintf("/reports/%d", s.report)).need(404)
}

// mustBeGone looks for these in every column of every table, in the clear.
func (s *stage) mustBeGone(secrets ...string) {
	s.t.Helper()
	rows, err := s.x.Query(`SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name <> 'schema_migrations'`)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	columns := 0
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			s.t.Fatal(err)
		}
		columns++
		for _, secret := range secrets {
			if n := s.number("SELECT COUNT(*) FROM `"+table+"` WHERE INSTR(CAST(`"+column+"` AS BINARY), ?) > 0", secret); n != 0 {
				s.t.Errorf("%s.%s holds %q", table, column, secret)
			}
		}
	}
	if columns < 100 {
		s.t.Errorf("looked at %d columns only", columns)
	}
}

func TestDeletionIsHeldBack(t *testing.T) {
	s := openStreet(t)
	remove := func(p *phone) *answer { return p.post("/me/data/deletion", map[string]any{"sure": true}) }
	for who, p := range map[string]*phone{"staff": s.staff, "deputy": s.deputy, "department": s.department} {
		if got := p.get("/me/data").need(200)["mayDelete"]; got != false {
			t.Errorf("%s may: %v", who, got)
		}
		a := remove(p)
		a.refused(cabin.CodeConflict)
		a.say(t, "工作角色")
		p.get("/me").need(200)
	}
	s.deputy.move("bookings", s.booking, "accept", nil).need(200)
	s.clock.Set(wednesday(8, 30)) // an hour before: it can not be cancelled any more
	a := remove(s.resident)
	a.refused(cabin.CodeConflict)
	a.say(t, "打电话给联络站")
	if s.resident.get(fmt.Sprintf("/bookings/%d", s.booking)).need(200)["state"] != "confirmed" || s.number(`SELECT COUNT(*) FROM persons WHERE deleted_at IS NOT NULL`) != 0 {
		t.Error("something was done")
	}
	s.guest().post("/me/data/deletion", map[string]any{"sure": true}).need(401)
	s.guest().get("/me/data").need(401)
}

// TestWhatIsOverItsTimeGoes: in small lots, twice without harm, and nothing before its time.
func TestWhatIsOverItsTimeGoes(t *testing.T) {
	s := open(t)
	staff := s.phone("staff", cabin.Grant{Role: cabin.Staff, ScopeID: 1})
	liaison := s.phone("liaison", cabin.Grant{Role: cabin.Liaison, ScopeID: 1})
	resident := s.phone("resident")
	resident.leavePhone(reporterPhone)
	closed, open := liaison.post("/proxy/reports", proxyOf(nil)), liaison.post("/proxy/reports", proxyOf(map[string]any{"phone": "13800138001", "name": "赵六"}))
	closed.need(201)
	open.need(201)
	staff.move("reports", closed.id(""), "reject", map[string]any{"reason": "请到法院办理"}).need(200)
	mine := resident.report()
	mine.need(201)
	staff.move("reports", mine.id(""), "reject", map[string]any{"reason": "请到法院办理"}).need(200)
	s.deliver()
	counts := func() string {
		return fmt.Sprint(s.number(`SELECT COUNT(*) FROM idempotency_keys`), s.number(`SELECT COUNT(*) FROM notices`), s.number(`SELECT COUNT(*) FROM outbox`), s.number(`SELECT COUNT(*) FROM contacts`))
	}
	sweep := func() {
		t.Helper()
		for {
			n, err := s.worker.Retain(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				return
			}
		}
	}
	before := counts()
	if s.clock.Advance(29 * 24 * time.Hour); true {
		sweep()
	}
	if now := counts(); now != before {
		t.Errorf("before its time: %s, then %s", before, now)
	}
	s.clock.Advance(2 * 24 * time.Hour)
	sweep()
	if n := s.number(`SELECT COUNT(*) FROM idempotency_keys`); n != 0 {
		t.Errorf("%d keys are kept", n)
	}
	s.clock.Advance(60 * 24 * time.Hour)
	sweep()
	if n := s.number(`SELECT COUNT(*) FROM outbox WHERE state <> 'waiting'`); n != 0 {
		t.Errorf("%d pushes are kept", n)
	}
	if n := s.number(`SELECT COUNT(*) FROM contacts`); n != 3 {
		t.Errorf("%d contacts before their time", n)
	}
	s.clock.Advance(91 * 24 * time.Hour)
	sweep()
	sweep()
	left := s.number(`SELECT COUNT(*) FROM contacts`)
	if left != 2 || s.number(`SELECT COUNT(*) FROM contacts WHERE person_id = ?`, resident.id) != 1 || s.number(`SELECT COUNT(*) FROM persons WHERE openid IS NULL AND name_hash IS NOT NULL AND sealed_name IS NOT NULL`) != 1 {
		t.Errorf("%d contacts are left: the open one's, and what its owner left themselves", left)
	}
	if n := s.number(`SELECT COUNT(*) FROM notices`); n == 0 {
		t.Error("the inbox went before its time")
	}
	s.clock.Advance(200 * 24 * time.Hour)
	sweep()
	if n := s.number(`SELECT COUNT(*) FROM notices WHERE created_at < ?`, s.clock.Now().AddDate(-1, 0, 0)); n != 0 {
		t.Errorf("%d messages are kept", n)
	}
	if n := s.number(`SELECT COUNT(*) FROM audit`); n == 0 {
		t.Error("the audit went")
	}
	if s.number(`SELECT COUNT(*) FROM report_events`) < 5 {
		t.Error("what happened went")
	}
}

// TestAnOfficesTimesCount: the presets are the office's, within their bounds.
func TestAnOfficesTimesCount(t *testing.T) {
	s := open(t)
	admin := s.phone("admin", cabin.Grant{Role: cabin.Admin})
	save := func(name string, value int) *answer {
		return admin.send(http.MethodPut, "/presets/"+name, map[string]any{"value": value})
	}
	for name, c := range map[string][2]int{"keep_contact_days": {29, 90}, "keep_inbox_days": {1096, 60}, "keep_push_days": {29, 30}, "keep_export_hours": {73, 2}, "keep_key_days": {6, 7}} {
		save(name, c[0]).refused(cabin.CodeInvalid)
		save(name, c[1]).need(200)
	}
	s.clock.Advance(5 * time.Second) // presets are kept for a moment
	resident := s.phone("resident")
	resident.pack().need(200)
	id := int64(resident.get("/me/data").need(200)["archive"].(map[string]any)["id"].(float64))
	s.clock.Advance(3 * time.Hour)
	resident.get(fmt.Sprintf("/me/data/%d/file", id)).refused(cabin.CodeConflict)
}

// TestRemovedPhotosAreGone looks at the disk: the original, what was sent, every size, and
// what a cover hides under it.
func TestRemovedPhotosAreGone(t *testing.T) {
	s := openStreet(t)
	sent := s.resident.upload("a.jpg", small()).need(201)["id"].(string)
	if s.onDisk(sent) != 1 {
		t.Fatalf("%d files of an upload", s.onDisk(sent))
	}
	s.resident.send(http.MethodDelete, "/photos/"+sent, nil).need(204)
	s.nothingLies(s.media, sent)

	// One that a worker is developing when it is removed leaves nothing either.
	late := s.resident.upload("b.jpg", small()).need(201)["id"].(string)
	work, err := s.db.Photos.Claim(t.Context())
	if err != nil || work == nil || work.ID != late {
		t.Fatalf("%+v, %v", work, err)
	}
	s.resident.send(http.MethodDelete, "/photos/"+late, nil).need(204)
	if err := os.MkdirAll(filepath.Join(s.media, late[:2], late), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, size := range []string{"original", "full", "thumb"} { // what that worker still writes
		if err := os.WriteFile(filepath.Join(s.media, late[:2], late, size+".jpg"), small(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.clock.Advance(3 * time.Minute)
	if _, err := s.worker.RemovePhotos(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.nothingLies(s.media, late)

	developed := s.resident.photo(small())
	if s.onDisk(developed) != 3 {
		t.Fatalf("%d files of a photo", s.onDisk(developed))
	}
	s.resident.send(http.MethodDelete, "/photos/"+developed, nil).need(204)
	s.nothingLies(s.media, developed)

	// A cover's files go with the cover; what is under it stays for the desk alone.
	cover := func(x float64) string {
		s.staff.send(http.MethodPut, "/photos/"+s.photo+"/cover", map[string]any{"areas": []map[string]any{{"x": x, "y": 0.1, "w": 0.2, "h": 0.2}}}).need(200)
		if err := untilDone(s.worker.Develop); err != nil {
			t.Fatal(err)
		}
		var id string
		if err := s.x.QueryRow(`SELECT cover_id FROM photos WHERE id = ?`, s.photo).Scan(&id); err != nil {
			t.Fatal(err)
		}
		return id
	}
	first := cover(0.1)
	if s.onDisk(first) == 0 || s.onDisk(s.photo) != 3 {
		t.Fatalf("%d covered, %d uncovered", s.onDisk(first), s.onDisk(s.photo))
	}
	second := cover(0.5)
	s.staff.send(http.MethodDelete, "/photos/"+s.photo+"/cover", nil).need(204)
	for range 2 {
		if _, err := s.worker.RemovePhotos(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.clock.Advance(3 * time.Minute)
	}
	s.nothingLies(s.media, first, second)
	if n := s.number(`SELECT COUNT(*) FROM photo_removals`); n != 0 {
		t.Errorf("%d removals are left", n)
	}
}

// TestAReporterTakesAPhotoDown: after it was sent, while the report is open; its files are
// gone, nobody is shown it, the chain holds, a backup does not look for it.
func TestAReporterTakesAPhotoDown(t *testing.T) {
	t.Parallel()
	s := openStreet(t)
	path := "/photos/" + s.photo
	if p := s.resident.seeReport(s.report)["photos"].([]any)[0].(map[string]any); p["mine"] != true {
		t.Errorf("the reporter is not told that they may: %v", p)
	}
	if p := s.staff.seeReport(s.report)["photos"].([]any)[0].(map[string]any); p["mine"] != nil {
		t.Errorf("the desk is told that it may: %v", p)
	}
	s.staff.send(http.MethodPut, path+"/cover", map[string]any{"areas": []map[string]any{{"x": 0.1, "y": 0.1, "w": 0.2, "h": 0.2}}}).need(200)
	if err := untilDone(s.worker.Develop); err != nil {
		t.Fatal(err)
	}
	var cover string
	if err := s.x.QueryRow(`SELECT cover_id FROM photos WHERE id = ?`, s.photo).Scan(&cover); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*phone{s.staff, s.deputy, s.phone("other")} {
		p.send(http.MethodDelete, path, nil).refused(cabin.CodeNotFound)
	}
	answers := together(3, func(int) *answer { return s.resident.send(http.MethodDelete, path, nil) })
	if got := statuses(answers); got[204] != 1 || got[404] != 2 {
		t.Errorf("three taps: %v", got)
	}
	if _, err := s.worker.RemovePhotos(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.nothingLies(s.media, s.photo, cover)
	for _, p := range []*phone{s.resident, s.staff} {
		seen := p.seeReport(s.report)
		if first := seen["events"].([]any)[0].(map[string]any); len(seen["photos"].([]any)) != 0 || first["text"] != "撤下了一张照片" {
			t.Errorf("it is still shown: %v", seen)
		}
		p.get(path).refused(cabin.CodeNotFound)
	}
	if v, err := s.db.Reports.Verify(t.Context()); err != nil || len(v.Faults) != 0 {
		t.Errorf("the chain: %+v, %v", v, err)
	}
	if n := s.number(`SELECT COUNT(*) FROM content_checks WHERE photo_id = ?`, s.photo); n != 0 {
		t.Errorf("%d checks wait for it", n)
	}

	last := s.resident.photo(small())
	s.resident.move("reports", s.report, "add", map[string]any{"note": "换一张", "photoIds": []string{last}}).need(200)
	s.resident.move("reports", s.report, "withdraw", nil).need(200)
	late := s.resident.send(http.MethodDelete, "/photos/"+last, nil)
	late.refused(cabin.CodeConflict)
	late.say(t, "已经办完")
}
