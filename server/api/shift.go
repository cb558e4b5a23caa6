package api

import (
	"context"

	"warmcabin/server/cabin"
)

// Holder is who of the desk sees to a report (经办人).
type Holder struct {
	Name string `json:"name"`
	Mine bool   `json:"mine"`
}

// Colleague is somebody of the desk with what they see to.
type Colleague struct {
	ID      int64  `json:"id"`
	Name    string `json:"name"`
	Open    int    `json:"open" doc:"reports that they see to and that are not over"`
	Overdue int    `json:"overdue"`
	Left    bool   `json:"left" doc:"no longer serves at this desk"`
	Me      bool   `json:"me"`
}

func (s *Server) shifts() {
	add(s, "report-hold", s.holdReport)
	add(s, "report-release", s.releaseReport)
	add(s, "colleagues", s.colleagues)
	add(s, "shift-take", s.takeShift)
}

func (s *Server) holdReport(ctx context.Context, in *struct {
	ByID
	Body struct {
		Reason string `json:"reason,omitempty" maxLength:"800" doc:"needed when a colleague sees to it; they read it"`
	}
}) (*none, error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	return nil, s.DB.Reports.Hold(ctx, a, in.ID, in.Body.Reason)
}

func (s *Server) releaseReport(ctx context.Context, in *ByID) (*none, error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	return nil, s.DB.Reports.Release(ctx, a, in.ID)
}

func (s *Server) colleagues(ctx context.Context, _ *struct{}) (*body[List[Colleague]], error) {
	a, stations, err := s.desks(ctx)
	if err != nil {
		return nil, err
	}
	found, err := s.DB.Reports.Colleagues(ctx, stations)
	out := List[Colleague]{Items: make([]Colleague, len(found))}
	for i, c := range found {
		out.Items[i] = Colleague{c.ID, workerName(c.Name), c.Open, c.Overdue, c.Left, c.ID == a.PersonID}
	}
	return reply(out), err
}

// TakenShift says how many reports the caller sees to now.
type TakenShift struct {
	Taken int `json:"taken"`
}

func (s *Server) takeShift(ctx context.Context, in *struct {
	Body struct {
		PersonID int64  `json:"personId" minimum:"1"`
		Reason   string `json:"reason" maxLength:"800" doc:"the colleague reads it"`
	}
}) (*body[TakenShift], error) {
	a, stations, err := s.desks(ctx)
	if err != nil {
		return nil, err
	}
	n, err := s.DB.Reports.TakeOver(ctx, a, stations, in.Body.PersonID, in.Body.Reason)
	return reply(TakenShift{n}), err
}

// holders marks reports with who sees to them, for the desk.
func (s *Server) holders(ctx context.Context, a cabin.Actor, list []Report) error {
	if !a.Has(cabin.Staff) && !a.Has(cabin.Admin) {
		return nil
	}
	ids := make([]int64, len(list))
	for i, r := range list {
		ids[i] = r.ID
	}
	found, err := s.DB.Reports.Holders(ctx, ids)
	for i := range list {
		if h, ok := found[list[i].ID]; ok && list[i].AtDesk {
			list[i].Holder = &Holder{workerName(h.Name), h.PersonID == a.PersonID}
		}
	}
	return err
}

func workerName(name string) string {
	if name == "" {
		return "一位同事"
	}
	return name
}
