package api

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/sync/errgroup"

	"warmcabin/server/cabin"
	"warmcabin/server/media"
	"warmcabin/server/sheet"
)

// Fonts are the files of the two faces that sheets are printed with.
type Fonts struct{ Regular, Bold string }

// sheets are for walls: everything on them is public, printing is for the desks.
func (s *Server) sheets() {
	add(s, "station-sheet", s.stationSheet)
	add(s, "deputy-sheet", s.deputySheet)
}

type sheetIn struct {
	ByID
	Paper sheet.Paper `query:"paper" enum:"a3,a4" default:"a3"`
}

func (s *Server) stationSheet(ctx context.Context, in *sheetIn) (*huma.StreamResponse, error) {
	stations, err := s.DB.Places.Stations(ctx)
	if err != nil {
		return nil, err
	}
	out := sheet.Station{Printed: s.DB.Now()}
	if out.Street, err = s.DB.Offices.Street(ctx); err != nil {
		return nil, err
	}
	for _, st := range stations {
		if st.ID == in.ID {
			out.Station = st
		}
	}
	if out.ID == 0 {
		return nil, cabin.E(cabin.CodeNotFound, "没有找到这个联络站。")
	}
	list, err := s.DB.Places.OfStation(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	rota, err := s.DB.Places.Rota(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	for _, d := range rota {
		out.Duties = append(out.Duties, sheet.Duty{Hours: d.Hours, Deputy: d.Deputy})
	}
	out.Deputies = make([]sheet.Deputy, len(list))
	if out.Code, err = s.codePicture(ctx, cabin.StationScene(in.ID)); err != nil {
		return nil, err
	}
	pictures, inTurn := errgroup.WithContext(ctx)
	pictures.SetLimit(4)
	for i, d := range list {
		pictures.Go(func() (err error) {
			out.Deputies[i], err = s.pictured(inTurn, d, media.Thumb)
			return err
		})
	}
	if err := pictures.Wait(); err != nil {
		return nil, err
	}
	return s.print(ctx, out.Name, out.Printed, func(f sheet.Fonts) ([]byte, error) { return sheet.ForStation(in.Paper, f, out) })
}

func (s *Server) deputySheet(ctx context.Context, in *sheetIn) (*huma.StreamResponse, error) {
	d, err := s.DB.Places.Deputy(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out, err := s.pictured(ctx, d, media.Full)
	if err != nil {
		return nil, err
	}
	if out.Street, err = s.DB.Offices.Street(ctx); err != nil {
		return nil, err
	}
	duties, err := s.DB.Places.DutiesOf(ctx, []int64{d.ID})
	if err != nil {
		return nil, err
	}
	for _, h := range duties {
		out.Hours = append(out.Hours, h.Hours)
	}
	printed := s.DB.Now()
	return s.print(ctx, d.Name, printed, func(f sheet.Fonts) ([]byte, error) { return sheet.ForDeputy(in.Paper, f, out, printed) })
}

// pictured adds a deputy's portrait and code. A portrait that is not there is left out.
func (s *Server) pictured(ctx context.Context, d cabin.DeputyProfile, size media.Size) (out sheet.Deputy, err error) {
	out.DeputyProfile = d
	if out.Code, err = s.codePicture(ctx, cabin.DeputyScene(d.ID)); err != nil {
		return out, err
	}
	if d.PhotoID == "" {
		return out, nil
	}
	file, _, err := s.Photos.Get(ctx, d.PhotoID, size)
	if cabin.CodeOf(err) == cabin.CodeNotFound {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	defer file.Close()
	out.Photo, err = io.ReadAll(file)
	return out, err
}

// printed makes one sheet at a time: the fonts are large, and nobody prints in a crowd.
func (s *Server) printed(ctx context.Context, make func(sheet.Fonts) ([]byte, error)) ([]byte, error) {
	select {
	case s.printing <- struct{}{}:
		defer func() { <-s.printing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	fonts, err := sheet.LoadFonts(s.Fonts.Regular, s.Fonts.Bold)
	if err != nil {
		return nil, cabin.E(cabin.CodeUnavailable, "服务器上没有印制用的字体，现在打不了，请告诉管理服务器的人（sheets.font）。", err)
	}
	return make(fonts)
}

// print sends a sheet.
func (s *Server) print(ctx context.Context, name string, printed time.Time, make func(sheet.Fonts) ([]byte, error)) (*huma.StreamResponse, error) {
	pdf, err := s.printed(ctx, make)
	if err != nil {
		return nil, err
	}
	file := url.PathEscape(fmt.Sprintf("上墙-%s-%s.pdf", name, printed.In(cabin.Shanghai).Format("20060102")))
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", "application/pdf")
		hc.SetHeader("Content-Length", strconv.Itoa(len(pdf)))
		hc.SetHeader("Cache-Control", "no-store")
		hc.SetHeader("Content-Disposition", "inline; filename=sheet.pdf; filename*=UTF-8''"+file)
		_, _ = hc.BodyWriter().Write(pdf) // the connection is the caller's
	}}, nil
}
