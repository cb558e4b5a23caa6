package media

import (
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
func (s *Store) Receive(ctx context.Context, r io.Reader, meanwhile func(Photo) error) (photo Photo, err error) {
	photo.ID = NewID()
	place := path.Join(incoming, photo.ID)
	name := s.shelf.draft(place)
	file, err := s.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Photo{}, unwritable(err)
	}
	defer func() {
		_ = file.Close()
		if err != nil {
			photo = Photo{}
			_ = s.root.Remove(name) // else it is swept
		}
	}()
	if photo.Bytes, err = spool(file, r); err != nil {
		return photo, err
	}
	_, config, _, err := s.inspect(file)
	if err != nil {
		return photo, err
	}
	photo.Width, photo.Height = config.Width, config.Height
	var safe errgroup.Group
	safe.Go(func() error {
		if err := s.shelf.keep(ctx, s.root, name, place); err != nil {
			return unwritable(err)
		}
		return nil
	})
	if meanwhile != nil {
		safe.Go(func() error { return meanwhile(photo) })
	}
	if err = safe.Wait(); err != nil {
		_ = s.shelf.remove(context.WithoutCancel(ctx), place) // else it is swept
	}
	return photo, err
}

// spools are buffers between a connection and the disk.
var spools = sync.Pool{New: func() any { b := make([]byte, 128<<10); return &b }}

func spool(file *os.File, r io.Reader) (n int64, err error) {
	buffer := spools.Get().(*[]byte)
	defer spools.Put(buffer)
	in := &source{r: io.LimitReader(r, MaxBytes+1)}
	n, err = io.CopyBuffer(onlyWriter{file}, in, *buffer)
	switch {
	case n > MaxBytes || isTooLarge(in.err):
		err = cabin.E(cabin.CodeTooLarge, "照片超过 10 MB，请换一张小一点的照片", in.err)
	case in.err != nil:
		err = cabin.E(cabin.CodeInvalid, "照片没有传完整，请重新上传", in.err)
	case err != nil:
		err = unwritable(err)
	case n == 0:
		err = cabin.E(cabin.CodeInvalid, "照片是空的，请重新选择")
	}
	return n, err
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
