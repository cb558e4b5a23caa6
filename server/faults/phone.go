package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"warmcabin/server/cabin"
)

const (
	phonePatience = 10 * time.Second       // as in miniprogram/src/api/transport.ts
	tapAgain      = 300 * time.Millisecond // until a person tries again, growing
	tries         = 40
	base          = "/api/v1"
)

// phone is one person with the mini-program. One goroutine uses it.
type phone struct {
	s      *site
	name   string
	ip     string
	live   func(ctx context.Context, pause time.Duration)
	id     int64
	token  string
	client *http.Client
	turn   int // which server is asked next: what stands before them takes turns
	made   int // things that this phone wanted to create
	scope  int64
}

// answer is what came back; the zero status is none.
type answer struct {
	status int
	body   []byte
}

func (a answer) ok() bool { return a.status >= 200 && a.status < 300 }

// decided tells whether the server did, or refused to do, what it was asked. All else is
// asked again: no answer, an error of the server's, too many requests in a minute.
func (a answer) decided() bool {
	return a.status != 0 && a.status < 500 && a.status != http.StatusTooManyRequests && a.status != http.StatusUnauthorized
}

// once makes one request to the server whose turn it is.
func (p *phone) once(ctx context.Context, method, path, key string, body []byte) (answer, error) {
	p.turn++
	url := "http://" + p.s.servers[p.turn%len(p.s.servers)].Load().Addr() + base + path
	ctx, cancel := context.WithTimeout(ctx, phonePatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("X-Forwarded-For", p.ip)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err // half an answer is none
	}
	return answer{resp.StatusCode, text}, nil
}

// send makes a request until it is decided, with the same key each time. The zero answer
// means that the person gave up. begun is when the last try began.
func (p *phone) send(ctx context.Context, method, path, key string, in any) (a answer, begun time.Time) {
	var body []byte
	if in != nil {
		body, _ = json.Marshal(in) // ours to write
	}
	for try := range tries {
		if try > 0 {
			p.s.journal.retried()
			if rest(ctx, min(time.Duration(try), 5)*tapAgain) != nil {
				return answer{}, begun
			}
		}
		begun = time.Now()
		a, err := p.once(ctx, method, path, key, body)
		if err == nil && a.decided() {
			return a, begun
		}
		if a.status == http.StatusUnauthorized && path != "/login" {
			_ = p.logIn(ctx) // the next try says whether it helped
		}
	}
	return answer{}, begun
}

// logIn is wx.login and our own.
func (p *phone) logIn(ctx context.Context) error {
	p.token = ""
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.s.control+"/sim/people/"+p.name+"/login-code", nil)
	if err != nil {
		return err
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var code struct{ Code string }
	if err := json.NewDecoder(resp.Body).Decode(&code); err != nil {
		return err
	}
	text, _ := json.Marshal(map[string]any{"code": code.Code, "device": "手机"})
	a, err := p.once(ctx, http.MethodPost, "/login", "", text)
	if err != nil {
		return err
	}
	var in struct {
		Token string
		Me    struct{ ID int64 }
	}
	if err := json.Unmarshal(a.body, &in); err != nil || in.Token == "" {
		return errors.Join(err, fmt.Errorf("login: %d %s", a.status, a.body))
	}
	p.token, p.id = in.Token, in.Me.ID
	return nil
}

// agree accepts WeChat's prompts and tells the server so, as the client does. Whoever has
// just done that is awake, so that the night holds no message back.
func (p *phone) agree(ctx context.Context) error {
	results := map[string]string{}
	for key, t := range p.s.templates {
		results[t.ID] = "accept"
		if wrong := p.s.sim.Allow(p.name, t.ID, credits); wrong != "" {
			return fmt.Errorf("%s: %s", key, wrong)
		}
	}
	if a, _ := p.send(ctx, http.MethodPost, "/me/prompts", "", map[string]any{"promptId": "faults-" + p.name, "results": results}); !a.ok() {
		return fmt.Errorf("prompts: %d %s", a.status, a.body)
	}
	return nil
}

// get reads a list; none when it cannot be had now.
func get[T any](ctx context.Context, p *phone, path string) (v T) {
	if a, err := p.once(ctx, http.MethodGet, path, "", nil); err == nil && a.ok() {
		_ = json.Unmarshal(a.body, &v) // what cannot be read is no list
	} else if a.status == http.StatusUnauthorized {
		_ = p.logIn(ctx)
	}
	return v
}

// create makes something and notes its number.
func (p *phone) create(ctx context.Context, matter cabin.MatterKind, path string, in any) (a answer) {
	key := rand.Text()
	a, begun := p.send(ctx, http.MethodPost, path, key, in)
	var made struct {
		ID     int64
		Number string
	}
	if !a.ok() || json.Unmarshal(a.body, &made) != nil {
		return a
	}
	command := map[cabin.MatterKind]string{cabin.MatterBooking: string(cabin.BookingRequest), cabin.MatterReport: string(cabin.ReportCreate)}[matter]
	p.s.journal.acked(ack{matter, made.ID, made.Number, key, command, p.id}, begun)
	return a
}

// move gives a command. A second try of one that was done is refused: then it is not
// acknowledged, and the books may hold more than was acknowledged.
func (p *phone) move(ctx context.Context, matter cabin.MatterKind, id int64, command, seen string, more map[string]any) {
	in := map[string]any{"command": command, "seen": seen}
	for k, v := range more {
		in[k] = v
	}
	a, begun := p.send(ctx, http.MethodPost, fmt.Sprintf("/%ss/%d/commands", matter, id), "", in)
	if a.ok() {
		p.s.journal.acked(ack{matter: matter, id: id, command: command, person: p.id}, begun)
	}
}
