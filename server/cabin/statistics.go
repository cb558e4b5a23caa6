package cabin

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Tally counts reports that came in: how many, and what became of them so far. Solved and
// Reopened stand side by side: a result that did not hold is not hidden behind one that came
// later.
type Tally struct {
	Received int   `db:"received"`
	Solved   int   `db:"solved"`     // a result was given and stands
	Open     int   `db:"open_count"` // neither solved nor ended in another way
	Reopened int   `db:"reopened"`   // the reporter said at least once that it was not solved
	Rated    int   `db:"rated"`
	Stars    int   `db:"stars"` // of all ratings together
	Waits    Waits `db:"-"`
}

// Add counts another tally into this one.
func (t *Tally) Add(o Tally) {
	t.Received += o.Received
	t.Solved += o.Solved
	t.Open += o.Open
	t.Reopened += o.Reopened
	t.Rated += o.Rated
	t.Stars += o.Stars
	if t.Waits == nil && len(o.Waits) > 0 {
		t.Waits = Waits{}
	}
	for b, n := range o.Waits {
		t.Waits[b] += n
	}
}

// Rating is the mean of the stars, with whether there are any.
func (t *Tally) Rating() (float64, bool) {
	if t.Rated == 0 {
		return 0, false
	}
	return float64(t.Stars) / float64(t.Rated), true
}

// Waits are how long it took until reports were solved: how many there are of each bucket.
// Counts, unlike medians, may be added up.
type Waits map[int]int

// WaitBucket is the bucket of a time until a report was solved: tenths of a day up to ten
// days, whole days after that. The SQL in mysql/statistics.go counts the same way; a test
// holds them together.
func WaitBucket(d time.Duration) int {
	tenths := int(max(0, d) / (24 * time.Hour / 10))
	if tenths < 100 {
		return tenths
	}
	return 100 + tenths/10 - 10
}

// bucketDays is what a bucket says in days.
func bucketDays(bucket int) float64 {
	if bucket < 100 {
		return float64(bucket) / 10
	}
	return float64(bucket - 90)
}

// Median is the middle one in days, with whether there are any.
func (w Waits) Median() (days float64, ok bool) {
	all := 0
	buckets := make([]int, 0, len(w))
	for b, n := range w {
		buckets, all = append(buckets, b), all+n
	}
	if all == 0 {
		return 0, false
	}
	slices.Sort(buckets)
	at := func(place int) float64 {
		for _, b := range buckets {
			if place -= w[b]; place < 0 {
				return bucketDays(b)
			}
		}
		return 0
	}
	return (at((all-1)/2) + at(all/2)) / 2, true
}

// String is the form in which waits are kept.
func (w Waits) String() string {
	buckets := make([]int, 0, len(w))
	for b := range w {
		buckets = append(buckets, b)
	}
	slices.Sort(buckets)
	parts := make([]string, len(buckets))
	for i, b := range buckets {
		parts[i] = strconv.Itoa(b) + ":" + strconv.Itoa(w[b])
	}
	return strings.Join(parts, ",")
}

// ReadWaits reads what String wrote; what is no such text counts nothing.
func ReadWaits(text string) Waits {
	if text == "" {
		return nil
	}
	w := Waits{}
	for part := range strings.SplitSeq(text, ",") {
		bucket, count, _ := strings.Cut(part, ":")
		b, err := strconv.Atoi(bucket)
		n, err2 := strconv.Atoi(count)
		if err == nil && err2 == nil {
			w[b] += n
		}
	}
	return w
}

// Month is a month of China's calendar, by its first day: "2026-11-01".
type Month string

// MonthOf is the month in which a moment lies.
func MonthOf(t time.Time) Month { return Month(t.In(Shanghai).Format("2006-01") + "-01") }

// ReadMonth reads "2026-11" (CodeInvalid about path).
func ReadMonth(path, text string) (Month, error) {
	t, err := time.ParseInLocation("2006-01", text, Shanghai)
	if err != nil || t.Year() < 2000 || t.Year() > 2100 {
		return "", Invalid(path, "月份不对，请重新选择。")
	}
	return MonthOf(t), nil
}

// Start is the month's first moment.
func (m Month) Start() time.Time {
	t, _ := time.ParseInLocation(time.DateOnly, string(m), Shanghai) // made by MonthOf
	return t
}

// Next is the month after.
func (m Month) Next() Month { return MonthOf(m.Start().AddDate(0, 1, 0)) }

// Short is "2026-11".
func (m Month) Short() string { return string(m[:7]) }

// Name is "2026年11月".
func (m Month) Name() string {
	t := m.Start()
	return fmt.Sprintf("%d年%d月", t.Year(), t.Month())
}

// Days are the month's first and last day, 2006-01-02.
func (m Month) Days() (first, last string) {
	return string(m), m.Next().Start().AddDate(0, 0, -1).Format(time.DateOnly)
}

// QuarterOf is the first moment of the quarter in which t lies, of the next, and its name.
func QuarterOf(t time.Time) (from, to time.Time, name string) {
	t = t.In(Shanghai)
	q := (int(t.Month()) - 1) / 3
	from = time.Date(t.Year(), time.Month(3*q+1), 1, 0, 0, 0, 0, Shanghai)
	return from, from.AddDate(0, 3, 0), fmt.Sprintf("%d年第%d季度", t.Year(), q+1)
}

// StatisticRows names which of a tally's reports are looked at.
type StatisticRows string

// What a number of the statistics opens.
const (
	RowsReceived StatisticRows = "received"
	RowsSolved   StatisticRows = "solved"
	RowsOpen     StatisticRows = "open"
	RowsReopened StatisticRows = "reopened"
	RowsRated    StatisticRows = "rated"
)

// StatisticRowsNames are their names on the screen.
var StatisticRowsNames = map[StatisticRows]string{RowsReceived: "收到", RowsSolved: "办结", RowsOpen: "还在办", RowsReopened: "再次交办过", RowsRated: "有评价"}
