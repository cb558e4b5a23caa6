package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"time"
)

// result is one line. Floor != nil makes it a comparison, else it is a value.
type result struct {
	Name   string   `json:"name"`
	C      int      `json:"c,omitempty"`      // requests in flight
	Ours   *float64 `json:"ours,omitempty"`   // requests a second
	Floor  *float64 `json:"floor,omitempty"`  // requests a second
	Ratio  *float64 `json:"ratio,omitempty"`  // ours / floor
	Value  *float64 `json:"value,omitempty"`  // what the name says
	Target target   `json:"target"`           // of ratio or value
	P50    *float64 `json:"p50,omitempty"`    // ms, of ours
	P99    *float64 `json:"p99,omitempty"`    // ms, of ours
	RSS    *float64 `json:"rss_mb,omitempty"` // most that the server process held in memory
	Met    bool     `json:"met"`
	Odd    int      `json:"odd,omitempty"` // answers that were not what the case expects
}

// target is a bound that the figure should reach, or stay within (most).
type target struct {
	bound float64
	most  bool
}

func atLeast(bound float64) target { return target{bound: bound} }
func atMost(bound float64) target  { return target{bound, true} }

func (t target) met(figure float64) bool {
	if t.most {
		return figure <= t.bound
	}
	return figure >= t.bound
}

func (t target) String() string {
	if t.most {
		return "<=" + short(t.bound)
	}
	return short(t.bound)
}

// MarshalText writes the target as the line does.
func (t target) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// compared makes a line of the median rounds of ours and the floor.
func compared(name string, c int, ours, floor round, odd int, rssMB float64, t target) result {
	ratio := 0.0
	if floor.rate() > 0 {
		ratio = ours.rate() / floor.rate()
	}
	p50, p99 := percentile(ours.waits, 50), percentile(ours.waits, 99)
	return result{
		Name: name, C: c, Ours: rounded(ours.rate(), 1), Floor: rounded(floor.rate(), 1), Ratio: rounded(ratio, 3), Target: t,
		P50: rounded(ms(p50), 2), P99: rounded(ms(p99), 2), RSS: rounded(rssMB, 1), Met: t.met(ratio), Odd: odd,
	}
}

// valued makes a line without a floor.
func valued(name string, value float64, t target) result {
	return result{Name: name, Value: rounded(value, 3), Target: t, Met: t.met(value)}
}

// String is the line.
func (r result) String() string {
	if r.Floor == nil {
		return fmt.Sprintf("%s value=%s target=%s", r.Name, short(*r.Value), r.Target)
	}
	return fmt.Sprintf("%s c=%d ours=%.0f floor=%.0f ratio=%.2f target=%.2f p50=%.2f p99=%.2f rss_mb=%.1f",
		r.Name, r.C, *r.Ours, *r.Floor, *r.Ratio, r.Target.bound, *r.P50, *r.P99, *r.RSS)
}

// short writes a number without needless digits.
func short(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// rounded never changes what is met: that was decided before.
func rounded(x float64, digits int) *float64 {
	scale := math.Pow10(digits)
	x = math.Round(x*scale) / scale
	return &x
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// writeJSON replaces the file with the results so far.
func writeJSON(path string, all []result) error {
	text, err := json.MarshalIndent(struct {
		Cases []result `json:"cases"`
	}{all}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
