package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
	"warmcabin/server/wechat"
	"warmcabin/server/wechat/wechatsim"
)

// sendCall is a message as the simulator saw it.
type sendCall struct {
	at   time.Time
	what string // what it says to whom, see letter
	took bool   // it stands in the person's list
	drop bool   // the answer was withheld
}

// note is the simulator's Seen.
func (p *postBook) note(c wechatsim.Call) {
	if c.Path != sendPath {
		return
	}
	var in struct {
		To       string                            `json:"touser"`
		Template string                            `json:"template_id"`
		Page     string                            `json:"page"`
		Data     map[string]struct{ Value string } `json:"data"`
	}
	_ = json.Unmarshal(c.Body, &in) // what cannot be read is a message to nobody
	values := map[string]string{}
	for name, d := range in.Data {
		values[name] = d.Value
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, sendCall{c.At, letter(in.To, in.Template, in.Page, values), c.Worked, c.Fault.Drop})
}

// firstAfter is when the first message was taken that was sent after t; zero for none yet.
func (p *postBook) firstAfter(t time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.calls {
		if c.took && c.at.After(t.Add(longestWay)) {
			return c.at
		}
	}
	return time.Time{}
}

func (p *postBook) all() []sendCall {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

// letter is a message's whole content as one text. Two messages that say the same to the
// same person are told apart by their number only.
func letter(to, template, page string, values map[string]string) string {
	parts := []string{to, template, strings.TrimPrefix(page, "/")}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		parts = append(parts, name+"="+values[name])
	}
	return strings.Join(parts, "\n")
}

// outRow is a row of the outbox.
type outRow struct {
	id        int64
	about     about
	minor     bool
	state     string
	attempted time.Time // long ago when it never was
	what      string
}

func (s *site) outbox(ctx context.Context) (rows []outRow, err error) {
	err = s.each(ctx, `SELECT o.id, o.person_id, o.matter_kind, o.matter_id, o.kind <> '', o.state, o.attempted_at, COALESCE(p.openid, ''), o.template, o.page, o.payload
		FROM outbox o JOIN persons p ON p.id = o.person_id ORDER BY o.id`, func(scan func(...any) error) error {
		var r outRow
		var openid, page, payload string
		var template cabin.TemplateKey
		if err := scan(&r.id, &r.about.person, &r.about.matter, &r.about.id, &r.minor, &r.state, &r.attempted, &openid, &template, &page, &payload); err != nil {
			return err
		}
		var source cabin.Values
		if err := json.Unmarshal([]byte(payload), &source); err != nil {
			return err
		}
		t, values := s.templates[template], map[string]string{}
		for field, from := range t.Fields {
			fitted, err := wechat.Fit(field, source[from])
			if err != nil {
				return fmt.Errorf("outbox %d: %w", r.id, err)
			}
			values[field] = fitted
		}
		r.what = letter(openid, t.ID, page, values)
		rows = append(rows, r)
		return nil
	})
	return rows, err
}

// workerMay is how long a message may have been on its way when its worker was killed: a
// call with a new token, and the while in which its outcome is recorded.
const workerMay = 40 * time.Second

// countMail compares the outbox with what the simulator took.
func (s *site) countMail(ctx context.Context, v *verdict) error {
	rows, err := s.outbox(ctx)
	if err != nil {
		return err
	}
	calls := s.post.all()
	took, dropped := map[string]int{}, map[string]bool{}
	for _, c := range calls {
		if c.took {
			took[c.what]++
			v.sent++
		}
		if c.drop {
			dropped[c.what] = true
		}
	}
	sent, maybe, newest := map[string]int{}, map[string]int{}, map[about]int64{}
	for _, r := range rows {
		newest[r.about] = max(newest[r.about], r.id)
	}
	kills := s.journal.workerKills()
	for _, r := range rows {
		switch {
		case r.state == mysql.PushSent:
			sent[r.what]++
		case r.state == mysql.PushUnknown:
			maybe[r.what]++
			v.unknown.add(1, "通知 %d", r.id)
			switch {
			case dropped[r.what]:
				v.unanswered++
			case r.cutBy(kills):
				v.cut++
			default:
				v.unexplained.add(1, "通知 %d（%v）", r.id, r.attempted)
			}
		case r.state == mysql.PushSuperseded && r.minor && newest[r.about] > r.id: // newer news of the matter went instead
		default: // everybody here allows all messages: nothing ends otherwise
			v.missing.add(1, "通知 %d 停在 %s", r.id, r.state)
		}
	}
	for what := range union(took, sent) {
		v.missing.add(sent[what]-took[what], "记为已发而微信没有收到：%q", what)
		v.twice.add(took[what]-sent[what]-maybe[what], "微信收到 %d 次，发件箱里 %d 条：%q", took[what], sent[what]+maybe[what], what)
	}
	return s.countUnwritten(ctx, v, rows)
}

// countUnwritten looks for news without a message: here every inbox entry has one.
func (s *site) countUnwritten(ctx context.Context, v *verdict, rows []outRow) error {
	held, err := s.perMatter(ctx, "notices")
	if err != nil {
		return err
	}
	written := map[about]int{}
	for _, r := range rows {
		written[r.about]++
	}
	for a, n := range held {
		v.missing.add(n-written[a], "%s %d：给 %d 的 %d 条消息只有 %d 条通知", a.matter, a.id, a.person, n, written[a])
	}
	return nil
}

// cutBy tells whether a worker was killed while it may have had the message.
func (r outRow) cutBy(kills []time.Time) bool {
	return slices.ContainsFunc(kills, func(kill time.Time) bool {
		since := kill.Sub(r.attempted)
		return since > -time.Second && since < workerMay
	})
}

func union(a, b map[string]int) map[string]bool {
	all := map[string]bool{}
	for k := range a {
		all[k] = true
	}
	for k := range b {
		all[k] = true
	}
	return all
}
