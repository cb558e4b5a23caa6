package mysql

import (
	"context"
	"fmt"
	"slices"
	"time"

	"warmcabin/server/cabin"
)

// Consents are the ledger of WeChat's prompts: one accepted prompt of a template allows one
// message of it. consent_events has every prompt and send, consents the sums.
type Consents struct{ db *DB }

// ConsentKind is what happened to a consent.
type ConsentKind string

// What happens to consents. Expired: WeChat says that there is none though we counted one.
const (
	ConsentShown    ConsentKind = "shown"
	ConsentAccepted ConsentKind = "accepted"
	ConsentRefused  ConsentKind = "refused"
	ConsentSpent    ConsentKind = "spent"
	ConsentExpired  ConsentKind = "expired"
	ConsentEcho     ConsentKind = "echo" // a prompt that the other source told of before: counts no more
)

// ConsentSource is who told us.
type ConsentSource string

// The sources. FromClient: the phone that showed the prompt; FromWeChat: WeChat's own
// event; FromSend: what came of a message.
const (
	FromClient ConsentSource = "client"
	FromWeChat ConsentSource = "wechat"
	FromSend   ConsentSource = "send"
)

// Answer is what a person answered to one prompt, by template; true is yes. PromptID tells
// the prompt from every other of this person: the same one reported again counts once,
// whoever reports it. Visit is the opening of the app in which it was asked; "" is none.
type Answer struct {
	Source   ConsentSource
	PromptID string
	Visit    string
	At       time.Time // when WeChat says it was answered; zero is now
	Accepted map[cabin.TemplateKey]bool
}

// oneAnswer is how far the phone's report of a prompt and WeChat's event of it may lie apart.
const oneAnswer = restAfterPrompt

// Answered records an answer and counts it: once, though both the phone and WeChat tell of
// it, in whatever order. Of several prompts of a template within oneAnswer as many count as
// the one told of that knows of more. Twice is safe.
func (s Consents) Answered(ctx context.Context, personID int64, a Answer) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		at := tx.Now
		if !a.At.IsZero() {
			at = a.At.UTC()
		}
		ahead, known, err := tx.toldBefore(personID, a, at)
		if err != nil {
			return err
		}
		for _, key := range cabin.TemplateKeys { // in one order everywhere
			yes, asked := a.Accepted[key]
			if !asked || slices.Contains(known, key) {
				continue
			}
			if ahead[key] > 0 {
				if _, err := tx.consentEvent(personID, key, ConsentEcho, a.Source, a.PromptID, a.Visit, at); err != nil {
					return err
				}
				continue
			}
			if err := tx.prompted(personID, key, yes, a, at); err != nil {
				return err
			}
		}
		return nil
	})
}

// toldBefore returns, by template, of how many prompts around that time the other source
// has told and this one has not yet, and of which templates this very prompt is known.
func (tx *Tx) toldBefore(personID int64, a Answer, at time.Time) (ahead map[cabin.TemplateKey]int, known []cabin.TemplateKey, err error) {
	var told []struct {
		Template cabin.TemplateKey `db:"template"`
		Ahead    int               `db:"ahead"`
	}
	var same []struct {
		Template cabin.TemplateKey `db:"template"`
	}
	err = tx.read(
		part{nil, `SELECT id INTO @person FROM persons WHERE id = ? FOR UPDATE`, []any{personID}}, // one report of a person after the other
		part{&told, `SELECT template, CAST(SUM(IF(source = ?, -1, 1)) AS SIGNED) AS ahead FROM consent_events
			WHERE person_id = ? AND created_at BETWEEN ? AND ? AND kind IN (?, ?) GROUP BY template`,
			[]any{a.Source, personID, at.Add(-oneAnswer), at.Add(oneAnswer), ConsentShown, ConsentEcho}},
		part{&same, `SELECT DISTINCT template FROM consent_events WHERE person_id = ? AND template IN (?) AND prompt_id = ?`,
			[]any{personID, cabin.TemplateKeys, a.PromptID}})
	ahead = map[cabin.TemplateKey]int{}
	for _, t := range told {
		ahead[t.Template] = t.Ahead
	}
	for _, s := range same {
		known = append(known, s.Template)
	}
	return ahead, known, err
}

// prompted counts one prompt.
func (tx *Tx) prompted(personID int64, key cabin.TemplateKey, yes bool, a Answer, at time.Time) error {
	kind, accepted, refused := ConsentRefused, 0, 1
	if yes {
		kind, accepted, refused = ConsentAccepted, 1, 0
	}
	fresh, err := tx.consentEvent(personID, key, ConsentShown, a.Source, a.PromptID, a.Visit, at)
	if err != nil || !fresh {
		return err
	}
	if _, err := tx.consentEvent(personID, key, kind, a.Source, a.PromptID, a.Visit, at); err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO consents (person_id, template, credits, shown, accepted, refused, prompted_at, updated_at) VALUES (?,?,?,1,?,?,?,?)
		ON DUPLICATE KEY UPDATE credits = credits + ?, shown = shown + 1, accepted = accepted + ?, refused = refused + ?, prompted_at = ?, updated_at = ?`,
		personID, key, accepted, accepted, refused, tx.Now, tx.Now, accepted, accepted, refused, tx.Now, tx.Now)
	return err
}

// consentEvent adds a line to the ledger; fresh is false when it stands there already.
func (tx *Tx) consentEvent(personID int64, key cabin.TemplateKey, kind ConsentKind, source ConsentSource, promptID, visit string, at time.Time) (fresh bool, err error) {
	res, err := tx.exec(`INSERT IGNORE INTO consent_events (person_id, template, kind, source, prompt_id, visit, created_at) VALUES (?,?,?,?,?,?,?)`,
		personID, key, kind, source, promptID, visit, at)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// Credits returns how many messages each template may still send to the person.
func (s Consents) Credits(ctx context.Context, personID int64) (map[cabin.TemplateKey]int, error) {
	var rows []struct {
		Template cabin.TemplateKey `db:"template"`
		Credits  int               `db:"credits"`
	}
	err := s.db.selectAll(ctx, &rows, `SELECT template, credits FROM consents WHERE person_id = ?`, personID)
	credits := map[cabin.TemplateKey]int{}
	for _, r := range rows {
		credits[r.Template] = r.Credits
	}
	return credits, err
}

// restAfterPrompt is how long nobody is asked for the same template again: two taps in a
// row do not bring two prompts.
const restAfterPrompt = time.Minute

// Budget reads what cabin.Budget.Ask chooses from; visit as in Answer.
func (s Consents) Budget(ctx context.Context, personID int64, visit string) (b cabin.Budget, err error) {
	b = cabin.Budget{Credits: map[cabin.TemplateKey]int{}, Needed: map[cabin.TemplateKey]int{}, Resting: map[cabin.TemplateKey]bool{}}
	var unwanted []struct {
		NoWeChat bool `db:"no_wechat"`
	}
	var credits, needed, refused []struct {
		Template cabin.TemplateKey `db:"template"`
		N        int               `db:"n"`
	}
	now := s.db.Now()
	err = s.db.read(ctx,
		part{&unwanted, `SELECT no_wechat FROM persons WHERE id = ?`, []any{personID}},
		part{&credits, `SELECT template, credits AS n FROM consents WHERE person_id = ?`, []any{personID}},
		part{&needed, `SELECT ? AS template, COUNT(*) AS n FROM bookings WHERE resident_id = ? AND state = 'requested'
			UNION ALL SELECT ?, COUNT(*) FROM bookings WHERE resident_id = ? AND state IN ('requested', 'countered', 'confirmed')
			UNION ALL SELECT ?, COUNT(*) FROM reports WHERE reporter_id = ? AND waiting IN ('staff', 'department')
			UNION ALL SELECT ?, COUNT(*) FROM reports WHERE reporter_id = ? AND waiting IN ('staff', 'department')`,
			[]any{cabin.TellBookingAnswered, personID, cabin.TellBookingChanged, personID, cabin.TellReportResult, personID, cabin.TellReportProgress, personID}},
		part{&refused, `SELECT template, 1 AS n FROM consent_events WHERE person_id = ? AND created_at > ?
			AND (created_at > ? AND kind = 'shown' OR kind = 'refused' AND visit = ? AND visit <> '')`,
			[]any{personID, now.AddDate(0, 0, -1), now.Add(-restAfterPrompt), visit}})
	b.Unwanted = len(unwanted) > 0 && unwanted[0].NoWeChat
	for _, r := range credits {
		b.Credits[r.Template] = r.N
	}
	for _, r := range needed {
		b.Needed[r.Template] = r.N
	}
	for _, r := range refused {
		b.Resting[r.Template] = true
	}
	return b, err
}

// ledger queues the line of what a send did to a consent.
func (tx *Tx) ledger(p *Push, key cabin.TemplateKey, kind ConsentKind) {
	tx.row(`INSERT IGNORE INTO consent_events (person_id, template, kind, source, prompt_id, created_at) VALUES`,
		p.PersonID, key, kind, FromSend, fmt.Sprintf("push-%d-%d", p.ID, p.Attempts), tx.Now)
}

// Settings returns which kinds of news the person wants pushed: all that are not turned off.
func (s Consents) Settings(ctx context.Context, personID int64) (map[cabin.NoticeKind]bool, error) {
	var off []cabin.NoticeKind
	err := s.db.selectAll(ctx, &off, `SELECT kind FROM notify_settings WHERE person_id = ? AND NOT push`, personID)
	wants := map[cabin.NoticeKind]bool{}
	for _, kind := range cabin.MinorKinds {
		wants[kind.Kind] = !slices.Contains(off, kind.Kind)
	}
	return wants, err
}

// Want turns the pushes of one of cabin.MinorKinds on or off; CodeInvalid for another kind.
// It holds from the next send on, also for what waits in the outbox: when it returns,
// nothing is on its way to the person any more, unless WeChat leaves a call hanging.
func (s Consents) Want(ctx context.Context, personID int64, kind cabin.NoticeKind, push bool) error {
	if !slices.ContainsFunc(cabin.MinorKinds, func(k cabin.MinorKind) bool { return k.Kind == kind }) {
		return cabin.Invalid("kind", "这类消息不能关：是结果，或者需要您处理。")
	}
	_, err := s.db.exec(ctx, `INSERT INTO notify_settings (person_id, kind, push, updated_at) VALUES (?,?,?,?)
		ON DUPLICATE KEY UPDATE push = ?, updated_at = ?`, personID, kind, push, s.db.Now(), push, s.db.Now())
	if err != nil || push {
		return err
	}
	return s.db.Outbox.settled(ctx, personID)
}

// Declined is what some people turned off lately.
type Declined struct {
	kinds map[int64][]cabin.NoticeKind
	ways  map[int64]struct{ noWeChat, noOfficial bool }
}

// Kind tells whether the person wants no push of this kind.
func (d *Declined) Kind(personID int64, kind cabin.NoticeKind) bool {
	return slices.Contains(d.kinds[personID], kind)
}

// Channel tells whether the person wants none by this channel.
func (d *Declined) Channel(personID int64, c cabin.PushChannel) bool {
	if c == cabin.ByOfficial {
		return d.ways[personID].noOfficial
	}
	return d.ways[personID].noWeChat
}

// Declined reads what was turned off since then and still is. Whoever is about to send what
// was claimed earlier asks it.
func (s Consents) Declined(ctx context.Context, since time.Time) (*Declined, error) {
	var kinds []struct {
		PersonID int64            `db:"person_id"`
		Kind     cabin.NoticeKind `db:"kind"`
	}
	var ways []struct {
		ID         int64 `db:"id"`
		NoWeChat   bool  `db:"no_wechat"`
		NoOfficial bool  `db:"no_official"`
	}
	err := s.db.read(ctx,
		part{&kinds, `SELECT person_id, kind FROM notify_settings WHERE updated_at >= ? AND NOT push`, []any{since}},
		part{&ways, `SELECT id, no_wechat, no_official FROM persons WHERE channels_at >= ? AND (no_wechat OR no_official)`, []any{since}})
	if err != nil {
		return nil, err
	}
	d := &Declined{map[int64][]cabin.NoticeKind{}, map[int64]struct{ noWeChat, noOfficial bool }{}}
	for _, k := range kinds {
		d.kinds[k.PersonID] = append(d.kinds[k.PersonID], k.Kind)
	}
	for _, w := range ways {
		d.ways[w.ID] = struct{ noWeChat, noOfficial bool }{w.NoWeChat, w.NoOfficial}
	}
	return d, nil
}

// Channels are the ways by which somebody may be told outside the mini-program.
type Channels struct {
	WeChat   bool // wants subscribe messages
	Official bool // wants messages of the official account
	Follows  bool // follows the official account
	Works    bool // holds a working role: the account tells nobody else
}

// Channels returns what the person chose, and whether the official account can reach them.
func (s Consents) Channels(ctx context.Context, personID int64) (Channels, error) {
	var row struct {
		NoWeChat   bool `db:"no_wechat"`
		NoOfficial bool `db:"no_official"`
		Follows    bool `db:"follows"`
		Works      bool `db:"works"`
	}
	err := s.db.get(ctx, &row, `SELECT p.no_wechat, p.no_official,
		p.unionid <> '' AND EXISTS (SELECT 1 FROM official_followers f WHERE f.unionid = p.unionid AND f.left_at IS NULL) AS follows,
		EXISTS (SELECT 1 FROM person_roles r WHERE r.person_id = p.id) AS works FROM persons p WHERE p.id = ?`, personID)
	return Channels{WeChat: !row.NoWeChat, Official: !row.NoOfficial, Follows: row.Follows, Works: row.Works}, err
}

// WantBy turns one channel on or off, cabin.ByOfficial or, for all subscribe messages,
// cabin.ByOneTime. It holds from the next send on: see Want.
func (s Consents) WantBy(ctx context.Context, personID int64, channel cabin.PushChannel, push bool) error {
	column := "no_wechat"
	if channel == cabin.ByOfficial {
		column = "no_official"
	}
	_, err := s.db.exec(ctx, `UPDATE persons SET `+column+` = ?, channels_at = ? WHERE id = ?`, !push, s.db.Now(), personID)
	if err != nil || push {
		return err
	}
	return s.db.Outbox.settled(ctx, personID)
}
