package media

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path"
)

const codes = "codes"

// Code returns the picture kept under name, a mini-program code by all that makes it. When
// there is none yet, draw makes it and it is kept; two who ask at once both draw the same.
// A picture that cannot be kept is returned all the same. Errors are draw's.
func (s *Store) Code(name string, draw func() ([]byte, error)) ([]byte, error) {
	sum := sha256.Sum256([]byte(name))
	file := path.Join(codes, hex.EncodeToString(sum[:16])+".jpg")
	if kept, err := s.root.ReadFile(file); err == nil {
		return kept, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, unreadable(err)
	}
	picture, err := draw()
	if err != nil {
		return nil, err
	}
	_ = s.keepCode(file, picture) // it is drawn again next time
	return picture, nil
}

// keepCode writes the whole picture aside and moves it to its place.
func (s *Store) keepCode(file string, picture []byte) error {
	if err := s.root.MkdirAll(codes, 0o750); err != nil {
		return err
	}
	temp := path.Join(scratch, NewID())
	if err := s.root.WriteFile(temp, picture, 0o640); err != nil {
		return errors.Join(err, s.root.Remove(temp))
	}
	if err := s.root.Rename(temp, file); err != nil && !errors.Is(err, os.ErrExist) {
		return errors.Join(err, s.root.Remove(temp))
	}
	return nil
}
