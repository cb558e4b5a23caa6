package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"warmcabin/server/cabin"
	"warmcabin/server/media"
)

// Codes are the mini-program codes for walls and paper: a station's and a deputy's for
// everybody, a matter's for who may see it.
func (s *Server) codes() {
	add(s, "station-code", func(ctx context.Context, in *ByID) (*huma.StreamResponse, error) {
		if _, err := s.station(ctx, in); err != nil {
			return nil, err
		}
		return s.code(ctx, cabin.StationScene(in.ID), "public, max-age=86400")
	})
	add(s, "deputy-code", func(ctx context.Context, in *ByID) (*huma.StreamResponse, error) {
		if _, err := s.DB.Places.Deputy(ctx, in.ID); err != nil {
			return nil, err
		}
		return s.code(ctx, cabin.DeputyScene(in.ID), "public, max-age=86400")
	})
	add(s, "report-code", func(ctx context.Context, in *ByID) (*huma.StreamResponse, error) {
		a, err := s.actor(ctx)
		if err != nil {
			return nil, err
		}
		if _, _, err := s.DB.Reports.Get(ctx, a, in.ID); err != nil {
			return nil, err
		}
		return s.code(ctx, cabin.ReportScene(in.ID), "private, max-age=3600")
	})
	add(s, "booking-code", func(ctx context.Context, in *ByID) (*huma.StreamResponse, error) {
		a, err := s.actor(ctx)
		if err != nil {
			return nil, err
		}
		if _, _, err := s.DB.Bookings.Get(ctx, a, in.ID); err != nil {
			return nil, err
		}
		return s.code(ctx, cabin.BookingScene(in.ID), "private, max-age=3600")
	})
}

// codePicture is the picture of a code, drawn by WeChat once and kept by all that makes it.
func (s *Server) codePicture(ctx context.Context, scene cabin.Scene) ([]byte, error) {
	name := cabin.ScenePage + "?" + string(scene) + "@" + s.WeChat.Version()
	return s.Photos.Code(name, func() ([]byte, error) { return s.WeChat.QRCode(ctx, string(scene), cabin.ScenePage) })
}

// code sends the picture of a code.
func (s *Server) code(ctx context.Context, scene cabin.Scene, cache string) (*huma.StreamResponse, error) {
	picture, err := s.codePicture(ctx, scene)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", media.ContentType)
		hc.SetHeader("Content-Length", strconv.Itoa(len(picture)))
		hc.SetHeader("Cache-Control", cache)
		hc.SetHeader("Content-Disposition", "inline")
		hc.SetStatus(http.StatusOK)
		_, _ = hc.BodyWriter().Write(picture) // the connection is the caller's
	}}, nil
}
