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
