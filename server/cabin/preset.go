package cabin

import (
	"fmt"
	"time"
)

// Presets are the limits of the domain ("Warm cabin", "Reports"), with its defaults.
type Presets struct {
	BookLead        time.Duration // a booking starts at least this long from now
	BookAheadDays   int           // and at most this many days
	OpenBookings    int           // a resident's open bookings
	AnswerWithin    time.Duration // working time until an unanswered request expires
	CancelUntil     time.Duration // before the start, for the resident
	CheckInFrom     time.Duration // before the start
	AcceptDays      int           // working days until a report is accepted
	DangerWithin    time.Duration // every hour counts
	SilenceDays     int           // days after which a resolved report is closed
	ReportPhotos    int
	ReportBodyRunes int
}

// DefaultPresets are those of the domain.
func DefaultPresets() Presets {
	return Presets{
		BookLead: 4 * time.Hour, BookAheadDays: 30, OpenBookings: 2,
		AnswerWithin: 72 * time.Hour, CancelUntil: 2 * time.Hour, CheckInFrom: time.Hour,
		AcceptDays: 1, DangerWithin: 2 * time.Hour, SilenceDays: 7,
		ReportPhotos: 9, ReportBodyRunes: 2000,
	}
}

// Bookable tells whether a time that starts at start may be booked now (CodeInvalid).
func (p Presets) Bookable(start, now time.Time) error {
	if start.Before(now.Add(p.BookLead)) {
		return Invalid("start", fmt.Sprintf("请至少提前 %d 小时预约，换一个晚一点的时间。", int(p.BookLead.Hours())))
	}
	if start.After(midnight(now).AddDate(0, 0, p.BookAheadDays+1)) {
		return Invalid("start", fmt.Sprintf("只能预约 %d 天以内的时间。", p.BookAheadDays))
	}
	return nil
}

// HoldUntil is when an unanswered request gives its time back: after the working time to
// answer, and never later than its own start.
func (p Presets) HoldUntil(now, start time.Time) time.Time {
	until := AddWorkingTime(now, p.AnswerWithin)
	if start.Before(until) {
		return start
	}
	return until
}
