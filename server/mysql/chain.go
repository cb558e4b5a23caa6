package mysql

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"warmcabin/server/cabin"
)

// chain queues an event of a locked or a new report in its chain, and sets the report's
// head, which the caller stores. Photos must be in the order in which they are attached;
// stages says which of them show a result, nil: none does. It returns the event's id as what
// is queued after it may name it.
func (tx *Tx) chain(actor cabin.Actor, r *cabin.Report, e cabin.Event, photoIDs []string, stages map[string]cabin.Stage) (event raw) {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // it never fails (crypto/rand)
	body, place := "", ""
	if r.ChainLength == 0 {
		body, place = chainedWords(r.Body, r.Answers), r.PlaceText
	}
	photos := make([]cabin.ChainedPhoto, len(photoIDs))
	for i, id := range photoIDs {
		photos[i] = cabin.ChainedPhoto{ID: id, Stage: stages[id]}
	}
	r.ChainLength++
	link := cabin.Link{ReportID: r.ID, Seq: r.ChainLength, At: tx.Now, Command: e.Command, From: e.From, To: e.To, Role: e.Role,
		Digest: cabin.EventDigest(salt, e.Text, e.Note, body, place, photos)}
	r.Head = link.Hash(r.Head)
	at := tx.row(`INSERT INTO report_events (report_id, at, actor_id, actor_role, command, from_state, to_state, text, note, seq, salt, digest, hash) VALUES`,
		r.ID, tx.Now, actor.PersonID, e.Role, e.Command, e.From, e.To, e.Text, e.Note, link.Seq, salt, link.Digest, r.Head)
	if at == 0 {
		tx.later(`SET @event = LAST_INSERT_ID()`)
	}
	return raw(fmt.Sprintf("@event+%d*@@auto_increment_increment", at))
}

// chainedWords are a report's own words in its chain: what it says, and what was answered.
func chainedWords(body string, answers cabin.Answers) string {
	if len(answers) == 0 {
		return body
	}
	return body + "\n" + answers.Lines()
}

// ChainFault is a place where a report is not what was written.
type ChainFault struct {
	Number string
	Seq    int // of the event; 0: of the report as a whole
	What   string
}

// Verification is what came of checking chains.
type Verification struct {
	Reports, Events int
	Deleted         int // events whose words were deleted with their person; their place in the chain holds
	Unchained       int // reports from before there were chains
	Unstaged        int // events whose photos were chained before their stage was
	Faults          []ChainFault
}

type chainReport struct {
	ID          int64     `db:"id"`
	CreatedAt   time.Time `db:"created_at"`
	Body        string    `db:"body"`
	PlaceText   string    `db:"place_text"`
	ChainLength int       `db:"chain_length"`
	Head        []byte    `db:"head"`

	Answers cabin.Answers `db:"answers"`
}

type chainEvent struct {
	ID       int64      `db:"id"`
	ReportID int64      `db:"report_id"`
	At       time.Time  `db:"at"`
	Role     cabin.Role `db:"actor_role"`
	Command  string     `db:"command"`
	From     string     `db:"from_state"`
	To       string     `db:"to_state"`
	Text     string     `db:"text"`
	Note     string     `db:"note"`
	Seq      int        `db:"seq"`
	Salt     []byte     `db:"salt"`
	Digest   []byte     `db:"digest"`
	Hash     []byte     `db:"hash"`
	Photos   string     `db:"photos"`
}

const (
	verifyPage  = 200
	chainReads  = `SELECT id, created_at, body, answers, COALESCE(place_written, place_text) AS place_text, chain_length, head FROM reports `
	eventsReads = `SELECT e.id, e.report_id, e.at, e.actor_role, e.command, e.from_state, e.to_state, e.text, e.note, e.seq, e.salt, e.digest, e.hash,
		COALESCE((SELECT GROUP_CONCAT(p.id, '/', p.stage ORDER BY p.position, p.id) FROM photos p WHERE p.report_id = e.report_id AND p.event_id = e.id), '') AS photos
		FROM report_events e WHERE e.report_id `
)

// Verify checks the chains of all reports, a page at a time, while the product runs. For
// the operator. Nothing in it tells who reported.
func (s Reports) Verify(ctx context.Context) (Verification, error) {
	var v Verification
	var after int64
	for {
		var reports []chainReport
		var events []chainEvent
		// Both of one moment, so that what is written meanwhile is no fault.
		err := s.db.InTx(ctx, func(tx *Tx) error {
			reports, events = nil, nil
			return tx.read(part{&reports, chainReads + `WHERE id > ? ORDER BY id LIMIT ?`, []any{after, verifyPage}},
				part{&events, eventsReads + `IN (SELECT id FROM (SELECT id FROM reports WHERE id > ? ORDER BY id LIMIT ?) page) ORDER BY e.report_id, e.id`, []any{after, verifyPage}})
		})
		if err != nil || len(reports) == 0 {
			return v, err
		}
		of := map[int64][]chainEvent{}
		for _, e := range events {
			of[e.ReportID] = append(of[e.ReportID], e)
		}
		for _, r := range reports {
			v.check(r, of[r.ID])
		}
		after = reports[len(reports)-1].ID
	}
}

func (v *Verification) check(r chainReport, events []chainEvent) {
	number := cabin.Number(r.ID, r.CreatedAt)
	fault := func(seq int, what string) { v.Faults = append(v.Faults, ChainFault{number, seq, what}) }
	v.Reports++
	for len(events) > 0 && events[0].Seq == 0 { // from before there were chains
		events = events[1:]
	}
	if r.ChainLength == 0 {
		v.Unchained++
	}
	var prev []byte
	for i, e := range events {
		v.Events++
		if e.Seq != i+1 {
			fault(i+1, "少了一条记录")
			return
		}
		link := cabin.Link{ReportID: r.ID, Seq: e.Seq, At: e.At, Command: e.Command, From: e.From, To: e.To, Role: e.Role, Digest: e.Digest}
		if !bytes.Equal(link.Hash(prev), e.Hash) {
			fault(e.Seq, "这一步被改动过")
			return
		}
		prev = e.Hash
		if e.Salt == nil {
			v.Deleted++
			continue
		}
		body, place := "", ""
		if i == 0 {
			body, place = chainedWords(r.Body, r.Answers), r.PlaceText
		}
		photos := chainedPhotos(e.Photos)
		switch {
		case bytes.Equal(cabin.EventDigest(e.Salt, e.Text, e.Note, body, place, photos), e.Digest):
		case bytes.Equal(cabin.FirstEventDigest(e.Salt, e.Text, e.Note, body, place, photos), e.Digest):
			v.Unstaged++
		default:
			fault(e.Seq, "文字或照片被改动过")
		}
	}
	if len(events) != r.ChainLength || !bytes.Equal(prev, r.Head) {
		fault(0, fmt.Sprintf("结尾对不上：应有 %d 条记录，找到 %d 条", r.ChainLength, len(events)))
	}
}

// chainedPhotos reads an event's photos as eventsReads lists them.
func chainedPhotos(list string) (photos []cabin.ChainedPhoto) {
	if list == "" {
		return nil
	}
	for _, p := range strings.Split(list, ",") {
		id, stage, _ := strings.Cut(p, "/")
		photos = append(photos, cabin.ChainedPhoto{ID: id, Stage: cabin.Stage(stage)})
	}
	return photos
}

// Receipt checks a receipt: the code of any step of a report, and the chain since. found is
// false where number and code do not belong together; nothing else is told about a report.
func (s Reports) Receipt(ctx context.Context, id int64, code string) (found bool, whole bool, err error) {
	var reports []chainReport
	var events []chainEvent
	err = s.db.read(ctx, part{&reports, chainReads + `WHERE id = ?`, []any{id}}, part{&events, eventsReads + `= ? ORDER BY e.id`, []any{id}})
	if err != nil || len(reports) == 0 {
		return false, false, err
	}
	for _, e := range events {
		found = found || cabin.MatchesReceipt(code, e.Hash)
	}
	var v Verification
	v.check(reports[0], events)
	return found, len(v.Faults) == 0, nil
}
