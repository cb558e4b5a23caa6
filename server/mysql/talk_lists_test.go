package mysql_test

import (
	"slices"
	"testing"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// TestTalkListsPage walks each list page by page.
func TestTalkListsPage(t *testing.T) {
	t.Parallel()
	s := newStreet(t, 1)
	s.fillTalks(t)
	walk := func(name, where string, read func(mysql.Page) ([]*cabin.Talk, error)) {
		t.Helper()
		var want, got []int64
		rows, err := s.x.Query(`SELECT id FROM talks WHERE ` + where)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var id int64
			_ = rows.Scan(&id)
			want = append(want, id)
		}
		_ = rows.Close()
		for p := (mysql.Page{Limit: 7}); ; {
			list, err := read(p)
			if err != nil {
				t.Fatal(err)
			}
			for _, talk := range list {
				got = append(got, talk.ID)
				p.At, p.ID = talk.CreatedAt, talk.ID
				if talk.StartsAt != nil {
					p.At = *talk.StartsAt
				}
			}
			if len(list) < p.Limit {
				break
			}
		}
		if !slices.Equal(got, want) || len(want) < 20 {
			t.Errorf("%s: %d of %d: %v, want %v", name, len(got), len(want), got, want)
		}
	}
	ctx := t.Context()
	walk("upcoming", `state = 'open' AND starts_at > '2026-11-23 01:00:00' ORDER BY starts_at, id`, func(p mysql.Page) ([]*cabin.Talk, error) { return s.db.Talks.Upcoming(ctx, 0, p) })
	walk("upcoming of a deputy", `deputy_id = 1 AND state = 'open' AND starts_at > '2026-11-23 01:00:00' ORDER BY starts_at, id`, func(p mysql.Page) ([]*cabin.Talk, error) { return s.db.Talks.Upcoming(ctx, 1, p) })
	for q, where := range map[mysql.TalkQueue]string{
		mysql.TalksProposed: `state = 'proposed' ORDER BY id`, mysql.TalksOpen: `state = 'open' ORDER BY starts_at, id`,
		mysql.TalksPast:    `state IN ('done', 'cancelled') AND starts_at IS NOT NULL ORDER BY starts_at DESC, id DESC`,
		mysql.TalksRefused: `state IN ('declined', 'cancelled') AND starts_at IS NULL ORDER BY id DESC`,
	} {
		walk("deputies' "+string(q), where, func(p mysql.Page) ([]*cabin.Talk, error) { return s.db.Talks.OfDeputies(ctx, []int64{1, 2}, q, p) })
		walk("desks' "+string(q), where, func(p mysql.Page) ([]*cabin.Talk, error) { return s.db.Talks.OfStations(ctx, []int64{1, 0}, q, p) })
		walk("communities' "+string(q), where, func(p mysql.Page) ([]*cabin.Talk, error) { return s.db.Talks.OfCommunities(ctx, []int64{1}, q, p) })
	}
}

// fillTalks makes some hundred talks in every state, many at one moment.
func (s *street) fillTalks(t testing.TB) {
	t.Helper()
	s.exec(t, `INSERT INTO talks (deputy_id, station_id, community_id, topic, seats, starts_at, ends_at, state, proposed_by, created_at, updated_at)
		SELECT 1 + seq % 2, 1, 1, '保健', 20, IF(seq % 7 < 2 OR seq % 7 = 5, NULL, '2026-11-19' + INTERVAL seq DIV 3 HOUR), IF(seq % 7 < 2 OR seq % 7 = 5, NULL, '2026-11-19' + INTERVAL 2 + seq DIV 3 HOUR),
		ELT(1 + seq % 7, 'proposed', 'declined', 'open', 'open', 'done', 'cancelled', 'cancelled'), 1, '2026-01-01', '2026-01-01' FROM seq_1_to_700`)
	s.exec(t, `INSERT INTO waits (resident_id, deputy_id, talk_id, station_id, service, starts_at, ends_at, state, live, created_at, updated_at)
		SELECT r.id, t.deputy_id, t.id, 1, 'group_talk', t.starts_at, t.ends_at, IF(t.id % 3, 'waiting', 'lapsed'), IF(t.id % 3, 1, NULL), '2026-01-01', '2026-01-01'
		FROM talks t JOIN (SELECT MAX(id) AS id FROM persons) r WHERE t.starts_at IS NOT NULL GROUP BY t.deputy_id, t.starts_at`)
	s.exec(t, `INSERT INTO talk_events (talk_id, at, actor_id, actor_role, command, from_state, to_state, text) SELECT id, created_at, 1, 'community', 'propose', '', 'proposed', '' FROM talks`)
}
