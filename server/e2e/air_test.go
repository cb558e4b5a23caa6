package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
	"warmcabin/server/wechat/wechatsim"
)

// air is where messages are between a worker and WeChat: it holds each for a while and notes
// who has two on their way at once.
type air struct {
	holds time.Duration

	mu       sync.Mutex
	under    map[string]int // by openid
	overlaps int
	most     int // at once, of everybody
	now, all int
}

func newAir(holds time.Duration) *air { return &air{holds: holds, under: map[string]int{}} }

func (a *air) pass(next http.Handler, out http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var in struct {
		To string `json:"touser"`
	}
	_ = json.Unmarshal(body, &in) // the simulator says what is wrong
	r.Body = io.NopCloser(bytes.NewReader(body))
	a.count(in.To, 1)
	defer a.count(in.To, -1)
	time.Sleep(a.holds)
	next.ServeHTTP(out, r)
}

func (a *air) count(to string, by int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.under[to] += by; a.under[to] > 1 {
		a.overlaps++
	}
	if a.now += by; by > 0 {
		a.all++
	}
	a.most = max(a.most, a.now)
}

func (a *air) seen() (all, most, overlaps int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.all, a.most, a.overlaps
}

// mailbag puts n people into the database and the simulator, with so many messages each,
// which they allow.
func (s *stage) mailbag(n, each int) {
	s.t.Helper()
	var people, consents, pushes []string
	at := s.clock.Now().UTC().Format("2006-01-02 15:04:05")
	for i := range n {
		id := 5000 + i
		people = append(people, fmt.Sprintf("(%d, '%s', '', '%s')", id, wechatsim.OpenID(fmt.Sprint("bag-", i)), at))
		consents = append(consents, fmt.Sprintf("(%d, '%s', %d, %d, '%s')", id, cabin.TellBookingChanged, each, each, at))
	}
	for k := range each {
		for i := range n {
			pushes = append(pushes, fmt.Sprintf(`(%d, 'booking', %d, '%s', '{"topic":"睡不好","time":"2026年11月25日 09:30","state":"已约好","remark":"点开查看"}', '/pages/booking/detail?id=1', '%s', '%s')`, 5000+i, 1+k*n+i, cabin.TellBookingChanged, at, at))
		}
	}
	s.exec(`INSERT INTO persons (id, openid, name, created_at) VALUES ` + strings.Join(people, ","))
	s.exec(`INSERT INTO consents (person_id, template, credits, accepted, updated_at) VALUES ` + strings.Join(consents, ","))
	s.exec(`INSERT INTO outbox (person_id, matter_kind, matter_id, template, payload, page, due_at, created_at) VALUES ` + strings.Join(pushes, ","))
	for i := range n {
		for range each {
			s.control(http.MethodPost, fmt.Sprintf("/sim/people/bag-%d/prompts", i), map[string]any{"template_ids": []string{s.ids[string(cabin.TellBookingChanged)]}, "accept": true}, nil)
		}
	}
}

// arrived is how many messages the bag's people have on their phones, and how many of them
// have more than their share.
func (s *stage) arrived(n, each int) (all, doubled int) {
	s.t.Helper()
	for i := range n {
		got := len((&phone{s: s, name: fmt.Sprint("bag-", i)}).pushed())
		if all += got; got > each {
			doubled++
		}
	}
	return all, doubled
}

// Two processes, a WeChat that answers slowly, several messages for everybody: nobody ever
// has two on their way. Without what the database says of whom is busy the same count finds
// some who have.
func TestOneMessageOfAPersonIsOnItsWay(t *testing.T) {
	t.Parallel()
	const people, each = 24, 8
	for name, guarded := range map[string]bool{"the key of who is busy": true, "without it": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := openTwo(t)
			w.wire.air = newAir(15 * time.Millisecond)
			w.mailbag(people, each)
			if !guarded {
				w.exec(`CREATE TRIGGER nobody_is_busy BEFORE INSERT ON outbox_busy FOR EACH ROW SET NEW.person_id = -NEW.outbox_id`)
			}
			for i := 0; i < 20 && w.number(`SELECT COUNT(*) FROM outbox WHERE state = 'waiting'`) > 0; i++ {
				w.work()
			}
			all, most, overlaps := w.wire.air.seen()
			if guarded != (overlaps == 0) {
				t.Errorf("%d times somebody had two on their way", overlaps)
			}
			if got, doubled := w.arrived(people, each); got != people*each || doubled != 0 || all != people*each || most < people/2 {
				t.Errorf("%d arrived, %d people have more than their share; %d calls, %d at once", got, doubled, all, most)
			}
		})
	}
}

// A worker is killed while it sends as fast as it can: unknown is little more than what was
// at WeChat, the rest goes out by another worker, and nothing twice.
func TestAWorkerKilledAtFullSpeed(t *testing.T) {
	t.Parallel()
	const people, killedAt, lanes = 1600, 600, 4
	w := openTwo(t)
	w.wire.air = newAir(2 * time.Millisecond)
	w.mailbag(people, 1)
	w.a.tell("run")
	eventually(t, "the moment for the kill", func() bool { all, _, _ := w.wire.air.seen(); return all >= killedAt })
	w.a.kill()
	eventually(t, "the end of what was on its way", func() bool {
		w.wire.air.mu.Lock()
		defer w.wire.air.mu.Unlock()
		return w.wire.air.now == 0
	})
	atWeChat, _ := w.arrived(people, 1)
	claimed, sent := w.number(`SELECT COUNT(*) FROM outbox WHERE state = 'sending'`), w.number(`SELECT COUNT(*) FROM outbox WHERE state = 'sent'`)
	w.clock.Advance(2*time.Minute + time.Second)
	w.b.set(w.clock.Now())
	for range 5 {
		w.b.work()
	}
	unknown, waiting := w.number(`SELECT COUNT(*) FROM outbox WHERE state = 'unknown'`), w.number(`SELECT COUNT(*) FROM outbox WHERE state NOT IN ('sent', 'unknown')`)
	t.Logf("killed with %d messages claimed, %d of them at WeChat: %d are unknown", claimed, atWeChat-sent, unknown)
	if unknown > lanes*mysql.Ahead || unknown < atWeChat-sent || waiting != 0 {
		t.Errorf("%d unknown, %d wait; want at most %d, none", unknown, waiting, lanes*mysql.Ahead)
	}
	all, doubled := w.arrived(people, 1)
	if now := w.number(`SELECT COUNT(*) FROM outbox WHERE state = 'sent'`); doubled != 0 || all < now || all > now+unknown {
		t.Errorf("%d arrived, %d twice; %d are sent and %d unknown", all, doubled, now, unknown)
	}
}
