package cabin

import "slices"

// Need is an input that a command asks for.
type Need string

// The needs; a phone draws one field for each.
const (
	NeedReason     Need = "reason"
	NeedNote       Need = "note"
	NeedOffer      Need = "offer"
	NeedOutcome    Need = "outcome"
	NeedDepartment Need = "department"
	NeedDays       Need = "days"
	NeedPhotos     Need = "photos"
	NeedStars      Need = "stars"
	NeedTime       Need = "time"  // of a talk
	NeedPlace      Need = "place" // a room, or a place in words
	NeedSeats      Need = "seats"
	NeedHelpers    Need = "helpers"  // further departments that help
	NeedReport     Need = "report"   // another report, by id
	NeedCategory   Need = "category" // of a report
	NeedPair       Need = "pair"     // photos of before and after
	NeedWhere      Need = "where"    // where a report is, in words
)

// Audience is who is told of a move; mysql resolves it to people when it happens.
type Audience string

// The audiences. The one who acted is never told of their own move.
const (
	ToResident   Audience = "resident"   // who booked, who reported, or who proposed a talk
	ToDeputy     Audience = "deputy"     // the deputy booked
	ToStaff      Audience = "staff"      // the desk of the matter's station
	ToCaller     Audience = "caller"     // that desk, to call the resident who has no WeChat
	ToDepartment Audience = "department" // the department it was dispatched to
	ToCommunity  Audience = "community"  // the community that hosts a talk, or whose neighbours see to a report
	ToHelping    Audience = "helping"    // the departments that help
	ToFollowers  Audience = "followers"  // who met the same problem
	ToWatchers   Audience = "watchers"   // deputies who follow it
	ToProxy      Audience = "proxy"      // who reported for a resident without WeChat; told wherever the resident is
)

// Transition is one row of a state machine: in state From, Command by one of By leads to
// To, needs Needs, and tells Tell. Label is the button, Text the sentence of the timeline.
type Transition[S, C ~string] struct {
	From    S
	Command C
	By      []Role
	To      S
	Needs   []Need
	Takes   []Need // what may come along
	Tell    []Audience
	Label   string
	Text    string
	Primary bool   // the one thing to tap
	Danger  bool   // asked once before it is done
	Confirm string // the question, when Danger
}

// Action is a command offered to a person now. Phones draw their buttons from it and guess nothing.
type Action struct {
	Command string `json:"command"`
	Label   string `json:"label"`
	Primary bool   `json:"primary"`
	Danger  bool   `json:"danger"`
	Needs   []Need `json:"needs" nullable:"false"`
	Takes   []Need `json:"takes" nullable:"false" doc:"fields that may stay empty"`
	Confirm string `json:"confirm"`
}

// Input is what comes with a command. Which parts must be there, Transition.Needs says.
type Input struct {
	Seen         string // Version of the booking or report that the person looked at; "" = whatever it is now
	Reason       string
	Note         string
	Offer        *Slot  // counter, move, a talk: the time
	Place        string // of a talk that is in no room
	Seats        int    // of a talk
	DepartmentID int64
	Department   string // its name, for the timeline
	HelperIDs    []int64
	Helpers      []string // their names
	CategoryID   int64
	Category     Category // the one of CategoryID
	IntoID       int64    // the report to go on with
	Into         string   // its number
	Days         int      // working days to answer within; 0 = the category's preset
	Outcome      Outcome
	PhotoIDs     []string // all of them, those of the pair among them
	BeforeIDs    []string // of PhotoIDs: the place as it was found
	AfterIDs     []string // and as it was left
	Building     string   // where a report is
	Where        string   // the rest of its place
	Stars        int
	Text         string
}

// Stages says of the photos that show a result what each shows.
func (in *Input) Stages() map[string]Stage {
	stages := map[string]Stage{}
	for _, id := range in.BeforeIDs {
		stages[id] = Before
	}
	for _, id := range in.AfterIDs {
		stages[id] = After
	}
	return stages
}

// Event is one line of a matter's history. Note holds the words that came with it; they
// are shown to everyone who may open the matter.
type Event struct {
	Command string
	From    string
	To      string
	Role    Role
	Text    string
	Note    string
	Old     string // what changed, for people: the time before and after
	New     string
}

// find returns the row for a command by the first of the actor's roles that may give it
// and that the guard lets through: who serves at the desk and is the resident as well may
// do what either may. When the guard refuses all of them, its first refusal is returned.
func find[S, C ~string](table []Transition[S, C], from S, command C, roles []Role, guard func(*Transition[S, C], Role) error) (row *Transition[S, C], role Role, refused error) {
	for i := range table {
		t := &table[i]
		if t.From != from || t.Command != command {
			continue
		}
		for _, r := range roles {
			if !slices.Contains(t.By, r) {
				continue
			}
			err := guard(t, r)
			if err == nil {
				return t, r, nil
			}
			if refused == nil {
				refused = err
			}
		}
	}
	return nil, "", refused
}

// offered lists what these roles may do in state from: each command once, by the row that
// find would choose.
func offered[S, C ~string](table []Transition[S, C], from S, roles []Role, guard func(*Transition[S, C], Role) error) []Action {
	actions := []Action{}
	for i := range table {
		t := &table[i]
		if t.From != from || t.Label == "" {
			continue
		}
		if row, _, _ := find(table, from, t.Command, roles, guard); row == t {
			actions = append(actions, Action{
				Command: string(t.Command), Label: t.Label, Primary: t.Primary, Danger: t.Danger,
				Needs: append([]Need{}, t.Needs...), Takes: append([]Need{}, t.Takes...), Confirm: t.Confirm,
			})
		}
	}
	return actions
}

// refusal says why there is no row: a stranger learns nothing, others what the state is.
func refusal(roles []Role, known bool, stateName string) error {
	if len(roles) == 0 {
		return E(CodeNotFound, "没有找到这条记录，或者您无权查看。")
	}
	if known {
		return E(CodeForbidden, "您不能进行这一步操作。")
	}
	return E(CodeConflict, "已经有了新进展，现在是“"+stateName+"”，这一步不能再做了。")
}

func commandKnown[S, C ~string](table []Transition[S, C], from S, command C) bool {
	return slices.ContainsFunc(table, func(t Transition[S, C]) bool { return t.From == from && t.Command == command })
}
