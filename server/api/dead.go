package api

import (
	"context"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// DeadPush is a WeChat message that was given up; its person has it in their inbox.
type DeadPush struct {
	ID       int64            `json:"id"`
	Title    string           `json:"title" doc:"the template's"`
	Matter   cabin.MatterKind `json:"matter" enum:"booking,report,talk,wait"`
	MatterID int64            `json:"matterId"`
	Attempts int              `json:"attempts"`
	Code     int              `json:"code" doc:"WeChat's errcode, 0 = none"`
	Why      string           `json:"why" doc:"in words for the office"`
	At       time.Time        `json:"at"`
	Over     bool             `json:"over" doc:"what it tells of is over: it cannot be sent again"`
}

// HeldPushes are messages that should have gone and wait.
type HeldPushes struct {
	Waiting int        `json:"waiting" doc:"for WeChat to answer"`
	Quota   int        `json:"quota" doc:"for the next morning: the account's day quota is used up"`
	Since   *time.Time `json:"since,omitempty" doc:"when the oldest was written"`
}

func (s *Server) deadPushes() {
	add(s, "dead-pushes", s.listDead)
	add(s, "dead-push-retry", s.retryDead)
	add(s, "held-pushes", s.heldPushes)
}

func (s *Server) heldPushes(ctx context.Context, _ *struct{}) (*body[HeldPushes], error) {
	h, err := s.DB.Outbox.Held(ctx)
	if err != nil {
		return nil, err
	}
	return reply(HeldPushes{Waiting: h.Waiting - h.Quota, Quota: h.Quota, Since: localPtr(h.Since)}), nil
}

func (s *Server) listDead(ctx context.Context, in *Paging) (*body[List[DeadPush]], error) {
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Outbox.Dead(ctx, page)
	if err != nil {
		return nil, err
	}
	return paged(rows, in.Limit, func(p *mysql.DeadPush) (time.Time, int64) { return p.DueAt, p.ID }, func(p *mysql.DeadPush) DeadPush {
		d := DeadPush{ID: p.ID, Title: s.Templates[p.Template].Title, Matter: p.Matter, MatterID: p.MatterID, Attempts: p.Attempts, Code: p.Code, Why: deadWhy(p), At: local(p.Created), Over: p.Over}
		if p.DoneAt != nil {
			d.At = local(*p.DoneAt)
		}
		return d
	}), nil
}

// deadWhy says what the office can do about it, by WeChat's errcode.
func deadWhy(p *mysql.DeadPush) string {
	switch p.Code {
	case 0:
		if p.Reason == mysql.TooLate {
			return "微信没有连上的这段时间里，这件事已经过去了"
		}
		return "微信一直没有回应"
	case -1:
		return "微信一直繁忙"
	case 45009:
		return "账号每天能发的条数连着几天都用完了"
	case 40001, 40014, 42001, 40013, 40125:
		return "微信不认这个账号的密钥，请核对 AppSecret"
	case 40164:
		return "服务器的地址不在微信的 IP 白名单里"
	case 40003:
		return "这个人的微信身份对不上，可能换了小程序账号"
	case 40037:
		return "账号里没有这个模板，请核对模板编号"
	case 47003:
		return "内容和模板的字段对不上，请核对模板"
	case 41030:
		return "要打开的页面还没有发布，请先发布新版小程序"
	}
	return "微信不接受这条通知"
}

func (s *Server) retryDead(ctx context.Context, in *ByID) (*none, error) {
	a, err := s.actor(ctx)
	if err != nil {
		return nil, err
	}
	return &none{}, s.DB.Outbox.Revive(ctx, a, in.ID)
}
