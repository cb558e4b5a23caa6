package wechat

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/silenceper/wechat/v2/miniprogram"
	"github.com/silenceper/wechat/v2/miniprogram/subscribe"
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
	State      State  // which build the page opens in; "" is the account's. Subscribe messages only
	Once       string // official account only: of messages with the same Once WeChat sends one, for ten minutes
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
	MsgID  int64 // WeChat's number of what it took: a late failure names it
}

// SendSubscribe sends a subscribe message. Sends to one person must not run side by side
// (WeChat answers some with 43108, which is Retry). It never returns an error: what went
// wrong is the Outcome.
func (c *Client) SendSubscribe(ctx context.Context, m Message) Outcome {
	data := map[string]*subscribe.DataItem{}
	for name, value := range fitted(m.Data) {
		data[name] = &subscribe.DataItem{Value: value}
	}
	var id int64
	err := c.do(ctx, func(_ context.Context, mp *miniprogram.MiniProgram) (err error) {
		id, err = mp.GetSubscribe().SendGetMsgID(&subscribe.Message{
			ToUser: m.OpenID, TemplateID: m.TemplateID, Page: strings.TrimPrefix(m.Page, "/"), Data: data,
			MiniprogramState: string(cmp.Or(m.State, c.state)), Lang: "zh_CN",
		})
		return err
	})
	return outcome(id, err)
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

// outcome sorts what came of a send.
func outcome(id int64, err error) Outcome {
	if err == nil {
		return Outcome{Result: Sent, MsgID: id}
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
