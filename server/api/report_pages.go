package api

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// Pages of reports are kept as they went over the wire, for who asked (ADR 0019). A kept
// page is sent only after the database said that its rows are the same; what stands on it
// besides rows has these bounds.
const (
	pageLife = time.Minute // a resident's own: nothing but rows, names and the clock, which are asked
	deskLife = time.Second // with reporters' names and the desk's marks
)

// keptPages keeps pages by person, and the newest of them: two generations of at most
// pagesBytes each.
type keptPages struct {
	mu         sync.Mutex
	young, old map[int64]map[string]*keptPage
	bytes      int // of the young
}

const pagesBytes = 4 << 20

type keptPage struct {
	marks mysql.Marks
	until time.Time
	wire  wire
}

func (k *keptPages) get(person int64, key string, now time.Time) *keptPage {
	k.mu.Lock()
	defer k.mu.Unlock()
	p := k.young[person][key]
	if p == nil {
		if p = k.old[person][key]; p != nil {
			delete(k.old[person], key)
			k.put(person, key, p)
		}
	}
	if p == nil || !now.Before(p.until) {
		return nil
	}
	return p
}

func (k *keptPages) keep(person int64, key string, p *keptPage) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.put(person, key, p)
}

func (k *keptPages) put(person int64, key string, p *keptPage) {
	if k.bytes += len(p.wire); k.young == nil || k.bytes > pagesBytes {
		k.young, k.old, k.bytes = map[int64]map[string]*keptPage{}, k.young, len(p.wire)
	}
	if k.young[person] == nil {
		k.young[person] = map[string]*keptPage{}
	}
	k.young[person][key] = p
}

// forget drops a person's pages: they did something.
func (k *keptPages) forget(person int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.young, person)
	delete(k.old, person)
}

// pageKey tells apart what two readers, or one with other rights, get to see of a list.
func pageKey(a cabin.Actor, l mysql.ReportList) string {
	if len(a.Grants) == 0 {
		return l.Key()
	}
	b := make([]byte, 0, 256)
	for _, g := range a.Grants {
		b = fmt.Appendf(b, "%s %d,", g.Role, g.ScopeID)
	}
	return string(append(b, l.Key()...))
}

// listReports answers with a page of a list, for this reader.
func (s *Server) listReports(ctx context.Context, a cabin.Actor, l mysql.ReportList, limit int, life time.Duration) (*body[List[Report]], error) {
	now, key := s.DB.Now(), pageKey(a, l)
	if p := s.reportPages.get(a.PersonID, key, now); p != nil {
		marks, err := s.DB.Reports.Marks(ctx, l)
		if err != nil {
			return nil, err
		}
		if marks.Same(p.marks) {
			return reply(List[Report]{wire: p.wire}), nil
		}
	}
	rows, marks, err := s.DB.Reports.ReadMarked(ctx, l)
	if err != nil {
		return nil, err
	}
	out := s.reportPage(rows, limit, a)
	if err := s.markReports(ctx, a, rows, out.Body.Items); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := encode(&b, out.Body); err != nil {
		return nil, err
	}
	p := &keptPage{marks, now.Add(life), bytes.Clone(b.Bytes())}
	for _, r := range rows {
		if turns := r.Turns(now, s.DB.Presets()); turns != nil && turns.Before(p.until) {
			p.until = *turns
		}
	}
	s.reportPages.keep(a.PersonID, key, p)
	return reply(List[Report]{wire: p.wire}), nil
}
