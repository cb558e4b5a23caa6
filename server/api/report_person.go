package api

import (
	"context"
	"slices"
	"strings"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
	"warmcabin/server/vault"
)

func (s *Server) reportPeople() {
	add(s, "report-contact", s.reportContact)
	add(s, "report-contact-hide", s.hideContact)
	add(s, "report-subjects", s.markSubjects)
	add(s, "desk-workers", s.deskWorkers)
	add(s, "desk-matters", s.deskMatters)
	add(s, "desk-join-look", s.lookToJoin)
	add(s, "desk-join", s.joinAtDesk)
	add(s, "proxy-residents", s.proxyResidents)
	add(s, "proxy-report", s.proxyReport)
	add(s, "proxy-reports", s.proxyReports)
}

// ReportContact is how to reach the reporter, for those who may know that there is a way.
type ReportContact struct {
	Kept     bool             `json:"kept" doc:"a phone was left"`
	Hidden   bool             `json:"hidden" doc:"the department that handles it may not open it"`
	MayOpen  bool             `json:"mayOpen" doc:"the reader may open it, with a reason"`
	Openings []ContactOpening `json:"openings" nullable:"false" doc:"who looked, newest first"`
}

// ContactOpening is one look at a reporter's phone.
type ContactOpening struct {
	At     time.Time `json:"at"`
	Who    string    `json:"who" doc:"a role and where, no name"`
	Reason string    `json:"reason"`
}

// ReportProxy says that somebody reported on the reporter's behalf.
type ReportProxy struct {
	Word string `json:"word" doc:"由社区代办"`
	Mine bool   `json:"mine" doc:"it was the reader"`
	// Tells is why the desk need not call.
	Tells bool `json:"tells" doc:"the reporter has no WeChat; who reported for them tells them"`
}

// ReportSubject is whom a report is about.
type ReportSubject struct {
	Kind string `json:"kind" enum:"department,person"`
	ID   int64  `json:"id"`
	Name string `json:"name,omitempty"`
}

// contactOf is nil for who may not know that there is a contact.
func contactOf(r *cabin.Report, a cabin.Actor) *ReportContact {
	may := r.ContactRole(a) != ""
	if !may && r.ReporterID != a.PersonID {
		return nil
	}
	c := &ReportContact{Kept: r.ContactKept, Hidden: r.ContactHidden, MayOpen: may && r.ContactKept, Openings: []ContactOpening{}}
	for _, o := range r.Openings {
		c.Openings = append(c.Openings, ContactOpening{local(o.At), o.Who(), o.Reason})
	}
	return c
}

func proxyOf(r *cabin.Report, a cabin.Actor) *ReportProxy {
	if r.ProxyID == 0 || !slices.ContainsFunc(r.RolesOf(a), func(role cabin.Role) bool {
		return role == cabin.Staff || role == cabin.Community || role == cabin.Liaison || role == cabin.Proxy || role == cabin.Resident
	}) {
		return nil
	}
	return &ReportProxy{r.ProxyWord(), r.ProxyID == a.PersonID, r.ProxyTells}
}

// OpenedContact is who brought a report.
type OpenedContact struct {
	Name  string `json:"name"`
	Phone string `json:"phone"`
}

func (s *Server) reportContact(ctx context.Context, in *contactIn) (*body[OpenedContact], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	reason := cabin.Clean(in.Body.Reason)
	if err := cabin.CheckText("reason", reason, 0, cabin.MaxReason); err != nil {
		return nil, err
	}
	c, err := s.DB.Reports.OpenContact(ctx, a, in.ID, reason)
	if err != nil {
		return nil, err
	}
	return reply(OpenedContact{cmpName(c.Name), c.Phone}), nil
}

type hideContactIn struct {
	ByID
	Body struct {
		Hidden bool `json:"hidden"`
	}
}

func (s *Server) hideContact(ctx context.Context, in *hideContactIn) (*none, error) {
	return nil, s.DB.Reports.HideContact(ctx, cabin.Actor{PersonID: me(ctx)}, in.ID, in.Body.Hidden)
}

type subjectsIn struct {
	ByID
	Body struct {
		Subjects []ReportSubject `json:"subjects" nullable:"false" maxItems:"10" doc:"all of them; empty: about nobody in particular"`
	}
}

func (s *Server) markSubjects(ctx context.Context, in *subjectsIn) (*none, error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	subjects := make([]cabin.Subject, len(in.Body.Subjects))
	for i, x := range in.Body.Subjects {
		subjects[i] = cabin.Subject{Department: x.Kind == "department", ID: x.ID}
	}
	return nil, s.DB.Reports.MarkSubjects(ctx, a, in.ID, subjects)
}

// subjectsOf names whom a report is about, for those who may know.
func (s *Server) subjectsOf(ctx context.Context, a cabin.Actor, r *cabin.Report) (*[]ReportSubject, error) {
	if !r.MarksSubjects(a) {
		return nil, nil
	}
	named, err := s.DB.Reports.Subjects(ctx, a, r)
	out := make([]ReportSubject, len(named))
	for i, n := range named {
		kind := "person"
		if n.Department {
			kind = "department"
		}
		out[i] = ReportSubject{kind, n.ID, n.Name}
	}
	return &out, err
}

// ReportTie is a department to which a report leads back.
type ReportTie struct {
	DepartmentID int64  `json:"departmentId"`
	Text         string `json:"text" doc:"why to think twice before it is sent there"`
}

// ties marks the reports of list that lead back to a department, for those who may know.
func (s *Server) ties(ctx context.Context, a cabin.Actor, rows []*cabin.Report, list []Report) error {
	found, err := s.DB.Reports.Ties(ctx, a, rows)
	for i := range list {
		for _, t := range found[list[i].ID] {
			list[i].Ties = append(list[i].Ties, ReportTie{t.DepartmentID, t.Text()})
		}
	}
	return err
}

// DeskWorker is somebody who works for the street.
type DeskWorker struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Roles string `json:"roles" doc:"承办单位、联络站工作人员"`
}

type deskWorkersIn struct {
	Query string `query:"q" minLength:"1" maxLength:"20" doc:"a part of the name"`
}

func (s *Server) deskWorkers(ctx context.Context, in *deskWorkersIn) (*body[List[DeskWorker]], error) {
	name := cabin.Clean(in.Query)
	if err := cabin.CheckText("q", name, 1, 20); err != nil {
		return nil, err
	}
	ws, err := s.DB.People.WorkersNamed(ctx, name, 20)
	out := List[DeskWorker]{Items: make([]DeskWorker, len(ws))}
	for i, w := range ws {
		roles := strings.Split(w.Roles, ",")
		for j := range roles {
			roles[j] = cabin.Role(roles[j]).Name()
		}
		out.Items[i] = DeskWorker{w.ID, w.Name, strings.Join(roles, "、")}
	}
	return reply(out), err
}

// KnownMatters are the matters of who is known by a phone. Names are masked.
type KnownMatters struct {
	People   []KnownResident `json:"people" nullable:"false"`
	Reports  []Report        `json:"reports" nullable:"false" doc:"newest first, at most 20"`
	Bookings []Booking       `json:"bookings" nullable:"false" doc:"newest first, at most 20"`
}

func (s *Server) deskMatters(ctx context.Context, in *residentsIn) (*body[KnownMatters], error) {
	phone, err := vault.NormalPhone(in.Body.Phone)
	if err != nil {
		return nil, err
	}
	a, stations, err := s.desks(ctx)
	if err != nil {
		return nil, err
	}
	m, err := s.DB.People.MattersByPhone(ctx, a, stations, phone)
	if err != nil {
		return nil, err
	}
	out := KnownMatters{People: knownResidents(m.People)}
	out.Reports = s.reportPage(m.Reports, -1, a).Body.Items
	out.Bookings = s.bookingPage(m.Bookings, -1, a).Body.Items
	return reply(out), nil
}

func knownResidents(known []mysql.KnownResident) []KnownResident {
	out := make([]KnownResident, len(known))
	for i, k := range known {
		out[i] = KnownResident{k.ID, cabin.MaskedName(k.Name), k.Open}
	}
	return out
}

type proxyResidentsOut struct {
	Items   []KnownResident `json:"items" nullable:"false" doc:"who is known by the phone, masked"`
	Consent string          `json:"consent" doc:"to be read aloud before anything is written down"`
}

func (s *Server) proxyResidents(ctx context.Context, in *residentsIn) (*body[proxyResidentsOut], error) {
	known, err := s.knownBy(ctx, in.Body.Phone)
	return reply(proxyResidentsOut{known, cabin.ReportConsent}), err
}

type proxyReportIn struct {
	IdemKey
	Body struct {
		Phone      string           `json:"phone" minLength:"1" maxLength:"40"`
		Name       string           `json:"name,omitempty" maxLength:"40" doc:"may be left out with residentId"`
		ResidentID int64            `json:"residentId,omitempty" minimum:"0" doc:"somebody known by this phone"`
		Another    bool             `json:"another,omitempty" doc:"somebody else with the same phone, of the family"`
		Consent    bool             `json:"consent" doc:"they said yes to the words read to them"`
		Read       string           `json:"read,omitempty" maxLength:"1000" doc:"the words that were read, when a phone had kept them: others than today's are no consent"`
		How        cabin.ConsentHow `json:"how,omitempty" enum:"face,phone," doc:"how the words were read; face to face when empty"`
		CategoryID int64            `json:"categoryId" minimum:"1"`
		Body       string           `json:"body" maxLength:"40000"`
		Answers    []Given          `json:"answers,omitempty" nullable:"false" maxItems:"40" doc:"to the category's questions, as the resident answered them"`
		Place      Place            `json:"place"`
		PhotoIDs   []string         `json:"photoIds,omitempty" nullable:"false" doc:"own uploads, at most 9"`
	}
}

func (s *Server) proxyReport(ctx context.Context, in *proxyReportIn) (*body[Report], error) {
	b := &in.Body
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	n := mysql.ProxyReport{Actor: a, Name: cabin.Clean(b.Name), ResidentID: b.ResidentID, Another: b.Another, How: cabin.ConsentFace}
	if b.How != "" {
		n.How = b.How
	}
	if n.Phone, err = vault.NormalPhone(b.Phone); err != nil {
		return nil, err
	}
	least := 1
	if n.ResidentID != 0 {
		least = 0
	}
	if err := cabin.CheckText("name", n.Name, least, cabin.MaxName); err != nil {
		return nil, err
	}
	if !b.Consent {
		return nil, cabin.Invalid("consent", "请先把这段话读给居民听，对方同意了再提交。")
	}
	if b.Read != "" && b.Read != cabin.ReportConsent {
		return nil, cabin.Invalid("consent", "要读给居民听的话改过了，请重新读一遍，对方同意了再提交。")
	}
	if n.Report, err = s.newReport(b.CategoryID, b.Body, b.Place, b.PhotoIDs); err != nil {
		return nil, err
	}
	n.Report.Answers = answers(b.Answers)
	r, err := s.DB.Reports.SubmitFor(ctx, in.of(ctx, "proxy-report", b), n)
	if err != nil {
		return nil, err
	}
	return reply(s.whole(r, a)), nil
}

func (s *Server) proxyReports(ctx context.Context, in *Paging) (*body[List[Report]], error) {
	return s.readReports(ctx, *in, func(a cabin.Actor, p mysql.Page) ([]*cabin.Report, error) {
		return s.DB.Reports.Proxied(ctx, a, p.ID, p.Limit)
	})
}
