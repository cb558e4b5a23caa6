package cabin

// A consent is a person's yes to one WeChat message of one template. They are scarce: the
// budget decides what is worth asking for.

// PromptMoment is a tap at which WeChat's prompt may be shown.
type PromptMoment string

// The moments. AskMatter: opening a matter that waits, and "提醒我".
const (
	AskBooking   PromptMoment = "booking"
	AskReport    PromptMoment = "report"
	AskMatter    PromptMoment = "matter"
	AskWorkbench PromptMoment = "workbench"
)

// MostPrompted is how many templates one prompt may ask for (WeChat's limit).
const MostPrompted = 3

// SpareConsents are how many consents of each of their templates a working person is asked
// to keep in hand.
const SpareConsents = 5

// Budget is what a person's consents and open matters are.
type Budget struct {
	Credits map[TemplateKey]int  // messages that may still be sent
	Needed  map[TemplateKey]int  // messages that the open matters will want
	Resting map[TemplateKey]bool // refused in this visit, or asked just now: not asked
	// LongTerm are the templates of which one yes allows many messages.
	LongTerm map[TemplateKey]bool
	// Unwanted: the person turned WeChat's messages off in our settings.
	Unwanted bool
}

// coming are the messages that what the person is about to do will want, most needed first.
var coming = map[PromptMoment][]TemplateKey{
	AskBooking: {TellBookingAnswered, TellBookingChanged},
	AskReport:  {TellReportResult, TellReportProgress},
}

// lasting are the messages of a person's own matters, most needed first.
var lasting = []TemplateKey{TellReportResult, TellBookingAnswered, TellBookingChanged, TellReportProgress}

// atWork are the messages of a role's work, most needed first.
var atWork = map[Role][]TemplateKey{
	Deputy:     {TellBookingRequested, TellBookingChanged, TellReportAssigned},
	Staff:      {TellReportAssigned, TellBookingRequested, TellBookingChanged},
	Department: {TellReportAssigned},
	Community:  {TellBookingChanged, TellReportAssigned},
	Liaison:    {TellBookingChanged, TellReportAssigned},
	Admin:      {TellReportAssigned},
}

// Ask chooses the templates to ask for at this moment, most needed first, at most
// MostPrompted: what this tap and the open matters will want beyond the credits in hand.
// Nothing that rests, nothing of long term that was allowed, and all of one kind: WeChat
// shows no prompt that mixes them, so the others wait for the next tap.
func (b Budget) Ask(at PromptMoment, roles []Role) []TemplateKey {
	if b.Unwanted {
		return []TemplateKey{}
	}
	wanted := map[TemplateKey]int{}
	order := append([]TemplateKey{}, coming[at]...)
	for _, key := range coming[at] {
		wanted[key]++
	}
	if at == AskWorkbench {
		for _, role := range roles {
			order = append(order, atWork[role]...)
			for _, key := range atWork[role] {
				wanted[key] = SpareConsents
			}
		}
	} else {
		order = append(order, lasting...)
		for key, n := range b.Needed {
			wanted[key] += n
		}
	}
	asked, seen := []TemplateKey{}, map[TemplateKey]bool{}
	for _, key := range order {
		if len(asked) < MostPrompted && !seen[key] && !b.Resting[key] && b.Credits[key] < b.enough(key, wanted[key]) &&
			(len(asked) == 0 || b.LongTerm[asked[0]] == b.LongTerm[key]) {
			asked = append(asked, key)
		}
		seen[key] = true
	}
	return asked
}

// enough is how many credits do for so many messages.
func (b Budget) enough(key TemplateKey, messages int) int {
	if b.LongTerm[key] {
		return min(messages, 1)
	}
	return messages
}
