package mysql

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"warmcabin/server/cabin"
)

// Reoffer is a meeting that the deputy cannot keep, with the slot that its resident is
// offered instead; nil: there is none, and the desk phones.
type Reoffer struct {
	Booking *cabin.Booking
	Offer   *cabin.Slot
}

// AffectedTalk is a talk that lies in a leave: it is not moved, somebody must see to it.
type AffectedTalk struct {
	ID       int64     `db:"id"`
	Topic    string    `db:"topic"`
	StartsAt time.Time `db:"starts_at"`
	EndsAt   time.Time `db:"ends_at"`
}

// Affected is what lies in a leave.
type Affected struct {
	Bookings []Reoffer // by time
	Talks    []AffectedTalk
	Waits    int // people in lines for slots in it: their lines end
}

// leaveRead is all that must be known to re-offer what lies in a leave.
type leaveRead struct {
	timetable
	deputy   []ScheduledDeputy
	bookings []*cabin.Booking
	resident []takenRow
	talks    []AffectedTalk
	waits    []struct {
		N int `db:"n"`
	}
}

// maxAffected bounds one leave: more is split into shorter ones by who asks.
const maxAffected = 500

// meetingsIn finds the open meetings of the deputy in [from, to) that have not begun, those
// that are countered by the time that was offered. meetingsArgs are its arguments.
var meetingsIn = [2]string{
	`SELECT id FROM bookings WHERE deputy_id = ? AND state IN (?) AND starts_at > ? AND starts_at < ? AND ends_at > ? AND talk_id = 0`,
	`SELECT id FROM bookings WHERE deputy_id = ? AND state = ? AND offer_starts_at > ? AND offer_starts_at < ? AND offer_ends_at > ? AND talk_id = 0`,
}

func meetingsArgs(deputyID int64, from, to, now time.Time) [2][]any {
	first := from.AddDate(0, 0, -1).UTC() // none is longer than a day
	if now.After(first) {
		first = now
	}
	return [2][]any{
		{deputyID, []cabin.BookingState{cabin.Requested, cabin.Confirmed}, first, to.UTC(), from.UTC()},
		{deputyID, cabin.Countered, first, to.UTC(), from.UTC()},
	}
}

func (r *leaveRead) parts(deputyID int64, from, to, now time.Time, p cabin.Presets) []part {
	args := meetingsArgs(deputyID, from, to, now)
	parts := []part{
		{&r.deputy, deputyRow, []any{deputyID}},
		{&r.bookings, `SELECT ` + bookingColumns + ` FROM (` + meetingsIn[0] + ` UNION ALL ` + meetingsIn[1] + `) page STRAIGHT_JOIN bookings b ON b.id = page.id` +
			bookingJoins + `ORDER BY b.starts_at, b.id LIMIT ?`, append(append(slices.Clone(args[0]), args[1]...), maxAffected+1)},
		{&r.resident, `SELECT DISTINCT o.kind, o.resource_id, o.quarter FROM (SELECT DISTINCT m.resident_id FROM (` + meetingsIn[0] + ` UNION ALL ` + meetingsIn[1] + `) page
			STRAIGHT_JOIN bookings m ON m.id = page.id) people STRAIGHT_JOIN occupancy o ON o.kind = ? AND o.resource_id = people.resident_id AND o.quarter >= ?
			WHERE o.expires_at IS NULL OR o.expires_at > ?`, append(append(slices.Clone(args[0]), args[1]...), cabin.ResidentTime, now.Unix()/900, now)},
		{&r.talks, `SELECT id, topic, starts_at, ends_at FROM talks WHERE deputy_id = ? AND state = 'open' AND starts_at < ? AND ends_at > ? ORDER BY starts_at, id LIMIT 50`,
			[]any{deputyID, to.UTC(), later(from, now).UTC()}},
		{&r.waits, `SELECT COUNT(*) AS n FROM waits WHERE deputy_id = ? AND starts_at > ? AND starts_at < ? AND ends_at > ? AND live = 1 AND talk_id = 0`,
			[]any{deputyID, args[0][2], to.UTC(), from.UTC()}},
	}
	return append(parts, r.timetable.parts([]int64{deputyID}, now, now.AddDate(0, 0, p.BookAheadDays+2), now)...)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// affected picks another slot for each meeting in the leave.
func (r *leaveRead) affected(leave cabin.Exception, now time.Time, p cabin.Presets) Affected {
	deputyID := leave.DeputyID
	sch, taken := r.schedules()[deputyID], r.occupied()
	sch.Exceptions = append(sch.Exceptions, leave)
	for _, row := range r.resident {
		taken.Add(cabin.Resource{Kind: row.Kind, ID: row.ID}, row.Quarter)
	}
	in := slices.DeleteFunc(r.bookings, func(b *cabin.Booking) bool { return b.HoldOver(now) })
	slices.SortStableFunc(in, func(a, b *cabin.Booking) int {
		x, _ := a.Occupies()
		y, _ := b.Occupies()
		return x.Compare(y)
	})
	out := Affected{Bookings: make([]Reoffer, len(in)), Talks: r.talks, Waits: r.waits[0].N}
	for i, slot := range cabin.Reoffers(in, sch, taken, now, p) {
		out.Bookings[i] = Reoffer{in[i], slot}
	}
	return out
}

// Affected lists what a leave from–to would touch, and what would be offered instead.
// Errors: CodeInvalid, CodeNotFound, CodeForbidden.
func (s Schedules) Affected(ctx context.Context, actor cabin.Actor, deputyID int64, from, to time.Time) (Affected, error) {
	now, p := s.db.Now(), s.db.Presets()
	leave := cabin.Exception{DeputyID: deputyID, Kind: cabin.Leave, StartsAt: from, EndsAt: to}
	if err := leave.Check(cabin.Schedule{}, nil, p.Calendar, now); err != nil {
		return Affected{}, err
	}
	var r leaveRead
	if err := s.db.read(ctx, r.parts(deputyID, from, to, now, p)...); err != nil {
		return Affected{}, err
	}
	if _, _, err := arrangeable(r.deputy, actor); err != nil {
		return Affected{}, err
	}
	return r.affected(leave, now, p), nil
}

// AddException adds extra hours or a leave, once for a key, and returns its id. words are
// told to the residents whose meetings a leave moves; its reason is not.
//
// A leave moves, in the same transaction, every meeting in it that has not begun: its
// resident is offered the nearest free slot, and where there is none the desk is told to
// phone. Lines for its slots end. A leave that lies within another one is that other one.
// Errors: CodeInvalid by field, CodeNotFound, CodeForbidden, CodeLimitReached.
func (s Schedules) AddException(ctx context.Context, key Key, actor cabin.Actor, e cabin.Exception, words string) (int64, error) {
	if err := cabin.CheckText("words", words, 0, cabin.MaxReason/2); err != nil {
		return 0, err
	}
	return s.db.createOnce(ctx, key, func(tx *Tx) (int64, error) {
		if e.Kind == cabin.Leave {
			return s.addLeave(tx, actor, e, words)
		}
		return s.addExtra(tx, actor, e)
	})
}

func (s Schedules) addExtra(tx *Tx, actor cabin.Actor, e cabin.Exception) (int64, error) {
	_, role, err := s.lock(tx, actor, e.DeputyID)
	if err != nil {
		return 0, err
	}
	r, err := s.readPlace(tx, e.DeputyID, e.StationID, e.StartsAt.AddDate(0, 0, -1), e.StartsAt.AddDate(0, 0, 1))
	if err != nil {
		return 0, err
	}
	if err := e.Check(cabin.Schedule{Hours: r.hours, Exceptions: r.exceptions}, r.station(), tx.presets().Calendar, tx.Now); err != nil {
		return 0, err
	}
	id, err := s.insertException(tx, actor, role, e)
	tx.offers(e.DeputyID, e.Service)
	return id, err
}

func (s Schedules) insertException(tx *Tx, actor cabin.Actor, role cabin.Role, e cabin.Exception) (int64, error) {
	id, err := tx.insert(`INSERT INTO deputy_exceptions (deputy_id, kind, starts_at, ends_at, station_id, room_id, slot_minutes, pause_minutes, service, reason, created_by, created_at)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?)`, e.DeputyID, e.Kind, e.StartsAt.UTC(), e.EndsAt.UTC(), e.StationID, e.RoomID, e.SlotMinutes, e.PauseMinutes, e.Service,
		e.Reason, actor.PersonID, tx.Now)
	if err != nil {
		return 0, err
	}
	return id, tx.audit(actor, role, "exception.add", "deputy", e.DeputyID, map[string]any{"exception": id, "kind": e.Kind})
}

// addLeave locks the meetings first and the deputy after them, in the order in which a
// move of one meeting locks; what was booked in between is locked then.
func (s Schedules) addLeave(tx *Tx, actor cabin.Actor, e cabin.Exception, words string) (int64, error) {
	p := tx.presets()
	if err := e.Check(cabin.Schedule{}, nil, p.Calendar, tx.Now); err != nil {
		return 0, err
	}
	var r leaveRead
	var locked, same []struct {
		ID int64 `db:"id"`
	}
	args := meetingsArgs(e.DeputyID, e.StartsAt, e.EndsAt, tx.Now)
	locks := []part{{&locked, meetingsIn[0] + ` FOR UPDATE`, args[0]}, {&locked, meetingsIn[1] + ` FOR UPDATE`, args[1]}}
	parts := append(slices.Clone(locks), changeRules(e.DeputyID))
	parts = append(append(parts, locks...), part{&same, `SELECT id FROM deputy_exceptions WHERE deputy_id = ? AND kind = ? AND starts_at <= ? AND ends_at >= ? ORDER BY ends_at, id LIMIT 1`,
		[]any{e.DeputyID, cabin.Leave, e.StartsAt.UTC(), e.EndsAt.UTC()}})
	if err := tx.read(append(parts, r.parts(e.DeputyID, e.StartsAt, e.EndsAt, tx.Now, p)...)...); err != nil {
		return 0, err
	}
	deputy, role, err := arrangeable(r.deputy, actor)
	switch {
	case err != nil:
		return 0, err
	case len(same) > 0:
		return same[0].ID, nil // somebody was faster, and it is done
	case len(r.bookings) > maxAffected:
		return 0, cabin.E(cabin.CodeLimitReached, "这段时间的预约太多，请分几段请假。")
	}
	id, err := s.insertException(tx, actor, role, e)
	if err != nil {
		return 0, err
	}
	if err := s.endLines(tx, e.DeputyID); err != nil {
		return 0, err
	}
	return id, s.reoffer(tx, actor, deputy, role, id, r.affected(e, tx.Now, p), words)
}

// reoffer moves the meetings of a leave, and keeps in the audit which they were.
func (s Schedules) reoffer(tx *Tx, actor cabin.Actor, deputy ScheduledDeputy, role cabin.Role, leaveID int64, a Affected, words string) error {
	reason := "代表临时有事"
	if words != "" {
		reason += "：" + words
	}
	done := leaveDetail{Moved: make([]int64, len(a.Bookings)), Talks: make([]int64, len(a.Talks))}
	for i, t := range a.Talks {
		done.Talks[i] = t.ID
	}
	for i, r := range a.Bookings {
		done.Moved[i] = r.Booking.ID
		if err := s.reofferOne(tx, deskOf(actor, role, deputy, r.Booking), r, reason); err != nil {
			return err
		}
	}
	return tx.audit(actor, role, leaveDone, "exception", leaveID, map[string]any{"moved": done.Moved, "talks": done.Talks})
}

const leaveDone = "leave.reoffer"

// leaveDetail is what the audit keeps of a leave.
type leaveDetail struct {
	Moved []int64 `json:"moved"`
	Talks []int64 `json:"talks"`
}

// deskOf lets the deputy's desk act for a meeting at another station: the deputy is theirs.
func deskOf(actor cabin.Actor, role cabin.Role, deputy ScheduledDeputy, b *cabin.Booking) cabin.Actor {
	if role == cabin.Staff && !actor.Holds(cabin.Staff, b.StationID) {
		actor.Grants = append(slices.Clone(actor.Grants), cabin.Grant{Role: cabin.Staff, ScopeID: b.StationID})
	}
	return actor
}

func (s Schedules) reofferOne(tx *Tx, actor cabin.Actor, r Reoffer, reason string) error {
	if r.Offer != nil {
		offer := *r.Offer
		err := s.db.Bookings.moveLocked(tx, actor, r.Booking, cabin.BookingCounter, cabin.Input{Reason: reason, Offer: &offer})
		switch cabin.CodeOf(err) {
		case cabin.CodeSlotTaken:
			return errAgain // between our reading and now: all is read again
		case cabin.CodeInvalid: // it is no slot by the limits of this moment
		default:
			return err
		}
	}
	if r.Booking.DisplacedAt != nil {
		return nil // the desk knows already
	}
	return s.db.Bookings.moveLocked(tx, cabin.TheSystem, r.Booking, cabin.BookingDisplace, cabin.Input{})
}

// Outcome lists what a leave moved, as it stands now, by time. Of extra hours it is empty.
// Errors: CodeNotFound, CodeForbidden.
func (s Schedules) Outcome(ctx context.Context, actor cabin.Actor, deputyID, exceptionID int64) (Affected, error) {
	var out Affected
	var deputy []ScheduledDeputy
	var kept []struct {
		Detail string `db:"detail"`
	}
	err := s.db.read(ctx, part{&deputy, deputyRow, []any{deputyID}}, part{&kept, `SELECT a.detail FROM deputy_exceptions e JOIN audit a ON a.object_kind = 'exception' AND a.object_id = e.id
		AND a.action = ? WHERE e.id = ? AND e.deputy_id = ?`, []any{leaveDone, exceptionID, deputyID}})
	if err != nil {
		return out, err
	}
	if _, _, err := arrangeable(deputy, actor); err != nil || len(kept) == 0 {
		return out, err
	}
	var done leaveDetail
	if err := json.Unmarshal([]byte(kept[0].Detail), &done); err != nil {
		return out, err
	}
	var bookings []*cabin.Booking
	err = s.db.read(ctx,
		part{&bookings, `SELECT ` + bookingColumns + bookingFrom + `WHERE b.id IN (?)`, []any{append(done.Moved, 0)}},
		part{&out.Talks, `SELECT id, topic, starts_at, ends_at FROM talks WHERE id IN (?) AND starts_at IS NOT NULL ORDER BY starts_at, id`, []any{append(done.Talks, 0)}})
	if err != nil {
		return out, err
	}
	slices.SortFunc(bookings, func(a, b *cabin.Booking) int { return slices.Index(done.Moved, a.ID) - slices.Index(done.Moved, b.ID) })
	for _, b := range bookings {
		r := Reoffer{Booking: b}
		if b.OfferStartsAt != nil {
			r.Offer = &cabin.Slot{DeputyID: b.DeputyID, Start: *b.OfferStartsAt, End: *b.OfferEndsAt, Service: b.Service, StationID: b.StationID, StationName: b.StationName, RoomID: b.RoomID, RoomName: b.RoomName}
		}
		out.Bookings = append(out.Bookings, r)
	}
	return out, nil
}

// RemoveException takes extra hours or a leave back. Meetings that a leave displaced and
// that nobody has moved since are good again; those whose residents were offered another
// time stay with that. Errors: CodeNotFound, CodeForbidden.
func (s Schedules) RemoveException(ctx context.Context, actor cabin.Actor, deputyID, id int64) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		_, role, err := s.lock(tx, actor, deputyID)
		if err != nil {
			return err
		}
		var rest []cabin.Exception
		if err := tx.read(exceptionsPart(&rest, []int64{deputyID}, tx.Now, tx.Now.AddDate(2, 0, 0))); err != nil {
			return err
		}
		i := slices.IndexFunc(rest, func(e cabin.Exception) bool { return e.ID == id })
		if i < 0 {
			return cabin.E(cabin.CodeNotFound, "这一条已经不在了，请刷新。")
		}
		gone := rest[i]
		if _, err := tx.exec(`DELETE FROM deputy_exceptions WHERE id = ?`, id); err != nil {
			return err
		}
		if gone.Kind == cabin.Leave {
			err = s.restore(tx, gone, slices.Delete(rest, i, i+1))
		} else {
			err = s.endLines(tx, deputyID)
		}
		if err != nil {
			return err
		}
		return tx.audit(actor, role, "exception.remove", "deputy", deputyID, map[string]any{"exception": id, "kind": gone.Kind})
	})
}

// restore gives the displaced meetings of a leave that was taken back their time again.
func (s Schedules) restore(tx *Tx, leave cabin.Exception, rest []cabin.Exception) error {
	var locked []struct {
		ID int64 `db:"id"`
	}
	var displaced []*cabin.Booking
	args := meetingsArgs(leave.DeputyID, leave.StartsAt, leave.EndsAt, tx.Now)[0]
	err := tx.read(part{&locked, meetingsIn[0] + ` AND displaced_at IS NOT NULL FOR UPDATE`, args},
		part{&displaced, `SELECT ` + bookingColumns + ` FROM (` + meetingsIn[0] + ` AND displaced_at IS NOT NULL) page STRAIGHT_JOIN bookings b ON b.id = page.id` + bookingJoins, args})
	if err != nil {
		return err
	}
	for _, b := range displaced {
		if b.HoldOver(tx.Now) || slices.ContainsFunc(rest, func(e cabin.Exception) bool { return e.Covers(b.StartsAt, b.EndsAt) }) {
			continue
		}
		if err := s.db.Bookings.moveLocked(tx, cabin.TheSystem, b, cabin.BookingRestore, cabin.Input{}); err != nil {
			return err
		}
	}
	return nil
}
