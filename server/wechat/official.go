package wechat

import (
	"context"
	"strings"
	"time"

	"github.com/silenceper/wechat/v2/officialaccount"
	officialconfig "github.com/silenceper/wechat/v2/officialaccount/config"
	officialmessage "github.com/silenceper/wechat/v2/officialaccount/message"
	"github.com/silenceper/wechat/v2/officialaccount/user"
)

// Official is the official account (公众号) beside the mini-program: the second channel,
// for those who follow it.
type Official struct {
	app       *account
	miniAppID string
}

// NewOfficial makes the official account's client. State is not used.
func NewOfficial(c Config) (*Official, error) {
	app, err := newAccount(c)
	if err != nil {
		return nil, err
	}
	return &Official{app, c.MiniAppID}, nil
}

func (o *Official) do(ctx context.Context, f func(oa *officialaccount.OfficialAccount) error) error {
	return o.app.do(ctx, func(_ context.Context, key string) error {
		oa := officialaccount.NewOfficialAccount(&officialconfig.Config{AppID: o.app.appID, AppSecret: key, Cache: o.app.cache})
		oa.SetAccessTokenHandle(callKey(key))
		return f(oa)
	})
}

// SendTemplate sends a template message to a follower; OpenID is the official account's.
// Like SendSubscribe it answers with an Outcome only. Page opens in the mini-program when
// Config.MiniAppID was given.
func (o *Official) SendTemplate(ctx context.Context, m Message) Outcome {
	msg := &officialmessage.TemplateMessage{
		ToUser: m.OpenID, TemplateID: m.TemplateID, ClientMsgID: m.Once, Data: map[string]*officialmessage.TemplateDataItem{},
	}
	for name, value := range fitted(m.Data) {
		msg.Data[name] = &officialmessage.TemplateDataItem{Value: value}
	}
	if o.miniAppID != "" && m.Page != "" {
		msg.MiniProgram.AppID, msg.MiniProgram.PagePath = o.miniAppID, strings.TrimPrefix(m.Page, "/")
	}
	var id int64
	err := o.do(ctx, func(oa *officialaccount.OfficialAccount) (err error) {
		id, err = oa.GetTemplate().Send(msg)
		return err
	})
	return outcome(id, err)
}

// Follower is what the official account knows about an openid. UnionID ties it to the
// mini-program's person; both are zero for somebody who does not follow.
type Follower struct {
	Subscribed bool
	UnionID    string
}

// Follower looks up an openid of the official account. Failures are cabin.CodeUpstream.
func (o *Official) Follower(ctx context.Context, openid string) (Follower, error) {
	// The SDK puts the openid into a URL as it comes.
	if !codePattern.MatchString(openid) {
		return Follower{}, upstream(&Error{Reason: "not an openid"})
	}
	var f Follower
	err := o.do(ctx, func(oa *officialaccount.OfficialAccount) error {
		info, err := oa.GetUser().GetUserInfo(openid)
		if err == nil {
			f = Follower{info.Subscribe == 1, info.UnionID}
		}
		return err
	})
	if err != nil {
		return Follower{}, upstream(err)
	}
	return f, nil
}

// Templates lists the account's message templates. Failures are cabin.CodeUpstream.
func (o *Official) Templates(ctx context.Context) ([]AccountTemplate, error) {
	var all []AccountTemplate
	err := o.do(ctx, func(oa *officialaccount.OfficialAccount) error {
		all = nil
		list, err := oa.GetTemplate().List()
		for _, t := range list {
			all = append(all, accountTemplate(t.TemplateID, t.Title, t.Content))
		}
		return err
	})
	if err != nil {
		return nil, upstream(err)
	}
	return all, nil
}

// batchOfFollowers is how many WeChat describes at once.
const batchOfFollowers = 100

// Followers calls each with everybody who follows the account and has a unionid, and since
// when; it returns how many follow. It is for those who followed before their events came
// to us. An error of each ends it; other failures are cabin.CodeUpstream.
func (o *Official) Followers(ctx context.Context, each func(openid, unionID string, since time.Time) error) (count int, err error) {
	next := ""
	for {
		var page *user.OpenidList
		if err := o.do(ctx, func(oa *officialaccount.OfficialAccount) (err error) {
			page, err = oa.GetUser().ListUserOpenIDs(next)
			return err
		}); err != nil {
			return count, upstream(err)
		}
		ids := page.Data.OpenIDs
		for len(ids) > 0 {
			n := min(len(ids), batchOfFollowers)
			if err := o.describe(ctx, ids[:n], each); err != nil {
				return count, err
			}
			count, ids = count+n, ids[n:]
		}
		if page.NextOpenID == "" || page.NextOpenID == next || len(page.Data.OpenIDs) == 0 {
			return count, nil
		}
		next = page.NextOpenID
	}
}

func (o *Official) describe(ctx context.Context, ids []string, each func(openid, unionID string, since time.Time) error) error {
	var in user.BatchGetUserInfoParams
	for _, id := range ids {
		in.UserList = append(in.UserList, user.BatchGetUserListItem{OpenID: id})
	}
	var found *user.InfoList
	err := o.do(ctx, func(oa *officialaccount.OfficialAccount) (err error) {
		found, err = oa.GetUser().BatchGetUserInfo(in)
		return err
	})
	if err != nil {
		return upstream(err)
	}
	for _, f := range found.UserInfoList {
		if f.Subscribe != 1 || f.UnionID == "" {
			continue
		}
		if err := each(f.OpenID, f.UnionID, time.Unix(int64(f.SubscribeTime), 0)); err != nil {
			return err
		}
	}
	return nil
}
