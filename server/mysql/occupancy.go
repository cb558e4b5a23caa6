package mysql

import (
	"slices"
	"strings"
	"time"

	"warmcabin/server/cabin"
)

// holderKind says what holds a piece of time; stored, never renumber.
type holderKind uint8

const (
	byBooking holderKind = 1
	byTalk    holderKind = 2
	byWait    holderKind = 3 // an offer to the first in line
)

// span is a run of keys of one resource: quarters, places of a day or seats, both ends included.
type span struct {
	cabin.Resource
	from, to cabin.Quarter
}

// spansOf are the keys of these resources' time in [start, end), which is not empty.
func spansOf(resources []cabin.Resource, start, end time.Time) []span {
	quarters := cabin.Quarters(start, end)
	spans := make([]span, len(resources))
	for i, r := range resources {
		spans[i] = span{r, quarters[0], quarters[len(quarters)-1]}
	}
	return spans
}

// among is the condition for the keys of these spans.
func among(spans []span) (where string, args []any) {
	ranges := make([]string, len(spans))
	for i, s := range spans {
		ranges[i], args = "kind = ? AND resource_id = ? AND quarter BETWEEN ? AND ?", append(args, s.Kind, s.ID, s.from, s.to)
	}
	return "(" + strings.Join(ranges, " OR ") + ")", args
}

// holder is who holds keys, with all that it may hold by its row as it is stored: nothing
// else is found by its holder, for which there is no index.
type holder struct {
	kind  holderKind
	id    int64
	spans []span
}

// where is the condition for what the holder holds of these keys, and nothing of another's.
func (h holder) where() (where string, args []any) {
	where, args = among(h.spans)
	return where + " AND holder_kind = ? AND holder_id = ?", append(args, h.kind, h.id)
}

// bookingHolder is a booking with its time and its seats, or its place in the day, whichever
// that is.
func bookingHolder(b *cabin.Booking) holder {
	start, end := b.Occupies()
	spans := spansOf(b.Resources(), start, end)
	if b.TalkID != 0 {
		spans = append(spans, seatsOf(b.TalkID))
	} else {
		spans = append(spans, span{cabin.Resource{Kind: cabin.DeputyDay, ID: b.DeputyID}, cabin.DayPlace(start, 0), cabin.DayPlace(start, cabin.MaxDayCap-1)})
	}
	return holder{byBooking, b.ID, spans}
}

// waitHolder is a wait with the slot, or the seats, that it is offered.
func waitHolder(w *cabin.Wait) holder {
	if w.TalkID != 0 {
		return holder{byWait, w.ID, append(spansOf([]cabin.Resource{{Kind: cabin.ResidentTime, ID: w.ResidentID}}, w.StartsAt, w.EndsAt), seatsOf(w.TalkID))}
	}
	resources := append(hostResources(w.DeputyID, w.RoomID), cabin.Resource{Kind: cabin.ResidentTime, ID: w.ResidentID})
	return holder{byWait, w.ID, spansOf(resources, w.StartsAt, w.EndsAt)}
}

// talkHolder is a talk that has a time, with its deputy's and its room's.
func talkHolder(t *cabin.Talk) holder {
	return holder{byTalk, t.ID, spansOf(hostResources(t.DeputyID, t.RoomID), *t.StartsAt, *t.EndsAt)}
}

func hostResources(deputyID, roomID int64) []cabin.Resource {
	resources := []cabin.Resource{{Kind: cabin.DeputyTime, ID: deputyID}}
	if roomID != 0 {
		resources = append(resources, cabin.Resource{Kind: cabin.RoomTime, ID: roomID})
	}
	return resources
}

func seatsOf(talkID int64) span {
	return span{cabin.Resource{Kind: cabin.TalkSeat, ID: talkID}, 1, cabin.MaxTalkSeats}
}

func keys(spans []span) (n int) {
	for _, s := range spans {
		n += int(s.to-s.from) + 1
	}
	return n
}

// errAgain is a place in a day, or a seat, that another writer took a moment before: the
// transaction runs again and picks the next.
var errAgain = cabin.E(cabin.CodeSlotTaken, "这个时间刚刚被别人约走了，请换一个时间。")

// occupy takes the keys for a holder, also from holds that ran out. What stands in the
// way is CodeSlotTaken.
func (tx *Tx) occupy(kind holderKind, holder int64, spans []span, expires *time.Time) error {
	where, args := among(spans)
	del := `DELETE FROM occupancy WHERE ` + where + ` AND expires_at <= ?`
	args = append(args, tx.Now)
	var rows []string
	for _, s := range spans {
		for q := s.from; q <= s.to; q++ {
			rows, args = append(rows, "(?,?,?,?,?,?)"), append(args, s.Kind, s.ID, q, kind, holder, utc(expires))
		}
	}
	_, err := tx.exec(del+`;
		INSERT INTO occupancy (kind, resource_id, quarter, holder_kind, holder_id, expires_at) VALUES `+strings.Join(rows, ","), args...)
	return taken(err)
}

// taken turns a duplicate key of the occupancy table into words; its first part says
// which kind of resource was taken.
func taken(err error) error {
	if !duplicate(err) {
		return err
	}
	_, entry, _ := strings.Cut(err.Error(), "Duplicate entry '")
	switch kind, _, _ := strings.Cut(entry, "-"); kind {
	case "3":
		return cabin.E(cabin.CodeSlotTaken, "您在这个时间已经有另一个预约了，请换一个时间。", err)
	case "4", "5":
		return errAgain
	}
	return cabin.E(cabin.CodeSlotTaken, "这个时间刚刚被别人约走了，请换一个时间。", err)
}

// release gives back all that the holders hold.
func (tx *Tx) release(holders ...holder) error {
	const at = 40 // holders in a statement
	for few := range slices.Chunk(holders, at) {
		var wheres []string
		var args []any
		for _, h := range few {
			where, of := h.where()
			wheres, args = append(wheres, where), append(args, of...)
		}
		if err := tx.read(part{nil, `DELETE FROM occupancy WHERE ` + strings.Join(wheres, " OR "), args}); err != nil {
			return err
		}
	}
	return nil
}

// firm makes a booking's hold firm: its time, and its place in a day that has a cap. By
// another process's clock the hold may have run out and a part of it been given away.
func (tx *Tx) firm(b *cabin.Booking, held []span) error {
	var kept []struct {
		Time   int  `db:"time"`
		Placed bool `db:"placed"`
	}
	where, args := bookingHolder(b).where()
	err := tx.read(
		part{nil, `UPDATE occupancy SET expires_at = NULL WHERE ` + where, args},
		part{&kept, `SELECT COUNT(IF(kind = ?, NULL, 1)) AS time, COUNT(IF(kind = ?, 1, NULL)) >= (SELECT day_cap > 0 FROM deputies WHERE id = ?) AS placed
			FROM occupancy WHERE ` + where, append([]any{cabin.DeputyDay, cabin.DeputyDay, b.DeputyID}, args...)})
	if err == nil && (kept[0].Time < keys(held) || !kept[0].Placed) {
		return cabin.E(cabin.CodeSlotTaken, "等待的时间已过，这个时间刚刚被别人约走了。")
	}
	return err
}

// place picks the deputy's next free place of the day, none when the day has no cap.
// CodeSlotTaken when the cap is reached.
func place(deputyID int64, day time.Time, most int, capped bool, taken cabin.Taken) ([]span, error) {
	if !capped {
		return nil, nil
	}
	of := cabin.Resource{Kind: cabin.DeputyDay, ID: deputyID}
	free, used := cabin.Quarter(-1), 0
	for n := range cabin.MaxDayCap {
		if key := cabin.DayPlace(day, n); taken[of][key] {
			used++
		} else if free < 0 {
			free = key
		}
	}
	if used < most && free >= 0 {
		return []span{{of, free, free}}, nil
	}
	return nil, cabin.E(cabin.CodeSlotTaken, "代表这一天已经约满了，请换一天。")
}
