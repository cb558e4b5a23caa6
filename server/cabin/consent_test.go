package cabin

import (
	"slices"
	"testing"
)

func TestBudgetAsksForWhatIsNeededNext(t *testing.T) {
	type counts = map[TemplateKey]int
	for name, c := range map[string]struct {
		at    PromptMoment
		roles []Role
		b     Budget
		want  []TemplateKey
	}{
		"the first booking":           {AskBooking, nil, Budget{}, []TemplateKey{TellBookingAnswered, TellBookingChanged}},
		"the result before progress":  {AskReport, nil, Budget{}, []TemplateKey{TellReportResult, TellReportProgress}},
		"a spare credit suffices":     {AskBooking, nil, Budget{Credits: counts{TellBookingAnswered: 1}}, []TemplateKey{TellBookingChanged}},
		"credits spoken for":          {AskBooking, nil, Budget{Credits: counts{TellBookingAnswered: 1, TellBookingChanged: 2}, Needed: counts{TellBookingAnswered: 1, TellBookingChanged: 1}}, []TemplateKey{TellBookingAnswered}},
		"what else is open comes too": {AskBooking, nil, Budget{Needed: counts{TellReportResult: 1, TellReportProgress: 1}}, []TemplateKey{TellBookingAnswered, TellBookingChanged, TellReportResult}},
		"refused in this visit":       {AskBooking, nil, Budget{Resting: map[TemplateKey]bool{TellBookingAnswered: true}}, []TemplateKey{TellBookingChanged}},
		"a matter that waits":         {AskMatter, nil, Budget{Needed: counts{TellReportResult: 1}}, []TemplateKey{TellReportResult}},
		"nothing is open":             {AskMatter, nil, Budget{}, nil},
		"a deputy's bench":            {AskWorkbench, []Role{Deputy}, Budget{Credits: counts{TellBookingChanged: 5}}, []TemplateKey{TellBookingRequested, TellReportAssigned}},
		"two roles, three templates":  {AskWorkbench, []Role{Staff, Deputy}, Budget{}, []TemplateKey{TellReportAssigned, TellBookingRequested, TellBookingChanged}},
		"long term is asked for once": {AskReport, nil, Budget{LongTerm: map[TemplateKey]bool{TellReportResult: true}, Credits: counts{TellReportResult: 1}, Needed: counts{TellReportResult: 3}}, []TemplateKey{TellReportProgress}},
		"kinds are not mixed":         {AskReport, nil, Budget{LongTerm: map[TemplateKey]bool{TellReportResult: true}, Needed: counts{TellBookingChanged: 1}}, []TemplateKey{TellReportResult}},
		"nor the other way":           {AskReport, nil, Budget{LongTerm: map[TemplateKey]bool{TellReportProgress: true}, Needed: counts{TellBookingChanged: 1}}, []TemplateKey{TellReportResult, TellBookingChanged}},
		"a bench of nobody":           {AskWorkbench, nil, Budget{}, nil},
	} {
		if got := c.b.Ask(c.at, c.roles); !slices.Equal(got, c.want) {
			t.Errorf("%s: asks for %v, want %v", name, got, c.want)
		}
	}
}
