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
	add(s, "photo", func(ctx context.Context, in *photoIn) (*huma.StreamResponse, error) {
		a, err := s.actor(ctx)
		if err != nil {
			return nil, err
		}
		if err := s.DB.Photos.Visible(ctx, a, in.ID); err != nil {
			return nil, err
		}
		return s.stream(in, "private, max-age=3600")
	})
	add(s, "portrait", func(ctx context.Context, in *photoIn) (*huma.StreamResponse, error) {
		if err := s.DB.Photos.Portrait(ctx, in.ID); err != nil {
			return nil, err
		}
		return s.stream(in, "public, max-age=86400")
	})
	add(s, "photo-remove", func(ctx context.Context, in *struct {
		ID string `path:"id" pattern:"^[0-9a-f]{32}$"`
	}) (*none, error) {
		if err := s.DB.Photos.Remove(ctx, me(ctx), in.ID); err != nil {
			return nil, err
		}
		return nil, s.Photos.Remove(in.ID)
	})
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
	Size media.Size `query:"size" enum:"full,thumb" default:"full"`
}

// stream sends a photo that the caller may see.
func (s *Server) stream(in *photoIn, cache string) (*huma.StreamResponse, error) {
	file, kept, err := s.Photos.Get(in.ID, in.Size)
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

type uploadIn struct {
	RawBody huma.MultipartFormFiles[struct {
		File huma.FormFile `form:"file" required:"true"`
	}]
}

// upload keeps a photo for its owner, until it is attached to a report.
func (s *Server) upload(ctx context.Context, in *uploadIn) (*body[Photo], error) {
	file := in.RawBody.Data().File
	defer file.Close()
	defer func() { _ = in.RawBody.Form.RemoveAll() }()
	kept, err := s.Photos.Put(ctx, file)
	if err != nil {
		return nil, err
	}
	err = s.DB.Photos.Add(ctx, cabin.Photo{ID: kept.ID, OwnerID: me(ctx), Width: kept.Width, Height: kept.Height, Bytes: int(kept.Bytes)})
	if err != nil {
		_ = s.Photos.Remove(kept.ID) // a file without a row is seen by nobody
		return nil, err
	}
	return reply(Photo{kept.ID, kept.Width, kept.Height}), nil
}
