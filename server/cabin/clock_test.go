package cabin

import (
	"testing"
	"time"
)

func on(date string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", date, Shanghai)
	if err != nil {
		panic(err)
	}
	return t
}

// plain has no days of the office's own.
var plain Calendar

// TestHolidays2026 holds the calendar against the State Council's notice for 2026.
func TestHolidays2026(t *testing.T) {
	spans := []struct{ from, to string }{
		{"2026-01-01", "2026-01-03"}, {"2026-02-15", "2026-02-23"}, {"2026-04-04", "2026-04-06"}, {"2026-05-01", "2026-05-05"},
		{"2026-06-19", "2026-06-21"}, {"2026-09-25", "2026-09-27"}, {"2026-10-01", "2026-10-07"},
	}
	makeUps := map[string]bool{"2026-01-04": true, "2026-02-14": true, "2026-02-28": true, "2026-05-09": true, "2026-09-20": true, "2026-10-10": true}
	off := map[string]bool{}
	for _, s := range spans {
		for d := on(s.from + " 00:00"); !d.After(on(s.to + " 00:00")); d = d.AddDate(0, 0, 1) {
			off[d.Format(time.DateOnly)] = true
		}
	}
	for d := on("2026-01-01 12:00"); d.Year() == 2026; d = d.AddDate(0, 0, 1) {
		date := d.Format(time.DateOnly)
		name, makeUp := plain.Holiday(d)
		if (name != "") != off[date] || makeUp != makeUps[date] {
			t.Errorf("%s: holiday %q, make-up %v", date, name, makeUp)
		}
		weekend := d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
		if want := makeUps[date] || (!off[date] && !weekend); plain.IsWorkday(d) != want {
			t.Errorf("%s: workday %v, want %v", date, !want, want)
		}
	}
	// The day is Shanghai's, whatever zone the time is in: 16:30 UTC is past midnight.
	if name, _ := plain.Holiday(time.Date(2026, 9, 30, 16, 30, 0, 0, time.UTC)); name == "" {
		t.Error("October 1 has begun in Shanghai")
	}
	if !plain.IsWorkday(on("2031-10-01 09:00")) {
		t.Error("an unpublished year is plain weekdays")
	}
}

func TestAddWorkingTime(t *testing.T) {
	for _, c := range []struct {
		from string
		d    time.Duration
		want string
	}{
		{"2026-11-23 10:00", 2 * time.Hour, "2026-11-23 12:00"},
		{"2026-11-23 10:00", 7 * time.Hour, "2026-11-23 17:00"},
		{"2026-11-23 10:00", 7*time.Hour + time.Minute, "2026-11-24 09:01"},
		{"2026-11-23 06:00", time.Hour, "2026-11-23 10:00"},
		{"2026-11-23 20:00", time.Hour, "2026-11-24 10:00"},
		{"2026-11-27 16:00", 2 * time.Hour, "2026-11-30 10:00"},  // over a weekend
		{"2026-11-28 11:00", time.Hour, "2026-11-30 10:00"},      // from a Saturday
		{"2026-09-30 16:00", 2 * time.Hour, "2026-10-08 10:00"},  // over National Day
		{"2026-10-09 16:00", 2 * time.Hour, "2026-10-10 10:00"},  // into a make-up Saturday
		{"2026-10-10 16:00", 2 * time.Hour, "2026-10-12 10:00"},  // and out of it
		{"2026-12-31 16:00", 24 * time.Hour, "2027-01-06 16:00"}, // over the year's change: 2027 is not published here
		{"2026-11-23 10:00", 0, "2026-11-23 10:00"},
	} {
		got := plain.AddWorkingTime(on(c.from).UTC(), c.d)
		if c.from == "2026-12-31 16:00" {
			if !got.After(on("2027-01-04 09:00")) || !plain.IsWorkday(got) {
				t.Errorf("%s + %s = %s", c.from, c.d, got)
			}
			continue
		}
		if !got.Equal(on(c.want)) {
			t.Errorf("%s + %s = %s, want %s", c.from, c.d, got, c.want)
		}
	}
}

func TestEndOfWorkday(t *testing.T) {
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-11-23 10:00", 1, "2026-11-24 17:00"}, {"2026-11-27 23:59", 1, "2026-11-30 17:00"}, {"2026-09-30 10:00", 1, "2026-10-08 17:00"},
		{"2026-10-09 10:00", 1, "2026-10-10 17:00"}, {"2026-09-18 10:00", 1, "2026-09-20 17:00"}, {"2026-11-23 00:00", 5, "2026-11-30 17:00"}, {"2026-11-23 10:00", 0, "2026-11-23 17:00"},
	} {
		if got := plain.EndOfWorkday(on(c.from).UTC(), c.n); !got.Equal(on(c.want)) {
			t.Errorf("%d workdays after %s: %s, want %s", c.n, c.from, got, c.want)
		}
	}
}

func TestTimeInWords(t *testing.T) {
	for clock, want := range map[string]string{
		"00:00": "凌晨 0:00", "05:59": "凌晨 5:59", "06:00": "上午 6:00", "09:00": "上午 9:00", "11:59": "上午 11:59", "12:00": "中午 12:00", "12:30": "中午 12:30",
		"13:00": "下午 1:00", "15:30": "下午 3:30", "17:59": "下午 5:59", "18:00": "晚上 6:00", "19:05": "晚上 7:05", "23:59": "晚上 11:59",
	} {
		if got := HourText(on("2026-11-23 " + clock).UTC()); got != want {
			t.Errorf("%s: %q, want %q", clock, got, want)
		}
	}
	now := on("2026-11-23 23:30")
	for date, want := range map[string]string{
		"2026-11-23 00:00": "今天 周一", "2026-11-24 00:00": "明天 周二", "2026-11-25 23:59": "后天 周三", "2026-11-26 09:00": "11月26日 周四",
		"2026-11-22 09:00": "11月22日 周日", "2027-01-01 09:00": "1月1日 周五",
	} {
		if got := DayText(on(date).UTC(), now.UTC()); got != want {
			t.Errorf("%s: %q, want %q", date, got, want)
		}
	}
	for _, c := range []struct{ start, end, now, want string }{
		{"2026-11-24 09:00", "09:30", "2026-11-23 08:00", "明天（11月24日 周二）上午 9:00–9:30"},
		{"2026-11-23 12:30", "13:00", "2026-11-23 08:00", "今天（11月23日 周一）中午 12:30–下午 1:00"},
		{"2026-11-23 11:30", "12:00", "2026-11-23 08:00", "今天（11月23日 周一）上午 11:30–12:00"},
		{"2026-11-26 11:00", "13:30", "2026-11-23 08:00", "11月26日 周四 上午 11:00–下午 1:30"},
		{"2026-11-25 17:30", "18:30", "2026-11-23 08:00", "后天（11月25日 周三）下午 5:30–6:30"},
		{"2026-11-26 19:00", "20:00", "2026-11-23 08:00", "11月26日 周四 晚上 7:00–8:00"},
		{"2027-01-01 09:00", "10:00", "2026-12-31 23:00", "明天（2027年1月1日 周五）上午 9:00–10:00"},
		{"2027-01-11 09:00", "10:00", "2026-12-31 23:00", "2027年1月11日 周一 上午 9:00–10:00"},
		{"2026-12-31 09:00", "10:00", "2027-01-02 23:00", "2026年12月31日 周四 上午 9:00–10:00"},
	} {
		if got := SpanText(on(c.start).UTC(), on(c.start[:11]+c.end).UTC(), on(c.now).UTC()); got != c.want {
			t.Errorf("%s–%s seen %s: %q, want %q", c.start, c.end, c.now, got, c.want)
		}
	}
	if got := MomentText(on("2026-11-26 17:05").UTC()); got != "11月26日 17:05" {
		t.Error(got)
	}
	if got := Number(7, time.Date(2026, 12, 31, 16, 0, 0, 0, time.UTC)); got != "2027-0007" {
		t.Errorf("the year of a number is Shanghai's: %s", got)
	}
}
