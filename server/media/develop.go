package media

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"io/fs"
	"os"
	"path"

	"warmcabin/server/cabin"
)

const (
	quality         = 85
	originalQuality = 90
)

// Developer makes the renditions of the photo in file, as original.jpg, full.jpg and
// thumb.jpg in the folder, with these areas of it covered. Errors: CodeInvalid for what will
// never be a photo, CodeUnavailable for what may go better another time.
type Developer func(ctx context.Context, file *os.File, folder *os.Root, covered []cabin.Area) (Photo, error)

// Develop makes the renditions of a photo that was received, in place of what another
// worker may have left half done; what was sent stays until Developed. Two at most are
// worked on at once. Errors as Developer's; CodeNotFound when it is not there any more, or
// less of it than the bytes that were sent: not yet, or never.
func (s *Store) Develop(ctx context.Context, id string, sent int64) (Photo, error) {
	if !validID.MatchString(id) {
		return Photo{}, notFound(nil)
	}
	return s.derive(ctx, path.Join(incoming, id), sent, id, nil)
}

// Cover makes a photo of the ID as out of a developed one, with these areas filled in all
// its renditions: what was under them is not in it. Errors as Develop's.
func (s *Store) Cover(ctx context.Context, id, as string, areas []cabin.Area) (photo Photo, err error) {
	if !validID.MatchString(id) || !validID.MatchString(as) || id == as {
		return Photo{}, notFound(nil)
	}
	for _, size := range []Size{Original, Full} { // older photos have no original
		if photo, err = s.derive(ctx, rendition(id, size), 0, as, areas); cabin.CodeOf(err) != cabin.CodeNotFound {
			return photo, err
		}
	}
	return photo, err
}

// Developed lets go of what was sent, once whoever keeps count knows of the renditions.
func (s *Store) Developed(ctx context.Context, id string) error {
	if !validID.MatchString(id) {
		return notFound(nil)
	}
	if err := s.shelf.remove(ctx, path.Join(incoming, id)); err != nil {
		return unwritable(err)
	}
	return nil
}

// Put receives a photo and develops it at once, for who has the time. Errors as those of
// both.
func (s *Store) Put(ctx context.Context, r io.Reader) (photo Photo, err error) {
	received, err := s.Receive(ctx, r, nil)
	if err != nil {
		return Photo{}, err
	}
	photo, err = s.Develop(ctx, received.ID, received.Bytes)
	if err == nil {
		err = s.Developed(ctx, received.ID)
	}
	if err != nil {
		_ = s.Remove(context.WithoutCancel(ctx), received.ID) // nobody knows of it
		return Photo{}, err
	}
	return photo, nil
}

// derive makes the renditions of id out of the file of this name and of least bytes or more,
// with these areas covered.
func (s *Store) derive(ctx context.Context, name string, least int64, id string, covered []cabin.Area) (Photo, error) {
	file, err := s.local(ctx, name)
	if err != nil {
		return Photo{}, err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return Photo{}, unreadable(err)
	}
	if info.Size() < least {
		return Photo{}, notFound(fmt.Errorf("media: %d bytes of %d", info.Size(), least))
	}
	_, _, cost, err := s.inspect(file)
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
	work := path.Join(scratch, NewID())
	if err := s.root.Mkdir(work, 0o750); err != nil {
		return Photo{}, unwritable(err)
	}
	defer func() { _ = s.root.RemoveAll(work) }() // else it is swept
	folder, err := s.root.OpenRoot(work)
	if err != nil {
		return Photo{}, unwritable(err)
	}
	defer func() { _ = folder.Close() }()
	photo, err := s.develop(ctx, file, folder, covered)
	if err != nil {
		return Photo{}, err
	}
	for _, size := range Sizes {
		if err := s.shelf.keep(ctx, s.root, path.Join(work, string(size)+".jpg"), rendition(id, size)); err != nil {
			return Photo{}, unwritable(err)
		}
	}
	photo.ID = id
	return photo, nil
}

// local opens a file of the shelf as one on this machine, which decoders read back and forth.
func (s *Store) local(ctx context.Context, name string) (*os.File, error) {
	in, _, err := s.shelf.open(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, notFound(err)
	}
	if err != nil {
		return nil, unreadable(err)
	}
	if file, ok := in.(*os.File); ok {
		return file, nil
	}
	defer in.Close()
	temp := path.Join(scratch, NewID())
	file, err := s.root.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, unwritable(err)
	}
	if err := s.root.Remove(temp); err != nil { // it is gone with us, however that ends
		_ = file.Close()
		return nil, unwritable(err)
	}
	if _, err := io.Copy(file, in); err != nil {
		_ = file.Close()
		return nil, unreadable(err)
	}
	return file, nil
}

// developHere is the Developer of this process.
func (s *Store) developHere(ctx context.Context, file *os.File, folder *os.Root, covered []cabin.Area) (Photo, error) {
	kind, _, _, err := s.inspect(file)
	if err != nil {
		return Photo{}, err
	}
	picture, err := render(ctx, kind, file)
	if err != nil {
		return Photo{}, err
	}
	fill(picture, covered)
	return write(picture, folder)
}

// write puts the three renditions of an upright, opaque picture into the folder.
func write(picture image.Image, folder *os.Root) (photo Photo, err error) {
	size := picture.Bounds().Size()
	photo.OriginalWidth, photo.OriginalHeight = size.X, size.Y
	if photo.OriginalBytes, err = encode(folder, Original, picture, originalQuality); err != nil {
		return Photo{}, unwritable(err)
	}
	full := shrink(picture, FullSide)
	photo.Width, photo.Height = full.Rect.Dx(), full.Rect.Dy()
	if photo.Bytes, err = encode(folder, Full, full, quality); err != nil {
		return Photo{}, unwritable(err)
	}
	thumb := shrink(full, ThumbSide)
	photo.ThumbWidth, photo.ThumbHeight = thumb.Rect.Dx(), thumb.Rect.Dy()
	if photo.ThumbBytes, err = encode(folder, Thumb, thumb, quality); err != nil {
		return Photo{}, unwritable(err)
	}
	return photo, nil
}

func encode(folder *os.Root, size Size, m image.Image, quality int) (int64, error) {
	f, err := folder.OpenFile(string(size)+".jpg", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return 0, err
	}
	err = jpeg.Encode(f, m, &jpeg.Options{Quality: quality})
	n, sizeErr := f.Seek(0, io.SeekCurrent)
	return n, errors.Join(err, sizeErr, f.Close())
}
