package e2e

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"warmcabin/server/cabin"
	"warmcabin/server/excel"
	"warmcabin/server/mysql/dbtest"
)

// fiveThousand is a workbook of 5,000 rows of all the kinds that grow: deputies, liaison
// officers and buildings, with what they name.
func fiveThousand(t *testing.T) []byte {
	t.Helper()
	x := excelize.NewFile()
	defer func() { _ = x.Close() }()
	write := func(kind cabin.RosterKind, rows int, row func(i int) []any) {
		def := cabin.RosterDef(kind)
		if _, err := x.NewSheet(def.Sheet); err != nil {
			t.Fatal(err)
		}
		w, err := x.NewStreamWriter(def.Sheet)
		head := make([]any, len(def.Columns))
		for i, c := range def.Columns {
			head[i] = c.Title
		}
		for i := 0; i <= rows && err == nil; i++ {
			values := head
			if i > 0 {
				values = row(i)
			}
			err = w.SetRow(fmt.Sprintf("A%d", i+1), values)
		}
		if err == nil {
			err = w.Flush()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	write(cabin.RosterStation, 20, func(i int) []any { return []any{fmt.Sprintf("联络站%d", i), "社区站", nil, "某路"} })
	write(cabin.RosterCommunity, 80, func(i int) []any {
		return []any{fmt.Sprintf("社区%d", i), fmt.Sprintf("联络站%d", i%20+1), fmt.Sprintf("第%d选区", i)}
	})
	write(cabin.RosterBuilding, 1400, func(i int) []any {
		return []any{fmt.Sprintf("社区%d", i%80+1), fmt.Sprintf("%d 栋", i), "某路某号"}
	})
	write(cabin.RosterDeputy, 2500, func(i int) []any {
		return []any{surname(i), 13800000000 + i, "区", fmt.Sprintf("第%d选区", i%80+1), "第十七届", "某单位某职务", "一段介绍，几十个字，写他做过什么、熟悉什么。", fmt.Sprintf("联络站%d", i%20+1), "健康咨询、法律咨询", "面谈、电话"}
	})
	write(cabin.RosterLiaison, 1000, func(i int) []any {
		return []any{surname(i + 5000), 13900000000 + i, fmt.Sprintf("社区%d、社区%d", i%80+1, (i+1)%80+1), surname(i) + fmt.Sprintf("（第%d选区）", i%80+1)}
	})
	var out bytes.Buffer
	if err := x.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// surname makes a different name of each number, without digits.
func surname(i int) string {
	return string([]rune{rune(0x4e00 + i%97), rune(0x5200 + i/97%97), rune(0x5600 + i/97/97)})
}

// 5,000 rows go from the file to the database: how long, and how much memory. The figures
// are printed; make bench holds them against the target.
func TestFiveThousandRows(t *testing.T) {
	db, x := dbtest.New(t, dbtest.NewClock(time.Date(2026, 11, 23, 9, 0, 0, 0, cabin.Shanghai)))
	file := fiveThousand(t)
	admin := cabin.Actor{PersonID: 1, Grants: []cabin.Grant{{Role: cabin.Admin}}}
	run := func() (applied int, took time.Duration, peak uint64) {
		start, stop, ended := time.Now(), make(chan struct{}), make(chan struct{})
		runtime.GC()
		go func() {
			defer close(ended)
			var m runtime.MemStats
			for {
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapInuse)
				select {
				case <-stop:
					return
				case <-time.After(5 * time.Millisecond):
				}
			}
		}()
		book, err := excel.ReadRoster(t.Context(), bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		im, err := db.Imports.Check(t.Context(), admin, "5000.xlsx", sha256.Sum256(file), book)
		if err != nil {
			t.Fatal(err)
		}
		if im.Faults > 0 {
			t.Fatalf("%v", im.Plan.Faults[:1])
		}
		if _, err := db.Imports.Apply(t.Context(), admin, im.ID); err != nil {
			t.Fatal(err)
		}
		took = time.Since(start)
		close(stop)
		<-ended
		return im.Creates + im.Changes, took, peak
	}
	for i, want := range []int{5000, 0} {
		n, took, peak := run()
		t.Logf("import %d: a file of %d KB, %d rows written, %v, heap at most %d MB", i+1, len(file)>>10, n, took.Round(time.Millisecond), peak>>20)
		if n != want {
			t.Errorf("import %d wrote %d rows, want %d", i+1, n, want)
		}
	}
	for table, want := range map[string]int{"deputies": 2500, "liaisons": 1000, "liaison_deputies": 1000, "liaison_communities": 2000, "buildings": 1400, "roster_phones": 3500, "deputy_specialities": 5000} {
		var n int
		if err := x.QueryRow("SELECT COUNT(*) FROM " + table).Scan(&n); err != nil || n != want {
			t.Errorf("%s has %d rows, want %d (%v)", table, n, want, err)
		}
	}
}
