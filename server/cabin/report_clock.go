package cabin

import "time"

// runClock starts, stops and moves the deadlines: to accept, to answer, the days of
// silence. It stands only while the reporter is asked (domain: "Reports 民情").
func (r *Report) runClock(t *reportMove, in Input, now time.Time, p Presets) {
	start := func(w Waiting, due time.Time) {
		r.Waiting, r.DueFrom, r.DueAt, r.PausedAt, r.ClockStep = w, &now, &due, nil, 0
	}
	switch t.Command {
	case ReportSubmit, ReportCreate:
		start(WaitingStaff, r.intakeDue(now, p))
	case ReportSendBack:
		if t.To == Accepted {
			start(WaitingStaff, r.intakeDue(now, p))
		}
	case ReportRecall:
		start(WaitingStaff, r.intakeDue(now, p))
	case ReportClassify:
		if r.State == Submitted {
			start(WaitingStaff, r.intakeDue(now, p))
		}
	case ReportDispatch:
		start(WaitingDepartment, r.handleDue(now, in.Days, p))
	case ReportHandOver:
		start(WaitingStaff, r.handleDue(now, 0, p))
	case ReportRefuse:
		start(r.mover(), r.handleDue(now, 0, p))
	case ReportReturn:
		r.Waiting, r.DueFrom, r.DueAt = WaitingResident, nil, nil
	case ReportResolve, ReportAnswer:
		start(WaitingResident, now.AddDate(0, 0, p.SilenceDays))
	case ReportAsk:
		r.Waiting, r.PausedAt, r.ClockStep = WaitingResident, &now, 0
	case ReportReply, ReportResume:
		r.resume(now, p)
	case ReportGrantTime:
		due := r.extended(now, r.ExtendDays, p)
		r.DueAt, r.ExtendDays, r.ClockStep = &due, 0, 0
	case ReportExtend:
		due := r.extended(now, in.Days, p)
		r.DueAt, r.ClockStep = &due, 0
	}
	if t.To == Closed && t.From != Closed {
		r.Waiting, r.DueFrom, r.DueAt, r.SupervisedAt, r.PausedAt, r.ExtendDays = WaitingNobody, nil, nil, nil, nil, 0
	}
}

// mover is whose move it is when nobody waits for the reporter.
func (r *Report) mover() Waiting {
	if r.DepartmentID != 0 && r.State != Accepted {
		return WaitingDepartment
	}
	return WaitingStaff
}

// resume lets the clock go on: the time that it stood is given back.
func (r *Report) resume(now time.Time, p Presets) {
	from, due := *r.DueFrom, *r.DueAt
	if r.Urgent {
		stood := now.Sub(*r.PausedAt)
		from, due = from.Add(stood), due.Add(stood)
	} else {
		stood := p.Calendar.WorkingTime(*r.PausedAt, now)
		from, due = p.Calendar.AddWorkingTime(from, stood), p.Calendar.AddWorkingTime(due, stood)
	}
	r.Waiting, r.DueFrom, r.DueAt, r.PausedAt, r.ClockStep = r.mover(), &from, &due, nil, 0
}

// extended is the deadline with so many days more: after it, or after now when it is over
// already, so that more time is time.
func (r *Report) extended(now time.Time, days int, p Presets) time.Time {
	from := *r.DueAt
	if from.Before(now) {
		from = now
	}
	return p.Calendar.EndOfWorkday(from, days)
}

func (r *Report) intakeDue(now time.Time, p Presets) time.Time {
	if r.Urgent {
		return now.Add(p.DangerWithin)
	}
	return p.Calendar.EndOfWorkday(now, p.AcceptDays)
}

func (r *Report) handleDue(now time.Time, days int, p Presets) time.Time {
	if days > 0 {
		return p.Calendar.EndOfWorkday(now, days)
	}
	if r.Urgent {
		return now.Add(p.DangerWithin)
	}
	return p.Calendar.EndOfWorkday(now, max(r.CategoryDays, 1))
}

// alarm is when the clock strikes next. For those who handle it: at AmberPercent of the time, at
// its end (催办), and SuperviseDays later (督办). While the reporter is asked: halfway, and
// when the days of silence are over. nil: not again.
func (r *Report) alarm(p Presets) *time.Time {
	var strikes []time.Time
	switch {
	case r.DueAt == nil || r.DueFrom == nil:
	case r.PausedAt != nil:
		ends := r.PausedAt.AddDate(0, 0, p.SilenceDays)
		strikes = []time.Time{r.PausedAt.Add(ends.Sub(*r.PausedAt) / 2), ends}
	case r.State == Resolved:
		strikes = []time.Time{r.DueFrom.Add(r.DueAt.Sub(*r.DueFrom) / 2), *r.DueAt}
	default:
		strikes = []time.Time{r.amberAt(p), *r.DueAt}
		if r.SupervisedAt == nil && r.Urgent {
			strikes = append(strikes, r.DueAt.Add(p.DangerWithin))
		} else if r.SupervisedAt == nil {
			strikes = append(strikes, p.Calendar.EndOfWorkday(*r.DueAt, p.SuperviseDays))
		}
	}
	if r.ClockStep >= len(strikes) {
		return nil
	}
	at := strikes[r.ClockStep].Truncate(time.Millisecond)
	return &at
}

func (r *Report) wind(p Presets) { r.ClockAt = r.alarm(p) }

// Strike is what the clock does when it strikes: a command of the system, or a reminder
// that is no event (to whom).
type Strike struct {
	Command ReportCommand
	Remind  []Audience
}

// Tick tells what is to be done at now. Nothing is due where both parts of it are empty.
// A reminder counts as done (the clock goes on), a command must be applied.
func (r *Report) Tick(now time.Time, p Presets) Strike {
	if r.ClockAt == nil || now.Before(*r.ClockAt) {
		return Strike{}
	}
	if at := r.alarm(p); at == nil || now.Before(*at) { // the limits have changed since
		r.ClockAt = at
		return Strike{}
	}
	if r.PausedAt == nil && r.State != Resolved && r.ClockStep == 0 && !now.Before(*r.DueAt) {
		r.ClockStep = 1 // nobody looked in time: no "nearly over" for what is over
	}
	last := r.ClockStep > 0
	switch {
	case r.PausedAt != nil && last:
		return Strike{Command: ReportResume}
	case r.State == Resolved && last:
		return Strike{Command: ReportLapse}
	case r.State == Resolved:
		return Strike{Command: ReportAskAgain}
	case r.PausedAt == nil && r.ClockStep == 1:
		return Strike{Command: ReportUrge}
	case r.PausedAt == nil && last:
		return Strike{Command: ReportSupervise}
	}
	to := []Audience{ToStaff}
	if r.PausedAt != nil {
		to = []Audience{ToResident}
	} else if r.Waiting == WaitingDepartment {
		to = []Audience{ToDepartment, ToHelping}
	}
	r.ClockStep++
	r.wind(p)
	return Strike{Remind: to}
}
