package mysql

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"warmcabin/server/cabin"
)

// Needs are the words that lead from what people say to specialities, and what people
// said that led nowhere.
type Needs struct{ db *DB }

// Words lists the words, the ones for the home page (Position > 0) in their order first.
func (s Needs) Words(ctx context.Context) (list []cabin.NeedWord, err error) {
	err = s.db.read(ctx, needWordsPart(&list))
	return list, err
}

func needWordsPart(dest *[]cabin.NeedWord) part {
	return part{dest, `SELECT n.word, n.speciality_id, s.name AS speciality, n.position
		FROM needs n JOIN specialities s ON s.id = n.speciality_id ORDER BY n.position = 0, n.position, n.word`, nil}
}

// match finds the specialities behind own words, best first; a speciality's own name is a
// word of its own.
func (s Needs) match(ctx context.Context, text string) ([]cabin.NeedMatch, error) {
	var words, names []cabin.NeedWord
	err := s.db.read(ctx, needWordsPart(&words),
		part{&names, `SELECT name AS word, id AS speciality_id, name AS speciality, 0 AS position FROM specialities`, nil})
	return cabin.MatchNeed(text, append(words, names...)), err
}

// A need search is one page of the best: nobody reads on, and by need there is no key to page by.
const (
	needPage       = 20
	needCandidates = 100 // whose earliest slots are compared
)

// forNeed lists the deputies who fit f.Need, each with its reason: the better match first,
// then the earlier free slot. Words that fit nobody's speciality are kept without the person.
func (s Places) forNeed(ctx context.Context, f DeputyFilter) ([]cabin.DeputyProfile, error) {
	if f.After != 0 {
		return nil, nil
	}
	matches, err := s.db.Needs.match(ctx, f.Need)
	if err != nil {
		return nil, err
	}
	if len(matches) == 0 {
		s.db.Needs.keepUnmet(ctx, f.Need)
		return nil, nil
	}
	ids, at := make([]int64, len(matches)), map[string]int{}
	for i, m := range matches {
		ids[i], at[m.Speciality] = m.SpecialityID, i
	}
	where, args := f.where()
	list, err := s.deputies(ctx, strings.Join(where, " AND ")+` AND d.id IN (SELECT deputy_id FROM deputy_specialities WHERE speciality_id IN (?))
		ORDER BY (SELECT MIN(FIELD(speciality_id, ?)) FROM deputy_specialities WHERE deputy_id = d.id AND speciality_id IN (?)), d.id LIMIT ?`,
		append(args, ids, ids, ids, needCandidates)...)
	if err != nil {
		return nil, err
	}
	rank := make(map[int64]int, len(list))
	for i := range list {
		best := len(matches)
		for _, name := range list[i].Specialities {
			if place, found := at[name]; found {
				best = min(best, place)
			}
		}
		list[i].Reason, rank[list[i].ID] = matches[best].Reason(), -matches[best].Score
	}
	slices.SortStableFunc(list, func(a, b cabin.DeputyProfile) int {
		return cmp.Or(cmp.Compare(rank[a.ID], rank[b.ID]), earlier(a.Earliest, b.Earliest))
	})
	return list[:min(len(list), needPage, f.Limit)], nil
}

// earlier orders free slots by their start; none comes last.
func earlier(a, b *cabin.Slot) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return a.Start.Compare(b.Start)
}

// Unmet words are bounded: anybody may search, without a session.
const (
	maxUnmet      = 2000                 // words; more are not kept until the office has looked
	unmetPause    = time.Minute          // between two writes of a word, in a process
	unmetMemory   = 500                  // words a minute, in a process
	unmetLife     = 180 * 24 * time.Hour // of a word that was said once
	unmetPatience = 500 * time.Millisecond
)

// unmetGate lets a word through once in a while.
type unmetGate struct {
	mu    sync.Mutex
	since time.Time
	words map[string]bool // since then
}

func (g *unmetGate) open(word string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.words == nil || now.Sub(g.since) >= unmetPause || now.Before(g.since) {
		g.since, g.words = now, map[string]bool{}
	}
	if g.words[word] || len(g.words) >= unmetMemory {
		return false
	}
	g.words[word] = true
	return true
}

// keepUnmet counts words that matched nothing, without the person. It is no part of the
// reading: a failure is nobody's trouble.
func (s Needs) keepUnmet(ctx context.Context, text string) {
	word, now := cabin.UnmetWord(text), s.db.Now()
	if word == "" || !s.db.unmet.open(word, now) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unmetPatience)
	defer cancel()
	_ = s.db.InTx(ctx, func(tx *Tx) error {
		tx.later(`DELETE FROM unmet_needs WHERE times = 1 AND last_at < ? LIMIT 50`, now.Add(-unmetLife))
		tx.later(`INSERT INTO unmet_needs (word, times, first_at, last_at)
			SELECT ?, 1, ?, ? FROM DUAL WHERE (SELECT COUNT(*) FROM unmet_needs u) < ? OR EXISTS (SELECT 1 FROM unmet_needs k WHERE k.word = ?)
			ON DUPLICATE KEY UPDATE times = times + 1, last_at = VALUES(last_at)`, word, now, now, maxUnmet, word)
		return nil
	})
}

// SpecialityWords is a speciality with its words and how many deputies have it.
type SpecialityWords struct {
	ID       int64  `db:"id"`
	Name     string `db:"name"`
	Deputies int    `db:"deputies"`
	Words    []cabin.NeedWord
}

// BySpeciality lists every speciality with its words. For the admin.
func (s Needs) BySpeciality(ctx context.Context) (list []SpecialityWords, err error) {
	var words []cabin.NeedWord
	err = s.db.read(ctx, needWordsPart(&words), part{&list, `SELECT s.id, s.name, COUNT(d.deputy_id) AS deputies
		FROM specialities s LEFT JOIN deputy_specialities d ON d.speciality_id = s.id GROUP BY s.id, s.name ORDER BY s.id`, nil})
	for i := range list {
		for _, w := range words {
			if w.SpecialityID == list[i].ID {
				list[i].Words = append(list[i].Words, w)
			}
		}
	}
	return list, err
}

const (
	maxHomeNeeds       = 12 // what the home page has room for
	maxSpecialityWords = 80
)

// Save adds a word to a speciality, or moves it on the home page: at w.Position from 1,
// 0 takes it off. Those behind it move on. For the admin; CodeInvalid, CodeLimitReached.
func (s Needs) Save(ctx context.Context, actor cabin.Actor, w cabin.NeedWord) error {
	return s.db.InTx(ctx, func(tx *Tx) error { return tx.saveNeed(actor, w) })
}

func (tx *Tx) saveNeed(actor cabin.Actor, w cabin.NeedWord) (err error) {
	if w.Word, err = cabin.CheckNeedWord(w.Word); err != nil {
		return err
	}
	if w.Position < 0 || w.Position > maxHomeNeeds {
		return cabin.Invalid("position", fmt.Sprintf("首页的位置请填 1 到 %d；不放首页填 0。", maxHomeNeeds))
	}
	if err := tx.oneOffice(); err != nil {
		return err
	}
	var home, own []cabin.NeedWord
	var known []struct {
		ID int64 `db:"id"`
	}
	err = tx.read(
		part{&known, `SELECT id FROM specialities WHERE id = ?`, []any{w.SpecialityID}},
		part{&own, `SELECT word, speciality_id, '' AS speciality, position FROM needs WHERE speciality_id = ?`, []any{w.SpecialityID}},
		part{&home, `SELECT word, speciality_id, '' AS speciality, position FROM needs WHERE position > 0 ORDER BY position, word, speciality_id`, nil})
	switch {
	case err != nil:
		return err
	case len(known) == 0:
		return cabin.Invalid("specialityId", "没有这一项擅长，请刷新后再选。")
	}
	same := func(o cabin.NeedWord) bool { return o.Word == w.Word && o.SpecialityID == w.SpecialityID }
	old := slices.IndexFunc(own, same)
	if old < 0 && len(own) >= maxSpecialityWords {
		return cabin.E(cabin.CodeLimitReached, "这一项的词已经很多了，请先删掉用不上的。")
	}
	if w.Position > 0 && slices.ContainsFunc(home, func(o cabin.NeedWord) bool { return o.Word == w.Word && !same(o) }) {
		return cabin.Invalid("position", "“"+w.Word+"”已经在首页了，属于另一项擅长。")
	}
	before := 0
	if old >= 0 {
		before = own[old].Position
	}
	home = slices.DeleteFunc(home, same)
	if w.Position > 0 {
		if len(home) >= maxHomeNeeds {
			return cabin.E(cabin.CodeLimitReached, fmt.Sprintf("首页最多放 %d 个词，请先撤下一个。", maxHomeNeeds))
		}
		w.Position = min(w.Position, len(home)+1)
		home = slices.Insert(home, w.Position-1, w)
	}
	tx.later(`INSERT INTO needs (word, speciality_id, position) VALUES (?,?,?) ON DUPLICATE KEY UPDATE position = VALUES(position)`, w.Word, w.SpecialityID, w.Position)
	tx.renumberHome(home)
	if err := tx.dropMet(w); err != nil {
		return err
	}
	return tx.audit(actor, cabin.Admin, "need.save", "speciality", w.SpecialityID, map[string]any{"word": w.Word, "old": before, "new": w.Position, "added": old < 0})
}

// renumberHome gives the words of the home page the places 1, 2, 3…
func (tx *Tx) renumberHome(home []cabin.NeedWord) {
	for i, h := range home {
		if h.Position != i+1 {
			tx.later(`UPDATE needs SET position = ? WHERE word = ? AND speciality_id = ?`, i+1, h.Word, h.SpecialityID)
		}
	}
}

// dropMet takes those words off the list of the unmet that the new one leads from.
func (tx *Tx) dropMet(w cabin.NeedWord) error {
	var unmet []string
	if err := tx.selectAll(&unmet, `SELECT word FROM unmet_needs`); err != nil {
		return err
	}
	for _, u := range unmet {
		if len(cabin.MatchNeed(u, []cabin.NeedWord{w})) > 0 {
			tx.later(`DELETE FROM unmet_needs WHERE word = ?`, u)
		}
	}
	return nil
}

// Remove takes a word away from a speciality. For the admin; CodeNotFound.
func (s Needs) Remove(ctx context.Context, actor cabin.Actor, word string, specialityID int64) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		if err := tx.oneOffice(); err != nil {
			return err
		}
		res, err := tx.exec(`DELETE FROM needs WHERE word = ? AND speciality_id = ?`, word, specialityID)
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return sql.ErrNoRows
		}
		var home []cabin.NeedWord
		if err := tx.selectAll(&home, `SELECT word, speciality_id, '' AS speciality, position FROM needs WHERE position > 0 ORDER BY position, word, speciality_id`); err != nil {
			return err
		}
		tx.renumberHome(home)
		return tx.audit(actor, cabin.Admin, "need.remove", "speciality", specialityID, map[string]any{"word": word})
	})
}

// UnmetNeed is what people said and nobody's speciality fitted.
type UnmetNeed struct {
	Word    string    `db:"word"`
	Times   int       `db:"times"`
	FirstAt time.Time `db:"first_at"`
	LastAt  time.Time `db:"last_at"`
}

// Unmet pages through them, the most often said first; after is the last of the page
// before, its zero value begins. For the admin.
func (s Needs) Unmet(ctx context.Context, after UnmetNeed, limit int) (list []UnmetNeed, err error) {
	if after.Times == 0 {
		after.Times, after.LastAt = math.MaxInt32, s.db.Now()
	}
	err = s.db.selectAll(ctx, &list, `SELECT word, times, first_at, last_at FROM unmet_needs FORCE INDEX (unmet_needs_times)
		WHERE times <= ? AND (times < ? OR last_at < ? OR last_at = ? AND word < ?) ORDER BY times DESC, last_at DESC, word DESC LIMIT ?`,
		after.Times, after.Times, after.LastAt, after.LastAt, after.Word, limit)
	return list, err
}

// Serve makes an unmet word, or the shorter one that the office took from it, a word of a
// speciality; it leaves the list. For the admin; CodeNotFound when somebody else was
// quicker, else as Save.
func (s Needs) Serve(ctx context.Context, actor cabin.Actor, unmet string, w cabin.NeedWord) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		if _, err := tx.takeUnmet(unmet); err != nil {
			return err
		}
		return tx.saveNeed(actor, w)
	})
}

// Dismiss takes an unmet word off the list. For the admin; CodeNotFound.
func (s Needs) Dismiss(ctx context.Context, actor cabin.Actor, unmet string) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		times, err := tx.takeUnmet(unmet)
		if err != nil {
			return err
		}
		return tx.audit(actor, cabin.Admin, "need.dismiss", "unmet", 0, map[string]any{"times": times})
	})
}

func (tx *Tx) takeUnmet(word string) (times int, err error) {
	err = tx.get(&times, `SELECT times FROM unmet_needs WHERE word = ? FOR UPDATE`, word)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, cabin.E(cabin.CodeNotFound, "这个词已经处理过了，请刷新列表。")
	}
	tx.later(`DELETE FROM unmet_needs WHERE word = ?`, word)
	return times, err
}
