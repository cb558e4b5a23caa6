package media

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"warmcabin/server/cabin"
	"warmcabin/server/media/mediatest"
)

// exportedFiles is what Export hands out, by name.
func exportedFiles(t *testing.T, s *Store, id string, developed bool) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := s.Export(t.Context(), id, developed, func(name string, from io.Reader) error {
		text, err := io.ReadAll(from)
		files[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// A photo goes from one store to another in whatever state it is: as it was sent, developed,
// or let go of while it was asked for; the other store can develop it and show it.
func TestAPhotoMovesToAnotherStore(t *testing.T) {
	from, _ := open(t)
	sent := mediatest.JPEG(mediatest.Picture(640, 480))
	p, err := from.Receive(t.Context(), bytes.NewReader(sent), nil)
	if err != nil {
		t.Fatal(err)
	}
	raw := exportedFiles(t, from, p.ID, false)
	if len(raw) != 1 || raw["incoming/"+p.ID] != string(sent) {
		t.Errorf("%d files", len(raw))
	}
	if _, err := from.Develop(t.Context(), p.ID, 0); err != nil {
		t.Fatal(err)
	}
	if err := from.Developed(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	meanwhile := exportedFiles(t, from, p.ID, false)
	developed := exportedFiles(t, from, p.ID, true)
	if len(meanwhile) != 1 || len(developed) != 3 || meanwhile["incoming/"+p.ID] != developed[rendition(p.ID, Original)] {
		t.Errorf("%d and %d files", len(meanwhile), len(developed))
	}
	for name, files := range map[string]map[string]string{"as sent": raw, "developed meanwhile": meanwhile, "developed": developed} {
		to, _ := open(t)
		for range 2 { // a second time changes nothing
			for file, text := range files {
				if err := to.Adopt(t.Context(), file, bytes.NewReader([]byte(text))); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
		}
		if len(files) == 1 {
			if _, err := to.Develop(t.Context(), p.ID, 0); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		f, _, err := to.Get(t.Context(), p.ID, Full)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		_ = f.Close()
	}
}

func TestAdoptKeepsWhatIsThere(t *testing.T) {
	s, _ := open(t)
	id := NewID()
	for _, size := range []Size{Full, Thumb} { // as photos from before there were originals
		if err := s.Adopt(t.Context(), rendition(id, size), bytes.NewReader([]byte(size))); err != nil {
			t.Fatal(err)
		}
	}
	if files := exportedFiles(t, s, id, true); len(files) != 2 || files[rendition(id, Full)] != "full" {
		t.Error(files)
	}
	for _, other := range []string{"fulL", "ful", "fulls", ""} {
		if err := s.Adopt(t.Context(), rendition(id, Full), bytes.NewReader([]byte(other))); cabin.CodeOf(err) != cabin.CodeConflict {
			t.Errorf("%q: %v", other, err)
		}
	}
	torn := errors.New("torn")
	if err := s.Adopt(t.Context(), rendition(NewID(), Full), io.MultiReader(bytes.NewReader([]byte("x")), failing{torn})); !errors.Is(err, torn) {
		t.Error(err)
	}
	for _, name := range []string{"", "../x", "codes/x.jpg", "incoming/x", "scratch/" + id, id[:2] + "/" + id + "/other.jpg"} {
		if err := s.Adopt(t.Context(), name, bytes.NewReader(nil)); cabin.CodeOf(err) != cabin.CodeNotFound {
			t.Errorf("%q: %v", name, err)
		}
	}
	none := func(string, io.Reader) error { t.Error("something is there"); return nil }
	for _, id := range []string{NewID(), "../../etc"} {
		if err := s.Export(t.Context(), id, true, none); cabin.CodeOf(err) != cabin.CodeNotFound {
			t.Error(err)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
