package mysql_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// large are the tables that grow for ever: a list may not read one without an index, nor
// sort what it finds there.
var large = map[string]bool{
	"exports": true, "agreements": true,
	"b": true, "bookings": true, "r": true, "reports": true, "p": true, "persons": true, "person_roles": true, "o": true, "outbox": true, "w": true, "waits": true, "a": true, "deputy_exceptions": true, "e": true, "contacts": true, "t": true, "talks": true, "talk_events": true,
	"notices": true, "x": true, "newest": true, "newer": true, "unseen": true, "photos": true, "unmet_needs": true, "booking_events": true, "report_events": true, "report_followers": true, "h": true, "k": true, "occupancy": true, "audit": true, "consents": true, "idempotency_keys": true, "content_checks": true, "photo_removals": true, "report_months": true, "found_words": true, "visits": true, "v": true, "handovers": true, "m": true, "ledger_corrections": true, "contact_openings": true, "proxy_consents": true,
}

// lists are the reads whose plans are held. index is what the first large table is read
// by; sorts says why a sort is bounded, where there is one. A new list is a new line.
var lists = []struct {
	name  string
	index []string
	sorts string
	read  func(t *testing.T, s *street, db *mysql.DB) error
}{
	{"bookings of a resident", []string{"bookings_resident", "PRIMARY"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Bookings.Mine(t.Context(), s.residents[0].PersonID, 400, 20)
		return err
	}},
	{"what a resident may book, and which times are theirs", []string{"PRIMARY"}, "one person", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Bookings.Allowance(t.Context(), s.residents[0].PersonID)
		return err
	}},
	{"bookings waiting for deputies", []string{"bookings_deputy"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Bookings.OfDeputies(t.Context(), []int64{1, 2}, mysql.Waiting, mysql.Page{Limit: 20})
		return err
	}},
	{"upcoming bookings of a deputy, second page", []string{"bookings_deputy"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Bookings.OfDeputies(t.Context(), []int64{1}, mysql.Upcoming, mysql.Page{At: monday, ID: 50, Limit: 20})
		return err
	}},
	{"past bookings of a desk", []string{"bookings_station_state"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Bookings.OfStations(t.Context(), []int64{1, 2}, mysql.Past, mysql.Page{Limit: 20})
		return err
	}},
	{"past bookings of a desk, second page", []string{"bookings_station_state"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Bookings.OfStations(t.Context(), []int64{1, 2}, mysql.Past, mysql.Page{At: monday, ID: 50, Limit: 20})
		return err
	}},
	{"a desk's day", []string{"bookings_station_day", "bookings_station_state"}, "one day", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Bookings.Day(t.Context(), []int64{1}, nil, monday)
		return err
	}},
	{"a deputy's day", []string{"bookings_deputy"}, "one day", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Bookings.Day(t.Context(), nil, []int64{1}, monday)
		return err
	}},
	{"what waits for a desk", []string{"bookings_waiting"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Bookings.OfStations(t.Context(), []int64{1, 2}, mysql.Waiting, mysql.Page{Limit: 20})
		return err
	}},
	{"what a desk's deputies are asked, second page", []string{"bookings_waiting"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Bookings.OfStations(t.Context(), []int64{1, 2}, mysql.Asked, mysql.Page{At: monday, ID: 50, Limit: 20})
		return err
	}},
	{"the day at a station", []string{"bookings_station_day"}, "one day", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Bookings.Desk(t.Context(), 1, monday)
		return err
	}},
	{"who is at the door", []string{"bookings_code"}, "a day's bookings of one code", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Bookings.ByCode(t.Context(), []int64{1, 2}, "123456")
		return err
	}},
	{"what two admins must agree to", []string{"agreements_state", "PRIMARY"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, _, err := db.Agreements.List(t.Context())
		return err
	}},
	{"what of it waits for an admin", []string{"agreements_state"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Agreements.Waiting(t.Context(), 1)
		return err
	}},
	{"who is known by a phone", []string{"contacts_phone"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.People.ByPhone(t.Context(), s.staff, "13800138000")
		return err
	}},
	{"who may be joined with a WeChat account", []string{"contacts_phone", "reports_reporter", "bookings_resident", "PRIMARY"}, "a few people of one phone", func(t *testing.T, s *street, db *mysql.DB) error {
		_, _, err := db.People.Joinable(t.Context(), s.staff, "13800138000", "13900139000")
		return err
	}},
	{"the matters of who is known by a phone", []string{"contacts_phone", "reports_reporter", "bookings_resident", "PRIMARY"}, "at most 20 of each of the people of one phone", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.People.MattersByPhone(t.Context(), s.staff, []int64{1, 2}, "13800138000")
		return err
	}},
	{"reported on others' behalf", []string{"proxy_consents_recorder", "PRIMARY"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Reports.Proxied(t.Context(), s.staff, 0, 20)
		return err
	}},
	{"posts of a role", []string{"person_roles_scope"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.People.Posts(t.Context(), cabin.Auditor)
		return err
	}},
	{"the audit", []string{"PRIMARY"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Audits.Audit(t.Context(), mysql.AuditFilter{}, 400, 20)
		return err
	}},
	{"the audit of a person", []string{"audit_actor", "PRIMARY"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Audits.Audit(t.Context(), mysql.AuditFilter{ActorID: s.residents[0].PersonID}, 400, 20)
		return err
	}},
	{"the audit of a kind", []string{"audit_kind", "PRIMARY"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Audits.Audit(t.Context(), mysql.AuditFilter{Kind: "report"}, 400, 20)
		return err
	}},
	{"the audit of some days", []string{"PRIMARY"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Audits.Audit(t.Context(), mysql.AuditFilter{From: monday, To: monday.AddDate(0, 0, 3), ActorID: s.staff.PersonID}, 0, 20)
		return err
	}},
	{"a deputy's schedule", []string{"bookings_deputy", "PRIMARY"}, "a deputy's own", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Schedules.Get(t.Context(), s.deputy, 1)
		return err
	}},
	{"a deputy's week", []string{"bookings_deputy"}, "a week", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Schedules.Week(t.Context(), []int64{1}, monday)
		return err
	}},
	{"what a leave touches", []string{"bookings_deputy", "PRIMARY"}, "a leave", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Schedules.Affected(t.Context(), s.deputy, 1, monday, monday.AddDate(0, 0, 5))
		return err
	}},
	{"what a leave moved", []string{"audit_object", "PRIMARY"}, "one leave's", func(t *testing.T, s *street, db *mysql.DB) error {
		leave := cabin.Exception{DeputyID: 1, Kind: cabin.Leave, StartsAt: monday.AddDate(0, 0, 300), EndsAt: monday.AddDate(0, 0, 301)}
		id, err := db.Schedules.AddException(t.Context(), key(s.deputy, "plan"), s.deputy, leave, "")
		if err != nil {
			return err
		}
		_, err = db.Schedules.Outcome(t.Context(), s.deputy, 1, id)
		return err
	}},
	{"a deputy's feed", []string{"bookings_deputy", "PRIMARY"}, "some months of one deputy's", func(t *testing.T, s *street, db *mysql.DB) error {
		secret, err := db.Feeds.New(t.Context(), s.deputy, 1)
		if err != nil {
			return err
		}
		_, err = db.Feeds.Read(t.Context(), secret)
		return err
	}},
	{"a booking's events", []string{"PRIMARY", "booking_events_booking"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, _, err := db.Bookings.Get(t.Context(), s.staff, 1)
		return err
	}},
	{"bookings whose time has come", []string{"bookings_due"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		s.clock.Set(monday.AddDate(0, 0, -400))
		defer s.clock.Set(monday)
		_, err := db.Bookings.Due(t.Context(), 20)
		return err
	}},
	{"reports of a resident", []string{"reports_reporter", "PRIMARY"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Reports.Mine(t.Context(), s.residents[0].PersonID, 400, 20)
		return err
	}},
	{"a report with events and photos", []string{"PRIMARY", "report_events_report", "photos_report"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, _, err := db.Reports.Get(t.Context(), s.staff, 1)
		return err
	}},
	{"reports of communities", []string{"reports_community"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Reports.Read(t.Context(), mysql.CommunityReports([]int64{1, 2}, 300, 20))
		return err
	}},
	{"reports of deputies", []string{"reports_deputy"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Reports.Read(t.Context(), mysql.DeputyReports([]int64{1}, 0, 20))
		return err
	}},
	{"a desk's waiting reports", []string{"reports_desk"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Reports.Read(t.Context(), mysql.StationReports([]int64{1, 2}, mysql.QueueWaiting, mysql.Page{Limit: 20}))
		return err
	}},
	{"a desk's waiting reports, second page", []string{"reports_desk"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Reports.Read(t.Context(), mysql.StationReports([]int64{1, 2}, mysql.QueueWaiting, mysql.Page{At: monday, ID: 50, Limit: 20}))
		return err
	}},
	{"what one of a desk sees to", []string{"report_holders_person", "PRIMARY"}, "what one person sees to", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Reports.HeldBy(t.Context(), s.staff.PersonID, []int64{1, 2}, mysql.QueueWaiting, mysql.Page{Limit: 20})
		return err
	}},
	{"who of a desk sees to a page of reports", []string{"PRIMARY"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Reports.Holders(t.Context(), []int64{1, 2, 3})
		return err
	}},
	{"a desk's closed reports", []string{"reports_desk"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Reports.Read(t.Context(), mysql.StationReports([]int64{1, 2}, mysql.QueueClosed, mysql.Page{ID: 300, Limit: 20}))
		return err
	}},
	{"a department's reports", []string{"reports_department"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Reports.Read(t.Context(), mysql.DepartmentReports([]int64{1, 2}, mysql.QueueWaiting, mysql.Page{Limit: 20}))
		return err
	}},
	{"a department's closed reports, second page", []string{"reports_department"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Reports.Read(t.Context(), mysql.DepartmentReports([]int64{1}, mysql.QueueClosed, mysql.Page{ID: 300, Limit: 20}))
		return err
	}},
	{"a desk's returned reports", []string{"reports_desk"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Reports.Read(t.Context(), mysql.StationReports([]int64{1}, mysql.QueueReturned, mysql.Page{Limit: 20}))
		return err
	}},
	{"whether a resident's page changed", []string{"reports_reporter", "PRIMARY"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Reports.Marks(t.Context(), mysql.MyReports(s.residents[0].PersonID, 0, 20))
		return err
	}},
	{"whether a desk's page changed", []string{"reports_desk"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Reports.Marks(t.Context(), mysql.StationReports([]int64{1, 2}, mysql.QueueWaiting, mysql.Page{At: monday, ID: 50, Limit: 20}))
		return err
	}},
	{"whether a deputy's page changed", []string{"reports_deputy"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Reports.Marks(t.Context(), mysql.DeputyReports([]int64{1}, 0, 20))
		return err
	}},
	{"reports that a department helps with", []string{"report_parts_department", "PRIMARY"}, "one page's", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Reports.Helped(t.Context(), []int64{1, 2}, mysql.QueueHelping, 300, 20)
		return err
	}},
	{"reports that a department helped with, second page", []string{"report_parts_department", "PRIMARY"}, "one page's", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Reports.Helped(t.Context(), []int64{1}, mysql.QueueHelped, 300, 20)
		return err
	}},
	{"the public list", []string{"PRIMARY", "reports_merged"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Reports.Public(t.Context(), mysql.PublicFilter{Before: 400, Limit: 20})
		return err
	}},
	{"the public list of a community", []string{"reports_community"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Reports.Public(t.Context(), mysql.PublicFilter{CommunityID: 1, Solved: true, Limit: 20})
		return err
	}},
	{"the public list of a category", []string{"PRIMARY"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Reports.Public(t.Context(), mysql.PublicFilter{CategoryID: 1, Limit: 20})
		return err
	}},
	{"what a report may be merged into", []string{"reports_community"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Reports.Alike(t.Context(), s.staff, 4)
		return err
	}},
	{"near reports on the map", []string{"reports_cell"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		lat, lng := 39.9, 116.4
		_, err := db.Reports.Near(t.Context(), &cabin.Report{CategoryID: 1, Lat: &lat, Lng: &lng, Body: "积水"})
		return err
	}},
	{"reports whose clock strikes", []string{"reports_clock"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		s.clock.Set(monday.AddDate(0, 0, -400))
		defer s.clock.Set(monday)
		_, err := db.Reports.Due(t.Context(), 20)
		return err
	}},
	{"near reports", []string{"reports_place", "PRIMARY"}, "a month of one building", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Reports.Near(t.Context(), &cabin.Report{CategoryID: 1, CommunityID: 1, PlaceText: "3 号楼", Body: "积水"})
		return err
	}},
	{"reports that a person follows", []string{"report_followers_person", "PRIMARY"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Reports.Followed(t.Context(), s.residents[0].PersonID, 0, 20)
		return err
	}},
	{"the desk's numbers", []string{"bookings_waiting", "bookings_station_day", "reports_desk"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Reports.Desk(t.Context(), []int64{1, 2})
		return err
	}},
	{"an inbox", []string{"notices_person", "PRIMARY"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Notices.List(t.Context(), s.residents[0].PersonID, 300, 20)
		return err
	}},
	{"an inbox by matter, second page", []string{"notices_person", "PRIMARY"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Notices.Matters(t.Context(), s.residents[0].PersonID, 300, 20)
		return err
	}},
	{"whom of a page nobody reached", []string{"outbox_matter"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Notices.Unreached(t.Context(), cabin.MatterBooking, []int64{1, 2, 3})
		return err
	}},
	{"what a person's open matters will want", []string{"bookings_resident", "PRIMARY"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Consents.Budget(t.Context(), s.residents[0].PersonID, "visit")
		return err
	}},
	{"an inbox's unread", []string{"notices_unread"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Notices.Unread(t.Context(), s.residents[0].PersonID)
		return err
	}},
	{"pushes to claim", []string{"outbox_due", "PRIMARY"}, "the claimed rows", func(t *testing.T, s *street, db *mysql.DB) error {
		_, _, err := db.Outbox.Claim(t.Context(), 20, time.Minute, nil)
		return err
	}},
	{"messages that were given up, second page", []string{"outbox_due"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Outbox.Dead(t.Context(), mysql.Page{At: s.clock.Now(), ID: 300, Limit: 20})
		return err
	}},
	{"pushes that are held up", []string{"outbox_due"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Outbox.Held(t.Context())
		return err
	}},
	{"who turned a channel off a moment ago", []string{"persons_channels"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Consents.Declined(t.Context(), s.clock.Now().Add(-4*time.Minute))
		return err
	}},
	{"a person's grants", []string{"PRIMARY"}, "one person's", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.People.Actor(t.Context(), s.staff.PersonID)
		return err
	}},
	{"people who work", []string{"PRIMARY"}, "one page's", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.People.Workers(t.Context(), 3, 20)
		return err
	}},
	{"free slots", []string{"PRIMARY"}, "a deputy's weekly rules", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Places.Slots(t.Context(), 1, monday, 14)
		return err
	}},
	{"deputies with their first free slots", []string{"PRIMARY"}, "the deputies and their tags", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Places.Deputies(t.Context(), mysql.DeputyFilter{Limit: 20})
		return err
	}},
	{"deputies by need", []string{"PRIMARY"}, "the deputies and their tags", func(t *testing.T, s *street, db *mysql.DB) error {
		s.exec(t, `INSERT IGNORE INTO specialities (id, name) VALUES (1, '心理健康')`)
		s.exec(t, `INSERT IGNORE INTO deputy_specialities VALUES (1, 1), (2, 1)`)
		_, err := db.Places.Deputies(t.Context(), mysql.DeputyFilter{Need: "心理健康", Limit: 20})
		return err
	}},
	{"words that matched nobody", []string{"unmet_needs_times"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Needs.Unmet(t.Context(), mysql.UnmetNeed{}, 20)
		return err
	}},
	{"words that matched nobody, second page", []string{"unmet_needs_times"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Needs.Unmet(t.Context(), mysql.UnmetNeed{Word: "词9", Times: 2, LastAt: monday}, 20)
		return err
	}},
	{"a year of the office's calendar", []string{"bookings_station_state"}, "the agreed meetings' days", func(t *testing.T, s *street, db *mysql.DB) error {
		_, _, err := db.Settings.Year(t.Context(), 2026)
		return err
	}},
	{"talks that end by the clock", []string{"talks_state"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		s.clock.Set(monday.AddDate(0, 0, -400))
		defer s.clock.Set(monday)
		_, err := db.Talks.Due(t.Context(), 20)
		return err
	}},
	{"coming talks", []string{"talks_state"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Talks.Upcoming(t.Context(), 0, mysql.Page{Limit: 20})
		return err
	}},
	{"coming talks, second page", []string{"talks_state"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Talks.Upcoming(t.Context(), 0, mysql.Page{At: monday, ID: 50, Limit: 20})
		return err
	}},
	{"coming talks of a deputy", []string{"talks_deputy"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Talks.Upcoming(t.Context(), 1, mysql.Page{Limit: 20})
		return err
	}},
	{"talks proposed to deputies, second page", []string{"talks_deputy"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Talks.OfDeputies(t.Context(), []int64{1, 2}, mysql.TalksProposed, mysql.Page{ID: 50, Limit: 20})
		return err
	}},
	{"a desk's open talks", []string{"talks_station"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Talks.OfStations(t.Context(), []int64{1, 2}, mysql.TalksOpen, mysql.Page{Limit: 20})
		return err
	}},
	{"past talks of a desk, second page", []string{"talks_station"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Talks.OfStations(t.Context(), []int64{1}, mysql.TalksPast, mysql.Page{At: monday, ID: 50, Limit: 20})
		return err
	}},
	{"talks that communities proposed in vain", []string{"talks_community"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Talks.OfCommunities(t.Context(), []int64{1, 2}, mysql.TalksRefused, mysql.Page{Limit: 20})
		return err
	}},
	{"past talks of communities", []string{"talks_community"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Talks.OfCommunities(t.Context(), []int64{1, 2}, mysql.TalksPast, mysql.Page{Limit: 20})
		return err
	}},
	{"a talk with its history and people", []string{"PRIMARY", "talk_events_talk", "bookings_talk"}, "a resident's own", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Talks.Get(t.Context(), s.staff, 4)
		return err
	}},
	{"checks that wait for the staff", []string{"content_checks_queue"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Checks.Queue(t.Context(), []int64{1, 2}, mysql.Page{Limit: 20})
		return err
	}},
	{"checks that wait for the staff, second page", []string{"content_checks_queue"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Checks.Queue(t.Context(), []int64{1, 2}, mysql.Page{At: monday, ID: 50, Limit: 20})
		return err
	}},
	{"checks to ask WeChat about", []string{"content_checks_due"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, _, err := db.Checks.Claim(t.Context(), 20, time.Minute)
		return err
	}},
	{"the checks of a report", []string{"content_checks_what"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Checks.Of(t.Context(), cabin.MatterReport, 7)
		return err
	}},
	{"what of reports may be public", []string{"content_checks_what"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Checks.Published(t.Context(), cabin.MatterReport, []int64{7, 8, 9})
		return err
	}},
	{"a photo to develop", []string{"photos_due"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Photos.Claim(t.Context())
		return err
	}},
	{"uploads that nobody used", []string{"photos_loose", "PRIMARY"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Photos.Abandon(t.Context(), 20)
		return err
	}},
	{"what of photos is to be deleted", []string{"photo_removals_due", "PRIMARY"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Photos.Removals(t.Context(), 20)
		return err
	}},
	{"what I exported", []string{"exports_person"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Exports.Mine(t.Context(), 3)
		return err
	}},
	{"an export that waits for a worker", []string{"exports_due"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Exports.Claim(t.Context(), time.Minute)
		return err
	}},
	{"exports whose day is over", []string{"exports_expires"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Exports.Expire(t.Context(), 20)
		return err
	}},
	{"a page of exported bookings", []string{"PRIMARY"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		e := &mysql.Export{List: cabin.ExportDeskBookings, Filter: "{}", CreatedAt: monday}
		_, _, err := db.Exports.Page(t.Context(), e, cabin.ExportScope{All: true}, 300, 20)
		return err
	}},
	{"a page of who reported, with phones", []string{"PRIMARY"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		return s.contactPage(t, db, cabin.ExportReportContacts)
	}},
	{"a page of who booked, with phones", []string{"PRIMARY"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		return s.contactPage(t, db, cabin.ExportBookingContacts)
	}},
	{"the statistics of reports", []string{"PRIMARY", "reports_month"}, "what moved since the job counted", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Statistics.Reports(t.Context(), mysql.StatisticFilter{StationIDs: []int64{1, 2}, From: "2025-12-01", To: "2026-11-01"})
		return err
	}},
	{"the statistics of bookings", []string{"bookings_station_state", "unmet_needs_times"}, "the sums", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Statistics.Desk(t.Context(), mysql.StatisticFilter{StationIDs: []int64{1, 2}, From: "2026-11-01", To: "2026-11-01"}, monday.AddDate(0, -1, 0), monday)
		return err
	}},
	{"the reports behind a number, second page", []string{"reports_month"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Statistics.Rows(t.Context(), mysql.StatisticRows{StationIDs: []int64{1, 2}, From: monday.AddDate(0, 0, -20), To: monday, What: cabin.RowsOpen}, mysql.Page{At: monday, ID: 300, Limit: 20})
		return err
	}},
	{"the reports behind a deputy's number", []string{"reports_deputy"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Statistics.Rows(t.Context(), mysql.StatisticRows{StationIDs: []int64{1}, From: monday.AddDate(0, 0, -20), To: monday, DeputyID: 1}, mysql.Page{Limit: 20})
		return err
	}},
	{"the bookings behind a number, second page", []string{"bookings_station_state"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Statistics.Bookings(t.Context(), mysql.BookingRows{StationIDs: []int64{1, 2}, From: monday.AddDate(0, 0, -20), To: monday.AddDate(0, 0, 20), State: cabin.Completed}, mysql.Page{At: monday, ID: 50, Limit: 20})
		return err
	}},
	{"my visits", []string{"visits_person", "PRIMARY"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, _, err := db.Visits.Mine(t.Context(), 3, 300, 20)
		return err
	}},
	{"notes of shifts, second page", []string{"handovers_station", "PRIMARY"}, "who read a page's notes", func(t *testing.T, s *street, db *mysql.DB) error {
		_, _, err := db.Handovers.List(t.Context(), []int64{1, 2}, 300, 20)
		return err
	}},
	{"a ledger of visits, second page", []string{"visits_station"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Ledgers.Rows(t.Context(), mysql.LedgerFilter{Kind: cabin.LedgerVisits, StationIDs: []int64{1, 2}, From: monday.AddDate(0, 0, -30), To: monday}, mysql.Page{At: monday, ID: 300, Limit: 20})
		return err
	}},
	{"a ledger of bookings", []string{"bookings_station_state"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Ledgers.Rows(t.Context(), mysql.LedgerFilter{Kind: cabin.LedgerReception, StationIDs: []int64{1}, From: monday.AddDate(0, 0, -30), To: monday}, mysql.Page{Limit: 20})
		return err
	}},
	{"what the desk looks for, by words", []string{"persons_name", "PRIMARY"}, "the deputies of a name", func(t *testing.T, s *street, db *mysql.DB) error {
		sought, err := cabin.ReadSought("路灯不亮")
		if err != nil {
			return err
		}
		_, err = db.Finds.Find(t.Context(), s.staff, []int64{1, 2}, sought)
		return err
	}},
	{"what the desk looks for, by number", []string{"PRIMARY", "bookings_code"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Finds.Find(t.Context(), s.staff, []int64{1, 2}, cabin.Sought{Text: "2026-0007", Number: 7, Year: 2026, Code: "000007"})
		return err
	}},
	{"whether a photo is visible", []string{"PRIMARY"}, "", func(t *testing.T, s *street, db *mysql.DB) error {
		_, err := db.Photos.Visible(t.Context(), s.staff, fmt.Sprintf("%032d", 1))
		return err
	}},
}

// planRow is one line of EXPLAIN.
type planRow struct{ table, kind, key, extra string }

func explain(t testing.TB, x *sql.DB, q mysql.Statement) (plan []planRow) {
	t.Helper()
	// One trip may hold several statements; the markers divide the arguments among them.
	for _, statement := range strings.Split(q.Query, ";\n") {
		n := strings.Count(statement, "?")
		args := q.Args[:n]
		q.Args = q.Args[n:]
		s := strings.TrimSpace(statement)
		if slices.ContainsFunc([]string{"SELECT", "(SELECT", "DELETE FROM occupancy", "UPDATE occupancy"}, func(of string) bool { return strings.HasPrefix(s, of) }) {
			plan = append(plan, explainOne(t, x, s, args)...)
		}
	}
	return plan
}

func explainOne(t testing.TB, x *sql.DB, query string, args []any) (plan []planRow) {
	t.Helper()
	rows, err := x.Query("EXPLAIN "+query, args...)
	if err != nil {
		t.Fatalf("%v: %s", err, query)
	}
	defer rows.Close()
	for rows.Next() {
		var id, selectType, table, kind, possible, key, keyLen, ref, n, extra sql.NullString
		if err := rows.Scan(&id, &selectType, &table, &kind, &possible, &key, &keyLen, &ref, &n, &extra); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, planRow{table.String, kind.String, key.String, extra.String})
	}
	return plan
}

// TestListsUseTheirIndex explains every query of every list, as it was sent.
func TestListsUseTheirIndex(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	s.fill(t)
	db, probe := s.probed(t)
	for _, l := range lists {
		db.Presets()
		probe.Queries()
		if err := l.read(t, s, db); err != nil {
			t.Errorf("%s: %v", l.name, err)
			continue
		}
		found := false
		for _, q := range probe.Queries() {
			plan := explain(t, s.x, q)
			sorts, text := false, ""
			for _, p := range plan {
				text += fmt.Sprintf("\n  %-16s %-8s %-24s %s", p.table, p.kind, p.key, p.extra)
				derived := strings.HasPrefix(p.table, "<")
				if strings.Contains(p.extra, "filesort") && !derived {
					sorts = true
				}
				if !large[p.table] {
					continue
				}
				if p.kind == "ALL" || p.kind == "index" || (p.key == "" && p.kind != "system" && p.kind != "const") {
					t.Errorf("%s reads all of %s:\n%s%s", l.name, p.table, q.Query, text)
				}
				found = found || slices.Contains(l.index, p.key)
			}
			if sorts && l.sorts == "" {
				t.Errorf("%s sorts more than a page:\n%s%s", l.name, q.Query, text)
			}
			if testing.Verbose() {
				t.Logf("%s%s", l.name, text)
			}
		}
		if !found {
			t.Errorf("%s is not read by %v", l.name, l.index)
		}
	}
}

// TestKeysAreFoundByKey: what gives time back, or makes it firm, reads no more of the table
// than its own keys. There is no index by holder.
func TestKeysAreFoundByKey(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 6)
	b := s.booked(t, s.residents[0], 1, wednesday(9, 0), "keys")
	talk := s.talkAt(t, wednesday(14, 0), 10)
	for _, guest := range s.residents[1:] {
		s.seat(t, guest, talk.ID, 2)
	}
	s.fill(t)
	db, probe := s.probed(t)
	db.Presets()
	probe.Queries()
	for _, c := range []cabin.BookingCommand{cabin.BookingAccept, cabin.BookingCancel} {
		if _, err := db.Bookings.Command(t.Context(), s.staff, b.ID, c, cabin.Input{Reason: "有事"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []cabin.TalkCommand{cabin.TalkReschedule, cabin.TalkCancel} {
		in := cabin.Input{Reason: "停电"}
		if c == cabin.TalkReschedule {
			in.Offer = span(wednesday(16, 0), 1)
		}
		if _, err := db.Talks.Command(t.Context(), s.deputy, talk.ID, c, in); err != nil {
			t.Fatal(err)
		}
	}
	found := 0
	for _, q := range probe.Queries() {
		if !strings.Contains(q.Query, "holder_id = ?") {
			continue
		}
		for _, p := range explain(t, s.x, q) {
			if p.table != "occupancy" {
				continue
			}
			if found++; p.key != "PRIMARY" || p.kind != "range" {
				t.Errorf("occupancy is read by %q, %s:\n%s", p.key, p.kind, q.Query)
			}
		}
	}
	if found < 7 {
		t.Errorf("%d statements by holder, want at least two that make a booking firm, one that gives it back, and the talk's and its seats', twice each", found)
	}
}

// TestNoQueryPerRow: a longer page makes no more trips.
func TestNoQueryPerRow(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	s.fill(t)
	db, probe := s.probed(t)
	for name, read := range map[string]func(limit int) (int, error){
		"bookings": func(n int) (int, error) {
			l, err := db.Bookings.OfStations(t.Context(), []int64{1}, mysql.Past, mysql.Page{Limit: n})
			return len(l), err
		},
		"reports": func(n int) (int, error) {
			l, err := db.Reports.Read(t.Context(), mysql.StationReports([]int64{1, 2}, mysql.QueueClosed, mysql.Page{Limit: n}))
			return len(l), err
		},
		"deputies": func(n int) (int, error) {
			l, err := db.Places.Deputies(t.Context(), mysql.DeputyFilter{Limit: n})
			return len(l), err
		},
		"talks": func(n int) (int, error) {
			l, err := db.Talks.OfStations(t.Context(), []int64{1}, mysql.TalksPast, mysql.Page{Limit: n})
			return len(l), err
		},
		"workers": func(n int) (int, error) { l, err := db.People.Workers(t.Context(), 0, n); return len(l), err },
	} {
		var trips [2]int
		for i, limit := range []int{1, 50} {
			db.Presets() // what is kept for a second is read before
			if _, err := read(1); err != nil {
				t.Fatal(err)
			}
			probe.Queries()
			n, err := read(limit)
			if err != nil || n < i+1 {
				t.Fatalf("%s: %d rows, %v", name, n, err)
			}
			trips[i] = len(probe.Queries())
		}
		if trips[0] != trips[1] {
			t.Errorf("%s: %d trips for one row, %d for a page", name, trips[0], trips[1])
		}
	}
}
