package api

import (
	"context"
	"errors"

	"warmcabin/server/cabin"
)

type dispatchReportsIn struct {
	Body struct {
		IDs          []int64 `json:"ids" minItems:"1" maxItems:"50" nullable:"false"`
		DepartmentID int64   `json:"departmentId" minimum:"1"`
		HelperIDs    []int64 `json:"helperIds,omitempty" nullable:"false" maxItems:"5"`
		Days         int     `json:"days,omitempty" minimum:"0" maximum:"60" doc:"working days to answer; 0 is each category's own"`
	}
}

// Dispatched is what became of one report of a bulk dispatch.
type Dispatched struct {
	ID      int64  `json:"id"`
	OK      bool   `json:"ok"`
	Message string `json:"message" doc:"why not"`
}

// dispatchReports dispatches each report by itself, in a transaction of its own: one that
// somebody else moved meanwhile does not hold up the others. Twice is safe, as the second
// time finds them dispatched.
func (s *Server) dispatchReports(ctx context.Context, in *dispatchReportsIn) (*body[List[Dispatched]], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	b := &in.Body
	out := List[Dispatched]{Items: make([]Dispatched, len(b.IDs))}
	for i, id := range b.IDs {
		_, err := s.DB.Reports.Command(ctx, a, id, cabin.ReportDispatch, cabin.Input{DepartmentID: b.DepartmentID, HelperIDs: b.HelperIDs, Days: b.Days})
		out.Items[i] = Dispatched{ID: id, OK: err == nil}
		if err == nil {
			continue
		}
		told, ok := errors.AsType[*cabin.Error](err)
		if !ok || told.Code == cabin.CodeUnavailable || told.Code == cabin.CodeInternal {
			return nil, err
		}
		out.Items[i].Message = told.Message
	}
	return reply(out), nil
}

// alike lists what a report may be merged into, for those who take it in.
func (s *Server) alike(ctx context.Context, in *ByID) (*body[List[Report]], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Reports.Alike(ctx, a, in.ID)
	out := List[Report]{Items: make([]Report, len(rows))}
	for i, r := range rows {
		out.Items[i] = s.report(r, a)
	}
	return reply(out), err
}

// QuickText is a sentence to begin from.
type QuickText struct {
	ID      int64               `json:"id"`
	Command cabin.ReportCommand `json:"command"`
	Label   string              `json:"label" doc:"a few words for a button"`
	Text    string              `json:"text" doc:"with blanks 〔…〕 that must be filled"`
}

func (s *Server) quickTexts(ctx context.Context, _ *struct{}) (*body[List[QuickText]], error) {
	rows, err := s.DB.Reports.QuickTexts(ctx)
	out := List[QuickText]{Items: make([]QuickText, len(rows))}
	for i, q := range rows {
		out.Items[i] = QuickText(q)
	}
	return reply(out), err
}
