package cabin

import (
	"reflect"
	"testing"
)

func TestPushSteps(t *testing.T) {
	type counts = map[TemplateKey]int
	once := func(keys ...TemplateKey) (steps []PushStep) {
		for _, k := range keys {
			steps = append(steps, PushStep{ByOneTime, k})
		}
		return steps
	}
	standing := map[TemplateKey]bool{TellReportResult: true}
	for name, c := range map[string]struct {
		key   TemplateKey
		minor bool
		means PushMeans
		want  []PushStep
	}{
		"nothing allowed":                  {TellReportResult, false, PushMeans{WeChat: true}, nil},
		"no WeChat, whatever is counted":   {TellReportResult, false, PushMeans{Credits: counts{TellReportResult: 1}}, nil},
		"its own credit":                   {TellBookingChanged, false, PushMeans{WeChat: true, Credits: counts{TellBookingChanged: 1}}, once(TellBookingChanged)},
		"a follower without WeChat":        {TellReportAssigned, false, PushMeans{Official: true}, []PushStep{{ByOfficial, TellReportAssigned}}},
		"a credit, then the account":       {TellReportAssigned, false, PushMeans{WeChat: true, Official: true, Credits: counts{TellReportAssigned: 1}}, []PushStep{{ByOneTime, TellReportAssigned}, {ByOfficial, TellReportAssigned}}},
		"late by WeChat, then the account": {TellReportAssigned, false, PushMeans{WeChat: true, Official: true, Credits: counts{TellReportAssigned: 1}, Failed: ByOneTime}, []PushStep{{ByOfficial, TellReportAssigned}}},
		"late by the account as well":      {TellReportAssigned, false, PushMeans{WeChat: true, Official: true, Credits: counts{TellReportAssigned: 1}, Failed: ByOfficial}, nil},
		"long-term costs none":             {TellReportResult, false, PushMeans{WeChat: true, LongTerm: standing, Credits: counts{TellReportResult: 3}}, []PushStep{{ByLongTerm, TellReportResult}}},
		"the last credit waits":            {TellReportProgress, true, PushMeans{WeChat: true, Credits: counts{TellReportProgress: 1}}, nil},
		"and carries the result":           {TellReportResult, false, PushMeans{WeChat: true, Credits: counts{TellReportProgress: 1}}, once(TellReportProgress)},
		"one to spare":                     {TellReportProgress, true, PushMeans{WeChat: true, Credits: counts{TellReportProgress: 2}}, once(TellReportProgress)},
		"the result has its own":           {TellReportProgress, true, PushMeans{WeChat: true, Credits: counts{TellReportProgress: 1, TellReportResult: 1}}, once(TellReportProgress)},
		"the result is sure in the end":    {TellReportProgress, true, PushMeans{WeChat: true, LongTerm: standing, Credits: counts{TellReportProgress: 1}}, once(TellReportProgress)},
		"the account carries the result":   {TellReportProgress, true, PushMeans{WeChat: true, Official: true, Credits: counts{TellReportProgress: 1}}, append(once(TellReportProgress), PushStep{ByOfficial, TellReportProgress})},
		"what must be acted on is a step":  {TellReportProgress, false, PushMeans{WeChat: true, Credits: counts{TellReportProgress: 1}}, once(TellReportProgress)},
		"a reminder":                       {TellBookingChanged, true, PushMeans{WeChat: true, Credits: counts{TellBookingChanged: 1}}, once(TellBookingChanged)},
		"an answer by the other credit":    {TellBookingAnswered, false, PushMeans{WeChat: true, Credits: counts{TellBookingChanged: 1}}, once(TellBookingChanged)},
	} {
		if got := PushSteps(c.key, c.minor, c.means); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
