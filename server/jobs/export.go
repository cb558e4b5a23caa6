package jobs

import (
	"context"
	"errors"
	"io"
	"strconv"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/excel"
	"warmcabin/server/mysql"
)

const (
	exportPage  = 2000            // rows read at once
	exportLease = 2 * time.Minute // longer than a page takes
	exportEnds  = 10 * time.Second
)

// Export writes one list that is due; it returns how many it handled. Started by every
// worker; twice is safe: a row is claimed once, and a worker that lost its claim writes
// nothing that counts.
func (w *Worker) Export(ctx context.Context) (int, error) {
	e, err := w.DB.Exports.Claim(context.WithoutCancel(ctx), exportLease)
	if err != nil || e == nil {
		return 0, err
	}
	err = w.export(ctx, e)
	if err == nil {
		return 1, nil
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), exportEnds)
	defer cancel()
	switch {
	case ctx.Err() != nil:
		return 1, w.DB.Exports.Release(ending, e)
	case cabin.CodeOf(err) == cabin.CodeForbidden:
		return 1, errors.Join(w.DB.Exports.Refuse(ending, cabin.Actor{PersonID: e.PersonID}, e), w.Exports.Remove(e.File))
	case cabin.CodeOf(err) == cabin.CodeLimitReached:
		return 1, w.DB.Exports.TooLong(ending, e)
	case cabin.CodeOf(err) == cabin.CodeConflict: // another worker has it
		return 1, nil
	}
	return 1, errors.Join(err, w.DB.Exports.Again(ending, e))
}

// right reads what the person may take now; what was begun for more than that is refused.
func (w *Worker) right(ctx context.Context, e *mysql.Export) (cabin.Actor, cabin.ExportScope, error) {
	a, err := w.DB.People.Actor(ctx, e.PersonID)
	if err != nil {
		return a, cabin.ExportScope{}, err
	}
	scope, err := cabin.ExportOf(e.List).Scope(a)
	if err == nil && !scope.Covers(e.Scope) {
		err = cabin.E(cabin.CodeForbidden, "权限变了。")
	}
	return a, scope, err
}

// export writes the list for the scope that it was asked for: with every page the right is
// looked at again.
func (w *Worker) export(ctx context.Context, e *mysql.Export) error {
	actor, scope, err := w.right(ctx, e)
	if err != nil {
		return err
	}
	e.Scope = scope.String() // may be more than it was
	if e.List == cabin.ExportMyData {
		return w.archive(ctx, e)
	}
	if e.RowsTotal, err = w.DB.Exports.Total(ctx, e, scope); err != nil {
		return err
	}
	if e.RowsTotal > cabin.ExportOf(e.List).Most() {
		return cabin.E(cabin.CodeLimitReached, "超过了一次能导出的行数。")
	}
	list, err := excel.NewList(w.Exports.Temp(), cabin.ExportOf(e.List).Columns)
	if err != nil {
		return err
	}
	defer func() { _ = list.Close() }()
	if err := w.fill(ctx, e, scope, list); err != nil {
		return err
	}
	notes, err := w.notes(ctx, e, actor, list.Rows())
	if err != nil {
		return err
	}
	e.RowsDone = list.Rows()
	if e.Bytes, err = w.Exports.Put(e.File, func(f io.Writer) error { return list.Write(f, notes) }); err != nil {
		return err
	}
	if _, _, err := w.right(ctx, e); err != nil {
		return err
	}
	return w.DB.Exports.Done(ctx, e)
}

// fill writes the rows page by page.
func (w *Worker) fill(ctx context.Context, e *mysql.Export, scope cabin.ExportScope, list *excel.List) error {
	for after, more := int64(0), true; more; {
		if after > 0 {
			if _, _, err := w.right(ctx, e); err != nil {
				return err
			}
		}
		if err := w.DB.Exports.Progress(ctx, e, exportLease); err != nil {
			return err
		}
		rows, last, err := w.DB.Exports.Page(ctx, e, scope, after, exportPage)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := list.Add(r); err != nil {
				return err
			}
		}
		e.RowsDone = list.Rows()
		after, more = last, last > 0
	}
	return nil
}

// notes say on a sheet of their own who took the list, when and what of it.
func (w *Worker) notes(ctx context.Context, e *mysql.Export, actor cabin.Actor, rows int) ([]excel.Note, error) {
	p, err := w.DB.People.ByID(ctx, e.PersonID)
	if err != nil {
		return nil, err
	}
	f, err := e.Filters()
	if err != nil {
		return nil, err
	}
	def, roles := cabin.ExportOf(e.List), ""
	for _, r := range def.Roles {
		if actor.Has(r) {
			if roles != "" {
				roles += "、"
			}
			roles += r.Name()
		}
	}
	warning := "本表不含反映人和预约人的姓名、电话。仅供工作使用，请勿外传；导出和下载都有记录。"
	var agreed []excel.Note
	if e.AgreementID != 0 {
		a, err := w.DB.Agreements.Get(ctx, e.AgreementID)
		if err != nil {
			return nil, err
		}
		agreed = []excel.Note{{Title: "同意人", Text: a.AnswerName}, {Title: "理由", Text: a.Reason}}
		warning = "本表含居民的姓名和电话，只能用于上面的理由，用完请销毁，不得转发。表里的每位居民都已收到“有人查看了您的电话”的通知。"
	}
	return append([]excel.Note{
		{Title: "名单", Text: def.Name},
		{Title: "导出人", Text: p.Name + "（人员编号 " + strconv.FormatInt(p.ID, 10) + "）"},
		{Title: "身份", Text: roles},
		{Title: "申请时间", Text: e.CreatedAt.In(cabin.Shanghai).Format("2006-01-02 15:04:05")},
		{Title: "生成时间", Text: w.DB.Now().In(cabin.Shanghai).Format("2006-01-02 15:04:05")},
		{Title: "筛选", Text: f.Words()},
		{Title: "行数", Text: strconv.Itoa(rows)},
		{Title: "导出编号", Text: strconv.FormatInt(e.ID, 10)},
		{Title: "注意", Text: warning},
	}, agreed...), nil
}

// ExpireExports removes the files whose day is over, and what no row knows any more; it
// returns how many were over. Started by every worker; twice is safe: a file that is gone is
// gone.
func (w *Worker) ExpireExports(ctx context.Context) (int, error) {
	files, err := w.DB.Exports.Expire(ctx, batch)
	for _, name := range files {
		err = errors.Join(err, w.Exports.Remove(name))
	}
	return len(files), errors.Join(err, w.Exports.Sweep(cabin.MostExportLife+time.Hour, time.Now()))
}
