package cabin

// PushChannel is a way to a person's WeChat.
type PushChannel string

// The channels, the one that costs nothing first.
const (
	ByLongTerm PushChannel = "long_term" // one consent allows many messages
	ByOneTime  PushChannel = "one_time"  // costs a credit
	ByOfficial PushChannel = "official"  // the official account, for its followers
)

// PushStep is one try: a channel and the template whose consent it uses.
type PushStep struct {
	Channel  PushChannel
	Template TemplateKey
}

// PushMeans is what reaches a person now.
type PushMeans struct {
	WeChat   bool                 // they use the mini-program
	Official bool                 // they follow the official account, and it has the template
	LongTerm map[TemplateKey]bool // templates of that kind that the person allows or may allow
	Credits  map[TemplateKey]int  // one-time messages that are left
	Failed   PushChannel          // WeChat took it this way and told later that it did not arrive
}

// PushTemplates are the accounts' templates, as far as they say how a message may go. The
// zero value knows none, and then nothing is known of any message.
type PushTemplates struct {
	OneTime, LongTerm map[TemplateKey]bool // of the mini-program
	Official          map[TemplateKey]bool // of the official account
}

// Steps is PushSteps with what the templates allow; known is false of news that has no template.
func (t PushTemplates) Steps(key TemplateKey, minor bool, m PushMeans) (steps []PushStep, known bool) {
	m.LongTerm, m.Official = t.LongTerm, m.Official && t.Official[key]
	return PushSteps(key, minor, m), t.OneTime[key] || t.LongTerm[key]
}

// results names the template that tells how a matter ends, for the one that tells its steps.
var results = map[TemplateKey]TemplateKey{TellReportProgress: TellReportResult}

// standIns names the template whose credit may carry another's news when that has none:
// both have the same values.
var standIns = map[TemplateKey]TemplateKey{
	TellReportResult: TellReportProgress, TellBookingAnswered: TellBookingChanged,
}

// PushSteps returns the channels for one message, best first; none means that only the
// inbox has it. The next one is tried when a person turns out to allow the one before no
// more. A minor step never takes the last credit that could still carry its matter's result.
func PushSteps(key TemplateKey, minor bool, m PushMeans) []PushStep {
	var steps []PushStep
	if m.WeChat && m.Failed == "" {
		carriers := []TemplateKey{key}
		if other, ok := standIns[key]; ok && !minor {
			carriers = append(carriers, other)
		}
		for _, carrier := range carriers {
			switch {
			case m.LongTerm[carrier]:
				steps = append(steps, PushStep{ByLongTerm, carrier})
			case m.Credits[carrier] > 0 && !(minor && m.keptForResult(key)):
				steps = append(steps, PushStep{ByOneTime, carrier})
			}
		}
	}
	if m.Official && m.Failed != ByOfficial {
		steps = append(steps, PushStep{ByOfficial, key})
	}
	return steps
}

// keptForResult tells whether the last credit of key is all that could carry the result.
func (m PushMeans) keptForResult(key TemplateKey) bool {
	result, has := results[key]
	return has && m.Credits[key] == 1 && m.Credits[result] == 0 && !m.LongTerm[result] && !m.Official
}
