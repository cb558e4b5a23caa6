package api

import (
	"context"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

type preflightIn struct {
	Body struct {
		CategoryID int64  `json:"categoryId" minimum:"0"`
		Body       string `json:"body" maxLength:"40000" doc:"as long as a report may be"`
		Place      Place  `json:"place"`
	}
}

// Preflight is what a person should know before submitting. All of it is advice.
type Preflight struct {
	Near      []Near    `json:"near" nullable:"false" doc:"may be the same problem"`
	Private   []Private `json:"private" nullable:"false" doc:"better not written; masked where the public reads"`
	Elsewhere string    `json:"elsewhere" doc:"where to go when this is not for the station, else empty"`
}

// Near is a neighbouring report as anybody may know it.
type Near struct {
	ID        int64     `json:"id"`
	Category  string    `json:"category"`
	Place     string    `json:"place" doc:"community, and building at most"`
	Body      string    `json:"body" doc:"masked; empty until it was checked"`
	StateName string    `json:"stateName"`
	Joined    int       `json:"joined" doc:"how many met it, besides its reporter"`
	CreatedAt time.Time `json:"createdAt"`
	Mine      bool      `json:"mine"`
}

// Private is something in a text that belongs to one person.
type Private struct {
	KindName string `json:"kindName"`
	Text     string `json:"text"`
}

// preflight keeps nothing.
func (s *Server) preflight(ctx context.Context, in *preflightIn) (*body[Preflight], error) {
	b := &in.Body
	text := cabin.Clean(b.Body)
	if err := cabin.CheckText("body", text, 0, s.DB.Presets().ReportBodyRunes); err != nil {
		return nil, err
	}
	out := Preflight{Near: []Near{}, Private: []Private{}, Elsewhere: cabin.OutOfScope(text)}
	for _, p := range cabin.FindPrivate(text) {
		out.Private = append(out.Private, Private{p.Kind.Name(), p.Text})
	}
	if (b.Place.Lat == nil) != (b.Place.Lng == nil) {
		return nil, cabin.Invalid("place", "地图上的位置不完整，请重新选择。")
	}
	near, err := s.DB.Reports.Near(ctx, &cabin.Report{
		CategoryID: b.CategoryID, CommunityID: b.Place.CommunityID, PlaceText: cabin.Clean(b.Place.Text), Lat: b.Place.Lat, Lng: b.Place.Lng, Body: text,
	})
	for _, r := range near {
		r.Checked = r.Checked || r.ReporterID == me(ctx)
		r.Coarsen()
		out.Near = append(out.Near, Near{r.ID, r.CategoryName, r.CommunityName + r.PlaceText, cut(r.Body, 40), r.State.Name(), r.Joined, local(r.CreatedAt), r.ReporterID == me(ctx)})
	}
	return reply(out), err
}

type joinReportIn struct {
	ByID
	IdemKey
	Body struct {
		Note     string   `json:"note,omitempty" maxLength:"40000" doc:"as long as a report may be"`
		PhotoIDs []string `json:"photoIds,omitempty" nullable:"false" doc:"own uploads, at most 9"`
	}
}

func (s *Server) joinReport(ctx context.Context, in *joinReportIn) (*body[Report], error) {
	note := cabin.Clean(in.Body.Note)
	if err := cabin.CheckText("note", note, 0, s.DB.Presets().ReportBodyRunes); err != nil {
		return nil, err
	}
	if err := checkPhotoIDs(in.Body.PhotoIDs); err != nil {
		return nil, err
	}
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	r, err := s.DB.Reports.Join(ctx, in.of(ctx, "join", struct {
		ID   int64
		Body any
	}{in.ID, &in.Body}), a, in.ID, mysql.Joining{Note: note, PhotoIDs: in.Body.PhotoIDs})
	if err != nil {
		return nil, err
	}
	return reply(s.whole(r, a)), nil
}

func (s *Server) leaveReport(ctx context.Context, in *ByID) (*none, error) {
	return nil, s.DB.Reports.Leave(ctx, cabin.Actor{PersonID: me(ctx)}, in.ID)
}

func (s *Server) followedReports(ctx context.Context, in *Paging) (*body[List[Report]], error) {
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Reports.Followed(ctx, me(ctx), page.ID, page.Limit)
	if err != nil {
		return nil, err
	}
	return s.reportPage(rows, in.Limit, cabin.Actor{PersonID: me(ctx)}), nil
}
