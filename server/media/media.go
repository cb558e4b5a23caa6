// Package media keeps photos. What comes in is checked by its content, bounded before it
// is decoded, turned upright, made smaller and written anew as JPEG, so that nothing of
// the original but its pixels is kept: no place, device, time, thumbnail or comment.
package media

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"regexp"
	"time"

	"golang.org/x/sync/semaphore"

	"warmcabin/server/cabin"
)

// What a photo may be, and what becomes of it.
const (
	MaxBytes    = 10 << 20   // of an upload
	MaxSide     = 12_000     // pixels
	MaxPixels   = 50_000_000 // width × height
	FullSide    = 2048       // the long side of what is kept, at most
	ThumbSide   = 400        // the long side of its thumbnail, at most
	ContentType = "image/jpeg"

	quality = 85
	// memory is what decoded photos may take together. Each one reserves half of it or
	// more, so that two at most are decoded at once.
	memory = 640_000_000
)

// Size chooses which rendering of a photo to read.
type Size string

// The two renderings of every photo.
const (
	Full  Size = "full"
	Thumb Size = "thumb"
)

// Photo describes a photo that was kept. Widths and heights are pixels as a person sees
// them, upright; Bytes is the size of the full rendering.
type Photo struct {
	ID          string // 128 random bits in hex: unguessable, yet who may see it is for the caller to check
	Width       int
	Height      int
	Bytes       int64
	ThumbWidth  int
	ThumbHeight int
	ThumbBytes  int64
}

// Store keeps photos on disk, as dir/ab/ab…/full.jpg and thumb.jpg. Its methods may run at
// once, and several processes may share the directory. Errors are *cabin.Error.
type Store struct {
	root    *os.Root
	formats []format
	room    *semaphore.Weighted
}

const incoming = "incoming"

// Open opens the store in dir and makes dir when it is missing. It removes what a process
// that died while writing left behind.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{root: root, formats: formats, room: semaphore.NewWeighted(memory)}
	if err := s.sweep(); err != nil {
		_ = root.Close()
		return nil, err
	}
	return s, nil
}

// Close lets go of the directory. Nothing may use the store afterwards; files that are
// open stay readable.
func (s *Store) Close() error { return s.root.Close() }

// sweep empties incoming of what is too old to be another process' work.
func (s *Store) sweep() error {
	if err := s.root.MkdirAll(incoming, 0o750); err != nil {
		return err
	}
	entries, err := fs.ReadDir(s.root.FS(), incoming)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > time.Hour {
			if err := s.root.RemoveAll(path.Join(incoming, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// Put reads a photo and keeps it. It returns once both renderings are safely on disk, or
// keeps nothing. It reads MaxBytes and one byte at most from r.
//
// Errors: CodeTooLarge over MaxBytes; CodeUnsupported for what is no JPEG, PNG or WebP by
// its content; CodeInvalid for too many pixels and for a photo that is empty, damaged or
// was not sent to its end; CodeUnavailable when ctx ends while others are being worked on
// or the disk refuses.
func (s *Store) Put(ctx context.Context, r io.Reader) (Photo, error) {
	file, err := s.spool(r)
	if err != nil {
		return Photo{}, err
	}
	defer func() { _ = file.Close() }()
	kind, cost, err := s.inspect(file)
	if err != nil {
		return Photo{}, err
	}
	cost = max(cost, memory/2)
	if err := s.room.Acquire(ctx, cost); err != nil {
		e := cabin.E(cabin.CodeUnavailable, "现在上传照片的人较多，请稍后再试", err)
		e.RetryAfter = 5
		return Photo{}, e
	}
	defer s.room.Release(cost)
	full, err := render(ctx, kind, file)
	if err != nil {
		return Photo{}, err
	}
	photo, err := s.write(full)
	if err != nil {
		return Photo{}, unwritable(err)
	}
	return photo, nil
}

// spool copies the upload to a file without a name, so that slow uploads take no memory
// and the original is gone with the process, however that ends.
func (s *Store) spool(r io.Reader) (*os.File, error) {
	name := path.Join(incoming, newID())
	file, err := s.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, unwritable(err)
	}
	if err := s.root.Remove(name); err != nil {
		_ = file.Close()
		return nil, unwritable(err)
	}
	in := &source{r: io.LimitReader(r, MaxBytes+1)}
	n, err := io.Copy(file, in)
	switch {
	case n > MaxBytes || isTooLarge(in.err):
		err = cabin.E(cabin.CodeTooLarge, "照片超过 10 MB，请换一张小一点的照片", in.err)
	case in.err != nil:
		err = cabin.E(cabin.CodeInvalid, "照片没有传完整，请重新上传", in.err)
	case err != nil:
		err = unwritable(err)
	case n == 0:
		err = cabin.E(cabin.CodeInvalid, "照片是空的，请重新选择")
	default:
		return file, nil
	}
	_ = file.Close()
	return nil, err
}

// source remembers why reading ended, to tell the sender's fault from the disk's.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

func isTooLarge(err error) bool {
	_, ok := errors.AsType[*http.MaxBytesError](err)
	return ok
}

// write puts both renderings into a folder of their own and moves that to its place: other
// readers see all of it or nothing.
func (s *Store) write(full *image.RGBA) (photo Photo, err error) {
	photo.ID = newID()
	temp := path.Join(incoming, photo.ID)
	if err := s.root.Mkdir(temp, 0o750); err != nil {
		return Photo{}, err
	}
	defer func() {
		if err != nil {
			_ = s.root.RemoveAll(temp)
		}
	}()
	photo.Width, photo.Height = full.Rect.Dx(), full.Rect.Dy()
	if photo.Bytes, err = s.encode(file(temp, Full), full); err != nil {
		return Photo{}, err
	}
	thumb := shrink(full, ThumbSide)
	photo.ThumbWidth, photo.ThumbHeight = thumb.Rect.Dx(), thumb.Rect.Dy()
	if photo.ThumbBytes, err = s.encode(file(temp, Thumb), thumb); err != nil {
		return Photo{}, err
	}
	shelf, home := photo.ID[:2], folder(photo.ID)
	if err := s.root.MkdirAll(shelf, 0o750); err != nil {
		return Photo{}, err
	}
	if err := s.root.Rename(temp, home); err != nil {
		return Photo{}, err
	}
	for _, dir := range []string{home, shelf, "."} {
		if err := s.sync(dir); err != nil {
			return Photo{}, err
		}
	}
	return photo, nil
}

func (s *Store) encode(name string, m image.Image) (int64, error) {
	f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return 0, err
	}
	err = jpeg.Encode(f, m, &jpeg.Options{Quality: quality})
	if err == nil {
		err = f.Sync()
	}
	size, sizeErr := f.Seek(0, io.SeekCurrent)
	return size, errors.Join(err, sizeErr, f.Close())
}

func (s *Store) sync(dir string) error {
	d, err := s.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Get opens one rendering of a photo, a JPEG, with the time it was kept. The caller has
// checked that this person may see it, and closes it. CodeNotFound for whatever is not the
// ID of a photo that is here.
func (s *Store) Get(id string, size Size) (io.ReadSeekCloser, time.Time, error) {
	if !validID.MatchString(id) || size != Full && size != Thumb {
		return nil, time.Time{}, notFound(nil)
	}
	f, err := s.root.Open(file(folder(id), size))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, time.Time{}, notFound(err)
	}
	if err != nil {
		return nil, time.Time{}, unreadable(err)
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, time.Time{}, unreadable(err)
	}
	return f, info.ModTime(), nil
}

// Remove deletes a photo for good. One that is gone already is no error; CodeNotFound for
// what cannot be an ID.
func (s *Store) Remove(id string) error {
	if !validID.MatchString(id) {
		return notFound(nil)
	}
	if err := s.root.RemoveAll(folder(id)); err != nil {
		return unwritable(err)
	}
	return nil
}

var validID = regexp.MustCompile(`^[0-9a-f]{32}$`)

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func folder(id string) string { return path.Join(id[:2], id) }

func file(folder string, size Size) string { return path.Join(folder, string(size)+".jpg") }

func notFound(err error) error {
	return cabin.E(cabin.CodeNotFound, "没有找到这张照片", err)
}

func unreadable(err error) error {
	return cabin.E(cabin.CodeUnavailable, "照片暂时打不开，请稍后再试", fmt.Errorf("media: %w", err))
}

func unwritable(err error) error {
	return cabin.E(cabin.CodeUnavailable, "照片暂时无法保存，您的内容没有丢失，请稍后再试", fmt.Errorf("media: %w", err))
}
