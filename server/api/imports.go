package api

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"warmcabin/server/cabin"
	"warmcabin/server/excel"
	"warmcabin/server/mysql"
)

// Import is a workbook that was brought: what it would do, and what is wrong in it.
type Import struct {
	ID         int64        `json:"id"`
	FileName   string       `json:"fileName"`
	State      string       `json:"state" enum:"waiting,applied,gone"`
	Creates    int          `json:"creates"`
	Changes    int          `json:"changes"`
	Same       int          `json:"same"`
	Faults     int          `json:"faults" doc:"rows with something wrong; while there are any, nothing is imported"`
	FaultCount int          `json:"faultCount"`
	FaultList  []string     `json:"faultList" nullable:"false" doc:"the first 200, each with its cell: 代表!C7：手机号应为 11 位数字"`
	Notes      []string     `json:"notes" nullable:"false" doc:"what was left aside, and what to look at twice"`
	Kinds      []ImportKind `json:"kinds" nullable:"false"`
	InWords    string       `json:"inWords" doc:"新增 3 位代表、2 个社区；修改 1 个联络站"`
	CreatedAt  time.Time    `json:"createdAt"`
	ExpiresAt  time.Time    `json:"expiresAt"`
	AppliedAt  *time.Time   `json:"appliedAt,omitempty"`
}

// ImportKind counts one sheet.
type ImportKind struct {
	Kind    cabin.RosterKind `json:"kind"`
	Name    string           `json:"name" doc:"of the sheet"`
	Creates int              `json:"creates"`
	Changes int              `json:"changes"`
	Same    int              `json:"same"`
	Faults  int              `json:"faults"`
}

// ImportItem is a row that would create or change something.
type ImportItem struct {
	Where  string       `json:"where" doc:"代表 第 7 行"`
	Label  string       `json:"label"`
	Action string       `json:"action" enum:"create,change"`
	Diffs  []ImportDiff `json:"diffs" nullable:"false"`
}

// ImportDiff is a value that would change.
type ImportDiff struct {
	Title string `json:"title"`
	Old   string `json:"old"`
	New   string `json:"new"`
}

func (s *Server) imports() {
	add(s, "import-template", s.importTemplate)
	add(s, "import-check", s.checkImport)
	add(s, "import", func(ctx context.Context, in *ByID) (*body[Import], error) {
		a, err := s.actor(ctx)
		if err != nil {
			return nil, err
		}
		im, err := s.DB.Imports.Get(ctx, a, in.ID)
		if err != nil {
			return nil, err
		}
		return reply(importShape(im)), nil
	})
	add(s, "import-items", s.importItems)
	add(s, "import-apply", func(ctx context.Context, in *ByID) (*body[Import], error) {
		a, err := s.actor(ctx)
		if err != nil {
			return nil, err
		}
		im, err := s.DB.Imports.Apply(ctx, a, in.ID)
		if err != nil {
			return nil, err
		}
		return reply(importShape(im)), nil
	})
}

type importTemplateIn struct {
	Filled bool `query:"filled" doc:"with what is there now in place of the examples; phones are left out"`
}

func (s *Server) importTemplate(ctx context.Context, in *importTemplateIn) (*huma.StreamResponse, error) {
	name, now := "温馨小屋名册模板.xlsx", cabin.RosterNow(nil)
	if in.Filled {
		var err error
		if now, err = s.DB.Imports.Roster(ctx); err != nil {
			return nil, err
		}
		name = "温馨小屋现有名册.xlsx"
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		asWorkbook(hc, name)
		hc.SetStatus(http.StatusOK)
		if err := excel.WriteRosterTemplate(hc.BodyWriter(), now); err != nil && !left(ctx) {
			logger(ctx).ErrorContext(ctx, "template not written", "cause", err.Error(), "request", requestID(ctx))
		}
	}}, nil
}

// asWorkbook says that a workbook of this name follows.
func asWorkbook(hc huma.Context, name string) {
	hc.SetHeader("Content-Type", excel.ContentType)
	hc.SetHeader("Content-Disposition", `attachment; filename="warmcabin.xlsx"; filename*=UTF-8''`+url.PathEscape(name))
}

type importIn struct {
	RawBody huma.MultipartFormFiles[struct {
		File huma.FormFile `form:"file" required:"true"`
		Name string        `form:"name" maxLength:"400" required:"false" doc:"what the person calls the file: WeChat uploads it under another name"`
	}]
}

// checkImport reads a workbook and says what it would do; nothing but the memory of it is
// written.
func (s *Server) checkImport(ctx context.Context, in *importIn) (*body[Import], error) {
	file := in.RawBody.Data().File
	defer file.Close()
	defer func() { _ = in.RawBody.Form.RemoveAll() }()
	ctx, cancel := context.WithTimeout(ctx, answerTime) // the body had its own
	defer cancel()
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	if file.Size > excel.MaxBytes {
		return nil, cabin.E(cabin.CodeTooLarge, fmt.Sprintf("文件不能超过 %d MB，请删掉图片和不用的工作表。", excel.MaxBytes>>20))
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return nil, cabin.E(cabin.CodeInvalid, "文件没有传完整，请再试一次。", err)
	}
	at, is := file.File.(io.ReaderAt)
	if !is {
		return nil, cabin.E(cabin.CodeInternal, "系统出错了。", errors.New("api: an upload that cannot be read at a place"))
	}
	book, err := excel.ReadRoster(ctx, at, file.Size)
	if err != nil {
		return nil, err
	}
	name := cmp.Or(cabin.Clean(in.RawBody.Data().Name), cabin.Clean(file.Filename), "名册.xlsx")
	im, err := s.DB.Imports.Check(ctx, a, name, [32]byte(hash.Sum(nil)), book)
	if err != nil {
		return nil, err
	}
	return reply(importShape(im)), nil
}

const maxFaults = 200

func importShape(im *mysql.Import) Import {
	out := Import{
		ID: im.ID, FileName: im.FileName, State: im.State, Creates: im.Creates, Changes: im.Changes, Same: im.Same, Faults: im.Faults,
		FaultList: []string{}, Notes: []string{}, Kinds: []ImportKind{}, CreatedAt: local(im.CreatedAt), ExpiresAt: local(im.ExpiresAt), AppliedAt: localPtr(im.AppliedAt),
	}
	p := im.Plan
	if p == nil {
		return out
	}
	out.FaultCount, out.InWords = len(p.Faults), p.InWords()
	for _, f := range p.Faults[:min(len(p.Faults), maxFaults)] {
		out.FaultList = append(out.FaultList, f.Text())
	}
	out.Notes = append(out.Notes, p.Notes...)
	for _, kind := range cabin.RosterKinds {
		k := ImportKind{kind, cabin.RosterDef(kind).Sheet, p.Count(kind, cabin.RosterCreate), p.Count(kind, cabin.RosterUpdate), p.Count(kind, cabin.RosterSame), p.BadRows(kind)}
		if k.Creates+k.Changes+k.Same+k.Faults > 0 {
			out.Kinds = append(out.Kinds, k)
		}
	}
	return out
}

type importItemsIn struct {
	ByID
	Action cabin.RosterAction `query:"action" enum:"create,change" default:"change"`
	After  int                `query:"after" minimum:"0" doc:"how many were read already"`
	Limit  int                `query:"limit" minimum:"1" maximum:"50" default:"20"`
}

func (s *Server) importItems(ctx context.Context, in *importItemsIn) (*body[List[ImportItem]], error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	im, err := s.DB.Imports.Get(ctx, a, in.ID)
	if err != nil {
		return nil, err
	}
	out := List[ImportItem]{Items: []ImportItem{}}
	if im.Plan == nil {
		return reply(out), nil
	}
	at := 0
	for i := range im.Plan.Items {
		it := &im.Plan.Items[i]
		if it.Action != in.Action {
			continue
		}
		if at++; at <= in.After {
			continue
		}
		if len(out.Items) == in.Limit {
			out.Next = strconv.Itoa(in.After + in.Limit)
			break
		}
		out.Items = append(out.Items, importItem(it))
	}
	return reply(out), nil
}

func importItem(it *cabin.RosterItem) ImportItem {
	out := ImportItem{Where: fmt.Sprintf("%s 第 %d 行", cabin.RosterDef(it.Kind).Sheet, it.Line), Label: it.Label(), Action: string(it.Action), Diffs: []ImportDiff{}}
	for _, d := range it.Diffs() {
		out.Diffs = append(out.Diffs, ImportDiff(d))
	}
	return out
}
