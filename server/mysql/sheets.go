package mysql

import (
	"context"

	"warmcabin/server/cabin"
)

// Duty is a weekly rule with the name of its deputy.
type Duty struct {
	cabin.Hours
	Deputy string `db:"deputy"`
}

const dutyReads = `SELECT h.id, h.deputy_id, h.station_id, st.name AS station_name, st.address AS station_address, st.phone AS station_phone,
	h.room_id, COALESCE(r.name, '') AS room_name, h.weekday, h.from_minute, h.to_minute, h.slot_minutes, h.pause_minutes, h.service, d.name AS deputy
	FROM deputy_hours h JOIN deputies d ON d.id = h.deputy_id JOIN stations st ON st.id = h.station_id LEFT JOIN rooms r ON r.id = h.room_id `

// Rota lists who receives at a station in an ordinary week, also deputies of other stations.
func (s Places) Rota(ctx context.Context, stationID int64) (list []Duty, err error) {
	err = s.db.selectAll(ctx, &list, dutyReads+`WHERE h.station_id = ? ORDER BY h.station_id, h.weekday, h.from_minute, h.id`, stationID)
	return list, err
}

// DutiesOf lists when and where these deputies receive in an ordinary week.
func (s Places) DutiesOf(ctx context.Context, deputyIDs []int64) (list []Duty, err error) {
	if len(deputyIDs) == 0 {
		return nil, nil
	}
	err = s.db.selectIn(ctx, &list, dutyReads+`WHERE h.deputy_id IN (?) ORDER BY h.deputy_id, h.weekday, h.from_minute, h.id`, deputyIDs)
	return list, err
}

// OfStation lists all deputies of a station by their ids.
func (s Places) OfStation(ctx context.Context, stationID int64) ([]cabin.DeputyProfile, error) {
	return s.deputies(ctx, `d.station_id = ? AND d.closed_at IS NULL ORDER BY d.id`, stationID)
}
