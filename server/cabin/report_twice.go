package cabin

import "time"

// LastMove is the newest event of a report, as far as Repeats looks at it.
type LastMove struct {
	At      time.Time     `db:"at"`
	ActorID int64         `db:"actor_id"`
	Command ReportCommand `db:"command"`
	From    ReportState   `db:"from_state"`
	To      ReportState   `db:"to_state"`
	Note    string        `db:"note"`
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
