package api

import (
	"cmp"
	"context"
	"slices"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// Notice is a piece of news in my inbox.
type Notice struct {
	ID         int64            `json:"id"`
	Title      string           `json:"title"`
	Body       string           `json:"body"`
	Page       string           `json:"page" doc:"the client's page to open"`
	MatterKind cabin.MatterKind `json:"matterKind" enum:"booking,report,talk,wait,digest"`
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
	add(s, "inbox", s.matters)
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
	out := paged(rows, in.Limit, func(n cabin.StoredNotice) (time.Time, int64) { return n.CreatedAt, n.ID }, noticeOf)
	return reply(inboxPage{out.Body, unread}), err
}

// InboxMatter is a matter in my inbox with its newest notice.
type InboxMatter struct {
	Notice
	Unread int `json:"unread" doc:"unread notices of this matter"`
}

type mattersPage struct {
	List[InboxMatter]
	Unread int `json:"unread" doc:"unread notices of all matters"`
}

func (s *Server) matters(ctx context.Context, in *Paging) (*body[mattersPage], error) {
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Notices.Matters(ctx, me(ctx), page.ID, page.Limit)
	if err != nil {
		return nil, err
	}
	unread, err := s.DB.Notices.Unread(ctx, me(ctx))
	out := paged(rows, in.Limit, func(m cabin.InboxMatter) (time.Time, int64) { return m.CreatedAt, m.ID }, func(m cabin.InboxMatter) InboxMatter {
		return InboxMatter{noticeOf(m.StoredNotice), m.Unread}
	})
	return reply(mattersPage{out.Body, unread}), err
}

func noticeOf(n cabin.StoredNotice) Notice {
	return Notice{n.ID, n.Title, n.Body, n.Page, n.MatterKind, n.MatterID, local(n.CreatedAt), n.ReadAt != nil}
}

type readIn struct {
	Body struct {
		MatterKind cabin.MatterKind `json:"matterKind,omitempty" enum:"booking,report,talk,wait,digest" doc:"with matterId: all of this matter"`
		MatterID   int64            `json:"matterId,omitempty" minimum:"1"`
		IDs        []int64          `json:"ids,omitempty" nullable:"false" maxItems:"100"`
		All        bool             `json:"all,omitempty"`
	}
}

// Unread is how many notices are left.
type Unread struct {
	Unread int `json:"unread"`
}

func (s *Server) readNotices(ctx context.Context, in *readIn) (*body[Unread], error) {
	var err error
	switch b := in.Body; {
	case b.All:
		err = s.DB.Notices.Read(ctx, me(ctx), nil)
	case b.MatterID != 0 && b.MatterKind != "":
		err = s.DB.Notices.ReadMatter(ctx, me(ctx), b.MatterKind, b.MatterID)
	case len(b.IDs) > 0:
		err = s.DB.Notices.Read(ctx, me(ctx), b.IDs)
	default:
		return nil, cabin.Invalid("ids", "请选择要标为已读的消息。")
	}
	if err != nil {
		return nil, err
	}
	unread, err := s.DB.Notices.Unread(ctx, me(ctx))
	return reply(Unread{unread}), err
}

// Prompt is a template to ask consent for.
type Prompt struct {
	ID    string `json:"id" doc:"WeChat's template id"`
	Title string `json:"title"`
}

type promptsOut struct {
	Templates []Prompt `json:"templates" nullable:"false" doc:"at most three; none when nothing is worth asking for"`
}

type promptsQuery struct {
	Moment cabin.PromptMoment `query:"moment" enum:"booking,report,matter,workbench" required:"true" doc:"what the person is about to do"`
	Visit  string             `query:"visit" maxLength:"64" pattern:"^[0-9A-Za-z_-]*$" doc:"this opening of the app, a random text: what was refused in it is not asked for again"`
}

func (s *Server) prompts(ctx context.Context, in *promptsQuery) (*body[promptsOut], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	budget, err := s.DB.Consents.Budget(ctx, a.PersonID, in.Visit)
	if err != nil {
		return nil, err
	}
	budget.LongTerm = map[cabin.TemplateKey]bool{}
	for key, t := range s.Templates {
		budget.LongTerm[key] = t.LongTerm
	}
	roles := slices.DeleteFunc(slices.Clone(cabin.WorkingRoles), func(r cabin.Role) bool { return !a.Has(r) })
	out := promptsOut{Templates: []Prompt{}}
	for _, key := range budget.Ask(in.Moment, roles) {
		if t, ok := s.Templates[key]; ok {
			out.Templates = append(out.Templates, Prompt{t.ID, t.Title})
		}
	}
	return reply(out), nil
}

type promptsIn struct {
	Body struct {
		PromptID string            `json:"promptId" minLength:"8" maxLength:"64" pattern:"^[0-9A-Za-z_-]+$" doc:"a random text for this prompt: reported twice it counts once"`
		Visit    string            `json:"visit,omitempty" maxLength:"64" pattern:"^[0-9A-Za-z_-]*$"`
		Results  map[string]string `json:"results" doc:"WeChat's answer by template id: accept, reject, ban or filter"`
	}
}

func (s *Server) promptsAnswered(ctx context.Context, in *promptsIn) (*none, error) {
	accepted := map[cabin.TemplateKey]bool{}
	for key, t := range s.Templates {
		if answer, ok := in.Body.Results[t.ID]; ok {
			accepted[key] = answer == "accept"
		}
	}
	return nil, s.DB.Consents.Answered(ctx, me(ctx), mysql.Answer{Source: mysql.FromClient, PromptID: in.Body.PromptID, Visit: in.Body.Visit, Accepted: accepted})
}

// Matter is an open booking or report of mine, or my place in a line.
type Matter struct {
	Kind      cabin.MatterKind `json:"kind" enum:"booking,report,wait"`
	ID        int64            `json:"id"`
	Number    string           `json:"number" doc:"empty for a place in a line"`
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
	waits, err := s.DB.Waits.Mine(ctx, a.PersonID, 0, recent)
	if err != nil {
		return nil, err
	}
	unread, err := s.DB.Notices.Unread(ctx, a.PersonID)
	out := Home{Matters: []Matter{}, Unread: unread}
	for _, b := range bookings {
		sh := s.booking(b, a)
		if b.State.Open() || (b.State == cabin.Completed && b.Stars == 0) {
			out.Matters = append(out.Matters, Matter{cabin.MatterBooking, b.ID, sh.Number, appointment(b) + " · " + sh.TimeText, sh.StateName, sh.Tone, sh.Next, local(b.UpdatedAt)})
		}
	}
	for _, w := range waits {
		if sh := s.wait(w, a); w.State.Live() {
			out.Matters = append(out.Matters, Matter{cabin.MatterWait, w.ID, "", "候补" + cmp.Or(w.TalkTopic, w.DeputyName+"代表") + " · " + sh.TimeText, sh.StateName, sh.Tone, sh.Next, local(w.UpdatedAt)})
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

func appointment(b *cabin.Booking) string {
	if b.TalkID != 0 {
		return "讲座“" + b.TalkTopic + "”"
	}
	return "预约" + b.DeputyName + "代表"
}

func cut(text string, runes int) string {
	r := []rune(text)
	if len(r) <= runes {
		return text
	}
	return string(r[:runes]) + "…"
}
