// Package backup writes the database and the photos of one moment into a folder, and fills an
// empty place from it (ADR 0016). Keys never go into that folder.
package backup

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/media"
	"warmcabin/server/mysql"
)

// Manifest says what is in a backup. It is the file manifest.json, and its own SHA-256 stands
// beside it, in the form of sha256sum.
type Manifest struct {
	Format  int       `json:"format"`
	Schema  uint      `json:"schema"` // the newest migration
	TakenAt time.Time `json:"takenAt"`
	Tables  []Table   `json:"tables"`
	Photos  int       `json:"photos"`
	// Missing are photos that a row names and that have no file: deleted since the moment of
	// the backup, or lost.
	Missing []string `json:"missing,omitempty"`
	// Keys are fingerprints of the keys that open the contacts, by their names.
	Keys  map[string]string `json:"keys,omitempty"`
	Files []File            `json:"files"`
}

// Table is one table's rows.
type Table struct {
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`
	NextID int64  `json:"nextId,omitempty"`
}

// File is one file of a backup, by its path in the folder.
type File struct {
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Rows counts the rows of all tables.
func (m Manifest) Rows() (n int64) {
	for _, t := range m.Tables {
		n += t.Rows
	}
	return n
}

// Bytes is the size of all files.
func (m Manifest) Bytes() (n int64) {
	for _, f := range m.Files {
		n += f.Bytes
	}
	return n
}

const (
	format       = 1
	manifestFile = "manifest.json"
	manifestHash = "manifest.json.sha256"
	partial      = ".partial-"
	abandoned    = 24 * time.Hour // what is still partial after that was left by a crash
)

// Source is what a backup is made of.
type Source struct {
	DSN    string // needs SELECT only
	Photos *media.Store
	Keys   map[string]string // Manifest.Keys
	Now    func() time.Time
}

var folderName = regexp.MustCompile(`^warmcabin-\d{8}-\d{6}$`)

// Take writes a backup into a new folder in dir and returns that folder. Others go on working:
// all rows are of one moment. The folder gets its name when everything is on disk; until then,
// and after a failure, there is nothing by that name.
func Take(ctx context.Context, from Source, dir string) (m Manifest, folder string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return m, "", err
	}
	sweep(dir)
	snapshot, err := mysql.TakeSnapshot(ctx, from.DSN)
	if err != nil {
		return m, "", err
	}
	defer snapshot.Close()
	m = Manifest{Format: format, Schema: snapshot.Version(), TakenAt: from.Now().UTC().Truncate(time.Second), Keys: from.Keys}
	folder = filepath.Join(dir, "warmcabin-"+m.TakenAt.In(cabin.Shanghai).Format("20060102-150405"))
	if _, err := os.Stat(folder); err == nil {
		return m, "", cabin.E(cabin.CodeConflict, "这一秒已经有一份备份："+folder)
	}
	temp, err := os.MkdirTemp(dir, partial)
	if err != nil {
		return m, "", err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(temp)
		}
	}()
	w := &writer{dir: temp, manifest: &m}
	if err := w.tables(ctx, snapshot); err != nil {
		return m, "", err
	}
	photos, err := snapshot.Photos(ctx)
	if err != nil {
		return m, "", err
	}
	snapshot.Close() // photos never change: the moment need not be held while they are copied
	if err := w.photos(ctx, from.Photos, photos); err != nil {
		return m, "", err
	}
	if err := w.seal(); err != nil {
		return m, "", err
	}
	if err := os.Rename(temp, folder); err != nil {
		return m, "", err
	}
	return m, folder, syncFolder(dir)
}

// sweep removes what crashes left.
func sweep(dir string) {
	left, _ := filepath.Glob(filepath.Join(dir, partial+"*"))
	for _, path := range left {
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > abandoned {
			_ = os.RemoveAll(path)
		}
	}
}

// Prune removes all but the newest keep backups from dir and returns the folders that went.
func Prune(dir string, keep int) (gone []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && folderName.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	for _, name := range names[:max(0, len(names)-keep)] {
		path := filepath.Join(dir, name)
		if err := os.RemoveAll(path); err != nil {
			return gone, err
		}
		gone = append(gone, path)
	}
	return gone, nil
}

// writer writes a backup's files and remembers them in its manifest.
type writer struct {
	dir      string
	manifest *Manifest
}

// photoFolder holds the photos by their own names.
const photoFolder = "photos/"

func tableFile(name string) string { return "tables/" + name + ".sql.gz" }

func (w *writer) tables(ctx context.Context, s *mysql.Snapshot) error {
	for _, t := range s.Tables() {
		err := w.file(tableFile(t.Name), func(to io.Writer) error {
			// As fast as it goes: text shrinks well enough, and the moment is held meanwhile.
			packed, err := gzip.NewWriterLevel(to, gzip.BestSpeed)
			if err != nil {
				return err
			}
			rows, err := s.Dump(ctx, t, packed)
			w.manifest.Tables = append(w.manifest.Tables, Table{t.Name, rows, t.NextID})
			return errors.Join(err, packed.Close())
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) photos(ctx context.Context, store *media.Store, photos []mysql.KeptPhoto) error {
	for _, p := range photos {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := store.Export(ctx, p.ID, p.Developed, func(name string, from io.Reader) error {
			return w.file(photoFolder+name, func(to io.Writer) error { _, err := io.Copy(to, from); return err })
		})
		if cabin.CodeOf(err) == cabin.CodeNotFound {
			w.manifest.Missing = append(w.manifest.Missing, p.ID)
		} else if err != nil {
			return err
		} else {
			w.manifest.Photos++
		}
	}
	return nil
}

// file writes one file to disk and into the manifest.
func (w *writer) file(name string, write func(io.Writer) error) (err error) {
	full := filepath.Join(w.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(full, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	sum := &summing{to: f, hash: sha256.New()}
	err = write(sum)
	if err == nil {
		err = f.Sync()
	}
	w.manifest.Files = append(w.manifest.Files, File{name, sum.bytes, hex.EncodeToString(sum.hash.Sum(nil))})
	return errors.Join(err, f.Close())
}

type summing struct {
	to    io.Writer
	hash  hash.Hash
	bytes int64
}

func (s *summing) Write(p []byte) (int, error) {
	n, err := s.to.Write(p)
	s.hash.Write(p[:n])
	s.bytes += int64(n)
	return n, err
}

// seal writes the manifest and its hash, and puts every folder on disk.
func (w *writer) seal() error {
	text, err := json.MarshalIndent(w.manifest, "", " ")
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	own := &writer{dir: w.dir, manifest: &Manifest{}}
	for name, content := range map[string][]byte{manifestFile: text, manifestHash: fmt.Appendf(nil, "%x  %s\n", sum, manifestFile)} {
		if err := own.file(name, func(to io.Writer) error { _, err := to.Write(content); return err }); err != nil {
			return err
		}
	}
	return filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return syncFolder(path)
	})
}

func syncFolder(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
