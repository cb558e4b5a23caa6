package api

import (
	"context"
	"errors"
	"time"

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
	rows, err := s.DB.QuickTexts.List(ctx)
	out := List[QuickText]{Items: make([]QuickText, len(rows))}
	for i, q := range rows {
		out.Items[i] = QuickText{q.ID, q.Command, q.Label, q.Text}
	}
	return reply(out), err
}

// OfficeQuickText is a sentence as the office keeps it.
type OfficeQuickText struct {
	QuickText
	CommandName string     `json:"commandName" doc:"where it is used"`
	ChangedBy   string     `json:"changedBy" doc:"who changed it last; may be empty"`
	ChangedAt   *time.Time `json:"changedAt,omitempty" doc:"goes back with a change: it is refused when somebody else was faster"`
}

// QuickTextUse is where a sentence can be used.
type QuickTextUse struct {
	Command cabin.ReportCommand `json:"command"`
	Name    string              `json:"name"`
}

type officeQuickTexts struct {
	Items []OfficeQuickText `json:"items" nullable:"false"`
	Uses  []QuickTextUse    `json:"uses" nullable:"false"`
}

func (s *Server) officeQuickTexts(ctx context.Context, _ *struct{}) (*body[officeQuickTexts], error) {
	rows, err := s.DB.QuickTexts.List(ctx)
	out := officeQuickTexts{Items: make([]OfficeQuickText, len(rows))}
	names := map[cabin.ReportCommand]string{}
	for _, c := range cabin.QuickCommands {
		names[c.Command] = c.Name
		out.Uses = append(out.Uses, QuickTextUse{c.Command, c.Name})
	}
	for i, q := range rows {
		out.Items[i] = OfficeQuickText{QuickText{q.ID, q.Command, q.Label, q.Text}, names[q.Command], q.UpdatedBy, localPtr(q.UpdatedAt)}
	}
	return reply(out), err
}

type saveQuickTextIn struct {
	Body struct {
		ID        int64               `json:"id,omitempty" minimum:"0" doc:"0 or absent: a new one"`
		Command   cabin.ReportCommand `json:"command" maxLength:"20"`
		Label     string              `json:"label" maxLength:"80"`
		Text      string              `json:"text" maxLength:"800"`
		ChangedAt *time.Time          `json:"changedAt,omitempty" doc:"of the one that the person looked at"`
	}
}

func (s *Server) saveQuickText(ctx context.Context, in *saveQuickTextIn) (*body[officeQuickTexts], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	b := &in.Body
	q := cabin.QuickText{ID: b.ID, Command: b.Command, Label: cabin.Clean(b.Label), Text: cabin.Clean(b.Text)}
	if err := s.DB.QuickTexts.Save(ctx, a, q, b.ChangedAt); err != nil {
		return nil, err
	}
	return s.officeQuickTexts(ctx, nil)
}

func (s *Server) closeQuickText(ctx context.Context, in *ByID) (*none, error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	return nil, s.DB.QuickTexts.Close(ctx, a, in.ID)
}
