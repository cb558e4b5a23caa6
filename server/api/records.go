package api

import (
	"context"
	"fmt"
	"strings"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

func (s *Server) records() {
	add(s, "visits", s.myVisits)
	add(s, "visit-log", s.logVisit)
	add(s, "visit-report", s.visitReport)
	add(s, "liaison-places", s.liaisonPlaces)
	add(s, "handovers", s.listHandovers)
	add(s, "handover-write", s.writeHandover)
	add(s, "handover-read", s.readHandover)
	add(s, "ledger", s.ledger)
	add(s, "ledger-correct", s.correctLedger)
	add(s, "desk-find", s.deskFind)
}

// Visit is an entry of the visit log (走访).
type Visit struct {
	ID        int64     `json:"id"`
	Key       string    `json:"key" doc:"by which it came: names it before it has an id"`
	Community Named     `json:"community"`
	Deputy    *Named    `json:"deputy,omitempty"`
	Place     string    `json:"place"`
	Whom      string    `json:"whom" doc:"in general, never a resident's name"`
	Heard     string    `json:"heard"`
	VisitedAt time.Time `json:"visitedAt"`
	CreatedAt time.Time `json:"createdAt"`
	Reports   []Other   `json:"reports" nullable:"false" doc:"what was reported of it"`
}

func visitShape(v *cabin.Visit) Visit {
	out := Visit{ID: v.ID, Key: v.Key, Community: Named{ID: v.CommunityID, Name: v.CommunityName}, Place: v.PlaceText, Whom: v.Whom, Heard: v.Heard,
		VisitedAt: local(v.VisitedAt), CreatedAt: local(v.CreatedAt), Reports: []Other{}}
	if v.DeputyID != 0 {
		out.Deputy = &Named{ID: v.DeputyID, Name: v.DeputyName}
	}
	return out
}

func (s *Server) myVisits(ctx context.Context, in *Paging) (*body[List[Visit]], error) {
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, reports, err := s.DB.Visits.Mine(ctx, me(ctx), page.ID, in.Limit)
	if err != nil {
		return nil, err
	}
	return paged(rows, in.Limit, func(v *cabin.Visit) (time.Time, int64) { return v.CreatedAt, v.ID }, func(v *cabin.Visit) Visit {
		out := visitShape(v)
		for _, r := range reports {
			if r.VisitID == v.ID {
				out.Reports = append(out.Reports, Other{ID: r.ID, Number: r.Number(), StateName: r.StateName()})
			}
		}
		return out
	}), nil
}

type logVisitIn struct {
	IdemKey
	Body struct {
		CommunityID int64     `json:"communityId" minimum:"1"`
		DeputyID    int64     `json:"deputyId,omitempty" minimum:"0"`
		Place       string    `json:"place" maxLength:"400"`
		Whom        string    `json:"whom" maxLength:"160"`
		Heard       string    `json:"heard" maxLength:"8000"`
		VisitedAt   time.Time `json:"visitedAt" doc:"when it was, by the phone's clock"`
	}
}

func (s *Server) logVisit(ctx context.Context, in *logVisitIn) (*body[Visit], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	b := &in.Body
	v, err := s.DB.Visits.Log(ctx, in.of(ctx, "visit", b), a, cabin.Visit{CommunityID: b.CommunityID, DeputyID: b.DeputyID,
		PlaceText: cabin.Clean(b.Place), Whom: cabin.Clean(b.Whom), Heard: cabin.Clean(b.Heard), VisitedAt: b.VisitedAt})
	if err != nil {
		return nil, err
	}
	return reply(visitShape(v)), nil
}

type visitReportIn struct {
	Body struct {
		VisitKey string `json:"visitKey" minLength:"8" maxLength:"64"`
		ReportID int64  `json:"reportId" minimum:"1"`
	}
}

func (s *Server) visitReport(ctx context.Context, in *visitReportIn) (*none, error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	return &none{}, s.DB.Visits.Report(ctx, a, in.Body.VisitKey, in.Body.ReportID)
}

// LiaisonPlace is a community that I serve, with its deputies.
type LiaisonPlace struct {
	ID          int64   `json:"id"`
	Name        string  `json:"name"`
	StationName string  `json:"stationName"`
	Deputies    []Named `json:"deputies" nullable:"false"`
}

// LiaisonPlaces is what a visit is written about.
type LiaisonPlaces struct {
	Communities []LiaisonPlace `json:"communities" nullable:"false"`
	Whom        []string       `json:"whom" nullable:"false" doc:"whom one meets, in general"`
	Consent     string         `json:"consent" doc:"to be read aloud before anything is written down for somebody, also without a network"`
}

func (s *Server) liaisonPlaces(ctx context.Context, _ *struct{}) (*body[LiaisonPlaces], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Visits.Places(ctx, append(a.Scopes(cabin.Liaison), a.Scopes(cabin.Community)...))
	out := LiaisonPlaces{Communities: []LiaisonPlace{}, Whom: cabin.VisitWhom, Consent: cabin.ReportConsent}
	for _, r := range rows {
		last := len(out.Communities) - 1
		if last < 0 || out.Communities[last].ID != r.ID {
			out.Communities = append(out.Communities, LiaisonPlace{r.ID, r.Name, r.StationName, []Named{}})
			last++
		}
		if r.DeputyID != 0 {
			out.Communities[last].Deputies = append(out.Communities[last].Deputies, Named{ID: r.DeputyID, Name: r.DeputyName})
		}
	}
	return reply(out), err
}

// Handover is a note at the end of a shift.
type Handover struct {
	ID          int64     `json:"id"`
	StationID   int64     `json:"stationId"`
	StationName string    `json:"stationName"`
	By          string    `json:"by"`
	Mine        bool      `json:"mine"`
	Text        string    `json:"text"`
	Waiting     string    `json:"waiting" doc:"what waited for the desk then, in words"`
	At          time.Time `json:"at"`
	ReadBy      []string  `json:"readBy" nullable:"false" doc:"who acknowledged it, the first first"`
	Unread      bool      `json:"unread" doc:"of another's hand, not acknowledged by the reader, and not old"`
}

type handoversIn struct {
	Paging
	StationID int64 `query:"stationId" minimum:"0" doc:"all of mine when empty"`
}

func (s *Server) listHandovers(ctx context.Context, in *handoversIn) (*body[List[Handover]], error) {
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	a, mine, stations, err := s.desksNamed(ctx, in.StationID)
	if err != nil {
		return nil, err
	}
	rows, reads, err := s.DB.Handovers.List(ctx, stations, page.ID, in.Limit)
	if err != nil {
		return nil, err
	}
	return paged(rows, in.Limit, func(h cabin.Handover) (time.Time, int64) { return h.CreatedAt, h.ID }, func(h cabin.Handover) Handover {
		return s.handover(&h, reads, mine, a)
	}), nil
}

func (s *Server) handover(h *cabin.Handover, reads []mysql.HandoverRead, stations []Named, a cabin.Actor) Handover {
	out := Handover{ID: h.ID, StationID: h.StationID, By: cmpName(h.PersonName), Mine: h.PersonID == a.PersonID, Text: h.Text, At: local(h.CreatedAt), ReadBy: []string{}}
	out.Waiting = fmt.Sprintf("当时 %d 件反映等受理交办，%d 个预约等联络站办，%d 件超期", h.Reports, h.Bookings, h.Overdue)
	for _, st := range stations {
		if st.ID == h.StationID {
			out.StationName = st.Name
		}
	}
	read := false
	for _, r := range reads {
		if r.HandoverID == h.ID {
			out.ReadBy, read = append(out.ReadBy, cmpName(r.Name)), read || r.PersonID == a.PersonID
		}
	}
	out.Unread = !out.Mine && !read && a.Has(cabin.Staff) && s.DB.Now().Sub(h.CreatedAt) < cabin.HandoverFor
	return out
}

type writeHandoverIn struct {
	IdemKey
	Body struct {
		StationID int64  `json:"stationId" minimum:"1"`
		Text      string `json:"text" maxLength:"8000"`
	}
}

func (s *Server) writeHandover(ctx context.Context, in *writeHandoverIn) (*body[Handover], error) {
	a, mine, _, err := s.desksNamed(ctx, 0)
	if err != nil {
		return nil, err
	}
	h, err := s.DB.Handovers.Write(ctx, in.of(ctx, "handover", &in.Body), a, in.Body.StationID, cabin.Clean(in.Body.Text))
	if err != nil {
		return nil, err
	}
	return reply(s.handover(h, nil, mine, a)), nil
}

func (s *Server) readHandover(ctx context.Context, in *ByID) (*none, error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	return &none{}, s.DB.Handovers.Acknowledge(ctx, a, in.ID)
}

// LedgerRow is a row of a ledger (台账) as its columns say it, with what was set right.
type LedgerRow struct {
	ID          int64              `json:"id"`
	Number      string             `json:"number"`
	At          time.Time          `json:"at"`
	Title       string             `json:"title"`
	Page        string             `json:"page" doc:"the matter's own page, empty where it has none"`
	Cells       []LedgerCell       `json:"cells" nullable:"false" doc:"what there is of the other columns"`
	Corrections []LedgerCorrection `json:"corrections" nullable:"false" doc:"the oldest first; the row itself stays as it was"`
}

// LedgerCell is a column of a row.
type LedgerCell struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// LedgerCorrection says what was set right, by whom, when and why.
type LedgerCorrection struct {
	By     string    `json:"by"`
	Role   string    `json:"role"`
	At     time.Time `json:"at"`
	Text   string    `json:"text"`
	Reason string    `json:"reason"`
}

type ledgerIn struct {
	Paging
	Kind      cabin.LedgerKind `path:"kind" enum:"reception,bookings,reports,visits"`
	StationID int64            `query:"stationId" minimum:"0" doc:"all of mine when empty"`
	Month     string           `query:"month" maxLength:"7" doc:"2026-11; this month when empty"`
}

func (s *Server) ledger(ctx context.Context, in *ledgerIn) (*body[List[LedgerRow]], error) {
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	month := cabin.MonthOf(s.DB.Now())
	if in.Month != "" {
		if month, err = cabin.ReadMonth("month", in.Month); err != nil {
			return nil, err
		}
	}
	a, _, stations, err := s.desksNamed(ctx, in.StationID)
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Ledgers.Rows(ctx, mysql.LedgerFilter{Kind: in.Kind, StationIDs: stations, From: month.Start(), To: month.Next().Start()}, page)
	if err != nil {
		return nil, err
	}
	def := cabin.ExportOf(cabin.LedgerExports[in.Kind])
	out := paged(rows, in.Limit, func(r mysql.LedgerRow) (time.Time, int64) { return r.At() }, func(r mysql.LedgerRow) LedgerRow { return ledgerShape(r, def) })
	mine := out.Body.Items[:0]
	for i, r := range rows {
		if r.Report == nil || len(r.Report.RolesOf(a)) > 0 { // not what is about the reader themselves
			mine = append(mine, out.Body.Items[i])
		}
	}
	out.Body.Items = mine
	return out, nil
}

func ledgerShape(r mysql.LedgerRow, def *cabin.ExportDef) LedgerRow {
	at, id := r.At()
	out := LedgerRow{ID: id, At: local(at), Cells: []LedgerCell{}, Corrections: []LedgerCorrection{}}
	var cells []any
	switch {
	case r.Booking != nil:
		b := r.Booking
		cells, out.Number, out.Title, out.Page = b.ExportRow(), b.Number(), b.DeputyName+"代表 · "+b.State.Name(), fmt.Sprintf("/pages/booking/detail?id=%d", id)
	case r.Report != nil:
		x := r.Report
		cells, out.Number, out.Title, out.Page = x.ExportRow(), x.Number(), x.CategoryName+" · "+x.StateName(), fmt.Sprintf("/pages/report/detail?id=%d", id)
	default:
		cells, out.Number, out.Title = r.Visit.ExportRow(), cabin.Number(id, r.Visit.CreatedAt), r.Visit.CommunityName+" · "+r.Visit.Whom
	}
	for i, c := range cells[1:] {
		if text := strings.TrimSpace(fmt.Sprint(c)); text != "" && text != "0" {
			out.Cells = append(out.Cells, LedgerCell{def.Columns[i+1].Title, text})
		}
	}
	for _, c := range r.Corrections {
		out.Corrections = append(out.Corrections, LedgerCorrection{cmpName(c.Person), c.Role.Name(), local(c.At), c.Text, c.Reason})
	}
	return out
}

type correctLedgerIn struct {
	IdemKey
	Kind cabin.LedgerKind `path:"kind" enum:"reception,bookings,reports,visits"`
	ByID
	Body struct {
		Text   string `json:"text" maxLength:"4000" doc:"what is right"`
		Reason string `json:"reason" maxLength:"1600"`
	}
}

func (s *Server) correctLedger(ctx context.Context, in *correctLedgerIn) (*body[LedgerCorrection], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	c := cabin.Correction{Kind: in.Kind, ObjectID: in.ID, Text: cabin.Clean(in.Body.Text), Reason: cabin.Clean(in.Body.Reason)}
	if err := s.DB.Ledgers.Correct(ctx, in.of(ctx, "correction", []any{in.Kind, in.ID, in.Body}), a, c); err != nil {
		return nil, err
	}
	return reply(LedgerCorrection{By: "您", At: local(s.DB.Now()), Text: c.Text, Reason: c.Reason}), nil
}

// findIn: what is looked for may be a phone, and travels in a body: addresses are written
// into logs.
type findIn struct {
	Body struct {
		Text string `json:"text" minLength:"1" maxLength:"200"`
	}
}

// FoundDeputy is a deputy whose name begins so.
type FoundDeputy struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	StationName string `json:"stationName"`
}

// Found is what the one box found of the reader's stations, each kind newest first.
type Found struct {
	As       string        `json:"as" doc:"what it was taken for: 编号, 电话, 姓名或内容"`
	Reports  []Report      `json:"reports" nullable:"false"`
	Bookings []Booking     `json:"bookings" nullable:"false"`
	Deputies []FoundDeputy `json:"deputies" nullable:"false"`
}

func (s *Server) deskFind(ctx context.Context, in *findIn) (*body[Found], error) {
	sought, err := cabin.ReadSought(cabin.Clean(in.Body.Text))
	if err != nil {
		return nil, err
	}
	a, mine, stations, err := s.desksNamed(ctx, 0)
	if err != nil {
		return nil, err
	}
	found, err := s.DB.Finds.Find(ctx, a, stations, sought)
	if err != nil {
		return nil, err
	}
	out := Found{As: "姓名或内容", Reports: make([]Report, len(found.Reports)), Bookings: make([]Booking, len(found.Bookings)), Deputies: []FoundDeputy{}}
	switch {
	case sought.Phone != "":
		out.As = "电话"
	case sought.Number != 0 || sought.Code != "":
		out.As = "编号"
	}
	for i, r := range found.Reports {
		out.Reports[i] = s.report(r, a)
	}
	for i, b := range found.Bookings {
		out.Bookings[i] = s.booking(b, a)
	}
	for _, d := range found.Deputies {
		for _, st := range mine {
			if st.ID == d.StationID {
				out.Deputies = append(out.Deputies, FoundDeputy{d.ID, d.Name, st.Name})
			}
		}
	}
	return reply(out), nil
}
