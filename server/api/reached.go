package api

import (
	"context"
	"errors"

	"warmcabin/server/cabin"
)

func (s *Server) reached() {
	add(s, "booking-told", func(ctx context.Context, in *ByID) (*none, error) {
		return s.toldByPhone(ctx, cabin.MatterBooking, in.ID)
	})
	add(s, "report-told", func(ctx context.Context, in *ByID) (*none, error) {
		return s.toldByPhone(ctx, cabin.MatterReport, in.ID)
	})
}

func (s *Server) toldByPhone(ctx context.Context, kind cabin.MatterKind, id int64) (*none, error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	return nil, s.DB.Notices.TellByPhone(ctx, a, kind, id)
}

// unreached reads the desk's mark for these matters; nobody else sees it.
func (s *Server) unreached(ctx context.Context, a cabin.Actor, kind cabin.MatterKind, ids []int64) (map[int64]bool, error) {
	if !a.Has(cabin.Staff) && !a.Has(cabin.Admin) {
		return nil, nil
	}
	return s.DB.Notices.Unreached(ctx, kind, ids)
}

func (s *Server) markBookings(ctx context.Context, a cabin.Actor, list []Booking) error {
	ids := make([]int64, len(list))
	for i, b := range list {
		ids[i] = b.ID
	}
	marks, err := s.unreached(ctx, a, cabin.MatterBooking, ids)
	for i := range list {
		list[i].Unreached = marks[list[i].ID] && list[i].Resident != nil
	}
	return err
}

func (s *Server) markReports(ctx context.Context, a cabin.Actor, rows []*cabin.Report, list []Report) error {
	ids := make([]int64, len(list))
	for i, r := range list {
		ids[i] = r.ID
	}
	marks, err := s.unreached(ctx, a, cabin.MatterReport, ids)
	for i := range list {
		list[i].Unreached = marks[list[i].ID] && list[i].Reporter != nil && (list[i].Proxy == nil || !list[i].Proxy.Tells)
	}
	if err != nil {
		return err
	}
	return errors.Join(s.holders(ctx, a, list), s.ties(ctx, a, rows, list))
}
