package cabin

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/6tail/lunar-go/HolidayUtil"
)

// Office hours that working time is counted in.
const (
	officeOpens  = 9 * time.Hour
	officeCloses = 17 * time.Hour
)

// Calendar is China's calendar of holidays and make-up workdays (调休) with the office's
// own days over it. Its zero value has none of its own.
type Calendar struct{ own map[date]CalendarDay }

// CalendarDay is a day that the office set itself. AsWeekday, 0 (Sunday) to 6, says which
// weekday's hours apply on a workday; -1: the day's own.
type CalendarDay struct {
	Day       string `db:"day"` // 2006-01-02
	Workday   bool   `db:"workday"`
	AsWeekday int    `db:"as_weekday"`
	Name      string `db:"name"`
}

// NewCalendar puts the office's own days over the published ones.
func NewCalendar(own []CalendarDay) Calendar {
	c := Calendar{own: make(map[date]CalendarDay, len(own))}
	for _, d := range own {
		c.own[d.date()] = d
	}
	return c
}

// date is a day as a number: 20261129.
type date int

func dateOf(t time.Time) date {
	y, m, d := t.In(Shanghai).Date()
	return date(y*10000 + int(m)*100 + d)
}

func (d date) year() int { return int(d) / 10000 }

// date is 0 where Day is none.
func (d CalendarDay) date() date {
	n, _ := strconv.Atoi(strings.ReplaceAll(d.Day, "-", ""))
	return date(n)
}

// published are the library's days in a form that is quick to ask.
var published = sync.OnceValue(func() (known struct {
	days  map[date]CalendarDay
	years map[int]bool
}) {
	known.days, known.years = map[date]CalendarDay{}, map[int]bool{}
	for year := 2001; year <= 2100; year++ {
		list := HolidayUtil.GetHolidaysByYear(year)
		for e := list.Front(); e != nil; e = e.Next() {
			h := e.Value.(*HolidayUtil.Holiday)
			d := CalendarDay{Day: h.GetDay(), Workday: h.IsWork()}
			if !d.Workday {
				d.Name = h.GetName()
			}
			known.days[d.date()], known.years[d.date().year()] = d, true
		}
	}
	return known
})

// Holiday returns the name of the holiday on t's day, and whether the day is a make-up
// workday (调休) instead. A year that is not yet published has none.
func (c Calendar) Holiday(t time.Time) (name string, makeUp bool) {
	key := dateOf(t)
	if d, set := c.own[key]; set {
		if d.Workday {
			return "", true
		}
		return firstText(d.Name, "放假"), false
	}
	d, known := published().days[key]
	return d.Name, known && d.Workday
}

// Weekday is the weekday whose hours apply on t's day: its own, unless the office says
// that a workday stands in for another.
func (c Calendar) Weekday(t time.Time) time.Weekday {
	if d, set := c.own[dateOf(t)]; set && d.Workday && d.AsWeekday >= 0 {
		return time.Weekday(d.AsWeekday)
	}
	return t.In(Shanghai).Weekday()
}

// IsWorkday follows holidays and make-up workdays; an unpublished year is plain weekdays.
func (c Calendar) IsWorkday(t time.Time) bool {
	name, makeUp := c.Holiday(t)
	if makeUp {
		return true
	}
	if name != "" {
		return false
	}
	wd := t.In(Shanghai).Weekday()
	return wd != time.Saturday && wd != time.Sunday
}

// Published tells whether the holidays of t's year are known: published, or set by the
// office. Until then its days are plain weekdays, and screens say so.
func (c Calendar) Published(t time.Time) bool {
	year := t.In(Shanghai).Year()
	if published().years[year] {
		return true
	}
	for day := range c.own {
		if day.year() == year {
			return true
		}
	}
	return false
}

// MaxDayName is how long the name of a day may be, in characters.
const MaxDayName = 10

// SetDay is a day of a year that is not as its weekday says, or that the office set.
type SetDay struct {
	CalendarDay        // as it counts
	Own         bool   // set by the office
	Published   string // what the published calendar says of it: 春节放假, 调休上班; "" nothing
}

// Days lists the year's days that are published or set by the office, in their order, and
// tells whether the year's holidays are published: if not, the other days are plain weekdays.
func (c Calendar) Days(year int) (days []SetDay, isPublished bool) {
	known := published()
	said := map[date]string{}
	for key, d := range known.days {
		if key.year() != year {
			continue
		}
		if said[key] = "调休上班"; !d.Workday {
			said[key] = d.Name + "放假"
		}
		if _, set := c.own[key]; !set {
			d.AsWeekday = -1
			days = append(days, SetDay{d, false, said[key]})
		}
	}
	for key, d := range c.own {
		if key.year() == year {
			days = append(days, SetDay{d, true, said[key]})
		}
	}
	slices.SortFunc(days, func(a, b SetDay) int { return strings.Compare(a.Day, b.Day) })
	return days, known.years[year]
}

// AddWorkingTime moves t on by d of office time (9:00–17:00 on workdays).
func (c Calendar) AddWorkingTime(t time.Time, d time.Duration) time.Time {
	t = t.In(Shanghai)
	for {
		day := midnight(t)
		opens, closes := day.Add(officeOpens), day.Add(officeCloses)
		if t.Before(opens) {
			t = opens
		}
		if c.IsWorkday(day) && t.Before(closes) {
			if left := closes.Sub(t); d <= left {
				return t.Add(d)
			} else {
				d -= left
			}
		}
		t = day.AddDate(0, 0, 1)
	}
}

// EndOfWorkday is the close of the n-th workday after t's day: how people read "within n working days".
func (c Calendar) EndOfWorkday(t time.Time, n int) time.Time {
	day := midnight(t)
	for n > 0 {
		day = day.AddDate(0, 0, 1)
		if c.IsWorkday(day) {
			n--
		}
	}
	return day.Add(officeCloses)
}

// WorkingTime is how much office time lies between from and to; AddWorkingTime(from, it)
// is the same office moment as to.
func (c Calendar) WorkingTime(from, to time.Time) (d time.Duration) {
	for day := midnight(from); day.Before(to); day = day.AddDate(0, 0, 1) {
		if !c.IsWorkday(day) {
			continue
		}
		opens, closes := day.Add(officeOpens), day.Add(officeCloses)
		if from.After(opens) {
			opens = from
		}
		if to.Before(closes) {
			closes = to
		}
		d += max(closes.Sub(opens), 0)
	}
	return d
}
