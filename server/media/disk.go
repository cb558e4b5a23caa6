package media

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"time"
)

// disk is a shelf in the store's own folder.
type disk struct{ root *os.Root }

func (d disk) close() error { return nil } // the folder is the store's

// draft is the very place of what was sent: nobody looks there before a row says so, and a
// new file is durable with one flush of the disk (ext4, xfs and btrfs keep its name with its
// content) where one that was moved takes two or three. All else is made aside, as it may
// take the place of another.
func (d disk) draft(name string) string {
	if path.Dir(name) == incoming {
		return name
	}
	return path.Join(scratch, NewID())
}

func (d disk) keep(_ context.Context, scratch *os.Root, from, name string) error {
	err := scratch.Rename(from, name)
	if errors.Is(err, fs.ErrNotExist) { // the first in its folder
		if err = d.root.MkdirAll(path.Dir(name), 0o750); err == nil {
			if err = scratch.Rename(from, name); err == nil {
				err = d.sync(path.Dir(path.Dir(name)))
			}
		}
	}
	if err == nil {
		err = d.sync(name)
	}
	if err == nil {
		err = d.sync(path.Dir(name))
	}
	return err
}

// sync makes a file, or the names in a folder, durable.
func (d disk) sync(name string) error {
	f, err := d.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func (d disk) open(_ context.Context, name string) (io.ReadSeekCloser, time.Time, error) {
	f, err := d.root.Open(name)
	if err != nil {
		return nil, time.Time{}, err
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, time.Time{}, err
	}
	return f, info.ModTime(), nil
}

func (d disk) remove(_ context.Context, names ...string) error {
	for _, name := range names {
		if err := d.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if folder := path.Dir(name); path.Dir(folder) != "." {
			_ = d.root.Remove(folder) // with its last rendition; not before
		}
	}
	return nil
}

func (d disk) list(_ context.Context, folder string, each func(string, time.Time) error) error {
	entries, err := fs.ReadDir(d.root.FS(), folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // gone meanwhile
		}
		if err == nil {
			err = each(e.Name(), info.ModTime())
		}
		if err != nil {
			return err
		}
	}
	return nil
}
