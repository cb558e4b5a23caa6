package mysql

import (
	"context"

	"warmcabin/server/cabin"
)

// Visits are the log of who went where and heard what (走访).
type Visits struct{ db *DB }

const visitReads = `SELECT v.id, v.person_id, v.role, v.community_id, v.station_id, v.deputy_id, v.visited_at, v.place_text, v.whom, v.heard, v.client_key, v.created_at,
	p.name AS person_name, c.name AS community_name, COALESCE(d.name, '') AS deputy_name `

const visitJoins = ` STRAIGHT_JOIN persons p ON p.id = v.person_id STRAIGHT_JOIN communities c ON c.id = v.community_id LEFT JOIN deputies d ON d.id = v.deputy_id `

// Log keeps a visit, once for a key, however late a phone sends it. Errors: CodeForbidden
// when the actor's role for the community is over, CodeInvalid, CodeKeyReused.
func (s Visits) Log(ctx context.Context, key Key, actor cabin.Actor, v cabin.Visit) (*cabin.Visit, error) {
	id, err := s.db.createOnce(ctx, key, func(tx *Tx) (int64, error) {
		role, err := cabin.MayVisit(actor, v.CommunityID)
		if err != nil {
			return 0, err
		}
		if err := v.Check(tx.Now); err != nil {
			return 0, err
		}
		var places []struct {
			StationID int64 `db:"station_id"`
			Deputies  int   `db:"deputies"`
		}
		if err := tx.selectAll(&places, `SELECT station_id, (SELECT COUNT(*) FROM deputies WHERE id = ?) AS deputies FROM communities WHERE id = ?`, v.DeputyID, v.CommunityID); err != nil {
			return 0, err
		}
		switch {
		case len(places) == 0:
			return 0, cabin.Invalid("communityId", "请选择所在的社区。")
		case v.DeputyID != 0 && places[0].Deputies == 0:
			return 0, cabin.Invalid("deputyId", "没有找到这位代表。")
		}
		id, err := tx.insert(`INSERT INTO visits (person_id, role, community_id, station_id, deputy_id, visited_at, place_text, whom, heard, client_key, created_at) VALUES (?,?,?,?,?,?,?,?,?,?,?)`,
			actor.PersonID, role, v.CommunityID, places[0].StationID, v.DeputyID, v.VisitedAt.UTC(), v.PlaceText, v.Whom, v.Heard, key.Key, tx.Now)
		if err != nil {
			return 0, err
		}
		return id, tx.audit(actor, role, "visit.log", "visit", id, map[string]any{"community": v.CommunityID, "deputy": v.DeputyID})
	})
	if err != nil {
		return nil, err
	}
	var row cabin.Visit
	err = s.db.get(ctx, &row, visitReads+`FROM visits v`+visitJoins+`WHERE v.id = ?`, id)
	return &row, err
}

// Report notes that a report of the actor's own came of what they heard on a visit of
// theirs, named by its key; twice is fine. CodeNotFound for others.
func (s Visits) Report(ctx context.Context, actor cabin.Actor, visitKey string, reportID int64) error {
	return s.db.InTx(ctx, func(tx *Tx) error {
		var id int64
		if err := tx.get(&id, `SELECT v.id FROM visits v JOIN reports r ON r.id = ? AND v.person_id IN (r.reporter_id, r.proxy_id) WHERE v.person_id = ? AND v.client_key = ?`, reportID, actor.PersonID, visitKey); err != nil {
			return err
		}
		tx.later(`INSERT IGNORE INTO visit_reports (visit_id, report_id, linked_at) VALUES (?,?,?)`, id, reportID, tx.Now)
		return nil
	})
}

// VisitReport is a report that came of a visit.
type VisitReport struct {
	VisitID int64 `db:"visit_id"`
	cabin.Report
}

// Mine pages through a person's own visits, the newest first, with the reports that came of them.
func (s Visits) Mine(ctx context.Context, personID, before int64, limit int) (list []*cabin.Visit, reports []VisitReport, err error) {
	err = s.db.selectAll(ctx, &list, visitReads+`FROM (SELECT id FROM visits WHERE person_id = ? AND id < ? ORDER BY id DESC LIMIT ?) page STRAIGHT_JOIN visits v ON v.id = page.id`+visitJoins+`ORDER BY v.id DESC`,
		personID, orMax(before), limit)
	if err != nil || len(list) == 0 {
		return nil, nil, err
	}
	ids := make([]int64, len(list))
	for i, v := range list {
		ids[i] = v.ID
	}
	err = s.db.selectIn(ctx, &reports, `SELECT x.visit_id, r.id, r.state, r.created_at FROM visit_reports x STRAIGHT_JOIN reports r ON r.id = x.report_id WHERE x.visit_id IN (?) ORDER BY x.visit_id, r.id`, ids)
	return list, reports, err
}

// LiaisonPlace is a community with the deputies who are elected there, or whom the roster
// names for its liaison officers.
type LiaisonPlace struct {
	ID          int64  `db:"id"`
	Name        string `db:"name"`
	StationName string `db:"station_name"`
	DeputyID    int64  `db:"deputy_id"` // 0 = there is none
	DeputyName  string `db:"deputy_name"`
}

// Places lists these communities, a row for each deputy of theirs.
func (s Visits) Places(ctx context.Context, communityIDs []int64) (list []LiaisonPlace, err error) {
	ids := scopes(communityIDs)
	if len(ids) == 0 {
		return nil, nil
	}
	err = s.db.selectIn(ctx, &list, `SELECT c.id, c.name, st.name AS station_name, COALESCE(d.id, 0) AS deputy_id, COALESCE(d.name, '') AS deputy_name
		FROM communities c JOIN stations st ON st.id = c.station_id
		LEFT JOIN deputies d ON c.constituency <> '' AND d.constituency = c.constituency
			OR d.id IN (SELECT ld.deputy_id FROM liaison_deputies ld JOIN liaison_communities lc ON lc.liaison_id = ld.liaison_id WHERE lc.community_id = c.id)
		WHERE c.id IN (?) ORDER BY c.id, d.id`, ids)
	return list, err
}
