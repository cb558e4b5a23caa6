package media

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"

	"warmcabin/server/cabin"
)

// Export hands the files of a photo to each, for a backup, under the names that Adopt takes:
// its renditions, or of one that is not developed yet what was sent. When a worker developed
// it meanwhile and let go of that, the original stands in for it. CodeNotFound when there is
// nothing; what each returns is returned.
func (s *Store) Export(ctx context.Context, id string, developed bool, each func(name string, from io.Reader) error) error {
	if !validID.MatchString(id) {
		return notFound(nil)
	}
	sent := path.Join(incoming, id)
	if !developed {
		err := s.export(ctx, sent, sent, each)
		if cabin.CodeOf(err) == cabin.CodeNotFound {
			return s.export(ctx, rendition(id, Original), sent, each)
		}
		return err
	}
	for _, size := range Sizes {
		name := rendition(id, size)
		err := s.export(ctx, name, name, each)
		if cabin.CodeOf(err) == cabin.CodeNotFound && size == Original { // older photos have none
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) export(ctx context.Context, name, as string, each func(string, io.Reader) error) error {
	in, _, err := s.shelf.open(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return notFound(err)
	}
	if err != nil {
		return unreadable(err)
	}
	defer in.Close()
	return each(as, in)
}

var exported = regexp.MustCompile(`^(incoming/[0-9a-f]{32}|([0-9a-f]{2})/[0-9a-f]{32}/(original|full|thumb)\.jpg)$`)

// Adopt keeps a file that Export handed out, as it is. One that is here already must be the
// same (CodeConflict). CodeNotFound for any other name.
func (s *Store) Adopt(ctx context.Context, name string, from io.Reader) error {
	if !exported.MatchString(name) {
		return notFound(nil)
	}
	here, _, err := s.shelf.open(ctx, name)
	if err == nil {
		defer here.Close()
		return sameAs(here, from)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return unreadable(err)
	}
	temp := path.Join(scratch, NewID())
	err = s.spill(temp, from)
	if err == nil {
		err = s.shelf.keep(ctx, s.root, temp, name)
	}
	if err != nil {
		_ = s.root.Remove(temp) // else it is swept
		return unwritable(err)
	}
	return nil
}

// spill writes a scratch file to disk.
func (s *Store) spill(name string, from io.Reader) error {
	f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func sameAs(here, from io.Reader) error {
	a, b := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		n, errA := io.ReadFull(here, a)
		m, errB := io.ReadFull(from, b)
		if !bytes.Equal(a[:n], b[:m]) {
			return cabin.E(cabin.CodeConflict, "这里已经有同名而不同的照片，没有覆盖它。")
		}
		if errA != nil || errB != nil {
			if (errA == io.EOF || errA == io.ErrUnexpectedEOF) && (errB == io.EOF || errB == io.ErrUnexpectedEOF) {
				return nil
			}
			return unreadable(errors.Join(errA, errB))
		}
	}
}
