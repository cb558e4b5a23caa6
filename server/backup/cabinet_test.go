package backup_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
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
