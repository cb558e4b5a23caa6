package excel

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// Folder keeps exported files for a while, under names that nobody guesses. Several
// processes may share it.
type Folder struct {
	dir  string
	root *os.Root
}

var fileName = regexp.MustCompile(`^[A-Z0-9]{26}$`)

// OpenFolder opens the folder and makes it when it is missing; only we may read it.
func OpenFolder(dir string) (*Folder, error) {
	if err := os.MkdirAll(filepath.Join(dir, "tmp"), 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Folder{dir, root}, nil
}

// Close lets go of the folder.
func (f *Folder) Close() error { return f.root.Close() }

// Temp is where a List may put its temporary files.
func (f *Folder) Temp() string { return filepath.Join(f.dir, "tmp") }

// Put writes a file, whole or not at all, and returns its size. name is a rand.Text.
func (f *Folder) Put(name string, write func(io.Writer) error) (size int64, err error) {
	if !fileName.MatchString(name) {
		return 0, errors.New("excel: this is no name of ours")
	}
	part := filepath.Join("tmp", name)
	file, err := f.root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, err
	}
	err = write(file)
	if err == nil {
		err = file.Sync()
	}
	if info, statErr := file.Stat(); statErr == nil {
		size = info.Size()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = f.root.Rename(part, name)
	}
	if err != nil {
		_ = f.root.Remove(part) // it is swept later if it stays
		return 0, err
	}
	return size, nil
}

// Get opens a file that was put.
func (f *Folder) Get(name string) (*os.File, error) {
	if !fileName.MatchString(name) {
		return nil, fs.ErrNotExist
	}
	return f.root.Open(name)
}

// Remove takes a file away; one that is gone is fine.
func (f *Folder) Remove(name string) error {
	if !fileName.MatchString(name) {
		return nil
	}
	if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Sweep removes what is older than life: files whose row was lost, and what a process that
// died left behind.
func (f *Folder) Sweep(life time.Duration, now time.Time) error {
	for _, dir := range []string{".", "tmp"} {
		entries, err := fs.ReadDir(f.root.FS(), dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			info, err := e.Info()
			if err != nil || e.IsDir() || now.Sub(info.ModTime()) <= life {
				continue
			}
			if err := f.root.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}
