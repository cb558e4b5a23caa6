package mysql_test

import (
	"fmt"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
	"warmcabin/server/mysql/dbtest"
)

// A push to somebody whom nothing reaches at the moment when it is written ends there; where
// something may reach them, by whatever way, it waits for the worker, and in the quiet hours too.
func TestAPushThatCanGoNowhereEndsAtOnce(t *testing.T) {
	t.Parallel()
	oneTime := cabin.PushTemplates{OneTime: map[cabin.TemplateKey]bool{cabin.TellBookingRequested: true, cabin.TellReportAssigned: true}}
	longTerm := cabin.PushTemplates{LongTerm: map[cabin.TemplateKey]bool{cabin.TellBookingRequested: true, cabin.TellReportAssigned: true}}
	official := cabin.PushTemplates{OneTime: oneTime.OneTime, Official: map[cabin.TemplateKey]bool{cabin.TellBookingRequested: true, cabin.TellReportAssigned: true}}
	const credit = `INSERT INTO consents (person_id, template, credits, updated_at) SELECT id, '%s', %d, NOW() FROM persons WHERE id IN (SELECT person_id FROM person_roles)`
	const follower = `INSERT INTO official_followers (openid, unionid, left_at) SELECT CONCAT('oa-', openid), CONCAT('u-', openid), %s FROM persons WHERE id IN (SELECT person_id FROM person_roles)`
	const known = `UPDATE persons SET unionid = CONCAT('u-', openid)`
	for name, c := range map[string]struct {
		templates cabin.PushTemplates
		before    []string
		hour      int
		want      string
	}{
		"nothing":                          {oneTime, nil, 10, mysql.PushNoConsent},
		"no templates are known":           {cabin.PushTemplates{}, nil, 10, mysql.PushWaiting},
		"a template that is not known":     {cabin.PushTemplates{OneTime: map[cabin.TemplateKey]bool{cabin.TellReportResult: true}}, nil, 10, mysql.PushWaiting},
		"a message is left":                {oneTime, []string{fmt.Sprintf(credit, "booking_requested", 1), fmt.Sprintf(credit, "report_assigned", 2)}, 10, mysql.PushWaiting},
		"none is left":                     {oneTime, []string{fmt.Sprintf(credit, "booking_requested", 0), fmt.Sprintf(credit, "report_assigned", 0)}, 10, mysql.PushNoConsent},
		"one of another template":          {oneTime, []string{fmt.Sprintf(credit, "report_result", 1)}, 10, mysql.PushNoConsent},
		"one is left, but none is wanted":  {oneTime, []string{fmt.Sprintf(credit, "booking_requested", 1), fmt.Sprintf(credit, "report_assigned", 1), `UPDATE persons SET no_wechat = 1`}, 10, mysql.PushNoConsent},
		"one consent for many":             {longTerm, nil, 10, mysql.PushWaiting},
		"not on WeChat":                    {longTerm, []string{`UPDATE persons SET openid = NULL WHERE id IN (SELECT person_id FROM person_roles)`}, 10, mysql.PushNoWeChat},
		"a follower of the account":        {official, []string{known, fmt.Sprintf(follower, "NULL")}, 10, mysql.PushWaiting},
		"a follower who left":              {official, []string{known, fmt.Sprintf(follower, "NOW()")}, 10, mysql.PushNoConsent},
		"a follower whom it may not tell":  {official, []string{known, fmt.Sprintf(follower, "NULL"), `UPDATE persons SET no_official = 1`}, 10, mysql.PushNoConsent},
		"followers without a number":       {official, []string{`INSERT INTO official_followers (openid, unionid) VALUES ('oa-x', '')`}, 10, mysql.PushNoConsent},
		"an account without such template": {oneTime, []string{known, fmt.Sprintf(follower, "NULL")}, 10, mysql.PushNoConsent},
		"at night":                         {oneTime, nil, 23, mysql.PushWaiting},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStreet(t, 1)
			s.clock.Set(monday.Add(time.Duration(c.hour-9) * time.Hour))
			db, err := mysql.Open(s.dsn(t), mysql.Options{Now: s.clock.Now, Sealer: dbtest.Vault(t), Templates: c.templates})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			s.db = db
			for _, q := range c.before {
				if _, err := s.x.Exec(q); err != nil {
					t.Fatal(err)
				}
			}
			s.booked(t, s.residents[0], 1, wednesday(9, 0), "b")
			s.reported(t, s.residents[0], "r")
			rows, err := s.x.Query(`SELECT matter_kind, state, done_at > '2000-01-01', (SELECT COUNT(*) FROM notices n WHERE n.person_id = o.person_id AND n.matter_kind = o.matter_kind) FROM outbox o ORDER BY id`)
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			n := 0
			for ; rows.Next(); n++ {
				var kind, state string
				var done bool
				var inbox int
				if err := rows.Scan(&kind, &state, &done, &inbox); err != nil {
					t.Fatal(err)
				}
				if state != c.want || done != (c.want != mysql.PushWaiting) || inbox != 1 {
					t.Errorf("%s: %s, done %v, %d in the inbox; want %s", kind, state, done, inbox, c.want)
				}
			}
			if n != 2 {
				t.Errorf("%d pushes", n)
			}
		})
	}
}
