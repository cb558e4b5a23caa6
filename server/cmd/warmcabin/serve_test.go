package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptrace"
	"regexp"
	"strings"
	"testing"
	"time"

	"warmcabin/server/media/mediatest"
	"warmcabin/server/mysql/dbtest"
)

func TestInviteMakesTheFirstAdmin(t *testing.T) {
	i := install(t, dbtest.DSN(t))
	printed := i.must("invite", "--role", "admin")
	code := regexp.MustCompile(`邀请码：([A-Z2-7]{5}-[A-Z2-7]{5})\n角色：人大工委\n`).FindStringSubmatch(printed)
	if code == nil {
		t.Fatalf("it printed %q", printed)
	}
	s := i.serve()
	chair, other := s.login("chair"), s.login("other")
	if home := chair.call(http.MethodGet, "/api/v1/me", nil, 200)["home"]; home != "resident" {
		t.Errorf("before the invite their home is %v", home)
	}
	chair.call(http.MethodPost, "/api/v1/invites/redeem", map[string]any{"code": code[1]}, 200)
	me := chair.call(http.MethodGet, "/api/v1/me", nil, 200)
	if roles := me["roles"].([]any); len(roles) != 1 || roles[0].(map[string]any)["role"] != "admin" {
		t.Errorf("they are %v", me)
	}
	other.call(http.MethodPost, "/api/v1/invites/redeem", map[string]any{"code": code[1]}, 422)
	if roles := other.call(http.MethodGet, "/api/v1/me", nil, 200)["roles"].([]any); len(roles) != 0 {
		t.Errorf("the code worked twice: %v", roles)
	}
	s.cancel()
	if err := s.ended(); err != nil {
		t.Error(err)
	}
	s.nothingLeft()
}

func TestMetricsAreOnThePortThatIsNotPublic(t *testing.T) {
	s := install(t, dbtest.DSN(t)).serve()
	p := &phone{served: s}
	p.call(http.MethodGet, "/api/v1/environment", nil, 200)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.metrics+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, page := p.do(req)
	want := `warmcabin_http_requests_total{method="GET",route="/api/v1/environment",status="200"} 1`
	if !strings.Contains(string(page), want) || !strings.Contains(string(page), "go_goroutines ") {
		t.Errorf("no %s in\n%s", want, page)
	}
	if req, err = http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/metrics", nil); err != nil {
		t.Fatal(err)
	}
	if _, page := p.do(req); strings.Contains(string(page), "warmcabin_http_requests_total") {
		t.Error("the public port shows the metrics")
	}
}

func TestBusyPortIsOneSentence(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	dsn := dbtest.DSN(t)
	install(t, dsn, "WARMCABIN_PORT="+port).sentence("请换一个端口（WARMCABIN_PORT）", "serve")
	busy := "WARMCABIN_METRICS_ADDR=" + l.Addr().String()
	install(t, dsn, busy).sentence("请修改 metrics.addr", "serve")
	install(t, dsn, busy).sentence("请修改 metrics.addr", "worker")
}

// upload is a photo on its way: the server reads, and waits for the second half.
type upload struct {
	body   *io.PipeWriter
	rest   []byte
	status chan string // the answer with its body, or why there is none
}

func (p *phone) startUpload() *upload {
	p.t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", "IMG_0001.jpg")
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := part.Write(mediatest.GPSJPEG()); err != nil {
		p.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		p.t.Fatal(err)
	}
	half := form.Len() / 2
	body, in := io.Pipe()
	u := &upload{body: in, rest: form.Bytes()[half:], status: make(chan string, 1)}
	reading := make(chan struct{})
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{Got100Continue: func() { close(reading) }})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+"/api/v1/photos", body)
	if err != nil {
		p.t.Fatal(err)
	}
	req.ContentLength = int64(form.Len())
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Authorization", "Bearer "+p.token)
	req.Header.Set("Expect", "100-continue") // says when the handler reads
	go func() {
		res, err := p.http.Do(req)
		if err != nil {
			u.status <- err.Error()
			return
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		u.status <- fmt.Sprint(res.StatusCode, " ", string(raw), " ", err)
	}()
	select {
	case <-reading:
	case answer := <-u.status:
		p.t.Fatalf("the upload is over before it began: %s", answer)
	}
	if _, err := in.Write(form.Bytes()[:half]); err != nil {
		p.t.Fatal(err)
	}
	return u
}

// stopped waits until the server takes no new connections.
func (s *served) stopped() {
	s.t.Helper()
	until(s.t, "the closing of the door", func() bool {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
}

func TestStopAnswersWhatIsInFlight(t *testing.T) {
	dsn := dbtest.DSN(t)
	s := install(t, dsn).serve()
	u := s.login("resident").startUpload()
	s.cancel()
	s.stopped()
	select {
	case err := <-s.done:
		t.Fatalf("it ended with a request in flight: %v", err)
	default:
	}
	if _, err := u.body.Write(u.rest); err != nil {
		t.Fatal(err)
	}
	if err := u.body.Close(); err != nil {
		t.Fatal(err)
	}
	if answer := <-u.status; !strings.HasPrefix(answer, `201 {"id":"`) || !strings.HasSuffix(answer, "<nil>") {
		t.Errorf("the upload was answered %s", answer)
	}
	if err := s.ended(); err != nil {
		t.Error(err)
	}
	s.nothingLeft()
	if n := ask[int](t, connect(t, dsn), `SELECT COUNT(*) FROM photos`); n != 1 {
		t.Errorf("%d photos are kept", n)
	}
}

func TestStopDoesNotWaitForEver(t *testing.T) {
	s := install(t, dbtest.DSN(t), "WARMCABIN_HTTP_SHUTDOWN_TIMEOUT=1s").serve()
	u := s.login("resident").startUpload()
	s.cancel()
	if err := s.ended(); err == nil || !strings.Contains(err.Error(), "有请求在 1s 内没有结束，已经中断") {
		t.Errorf("it ended with %v", err)
	}
	_ = u.body.CloseWithError(io.ErrUnexpectedEOF)
	if answer := <-u.status; strings.HasPrefix(answer, "2") {
		t.Errorf("half a photo was answered %s", answer)
	}
	s.nothingLeft()
}

func TestStopLetsTheWorkerFinish(t *testing.T) {
	dsn := dbtest.DSN(t)
	i := install(t, dsn)
	i.must("demo")
	i.must("demo") // every start of a development server loads it
	s := i.serve()
	staff, resident := s.login("staff"), s.login("resident")
	const template = "sim-report-assigned"
	staff.call(http.MethodPost, "/sim/people/staff/prompts", map[string]any{"template_ids": []string{template}, "accept": true}, 200)
	staff.call(http.MethodPost, "/api/v1/me/prompts", map[string]any{"promptId": rand.Text(), "results": map[string]string{template: "accept"}}, 204)
	const slow = `/cgi-bin/message/subscribe/send`
	staff.call(http.MethodPost, "/sim/faults", map[string]any{"path": slow, "count": 1, "delay_ms": 1000}, 204)

	first := func(path string) any {
		return resident.call(http.MethodGet, "/api/v1/"+path, nil, 200)["items"].([]any)[0].(map[string]any)["id"]
	}
	reported := resident.call(http.MethodPost, "/api/v1/reports", map[string]any{
		"categoryId": first("categories"), "body": "小区门口路面严重积水，老人出门不便",
		"place": map[string]any{"communityId": first("communities"), "text": "3 号楼前"}, "photoIds": []string{},
	}, 201)
	until(t, "the call to WeChat", func() bool {
		return len(staff.call(http.MethodGet, "/sim/faults", nil, 200)["faults"].([]any)) == 0
	})
	s.cancel() // while WeChat takes its second
	if err := s.ended(); err != nil {
		t.Error(err)
	}
	s.nothingLeft()
	x := connect(t, dsn)
	query := `SELECT COUNT(*) FROM outbox WHERE matter_kind = 'report' AND matter_id = ? AND template = 'report_assigned' AND state = 'sent'`
	if n := ask[int](t, x, query, reported["id"]); n != 1 {
		t.Errorf("%d messages about the report are sent", n)
	}
	if n := ask[int](t, x, `SELECT COUNT(*) FROM outbox_busy`); n != 0 {
		t.Errorf("the worker went away with %d messages in its hands", n)
	}
}

func TestWorkerAloneDelivers(t *testing.T) {
	dsn := dbtest.DSN(t)
	i := install(t, dsn)
	x := connect(t, dsn)
	for _, statement := range []string{
		`INSERT INTO persons (id, openid, created_at) VALUES (1, 'nobody', UTC_TIMESTAMP())`,
		`INSERT INTO outbox (person_id, matter_kind, matter_id, template, payload, page, due_at, created_at)
			VALUES (1, 'report', 1, 'report_progress', '{}', '', UTC_TIMESTAMP(), UTC_TIMESTAMP())`,
	} {
		if _, err := x.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- run(ctx, []string{"worker", "-config", dev}, i.environ, io.Discard) }()
	until(t, "the message's end", func() bool {
		return ask[string](t, x, `SELECT state FROM outbox`) == "no_consent"
	})
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patient):
		t.Error("it does not end")
	}
}

// TestLogHoldsNoRow: what the database says of an error does not bring a row into the log.
func TestLogHoldsNoRow(t *testing.T) {
	var out strings.Builder
	standard := slog.Default()
	t.Cleanup(func() { slog.SetDefault(standard) })
	newLog(&out).Error("request failed", "code", "internal", "cause", "Error 1062 (23000): Duplicate entry 'oSecret' for key 'persons_openid'")
	if text := out.String(); strings.Contains(text, "oSecret") || !strings.Contains(text, "persons_openid") {
		t.Error(text)
	}
}
