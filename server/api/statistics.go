package api

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// Counted is a line of the statistics: reports that came, and what became of them so far.
type Counted struct {
	ID         int64    `json:"id" doc:"of the station, category or deputy; 0 of a month and of all"`
	Name       string   `json:"name"`
	From       string   `json:"from" doc:"the first day that is counted"`
	To         string   `json:"to" doc:"the last day"`
	Received   int      `json:"received"`
	Solved     int      `json:"solved" doc:"a result was given and stands"`
	Open       int      `json:"open" doc:"neither solved nor ended otherwise"`
	Reopened   int      `json:"reopened" doc:"the reporter said at least once that it was not solved"`
	Rated      int      `json:"rated"`
	Rating     *float64 `json:"rating,omitempty" doc:"mean of the stars; absent without ratings"`
	MedianDays *float64 `json:"medianDays,omitempty" doc:"from coming to the result that stands; absent when nothing is solved"`
}

// CountedDeputy is a deputy's line: what was raised with them, and the bookings.
type CountedDeputy struct {
	Counted
	Meetings      int      `json:"meetings" doc:"bookings that took place"`
	Missed        int      `json:"missed" doc:"somebody did not come"`
	Unanswered    int      `json:"unanswered" doc:"requests that expired without an answer"`
	MeetingRating *float64 `json:"meetingRating,omitempty"`
}

// IdleDeputy is a deputy with nothing in the quarter: no meeting, no talk, nothing raised.
type IdleDeputy struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	StationName string `json:"stationName"`
}

// UnmetWord is what people searched for and nobody's speciality fitted.
type UnmetWord struct {
	Word  string `json:"word"`
	Times int    `json:"times"`
}

// Unserved are requests that nobody served.
type Unserved struct {
	Words    []UnmetWord `json:"words" nullable:"false" doc:"of the whole street, the most often said first"`
	Expired  int         `json:"expired" doc:"booking requests that nobody answered in time"`
	Declined int         `json:"declined"`
	Waited   int         `json:"waited" doc:"people in a line who got no seat"`
}

// Statistics are the numbers of some months. Reports are counted in the month in which they
// came; bookings in that in which they were to be.
type Statistics struct {
	From       string          `json:"from" doc:"2026-01"`
	To         string          `json:"to"`
	StationID  int64           `json:"stationId" doc:"0 = all of mine"`
	Stations   []Named         `json:"stations" nullable:"false" doc:"whose desk the reader runs"`
	All        Counted         `json:"all"`
	Months     []Counted       `json:"months" nullable:"false" doc:"every one, the newest first"`
	PerStation []Counted       `json:"perStation" nullable:"false" doc:"the most first"`
	Categories []Counted       `json:"categories" nullable:"false" doc:"the most first"`
	Deputies   []CountedDeputy `json:"deputies" nullable:"false" doc:"the most first"`
	Unserved   Unserved        `json:"unserved"`
	Idle       []IdleDeputy    `json:"idle" nullable:"false"`
	Quarter    string          `json:"quarter" doc:"of idle, in words"`
}

func (s *Server) statistics() {
	add(s, "statistics", s.getStatistics)
	add(s, "statistics-reports", s.statisticsReports)
	add(s, "statistics-bookings", s.statisticsBookings)
}

type statisticsIn struct {
	StationID int64  `query:"stationId" minimum:"0" doc:"all of mine when empty"`
	From      string `query:"from" maxLength:"7" doc:"2026-01; eleven months before to when empty"`
	To        string `query:"to" maxLength:"7" doc:"this month when empty"`
}

const mostMonths = 36

// span reads the months (CodeInvalid).
func (in *statisticsIn) span(now time.Time) (from, to cabin.Month, err error) {
	to = cabin.MonthOf(now)
	if in.To != "" {
		if to, err = cabin.ReadMonth("to", in.To); err != nil {
			return "", "", err
		}
	}
	from = cabin.MonthOf(to.Start().AddDate(0, -11, 0))
	if in.From != "" {
		if from, err = cabin.ReadMonth("from", in.From); err != nil {
			return "", "", err
		}
	}
	switch {
	case from > to:
		return "", "", cabin.Invalid("to", "结束的月份要在开始的月份以后。")
	case cabin.MonthOf(from.Start().AddDate(0, mostMonths-1, 0)) < to:
		return "", "", cabin.Invalid("from", fmt.Sprintf("一次最多看 %d 个月。", mostMonths))
	}
	return from, to, nil
}

// desksNamed are the stations whose desk the caller runs, and those among them that are
// asked for: all when id is 0 (CodeNotFound for another's).
func (s *Server) desksNamed(ctx context.Context, id int64) (a cabin.Actor, mine []Named, asked []int64, err error) {
	if a, err = s.actor(ctx); err != nil {
		return a, nil, nil, err
	}
	if mine, err = s.deskNames(ctx, a); err != nil {
		return a, nil, nil, err
	}
	for _, st := range mine {
		if id == 0 || id == st.ID {
			asked = append(asked, st.ID)
		}
	}
	if len(asked) == 0 {
		err = cabin.E(cabin.CodeNotFound, "没有找到这个联络站，或者您不在那里工作。")
	}
	return a, mine, asked, err
}

func (s *Server) getStatistics(ctx context.Context, in *statisticsIn) (*body[Statistics], error) {
	from, to, err := in.span(s.DB.Now())
	if err != nil {
		return nil, err
	}
	_, mine, stations, err := s.desksNamed(ctx, in.StationID)
	if err != nil {
		return nil, err
	}
	f := mysql.StatisticFilter{StationIDs: stations, From: from, To: to}
	counts, err := s.DB.Statistics.Reports(ctx, f)
	if err != nil {
		return nil, err
	}
	begin, end, quarter := cabin.QuarterOf(to.Start())
	desk, err := s.DB.Statistics.Desk(ctx, f, begin, end)
	if err != nil {
		return nil, err
	}
	categories, err := s.DB.Statistics.CategoryNames(ctx)
	if err != nil {
		return nil, err
	}
	first, _ := from.Days()
	_, last := to.Days()
	line := func(id int64, name string, t *cabin.Tally) Counted { return countedShape(id, name, first, last, t) }
	out := Statistics{From: from.Short(), To: to.Short(), StationID: in.StationID, Stations: mine, All: line(0, "合计", &counts.All), Quarter: quarter,
		Months: []Counted{}, PerStation: []Counted{}, Categories: []Counted{}, Deputies: []CountedDeputy{}, Idle: []IdleDeputy{}}
	for m := to; m >= from; m = cabin.MonthOf(m.Start().AddDate(0, -1, 0)) {
		a, b := m.Days()
		out.Months = append(out.Months, countedShape(0, m.Name(), a, b, counts.Months[m]))
	}
	names := map[int64]string{}
	for _, st := range mine {
		names[st.ID] = st.Name
		if slices.Contains(stations, st.ID) {
			out.PerStation = append(out.PerStation, line(st.ID, st.Name, counts.Stations[st.ID]))
		}
	}
	for id, tally := range counts.Categories {
		out.Categories = append(out.Categories, line(id, categories[id], tally))
	}
	most := func(a, b Counted) int { return cmp.Or(b.Received-a.Received, cmp.Compare(a.ID, b.ID)) }
	slices.SortStableFunc(out.PerStation, most)
	slices.SortStableFunc(out.Categories, most)
	out.Deputies = deputyLines(desk, counts, line)
	out.Unserved = unservedOf(desk)
	for _, d := range desk.Idle {
		out.Idle = append(out.Idle, IdleDeputy{d.ID, d.Name, names[d.StationID]})
	}
	return reply(out), nil
}

func deputyLines(desk mysql.DeskNumbers, counts *mysql.ReportCounts, line func(int64, string, *cabin.Tally) Counted) []CountedDeputy {
	lines := make([]CountedDeputy, 0, len(desk.Deputies))
	for _, d := range desk.Deputies {
		one := CountedDeputy{Counted: line(d.ID, d.Name, counts.Deputies[d.ID])}
		for _, b := range desk.Bookings {
			if b.DeputyID != d.ID {
				continue
			}
			switch b.State {
			case cabin.Completed:
				one.Meetings, one.MeetingRating = b.Bookings, mean(b.Stars, b.Rated)
			case cabin.NoShow:
				one.Missed = b.Bookings
			case cabin.Expired:
				one.Unanswered = b.Bookings
			}
		}
		if one.Received+one.Meetings+one.Missed+one.Unanswered > 0 {
			lines = append(lines, one)
		}
	}
	slices.SortStableFunc(lines, func(a, b CountedDeputy) int { return cmp.Compare(b.Received+b.Meetings, a.Received+a.Meetings) })
	return lines
}

func unservedOf(desk mysql.DeskNumbers) Unserved {
	out := Unserved{Words: []UnmetWord{}, Waited: desk.Waited}
	for _, w := range desk.Unmet {
		out.Words = append(out.Words, UnmetWord{w.Word, w.Times})
	}
	for _, b := range desk.Bookings {
		switch b.State {
		case cabin.Expired:
			out.Expired += b.Bookings
		case cabin.Declined:
			out.Declined += b.Bookings
		}
	}
	return out
}

func mean(stars, rated int) *float64 {
	if rated == 0 {
		return nil
	}
	m := math.Round(10*float64(stars)/float64(rated)) / 10
	return &m
}

func countedShape(id int64, name, first, last string, t *cabin.Tally) Counted {
	out := Counted{ID: id, Name: name, From: first, To: last}
	if t == nil {
		return out
	}
	out.Received, out.Solved, out.Open, out.Reopened, out.Rated, out.Rating = t.Received, t.Solved, t.Open, t.Reopened, t.Rated, mean(t.Stars, t.Rated)
	if days, ok := t.Waits.Median(); ok {
		days = math.Round(10*days) / 10
		out.MedianDays = &days
	}
	return out
}

// StatisticsSpan narrows the rows behind a number; exported, for what is embedded is read then.
type StatisticsSpan struct {
	Paging
	StationID int64  `query:"stationId" minimum:"0" doc:"all of mine when empty"`
	DeputyID  int64  `query:"deputyId" minimum:"0"`
	From      string `query:"from" format:"date" required:"true" doc:"the first day"`
	To        string `query:"to" format:"date" required:"true" doc:"the last day"`
}

// span reads the days; to is excluded.
func (in *StatisticsSpan) span() (from, to time.Time, err error) {
	if from, err = date("from", in.From); err != nil {
		return from, to, err
	}
	to, err = date("to", in.To)
	return from, to.AddDate(0, 0, 1), err
}

type statisticsReportsIn struct {
	StatisticsSpan
	CategoryID int64               `query:"categoryId" minimum:"0"`
	What       cabin.StatisticRows `query:"what" enum:"received,solved,open,reopened,rated" default:"received"`
}

func (s *Server) statisticsReports(ctx context.Context, in *statisticsReportsIn) (*body[List[Report]], error) {
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	from, to, err := in.span()
	if err != nil {
		return nil, err
	}
	a, _, stations, err := s.desksNamed(ctx, in.StationID)
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Statistics.Rows(ctx, mysql.StatisticRows{StationIDs: stations, From: from, To: to, CategoryID: in.CategoryID, DeputyID: in.DeputyID, What: in.What}, page)
	if err != nil {
		return nil, err
	}
	return s.reportsBy(rows, in.Limit, a, func(r *cabin.Report) (time.Time, int64) { return r.CreatedAt, r.ID }), nil
}

type statisticsBookingsIn struct {
	StatisticsSpan
	State cabin.BookingState `query:"state" enum:"completed,no_show,expired,declined,cancelled" default:"completed"`
}

func (s *Server) statisticsBookings(ctx context.Context, in *statisticsBookingsIn) (*body[List[Booking]], error) {
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	from, to, err := in.span()
	if err != nil {
		return nil, err
	}
	a, _, stations, err := s.desksNamed(ctx, in.StationID)
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Statistics.Bookings(ctx, mysql.BookingRows{StationIDs: stations, From: from, To: to, DeputyID: in.DeputyID, State: in.State}, page)
	if err != nil {
		return nil, err
	}
	return paged(rows, in.Limit, func(b *cabin.Booking) (time.Time, int64) { return b.StartsAt, b.ID }, func(b *cabin.Booking) Booking { return s.booking(b, a) }), nil
}
