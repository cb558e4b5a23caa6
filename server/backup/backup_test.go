package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"warmcabin/server/backup"
	"warmcabin/server/media"
	"warmcabin/server/mysql"
	"warmcabin/server/mysql/dbtest"
)

// Backup, wipe, restore: the same tables, numbers and photos, byte by byte.
func TestWipeAndRestore(t *testing.T) {
	t.Parallel()
	c := street(t)
	c.exec(`INSERT INTO quick_texts (command, label, text) VALUES ('accept', ?, ?)`, "' \\ \"", "行一\n行二\r\t\x00\x1a 🌧️𠮷 '); DROP TABLE reports; -- \\")
	c.exec(`INSERT INTO unmet_needs (word, times, first_at, last_at) VALUES ('', -1, '1000-01-01', '9999-12-31 23:59:59.999')`)
	bytesOfAllKinds := make([]byte, 256)
	for i := range bytesOfAllKinds {
		bytesOfAllKinds[i] = byte(i)
	}
	c.exec(`INSERT INTO contacts (person_id, sealed, phone_hash, identity_hash, recorded_by, updated_at) VALUES (1, ?, REPEAT('\0', 32), REPEAT('\'', 32), 0, NOW(3))`, bytesOfAllKinds)
	c.exec(`UPDATE reports SET lat = 0.1 + 0.2, lng = -1.7976931348623157e308 ORDER BY id LIMIT 1`)
	c.exec(`INSERT INTO reports (reporter_id, category_id, station_id, body, state, waiting, created_at, updated_at) SELECT reporter_id, category_id, station_id, '', 'x', 'x', NOW(3), NOW(3) FROM reports LIMIT 1`)
	c.exec(`DELETE FROM reports ORDER BY id DESC LIMIT 1`) // its number is never given again
	want := c.state()
	m, folder := c.backUp(t.TempDir())
	if m.Photos < 3 || len(m.Missing) > 0 || m.Rows() < 1000 {
		t.Fatalf("%d photos, %d missing, %d rows", m.Photos, len(m.Missing), m.Rows())
	}
	_, name, _ := strings.Cut(strings.Split(c.dsn, "?")[0], "/")
	c.exec("DROP DATABASE " + name)
	if err := os.RemoveAll(c.dir); err != nil {
		t.Fatal(err)
	}
	var err error
	if c.photos, err = media.Open(c.dir); err != nil {
		t.Fatal(err)
	}
	c.mustRestore(folder)
	c.x.SetMaxIdleConns(0) // the old connections have no database any more
	same(t, c.state(), want)
	if v := whole(t, c); v.Reports < 5 {
		t.Errorf("only %d reports were there to verify", v.Reports)
	}
	if again := ask[[]byte](c, `SELECT sealed FROM contacts WHERE person_id = 1`); !bytes.Equal(again, bytesOfAllKinds) {
		t.Error("a sealed contact changed")
	}
}

// A backup goes on while people report, with photos, and the office answers. What comes back is
// of one moment: no report without its steps, no photo's row without its file.
func TestOthersWriteMeanwhile(t *testing.T) {
	t.Parallel()
	c := street(t)
	stop, stopped := make(chan struct{}), sync.WaitGroup{}
	var written atomic.Int64
	for i := range 4 {
		stopped.Go(func() { c.busy(i, stop, &written) })
	}
	for written.Load() < 8 && !t.Failed() {
		time.Sleep(time.Millisecond)
	}
	before := ask[int](c, `SELECT COUNT(*) FROM reports`)
	began := written.Load()
	m, folder := c.backUp(t.TempDir())
	for meanwhile := written.Load(); written.Load() < meanwhile+4 && !t.Failed(); {
		time.Sleep(time.Millisecond)
	}
	close(stop)
	stopped.Wait()
	after := ask[int](c, `SELECT COUNT(*) FROM reports`)
	t.Logf("%d reports were written while %d rows and %d photos were backed up", written.Load()-began, m.Rows(), m.Photos)

	r := nowhere(t)
	r.mustRestore(folder)
	if n := ask[int](r, `SELECT COUNT(*) FROM reports`); n < before || n >= after {
		t.Errorf("%d reports in the backup, %d before it, %d in the end: nothing was written meanwhile", n, before, after)
	}
	whole(t, r)
	for what, query := range map[string]string{
		"steps that their report does not count": `SELECT COUNT(*) FROM reports r WHERE chain_length <> (SELECT COUNT(*) FROM report_events e WHERE e.report_id = r.id AND e.seq > 0)`,
		"reports without a step":                 `SELECT COUNT(*) FROM reports r WHERE NOT EXISTS (SELECT 1 FROM report_events e WHERE e.report_id = r.id)`,
		"steps without a report":                 `SELECT COUNT(*) FROM report_events e WHERE NOT EXISTS (SELECT 1 FROM reports r WHERE r.id = e.report_id)`,
		"photos of no report":                    `SELECT COUNT(*) FROM photos p WHERE report_id > 0 AND NOT EXISTS (SELECT 1 FROM report_events e WHERE e.id = p.event_id AND e.report_id = p.report_id)`,
		"keys of no report":                      `SELECT COUNT(*) FROM idempotency_keys k WHERE idem_key LIKE 'busy-%' AND NOT EXISTS (SELECT 1 FROM reports r WHERE r.id = k.object_id)`,
	} {
		if n := ask[int](r, query); n > 0 {
			t.Errorf("%d %s", n, what)
		}
	}
	rows, err := r.x.Query(`SELECT id, state FROM photos`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	count, got, there := 0, r.files(), c.files()
	for rows.Next() {
		var id, state string
		if err := rows.Scan(&id, &state); err != nil {
			t.Fatal(err)
		}
		file := fmt.Sprintf("/%s/%s/full.jpg", id[:2], id)
		if state == "processing" {
			file, count = "/incoming/"+id, count+1
		}
		if sum := got[file]; sum == "" || sum != there[file] {
			t.Errorf("photo %s: %q", id, sum)
		}
	}
	if len(m.Missing) > 0 || count == 0 {
		t.Errorf("%d photos, missing %v", count, m.Missing)
	}
}

func TestRestoreOntoANewerVersion(t *testing.T) {
	t.Parallel()
	c := street(t)
	newest := c.state()
	if err := mysql.Migrate(c.dsn, -2); err != nil {
		t.Fatal(err)
	}
	old := ask[uint](c, `SELECT version FROM schema_migrations`)
	m, folder := c.backUp(t.TempDir())
	current, err := mysql.NewestSchema()
	if err != nil || m.Schema != old || old >= current {
		t.Fatalf("schema %d in the backup, %d in the database, %d is newest: %v", m.Schema, old, current, err)
	}
	if err := mysql.Migrate(c.dsn, 0); err != nil {
		t.Fatal(err)
	}
	r := nowhere(t)
	r.mustRestore(folder)
	want, got := c.state(), r.state()
	for name, create := range newest {
		if strings.HasPrefix(name, structure) { // going back and forth changes the order of keys, and empties what was newer
			want[name] = nextID.ReplaceAllString(create, nextID.FindString(want[name]))
		}
	}
	same(t, got, want)
	if v := ask[uint](r, `SELECT version FROM schema_migrations WHERE NOT dirty`); v != current {
		t.Errorf("version %d, want %d", v, current)
	}
}

// A restore that was cut off half-way leaves a database in which nothing starts, and is run
// again from the beginning.
func TestRestoreIsCutOff(t *testing.T) {
	t.Parallel()
	c, _, folder := quietStreet(t)
	want := c.state()
	r := nowhere(t)
	b, err := backup.Open(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { // as soon as the first rows of the last tables are there
		for ctx.Err() == nil {
			var n int
			if r.x.QueryRow(`SELECT COUNT(*) FROM persons`).Scan(&n) == nil && n > 0 {
				cancel()
			}
		}
	}()
	if err := b.Restore(ctx, r.dsn, r.photos); err == nil {
		t.Fatal("it was not cut off")
	}
	refused(t, mysql.Migrate(r.dsn, 0), "上一次升级或恢复没有做完")
	if _, _, err := backup.Take(t.Context(), backup.Source{DSN: r.dsn, Photos: r.photos, Now: time.Now}, t.TempDir()); err == nil {
		t.Error("half a database is backed up")
	}
	r.mustRestore(folder)
	same(t, r.state(), want)
	refused(t, r.restore(folder), "目标数据库里已经有数据")
}

// The rows are plain SQL: the database's own client reads them, should this program be lost.
func TestThePlainClientReadsABackup(t *testing.T) {
	t.Parallel()
	c, m, folder := quietStreet(t)
	r := nowhere(t)
	if err := errors.Join(mysql.CreateDatabase(r.dsn), mysql.Migrate(r.dsn, 0)); err != nil {
		t.Fatal(err)
	}
	r.exec(`DELETE FROM quick_texts`)
	_, port, err := net.SplitHostPort(dbtest.Server(t).Addr())
	if err != nil {
		t.Fatal(err)
	}
	_, name, _ := strings.Cut(strings.Split(r.dsn, "?")[0], "/")
	client := exec.Command("sh", "-c", `{ echo "SET foreign_key_checks = 0;"; zcat tables/*.sql.gz; } | mariadb --no-defaults -h127.0.0.1 -P`+port+` -uroot --default-character-set=utf8mb4 `+name)
	client.Dir = folder
	if out, err := client.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, table := range m.Tables {
		var a, b, sumA, sumB string
		if err := errors.Join(c.x.QueryRow("CHECKSUM TABLE "+table.Name).Scan(&a, &sumA), r.x.QueryRow("CHECKSUM TABLE "+table.Name).Scan(&b, &sumB)); err != nil || sumA != sumB {
			t.Errorf("%s: %s %s %v", table.Name, sumA, sumB, err)
		}
	}
	check := exec.Command("sha256sum", "-c", "manifest.json.sha256")
	check.Dir = folder
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// A photo whose file is gone is named; the rest is backed up all the same.
func TestAMissingPhotoIsNamed(t *testing.T) {
	t.Parallel()
	c := street(t)
	id := ask[string](c, `SELECT id FROM photos LIMIT 1`)
	if err := c.photos.Remove(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	m, folder := c.backUp(t.TempDir())
	if len(m.Missing) != 1 || m.Missing[0] != id {
		t.Errorf("missing: %v", m.Missing)
	}
	nowhere(t).mustRestore(folder)
}

// A backup that fails leaves nothing that looks like one, and a full one is readable by its
// owner only.
func TestABackupIsWholeOrNotThere(t *testing.T) {
	t.Parallel()
	c, _, _ := quietStreet(t)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := backup.Take(ctx, backup.Source{DSN: c.dsn, Photos: c.photos, Now: time.Now}, dir); err == nil {
		t.Error("a cancelled backup succeeds")
	}
	broken := nowhere(t)
	if err := errors.Join(mysql.CreateDatabase(broken.dsn), mysql.Migrate(broken.dsn, 0)); err != nil {
		t.Fatal(err)
	}
	broken.exec(`INSERT INTO content_checks (kind, matter_kind, matter_id, event_id, photo_id, person_id, station_id, created_at) VALUES ('photo', 'report', 1, 1, REPEAT('a', 32), 1, 1, NOW(3))`)
	for _, size := range []string{"full.jpg", "thumb.jpg"} { // a folder is no photo
		if err := os.MkdirAll(filepath.Join(broken.dir, "aa", strings.Repeat("a", 32), size), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := backup.Take(t.Context(), backup.Source{DSN: broken.dsn, Photos: broken.photos, Now: time.Now}, dir); err == nil {
		t.Error("a photo that cannot be read is no fault")
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	_, folder := c.backUp(dir)
	_ = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		info, _ := d.Info()
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %v", path, info.Mode())
		}
		return err
	})
}

func TestPrune(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"warmcabin-20260101-030000", "warmcabin-20260103-030000", "warmcabin-20260102-030000", "warmcabin-notes", "other"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	gone, err := backup.Prune(dir, 2)
	if err != nil || len(gone) != 1 || filepath.Base(gone[0]) != "warmcabin-20260101-030000" {
		t.Error(gone, err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 4 {
		t.Error(left)
	}
}
