package api

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"warmcabin/server/cabin"
	"warmcabin/server/media"
)

func (s *Server) photos() {
	add(s, "photo-upload", s.upload)
	s.huma.OpenAPI().Paths[Base+row("photo-upload").Path].Post.RequestBody = uploadBody() // said afterwards, so that Huma leaves it to us
	add(s, "photo", func(ctx context.Context, in *photoIn) (*huma.StreamResponse, error) {
		a, err := s.actor(ctx)
		if err != nil {
			return nil, err
		}
		p, err := s.DB.Photos.Visible(ctx, a, in.ID)
		if err != nil {
			return nil, err
		}
		switch p.Shown() {
		case cabin.PhotoProcessing:
			return notYet(), nil
		case cabin.PhotoBad:
			return nil, cabin.E(cabin.CodeConflict, p.Reason)
		}
		return s.stream(ctx, p.File(), in.Size, "private, max-age=300") // it may be covered
	})
	add(s, "photo-states", s.photoStates)
	add(s, "portrait", func(ctx context.Context, in *shownPhotoIn) (*huma.StreamResponse, error) {
		if err := s.DB.Photos.Portrait(ctx, in.ID); err != nil {
			return nil, err
		}
		return s.stream(ctx, in.ID, in.Size, "public, max-age=86400")
	})
	add(s, "photo-remove", func(ctx context.Context, in *struct {
		ID string `path:"id" pattern:"^[0-9a-f]{32}$"`
	}) (*none, error) {
		err := s.DB.Photos.Remove(ctx, me(ctx), in.ID)
		if cabin.CodeOf(err) == cabin.CodeNotFound { // then it may be on a report of mine
			err = s.takeDown(ctx, in.ID)
		}
		if err != nil {
			return nil, err
		}
		if err := s.Photos.Remove(ctx, in.ID); err != nil { // a worker does it
			s.Log.WarnContext(ctx, "removed photo's files are still there", "cause", err.Error(), "request", requestID(ctx))
		}
		return nil, nil
	})
}

func (s *Server) takeDown(ctx context.Context, id string) error {
	a, err := s.actor(ctx)
	if err != nil {
		return err
	}
	return s.DB.Photos.TakeDown(ctx, a, id)
}

var photoID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// checkPhotoIDs refuses what cannot be anybody's photo (CodeInvalid), in the words for one
// that is not there.
func checkPhotoIDs(ids []string) error {
	if slices.ContainsFunc(ids, func(id string) bool { return !photoID.MatchString(id) }) {
		return cabin.Invalid("photoIds", "有照片没有上传成功，请删掉后重新添加。")
	}
	return nil
}

type photoIn struct {
	ID   string     `path:"id" pattern:"^[0-9a-f]{32}$"`
	Size media.Size `query:"size" enum:"original,full,thumb" default:"full"`
}

// shownPhotoIn is photoIn where everybody may look: not at the original.
type shownPhotoIn struct {
	ID   string     `path:"id" pattern:"^[0-9a-f]{32}$"`
	Size media.Size `query:"size" enum:"full,thumb" default:"full"`
}

// stream sends files of a photo that the caller may see.
func (s *Server) stream(ctx context.Context, id string, want media.Size, cache string) (*huma.StreamResponse, error) {
	file, kept, err := s.Photos.Get(ctx, id, want)
	if err != nil {
		return nil, err
	}
	size, err := file.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer file.Close()
		hc.SetHeader("Content-Type", media.ContentType)
		hc.SetHeader("Content-Length", strconv.FormatInt(size, 10))
		hc.SetHeader("Cache-Control", cache)
		hc.SetHeader("Content-Disposition", "inline")
		hc.SetHeader("Last-Modified", kept.UTC().Format(http.TimeFormat))
		hc.SetStatus(http.StatusOK)
		_, _ = io.Copy(hc.BodyWriter(), file) // the connection is the caller's
	}}, nil
}

// notYet says that there will be a picture, soon.
func notYet() *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Retry-After", "2")
		hc.SetStatus(http.StatusAccepted)
	}}
}

type photoStatesIn struct {
	IDs []string `query:"ids" minItems:"1" maxItems:"30" doc:"of my uploads"`
}

// photoStates says what became of uploads; one that is not in the answer is gone.
func (s *Server) photoStates(ctx context.Context, in *photoStatesIn) (*body[List[Photo]], error) {
	if err := checkPhotoIDs(in.IDs); err != nil {
		return nil, err
	}
	photos, err := s.DB.Photos.Uploads(ctx, me(ctx), in.IDs)
	if err != nil {
		return nil, err
	}
	return reply(List[Photo]{Items: photoShapes(photos)}), nil
}
