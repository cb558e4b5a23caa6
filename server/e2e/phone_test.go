package e2e

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/wechat/wechatsim"
)

// phone is one person with the mini-program.
type phone struct {
	s     *stage
	name  string
	id    int64
	token string
}

// phone logs a person in, with what they are granted.
func (s *stage) phone(name string, grants ...cabin.Grant) *phone {
	s.t.Helper()
	p := &phone{s: s, name: name}
	p.login()
	for _, g := range grants {
		if err := s.db.People.Grant(s.t.Context(), p.id, g); err != nil {
			s.t.Fatal(err)
		}
	}
	return p
}

// person is phone without the way over WeChat, for stories with many people.
func (s *stage) person(name string, grants ...cabin.Grant) *phone {
	s.t.Helper()
	who, err := s.db.People.Login(s.t.Context(), wechatsim.OpenID(name), "")
	if err != nil {
		s.t.Fatal(err)
	}
	p := &phone{s: s, name: name, id: who.ID}
	if p.token, err = s.tokens.Create(s.t.Context(), who.ID, "测试手机", false); err != nil {
		s.t.Fatal(err)
	}
	for _, g := range grants {
		if err := s.db.People.Grant(s.t.Context(), p.id, g); err != nil {
			s.t.Fatal(err)
		}
	}
	return p
}

// guest has no session.
func (s *stage) guest() *phone { return &phone{s: s, name: "guest"} }

func (s *stage) code(name string) string {
	s.t.Helper()
	var out struct{ Code string }
	s.control(http.MethodPost, "/sim/people/"+name+"/login-code", nil, &out)
	return out.Code
}

func (p *phone) login() {
	p.s.t.Helper()
	r := p.send(http.MethodPost, "/login", map[string]any{"code": p.s.code(p.name), "device": "测试手机"})
	p.token, _ = r.need(200)["token"].(string)
	p.id = r.id("me")
}

// answer is what came back.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	raw    []byte
	body   map[string]any
}

// need fails the story unless the answer has this status, and returns the body.
func (a *answer) need(status int) map[string]any {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("got %d, want %d: %s", a.status, status, a.raw)
	}
	return a.body
}

// refused fails the story unless the answer is this refusal, said in a Chinese sentence.
func (a *answer) refused(code cabin.Code) {
	a.t.Helper()
	if a.body["code"] != string(code) {
		a.t.Fatalf("got %d %s, want the refusal %s", a.status, a.raw, code)
	}
	if detail, _ := a.body["detail"].(string); !strings.ContainsAny(detail, "。？") || a.header.Get("Content-Type") != "application/problem+json" {
		a.t.Errorf("the refusal says %q as %s", detail, a.header.Get("Content-Type"))
	}
}

func (a *answer) id(of string) int64 {
	m := a.body
	if of != "" {
		m, _ = a.body[of].(map[string]any)
	}
	f, _ := m["id"].(float64)
	return int64(f)
}

func (p *phone) get(path string) *answer          { return p.send(http.MethodGet, path, nil) }
func (p *phone) post(path string, in any) *answer { return p.send(http.MethodPost, path, in) }

// send makes a request; one that creates gets a key of its own.
func (p *phone) send(method, path string, in any) *answer {
	return p.sendKey(method, path, in, rand.Text())
}

func (p *phone) sendKey(method, path string, in any, key string) *answer {
	p.s.t.Helper()
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			p.s.t.Fatal(err)
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(p.s.t.Context(), method, p.s.url+path, body)
	if err != nil {
		p.s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	return p.do(req)
}

func (p *phone) do(req *http.Request) *answer {
	p.s.t.Helper()
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.s.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		p.s.t.Fatal(err)
	}
	a := &answer{t: p.s.t, status: res.StatusCode, header: res.Header, raw: raw}
	_ = json.Unmarshal(raw, &a.body) // a photo is no JSON
	p.s.mustNotHold(p, a)
	return a
}

// mustNotHold looks through every answer of every story for what never leaves the server.
func (s *stage) mustNotHold(p *phone, a *answer) {
	s.t.Helper()
	var all bytes.Buffer
	_ = a.header.Write(&all) // a buffer does not fail
	all.Write(a.raw)
	for _, secret := range append(s.wire.secrets(), "session_key", "sim-secret", wechatsim.OpenID(p.name), wechatsim.UnionID(p.name)) {
		if bytes.Contains(all.Bytes(), []byte(secret)) {
			s.t.Errorf("an answer to %s holds %q: %s", p.name, secret, a.raw)
		}
	}
}

// upload sends a photo as a phone does.
func (p *phone) upload(name string, content []byte) *answer {
	p.s.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	f, err := w.CreateFormFile("file", name)
	if err != nil {
		p.s.t.Fatal(err)
	}
	if _, err := f.Write(content); err != nil {
		p.s.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		p.s.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(p.s.t.Context(), http.MethodPost, p.s.url+"/photos", &b)
	if err != nil {
		p.s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	return p.do(req)
}

// photo uploads a photo and lets the worker develop it; its id.
func (p *phone) photo(content []byte) string {
	p.s.t.Helper()
	id := p.upload("IMG_0001.jpg", content).need(201)["id"].(string)
	if err := untilDone(p.s.worker.Develop); err != nil {
		p.s.t.Fatal(err)
	}
	return id
}

// book asks for a slot of deputy 1.
func (p *phone) book(start time.Time) *answer {
	return p.post("/bookings", map[string]any{"deputyId": 1, "start": start, "topic": "睡不好"})
}

// report reports a problem with these photos.
func (p *phone) report(photoIDs ...string) *answer {
	return p.post("/reports", map[string]any{"categoryId": 1, "body": "小区门口路面严重积水，老人出门不便", "place": map[string]any{"communityId": 1, "text": "3 号楼前"}, "photoIds": photoIDs})
}

// move gives a command.
func (p *phone) move(kind string, id int64, command string, more map[string]any) *answer {
	in := map[string]any{"command": command}
	for k, v := range more {
		in[k] = v
	}
	return p.post(fmt.Sprintf("/%s/%d/commands", kind, id), in)
}

// allow accepts WeChat's prompt for these templates, and tells the server, as the client does.
func (p *phone) allow(keys ...cabin.TemplateKey) {
	p.s.t.Helper()
	ids, results := []string{}, map[string]string{}
	for _, k := range keys {
		ids = append(ids, p.s.ids[string(k)])
		results[p.s.ids[string(k)]] = "accept"
	}
	p.s.control(http.MethodPost, "/sim/people/"+p.name+"/prompts", map[string]any{"template_ids": ids, "accept": true}, nil)
	p.post("/me/prompts", map[string]any{"promptId": rand.Text(), "results": results}).need(204)
}

// pushed lists the titles of the person's notifications in WeChat.
func (p *phone) pushed() []string {
	p.s.t.Helper()
	var out struct{ Messages []wechatsim.Message }
	p.s.control(http.MethodGet, "/sim/people/"+p.name+"/messages", nil, &out)
	var titles []string
	for _, m := range out.Messages {
		titles = append(titles, m.Title)
	}
	return titles
}

// inbox lists the titles of the person's inbox, newest first.
func (p *phone) inbox() []string {
	p.s.t.Helper()
	var titles []string
	for _, item := range p.get("/me/notices").need(200)["items"].([]any) {
		titles = append(titles, item.(map[string]any)["title"].(string))
	}
	return titles
}
