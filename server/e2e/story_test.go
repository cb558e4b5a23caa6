package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"warmcabin/server/cabin"
	"warmcabin/server/media/mediatest"
	"warmcabin/server/wechat/wechatsim"
)

// TestStory is our main job on real parts, line by line.
func TestStory(t *testing.T) { tellStory(t, open(t)) }

func tellStory(t *testing.T, s *stage) {
	t.Helper()
	tell := func(format string, args ...any) { t.Logf("· "+format, args...) }

	resident := s.phone("resident")
	tell("选民用微信登录")
	deputy := s.phone("deputy", cabin.Grant{Role: cabin.Deputy, ScopeID: 1})
	staff := s.phone("staff", cabin.Grant{Role: cabin.Staff})
	department := s.phone("department", cabin.Grant{Role: cabin.Department, ScopeID: 1})
	deputy.allow(cabin.TellBookingRequested)
	staff.allow(cabin.TellReportAssigned)
	department.allow(cabin.TellReportAssigned)

	found := resident.get("/deputies?need=" + "最近总是睡不好").need(200)["items"].([]any)
	if len(found) != 1 || !strings.Contains(found[0].(map[string]any)["reason"].(string), "睡不好") {
		t.Fatalf("by need: %v", found)
	}
	tell("说“最近总是睡不好”，找到林晓代表：%s", found[0].(map[string]any)["reason"])

	booked := resident.book(wednesday(9, 30))
	bookingID := booked.id("")
	booked.need(201)
	resident.allow(cabin.TellBookingAnswered, cabin.TellBookingChanged)
	tell("预约 %s：%s，%s", booked.body["number"], booked.body["timeText"], booked.body["next"])

	s.deliver()
	if got := deputy.pushed(); !slices.Equal(got, []string{"booking_requested"}) {
		t.Fatalf("the deputy's phone shows %v", got)
	}
	tell("代表的微信收到：%s", deputy.inbox()[0])

	deputy.move("bookings", bookingID, "accept", nil).need(200)
	s.deliver()
	if got := resident.pushed(); !slices.Equal(got, []string{"booking_answered"}) {
		t.Fatalf("the resident's phone shows %v", got)
	}
	tell("代表接受，选民的微信收到：%s", resident.inbox()[0])

	withGPS := mediatest.GPSJPEG()
	if !mediatest.HasMetadata(withGPS) {
		t.Fatal("the photo to begin with holds no metadata")
	}
	photo := resident.photo(withGPS)
	tell("上传一张带 GPS 位置的照片")
	reported := resident.report(photo)
	reportID := reported.id("")
	reported.need(201)
	resident.allow(cabin.TellReportProgress, cabin.TellReportResult)
	tell("反映 %s：%s（%s）", reported.body["number"], reported.body["body"], reported.body["next"])
	s.deliver()
	tell("工作人员的微信收到：%s", staff.inbox()[0])

	staff.move("reports", reportID, "accept", nil).need(200)
	dispatched := staff.move("reports", reportID, "dispatch", map[string]any{"departmentId": 1}).need(200)
	tell("工作人员受理并交办：%s", dispatched["next"])
	s.deliver()
	if got := department.pushed(); !slices.Equal(got, []string{"report_assigned"}) {
		t.Fatalf("the department's phone shows %v", got)
	}
	seen := department.get(fmt.Sprintf("/reports/%d", reportID)).need(200)
	if seen["reporter"] != nil {
		t.Fatal("the department sees who reported")
	}

	for _, size := range []string{"full", "thumb"} {
		served := department.get("/photos/" + photo + "?size=" + size)
		if served.status != 200 || served.header.Get("Content-Type") != "image/jpeg" || mediatest.HasMetadata(served.raw) {
			t.Fatalf("the served photo (%s): %d %s, metadata: %v", size, served.status, served.header.Get("Content-Type"), mediatest.HasMetadata(served.raw))
		}
	}
	tell("承办单位看到照片，照片里没有任何位置、设备、时间信息，也看不到是谁反映的")

	department.move("reports", reportID, "take", nil).need(200)
	department.move("reports", reportID, "progress", map[string]any{"note": "已派人清理雨水口"}).need(200)
	department.move("reports", reportID, "resolve", map[string]any{"outcome": "fixed", "note": "雨水口已疏通，路面不再积水"}).need(200)
	s.deliver()
	if got := resident.pushed(); !slices.Contains(got, "report_result") {
		t.Fatalf("the resident's phone shows %v", got)
	}
	tell("城市管理科办结，选民的微信收到：%s", resident.inbox()[0])

	rated := resident.move("reports", reportID, "rate", map[string]any{"stars": 5, "text": "办得很快，谢谢"}).need(200)
	if rated["state"] != "closed" {
		t.Fatalf("after rating the report is %v", rated["state"])
	}
	tell("选民评价 5 星，这件事%s", rated["stateName"])
	whole := resident.get(fmt.Sprintf("/reports/%d", reportID)).need(200)["events"].([]any)
	for _, e := range slices.Backward(whole) {
		m := e.(map[string]any)
		tell("  %s %s %s", m["who"], m["text"], m["note"])
	}

	s.nothingLeaks(resident, deputy, staff, department)
}

// nothingLeaks greps the whole log for what it must not hold.
func (s *stage) nothingLeaks(phones ...*phone) {
	s.t.Helper()
	log := s.log.String()
	if !strings.Contains(log, `"route":"/api/v1/bookings"`) {
		s.t.Error("the log says nothing of the story")
	}
	secrets := []string{"积水", "睡不好", "session_key", "sim-secret"}
	for _, p := range phones {
		secrets = append(secrets, p.token, wechatsim.OpenID(p.name), wechatsim.UnionID(p.name))
	}
	for _, secret := range secrets {
		if strings.Contains(log, secret) {
			s.t.Errorf("the log holds %q", secret)
		}
	}
}
