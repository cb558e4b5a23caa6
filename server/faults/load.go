package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"warmcabin/server/cabin"
)

const (
	deputies    = 6
	stations    = 3
	departments = 3
	credits     = 1_000_000 // messages that each person allows of each template
	ahead       = 3 * 24 * time.Hour
)

// furnish makes the street. Slots begin some days from now: a reminder would be news that no
// event tells.
func (s *site) furnish(ctx context.Context) error {
	for _, q := range []string{
		fmt.Sprintf(`INSERT INTO stations (id, kind, name, address) SELECT seq, IF(seq = 1, 'central', 'community'), CONCAT('联络站', seq), '和平路 1 号' FROM seq_1_to_%d`, stations),
		fmt.Sprintf(`INSERT INTO communities (id, name, station_id) SELECT seq, CONCAT('社区', seq), seq FROM seq_1_to_%d`, stations),
		fmt.Sprintf(`INSERT INTO departments (id, name) SELECT seq, CONCAT('承办单位', seq) FROM seq_1_to_%d`, departments),
		fmt.Sprintf(`INSERT INTO categories (id, name, department_id, days) SELECT seq, CONCAT('类别', seq), seq, 5 FROM seq_1_to_%d`, departments),
		fmt.Sprintf(`INSERT INTO deputies (id, name, level, station_id) SELECT seq, CONCAT('代表', seq), 'district', 1 + seq %% %d FROM seq_1_to_%d`, stations, deputies),
		`INSERT INTO rooms (id, station_id, name) SELECT id, station_id, CONCAT('接待室', id) FROM deputies`,
		`INSERT INTO deputy_services (deputy_id, service) SELECT id, 'talk_one' FROM deputies`,
		`INSERT INTO deputy_hours (deputy_id, station_id, room_id, service, weekday, from_minute, to_minute, slot_minutes)
			SELECT d.id, d.station_id, d.id, 'talk_one', seq, 540, 1020, 15 FROM seq_0_to_6, deputies d`,
		`INSERT INTO presets (name, value, updated_by, updated_at) VALUES ('open_bookings', 5, 0, UTC_TIMESTAMP())`,
	} {
		if _, err := s.db.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("%w: %s", err, q)
		}
	}
	return nil
}

// people logs everybody in and lets them agree to be told.
func (s *site) people(ctx context.Context, residents int) error {
	for i := range residents {
		s.add("resident", i, (*phone).resident, 0)
	}
	for i := range deputies {
		s.add("deputy", i, (*phone).deputy, int64(i+1))
	}
	for i := range 2 * stations {
		s.add("staff", i, (*phone).staff, int64(1+i%stations))
	}
	for i := range 2 * departments {
		s.add("department", i, (*phone).department, int64(1+i%departments))
	}
	for _, p := range s.phones {
		if err := p.logIn(ctx); err != nil {
			return err
		}
		if err := p.agree(ctx); err != nil {
			return err
		}
		if role := p.role(); role != "resident" {
			if _, err := s.db.ExecContext(ctx, `INSERT INTO person_roles (person_id, role, scope_id, granted_at) VALUES (?,?,?,UTC_TIMESTAMP())`, p.id, role, p.scope); err != nil {
				return err
			}
		}
	}
	_, err := s.db.ExecContext(ctx, `UPDATE consents SET credits = ?`, credits)
	return err
}

func (s *site) add(role string, i int, live func(*phone, context.Context), scope int64) {
	p := &phone{s: s, name: fmt.Sprintf("%s-%d", role, i+1), ip: fmt.Sprintf("10.1.%d.%d", len(s.phones)/250, 1+len(s.phones)%250), scope: scope}
	p.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1, IdleConnTimeout: 20 * time.Second}}
	s.closers = append(s.closers, p.client.CloseIdleConnections)
	p.live = func(ctx context.Context, pause time.Duration) {
		for rest(ctx, pause/2+rand.N(pause)) == nil {
			live(p, ctx)
		}
	}
	s.phones = append(s.phones, p)
}

func (p *phone) role() string { role, _, _ := strings.Cut(p.name, "-"); return role }

// mark makes what this phone writes unlike anything else: a twin shows.
func (p *phone) mark() string {
	p.made++
	return fmt.Sprintf("%s-%d", p.name, p.made)
}

// A phone's lists, as far as the load needs them.
type (
	matters struct {
		Items []struct {
			ID    int64
			State string
			Seen  string
		}
	}
	slotDays struct {
		Days []struct {
			Slots []struct {
				Start time.Time
				Free  bool
			}
		}
	}
)

// resident books, reports, and now and then cancels or confirms.
func (p *phone) resident(ctx context.Context) {
	switch n := rand.IntN(20); {
	case n < 9:
		p.create(ctx, cabin.MatterReport, "/reports", map[string]any{
			"categoryId": 1 + rand.IntN(departments), "body": "楼前的路面一下雨就积水，老人出门要绕很远，请帮忙看看。记号 " + p.mark(),
			"place": map[string]any{"communityId": 1 + rand.IntN(stations), "text": "楼前"},
		})
	case n < 17:
		p.book(ctx)
	case n < 18:
		p.cancelOne(ctx)
	default:
		p.followUp(ctx)
	}
}

// followUp says of the newest report what there is to say: that it is solved, or more.
func (p *phone) followUp(ctx context.Context) {
	for _, r := range get[matters](ctx, p, "/me/reports").Items {
		switch cabin.ReportState(r.State) {
		case cabin.Resolved:
			p.move(ctx, cabin.MatterReport, r.ID, string(cabin.ReportRate), r.Seen, map[string]any{"stars": 5})
			return
		case cabin.Submitted, cabin.InProgress:
			p.move(ctx, cabin.MatterReport, r.ID, string(cabin.ReportAdd), r.Seen, map[string]any{"note": "又积水了，" + p.mark()})
			return
		}
	}
}

// book wants one of the next slots of a deputy, as others do.
func (p *phone) book(ctx context.Context) {
	deputy := 1 + rand.IntN(deputies)
	var free []time.Time
	for _, day := range get[slotDays](ctx, p, fmt.Sprintf("/deputies/%d/slots?days=31", deputy)).Days {
		for _, slot := range day.Slots {
			if slot.Free && time.Until(slot.Start) > ahead {
				free = append(free, slot.Start)
			}
		}
	}
	if len(free) == 0 {
		return
	}
	a := p.create(ctx, cabin.MatterBooking, "/bookings", map[string]any{
		"deputyId": deputy, "start": free[rand.IntN(min(len(free), 12))], "topic": "睡不好", "note": "记号 " + p.mark(),
	})
	if a.status == http.StatusConflict && strings.Contains(string(a.body), string(cabin.CodeLimitReached)) {
		p.cancelOne(ctx)
	}
}

func (p *phone) cancelOne(ctx context.Context) {
	for _, b := range get[matters](ctx, p, "/me/bookings").Items {
		if b.State == string(cabin.Requested) || b.State == string(cabin.Confirmed) {
			p.move(ctx, cabin.MatterBooking, b.ID, string(cabin.BookingCancel), b.Seen, nil)
			return
		}
	}
}

// deputy answers what waits.
func (p *phone) deputy(ctx context.Context) {
	for i, b := range get[matters](ctx, p, "/deputy/bookings?view=waiting").Items {
		if i == 2 {
			return
		}
		if rand.IntN(5) > 0 {
			p.move(ctx, cabin.MatterBooking, b.ID, string(cabin.BookingAccept), b.Seen, nil)
		} else {
			p.move(ctx, cabin.MatterBooking, b.ID, string(cabin.BookingDecline), b.Seen, map[string]any{"reason": "这天要开会，" + p.mark()})
		}
	}
}

// staff accepts and dispatches. Two serve at each desk and may take the same matter.
func (p *phone) staff(ctx context.Context) {
	done := 0
	for _, r := range get[matters](ctx, p, "/desk/reports?queue=waiting").Items {
		switch {
		case done == 3:
			return
		case rand.IntN(2) == 0:
			continue
		case r.State == string(cabin.Submitted):
			p.move(ctx, cabin.MatterReport, r.ID, string(cabin.ReportAccept), r.Seen, nil)
		case r.State == string(cabin.Accepted):
			p.move(ctx, cabin.MatterReport, r.ID, string(cabin.ReportDispatch), r.Seen, map[string]any{"departmentId": 1 + rand.IntN(departments)})
		}
		done++
	}
}

// department takes, writes how it goes, and resolves.
func (p *phone) department(ctx context.Context) {
	done := 0
	for _, r := range get[matters](ctx, p, "/department/reports?queue=waiting").Items {
		note := map[string]any{"note": "已经派人看过，" + p.mark(), "outcome": cabin.Fixed}
		switch {
		case done == 3:
			return
		case rand.IntN(2) == 0:
			continue
		case r.State == string(cabin.Dispatched):
			p.move(ctx, cabin.MatterReport, r.ID, string(cabin.ReportTake), r.Seen, nil)
		case r.State == string(cabin.InProgress) && rand.IntN(2) == 0:
			delete(note, "outcome")
			p.move(ctx, cabin.MatterReport, r.ID, string(cabin.ReportProgress), r.Seen, note)
		case r.State == string(cabin.InProgress):
			p.move(ctx, cabin.MatterReport, r.ID, string(cabin.ReportResolve), r.Seen, note)
		}
		done++
	}
}
