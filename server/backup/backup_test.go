package backup_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"warmcabin/server/backup"
	"warmcabin/server/cabin"
	"warmcabin/server/demo"
	"warmcabin/server/media"
	"warmcabin/server/media/mediatest"
	"warmcabin/server/mysql"
	"warmcabin/server/mysql/dbtest"
)

// cabinet is one place where the product is installed: a database and a folder of photos.
type cabinet struct {
	t      *testing.T
	dsn    string
	dir    string
	x      *sql.DB
	photos *media.Store
	db     *mysql.DB
}

var names atomic.Int64

// nowhere is a place in which nothing is yet, not even the database.
func nowhere(t *testing.T) *cabinet {
	t.Helper()
	name := fmt.Sprintf("warmcabin_backup_%d", names.Add(1))
	c := &cabinet{t: t, dsn: dbtest.Server(t).DSN(name), dir: t.TempDir()}
	var err error
	if c.photos, err = media.Open(c.dir); err != nil {
		t.Fatal(err)
	}
	if c.x, err = sql.Open("mysql", c.dsn); err != nil {
		t.Fatal(err)
	}
	if c.db, err = mysql.Open(c.dsn, mysql.Options{Sealer: dbtest.Vault(t)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = c.x.Exec("DROP DATABASE IF EXISTS " + name)
		_, _, _ = c.x.Close(), c.db.Close(), c.photos.Close()
	})
	return c
}

// street is a place with the demo's people, matters, contacts and pictures.
func street(t *testing.T) *cabinet {
	t.Helper()
	c := nowhere(t)
	if err := errors.Join(mysql.CreateDatabase(c.dsn), mysql.Migrate(c.dsn, 0)); err != nil {
		t.Fatal(err)
	}
	if err := demo.Load(t.Context(), c.dsn, c.photos, dbtest.Vault(t), time.Now); err != nil {
		t.Fatal(err)
	}
	return c
}

// standing is one street for the tests that change nothing in it, with a backup of it.
var standing struct {
	once   sync.Once
	dsn    string
	dir    string
	folder string
	m      backup.Manifest
}

func TestMain(m *testing.M) { dbtest.Run(tidy{m}) }

// tidy removes what the standing street kept on disk.
type tidy struct{ m *testing.M }

func (r tidy) Run() int {
	defer func() { _ = os.RemoveAll(standing.dir) }()
	return r.m.Run()
}

// quietStreet is a street that its test only looks at, with a backup of it.
func quietStreet(t *testing.T) (c *cabinet, m backup.Manifest, folder string) {
	t.Helper()
	standing.once.Do(func() {
		var err error
		if standing.dir, err = os.MkdirTemp("", "warmcabin-backup-*"); err != nil {
			t.Fatal(err)
		}
		c := &cabinet{t: t, dsn: dbtest.Server(t).DSN("warmcabin_backup_standing"), dir: filepath.Join(standing.dir, "media")}
		if c.photos, err = media.Open(c.dir); err != nil {
			t.Fatal(err)
		}
		defer c.photos.Close()
		if err := errors.Join(mysql.CreateDatabase(c.dsn), mysql.Migrate(c.dsn, 0), demo.Load(t.Context(), c.dsn, c.photos, dbtest.Vault(t), time.Now)); err != nil {
			t.Fatal(err)
		}
		standing.m, standing.folder = c.backUp(filepath.Join(standing.dir, "backups"))
		standing.dsn = c.dsn
	})
	if standing.dsn == "" {
		t.Fatal("the standing street was not built")
	}
	c = &cabinet{t: t, dsn: standing.dsn, dir: filepath.Join(standing.dir, "media")}
	var err error
	if c.photos, err = media.Open(c.dir); err != nil {
		t.Fatal(err)
	}
	if c.x, err = sql.Open("mysql", c.dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = c.x.Close(), c.photos.Close() })
	return c, standing.m, standing.folder
}

func (c *cabinet) exec(query string, args ...any) {
	c.t.Helper()
	if _, err := c.x.Exec(query, args...); err != nil {
		c.t.Fatal(err)
	}
}

func ask[T any](c *cabinet, query string, args ...any) (v T) {
	c.t.Helper()
	if err := c.x.QueryRow(query, args...).Scan(&v); err != nil {
		c.t.Fatalf("%s: %v", query, err)
	}
	return v
}

func (c *cabinet) tables() []string {
	c.t.Helper()
	rows, err := c.x.Query(`SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1`)
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			c.t.Fatal(err)
		}
		tables = append(tables, name)
	}
	return tables
}

const structure = "structure of "

// state is the server's own checksum of every table, its structure with the next number, and
// the hash of every photo's file.
func (c *cabinet) state() map[string]string {
	c.t.Helper()
	all := map[string]string{}
	for _, name := range c.tables() {
		var table, sum, create string
		if err := c.x.QueryRow("CHECKSUM TABLE `"+name+"`").Scan(&table, &sum); err != nil {
			c.t.Fatal(err)
		}
		if err := c.x.QueryRow("SHOW CREATE TABLE `"+name+"`").Scan(&table, &create); err != nil {
			c.t.Fatal(err)
		}
		all[name] = fmt.Sprint(sum, " ", ask[int](c, "SELECT COUNT(*) FROM `"+name+"`"))
		all[structure+name] = create
	}
	maps.Copy(all, c.files())
	return all
}

func (c *cabinet) files() map[string]string {
	c.t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all[strings.TrimPrefix(path, c.dir)] = fmt.Sprintf("%x", sha256.Sum256(text))
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return all
}

func (c *cabinet) backUp(dir string) (backup.Manifest, string) {
	c.t.Helper()
	m, folder, err := backup.Take(c.t.Context(), backup.Source{DSN: c.dsn, Photos: c.photos, Now: time.Now}, dir)
	if err != nil {
		c.t.Fatal(err)
	}
	return m, folder
}

func (c *cabinet) restore(folder string) error {
	b, err := backup.Open(c.t.Context(), folder)
	if err != nil {
		return err
	}
	defer b.Close()
	return b.Restore(c.t.Context(), c.dsn, c.photos)
}

func (c *cabinet) mustRestore(folder string) {
	c.t.Helper()
	if err := c.restore(folder); err != nil {
		c.t.Fatal(err)
	}
}

// refused fails unless the error says these words.
func refused(t *testing.T, err error, words string) {
	t.Helper()
	if e, ok := errors.AsType[*cabin.Error](err); !ok || !strings.Contains(e.Message, words) {
		t.Errorf("want a sentence with %q, got %v", words, err)
	}
}

func same(t *testing.T, got, want map[string]string) {
	t.Helper()
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s is not what it was:\n%s\nwant\n%s", name, got[name], want[name])
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s was not there before", name)
		}
	}
}

func whole(t *testing.T, c *cabinet) mysql.Verification {
	t.Helper()
	v, err := c.db.Reports.Verify(t.Context())
	if err != nil || len(v.Faults) > 0 {
		t.Errorf("%v %+v", err, v.Faults)
	}
	return v
}

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

// busy reports, and has the report accepted, until stop.
func (c *cabinet) busy(i int, stop <-chan struct{}, written *atomic.Int64) {
	ctx := context.Background()
	p, err := c.db.People.Login(ctx, fmt.Sprint("obusy", i), "")
	if err != nil {
		c.t.Error(err)
		return
	}
	desk := ask[int64](c, `SELECT person_id FROM person_roles WHERE role = 'staff' AND scope_id IN (0, (SELECT station_id FROM communities WHERE id = 1)) LIMIT 1`)
	staff, err := c.db.People.Actor(ctx, desk)
	if err != nil {
		c.t.Error(err)
		return
	}
	picture := mediatest.JPEG(mediatest.Picture(64, 48))
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		default:
		}
		photo, err := c.photos.Receive(ctx, bytes.NewReader(picture), nil) // a worker has not come to it yet
		if err == nil {
			err = c.db.Photos.Add(ctx, cabin.Photo{ID: photo.ID, OwnerID: p.ID, State: cabin.PhotoProcessing, Width: 64, Height: 48})
		}
		if err != nil {
			c.t.Error(err)
			return
		}
		r, err := c.db.Reports.Submit(ctx, mysql.Key{PersonID: p.ID, Key: fmt.Sprintf("busy-%d-%d", i, n)}, mysql.NewReport{
			ReporterID: p.ID, CategoryID: 1, CommunityID: 1, PlaceText: "3 号楼前", Body: "下雨就积水", PhotoIDs: []string{photo.ID}})
		if err == nil {
			_, err = c.db.Reports.Command(ctx, staff, r.ID, cabin.ReportAccept, cabin.Input{})
		}
		if err != nil {
			c.t.Error(err)
			return
		}
		written.Add(1)
	}
}

// A backup of an older version comes back as it was and is then brought to this version.
var nextID = regexp.MustCompile(` AUTO_INCREMENT=\d+`)

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

func TestABackupOfANewerVersionIsRefused(t *testing.T) {
	t.Parallel()
	_, _, whole := quietStreet(t)
	folder := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(folder, os.DirFS(whole)); err != nil {
		t.Fatal(err)
	}
	rewrite(t, folder, func(m *backup.Manifest) { m.Schema = 9999 })
	r := nowhere(t)
	refused(t, r.restore(folder), "请先把程序升级")
	r.untouched()
}

// rewrite changes a manifest as its own program would have written it.
func rewrite(t *testing.T, folder string, change func(*backup.Manifest)) {
	t.Helper()
	path := filepath.Join(folder, "manifest.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var m backup.Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	change(&m)
	if text, err = json.MarshalIndent(m, "", " "); err != nil {
		t.Fatal(err)
	}
	sum := fmt.Sprintf("%x  manifest.json\n", sha256.Sum256(text))
	if err := errors.Join(os.WriteFile(path, text, 0o600), os.WriteFile(path+".sha256", []byte(sum), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// untouched fails when anything came into this place.
func (c *cabinet) untouched() {
	c.t.Helper()
	server := strings.Split(c.dsn, "/")
	x, err := sql.Open("mysql", server[0]+"/")
	if err != nil {
		c.t.Fatal(err)
	}
	defer x.Close()
	var n int
	name, _, _ := strings.Cut(server[1], "?")
	if err := x.QueryRow(`SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ?`, name).Scan(&n); err != nil || n > 0 {
		c.t.Errorf("a database was made: %d %v", n, err)
	}
	if files := c.files(); len(files) > 0 {
		c.t.Errorf("files were written: %v", slices.Collect(maps.Keys(files)))
	}
}

// One wrong byte anywhere, a file that is missing or too short: refused before anything begins.
func TestDamagedBackups(t *testing.T) {
	t.Parallel()
	_, m, whole := quietStreet(t)
	flip := func(path string) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text[len(text)/2] ^= 1
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	photo := m.Files[slices.IndexFunc(m.Files, func(f backup.File) bool { return strings.HasSuffix(f.Path, "full.jpg") })].Path
	for name, c := range map[string]struct {
		harm  func(folder string)
		words string
	}{
		"a bit of a table":       {func(f string) { flip(f + "/tables/report_events.sql.gz") }, "tables/report_events.sql.gz 和它的校验值对不上"},
		"a bit of a photo":       {func(f string) { flip(f + "/" + photo) }, photo},
		"a bit of the manifest":  {func(f string) { flip(f + "/manifest.json") }, "manifest.json 和它的校验值对不上"},
		"a table is missing":     {func(f string) { _ = os.Remove(f + "/tables/audit.sql.gz") }, "缺少 tables/audit.sql.gz"},
		"a table was cut off":    {func(f string) { _ = os.Truncate(f+"/tables/audit.sql.gz", 100) }, "tables/audit.sql.gz"},
		"no hash":                {func(f string) { _ = os.Remove(f + "/manifest.json.sha256") }, "缺少 manifest.json.sha256"},
		"no manifest":            {func(f string) { _ = os.Remove(f + "/manifest.json") }, "不是一份备份"},
		"a table is not listed":  {func(f string) { rewrite(t, f, func(m *backup.Manifest) { m.Files = m.Files[1:] }) }, "缺少 tables/"},
		"photos are not listed":  {func(f string) { rewrite(t, f, func(m *backup.Manifest) { m.Photos++ }) }, "张照片"},
		"the wrong folder":       {func(f string) { _ = os.RemoveAll(f) }, "打不开备份的文件夹"},
		"the folder of backups":  {func(f string) { _ = os.Rename(f, f+"x"); _ = os.Mkdir(f, 0o700) }, "不是一份备份"},
		"a path out of the way":  {func(f string) { rewrite(t, f, func(m *backup.Manifest) { m.Files[0].Path = "../x" }) }, ""},
		"something else in rows": {func(f string) { smuggle(t, f) }, "-"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := filepath.Join(t.TempDir(), "copy")
			if err := os.CopyFS(folder, os.DirFS(whole)); err != nil {
				t.Fatal(err)
			}
			c.harm(folder)
			r := nowhere(t)
			err := r.restore(folder)
			switch c.words {
			case "": // the folder's root does not let it out
				if err == nil {
					t.Error("not refused")
				}
			case "-":
				if err == nil || !strings.Contains(err.Error(), "something else than rows") {
					t.Error(err)
				}
				return // the fault shows only while loading
			default:
				refused(t, err, c.words)
			}
			r.untouched()
		})
	}
}

// smuggle puts another statement into a table's rows, with the right hash.
func smuggle(t *testing.T, folder string) {
	t.Helper()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = io.WriteString(z, "DROP TABLE persons;\n")
	if err := errors.Join(z.Close(), os.WriteFile(folder+"/tables/bookings.sql.gz", packed.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	rewrite(t, folder, func(m *backup.Manifest) {
		for i := range m.Files {
			if m.Files[i].Path == "tables/bookings.sql.gz" {
				m.Files[i].Bytes, m.Files[i].SHA256 = int64(packed.Len()), fmt.Sprintf("%x", sha256.Sum256(packed.Bytes()))
			}
		}
	})
}

// A restore never overwrites: not a database in use, not a photo.
func TestNothingIsOverwritten(t *testing.T) {
	t.Parallel()
	c, m, folder := quietStreet(t)
	before := c.state()
	refused(t, c.restore(folder), "目标数据库里已经有数据")
	same(t, c.state(), before)

	fresh := nowhere(t) // as the first start of the product leaves it
	if err := errors.Join(mysql.CreateDatabase(fresh.dsn), mysql.Migrate(fresh.dsn, 0)); err != nil {
		t.Fatal(err)
	}
	photo := m.Files[slices.IndexFunc(m.Files, func(f backup.File) bool { return strings.HasSuffix(f.Path, "full.jpg") })].Path
	there := filepath.Join(fresh.dir, strings.TrimPrefix(photo, "photos"))
	if err := errors.Join(os.MkdirAll(filepath.Dir(there), 0o750), os.WriteFile(there, []byte("another"), 0o640)); err != nil {
		t.Fatal(err)
	}
	refused(t, fresh.restore(folder), "同名而不同的照片")
	if text, err := os.ReadFile(there); err != nil || string(text) != "another" {
		t.Errorf("%q %v", text, err)
	}
	if err := os.RemoveAll(filepath.Dir(there)); err != nil {
		t.Fatal(err)
	}
	fresh.mustRestore(folder) // some photos are there from the try before
	same(t, fresh.state(), before)
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
