package mysql

import (
	"context"
	"slices"
	"time"

	"warmcabin/server/cabin"
)

// WeekDay is one day of a deputy's week.
type WeekDay struct {
	Date     time.Time
	Slots    []cabin.Slot
	Bookings []*cabin.Booking // agreed, and those that wait, by the time they hold
	Talks    []FeedTalk
	Leaves   []cabin.Exception
}

// weekDays is how many days a week has from its first.
const weekDays = 7

// Week returns the seven days from from on of these deputies, in one trip.
func (s Schedules) Week(ctx context.Context, deputyIDs []int64, from time.Time) ([]WeekDay, error) {
	y, m, d := from.In(cabin.Shanghai).Date()
	from = time.Date(y, m, d, 0, 0, 0, 0, cabin.Shanghai)
	to, now, p := from.AddDate(0, 0, weekDays), s.db.Now(), s.db.Presets()
	days := make([]WeekDay, weekDays)
	for i := range days {
		days[i].Date = from.AddDate(0, 0, i)
	}
	ids := scopes(deputyIDs)
	if len(ids) == 0 {
		return days, nil
	}
	var t timetable
	var bookings []*cabin.Booking
	var talks []FeedTalk
	agreed := []cabin.BookingState{cabin.Requested, cabin.Confirmed, cabin.CheckedIn, cabin.Completed, cabin.NoShow}
	err := s.db.read(ctx, append(t.parts(ids, from, to, now),
		part{&bookings, `SELECT ` + bookingColumns + ` FROM (
				SELECT id FROM bookings WHERE deputy_id IN (?) AND state IN (?) AND starts_at >= ? AND starts_at < ?
				UNION ALL SELECT id FROM bookings WHERE deputy_id IN (?) AND state = ? AND offer_starts_at >= ? AND offer_starts_at < ?) page
			STRAIGHT_JOIN bookings b ON b.id = page.id` + bookingJoins + `WHERE b.talk_id = 0 ORDER BY b.starts_at, b.id LIMIT 500`,
			[]any{ids, agreed, from.UTC(), to.UTC(), ids, cabin.Countered, from.UTC(), to.UTC()}},
		talksPart(&talks, ids, from, to))...)
	if err != nil {
		return nil, err
	}
	schedules, taken := t.schedules(), t.occupied()
	for i := range days {
		day := &days[i]
		for _, id := range ids {
			day.Slots = append(day.Slots, cabin.DaySlots(day.Date, schedules[id], taken, now, p)...)
		}
		day.fill(bookings, talks, t.exceptions, now)
	}
	return days, nil
}

// fill gives the day what lies in it.
func (d *WeekDay) fill(bookings []*cabin.Booking, talks []FeedTalk, exceptions []cabin.Exception, now time.Time) {
	end := d.Date.AddDate(0, 0, 1)
	in := func(t time.Time) bool { return !t.Before(d.Date) && t.Before(end) }
	for _, b := range bookings {
		if start, _ := b.Occupies(); in(start) && !b.HoldOver(now) {
			d.Bookings = append(d.Bookings, b)
		}
	}
	slices.SortStableFunc(d.Bookings, func(a, b *cabin.Booking) int {
		x, _ := a.Occupies()
		y, _ := b.Occupies()
		return x.Compare(y)
	})
	for _, t := range talks {
		if in(t.StartsAt) {
			d.Talks = append(d.Talks, t)
		}
	}
	for _, e := range exceptions {
		if e.Covers(d.Date, end) {
			d.Leaves = append(d.Leaves, e)
		}
	}
}
