package e2e

import (
	"bytes"
	"image"
	"image/jpeg"
	"net/http"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/media/mediatest"
)

// corner is what the upper left of a served photo shows.
func corner(a *answer) string {
	a.t.Helper()
	a.need(200)
	m, err := jpeg.Decode(bytes.NewReader(a.raw))
	if err != nil || mediatest.HasMetadata(a.raw) {
		a.t.Fatal(err)
	}
	r, g, b, _ := m.At(m.Bounds().Dx()/8, m.Bounds().Dy()/8).RGBA()
	switch c := (image.Point{X: int(r >> 8), Y: int(g>>8) + int(b>>8)}); {
	case c.X > 180 && c.Y < 60:
		return "red"
	case c.X > 80 && c.X < 100 && c.Y > 160 && c.Y < 200:
		return "covered"
	}
	return "something else"
}

// The desk covers a face: at once nobody sees the photo, then everybody sees it covered, in
// every size and place; what is under it is for the desk alone, and each look is recorded;
// it can be undone.
func TestAFaceIsCovered(t *testing.T) {
	s := open(t)
	resident, department := s.person("resident"), s.person("department", cabin.Grant{Role: cabin.Department, ScopeID: 1})
	staff, elsewhere := s.person("staff", cabin.Grant{Role: cabin.Staff, ScopeID: 1}), s.person("s2", cabin.Grant{Role: cabin.Staff, ScopeID: 2})
	id := resident.photo(mediatest.GPSJPEG())
	report := int64(resident.report(id).need(201)["id"].(float64))
	staff.move("reports", report, "accept", nil).need(200)
	staff.move("reports", report, "dispatch", map[string]any{"departmentId": 1}).need(200)
	if _, err := s.x.Exec(`UPDATE content_checks SET state = 'passed'`); err != nil {
		t.Fatal(err)
	}
	guest := s.guest()
	public := func() *answer { return guest.get("/public/photos/" + id + "?size=full") }
	if corner(public()) != "red" || corner(department.get("/photos/"+id)) != "red" {
		t.Fatal("the photo is not there to begin with")
	}
	cover := func(p *phone, areas ...map[string]any) *answer {
		return p.send(http.MethodPut, "/photos/"+id+"/cover", map[string]any{"areas": areas})
	}
	face := map[string]any{"x": 0.0, "y": 0.0, "w": 0.4, "h": 0.4}
	for who, status := range map[*phone]int{resident: 403, department: 403, elsewhere: 404} {
		cover(who, face).need(status)
		who.get("/photos/" + id + "/cover").need(status)
		who.get("/photos/" + id + "/uncovered").need(status)
		who.send(http.MethodDelete, "/photos/"+id+"/cover", nil).need(status)
	}
	cover(staff).need(422)
	cover(staff, map[string]any{"x": 0.9, "y": 0, "w": 0.5, "h": 0.1}).need(422)
	staff.send(http.MethodDelete, "/photos/"+id+"/cover", nil).need(409)

	for range 2 { // tapped twice is once
		cover(staff, face).need(200)
	}
	for _, p := range []*phone{resident, department, staff} { // fails closed until it is done
		p.get("/photos/" + id).need(202)
	}
	public().need(404)
	if corner(staff.get("/photos/"+id+"/uncovered")) != "red" {
		t.Error("the desk does not see what it covers")
	}
	if err := untilDone(s.worker.Develop); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*phone{resident, department, staff} {
		for _, size := range []string{"full", "thumb", "original"} {
			if got := corner(p.get("/photos/" + id + "?size=" + size)); got != "covered" {
				t.Errorf("%s sees %s in %s", p.name, got, size)
			}
		}
	}
	if got := corner(public()); got != "covered" {
		t.Errorf("everybody sees %s", got)
	}
	shown := resident.get("/reports/" + text(float64(report))).need(200)
	first := shown["photos"].([]any)[0].(map[string]any)["cover"].(string)
	if first == "" || !strings.Contains(shown["events"].([]any)[0].(map[string]any)["text"].(string), "遮挡") {
		t.Errorf("the report says %v", shown["events"])
	}
	if got := corner(staff.get("/photos/" + id + "/uncovered?size=original")); got != "red" {
		t.Errorf("the desk sees %s under the cover", got)
	}
	if n := s.number(`SELECT COUNT(*) FROM audit WHERE action = 'photo.look_under_cover'`); n != 2 {
		t.Errorf("%d looks are recorded, want 2", n)
	}

	// Another cover takes the place of the first, whose files go.
	cover(staff, face, map[string]any{"x": 0.7, "y": 0.7, "w": 0.3, "h": 0.3}).need(200)
	if err := untilDone(s.worker.Develop); err != nil {
		t.Fatal(err)
	}
	if err := untilDone(s.worker.RemovePhotos); err != nil {
		t.Fatal(err)
	}
	areas := staff.get("/photos/" + id + "/cover").need(200)
	if len(areas["areas"].([]any)) != 2 || areas["cover"] == first {
		t.Errorf("covered: %v", areas)
	}
	staff.send(http.MethodDelete, "/photos/"+id+"/cover", nil).need(204)
	if corner(resident.get("/photos/"+id)) != "red" || corner(public()) != "red" {
		t.Error("it is still covered")
	}
	s.clock.Advance(time.Hour)
	if err := untilDone(s.worker.RemovePhotos); err != nil {
		t.Fatal(err)
	}
	if n := s.number(`SELECT COUNT(*) FROM photo_removals`); n != 0 {
		t.Errorf("%d sets of files are left", n)
	}
	if n := s.number(`SELECT COUNT(*) FROM audit WHERE action IN ('photo.cover_photo', 'photo.uncover_photo')`); n != 3 {
		t.Errorf("%d changes are recorded, want 3", n)
	}
	v, err := s.db.Reports.Verify(t.Context())
	if err != nil || len(v.Faults) != 0 {
		t.Errorf("the chain: %+v, %v", v, err)
	}
	for _, e := range guest.get("/public/reports/" + text(float64(report))).need(200)["events"].([]any) {
		if strings.Contains(e.(map[string]any)["text"].(string), "遮挡") {
			t.Error("everybody reads of the cover")
		}
	}
}
