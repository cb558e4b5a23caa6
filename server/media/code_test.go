package media

import (
	"bytes"
	"errors"
	"sync"
	"testing"
)

func TestACodeIsDrawnOnceAndKept(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	drawn := 0
	draw := func() ([]byte, error) { drawn++; return []byte("a picture"), nil }
	if _, err := s.Code("d=1", func() ([]byte, error) { return nil, errors.New("WeChat is away") }); err == nil {
		t.Error("a failure is kept")
	}
	for range 3 {
		if got, err := s.Code("d=1", draw); string(got) != "a picture" || err != nil {
			t.Fatal(string(got), err)
		}
	}
	if got, _ := s.Code("d=2", func() ([]byte, error) { return []byte("another"), nil }); string(got) != "another" {
		t.Error(string(got))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(dir); err != nil { // another process
		t.Fatal(err)
	}
	defer s.Close()
	if got, err := s.Code("d=1", draw); string(got) != "a picture" || err != nil || drawn != 1 {
		t.Errorf("%s, %v: drawn %d times", got, err, drawn)
	}
}

func TestTwoWhoAskForACodeAtOnceGetIt(t *testing.T) {
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	want := bytes.Repeat([]byte("code"), 10_000)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if got, err := s.Code("s=1", func() ([]byte, error) { return want, nil }); !bytes.Equal(got, want) || err != nil {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
	wg.Wait()
}
