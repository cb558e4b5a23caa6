package cabin_test

import (
	"maps"
	"testing"
	"time"

	"warmcabin/server/cabin"
)

func TestMedianOfWaits(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, c := range []struct {
		name  string
		waits []time.Duration
		want  float64
	}{
		{"one", []time.Duration{3 * day}, 3},
		{"odd", []time.Duration{day, 9 * day, 2 * day}, 2},
		{"even: between the middle two", []time.Duration{day, 2 * day, 4 * day, 30 * day}, 3},
		{"an hour is a tenth of a day at most", []time.Duration{3 * time.Hour}, 0.1},
		{"whole days from ten on", []time.Duration{12*day + 7*time.Hour}, 12},
		{"a clock that was set back", []time.Duration{-day}, 0},
	} {
		w := cabin.Waits{}
		for _, d := range c.waits {
			w[cabin.WaitBucket(d)]++
		}
		if got, ok := w.Median(); !ok || got != c.want {
			t.Errorf("%s: %v %v, want %v", c.name, got, ok, c.want)
		}
		if back := cabin.ReadWaits(w.String()); !maps.Equal(back, w) {
			t.Errorf("%s: kept as %q and read as %v", c.name, w.String(), back)
		}
	}
	if _, ok := (cabin.Waits{}).Median(); ok {
		t.Error("nothing has a median")
	}
	if got := cabin.ReadWaits("5:1,x,7:y"); !maps.Equal(got, cabin.Waits{5: 1}) {
		t.Errorf("read %v", got)
	}
}

func TestTalliesAddUp(t *testing.T) {
	t.Parallel()
	var all cabin.Tally
	all.Add(cabin.Tally{Received: 3, Solved: 2, Open: 1, Reopened: 1, Rated: 1, Stars: 5, Waits: cabin.Waits{10: 2}})
	all.Add(cabin.Tally{Received: 1, Solved: 1, Rated: 1, Stars: 2, Waits: cabin.Waits{10: 1, 40: 1}})
	if all.Received != 4 || all.Solved != 3 || all.Waits[10] != 3 {
		t.Errorf("%+v", all)
	}
	if r, ok := all.Rating(); !ok || r != 3.5 {
		t.Errorf("rating %v %v", r, ok)
	}
}

func TestMonthsAreChinas(t *testing.T) {
	t.Parallel()
	last := time.Date(2026, 11, 30, 16, 30, 0, 0, time.UTC) // already December in China
	m := cabin.MonthOf(last)
	if first, end := m.Days(); m != "2026-12-01" || first != "2026-12-01" || end != "2026-12-31" || m.Next() != "2027-01-01" || m.Name() != "2026年12月" {
		t.Errorf("%s %s %s %s", m, first, end, m.Name())
	}
	if _, err := cabin.ReadMonth("from", "2026-13"); cabin.CodeOf(err) != cabin.CodeInvalid {
		t.Error("a thirteenth month was taken")
	}
	from, to, name := cabin.QuarterOf(last)
	if name != "2026年第4季度" || from.Month() != 10 || to.Month() != 1 || to.Year() != 2027 {
		t.Errorf("%v %v %s", from, to, name)
	}
}
