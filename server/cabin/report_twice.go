package cabin

import (
	"strings"
	"time"
)

// LastMove is the newest event of a report, as far as Repeats and what a person is told who
// comes too late look at it.
type LastMove struct {
	At      time.Time     `db:"at"`
	ActorID int64         `db:"actor_id"`
	Command ReportCommand `db:"command"`
	From    ReportState   `db:"from_state"`
	To      ReportState   `db:"to_state"`
	Note    string        `db:"note"`
	Role    Role          `db:"role"`
	Text    string        `db:"text"`
}

// tooLate tells somebody whose move does not fit any more what happened meanwhile: by whom
// (role, not name), when, what, and how the report stands now. A neighbour learns the state.
func (r *Report) tooLate(a Actor) error {
	stands := "现在是“" + r.State.Name() + "”，请看过再决定。"
	if r.Last == nil || r.OnlyFollows(a) {
		return E(CodeConflict, "刚刚有了新进展，"+stands)
	}
	who := r.Last.Role.Name()
	if a.PersonID != 0 && r.Last.ActorID == a.PersonID {
		who = "您"
	}
	return E(CodeConflict, "这件事已经有了新进展："+who+"（"+MomentText(r.Last.At)+"）"+strings.TrimSuffix(r.Last.Text, "。")+"。"+stands)
}

// MayTakeDown tells as what the actor may take a photo of theirs off the report: as its
// reporter or who reported on their behalf, until it is closed (CodeForbidden, CodeConflict).
func (r *Report) MayTakeDown(a Actor) (Role, error) {
	for _, role := range r.RolesOf(a) {
		switch {
		case role != Resident && role != Proxy:
		case r.State == Closed:
			return "", E(CodeConflict, "这件事已经办完了，照片不能再撤下。要遮住人脸或车牌，请联系联络站。")
		default:
			return role, nil
		}
	}
	return "", E(CodeForbidden, "您不能撤下这张照片。")
}

// twiceWithin is how long after a move the same words count as that move.
const twiceWithin = 10 * time.Minute

// Repeats tells whether the command is the newest one on the report, given by the same
// person in the same words a moment ago: its answer was lost on the way, and the person
// tapped once more. Only for moves with words that leave the report in its state, where
// nothing else would keep the words from standing there twice: another state refuses a
// second move.
func (r *Report) Repeats(command ReportCommand, a Actor, in Input, now time.Time) bool {
	last, words := r.Last, firstText(in.Reason, in.Note, in.Text)
	return last != nil && words != "" && !a.System && last.ActorID == a.PersonID && last.Command == command && last.From == last.To && last.To == r.State &&
		last.Note == words && now.Sub(last.At) < twiceWithin
}
