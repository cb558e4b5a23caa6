package mysql_test

import (
	"fmt"
	"strings"
	"testing"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// contactPage reads a page of a list with names and phones; those of who stands in it are
// sealed for once.
func (s *street) contactPage(t *testing.T, db *mysql.DB, list cabin.ExportList) error {
	t.Helper()
	s.exec(t, `INSERT IGNORE INTO agreements (id, command, asker_id, reason, state, answered_by, created_at, expires_at) VALUES (1, 'booked_export', 1, '', 'agreed', 2, '2026-11-01', '2026-11-02')`)
	e := &mysql.Export{PersonID: 1, List: list, Filter: `{"from":"2026-01-01","to":"2026-12-31"}`, CreatedAt: monday, AgreementID: 1}
	s.exec(t, `DELETE FROM contacts WHERE sealed = ''`) // no phone of this test's
	rows, _, err := db.Exports.Page(t.Context(), e, cabin.ExportScope{All: true}, 300, 20)
	s.exec(t, `INSERT IGNORE INTO contacts (person_id, sealed, phone_hash, identity_hash, recorded_by, updated_at) SELECT id, '', UNHEX(SHA2(id, 256)), UNHEX(SHA2(id, 256)), 1, '2026-01-01' FROM persons WHERE id % 2 = 0`)
	if err == nil && len(rows) != 20 {
		err = fmt.Errorf("%d rows", len(rows))
	}
	return err
}

// fill makes some hundred rows in every large table.
func (s *street) fill(t testing.TB) {
	t.Helper()
	s.exec(t, `INSERT INTO stations (id, parent_id, kind, name, address) VALUES (2, 1, 'community', '社区站', '幸福路 2 号')`)
	s.exec(t, `INSERT INTO communities (id, name, station_id) VALUES (2, '银杏社区', 2)`)
	s.exec(t, `INSERT INTO exports (person_id, list, filters, state, due_at, created_at, expires_at) SELECT 3 + seq % 60, 'audit', '{}', IF(seq % 9, 'gone', 'done'),
		IF(seq % 9, NULL, '2027-01-01'), '2026-01-01', '2026-01-02' + INTERVAL seq DAY FROM seq_1_to_600`)
	s.exec(t, `INSERT INTO persons (openid, name, created_at) SELECT CONCAT('x', seq), '', '2026-01-01' FROM seq_1_to_600`)
	s.exec(t, `INSERT INTO person_roles SELECT id, 'community', 1, 0, '2026-01-01' FROM persons WHERE id % 4 = 0 ON DUPLICATE KEY UPDATE granted_by = 0`)
	s.exec(t, `INSERT INTO bookings (resident_id, deputy_id, station_id, service, starts_at, ends_at, state, waiting, hold_until, check_code, created_at, updated_at)
		SELECT 3 + seq % 60, 1 + seq % 2, 1 + seq % 2, 'talk_one', '2026-11-01' + INTERVAL seq HOUR, '2026-11-01' + INTERVAL seq HOUR,
		ELT(1 + seq % 9, 'requested', 'countered', 'confirmed', 'checked_in', 'completed', 'declined', 'cancelled', 'expired', 'no_show'),
		IF(seq % 9 IN (0, 2, 8) AND seq % 5 < 2, 'staff', COALESCE(ELT(1 + seq % 9, 'deputy', 'resident'), '')),
		IF(seq % 9 < 2, '2026-12-30', NULL), LPAD(seq, 6, '0'), '2026-01-01', '2026-01-01' FROM seq_1_to_900`)
	s.exec(t, `INSERT INTO contacts (person_id, sealed, phone_hash, identity_hash, recorded_by, updated_at)
		SELECT id, '', UNHEX(SHA2(id, 256)), UNHEX(SHA2(id, 256)), 1, '2026-01-01' FROM persons WHERE id % 2 = 0`)
	s.exec(t, `INSERT INTO reports (reporter_id, category_id, station_id, community_id, deputy_id, body, state, waiting, department_id, due_at, created_at, updated_at)
		SELECT 3 + seq % 60, 1, 1 + seq % 2, 1 + seq % 2, seq % 3, '积水', ELT(1 + seq % 4, 'submitted', 'in_progress', 'resolved', 'closed'),
		ELT(1 + seq % 4, 'staff', 'department', 'resident', 'nobody'), seq % 3, IF(seq % 4 = 3, NULL, '2026-11-01' + INTERVAL seq HOUR), '2026-01-01', '2026-01-01' FROM seq_1_to_900`)
	s.exec(t, `INSERT INTO booking_events (booking_id, at, actor_id, actor_role, command, from_state, to_state, text) SELECT id, created_at, 1, 'resident', 'request', '', 'requested', '' FROM bookings`)
	s.exec(t, `INSERT INTO report_events (report_id, at, actor_id, actor_role, command, from_state, to_state, text) SELECT id, created_at, 1, 'resident', 'create', '', 'submitted', '' FROM reports`)
	s.exec(t, `INSERT INTO photos (id, owner_id, report_id, event_id, width, height, bytes, created_at, due_at) SELECT LPAD(seq, 32, '0'), seq % 60, seq, seq, 1, 1, 1, '2026-01-01', IF(seq % 50 = 0, '2026-01-01', NULL) FROM seq_1_to_600`)
	s.exec(t, `INSERT INTO photos (id, owner_id, width, height, bytes, created_at) SELECT LPAD(1000 + seq, 32, '0'), seq, 1, 1, 1, '2026-01-01' FROM seq_1_to_30`)
	s.exec(t, `INSERT INTO photo_removals (photo_id, due_at, until) SELECT LPAD(seq, 32, 'f'), '2026-01-01', '2026-01-01' FROM seq_1_to_300`)
	s.exec(t, `INSERT INTO notices (person_id, matter_kind, matter_id, title, body, page, created_at, read_at) SELECT 3 + seq % 60, 'report', seq, '', '', '', '2026-01-01', IF(seq % 3, '2026-01-02', NULL) FROM seq_1_to_900`)
	s.exec(t, `INSERT INTO outbox (person_id, matter_kind, matter_id, template, payload, page, state, due_at, created_at) SELECT 3 + seq % 60, 'report', seq, 'report_progress', '{}', '', IF(seq % 10, 'sent', 'waiting'), '2026-01-01', '2026-01-01' FROM seq_1_to_900`)
	s.exec(t, `INSERT INTO unmet_needs SELECT CONCAT('词', seq), 1 + seq % 30, '2026-01-01', '2026-11-01' + INTERVAL seq HOUR FROM seq_1_to_900`)
	s.exec(t, `INSERT INTO content_checks (kind, matter_kind, matter_id, event_id, person_id, station_id, state, trace_id, created_at, due_at, queued_at)
		SELECT 'text', 'report', seq, seq, 3 + seq % 60, 1 + seq % 2, ELT(1 + seq % 5, 'passed', 'passed', 'pending', 'risky', 'manual'), CONCAT('t', seq), '2026-11-23',
		IF(seq % 5 = 2, '2026-11-01', NULL), IF(seq % 5 > 2, '2026-11-01' + INTERVAL seq HOUR, NULL) FROM seq_1_to_900`)
	s.fillTalks(t)
	s.exec(t, `INSERT INTO visits (person_id, role, community_id, station_id, visited_at, place_text, whom, heard, client_key, created_at)
		SELECT 3 + seq % 60, 'liaison', 1 + seq % 2, 1 + seq % 2, '2026-11-01' + INTERVAL seq HOUR, '', '', '', seq, '2026-11-01' FROM seq_1_to_900`)
	s.exec(t, `INSERT INTO handovers (station_id, person_id, text, reports, bookings, overdue, created_at) SELECT 1 + seq % 2, 3, '', 0, 0, 0, '2026-11-01' FROM seq_1_to_900`)
	s.exec(t, `INSERT INTO ledger_corrections (kind, object_id, person_id, role, text, reason, at) SELECT 'visits', seq, 3, 'staff', '', '', '2026-11-01' FROM seq_1_to_900`)
	s.exec(t, `INSERT IGNORE INTO found_words SELECT 1 + seq % 2, 1 + seq % 2, seq % 50, seq FROM seq_1_to_900`)
	s.exec(t, `UPDATE persons SET name = CONCAT('路', id)`)
	s.exec(t, `INSERT INTO found_marks VALUES (1, 880), (2, 880)`)
	s.exec(t, `INSERT INTO statistics_marks VALUES (1, 880)`)
	s.exec(t, `INSERT INTO report_months SELECT '2020-01-01' + INTERVAL seq MONTH, 1 + seq % 2, 1, 1, 1, 1, 0, 0, 0, 0, '5:1' FROM seq_1_to_900`)
	s.exec(t, `INSERT INTO occupancy SELECT 1 + seq % 2, 1 + seq % 7, 1980000 + seq, 0, seq, NULL FROM seq_1_to_900`)
	var all []string
	for table := range large {
		if len(table) > 1 {
			all = append(all, table)
		}
	}
	s.exec(t, `ANALYZE TABLE `+strings.Join(all, ", "))
}
