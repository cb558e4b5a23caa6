package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/danielgtaylor/huma/v2"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// alarmBefore is when a phone's calendar reminds of a meeting.
const alarmBefore = "-PT2H"

func (s *Server) calendars() {
	add(s, "booking-calendar", s.bookingCalendar)
	add(s, "feed-new", s.newFeed)
	add(s, "feed-end", s.endFeed)
	add(s, "feed", s.feed)
}

// bookingCalendar is one booking as a calendar file, for its resident and its deputy.
func (s *Server) bookingCalendar(ctx context.Context, in *ByID) (*huma.StreamResponse, error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	b, _, err := s.DB.Bookings.Get(ctx, a, in.ID)
	if err != nil {
		return nil, err
	}
	roles := b.RolesOf(a)
	mine := slices.Contains(roles, cabin.Resident)
	if !mine && !slices.Contains(roles, cabin.Deputy) {
		return nil, cabin.E(cabin.CodeNotFound, "没有找到这条记录，或者您无权查看。")
	}
	cal := newCalendar("温馨小屋")
	addMeeting(cal, b, s.DB.Now(), mine)
	return serveCalendar(cal, fmt.Sprintf("booking-%s.ics", b.Number()))
}

func newCalendar(name string) *ics.Calendar {
	cal := ics.NewCalendar()
	cal.SetProductId("-//warmcabin//ZH")
	cal.SetCalscale("GREGORIAN")
	cal.SetMethod(ics.MethodPublish)
	cal.SetXWRCalName(name)
	return cal
}

// serveCalendar sends a calendar. RFC 5545 wants lines to end with CRLF.
func serveCalendar(cal *ics.Calendar, filename string) (*huma.StreamResponse, error) {
	var text bytes.Buffer
	if err := cal.SerializeTo(&text, ics.WithNewLine("\r\n")); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", "text/calendar; charset=utf-8")
		hc.SetHeader("Content-Disposition", `attachment; filename="`+filename+`"`)
		hc.SetStatus(http.StatusOK)
		_, _ = io.Copy(hc.BodyWriter(), &text) // the connection is the caller's
	}}, nil
}

// addMeeting adds a booking at the time it holds now. Its resident reads whom they meet;
// the deputy's calendar, which others may see, says nothing of the resident.
func addMeeting(cal *ics.Calendar, b *cabin.Booking, now time.Time, forResident bool) {
	start, end := b.Occupies()
	e := addEvent(cal, fmt.Sprintf("booking-%d@warmcabin", b.ID), start, end, b.CreatedAt, b.UpdatedAt)
	e.SetStatus(meetingStatus(b, now))
	title, place := "接待选民："+b.Service.Name(), strings.TrimSpace(b.StationName+" "+b.RoomName)
	switch {
	case b.TalkID != 0:
		title, place = "讲座："+b.TalkTopic, placeText(b)
	case forResident && b.Service == cabin.PhoneCall:
		title = b.DeputyName + "代表来电"
	case forResident:
		title = "见" + b.DeputyName + "代表（" + b.Service.Name() + "）"
	}
	if b.Service == cabin.PhoneCall {
		place = "电话"
	} else if address := addressOf(b); forResident && address != "" {
		place += "（" + address + "）"
	}
	e.SetSummary(title)
	e.SetLocation(place)
	words := "预约编号 " + b.Number()
	if forResident && b.StationPhone != "" {
		words += "\n联络站电话 " + b.StationPhone
	}
	e.SetDescription(words)
	if status := meetingStatus(b, now); status != ics.ObjectStatusCancelled {
		alarm := e.AddAlarm()
		alarm.SetAction(ics.ActionDisplay)
		alarm.SetTrigger(alarmBefore)
		alarm.SetDescription(title)
	}
}

// addEvent adds an event whose SEQUENCE grows with every change.
func addEvent(cal *ics.Calendar, uid string, start, end, created, updated time.Time) *ics.VEvent {
	e := cal.AddEvent(uid)
	e.SetDtStampTime(updated)
	e.SetModifiedAt(updated)
	e.SetSequence(max(0, int(updated.Sub(created)/time.Second)))
	e.SetStartAt(start)
	e.SetEndAt(end)
	return e
}

func meetingStatus(b *cabin.Booking, now time.Time) ics.ObjectStatus {
	switch {
	case b.HoldOver(now):
		return ics.ObjectStatusCancelled
	case b.State == cabin.Requested, b.State == cabin.Countered, b.DisplacedAt != nil && b.State.Open():
		return ics.ObjectStatusTentative
	case b.State == cabin.Declined, b.State == cabin.Cancelled, b.State == cabin.Expired:
		return ics.ObjectStatusCancelled
	}
	return ics.ObjectStatusConfirmed
}

// FeedAddress is a calendar's secret address; it is told once.
type FeedAddress struct {
	URL string `json:"url" doc:"whoever has it can read the calendar; only its hash is kept"`
}

func (s *Server) newFeed(ctx context.Context, in *ByID) (*body[FeedAddress], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	secret, err := s.DB.Feeds.New(ctx, a, in.ID)
	if err != nil {
		return nil, err
	}
	return reply(FeedAddress{s.PublicURL + Base + "/calendar-feeds/" + secret + ".ics"}), nil
}

func (s *Server) endFeed(ctx context.Context, in *ByID) (*none, error) {
	a, err := s.actor(ctx)
	if err == nil {
		err = s.DB.Feeds.End(ctx, a, in.ID)
	}
	return nil, err
}

type feedIn struct {
	Secret string `path:"secret"`
}

func (s *Server) feed(ctx context.Context, in *feedIn) (*huma.StreamResponse, error) {
	found, err := s.DB.Feeds.Read(ctx, strings.TrimSuffix(in.Secret, ".ics"))
	if err != nil {
		return nil, err
	}
	cal := newCalendar(found.DeputyName + "代表的接待日程")
	cal.SetRefreshInterval("PT1H")
	cal.SetXPublishedTTL("PT1H")
	for _, b := range found.Meetings {
		addMeeting(cal, b, s.DB.Now(), false)
	}
	for i := range found.Talks {
		addTalk(cal, &found.Talks[i])
	}
	return serveCalendar(cal, "calendar.ics")
}

func addTalk(cal *ics.Calendar, t *mysql.FeedTalk) {
	e := addEvent(cal, fmt.Sprintf("talk-%d@warmcabin", t.ID), t.StartsAt, t.EndsAt, t.CreatedAt, t.UpdatedAt)
	e.SetStatus(ics.ObjectStatusConfirmed)
	e.SetSummary("讲座：" + t.Topic)
	place := t.Place
	if place == "" {
		place = strings.TrimSpace(t.StationName + " " + t.RoomName)
	}
	e.SetLocation(place)
	alarm := e.AddAlarm()
	alarm.SetAction(ics.ActionDisplay)
	alarm.SetTrigger(alarmBefore)
	alarm.SetDescription("讲座：" + t.Topic)
}
