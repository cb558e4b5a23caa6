package api

import (
	"context"
	"errors"
	"slices"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// Report is a problem as its reader sees it. A department never sees who reported.
type Report struct {
	ID            int64             `json:"id"`
	Renamed       []string          `json:"renamed,omitempty" nullable:"false" doc:"of a matter that is over: what things are called now that it shows by their names of then"`
	Number        string            `json:"number"`
	State         cabin.ReportState `json:"state" enum:"draft,submitted,accepted,dispatched,in_progress,resolved,reopened,closed"`
	StateName     string            `json:"stateName"`
	Tone          string            `json:"tone" enum:"waiting,done,told,late"`
	Supervised    bool              `json:"supervised" doc:"督办: a mark beside the state"`
	Category      Named             `json:"category"`
	Body          string            `json:"body"`
	Place         Place             `json:"place"`
	Photos        []Photo           `json:"photos" nullable:"false" doc:"the reporter's; only with one report"`
	Department    *Named            `json:"department,omitempty"`
	Outcome       cabin.Outcome     `json:"outcome"`
	OutcomeName   string            `json:"outcomeName"`
	OutcomeText   string            `json:"outcomeText"`
	DueAt         *time.Time        `json:"dueAt,omitempty"`
	DueText       string            `json:"dueText"`
	Light         string            `json:"light" enum:",green,amber,red" doc:"the clock: amber when nearly over, red when over"`
	Next          string            `json:"next" doc:"who does what by when, for this reader"`
	ReopenedCount int               `json:"reopenedCount"`
	Stars         int               `json:"stars"`
	RatingText    string            `json:"ratingText"`
	CreatedAt     time.Time         `json:"createdAt"`
	Reporter      *PersonName       `json:"reporter,omitempty" doc:"for the desk only"`
	Unreached     bool              `json:"unreached" doc:"for the desk: the last push reached the reporter nowhere, and nobody told them by phone"`
	Mine          bool              `json:"mine"`
	Holder        *Holder           `json:"holder,omitempty" doc:"for the desk only"`
	AtDesk        bool              `json:"atDesk" doc:"the reader is of its desk"`
	Answers       []Answer          `json:"answers,omitempty" nullable:"false" doc:"to the category's questions; only with one report"`
	Paused        bool              `json:"paused" doc:"the reporter was asked; the deadline stands"`
	ExtendDays    int               `json:"extendDays" doc:"working days more that the department asks for"`
	Following     bool              `json:"following" doc:"the reader met the same problem; words and place are coarse"`
	Receipt       string            `json:"receipt,omitempty" doc:"the reporter's: the first digits of its chain's head (ADR 0013)"`
	Suggested     bool              `json:"suggested" doc:"a deputy took it into a 代表建议"`
	Helpers       []Helper          `json:"helpers" nullable:"false" doc:"departments that help; only with one report"`
	MergedInto    *Other            `json:"mergedInto,omitempty" doc:"the report it goes on with; only with one report"`
	Splits        []Other           `json:"splits,omitempty" nullable:"false" doc:"the matters that were split from this one, and that it was split from; only with one report"`
	Seen          string            `json:"seen" doc:"goes back with a command: it is refused (conflict) when the report has become another one meanwhile"`
	Actions       []cabin.Action    `json:"actions" nullable:"false" doc:"what the reader may do now; in a list only the one thing to tap"`
	Events        []Event           `json:"events,omitempty" nullable:"false" doc:"newest first; only with one report"`
	Proxy         *ReportProxy      `json:"proxy,omitempty" doc:"somebody reported it on the reporter's behalf; for the desk, the community, the proxy and the reporter"`
	Relay         bool              `json:"relay" doc:"a department asked the desk to pass on a message, and the desk has not yet"`
	Contact       *ReportContact    `json:"contact,omitempty" doc:"for the reporter, and for those who may open it; only with one report"`
	Subjects      *[]ReportSubject  `json:"subjects,omitempty" doc:"whom it is about, for the desk that may say so; only with one report"`
	Ties          []ReportTie       `json:"ties,omitempty" nullable:"false" doc:"for the desk that may say whom it is about: departments to which it leads back"`
	UsualID       int64             `json:"usualDepartmentId,omitempty" doc:"for the desk: the department that usually handles its category"`
	Watch         string            `json:"watch,omitempty" enum:",may,yes" doc:"for a deputy: whether they follow it"`
	Held          []HeldBack        `json:"held,omitempty" nullable:"false" doc:"of the reader's own, what is not public yet; only with one report"`
}

// Helper is a department that helps the one that handles a report (协办).
type Helper struct {
	ID        int64  `json:"id"`
	Name      string `json:"name"`
	StateName string `json:"stateName"`
}

// Other is another report, as far as the reader of this one may know it.
type Other struct {
	ID        int64  `json:"id,omitempty"`
	Number    string `json:"number"`
	StateName string `json:"stateName"`
	Next      string `json:"next"`
}

// Place is where a problem is, with or without a map.
type Place struct {
	CommunityID   int64    `json:"communityId,omitempty"`
	CommunityName string   `json:"communityName,omitempty" readOnly:"true"`
	Building      string   `json:"building,omitempty" maxLength:"80" doc:"3 号楼; text has it too when it is read"`
	Text          string   `json:"text,omitempty" maxLength:"200" doc:"landmark, entrance; all of the place when it is read"`
	Lat           *float64 `json:"lat,omitempty" minimum:"-90" maximum:"90"`
	Lng           *float64 `json:"lng,omitempty" minimum:"-180" maximum:"180"`
}

var reportTones = map[cabin.ReportState]string{
	cabin.Draft: "waiting", cabin.Submitted: "waiting", cabin.Resolved: "done", cabin.Reopened: "late",
}

func (s *Server) report(r *cabin.Report, a cabin.Actor) Report {
	now := s.DB.Now()
	renamed := r.NameThen(s.DB.Names())
	out := Report{
		ID: r.ID, Renamed: renamed, Number: r.Number(), State: r.State, StateName: r.StateName(), Tone: tone(reportTones[r.State]),
		Supervised: r.SupervisedAt != nil, Category: Named{ID: r.CategoryID, Name: r.CategoryName}, Body: r.Body,
		Place:   Place{r.CommunityID, r.CommunityName, r.Building, r.PlaceText, r.Lat, r.Lng},
		Outcome: r.Outcome, OutcomeName: r.Outcome.Name(), OutcomeText: r.OutcomeText,
		DueAt: localPtr(r.DueAt), Light: r.Light(now, s.DB.Presets()), Next: r.Next(a, now), ReopenedCount: r.ReopenedCount,
		Stars: r.Stars, RatingText: r.RatingText, CreatedAt: local(r.CreatedAt), Mine: r.ReporterID == a.PersonID,
		Actions: []cabin.Action{}, Photos: []Photo{}, Seen: r.Version(), Helpers: []Helper{},
		AtDesk: slices.Contains(r.RolesOf(a), cabin.Staff),
		Paused: r.PausedAt != nil, ExtendDays: r.ExtendDays, Suggested: r.SuggestedAt != nil, Following: r.OnlyFollows(a),
		Proxy: proxyOf(r, a), Relay: r.RelayAt != nil && !r.OnlyFollows(a),
	}
	if out.AtDesk {
		out.UsualID = r.UsualID
	}
	switch {
	case r.MayWatch(a) != nil:
	case r.Following:
		out.Watch = "yes"
	default:
		out.Watch = "may"
	}
	for _, x := range r.Answers {
		out.Answers = append(out.Answers, Answer(x))
	}
	for _, p := range r.Parts {
		out.Helpers = append(out.Helpers, Helper{p.DepartmentID, p.DepartmentName, p.State.Name()})
	}
	if out.Light == "red" {
		out.Tone = "late"
	}
	if r.DueAt != nil {
		out.DueText = cabin.MomentText(*r.DueAt)
	}
	if out.Mine {
		out.Receipt = cabin.ReceiptCode(r.Head)
	}
	if r.DepartmentID != 0 {
		out.Department = &Named{ID: r.DepartmentID, Name: r.DepartmentName}
	}
	if r.ShowsReporter(a) && !out.Mine {
		out.Reporter = &PersonName{cmpName(r.ReporterName)}
	}
	return out
}

// whole is a report with all that may be done with it.
func (s *Server) whole(r *cabin.Report, a cabin.Actor) Report {
	out := s.report(r, a)
	out.Actions = r.Actions(a)
	return out
}

func (s *Server) reports() {
	add(s, "report-create", s.createReport)
	add(s, "report", s.getReport)
	add(s, "report-command", s.commandReport)
	add(s, "my-reports", s.myReports)
	add(s, "desk", s.desk)
	add(s, "desk-reports", s.deskReports)
	add(s, "department-reports", s.departmentReports)
	add(s, "community-reports", s.communityReports)
	add(s, "deputy-reports", s.deputyReports)
	add(s, "reports-dispatch", s.dispatchReports)
	add(s, "quick-texts", s.quickTexts)
	add(s, "office-quick-texts", s.officeQuickTexts)
	add(s, "quick-text-save", s.saveQuickText)
	add(s, "quick-text-close", s.closeQuickText)
	add(s, "report-alike", s.alike)
	add(s, "report-preflight", s.preflight)
	add(s, "report-join", s.joinReport)
	add(s, "report-leave", s.leaveReport)
	add(s, "report-watch", func(ctx context.Context, in *ByID) (*none, error) {
		a, err := s.actor(ctx)
		if err != nil {
			return nil, err
		}
		return nil, s.DB.Reports.Watch(ctx, a, in.ID)
	})
	add(s, "my-followed", s.followedReports)
}

type createReportIn struct {
	IdemKey
	Body struct {
		CategoryID int64    `json:"categoryId" minimum:"1"`
		Body       string   `json:"body" maxLength:"40000" doc:"at most 2000 characters; longer ones are told how long they are"`
		Place      Place    `json:"place"`
		PhotoIDs   []string `json:"photoIds,omitempty" nullable:"false" doc:"own uploads, at most 9"`
		DeputyID   int64    `json:"deputyId,omitempty" doc:"raised with this deputy"`
		Answers    []Given  `json:"answers,omitempty" nullable:"false" maxItems:"40" doc:"to the category's questions"`
		Shown      bool     `json:"contactShown,omitempty" doc:"the department that handles it may open my phone, with a reason that I see; hidden unless I say so"`
	}
}

// Given is an answer by its question's id.
type Given struct {
	QuestionID int    `json:"questionId" minimum:"1"`
	Answer     string `json:"answer" maxLength:"800"`
}

func answers(list []Given) (given []cabin.Given) {
	for _, g := range list {
		given = append(given, cabin.Given{ID: g.QuestionID, Answer: g.Answer})
	}
	return given
}

// leastBody is how much a report must say, in characters.
const leastBody = 5

func (s *Server) createReport(ctx context.Context, in *createReportIn) (*body[Report], error) {
	b := &in.Body
	n, err := s.newReport(b.CategoryID, b.Body, b.Place, b.PhotoIDs)
	if err != nil {
		return nil, err
	}
	n.ReporterID, n.DeputyID, n.ContactShown = me(ctx), b.DeputyID, b.Shown
	n.Answers = answers(b.Answers)
	r, err := s.DB.Reports.Submit(ctx, in.of(ctx, "report", b), n)
	if err != nil {
		return nil, err
	}
	return reply(s.whole(r, cabin.Actor{PersonID: me(ctx)})), nil
}

// newReport holds what is brought against its limits.
func (s *Server) newReport(categoryID int64, words string, at Place, photoIDs []string) (n mysql.NewReport, err error) {
	presets := s.DB.Presets()
	text, place, building := cabin.Clean(words), cabin.Clean(at.Text), cabin.Clean(at.Building)
	if err := cabin.CheckText("body", text, leastBody, presets.ReportBodyRunes); err != nil {
		return n, err
	}
	if err := cabin.CheckText("place.text", place, 0, 100); err != nil {
		return n, err
	}
	if err := cabin.CheckText("place.building", building, 0, 40); err != nil {
		return n, err
	}
	if at.CommunityID == 0 && place == "" && building == "" && at.Lat == nil {
		return n, cabin.Invalid("place", "请告诉我们在哪里：选社区，或写上楼号、路口、附近的标志。")
	}
	if (at.Lat == nil) != (at.Lng == nil) {
		return n, cabin.Invalid("place", "地图上的位置不完整，请重新选择。")
	}
	if len(photoIDs) > presets.ReportPhotos {
		return n, cabin.Invalid("photoIds", "照片最多 9 张。")
	}
	if err := checkPhotoIDs(photoIDs); err != nil {
		return n, err
	}
	return mysql.NewReport{CategoryID: categoryID, CommunityID: at.CommunityID, Building: building, PlaceText: place, Lat: at.Lat, Lng: at.Lng, Body: text, PhotoIDs: photoIDs}, nil
}

func (s *Server) getReport(ctx context.Context, in *ByID) (*body[Report], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	r, past, err := s.DB.Reports.Get(ctx, a, in.ID)
	if err != nil {
		return nil, err
	}
	out := s.whole(r, a)
	if r.MergedInto != 0 {
		if out.MergedInto, err = s.other(ctx, r.MergedInto); err != nil {
			return nil, err
		}
	}
	splits, err := s.DB.Reports.Splits(ctx, a, r, past)
	if err != nil {
		return nil, err
	}
	for _, x := range splits {
		out.Splits = append(out.Splits, s.otherOf(x))
	}
	out.Events = events(past)
	if _, err := r.MayTakeDown(a); err == nil {
		for i, e := range past {
			for j, p := range e.Photos {
				out.Events[i].Photos[j].Mine = p.Mine
			}
		}
	}
	if len(out.Events) > 0 {
		out.Photos = out.Events[len(out.Events)-1].Photos
	}
	if out.Held, err = s.held(ctx, a, r.ID); err != nil {
		return nil, err
	}
	out.Contact = contactOf(r, a)
	if out.Subjects, err = s.subjectsOf(ctx, a, r); err != nil {
		return nil, err
	}
	marks, err := s.unreached(ctx, a, cabin.MatterReport, []int64{r.ID})
	out.Unreached = marks[r.ID] && out.Reporter != nil && !r.ProxyTells
	if err != nil {
		return nil, err
	}
	marked := []Report{out}
	err = errors.Join(s.holders(ctx, a, marked), s.ties(ctx, a, []*cabin.Report{r}, marked))
	return reply(marked[0]), err
}

func (s *Server) other(ctx context.Context, id int64) (*Other, error) {
	r, err := s.DB.Reports.Coarse(ctx, id)
	if err != nil {
		return nil, err
	}
	o := s.otherOf(r)
	return &o, nil
}

func (s *Server) otherOf(r *cabin.Report) Other {
	return Other{r.ID, r.Number(), r.StateName(), r.Next(cabin.Actor{}, s.DB.Now())}
}

type commandReportIn struct {
	ByID
	Body struct {
		Move
		Seen         string        `json:"seen,omitempty" maxLength:"60" doc:"of the report that the person looked at"`
		DepartmentID int64         `json:"departmentId,omitempty"`
		HelperIDs    []int64       `json:"helperIds,omitempty" nullable:"false" maxItems:"5" doc:"departments that help"`
		CategoryID   int64         `json:"categoryId,omitempty"`
		IntoID       int64         `json:"intoId,omitempty" doc:"the report to go on with"`
		Days         int           `json:"days,omitempty" minimum:"0" maximum:"60" doc:"working days to answer; 0 is the category's own"`
		Outcome      cabin.Outcome `json:"outcome,omitempty" enum:"fixed,partly,planned,explained,neighbours,not_ours,"`
		PhotoIDs     []string      `json:"photoIds,omitempty" nullable:"false" doc:"own uploads, at most 9 with those of the pair"`
		BeforeIDs    []string      `json:"beforeIds,omitempty" nullable:"false" maxItems:"9" doc:"of a result: own uploads that show the place before"`
		AfterIDs     []string      `json:"afterIds,omitempty" nullable:"false" maxItems:"9" doc:"and after"`
		Building     string        `json:"building,omitempty" maxLength:"80" doc:"where it is, to set its place right"`
		Where        string        `json:"where,omitempty" maxLength:"400" doc:"the rest of the place"`
	}
}

func (s *Server) commandReport(ctx context.Context, in *commandReportIn) (*body[Report], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	b := &in.Body
	photos := slices.Concat(b.BeforeIDs, b.AfterIDs, b.PhotoIDs)
	if err := checkPhotoIDs(photos); err != nil {
		return nil, err
	}
	input := in.Body.input()
	input.Seen, input.DepartmentID, input.HelperIDs, input.CategoryID, input.IntoID = b.Seen, b.DepartmentID, b.HelperIDs, b.CategoryID, b.IntoID
	input.Days, input.Outcome, input.PhotoIDs, input.BeforeIDs, input.AfterIDs = b.Days, b.Outcome, photos, b.BeforeIDs, b.AfterIDs
	input.Building, input.Where = cabin.Clean(b.Building), cabin.Clean(b.Where)
	r, err := s.DB.Reports.Command(ctx, a, in.ID, cabin.ReportCommand(in.Body.Command), input)
	if err != nil {
		return nil, err
	}
	out := []Report{s.whole(r, a)}
	err = errors.Join(s.holders(ctx, a, out), s.ties(ctx, a, []*cabin.Report{r}, out))
	return reply(out[0]), err
}

// reportPage shapes a page in the order of the deadline, without what is none of the
// reader's business (cabin.Report.Recused).
func (s *Server) reportPage(rows []*cabin.Report, limit int, a cabin.Actor) *body[List[Report]] {
	return s.reportsBy(rows, limit, a, func(r *cabin.Report) (time.Time, int64) {
		if r.DueAt == nil {
			return r.CreatedAt, r.ID
		}
		return *r.DueAt, r.ID
	})
}

// reportsBy is reportPage in another order; at says where a report stands in it.
func (s *Server) reportsBy(rows []*cabin.Report, limit int, a cabin.Actor, at func(*cabin.Report) (time.Time, int64)) *body[List[Report]] {
	page := paged(rows, limit, at, func(r *cabin.Report) Report {
		out := s.report(r, a)
		out.Actions = r.Primary(a)
		return out
	})
	mine := page.Body.Items[:0]
	for i, r := range rows {
		if len(r.RolesOf(a)) > 0 {
			mine = append(mine, page.Body.Items[i])
		}
	}
	page.Body.Items = mine
	return page
}

// pageOfReports answers with a page of the list that choose names for the caller.
func (s *Server) pageOfReports(ctx context.Context, in Paging, choose func(cabin.Actor, mysql.Page) (mysql.ReportList, error)) (*body[List[Report]], error) {
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	list, err := choose(a, page)
	if err != nil {
		return nil, err
	}
	return s.listReports(ctx, a, list, in.Limit, deskLife)
}

// readReports answers with a page that is read each time.
func (s *Server) readReports(ctx context.Context, in Paging, read func(cabin.Actor, mysql.Page) ([]*cabin.Report, error)) (*body[List[Report]], error) {
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := read(a, page)
	if err != nil {
		return nil, err
	}
	out := s.reportPage(rows, in.Limit, a)
	return out, s.markReports(ctx, a, rows, out.Body.Items)
}

func (s *Server) myReports(ctx context.Context, in *Paging) (*body[List[Report]], error) {
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	return s.listReports(ctx, cabin.Actor{PersonID: me(ctx)}, mysql.MyReports(me(ctx), page.ID, page.Limit), in.Limit, pageLife)
}

type queueIn struct {
	Paging
	Queue mysql.Queue `query:"queue" enum:"waiting,handling,resolved,returned,helping,helped,closed" default:"waiting"`
	Mine  bool        `query:"mine" doc:"at a desk: only what I see to"`
}

func (s *Server) deskReports(ctx context.Context, in *queueIn) (*body[List[Report]], error) {
	if in.Mine {
		return s.heldReports(ctx, in)
	}
	return s.pageOfReports(ctx, in.Paging, func(a cabin.Actor, p mysql.Page) (mysql.ReportList, error) {
		stations, err := s.stationsOf(ctx, a)
		return mysql.StationReports(stations, in.Queue, p), err
	})
}

func (s *Server) heldReports(ctx context.Context, in *queueIn) (*body[List[Report]], error) {
	return s.readReports(ctx, in.Paging, func(a cabin.Actor, p mysql.Page) ([]*cabin.Report, error) {
		stations, err := s.stationsOf(ctx, a)
		if err != nil {
			return nil, err
		}
		return s.DB.Reports.HeldBy(ctx, a.PersonID, stations, in.Queue, p)
	})
}

func (s *Server) departmentReports(ctx context.Context, in *queueIn) (*body[List[Report]], error) {
	if in.Queue == mysql.QueueHelping || in.Queue == mysql.QueueHelped {
		return s.helpedReports(ctx, in)
	}
	return s.pageOfReports(ctx, in.Paging, func(a cabin.Actor, p mysql.Page) (mysql.ReportList, error) {
		return mysql.DepartmentReports(a.Scopes(cabin.Department), in.Queue, p), nil
	})
}

func (s *Server) helpedReports(ctx context.Context, in *queueIn) (*body[List[Report]], error) {
	return s.readReports(ctx, in.Paging, func(a cabin.Actor, p mysql.Page) ([]*cabin.Report, error) {
		return s.DB.Reports.Helped(ctx, a.Scopes(cabin.Department), in.Queue, p.ID, p.Limit)
	})
}

func (s *Server) communityReports(ctx context.Context, in *Paging) (*body[List[Report]], error) {
	return s.pageOfReports(ctx, *in, func(a cabin.Actor, p mysql.Page) (mysql.ReportList, error) {
		return mysql.CommunityReports(append(a.Scopes(cabin.Community), a.Scopes(cabin.Liaison)...), p.ID, p.Limit), nil
	})
}

type deputyReportsIn struct {
	Paging
	Scope string `query:"scope" enum:"raised,constituency" default:"raised" doc:"raised with me, or reported where I was elected"`
}

func (s *Server) deputyReports(ctx context.Context, in *deputyReportsIn) (*body[List[Report]], error) {
	return s.pageOfReports(ctx, in.Paging, func(a cabin.Actor, p mysql.Page) (mysql.ReportList, error) {
		if in.Scope == "constituency" {
			return mysql.CommunityReports(a.Scopes(cabin.Constituency), p.ID, p.Limit), nil
		}
		return mysql.DeputyReports(a.Scopes(cabin.Deputy), p.ID, p.Limit), nil
	})
}

// Desk is the few true numbers on top of a desk.
type Desk struct {
	BookingsWaiting int `json:"bookingsWaiting" doc:"for the desk"`
	BookingsAsked   int `json:"bookingsAsked" doc:"for a deputy's answer"`
	ReportsWaiting  int `json:"reportsWaiting"`
	Overdue         int `json:"overdue"`
	ArrivalsToday   int `json:"arrivalsToday"`
}

func (s *Server) desk(ctx context.Context, _ *struct{}) (*body[Desk], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	stations, err := s.stationsOf(ctx, a)
	if err != nil {
		return nil, err
	}
	c, err := s.DB.Reports.Desk(ctx, stations)
	return reply(Desk(c)), err
}
