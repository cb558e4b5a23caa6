package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"warmcabin/server/cabin"
	"warmcabin/server/media"
)

// PhotoCover is what is covered of a photo.
type PhotoCover struct {
	Photo
	Areas []cabin.Area `json:"areas" nullable:"false"`
}

func (s *Server) covers() {
	add(s, "photo-cover", s.photoCover)
	add(s, "photo-cover-save", s.coverPhoto)
	add(s, "photo-cover-remove", s.uncoverPhoto)
	add(s, "photo-uncovered", s.uncovered)
}

// ByPhoto is the path of what is about one photo.
type ByPhoto struct {
	ID string `path:"id" pattern:"^[0-9a-f]{32}$"`
}

func (s *Server) photoCover(ctx context.Context, in *ByPhoto) (*body[PhotoCover], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	return s.coverOf(ctx, a, in.ID)
}

func (s *Server) coverOf(ctx context.Context, a cabin.Actor, id string) (*body[PhotoCover], error) {
	p, err := s.DB.Photos.AtDesk(ctx, a, id)
	if err != nil {
		return nil, err
	}
	areas, err := p.Areas()
	if err != nil {
		return nil, err
	}
	if areas == nil {
		areas = []cabin.Area{}
	}
	return reply(PhotoCover{photoShape(p), areas}), nil
}

type coverPhotoIn struct {
	ByPhoto
	Body struct {
		Areas []cabin.Area `json:"areas" nullable:"false" maxItems:"50" doc:"in parts of width and height"`
	}
}

func (s *Server) coverPhoto(ctx context.Context, in *coverPhotoIn) (*body[PhotoCover], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.DB.Photos.Cover(ctx, a, in.ID, media.NewID(), in.Body.Areas); err != nil {
		return nil, err
	}
	return s.coverOf(ctx, a, in.ID)
}

func (s *Server) uncoverPhoto(ctx context.Context, in *ByPhoto) (*none, error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	return nil, s.DB.Photos.Uncover(ctx, a, in.ID)
}

func (s *Server) uncovered(ctx context.Context, in *photoIn) (*huma.StreamResponse, error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	p, err := s.DB.Photos.Uncovered(ctx, a, in.ID)
	if err != nil {
		return nil, err
	}
	return s.stream(ctx, p.ID, in.Size, "no-store")
}
