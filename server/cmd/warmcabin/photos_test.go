package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"warmcabin/server/media/mediatest"
	"warmcabin/server/mysql/dbtest"
)

// The whole product with its photos on disk and in a bucket: uploaded, developed by the
// worker in a process of its own, seen by its owner, taken back.
func TestServeDevelopsPhotos(t *testing.T) {
	backend := s3mem.New()
	if err := backend.CreateBucket("cabin-photos"); err != nil {
		t.Fatal(err)
	}
	store := httptest.NewServer(gofakes3.New(backend).Server())
	defer store.Close()
	inBucket := func() int {
		list, err := backend.ListBucket("cabin-photos", &gofakes3.Prefix{}, gofakes3.ListBucketPage{})
		if err != nil {
			t.Fatal(err)
		}
		return len(list.Contents)
	}
	for name, more := range map[string][]string{
		"disk": nil,
		"bucket": {
			"WARMCABIN_MEDIA_S3_ENDPOINT=" + store.URL, "WARMCABIN_MEDIA_S3_REGION=us-east-1", "WARMCABIN_MEDIA_S3_BUCKET=cabin-photos",
			"WARMCABIN_MEDIA_S3_ACCESS_KEY=access", "WARMCABIN_MEDIA_S3_SECRET_KEY=not-a-secret", "WARMCABIN_MEDIA_S3_PATH_STYLE=true",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := install(t, dbtest.DSN(t), more...).serve()
			p := s.login("resident")
			u := p.startUpload()
			if _, err := u.body.Write(u.rest); err != nil {
				t.Fatal(err)
			}
			if err := u.body.Close(); err != nil {
				t.Fatal(err)
			}
			answer := <-u.status
			_, rest, found := strings.Cut(answer, `{"id":"`)
			if !found || len(rest) < 32 {
				t.Fatalf("the upload was answered %s", answer)
			}
			id := rest[:32]
			until(t, "the photo", func() bool {
				items := p.call(http.MethodGet, "/api/v1/photos?ids="+id, nil, http.StatusOK)["items"].([]any)
				return len(items) == 1 && items[0].(map[string]any)["state"] == "ready"
			})
			for _, size := range []string{"original", "full", "thumb"} {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/api/v1/photos/"+id+"?size="+size, nil)
				if err != nil {
					t.Fatal(err)
				}
				if res, raw := p.do(req); res.StatusCode != http.StatusOK || mediatest.HasMetadata(raw) {
					t.Errorf("%s: %d, %d bytes", size, res.StatusCode, len(raw))
				}
			}
			if name == "bucket" {
				until(t, "three objects", func() bool { return inBucket() == 3 })
			}
			p.call(http.MethodDelete, "/api/v1/photos/"+id, nil, http.StatusNoContent)
			if n := inBucket(); n != 0 {
				t.Errorf("%d objects are left", n)
			}
			s.cancel()
			if err := s.ended(); err != nil {
				t.Error(err)
			}
			s.nothingLeft()
		})
	}
}
