package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// ending is where a visit's story has come to.
type ending int

const (
	waiting ending = iota // asked, not answered
	confirmed
	countered // the resident is to choose
	completed
	declined
	cancelledByResident
	cancelledByDeputy
	expired
	offerTaken // another time was offered, taken and kept
	offerRefused
	offerExpired
	residentAbsent
	deputyAbsent
)

// ahead tells whether the visit is still to come.
func (e ending) ahead() bool { return e <= countered }

// visit is the story of one booking. day is about when it is, from today; reason comes
// with a refusal or an offer, record and rating with a visit that took place.
type visit struct {
	who, deputy    int
	day            int
	service        cabin.Service // "" is whatever is free
	topic, note    string
	ending         ending
	reason, record string
	stars          int
	rating         string
}

// planner finds the slots of the history, so that no two visits want the same time.
type planner struct {
	calendar calendar
	presets  cabin.Presets
	rules    [][]cabin.Hours // by deputy
	taken    cabin.Taken
}

// settled is how long after a visit its record and rating have been written.
const settled = 6 * time.Hour

func (l *loader) newPlanner() *planner {
	p := &planner{calendar: l.calendar, presets: l.db.Presets(), taken: cabin.Taken{}}
	for _, d := range deputies {
		var rules []cabin.Hours
		for _, h := range d.hours {
			rule := cabin.Hours{
				DeputyID: l.ids[d.name], StationID: l.ids[h.station], Weekday: h.weekday,
				FromMinute: minutes(h.from), ToMinute: minutes(h.to), SlotMinutes: slotMinutes, Service: h.service,
			}
			if h.room != "" {
				rule.RoomID = l.ids[h.station+h.room]
			}
			rules = append(rules, rule)
		}
		p.rules = append(p.rules, rules)
	}
	return p
}

// free lists the free slots of a deputy on the day, so many days from today.
func (p *planner) free(deputy, day int, service cabin.Service) []cabin.Slot {
	date := p.calendar.today().AddDate(0, 0, day)
	slots := cabin.DaySlots(date, cabin.Schedule{Hours: p.rules[deputy]}, p.taken, date.AddDate(0, 0, -5), p.presets)
	return slices.DeleteFunc(slots, func(s cabin.Slot) bool {
		if service == "" {
			return !s.Free
		}
		return !s.Free || s.Service != service
	})
}

// take finds a free slot from day on, going by step days, and keeps it.
func (p *planner) take(v visit, day, step int) (cabin.Slot, error) {
	for range 60 {
		slots := p.free(v.deputy, day, v.service)
		if step < 0 {
			slots = slices.DeleteFunc(slots, func(s cabin.Slot) bool { return s.End.Add(settled).After(p.calendar.now) })
		}
		if len(slots) > 0 {
			s := slots[(v.who+len(v.topic))%len(slots)]
			p.keep(s)
			return s, nil
		}
		day += step
	}
	return cabin.Slot{}, fmt.Errorf("demo: %s has no time for %s", deputies[v.deputy].name, v.topic)
}

func (p *planner) keep(s cabin.Slot) {
	for _, q := range cabin.Quarters(s.Start, s.End) {
		p.taken.Add(cabin.Resource{Kind: cabin.DeputyTime, ID: s.DeputyID}, q)
		if s.RoomID != 0 {
			p.taken.Add(cabin.Resource{Kind: cabin.RoomTime, ID: s.RoomID}, q)
		}
	}
}

// story collects the acts of one booking; id is known once it is requested.
type story struct {
	l    *loader
	v    visit
	n    int
	id   int64
	acts []act
}

func (l *loader) planVisits() ([]act, error) {
	p := l.newPlanner()
	var acts []act
	for i, v := range visits {
		s := &story{l: l, v: v, n: i}
		var err error
		if v.ending.ahead() {
			err = s.ahead(p)
		} else {
			err = s.past(p)
		}
		if err != nil {
			return nil, err
		}
		acts = append(acts, s.acts...)
	}
	return append(acts, l.planToday(p)...), nil
}

// ahead plans a visit that is still to come: asked for yesterday, or just now.
func (s *story) ahead(p *planner) error {
	slot, err := p.take(s.v, s.v.day, 1)
	if err != nil {
		return err
	}
	asked := s.daytime(p.calendar.today().AddDate(0, 0, -2))
	answered := asked.Add(2*time.Hour + time.Duration(s.n)*time.Minute)
	switch s.v.ending {
	case waiting:
		s.request(p.calendar.now.Add(-time.Duration(40+35*(s.n%6))*time.Minute), slot)
	case confirmed:
		s.request(asked, slot)
		s.command(answered, s.deputy(), cabin.BookingAccept, cabin.Input{})
	case countered:
		s.v.service = slot.Service
		offer, err := p.take(s.v, s.v.day+1, 1)
		if err != nil {
			return err
		}
		s.request(asked, slot)
		s.offer(answered, offer)
	}
	return nil
}

// daytime is an hour of this day at which people have a minute for their phone.
func (s *story) daytime(day time.Time) time.Time {
	y, m, d := day.In(cabin.Shanghai).Date()
	return time.Date(y, m, d, 8+s.n%6, (s.n*17)%60, 0, 0, cabin.Shanghai)
}

func (s *story) past(p *planner) error {
	slot, err := p.take(s.v, s.v.day, -1)
	if err != nil {
		return err
	}
	first := slot
	if s.offered() {
		s.v.service = slot.Service // what is offered instead is the same service
		days := int(p.calendar.today().Sub(slot.Start).Hours()/24) + 2
		if first, err = p.take(s.v, -days, -1); err != nil {
			return err
		}
	}
	asked := s.daytime(first.Start.AddDate(0, 0, -1-s.n%3))
	answered := asked.Add(2*time.Hour + time.Duration(s.n)*time.Minute)
	s.request(asked, first)
	switch s.v.ending {
	case declined:
		s.command(answered, s.deputy(), cabin.BookingDecline, cabin.Input{Reason: s.v.reason})
		return nil
	case expired:
		s.command(first.Start.Add(time.Minute), bySystem, cabin.BookingExpire, cabin.Input{})
		return nil
	case offerTaken, offerRefused, offerExpired:
		s.offer(answered, slot)
	default:
		s.command(answered, s.deputy(), cabin.BookingAccept, cabin.Input{})
	}
	later := answered.Add(95 * time.Minute)
	switch s.v.ending {
	case offerTaken:
		s.command(later, s.resident(), cabin.BookingTake, cabin.Input{})
	case offerRefused:
		s.command(later, s.resident(), cabin.BookingRefuse, cabin.Input{Reason: s.v.record})
	case offerExpired:
		until := p.presets.HoldUntil(answered, slot.Start)
		s.command(until.Add(time.Minute), bySystem, cabin.BookingExpire, cabin.Input{})
	case cancelledByResident:
		s.command(later, s.resident(), cabin.BookingCancel, cabin.Input{Reason: s.v.reason})
	case cancelledByDeputy:
		s.command(later, s.deputy(), cabin.BookingCancel, cabin.Input{Reason: s.v.reason})
	}
	s.meet(slot)
	return nil
}

func (s *story) offered() bool {
	return s.v.ending == offerTaken || s.v.ending == offerRefused || s.v.ending == offerExpired
}

// meet plans the visit itself and what is written afterwards.
func (s *story) meet(slot cabin.Slot) {
	switch s.v.ending {
	case residentAbsent:
		s.command(slot.Start.Add(25*time.Minute), desk, cabin.BookingResidentAbsent, cabin.Input{})
	case deputyAbsent:
		s.command(slot.Start.Add(20*time.Minute), desk, cabin.BookingDeputyAbsent, cabin.Input{})
	case completed, offerTaken:
		if slot.Service != cabin.PhoneCall {
			s.command(slot.Start.Add(-7*time.Minute), desk, cabin.BookingCheckIn, cabin.Input{})
		}
		s.command(slot.End.Add(9*time.Minute), s.deputy(), cabin.BookingComplete, cabin.Input{Note: s.v.record})
		if s.v.stars > 0 {
			s.command(slot.End.Add(3*time.Hour), s.resident(), cabin.BookingRate, cabin.Input{Stars: s.v.stars, Text: s.v.rating})
		}
	}
}

// planToday fills today's receptions at the central station: whoever came last is still
// here, those before are done, the others come later. On a statutory holiday nobody comes.
func (l *loader) planToday(p *planner) []act {
	var slots []cabin.Slot
	var who []int
	for i := range deputies {
		for _, s := range p.free(i, 0, cabin.TalkOne) {
			if s.StationID == l.ids[central] && !slices.Contains(who, i) && len(slots) < len(callers) {
				slots, who = append(slots, s), append(who, i)
			}
		}
	}
	here := -1
	for i, s := range slots {
		if !s.Start.After(p.calendar.now) && (here < 0 || s.Start.After(slots[here].Start)) {
			here = i
		}
	}
	var acts []act
	for i, slot := range slots {
		v := callers[i]
		v.deputy = who[i]
		s := &story{l: l, v: v, n: 100 + i}
		asked := s.daytime(p.calendar.today().AddDate(0, 0, -3))
		s.request(asked, slot)
		s.command(asked.Add(3*time.Hour), s.deputy(), cabin.BookingAccept, cabin.Input{})
		if now := p.calendar.now; !slot.Start.After(now) {
			s.command(slot.Start.Add(-6*time.Minute), desk, cabin.BookingCheckIn, cabin.Input{})
			if done := slot.End.Add(8 * time.Minute); !done.After(now) && i != here {
				s.command(done, s.deputy(), cabin.BookingComplete, cabin.Input{Note: v.record})
			}
		}
		acts = append(acts, s.acts...)
	}
	return acts
}

const desk = "staff"

func (s *story) deputy() string   { return deputyAccount(s.v.deputy) }
func (s *story) resident() string { return residentAccount(s.v.who) }

func (s *story) add(at time.Time, what string, do func(context.Context) error) {
	s.acts = append(s.acts, act{at, "booking “" + s.v.topic + "”: " + what, do})
}

func (s *story) request(at time.Time, slot cabin.Slot) {
	s.add(at, "request", func(ctx context.Context) error {
		who := s.l.actor(s.resident()).PersonID
		b, err := s.l.db.Bookings.Request(ctx, key(who, "booking", s.n), mysql.NewBooking{
			ResidentID: who, DeputyID: slot.DeputyID, Start: slot.Start, Service: slot.Service, Topic: s.v.topic, Note: s.v.note,
		})
		if err == nil {
			s.id = b.ID
		}
		return err
	})
}

func (s *story) command(at time.Time, account string, c cabin.BookingCommand, in cabin.Input) {
	s.add(at, string(c), func(ctx context.Context) error {
		_, err := s.l.db.Bookings.Command(ctx, s.l.actor(account), s.id, c, in)
		return err
	})
}

func (s *story) offer(at time.Time, slot cabin.Slot) {
	s.command(at, s.deputy(), cabin.BookingCounter, cabin.Input{Offer: &slot, Reason: s.v.reason})
}
