package backup_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"warmcabin/server/backup"
	"warmcabin/server/mysql"
)

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
