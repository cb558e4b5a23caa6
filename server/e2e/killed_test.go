package e2e

import (
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"warmcabin/server/api"
	"warmcabin/server/cabin"
)

// killed sends a request to server a through a wire that breaks with the server: the
// request arrives, the reply never does. The server is killed when ready says so.
func (w *two) killed(p *phone, key string, body string, ready func() bool) {
	w.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	defer listener.Close()
	host := strings.TrimSuffix(strings.TrimPrefix(w.a.url, "http://"), api.Base)
	ended := make(chan struct{})
	go func() {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		defer client.Close()
		up, err := net.Dial("tcp", host)
		if err != nil {
			return
		}
		defer up.Close()
		go func() { _, _ = io.Copy(up, client) }() // ends with the client
		<-ended
	}()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, "http://"+listener.Addr().String()+api.Base+"/bookings", strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.GetBody = nil // a phone that lost the line does not know either: nobody tries again by itself
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	req.Header.Set("Authorization", "Bearer "+p.token)
	answered := make(chan error, 1)
	go func() {
		res, err := (&http.Client{Transport: &http.Transport{}}).Do(req)
		if err == nil {
			err = fmt.Errorf("answered %d", res.StatusCode)
			_ = res.Body.Close()
			answered <- err
			return
		}
		answered <- nil
	}()
	eventually(w.t, "the moment for the kill", ready)
	w.a.kill()
	close(ended)
	if err := <-answered; err != nil {
		w.t.Fatalf("the reply passed: %v", err)
	}
}

const bookingBody = `{"deputyId":1,"start":"2026-11-25T09:30:00+08:00","topic":"睡不好"}`

// made holds that the key made one booking, with all that goes with it once.
func (w *two) made(id int64, deputy *phone) {
	w.t.Helper()
	for _, table := range []string{"bookings", "booking_events", "idempotency_keys"} {
		if n := w.number(`SELECT COUNT(*) FROM ` + table); n != 1 {
			w.t.Errorf("%d rows in %s, want 1", n, table)
		}
	}
	if last := w.number(`SELECT MAX(id) FROM bookings`); last != int(id) {
		w.t.Errorf("the answer is booking %d, the table has %d", id, last)
	}
	w.b.work()
	w.b.work()
	if got := len(deputy.at(w.b).pushed()); got != 1 {
		w.t.Errorf("the deputy has %d messages, want 1", got)
	}
	if got := len(deputy.at(w.b).inbox()); got != 1 {
		w.t.Errorf("the deputy's inbox has %d, want 1", got)
	}
	w.whole(w.clock.Now())
}

func TestAServerKilledBeforeItsReply(t *testing.T) {
	for _, committed := range []bool{true, false} {
		t.Run(fmt.Sprintf("committed %v", committed), func(t *testing.T) {
			w := openTwo(t)
			deputy := w.phone("deputy", cabin.Grant{Role: cabin.Deputy, ScopeID: 1})
			deputy.allow(cabin.TellBookingRequested)
			p := w.person("resident")
			const key = "killed-on-the-way"
			var wanted int64
			if committed {
				w.killed(p, key, bookingBody, func() bool { return w.number(`SELECT COUNT(*) FROM bookings`) == 1 })
				wanted = int64(w.number(`SELECT id FROM bookings`))
			} else {
				// In the middle of its transaction, where somebody else's lock holds it up.
				lock, err := w.x.BeginTx(t.Context(), &sql.TxOptions{})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := lock.Exec(`SELECT id FROM deputies WHERE id = 1 FOR UPDATE`); err != nil {
					t.Fatal(err)
				}
				w.killed(p, key, bookingBody, w.blocked)
				if err := lock.Rollback(); err != nil {
					t.Fatal(err)
				}
				if n := w.number(`SELECT COUNT(*) FROM bookings`); n != 0 {
					t.Fatalf("%d bookings were made", n)
				}
			}
			send := func(body string) *answer {
				return p.at(w.b).keyed(key, body)
			}
			again := send(bookingBody)
			again.need(201)
			if wanted != 0 && again.id("") != wanted {
				t.Errorf("the same key on the other server: booking %d, want %d", again.id(""), wanted)
			}
			if twice := send(bookingBody); twice.status != 201 || twice.id("") != again.id("") {
				t.Errorf("and again: %d %s", twice.status, twice.raw)
			}
			send(strings.Replace(bookingBody, "09:30", "10:00", 1)).refused(cabin.CodeKeyReused)
			w.made(again.id(""), deputy)
		})
	}
}

// keyed books with this key and body.
func (p *phone) keyed(key, body string) *answer {
	p.s.t.Helper()
	req, err := http.NewRequestWithContext(p.s.t.Context(), http.MethodPost, p.s.url+"/bookings", strings.NewReader(body))
	if err != nil {
		p.s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	return p.do(req)
}

// blocked tells whether a transaction waits for another one's lock.
func (w *two) blocked() bool {
	w.t.Helper()
	return w.number(`SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'INNODB_ROW_LOCK_CURRENT_WAITS'`) > 0
}
