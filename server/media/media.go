// Package media keeps photos, on disk or in a bucket. What comes in is checked by its
// content and bounded before anything is decoded, and waits as it came. Later it is
// developed: turned upright and written anew as JPEG in three sizes, so that nothing of
// the original but its pixels is kept: no place, device, time, thumbnail or comment.
package media

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
	FullSide    = 1600       // the long side of what people look at, at most
	ThumbSide   = 400        // the long side of its thumbnail, at most
	ContentType = "image/jpeg"

	// memory is what decoded photos may take together. Each one reserves half of it or
	// more, so that two at most are decoded at once.
	memory = 640_000_000
)

// Size chooses which rendition of a photo to read.
type Size string

// The renditions of every photo. None carries anything but pixels.
const (
	Original Size = "original" // as large as it was taken
	Full     Size = "full"
	Thumb    Size = "thumb"
)

// Sizes are all renditions.
var Sizes = []Size{Original, Full, Thumb}

// Photo describes a photo. Widths and heights are pixels as a person sees them, upright,
// and those of the full rendition where nothing else is said; of a photo that was only
// received they are what its header promises, and Bytes is the size of what was sent.
type Photo struct {
	ID             string `json:"-"` // 128 random bits in hex: unguessable, yet who may see it is for the caller to check
	Width          int
	Height         int
	Bytes          int64
	OriginalWidth  int
	OriginalHeight int
	OriginalBytes  int64
	ThumbWidth     int
	ThumbHeight    int
	ThumbBytes     int64
}

// shelf is where files lie for good: a folder or a bucket. Names are slash-separated paths.
type shelf interface {
	// keep moves the scratch file to its name: while we live others see the whole of it, or
	// nothing, or what was there before. It is durable when keep returns, not before.
	keep(ctx context.Context, scratch *os.Root, from, name string) error
	// draft is where a file that is to be kept under the name should be written; where it is
	// the name itself, the file is kept when it was synced.
	draft(name string) string
	open(ctx context.Context, name string) (io.ReadSeekCloser, time.Time, error) // fs.ErrNotExist
	remove(ctx context.Context, names ...string) error                           // none of them there is no error
	list(ctx context.Context, folder string, each func(name string, kept time.Time) error) error
	close() error
}

// Store keeps the photos of one shelf. Its methods may run at once, and several processes
// may share the shelf. Errors are *cabin.Error.
type Store struct {
	root    *os.Root // scratch files, and pictures that can be drawn again
	shelf   shelf
	formats []format
	room    *semaphore.Weighted
	develop Developer
}

// The store's folders.
const (
	incoming = "incoming" // photos as they were sent, until they are developed
	scratch  = "scratch"  // what is being written; nobody reads it
)

// Open opens the store in dir and makes dir when it is missing.
func Open(dir string) (*Store, error) {
	s, err := openScratch(dir)
	if err != nil {
		return nil, err
	}
	s.shelf = disk{s.root}
	if err := s.root.MkdirAll(incoming, 0o750); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

func openScratch(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{root: root, formats: formats, room: semaphore.NewWeighted(memory)}
	s.develop = s.developHere
	if err := s.sweepScratch(); err != nil {
		_ = root.Close()
		return nil, err
	}
	return s, nil
}

// DevelopBy lets photos be developed by d instead of in this process. Before anything uses
// the store.
func (s *Store) DevelopBy(d Developer) { s.develop = d }

// Close lets go of the shelf. Nothing may use the store afterwards; files that are open
// stay readable.
func (s *Store) Close() error {
	var err error
	if s.shelf != nil {
		err = s.shelf.close()
	}
	return errors.Join(err, s.root.Close())
}

// scratchLife is longer than anybody writes at one file.
const scratchLife = time.Hour

// sweepScratch removes what a process that died while writing left behind, and nothing
// that another one may be writing.
func (s *Store) sweepScratch() error {
	if err := s.root.MkdirAll(scratch, 0o750); err != nil {
		return err
	}
	entries, err := fs.ReadDir(s.root.FS(), scratch)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > scratchLife {
			if err := s.root.RemoveAll(path.Join(scratch, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// Get opens one rendition of a developed photo, a JPEG, with the time it was kept. The
// caller has checked that it is whole and that this person may see it, and closes it.
// CodeNotFound for whatever is not the ID of a photo that is here.
func (s *Store) Get(ctx context.Context, id string, size Size) (io.ReadSeekCloser, time.Time, error) {
	if !validID.MatchString(id) || size != Full && size != Thumb && size != Original {
		return nil, time.Time{}, notFound(nil)
	}
	f, kept, err := s.shelf.open(ctx, rendition(id, size))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, time.Time{}, notFound(err)
	}
	if err != nil {
		return nil, time.Time{}, unreadable(err)
	}
	return f, kept, nil
}

// Remove deletes a photo for good, whatever there is of it: all renditions, and what was
// sent. One that is gone already is no error; CodeNotFound for what cannot be an ID.
func (s *Store) Remove(ctx context.Context, id string) error {
	if !validID.MatchString(id) {
		return notFound(nil)
	}
	names := []string{path.Join(incoming, id)}
	for _, size := range Sizes {
		names = append(names, rendition(id, size))
	}
	if err := s.shelf.remove(ctx, names...); err != nil {
		return unwritable(err)
	}
	return nil
}

// Waiting lists photos that were received longer ago than age and still lie as they were
// sent: they wait for a worker, or nobody remembers them.
func (s *Store) Waiting(ctx context.Context, age time.Duration) (ids []string, err error) {
	if err := s.sweepScratch(); err != nil {
		return nil, unwritable(err)
	}
	err = s.shelf.list(ctx, incoming, func(name string, kept time.Time) error {
		if validID.MatchString(name) && time.Since(kept) > age {
			ids = append(ids, name)
		}
		return nil
	})
	if err != nil {
		return nil, unreadable(err)
	}
	return ids, nil
}

var validID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// NewID is a name for a photo that nobody can guess.
func NewID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// rendition is where a developed photo lies.
func rendition(id string, size Size) string { return path.Join(id[:2], id, string(size)+".jpg") }

func notFound(err error) error {
	return cabin.E(cabin.CodeNotFound, "没有找到这张照片", err)
}

func unreadable(err error) error {
	return cabin.E(cabin.CodeUnavailable, "照片暂时打不开，请稍后再试", fmt.Errorf("media: %w", err))
}

// unwritable is nil when err is.
func unwritable(err error) error {
	if err == nil {
		return nil
	}
	return cabin.E(cabin.CodeUnavailable, "照片暂时无法保存，您的内容没有丢失，请稍后再试", fmt.Errorf("media: %w", err))
}
