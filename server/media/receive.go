package media

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path"
	"sync"

	"golang.org/x/sync/errgroup"

	"warmcabin/server/cabin"
)

// Receive takes an upload in: it streams it to disk, looks at what it is, and keeps it as
// it came, to be developed. When it returns the photo is safe. It reads MaxBytes and one
// byte at most from r, and decodes nothing. meanwhile, which may be nil, notes the photo
// where photos are counted, while the disk makes it safe: a power cut may leave the note
// and no photo, which nobody was promised. Its error is returned as it is.
//
// Errors: CodeTooLarge over MaxBytes; CodeUnsupported for what is no JPEG, PNG or WebP by
// its content; CodeInvalid for too many pixels, for a photo that would take too much work,
// and for one that is empty, damaged or was not sent to its end, as far as that can be seen
// without decoding; CodeUnavailable when the disk refuses. Nothing is kept then.
func (s *Store) Receive(ctx context.Context, r io.Reader, meanwhile func(Photo) error) (Photo, error) {
	u := upload{store: s, photo: Photo{ID: NewID()}, meanwhile: meanwhile}
	return u.keep(ctx, func(file *os.File) (err error) {
		if u.photo.Bytes, err = spool(file, r); err == nil {
			err = u.describe(file)
		}
		if err == nil {
			u.note()
		}
		return err
	})
}

// ReceiveWhole is Receive of what has come whole already. What is no photo does not even
// come to the disk, and all that the disk does is waited for together with meanwhile: for a
// moment there is a note and no photo, or part of one.
func (s *Store) ReceiveWhole(ctx context.Context, sent []byte, meanwhile func(Photo) error) (Photo, error) {
	u := upload{store: s, photo: Photo{ID: NewID(), Bytes: int64(len(sent))}, meanwhile: meanwhile}
	if err := fits(u.photo.Bytes); err != nil {
		return Photo{}, err
	}
	if err := u.describe(bytes.NewReader(sent)); err != nil {
		return Photo{}, err
	}
	u.note()
	return u.keep(ctx, func(file *os.File) error {
		_, err := file.Write(sent)
		return unwritable(err)
	})
}

// upload is a photo that is being received.
type upload struct {
	store     *Store
	photo     Photo
	meanwhile func(Photo) error
	noted     errgroup.Group
}

// describe looks at the content, and says what there is of it in the photo.
func (u *upload) describe(file io.ReadSeeker) error {
	_, config, _, err := u.store.inspect(file)
	u.photo.Width, u.photo.Height = config.Width, config.Height
	return err
}

// note has the photo noted while the caller goes on.
func (u *upload) note() {
	if u.meanwhile != nil {
		u.noted.Go(func() error { return u.meanwhile(u.photo) })
	}
}

// keep has the file written and kept, and waits for the note.
func (u *upload) keep(ctx context.Context, write func(*os.File) error) (Photo, error) {
	place := path.Join(incoming, u.photo.ID)
	err := u.store.keep(ctx, place, write)
	if failed := u.noted.Wait(); err == nil && failed != nil {
		_ = u.store.shelf.remove(context.WithoutCancel(ctx), place) // else it is swept
		err = failed
	}
	if err != nil {
		return Photo{}, err
	}
	return u.photo, nil
}

// keep writes a new file of the shelf, by write, for good.
func (s *Store) keep(ctx context.Context, place string, write func(*os.File) error) (err error) {
	name := s.shelf.draft(place)
	file, err := s.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return unwritable(err)
	}
	defer func() {
		_ = file.Close()
		if err != nil {
			_ = s.root.Remove(name) // else it is swept
		}
	}()
	if err := write(file); err != nil {
		return err
	}
	if name == place {
		return unwritable(file.Sync())
	}
	if err := s.shelf.keep(ctx, s.root, name, place); err != nil {
		_ = s.shelf.remove(context.WithoutCancel(ctx), place) // it may have come there all the same
		return unwritable(err)
	}
	return nil
}

// spools are buffers between a connection and the disk.
var spools = sync.Pool{New: func() any { b := make([]byte, 128<<10); return &b }}

func spool(file *os.File, r io.Reader) (n int64, err error) {
	buffer := spools.Get().(*[]byte)
	defer spools.Put(buffer)
	in := &source{r: io.LimitReader(r, MaxBytes+1)}
	n, err = io.CopyBuffer(onlyWriter{file}, in, *buffer)
	switch {
	case isTooLarge(in.err):
		return n, tooLarge(in.err)
	case n <= MaxBytes && in.err != nil:
		return n, cabin.E(cabin.CodeInvalid, "照片没有传完整，请重新上传", in.err)
	case err != nil:
		return n, unwritable(err)
	}
	return n, fits(n)
}

// fits refuses what is too long, or nothing.
func fits(n int64) error {
	switch {
	case n > MaxBytes:
		return tooLarge(nil)
	case n == 0:
		return cabin.E(cabin.CodeInvalid, "照片是空的，请重新选择")
	}
	return nil
}

func tooLarge(err error) error {
	return cabin.E(cabin.CodeTooLarge, "照片超过 10 MB，请换一张小一点的照片", err)
}

// onlyWriter hides ReadFrom, which would bring a small buffer of its own.
type onlyWriter struct{ io.Writer }

// source fills the whole of a buffer at a time, and remembers why reading ended, to tell
// the sender's fault from the disk's.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var k int
		k, err = s.r.Read(p[n:])
		n += k
	}
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

func isTooLarge(err error) bool {
	_, ok := errors.AsType[*http.MaxBytesError](err)
	return ok
}
