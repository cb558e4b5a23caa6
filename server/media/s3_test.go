package media

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"warmcabin/server/cabin"
	"warmcabin/server/media/mediatest"
)

// objects is an S3 server of its own, and a store in it.
type objects struct {
	*Store
	backend *s3mem.Backend
	dir     string
	at      Bucket
	down    atomic.Bool
}

func newObjects(t *testing.T, prefix string) *objects {
	t.Helper()
	o := &objects{backend: s3mem.New(), dir: t.TempDir()}
	if err := o.backend.CreateBucket("photos"); err != nil {
		t.Fatal(err)
	}
	s3 := gofakes3.New(o.backend).Server()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if o.down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		s3.ServeHTTP(w, r)
	}))
	t.Cleanup(web.Close)
	o.at = Bucket{Endpoint: web.URL, Region: "us-east-1", Name: "photos", Prefix: prefix, AccessKey: "access", SecretKey: "secret", PathStyle: true}
	s, err := OpenBucket(o.dir, o.at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	o.Store = s
	return o
}

// keys lists what lies in the bucket.
func (o *objects) keys(t *testing.T) (keys []string) {
	t.Helper()
	list, err := o.backend.ListBucket("photos", &gofakes3.Prefix{}, gofakes3.ListBucketPage{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list.Contents {
		keys = append(keys, c.Key)
	}
	return keys
}

// The whole life of a photo in a bucket, as on disk: received by one process, developed by
// another, seen, removed; nothing stays on this machine.
func TestPhotosInABucket(t *testing.T) {
	for _, prefix := range []string{"", "cabin/photos/"} {
		o := newObjects(t, prefix)
		if err := o.Reach(t.Context()); err != nil {
			t.Fatal(err)
		}
		received, err := o.Receive(t.Context(), bytes.NewReader(mediatest.GPSJPEG()), nil)
		if err != nil {
			t.Fatal(err)
		}
		id := received.ID
		if got := o.keys(t); !slices.Equal(got, []string{prefix + "incoming/" + id}) {
			t.Errorf("received: %v", got)
		}
		if _, _, err := o.Get(t.Context(), id, Full); cabin.CodeOf(err) != cabin.CodeNotFound {
			t.Errorf("before it is developed: %v", err)
		}
		worker, err := OpenBucket(t.TempDir(), o.at)
		if err != nil {
			t.Fatal(err)
		}
		defer worker.Close()
		for range 2 { // twice is the same
			p, err := worker.Develop(t.Context(), id, 0)
			if err != nil {
				t.Fatal(err)
			}
			check(t, o.Store, p, 1200, 1600, corners)
		}
		if ids, err := o.Waiting(t.Context(), -time.Minute); err != nil || !slices.Equal(ids, []string{id}) {
			t.Errorf("waiting %v, %v", ids, err)
		}
		if err := worker.Developed(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if got := o.keys(t); len(got) != 3 || !strings.HasPrefix(got[0], prefix+id[:2]+"/"+id+"/") {
			t.Errorf("developed: %v", got)
		}
		seek, _, err := o.Get(t.Context(), id, Thumb)
		if err != nil {
			t.Fatal(err)
		}
		end, err := seek.Seek(0, io.SeekEnd)
		if _, again := seek.Seek(0, io.SeekStart); err != nil || again != nil {
			t.Error(err, again)
		}
		if b, err := io.ReadAll(seek); err != nil || int64(len(b)) != end {
			t.Errorf("%d of %d bytes, %v", len(b), end, err)
		}
		_ = seek.Close()
		for range 2 {
			if err := o.Remove(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		if got := o.keys(t); len(got) != 0 {
			t.Errorf("removed: %v", got)
		}
		for _, dir := range []string{o.dir} {
			if left := files(t, dir); len(left) != 0 {
				t.Errorf("on this machine: %v", left)
			}
		}
	}
}

func TestBucketRefusesWhatTheDiskRefuses(t *testing.T) {
	o := newObjects(t, "")
	refuse(t, o.Store, strings.NewReader("不是照片"), cabin.CodeUnsupported, "JPEG")
	refuse(t, o.Store, bytes.NewReader(header(40_000, 40_000)), cabin.CodeInvalid, "40000×40000")
	for _, id := range []string{"", "../x", strings.Repeat("0", 31)} {
		if _, _, err := o.Get(t.Context(), id, Full); cabin.CodeOf(err) != cabin.CodeNotFound {
			t.Errorf("Get(%q): %v", id, err)
		}
	}
	if got := o.keys(t); len(got) != 0 {
		t.Errorf("refused photos left %v", got)
	}
}

// A store that is away is the moment's fault: nothing is kept, and people are told to come
// again.
func TestBucketIsAway(t *testing.T) {
	o := newObjects(t, "")
	o.down.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	noted := false
	_, err := o.Receive(ctx, bytes.NewReader(mediatest.GPSJPEG()), func(Photo) error { noted = true; return nil })
	if cabin.CodeOf(err) != cabin.CodeUnavailable || !noted {
		t.Errorf("received: %v", err)
	}
	if _, _, err := o.Get(ctx, strings.Repeat("0a", 16), Full); cabin.CodeOf(err) != cabin.CodeUnavailable {
		t.Errorf("read: %v", err)
	}
	if err := o.Remove(ctx, strings.Repeat("0a", 16)); cabin.CodeOf(err) != cabin.CodeUnavailable {
		t.Errorf("removed: %v", err)
	}
	if o.Reach(ctx) == nil {
		t.Error("it can be reached")
	}
	if left, _ := filepath.Glob(filepath.Join(o.dir, scratch, "*")); len(left) != 0 {
		t.Errorf("left %v", left)
	}
	o.down.Store(false)
	put(t, o.Store, mediatest.GPSJPEG())
}
