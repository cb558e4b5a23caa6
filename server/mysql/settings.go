package mysql

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"warmcabin/server/cabin"
)

// Settings are what the admin may change: presets and the office's calendar.
type Settings struct{ db *DB }

// settings are the limits as they were read last, not older than settingsLife.
type settings struct {
	reading sync.Mutex
	last    atomic.Pointer[settingsRead]
}

type settingsRead struct {
	presets cabin.Presets
	at      time.Time
}

// settingsLife bounds how long another process's change may go unseen. What must not be
// late (a booking) reads the tables in its own transaction.
const settingsLife = time.Second

// Presets are the limits in force, at most a second old. While the database does not
// answer, they stay as they were.
func (db *DB) Presets() cabin.Presets {
	last := db.settings.last.Load()
	if last != nil && (time.Since(last.at) < settingsLife || !db.settings.reading.TryLock()) {
		return last.presets
	}
	if last == nil {
		db.settings.reading.Lock()
	}
	defer db.settings.reading.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	read := &settingsRead{at: time.Now()}
	var changed []presetRow
	var days []cabin.CalendarDay
	switch err := db.read(ctx, presetsPart(&changed), calendarPart(&days, db.Now())); {
	case err == nil:
		read.presets = presetsOf(changed, days)
	case last != nil:
		read.presets = last.presets
	default:
		read.presets = cabin.DefaultPresets()
	}
	db.settings.last.Store(read)
	return read.presets
}

type presetRow struct {
	Name  string `db:"name"`
	Value int    `db:"value"`
}

func presetsPart(dest *[]presetRow) part {
	return part{dest, `SELECT name, value FROM presets`, nil}
}

// calendarPart reads the office's days that still matter: from some weeks back on.
func calendarPart(dest *[]cabin.CalendarDay, now time.Time) part {
	return part{dest, `SELECT DATE_FORMAT(day, '%Y-%m-%d') AS day, workday, as_weekday, name FROM calendar_days WHERE day >= ?`,
		[]any{now.AddDate(0, 0, -60).In(cabin.Shanghai).Format(time.DateOnly)}}
}

func presetsOf(rows []presetRow, days []cabin.CalendarDay) cabin.Presets {
	changed := map[string]int{}
	for _, r := range rows {
		changed[r.Name] = r.Value
	}
	return cabin.NewPresets(changed, cabin.NewCalendar(days))
}

// forget makes this process read the settings anew.
func (db *DB) forget() { db.settings.last.Store(nil) }

// oneOffice lets one admin at a time change what the office sets: what makes sense
// together is checked together.
func (tx *Tx) oneOffice() error {
	// Written, not only locked: another Galera node sees no lock, and its certification
	// compares rows that were changed.
	_, err := tx.exec(`INSERT INTO office_turns (id, turn) VALUES (1, 1) ON DUPLICATE KEY UPDATE turn = turn + 1`)
	return err
}

// PresetValue is a limit as it is in force.
type PresetValue struct {
	*cabin.PresetRule
	Value     int
	ChangedBy string     // who set it last; "" when nobody did, or they have no name
	ChangedAt *time.Time // nil: never
}

// List reads every limit in the order of the screen. For the admin.
func (s Settings) List(ctx context.Context) ([]PresetValue, error) {
	var rows []struct {
		presetRow
		ChangedBy string    `db:"changed_by"`
		ChangedAt time.Time `db:"updated_at"`
	}
	err := s.db.selectAll(ctx, &rows, `SELECT v.name, v.value, COALESCE(p.name, '') AS changed_by, v.updated_at
		FROM presets v LEFT JOIN persons p ON p.id = v.updated_by`)
	list := make([]PresetValue, len(cabin.PresetRules))
	for i := range list {
		r := &cabin.PresetRules[i]
		list[i] = PresetValue{PresetRule: r, Value: r.Default}
		for _, row := range rows {
			if row.Name == r.Name && r.Check(row.Value) == nil {
				list[i].Value, list[i].ChangedBy, list[i].ChangedAt = row.Value, row.ChangedBy, &row.ChangedAt
			}
		}
	}
	return list, err
}

// SavePreset sets a limit; this process follows at once, the others within a second. For
// the admin; CodeNotFound when there is no such limit, CodeInvalid when the value is out
// of its bounds or makes no sense beside another.
func (s Settings) SavePreset(ctx context.Context, actor cabin.Actor, name string, value int) error {
	rule := cabin.PresetRuleOf(name)
	if rule == nil {
		return cabin.E(cabin.CodeNotFound, "没有这一项规则。")
	}
	if err := rule.Check(value); err != nil {
		return err
	}
	err := s.db.InTx(ctx, func(tx *Tx) error {
		if err := tx.oneOffice(); err != nil {
			return err
		}
		var rows []presetRow
		if err := tx.selectAll(&rows, `SELECT name, value FROM presets`); err != nil {
			return err
		}
		values, old := map[string]int{}, rule.Default
		for _, r := range rows {
			if known := cabin.PresetRuleOf(r.Name); known != nil && known.Check(r.Value) == nil {
				values[r.Name] = r.Value
			}
		}
		if v, set := values[name]; set {
			old = v
		}
		values[name] = value
		if err := cabin.CheckPresets(values); err != nil {
			return err
		}
		tx.later(`INSERT INTO presets (name, value, updated_by, updated_at) VALUES (?,?,?,?)
			ON DUPLICATE KEY UPDATE value = VALUES(value), updated_by = VALUES(updated_by), updated_at = VALUES(updated_at)`,
			name, value, actor.PersonID, tx.Now)
		return tx.audit(actor, cabin.Admin, "preset.save", "preset", 0, map[string]any{"name": name, "old": old, "new": value})
	})
	s.db.forget() // also after an unknown outcome
	return err
}

// YearDay is a day of the office's calendar, with who set it and how many agreed meetings
// lie on it: a holiday does not take them away.
type YearDay struct {
	cabin.SetDay
	ChangedBy string
	Bookings  int // from today on; of past days none are counted
}

// Year lists a year's days that are not as their weekday says, and tells whether its
// holidays are published. For the admin.
func (s Settings) Year(ctx context.Context, year int) (days []YearDay, published bool, err error) {
	var own []struct {
		cabin.CalendarDay
		ChangedBy string `db:"changed_by"`
	}
	var busy []dayCount
	first := time.Date(year, 1, 1, 0, 0, 0, 0, cabin.Shanghai)
	from, to := first, first.AddDate(1, 0, 0)
	if today := startOfDay(s.db.Now()); today.After(from) {
		from = today
	}
	err = s.db.read(ctx,
		part{&own, `SELECT DATE_FORMAT(c.day, '%Y-%m-%d') AS day, c.workday, c.as_weekday, c.name, COALESCE(p.name, '') AS changed_by
			FROM calendar_days c LEFT JOIN persons p ON p.id = c.updated_by WHERE c.day >= ? AND c.day < ?`,
			[]any{first.Format(time.DateOnly), first.AddDate(1, 0, 0).Format(time.DateOnly)}},
		agreedPart(&busy, from, to))
	if err != nil {
		return nil, false, err
	}
	set, by := make([]cabin.CalendarDay, len(own)), map[string]string{}
	for i, d := range own {
		set[i], by[d.Day] = d.CalendarDay, d.ChangedBy
	}
	listed, published := cabin.NewCalendar(set).Days(year)
	days = make([]YearDay, len(listed))
	for i, d := range listed {
		days[i] = YearDay{SetDay: d, ChangedBy: by[d.Day]}
		for _, b := range busy {
			if b.Day == d.Day {
				days[i].Bookings = b.N
			}
		}
	}
	return days, published, nil
}

func startOfDay(t time.Time) time.Time {
	y, m, d := t.In(cabin.Shanghai).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, cabin.Shanghai)
}

type dayCount struct {
	Day string `db:"day"`
	N   int    `db:"n"`
}

// agreedPart counts the agreed meetings by Shanghai's days in [from, to), over all stations.
func agreedPart(dest *[]dayCount, from, to time.Time) part {
	return part{dest, `SELECT DATE_FORMAT(b.starts_at + INTERVAL 8 HOUR, '%Y-%m-%d') AS day, COUNT(*) AS n
		FROM stations st JOIN bookings b ON b.station_id = st.id AND b.state = ? AND b.starts_at >= ? AND b.starts_at < ?
		GROUP BY 1`, []any{cabin.Confirmed, from.UTC(), to.UTC()}}
}

// SaveDay sets a day of the office's calendar over the published one, and tells how many
// agreed meetings lie on it; they stay. For the admin; CodeInvalid.
func (s Settings) SaveDay(ctx context.Context, actor cabin.Actor, d cabin.CalendarDay) (bookings int, err error) {
	day, err := s.checkDay(d.Day)
	if err != nil {
		return 0, err
	}
	if d.Name = cabin.Clean(d.Name); !d.Workday {
		d.AsWeekday = -1
	}
	if err := cabin.CheckText("name", d.Name, 0, cabin.MaxDayName); err != nil {
		return 0, err
	}
	if d.AsWeekday < -1 || d.AsWeekday > 6 {
		return 0, cabin.Invalid("asWeekday", "请选择按周几的时间接待。")
	}
	var busy []dayCount
	err = s.db.InTx(ctx, func(tx *Tx) error {
		busy = nil
		if err := tx.oneOffice(); err != nil {
			return err
		}
		old, err := tx.ownDay(d.Day)
		if err != nil {
			return err
		}
		if err := tx.read(agreedPart(&busy, day, day.AddDate(0, 0, 1))); err != nil {
			return err
		}
		tx.later(`INSERT INTO calendar_days (day, workday, as_weekday, name, updated_by, updated_at) VALUES (?,?,?,?,?,?)
			ON DUPLICATE KEY UPDATE workday = VALUES(workday), as_weekday = VALUES(as_weekday), name = VALUES(name), updated_by = VALUES(updated_by), updated_at = VALUES(updated_at)`,
			d.Day, d.Workday, d.AsWeekday, d.Name, actor.PersonID, tx.Now)
		return tx.audit(actor, cabin.Admin, "calendar.save", "day", 0, map[string]any{"day": d.Day, "old": dayDetail(old), "new": dayDetail(&d)})
	})
	s.db.forget()
	for _, b := range busy {
		bookings += b.N
	}
	return bookings, err
}

// RemoveDay gives a day back to the published calendar. For the admin; CodeNotFound when
// the office had not set it.
func (s Settings) RemoveDay(ctx context.Context, actor cabin.Actor, day string) error {
	if _, err := s.checkDay(day); err != nil {
		return err
	}
	err := s.db.InTx(ctx, func(tx *Tx) error {
		if err := tx.oneOffice(); err != nil {
			return err
		}
		old, err := tx.ownDay(day)
		if err == nil && old == nil {
			err = cabin.E(cabin.CodeNotFound, "这一天没有单独设过，请刷新日历。")
		}
		if err != nil {
			return err
		}
		tx.later(`DELETE FROM calendar_days WHERE day = ?`, day)
		return tx.audit(actor, cabin.Admin, "calendar.remove", "day", 0, map[string]any{"day": day, "old": dayDetail(old)})
	})
	s.db.forget()
	return err
}

// checkDay reads a day that may still be set: what is past counted as it was.
func (s Settings) checkDay(text string) (time.Time, error) {
	day, err := time.ParseInLocation(time.DateOnly, text, cabin.Shanghai)
	today := startOfDay(s.db.Now())
	switch {
	case err != nil:
		return day, cabin.Invalid("day", "日期不对，请重新选择。")
	case day.Before(today):
		return day, cabin.Invalid("day", "已经过去的日子不能再改。")
	case day.After(today.AddDate(3, 0, 0)):
		return day, cabin.Invalid("day", "只能设三年以内的日子。")
	}
	return day, nil
}

// ownDay is the day as the office set it, nil when it did not.
func (tx *Tx) ownDay(day string) (*cabin.CalendarDay, error) {
	var found []cabin.CalendarDay
	err := tx.selectAll(&found, `SELECT DATE_FORMAT(day, '%Y-%m-%d') AS day, workday, as_weekday, name FROM calendar_days WHERE day = ?`, day)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

func dayDetail(d *cabin.CalendarDay) map[string]any {
	if d == nil {
		return nil
	}
	return map[string]any{"workday": d.Workday, "asWeekday": d.AsWeekday, "name": d.Name}
}
