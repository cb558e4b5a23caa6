package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

func (s *Server) personal() {
	add(s, "my-data", s.myData)
	add(s, "my-data-ask", s.askMyData)
	add(s, "my-data-file", s.myDataFile)
	add(s, "my-data-delete", s.deleteMyData)
}

// MyData is what is kept of the caller, and the archive that they asked for.
type MyData struct {
	Holdings []Holding `json:"holdings" nullable:"false" doc:"in words, with how many"`
	Archive  *Archive  `json:"archive,omitempty" doc:"the last one"`
	// MayDelete is false for who works for the street.
	MayDelete bool     `json:"mayDelete"`
	Loses     []string `json:"loses" nullable:"false" doc:"what happens when the caller deletes it, a sentence each"`
}

// Holding is one sort of data.
type Holding struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// Archive is a file of one person's own data.
type Archive struct {
	ID        int64     `json:"id"`
	State     string    `json:"state" enum:"waiting,running,done,failed,refused,gone"`
	Done      int       `json:"done" doc:"photos written"`
	Total     int       `json:"total" doc:"photos to write"`
	Bytes     int64     `json:"bytes"`
	FileName  string    `json:"fileName"`
	Words     string    `json:"words"`
	ExpiresAt time.Time `json:"expiresAt"`
}

func archiveShape(e *mysql.Export) *Archive {
	a := &Archive{ID: e.ID, State: e.State, Done: e.RowsDone, Total: e.RowsTotal, Bytes: e.Bytes, ExpiresAt: local(e.ExpiresAt),
		FileName: fmt.Sprintf("温馨小屋-我的数据-%s.zip", e.CreatedAt.In(cabin.Shanghai).Format("20060102-1504"))}
	switch e.State {
	case mysql.ExportRunning:
		a.Words = fmt.Sprintf("正在打包，照片 %d / %d 张。", e.RowsDone, e.RowsTotal)
	case mysql.ExportDone:
		a.Words = "已经打包好，保留到 " + cabin.MomentText(e.ExpiresAt) + "。"
	case mysql.ExportFailed, mysql.ExportRefused:
		a.Words = "没有打包成功，请再点一次。"
	case mysql.ExportGone:
		a.Words = "文件已经到期删除。"
	default:
		a.Words = "在排队，马上开始。"
	}
	return a
}

func (s *Server) myData(ctx context.Context, _ *struct{}) (*body[MyData], error) {
	h, err := s.DB.Personal.Holdings(ctx, me(ctx))
	if err != nil {
		return nil, err
	}
	e, err := s.DB.Exports.MyData(ctx, me(ctx))
	if err != nil {
		return nil, err
	}
	out := MyData{Holdings: []Holding{{"反映的问题", h.Reports}, {"预约和报名", h.Bookings}, {"照片", h.Photos}, {"留下的电话", h.Phone}}, MayDelete: h.Roles == 0, Loses: loses(h)}
	if e != nil {
		out.Archive = archiveShape(e)
	}
	return reply(out), nil
}

func loses(h mysql.Holdings) []string {
	lines := []string{"姓名、电话、微信身份、消息和通知订阅都会删除，所有设备退出登录。"}
	if h.OpenBookings > 0 {
		lines = append(lines, fmt.Sprintf("%d 个没结束的预约会先取消，并告诉代表。", h.OpenBookings))
	}
	if h.Waits > 0 {
		lines = append(lines, fmt.Sprintf("%d 个候补会退出。", h.Waits))
	}
	switch {
	case h.OpenReports > 0:
		lines = append(lines, fmt.Sprintf("反映过的 %d 件事和照片会留下，没办完的 %d 件接着办；反映人写作“%s”，您再也看不到进展。", h.Reports, h.OpenReports, cabin.DeletedName))
	case h.Reports > 0:
		lines = append(lines, fmt.Sprintf("反映过的 %d 件事和照片会留下，反映人写作“%s”。", h.Reports, cabin.DeletedName))
	}
	return append(lines, "不能撤销。以后再登录，就是一位新的居民。")
}

func (s *Server) askMyData(ctx context.Context, in *struct{ IdemKey }) (*body[Archive], error) {
	a := cabin.Actor{PersonID: me(ctx)}
	e, err := s.DB.Exports.Ask(ctx, in.of(ctx, "my-data", nil), a, cabin.ExportMyData, cabin.ExportFilters{})
	if err != nil {
		return nil, err
	}
	return reply(*archiveShape(e)), nil
}

// myDataFile sends the archive to whose data it is.
func (s *Server) myDataFile(ctx context.Context, in *ByID) (*huma.StreamResponse, error) {
	e, err := s.DB.Exports.Fetch(ctx, cabin.Actor{PersonID: me(ctx)}, in.ID)
	if err == nil && e.List != cabin.ExportMyData {
		err = cabin.E(cabin.CodeNotFound, "没有找到这个文件。")
	}
	if err != nil {
		return nil, err
	}
	file, err := s.Exports.Get(e.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, cabin.E(cabin.CodeConflict, "文件已经不在了，请重新打包。", err)
	}
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer file.Close()
		hc.SetHeader("Content-Type", "application/zip")
		hc.SetHeader("Content-Disposition", `attachment; filename="warmcabin.zip"; filename*=UTF-8''`+url.PathEscape(archiveShape(e).FileName))
		hc.SetHeader("Content-Length", strconv.FormatInt(e.Bytes, 10))
		hc.SetStatus(http.StatusOK)
		_, _ = io.Copy(hc.BodyWriter(), file) // the connection is the caller's
	}}, nil
}

// DeletedData says what became of it.
type DeletedData struct {
	Cancelled int `json:"cancelled" doc:"bookings that were open"`
}

// deleteMyData ends the sessions after the data is gone: who gets no answer asks again, and
// is answered the same.
func (s *Server) deleteMyData(ctx context.Context, in *struct {
	Body struct {
		Sure bool `json:"sure" doc:"the person was told what happens and said yes"`
	}
}) (*body[DeletedData], error) {
	if !in.Body.Sure {
		return nil, cabin.Invalid("sure", "请先看清楚会发生什么，再确认删除。")
	}
	d, err := s.DB.Personal.Delete(ctx, cabin.Actor{PersonID: me(ctx)})
	if err != nil {
		return nil, err
	}
	if s.Exports != nil {
		for _, name := range d.Files {
			if err := s.Exports.Remove(name); err != nil { // swept later
				s.Log.WarnContext(ctx, "a deleted person's archive is still there", "cause", err.Error(), "request", requestID(ctx))
			}
		}
	}
	if err := s.Sessions.RevokeAll(ctx, me(ctx)); err != nil {
		return nil, err
	}
	return reply(DeletedData{d.Bookings}), nil
}
