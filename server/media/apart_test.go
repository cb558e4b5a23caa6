package media

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/media/mediatest"
)

// The test binary is the process apart when it is asked to: in one word, what it does.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "apart" {
		os.Exit(apart(os.Args[2], os.Args[3]))
	}
	os.Exit(m.Run())
}

func apart(what, cover string) int {
	switch what {
	case "develop":
		// No setting or key of ours comes here.
		for _, e := range os.Environ() {
			if name, _, _ := strings.Cut(e, "="); !strings.HasPrefix(name, "GO") {
				fmt.Fprintln(os.Stderr, "it knows", name)
				return 1
			}
		}
		if err := Answer(os.Stdin, cover, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	case "crash":
		panic("a decoder gone mad")
	case "policies": // of its threads, when it is asked
		if _, err := os.Stdin.Read(make([]byte, 1)); err != nil {
			return 1
		}
		stats, _ := filepath.Glob("/proc/self/task/*/stat")
		for _, name := range stats {
			stat, _ := os.ReadFile(name)
			_, fields, _ := strings.Cut(string(stat), ") ")
			fmt.Println(strings.Fields(fields)[38])
		}
		return 0
	case "nonsense":
		fmt.Println("fine")
		return 0
	}
	time.Sleep(time.Minute) // hang
	return 0
}

func TestDevelopedApartIsTheSame(t *testing.T) {
	s, dir := open(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("WARMCABIN_SECRET_KEY", "not for decoders")
	s.DevelopBy(Apart(self, "apart", "develop"))
	check(t, s, put(t, s, mediatest.GPSJPEG()), 1200, 1600, corners)
	// What only decoding shows: a picture whose data is damaged in the middle.
	broken := mediatest.JPEG(mediatest.Picture(640, 480))
	at := bytes.Index(broken, []byte{0xff, 0xda}) + 100
	copy(broken[at:], bytes.Repeat([]byte{0xff, 0x00}, (len(broken)-at-2)/2))
	received, err := s.Receive(t.Context(), bytes.NewReader(broken), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Develop(t.Context(), received.ID, 0); cabin.CodeOf(err) != cabin.CodeInvalid || !strings.Contains(err.Error(), "JPEG") {
		t.Errorf("developing a broken photo: %v", err)
	}
	if err := s.Remove(t.Context(), received.ID); err != nil {
		t.Fatal(err)
	}
	for what, code := range map[string]cabin.Code{"crash": cabin.CodeInternal, "nonsense": cabin.CodeInternal, "hang": cabin.CodeUnavailable} {
		s.DevelopBy(Apart(self, "apart", what))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		_, err := s.Put(ctx, bytes.NewReader(mediatest.GPSJPEG()))
		cancel()
		if err == nil || cabin.CodeOf(err) != code {
			t.Errorf("%s: %v", what, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, scratch, "*")); len(left) != 0 {
		t.Errorf("left %v", left)
	}
	if got := files(t, dir); len(got) != 3 {
		t.Errorf("files %v, want the first photo's three", got)
	}
}
