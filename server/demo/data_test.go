package demo

import (
	"slices"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/wechat/wechatsim"
)

func TestOpenIDsAreTheSimulators(t *testing.T) {
	if !strings.HasPrefix(wechatsim.OpenID("anybody"), simPrefix) {
		t.Errorf("%s does not begin with %s", wechatsim.OpenID("anybody"), simPrefix)
	}
}

func TestNobodyIsNamedInReports(t *testing.T) {
	for _, m := range append(append([]matter{}, doneMatters...), openMatters...) {
		for _, name := range residentNames {
			if strings.Contains(m.body+m.place, name) {
				t.Errorf("%s is named in: %s", name, m.body)
			}
			for _, step := range m.moves {
				if strings.Contains(step.in.Note+step.in.Reason+step.in.Text, name) {
					t.Errorf("%s is named in the story of: %s", name, m.body)
				}
			}
		}
	}
}

func TestNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	all := append([]string{}, residentNames...)
	for _, d := range deputies {
		all = append(all, d.name)
	}
	for _, w := range workers {
		all = append(all, w.name)
	}
	for _, name := range all {
		if seen[name] {
			t.Errorf("two people are called %s", name)
		}
		seen[name] = true
	}
}

// TestRoomsAreNotDoubleBooked: no two deputies receive in one room, and no deputy in two
// places, at once.
func TestRoomsAreNotDoubleBooked(t *testing.T) {
	type window struct {
		who      string
		from, to int
	}
	taken := map[string][]window{}
	for _, d := range deputies {
		for _, h := range d.hours {
			w := window{d.name, minutes(h.from), minutes(h.to)}
			if (w.to-w.from)%slotMinutes != 0 {
				t.Errorf("%s: %s–%s is not whole slots", d.name, h.from, h.to)
			}
			keys := []string{d.name + h.weekday.String()}
			if h.room != "" {
				keys = append(keys, h.station+h.room+h.weekday.String())
			}
			for _, k := range keys {
				for _, o := range taken[k] {
					if w.from < o.to && o.from < w.to {
						t.Errorf("%s: %s and %s at once", k, o.who, w.who)
					}
				}
				taken[k] = append(taken[k], w)
			}
		}
	}
}

// TestEveryDayHasReceptionsAtTheCentralStation: so that the desk has arrivals whenever the
// demo is loaded, mornings and later.
func TestEveryDayHasReceptionsAtTheCentralStation(t *testing.T) {
	for day := time.Sunday; day <= time.Saturday; day++ {
		var early, late bool
		for _, d := range deputies {
			for _, h := range d.hours {
				if h.weekday == day && h.station == central && h.service == cabin.TalkOne {
					early, late = early || minutes(h.from) < 12*60, late || minutes(h.to) > 13*60
				}
			}
		}
		if !early || !late {
			t.Errorf("%s: morning %v, later %v", day, early, late)
		}
	}
}

func TestOfferedServicesHaveHours(t *testing.T) {
	for _, d := range deputies {
		has := map[cabin.Service]bool{}
		for _, h := range d.hours {
			has[h.service] = true
		}
		for _, s := range d.services {
			if !has[s] && s != cabin.GroupTalk {
				t.Errorf("%s offers %s and has no hours for it", d.name, s.Name())
			}
		}
		if has[cabin.GroupTalk] {
			t.Errorf("%s has weekly hours for talks: their time is agreed each time", d.name)
		}
		has[cabin.GroupTalk] = slices.Contains(d.services, cabin.GroupTalk)
		if n := len(d.services); !has[cabin.GroupTalk] && len(has) != n+1 || has[cabin.GroupTalk] && len(has) != n {
			t.Errorf("%s has hours for what is not offered", d.name)
		}
	}
}

// TestTextsFit holds the texts against what a phone may send.
func TestTextsFit(t *testing.T) {
	fits := func(what, text string, most int) {
		if err := cabin.CheckText(what, text, 0, most); err != nil {
			t.Errorf("%s: %s: %v", what, text, err)
		}
	}
	for _, v := range visits {
		fits("topic", v.topic, cabin.MaxTopic)
		fits("note", v.note, cabin.MaxNote)
	}
	for _, v := range talks {
		fits("topic", v.topic, cabin.MaxTopic)
		fits("intro", v.intro, cabin.MaxTalkIntro)
		fits("wish", v.wish, cabin.MaxTalkWish)
		fits("place", v.place, cabin.MaxTalkPlace)
	}
	for _, c := range categories {
		kept := cabin.Category{Name: c.name, Hint: c.hint, Days: c.days, Questions: slices.Clone(questions[c.name])}
		if err := kept.Check(kept.Questions); err != nil {
			t.Errorf("category %s: %v", c.name, err)
		}
	}
	home := 0
	for _, s := range specialities {
		for _, word := range s.words {
			for _, h := range homeNeeds {
				if word == h {
					home++
				}
			}
		}
	}
	if home != len(homeNeeds) {
		t.Errorf("%d of %d words of the home page have a speciality", home, len(homeNeeds))
	}
}
