package api

import (
	"cmp"
	"context"
	"slices"
	"time"

	"warmcabin/server/cabin"
)

// Notice is a piece of news in my inbox.
type Notice struct {
	ID         int64            `json:"id"`
	Title      string           `json:"title"`
	Body       string           `json:"body"`
	Page       string           `json:"page" doc:"the client's page to open"`
	MatterKind cabin.MatterKind `json:"matterKind" enum:"booking,report"`
	MatterID   int64            `json:"matterId"`
	At         time.Time        `json:"at"`
	Read       bool             `json:"read"`
}

type inboxPage struct {
	List[Notice]
	Unread int `json:"unread"`
}

func (s *Server) inbox() {
	add(s, "home", s.home)
	add(s, "notices", s.notices)
	add(s, "notices-read", s.readNotices)
	add(s, "prompts", s.prompts)
	add(s, "prompts-answered", s.promptsAnswered)
}

func (s *Server) notices(ctx context.Context, in *Paging) (*body[inboxPage], error) {
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Notices.List(ctx, me(ctx), page.ID, page.Limit)
	if err != nil {
		return nil, err
	}
	unread, err := s.DB.Notices.Unread(ctx, me(ctx))
	out := paged(rows, in.Limit, func(n cabin.StoredNotice) (time.Time, int64) { return n.CreatedAt, n.ID }, func(n cabin.StoredNotice) Notice {
		return Notice{n.ID, n.Title, n.Body, n.Page, n.MatterKind, n.MatterID, local(n.CreatedAt), n.ReadAt != nil}
	})
	return reply(inboxPage{out.Body, unread}), err
}

type readIn struct {
	Body struct {
		IDs []int64 `json:"ids,omitempty" nullable:"false" maxItems:"100"`
		All bool    `json:"all,omitempty"`
	}
}

// Unread is how many notices are left.
type Unread struct {
	Unread int `json:"unread"`
}

func (s *Server) readNotices(ctx context.Context, in *readIn) (*body[Unread], error) {
	if !in.Body.All && len(in.Body.IDs) == 0 {
		return nil, cabin.Invalid("ids", "请选择要标为已读的消息。")
	}
	ids := in.Body.IDs
	if in.Body.All {
		ids = nil
	}
	if err := s.DB.Notices.Read(ctx, me(ctx), ids); err != nil {
		return nil, err
	}
	unread, err := s.DB.Notices.Unread(ctx, me(ctx))
	return reply(Unread{unread}), err
}

// moments say which templates a person will need next, at most three (WeChat's limit).
var moments = map[string][]cabin.TemplateKey{
	"booking":   {cabin.TellBookingAnswered, cabin.TellBookingChanged},
	"report":    {cabin.TellReportProgress, cabin.TellReportResult},
	"workbench": {cabin.TellBookingRequested, cabin.TellBookingChanged, cabin.TellReportAssigned},
}

// Prompt is a template to ask consent for.
type Prompt struct {
	ID    string `json:"id" doc:"WeChat's template id"`
	Title string `json:"title"`
}

type promptsOut struct {
	Templates []Prompt `json:"templates" nullable:"false"`
}

func (s *Server) prompts(_ context.Context, in *struct {
	Moment string `query:"moment" enum:"booking,report,workbench" required:"true"`
}) (*body[promptsOut], error) {
	out := promptsOut{Templates: []Prompt{}}
	for _, key := range moments[in.Moment] {
		if t, ok := s.Templates[key]; ok {
			out.Templates = append(out.Templates, Prompt(t))
		}
	}
	return reply(out), nil
}

type promptsIn struct {
	Body struct {
		Results map[string]string `json:"results" doc:"WeChat's answer by template id: accept, reject, ban or filter"`
	}
}

func (s *Server) promptsAnswered(ctx context.Context, in *promptsIn) (*none, error) {
	accepted := map[cabin.TemplateKey]bool{}
	for key, t := range s.Templates {
		if answer, ok := in.Body.Results[t.ID]; ok {
			accepted[key] = answer == "accept"
		}
	}
	return nil, s.DB.Notices.Prompted(ctx, me(ctx), accepted)
}

// Matter is an open booking or report of mine.
type Matter struct {
	Kind      cabin.MatterKind `json:"kind" enum:"booking,report"`
	ID        int64            `json:"id"`
	Number    string           `json:"number"`
	Title     string           `json:"title"`
	StateName string           `json:"stateName"`
	Tone      string           `json:"tone" enum:"waiting,done,told,late"`
	Next      string           `json:"next"`
	At        time.Time        `json:"at" doc:"when it last moved"`
}

// Home is what a resident sees first.
type Home struct {
	Matters []Matter `json:"matters" nullable:"false" doc:"my open matters, last moved first, at most 5"`
	Unread  int      `json:"unread"`
}

// recent is how many of my newest matters are looked through for open ones.
const recent = 20

func (s *Server) home(ctx context.Context, _ *struct{}) (*body[Home], error) {
	a := cabin.Actor{PersonID: me(ctx)}
	bookings, err := s.DB.Bookings.Mine(ctx, a.PersonID, 0, recent)
	if err != nil {
		return nil, err
	}
	reports, err := s.DB.Reports.Mine(ctx, a.PersonID, 0, recent)
	if err != nil {
		return nil, err
	}
	unread, err := s.DB.Notices.Unread(ctx, a.PersonID)
	out := Home{Matters: []Matter{}, Unread: unread}
	for _, b := range bookings {
		sh := s.booking(b, a)
		if b.State.Open() || (b.State == cabin.Completed && b.Stars == 0) {
			out.Matters = append(out.Matters, Matter{cabin.MatterBooking, b.ID, sh.Number, "预约" + b.DeputyName + "代表 · " + sh.TimeText, sh.StateName, sh.Tone, sh.Next, local(b.UpdatedAt)})
		}
	}
	for _, r := range reports {
		if sh := s.report(r, a); r.State != cabin.Closed {
			out.Matters = append(out.Matters, Matter{cabin.MatterReport, r.ID, sh.Number, r.CategoryName + "：" + cut(r.Body, 24), sh.StateName, sh.Tone, sh.Next, local(r.UpdatedAt)})
		}
	}
	slices.SortFunc(out.Matters, func(x, y Matter) int { return cmp.Or(y.At.Compare(x.At), cmp.Compare(y.ID, x.ID)) })
	out.Matters = out.Matters[:min(5, len(out.Matters))]
	return reply(out), err
}

func cut(text string, runes int) string {
	r := []rune(text)
	if len(r) <= runes {
		return text
	}
	return string(r[:runes]) + "…"
}
