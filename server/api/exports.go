package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// Export is a list that I asked for as a workbook.
type Export struct {
	ID        int64      `json:"id"`
	List      string     `json:"list"`
	Name      string     `json:"name" doc:"of the list"`
	Filters   string     `json:"filters" doc:"in words"`
	State     string     `json:"state" enum:"waiting,running,done,failed,refused,gone"`
	Words     string     `json:"words" doc:"how far it is, or what happened, in a sentence"`
	Done      int        `json:"done" doc:"rows written"`
	Total     int        `json:"total" doc:"rows in all; 0 until they are counted"`
	Bytes     int64      `json:"bytes"`
	FileName  string     `json:"fileName"`
	CreatedAt time.Time  `json:"createdAt"`
	EndedAt   *time.Time `json:"endedAt,omitempty"`
	ExpiresAt time.Time  `json:"expiresAt"`
}

func (s *Server) exports() {
	add(s, "export-ask", s.askExport)
	add(s, "exports", s.myExports)
	add(s, "export", func(ctx context.Context, in *ByID) (*body[Export], error) {
		e, err := s.DB.Exports.Get(ctx, me(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return reply(exportShape(e)), nil
	})
	add(s, "export-file", s.exportFile)
}

// Exports is what I asked for, and what I may ask for.
type Exports struct {
	Items    []Export        `json:"items" nullable:"false" doc:"the last 20, the newest first"`
	Lists    []ExportChoice  `json:"lists" nullable:"false"`
	Contacts []ContactChoice `json:"contacts" nullable:"false" doc:"with names and phones: asked for, not taken"`
}

// ContactChoice is a list with names and phones that I may ask another admin to agree to.
type ContactChoice struct {
	List  cabin.ExportList       `json:"list"`
	Name  string                 `json:"name"`
	Ask   cabin.AgreementCommand `json:"ask" doc:"the command of the request"`
	Needs string                 `json:"needs" doc:"what it takes, in a sentence"`
}

// ExportChoice is a list that I may take at this moment.
type ExportChoice struct {
	List  cabin.ExportList `json:"list"`
	Name  string           `json:"name"`
	Dated bool             `json:"dated" doc:"can be narrowed by days"`
}

func (s *Server) myExports(ctx context.Context, _ *struct{}) (*body[Exports], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	list, err := s.DB.Exports.Mine(ctx, a.PersonID)
	out := Exports{Items: make([]Export, len(list)), Lists: []ExportChoice{}, Contacts: []ContactChoice{}}
	for i := range list {
		out.Items[i] = exportShape(&list[i])
	}
	for _, def := range cabin.ExportsOf(a) {
		out.Lists = append(out.Lists, ExportChoice{def.List, def.Name, def.Dated()})
	}
	for _, c := range cabin.ContactListsOf(a) {
		needs := "写明日子和理由，要另一位管理员同意"
		if s.guarded(a) {
			needs += "，还要再输一次验证码"
		}
		out.Contacts = append(out.Contacts, ContactChoice{c.List, c.Name, c.Ask, fmt.Sprintf("%s。最多 %d 件，文件只有您能下载，两小时后删除；名单里的人都会收到通知。", needs, c.Most())})
	}
	return reply(out), err
}

type exportIn struct {
	IdemKey
	Body struct {
		List         cabin.ExportList `json:"list" enum:"desk_reports,desk_bookings,department_reports,community_reports,deputy_reports,deputy_bookings,deputies,people,audit,statistics,ledger_reception,ledger_bookings,ledger_reports,ledger_visits,visits,handovers,talks,proxied_reports,helping_reports,constituency_reports,checks,presets,calendar,needs,unmet_needs,quick_texts,dead_pushes"`
		From         string           `json:"from,omitempty" maxLength:"10" doc:"the first day, 2006-01-02"`
		To           string           `json:"to,omitempty" maxLength:"10" doc:"the last day"`
		Queue        string           `json:"queue,omitempty" enum:"waiting,handling,overdue,resolved,returned,helping,helped,closed," doc:"of reports; all when empty"`
		View         string           `json:"view,omitempty" enum:"waiting,asked,upcoming,past," doc:"of bookings; all when empty"`
		Query        string           `json:"query,omitempty" maxLength:"160" doc:"of deputies; of the audit the beginning of the action"`
		Kind         string           `json:"kind,omitempty" maxLength:"20" doc:"of the audit: what it was done to"`
		ActorID      int64            `json:"actorId,omitempty" doc:"of the audit: who did it"`
		StationID    int64            `json:"stationId,omitempty" doc:"one station only"`
		SpecialityID int64            `json:"specialityId,omitempty" doc:"of deputies"`
		Constituency string           `json:"constituency,omitempty" maxLength:"240" doc:"of deputies"`
		CategoryID   int64            `json:"categoryId,omitempty" minimum:"0" doc:"of reports"`
		DeputyID     int64            `json:"deputyId,omitempty" minimum:"0" doc:"of reports and bookings"`
		What         string           `json:"what,omitempty" enum:"received,solved,open,reopened,rated,completed,no_show,expired,declined,cancelled," doc:"of reports and bookings: those behind a number of the statistics"`
	}
}

func (s *Server) askExport(ctx context.Context, in *exportIn) (*body[Export], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	b := &in.Body
	e, err := s.DB.Exports.Ask(ctx, in.of(ctx, "export", b), a, b.List, cabin.ExportFilters{
		From: b.From, To: b.To, Queue: b.Queue, View: b.View, Query: cabin.Clean(b.Query), Kind: b.Kind, ActorID: b.ActorID, StationID: b.StationID, SpecialityID: b.SpecialityID, Constituency: cabin.Clean(b.Constituency),
		CategoryID: b.CategoryID, DeputyID: b.DeputyID, What: b.What,
	})
	if err != nil {
		return nil, err
	}
	return reply(exportShape(e)), nil
}

func exportShape(e *mysql.Export) Export {
	out := Export{
		ID: e.ID, List: string(e.List), State: e.State, Done: e.RowsDone, Total: e.RowsTotal, Bytes: e.Bytes,
		CreatedAt: local(e.CreatedAt), EndedAt: localPtr(e.EndedAt), ExpiresAt: local(e.ExpiresAt),
	}
	if f, err := e.Filters(); err == nil {
		out.Filters = f.Words()
	}
	if def := cabin.ExportOf(e.List); def != nil {
		out.Name = def.Name
	}
	out.FileName = fmt.Sprintf("%s-%s.xlsx", out.Name, e.CreatedAt.In(cabin.Shanghai).Format("20060102-1504"))
	out.Words = exportWords(e)
	return out
}

func exportWords(e *mysql.Export) string {
	switch e.State {
	case mysql.ExportRunning:
		if e.RowsTotal > 0 {
			return fmt.Sprintf("正在写第 %d 行，共 %d 行。", e.RowsDone, e.RowsTotal)
		}
		return "正在整理。"
	case mysql.ExportDone:
		return fmt.Sprintf("共 %d 行，文件保留到 %s。", e.RowsDone, cabin.MomentText(e.ExpiresAt))
	case mysql.ExportFailed:
		if def := cabin.ExportOf(e.List); def != nil && def.Contacts() && e.RowsTotal > cabin.MaxContactRows {
			return fmt.Sprintf("超过 %d 件，请把日期缩短一些，重新申请。", cabin.MaxContactRows)
		}
		if e.RowsTotal > cabin.MaxExportRows {
			return fmt.Sprintf("超过 %d 万行，请把日期缩短一些再导出。", cabin.MaxExportRows/10_000)
		}
		return "没有导出成功，请重新导出。"
	case mysql.ExportRefused:
		return "您已经没有这份名单的权限，文件已删除。"
	case mysql.ExportGone:
		return "文件已经到期删除。"
	}
	return "在排队，马上开始。"
}

// exportFile sends the file to who asked for it; the right is asked for once more, and a
// file whose right is gone is removed.
func (s *Server) exportFile(ctx context.Context, in *ByID) (*huma.StreamResponse, error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	e, err := s.DB.Exports.Fetch(ctx, a, in.ID)
	if cabin.CodeOf(err) == cabin.CodeForbidden {
		return nil, errors.Join(err, s.Exports.Remove(e.File))
	}
	if err != nil {
		return nil, err
	}
	file, err := s.Exports.Get(e.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, cabin.E(cabin.CodeConflict, "文件已经不在了，请重新导出。", err)
	}
	if err != nil {
		return nil, err
	}
	shape := exportShape(e)
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer file.Close()
		asWorkbook(hc, shape.FileName)
		hc.SetHeader("Content-Length", strconv.FormatInt(e.Bytes, 10))
		hc.SetStatus(http.StatusOK)
		_, _ = io.Copy(hc.BodyWriter(), file) // the connection is the caller's
	}}, nil
}
