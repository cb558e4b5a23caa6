package wechat

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/silenceper/wechat/v2/miniprogram"
	"github.com/silenceper/wechat/v2/miniprogram/subscribe"
	"github.com/silenceper/wechat/v2/officialaccount"
	officialconfig "github.com/silenceper/wechat/v2/officialaccount/config"
	officialmessage "github.com/silenceper/wechat/v2/officialaccount/message"
)

// Message is one push to one person. Data is the template's fields by name ("thing1");
// values are fitted (see Fit) before they are sent, so a caller may give plain ones.
// Page is the mini-program's page to open, with its query; WeChat wants no leading slash,
// so one is dropped.
type Message struct {
	OpenID     string
	TemplateID string
	Page       string
	Data       map[string]string
}

// Result is what became of a Message, for whoever delivers it.
type Result string

// The results. A delivery worker tries again after Retry and, the next day, after
// QuotaToday; never after the others. Unknown may have reached the person.
const (
	Sent       Result = "sent"        // WeChat took it
	Refused    Result = "refused"     // the person allows no (more) message of this template: normal
	Retry      Result = "retry"       // not processed; later it may go
	Unknown    Result = "unknown"     // the connection broke after it may have arrived
	QuotaToday Result = "quota_today" // the account's day quota is used up
	Dead       Result = "dead"        // it can never go as it is
)

// Outcome is a Result with WeChat's errcode (0 when there was none) and a reason for the
// log, without token, openid or address.
type Outcome struct {
	Result Result
	Code   int
	Reason string
}

// SendSubscribe sends a subscribe message. Sends to one person must not run side by side
// (WeChat answers some with 43108, which is Retry). It never returns an error: what went
// wrong is the Outcome.
func (c *Client) SendSubscribe(ctx context.Context, m Message) Outcome {
	data := map[string]*subscribe.DataItem{}
	for name, value := range fitted(m.Data) {
		data[name] = &subscribe.DataItem{Value: value}
	}
	return outcome(c.do(ctx, func(_ context.Context, mp *miniprogram.MiniProgram) error {
		return mp.GetSubscribe().Send(&subscribe.Message{
			ToUser: m.OpenID, TemplateID: m.TemplateID, Page: strings.TrimPrefix(m.Page, "/"), Data: data,
			MiniprogramState: string(c.state), Lang: "zh_CN",
		})
	}))
}

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
		ToUser: m.OpenID, TemplateID: m.TemplateID, Data: map[string]*officialmessage.TemplateDataItem{},
	}
	for name, value := range fitted(m.Data) {
		msg.Data[name] = &officialmessage.TemplateDataItem{Value: value}
	}
	if o.miniAppID != "" && m.Page != "" {
		msg.MiniProgram.AppID, msg.MiniProgram.PagePath = o.miniAppID, strings.TrimPrefix(m.Page, "/")
	}
	return outcome(o.do(ctx, func(oa *officialaccount.OfficialAccount) error {
		_, err := oa.GetTemplate().Send(msg)
		return err
	}))
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

// fitted fits what it can; a value that Fit cannot mend goes as it is, and WeChat's answer
// names the field.
func fitted(data map[string]string) map[string]string {
	out := make(map[string]string, len(data))
	for name, value := range data {
		if v, err := Fit(name, value); err == nil {
			value = v
		}
		out[name] = value
	}
	return out
}

// outcome sorts an error of a send.
func outcome(err error) Outcome {
	if err == nil {
		return Outcome{Result: Sent}
	}
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return Outcome{Result: Unknown, Reason: "an error of an unknown kind"}
	}
	return Outcome{Result: e.result(), Code: e.Code, Reason: e.Reason}
}

func (e *Error) result() Result {
	switch {
	case !e.Sent:
		return Retry // also when no access token was to be had: nothing went out
	case e.Code != 0:
		return codeResult(e.Code)
	case e.Status != 0 && e.Status != http.StatusOK:
		return Retry
	}
	return Unknown
}

func codeResult(code int) Result {
	switch code {
	case 43101, // consent used up or refused
		43004: // does not follow the official account
		return Refused
	case 45009:
		return QuotaToday
	case -1, // busy
		43108,               // two sends to one person at once
		45011,               // too many this minute
		40001, 40014, 42001, // the token, even after a new one
		40164: // our address is not on the account's list: mended there, not here
		return Retry
	}
	return Dead
}
