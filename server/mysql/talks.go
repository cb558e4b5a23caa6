package mysql

import (
	"context"
	"database/sql"
	"fmt"

	"warmcabin/server/cabin"
)

// Talks are deputies' talks for many (讲座).
type Talks struct{ db *DB }

const talkColumns = `t.id, t.deputy_id, t.station_id, t.room_id, t.community_id, t.place_text, t.topic, t.intro, t.wish, t.seats, t.starts_at, t.ends_at,
	t.state, t.proposed_by, t.reason, t.record, t.created_at, t.updated_at, d.name AS deputy_name, d.level AS deputy_level, d.photo_id AS deputy_photo_id,
	st.name AS station_name, st.address AS station_address, st.phone AS station_phone, COALESCE(r.name, '') AS room_name, COALESCE(m.name, '') AS community_name`

const talkJoins = ` STRAIGHT_JOIN deputies d ON d.id = t.deputy_id STRAIGHT_JOIN stations st ON st.id = t.station_id
	LEFT JOIN rooms r ON r.id = t.room_id LEFT JOIN communities m ON m.id = t.community_id `

const talkFrom = ` FROM talks t` + talkJoins

// NewTalk is what is proposed. CommunityID 0 is without a host: by the deputy or a desk.
type NewTalk struct {
	Actor       cabin.Actor
	DeputyID    int64
	CommunityID int64
	Topic       string
	Intro       string
	Wish        string // for a time, in words
	Seats       int
}

// Propose puts a talk before its deputy and the desk, once for a key. The desk is that of
// the host community's station, else the deputy's own. Errors: CodeInvalid (deputy,
// community, seats), CodeNotFound (a community or deputy that is not the actor's),
// CodeKeyReused.
func (s Talks) Propose(ctx context.Context, key Key, n NewTalk) (*cabin.Talk, error) {
	id, err := s.db.createOnce(ctx, key, func(tx *Tx) (int64, error) { return s.propose(tx, n) })
	if err != nil {
		return nil, err
	}
	return s.byID(ctx, id)
}

func (s Talks) propose(tx *Tx, n NewTalk) (int64, error) {
	if n.Seats < cabin.MinTalkSeats || n.Seats > cabin.MaxTalkSeats {
		return 0, cabin.Invalid("seats", fmt.Sprintf("座位请填 %d 到 %d 个。", cabin.MinTalkSeats, cabin.MaxTalkSeats))
	}
	var found []struct {
		Deputy    string `db:"deputy_name"`
		Community string `db:"community_name"`
		StationID int64  `db:"station_id"`
	}
	err := tx.read(part{&found, `SELECT d.name AS deputy_name, COALESCE(m.name, '') AS community_name, COALESCE(m.station_id, d.station_id) AS station_id
		FROM deputies d LEFT JOIN communities m ON m.id = ? WHERE d.id = ? AND d.closed_at IS NULL`, []any{n.CommunityID, n.DeputyID}})
	switch {
	case err != nil:
		return 0, err
	case len(found) == 0:
		return 0, cabin.Invalid("deputyId", "没有找到这位代表。")
	case n.CommunityID != 0 && found[0].Community == "":
		return 0, cabin.Invalid("communityId", "请选择主办的社区。")
	}
	t := &cabin.Talk{
		DeputyID: n.DeputyID, StationID: found[0].StationID, CommunityID: n.CommunityID, Topic: n.Topic, Intro: n.Intro, Wish: n.Wish,
		Seats: n.Seats, ProposedBy: n.Actor.PersonID, DeputyName: found[0].Deputy, CommunityName: found[0].Community,
	}
	e, tell, err := t.Apply(cabin.TalkPropose, n.Actor, cabin.Input{}, tx.Now)
	if err != nil {
		return 0, err
	}
	t.ID, err = tx.insert(`INSERT INTO talks (deputy_id, station_id, community_id, topic, intro, wish, seats, state, proposed_by, created_at, updated_at)
		VALUES (?,?,?,?,?,?,?,?,?,?,?)`, t.DeputyID, t.StationID, t.CommunityID, t.Topic, t.Intro, t.Wish, t.Seats, t.State, t.ProposedBy, tx.Now, tx.Now)
	if err != nil {
		return 0, err
	}
	return t.ID, s.record(tx, n.Actor, t, e, tell)
}

// Command moves a talk, its seats and its line with it. Of in.Offer it needs Start, End
// and RoomID. Errors as cabin.Talk.Apply, and CodeSlotTaken (deputy or room are taken).
func (s Talks) Command(ctx context.Context, actor cabin.Actor, id int64, command cabin.TalkCommand, in cabin.Input) (*cabin.Talk, error) {
	err := s.db.InTx(ctx, func(tx *Tx) error { return s.move(tx, actor, id, command, in) })
	if err != nil {
		return nil, err
	}
	return s.byID(ctx, id)
}

func (s Talks) move(tx *Tx, actor cabin.Actor, id int64, command cabin.TalkCommand, in cabin.Input) error {
	t, err := lockedTalk(tx, id)
	if err != nil {
		return err
	}
	before := *t
	if in.Offer != nil {
		trial := *t // whoever may not do this learns nothing about rooms and times
		if _, _, err := trial.Apply(command, actor, in, tx.Now); err != nil {
			return err
		}
		if in.Offer, err = tx.talkPlace(actor, t, *in.Offer); err != nil {
			return err
		}
	}
	e, tell, err := t.Apply(command, actor, in, tx.Now)
	if err != nil {
		return err
	}
	// At once and not later: what follows reads the talk again.
	if _, err := tx.exec(`UPDATE talks SET station_id = ?, room_id = ?, place_text = ?, seats = ?, starts_at = ?, ends_at = ?, state = ?, reason = ?, record = ?, updated_at = ?
		WHERE id = ?`, t.StationID, t.RoomID, t.PlaceText, t.Seats, utc(t.StartsAt), utc(t.EndsAt), t.State, t.Reason, t.Record, t.UpdatedAt, t.ID); err != nil {
		return err
	}
	if err := s.record(tx, actor, t, e, tell); err != nil {
		return err
	}
	switch command {
	case cabin.TalkSchedule:
		return s.hold(tx, t)
	case cabin.TalkReschedule:
		return s.retime(tx, t, &before, in.Reason)
	case cabin.TalkSeats:
		return s.reseat(tx, t)
	case cabin.TalkCancel:
		return s.callOff(tx, t, in.Reason)
	case cabin.TalkFinish, cabin.TalkClose:
		return s.finish(tx, t)
	}
	return nil
}

// Due ends talks whose record nobody wrote in the days after their end, at most limit, so
// that who came is asked for a rating. Started by the worker; twice is safe: the row lock
// and the state decide.
func (s Talks) Due(ctx context.Context, limit int) (int, error) {
	var ids []int64
	ended := s.db.Now().AddDate(0, 0, -s.db.Presets().TalkCloseDays).UTC()
	err := s.db.selectAll(ctx, &ids, `SELECT id FROM talks WHERE state = ? AND starts_at <= ? AND ends_at <= ? ORDER BY starts_at, id LIMIT ?`, cabin.TalkOpen, ended, ended, limit)
	return s.db.each(ctx, ids, err, func(tx *Tx, id int64) error {
		return s.move(tx, cabin.TheSystem, id, cabin.TalkClose, cabin.Input{})
	})
}

func lockedTalk(tx *Tx, id int64) (*cabin.Talk, error) {
	var locked []idRow
	var found []cabin.Talk
	err := tx.read(part{&locked, `SELECT id FROM talks WHERE id = ? FOR UPDATE`, []any{id}},
		part{&found, `SELECT ` + talkColumns + talkFrom + `WHERE t.id = ?`, []any{id}})
	if err == nil && len(found) == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

type idRow struct {
	ID int64 `db:"id"`
}

// talkPlace fills the room and its station, or the talk's own station, into a time.
// A desk disposes of the rooms of its own stations only.
func (tx *Tx) talkPlace(actor cabin.Actor, t *cabin.Talk, s cabin.Slot) (*cabin.Slot, error) {
	s.DeputyID, s.Service = t.DeputyID, cabin.GroupTalk
	if s.RoomID == 0 {
		s.StationID, s.StationName, s.StationAddress, s.StationPhone, s.RoomName = t.StationID, t.StationName, t.StationAddress, t.StationPhone, ""
		return &s, nil
	}
	var rooms []struct {
		Name    string `db:"name"`
		ID      int64  `db:"station_id"`
		Station string `db:"station_name"`
		Address string `db:"station_address"`
		Phone   string `db:"station_phone"`
	}
	err := tx.read(part{&rooms, `SELECT r.name, r.station_id, st.name AS station_name, st.address AS station_address, st.phone AS station_phone
		FROM rooms r JOIN stations st ON st.id = r.station_id WHERE r.id = ?`, []any{s.RoomID}})
	if err != nil {
		return nil, err
	}
	if len(rooms) == 0 {
		return nil, cabin.Invalid("roomId", "没有找到这个房间。")
	}
	r := rooms[0]
	if !actor.Holds(cabin.Staff, r.ID) && !actor.Has(cabin.Admin) && !actor.Holds(cabin.Deputy, t.DeputyID) {
		return nil, cabin.Invalid("roomId", "这个房间属于别的联络站，请选本站的房间。")
	}
	s.StationID, s.StationName, s.StationAddress, s.StationPhone, s.RoomName = r.ID, r.Station, r.Address, r.Phone, r.Name
	return &s, nil
}

// record writes the event, the audit row and the news.
func (s Talks) record(tx *Tx, actor cabin.Actor, t *cabin.Talk, e cabin.Event, tell []cabin.Audience) error {
	tx.later(`INSERT INTO talk_events (talk_id, at, actor_id, actor_role, command, from_state, to_state, text, note) VALUES (?,?,?,?,?,?,?,?,?)`,
		t.ID, tx.Now, actor.PersonID, e.Role, e.Command, e.From, e.To, e.Text, e.Note)
	if err := tx.audit(actor, e.Role, "talk."+e.Command, "talk", t.ID, map[string]any{"from": e.From, "to": e.To}); err != nil {
		return err
	}
	return tx.tell(actor, audiences{resident: t.ProposedBy, deputy: t.DeputyID, station: t.StationID, community: t.CommunityID}, tell,
		func(to cabin.Audience) cabin.Notice { return cabin.TalkNotice(t, e, to, tx.Now) })
}

func (s Talks) byID(ctx context.Context, id int64) (*cabin.Talk, error) {
	var t cabin.Talk
	if err := s.db.get(ctx, &t, `SELECT `+talkColumns+talkFrom+`WHERE t.id = ?`, id); err != nil {
		return nil, err
	}
	return &t, s.count(ctx, []*cabin.Talk{&t})
}

// count fills how many seats are taken and how many people wait, for a page in one trip.
func (s Talks) count(ctx context.Context, talks []*cabin.Talk) error {
	if len(talks) == 0 {
		return nil
	}
	by, ids := map[int64]*cabin.Talk{}, make([]int64, len(talks))
	for i, t := range talks {
		by[t.ID], ids[i] = t, t.ID
	}
	type number struct {
		ID int64 `db:"id"`
		N  int   `db:"n"`
	}
	var taken, waiting []number
	err := s.db.read(ctx,
		part{&taken, `SELECT resource_id AS id, COUNT(*) AS n FROM occupancy WHERE kind = ? AND resource_id IN (?) AND (expires_at IS NULL OR expires_at > ?) GROUP BY resource_id`,
			[]any{cabin.TalkSeat, ids, s.db.Now()}},
		part{&waiting, `SELECT t.id, (SELECT COUNT(*) FROM waits w WHERE w.deputy_id = t.deputy_id AND w.starts_at = t.starts_at AND w.live = 1 AND w.talk_id = t.id) AS n
			FROM talks t WHERE t.id IN (?)`, []any{ids}})
	for _, n := range taken {
		by[n.ID].Taken = n.N
	}
	for _, n := range waiting {
		by[n.ID].Waiting = n.N
	}
	return err
}

// TalkView is one talk as its reader may see it.
type TalkView struct {
	*cabin.Talk
	Events  []cabin.PastEvent // for those whom the proposal concerns
	Booking *cabin.Booking    // the reader's own seats, the newest
	Wait    *cabin.Wait       // the reader's own place in line
	People  []*cabin.Booking  // for the deputy and the desk
	Came    int               // people who were checked in, after it was done
	Stars   float64           // on average, 0 = nobody rated
}

// Get returns a talk with what concerns the reader; a.PersonID 0 is nobody in particular.
// CodeNotFound for a proposal of others.
func (s Talks) Get(ctx context.Context, a cabin.Actor, id int64) (*TalkView, error) {
	t, err := s.byID(ctx, id)
	if err != nil {
		return nil, err
	}
	v := &TalkView{Talk: t}
	concerned := len(t.RolesOf(a)) > 0
	if !concerned && !t.Announced() {
		return nil, classify(sql.ErrNoRows) // as of one that does not exist
	}
	var own []cabin.Booking
	var waits []cabin.Wait
	var result []struct {
		Came  int     `db:"came"`
		Stars float64 `db:"stars"`
	}
	parts := []part{
		{&own, `SELECT ` + bookingColumns + bookingFrom + `WHERE b.talk_id = ? AND b.resident_id = ? ORDER BY b.id DESC LIMIT 1`, []any{id, a.PersonID}},
		{&waits, `SELECT ` + waitColumns + waitFrom + `WHERE w.resident_id = ? AND w.talk_id = ? AND w.live = 1 ORDER BY w.id DESC LIMIT 1`, []any{a.PersonID, id}},
	}
	if concerned {
		parts = append(parts,
			part{&v.Events, `SELECT id, at, actor_role, actor_id = ? AS mine, text, note FROM talk_events WHERE talk_id = ? ORDER BY id DESC`, []any{a.PersonID, id}},
			part{&result, `SELECT COALESCE(SUM(IF(state IN ('checked_in', 'completed'), party, 0)), 0) AS came, COALESCE(AVG(NULLIF(stars, 0)), 0) AS stars FROM bookings WHERE talk_id = ?`, []any{id}})
	}
	if t.ShowsPeople(a) {
		parts = append(parts, part{&v.People, `SELECT ` + bookingColumns + bookingFrom + `WHERE b.talk_id = ? ORDER BY b.id LIMIT ?`, []any{id, 2 * cabin.MaxTalkSeats}})
	}
	if err := s.db.read(ctx, parts...); err != nil {
		return nil, err
	}
	if len(own) > 0 {
		v.Booking = &own[0]
	}
	if len(waits) > 0 {
		v.Wait = &waits[0]
	}
	if len(result) > 0 {
		v.Came, v.Stars = result[0].Came, result[0].Stars
	}
	return v, nil
}

// Upcoming pages through the open talks that have not begun by time, of one deputy when
// deputyID is not 0. Public.
func (s Talks) Upcoming(ctx context.Context, deputyID int64, p Page) ([]*cabin.Talk, error) {
	q := branches{table: "talks", order: []string{"starts_at", "id"}, limit: p.Limit}
	where, args := "state = ? AND starts_at > ?", []any{cabin.TalkOpen, s.db.Now()}
	if deputyID != 0 {
		where, args = "deputy_id = ? AND "+where, append([]any{deputyID}, args...)
	}
	if p.ID != 0 {
		where, args = where+" AND starts_at >= ? AND (starts_at > ? OR id > ?)", append(args, p.At, p.At, p.ID)
	}
	q.add(where, args...)
	return s.list(ctx, q)
}

func (s Talks) list(ctx context.Context, q branches) (list []*cabin.Talk, err error) {
	if err := q.read(ctx, s.db, &list, talkColumns, talkJoins); err != nil {
		return nil, err
	}
	return list, s.count(ctx, list)
}

// TalkQueue chooses a part of the talks that concern somebody.
type TalkQueue string

// The queues. Proposed: without a time, in the order they came. Open: by time. Past: done
// or cancelled, latest first. Refused: proposals that came to nothing, newest first.
const (
	TalksProposed TalkQueue = "proposed"
	TalksOpen     TalkQueue = "open"
	TalksPast     TalkQueue = "past"
	TalksRefused  TalkQueue = "refused"
)

// OfDeputies pages through the talks of these deputies.
func (s Talks) OfDeputies(ctx context.Context, ids []int64, q TalkQueue, p Page) ([]*cabin.Talk, error) {
	return s.queue(ctx, "deputy_id", ids, q, p)
}

// OfStations pages through the talks that these stations' desks run.
func (s Talks) OfStations(ctx context.Context, ids []int64, q TalkQueue, p Page) ([]*cabin.Talk, error) {
	return s.queue(ctx, "station_id", ids, q, p)
}

// OfCommunities pages through the talks that these communities host.
func (s Talks) OfCommunities(ctx context.Context, ids []int64, q TalkQueue, p Page) ([]*cabin.Talk, error) {
	return s.queue(ctx, "community_id", ids, q, p)
}

func (s Talks) queue(ctx context.Context, column string, ids []int64, v TalkQueue, p Page) ([]*cabin.Talk, error) {
	q := branches{table: "talks", order: []string{"starts_at", "id"}, limit: p.Limit}
	states, time := []cabin.TalkState{cabin.TalkOpen}, " AND starts_at IS NOT NULL"
	switch v {
	case TalksProposed:
		states, time, q.order = []cabin.TalkState{cabin.TalkProposed}, " AND starts_at IS NULL", []string{"id"}
	case TalksPast:
		states, q.desc = []cabin.TalkState{cabin.TalkDone, cabin.TalkCancelled}, true
	case TalksRefused:
		states, time, q.order, q.desc = []cabin.TalkState{cabin.TalkDeclined, cabin.TalkCancelled}, " AND starts_at IS NULL", []string{"id"}, true
	}
	after := ">"
	if q.desc {
		after = "<"
	}
	for _, id := range scopes(ids) {
		for _, state := range states {
			where, args := column+" = ? AND state = ?"+time, []any{id, state}
			switch {
			case p.ID == 0:
			case len(q.order) == 1:
				where, args = where+" AND id "+after+" ?", append(args, p.ID)
			default:
				where, args = where+" AND starts_at "+after+"= ? AND (starts_at "+after+" ? OR id "+after+" ?)", append(args, p.At, p.At, p.ID)
			}
			q.add(where, args...)
		}
	}
	return s.list(ctx, q)
}
