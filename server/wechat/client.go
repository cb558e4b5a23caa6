// Package wechat speaks to WeChat through its SDK: login, phone number, subscribe and
// template messages, content checks, mini-program codes.
//
// It owns the SDK's process-global HTTP client (installed by the first New): other code in
// the process must not use the SDK beside it. Clients are safe for concurrent use, and
// several with different transports can live in one process.
package wechat

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/silenceper/wechat/v2/cache"
	"github.com/silenceper/wechat/v2/miniprogram"
	"github.com/silenceper/wechat/v2/miniprogram/business"
	miniconfig "github.com/silenceper/wechat/v2/miniprogram/config"
	"github.com/silenceper/wechat/v2/miniprogram/qrcode"
	"github.com/silenceper/wechat/v2/miniprogram/security"

	"warmcabin/server/cabin"
)

// State says which build of the mini-program a message or a code opens.
type State string

// The states, in subscribe messages' words.
const (
	Developer State = "developer"
	Trial     State = "trial"
	Formal    State = "formal"
)

// Config is one account at WeChat.
type Config struct {
	AppID, Secret string
	State         State             // of the mini-program; Formal when empty
	MiniAppID     string            // official account only: the mini-program that its messages open
	Transport     http.RoundTripper // net/http's own when nil
	Timeout       time.Duration     // of one request; 5 s when 0
	Tokens        TokenStore        // a MemoryTokens when nil; each account needs its own
	Now           func() time.Time  // time.Now when nil
}

// account is what the mini-program and the official account have in common.
type account struct {
	appID, secret string
	transport     http.RoundTripper
	timeout       time.Duration
	tokens        tokens
	cache         cache.Cache // the SDK wants one; with tokens of ours it stays empty
}

func newAccount(c Config) (*account, error) {
	if c.AppID == "" || c.Secret == "" {
		return nil, errors.New("wechat: AppID and Secret are needed")
	}
	if c.Transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		// A message sent on a connection that the other side is just closing has an
		// unknown outcome; young connections make that rare.
		t.IdleConnTimeout = 15 * time.Second
		t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, 256 // all calls go to one host
		t.DisableCompression = true                    // of answers of a line
		c.Transport = t
	}
	if c.Timeout == 0 {
		c.Timeout = 5 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Tokens == nil {
		c.Tokens = NewMemoryTokens(c.Now)
	}
	installHook()
	a := &account{appID: c.AppID, secret: c.Secret, transport: c.Transport, timeout: c.Timeout, cache: cache.NewMemory()}
	a.tokens.app, a.tokens.store, a.tokens.alone.now = a, c.Tokens, c.Now
	return a, nil
}

// Client is the mini-program.
type Client struct {
	app   *account
	state State
}

// New makes the mini-program's client. It asks WeChat nothing yet.
func New(c Config) (*Client, error) {
	switch c.State {
	case "":
		c.State = Formal
	case Developer, Trial, Formal:
	default:
		return nil, errors.New("wechat: State is developer, trial or formal")
	}
	app, err := newAccount(c)
	if err != nil {
		return nil, err
	}
	return &Client{app, c.State}, nil
}

// sdk makes the SDK's object for one call; it holds the call's key, never a secret.
func (c *Client) sdk(key string) *miniprogram.MiniProgram {
	mp := miniprogram.NewMiniProgram(&miniconfig.Config{AppID: c.app.appID, AppSecret: key, Cache: c.app.cache})
	mp.SetAccessTokenContextHandle(callKey(key))
	return mp
}

func (c *Client) do(ctx context.Context, f func(ctx context.Context, mp *miniprogram.MiniProgram) error) error {
	return c.app.do(ctx, func(ctx context.Context, key string) error { return f(ctx, c.sdk(key)) })
}

// Identity is who logged in. UnionID is empty unless the mini-program is bound to an open
// platform account.
type Identity struct {
	OpenID  string
	UnionID string
}

// The SDK puts the login code into a URL as it comes.
var codePattern = regexp.MustCompile(`^[0-9A-Za-z_-]{1,128}$`)

// Login exchanges a code of wx.login for who it is. A code that is malformed, unknown, too
// old, used, or of a person whom WeChat holds back is cabin.CodeLoginRefused; every other
// failure is cabin.CodeUpstream. The session_key that WeChat sends along is dropped here.
func (c *Client) Login(ctx context.Context, code string) (Identity, error) {
	if !codePattern.MatchString(code) {
		return Identity{}, loginRefused(nil)
	}
	var who Identity
	err := c.app.try(ctx, "", func(ctx context.Context, key string) error {
		res, err := c.sdk(key).GetAuth().Code2SessionContext(ctx, code)
		who = Identity{OpenID: res.OpenID, UnionID: res.UnionID}
		return err
	})
	if err != nil {
		switch ErrCode(err) {
		case 40029, 40163, 45011, 40226:
			return Identity{}, loginRefused(err)
		}
		return Identity{}, upstream(err)
	}
	if who.OpenID == "" {
		return Identity{}, upstream(&Error{Status: http.StatusOK, Sent: true, Reason: "no openid in the answer"})
	}
	return who, nil
}

func loginRefused(err error) error {
	words := "登录凭证无效或已过期，请您重新登录"
	switch ErrCode(err) {
	case 40163:
		words = "登录凭证已经使用过，请您重新登录"
	case 45011:
		words = "登录太频繁，请您稍等一分钟再试"
	case 40226:
		words = "微信限制了这个账号登录，请您在微信中查看账号状态"
	}
	if err == nil {
		return cabin.E(cabin.CodeLoginRefused, words)
	}
	return cabin.E(cabin.CodeLoginRefused, words, err)
}

// Phone exchanges a code of the phone-number button for the number, without a country code
// for a Chinese one. A code that WeChat does not take is cabin.CodeInvalid (field "code"),
// every other failure cabin.CodeUpstream.
func (c *Client) Phone(ctx context.Context, code string) (string, error) {
	refused := cabin.Invalid("code", "手机号授权已失效，请您重新点击获取手机号")
	if !codePattern.MatchString(code) {
		return "", refused
	}
	var info business.PhoneInfo
	err := c.do(ctx, func(ctx context.Context, mp *miniprogram.MiniProgram) (err error) {
		info, err = mp.GetBusiness().GetPhoneNumberWithContext(ctx, &business.GetPhoneNumberRequest{Code: code})
		return err
	})
	switch ErrCode(err) {
	case 40029, 40163:
		refused.Err = err
		return "", refused
	}
	if err != nil {
		return "", upstream(err)
	}
	if info.PurePhoneNumber == "" {
		return "", upstream(&Error{Status: http.StatusOK, Sent: true, Reason: "no phone number in the answer"})
	}
	if info.CountryCode == "86" || info.CountryCode == "" {
		return info.PurePhoneNumber, nil
	}
	return info.PhoneNumber, nil
}

// Verdict is WeChat's opinion of a text.
type Verdict string

// The verdicts: show it, let a person look first, do not show it.
const (
	Pass   Verdict = "pass"
	Review Verdict = "review"
	Risky  Verdict = "risky"
)

const (
	maxChecked = 2500 // how much text WeChat checks at once, in characters
	overlap    = 50   // of two pieces, so that no word hides on the border
)

// Opinion is what WeChat says of a text: its verdict, and why by one of its labels (100 is
// nothing).
type Opinion struct {
	Verdict Verdict
	Label   int
}

// CheckText asks whether other people may see a text that openid wrote. A long text is
// checked in pieces, and the worst verdict stands; an empty one passes. Failures are
// cabin.CodeUpstream; ErrCode(err) is 61010 when the person was not in the mini-program
// within the last two hours. Text that could not be checked is for a person to look at.
func (c *Client) CheckText(ctx context.Context, openid, text string) (Opinion, error) {
	worst := Opinion{Pass, 100}
	for rest := []rune(strings.TrimSpace(text)); len(rest) > 0; {
		n := min(len(rest), maxChecked)
		v, err := c.checkPiece(ctx, openid, string(rest[:n]))
		if err != nil {
			return Opinion{}, upstream(err)
		}
		if v.Verdict == Risky {
			return v, nil
		}
		if v.Verdict == Review {
			worst = v
		}
		if n == len(rest) {
			break
		}
		rest = rest[n-overlap:]
	}
	return worst, nil
}

func (c *Client) checkPiece(ctx context.Context, openid, text string) (Opinion, error) {
	var o Opinion
	err := c.do(ctx, func(ctx context.Context, mp *miniprogram.MiniProgram) error {
		res, err := mp.GetSecurity().MsgCheckContext(ctx, &security.MsgCheckRequest{
			OpenID: openid, Scene: security.MsgSceneForum, Content: text,
		})
		o = Opinion{Verdict(res.Result.Suggest), int(res.Result.Label)}
		return err
	})
	if err == nil && o.Verdict != Pass && o.Verdict != Review && o.Verdict != Risky {
		err = &Error{Status: http.StatusOK, Sent: true, Reason: "no verdict in the answer"}
	}
	return o, err
}

// CheckImage asks WeChat to look at a picture (at most 10 MB) at a URL that it can reach.
// The verdict comes later as an event with this trace id. Failures are cabin.CodeUpstream.
func (c *Client) CheckImage(ctx context.Context, openid, url string) (traceID string, err error) {
	err = c.do(ctx, func(ctx context.Context, mp *miniprogram.MiniProgram) (err error) {
		traceID, err = mp.GetSecurity().MediaCheckAsyncContext(ctx, &security.MediaCheckAsyncRequest{
			MediaURL: url, MediaType: 2, OpenID: openid, Scene: uint8(security.MsgSceneForum),
		})
		return err
	})
	if err == nil && traceID == "" {
		err = &Error{Status: http.StatusOK, Sent: true, Reason: "no trace id in the answer"}
	}
	if err != nil {
		return "", upstream(err)
	}
	return traceID, nil
}

var scenePattern = regexp.MustCompile(`^[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]+$`)

// Version names the account and the build that codes open: what a kept code depends on
// beside scene and page.
func (c *Client) Version() string { return c.app.appID + "/" + string(c.state) }

// QRCode draws the mini-program code (a JPEG) that opens page (such as
// "pages/deputy/detail", no leading slash, no query) with scene: 1 to 32 of
// 0-9A-Za-z!#$&'()*+,/:;=?@-._~. A wrong scene or page is cabin.CodeInvalid, other
// failures cabin.CodeUpstream.
func (c *Client) QRCode(ctx context.Context, scene, page string) ([]byte, error) {
	if n := utf8.RuneCountInString(scene); n > 32 || !scenePattern.MatchString(scene) {
		return nil, cabin.Invalid("scene", "小程序码参数须为 1 至 32 个字母、数字或允许的符号")
	}
	if strings.HasPrefix(page, "/") || strings.Contains(page, "?") {
		return nil, cabin.Invalid("page", "小程序码页面不能以斜线开头，也不能带参数")
	}
	// An unpublished build may lack the page; WeChat then must not insist on it.
	checked := c.state == Formal
	env := map[State]string{Developer: "develop", Trial: "trial", Formal: "release"}[c.state]
	var picture []byte
	err := c.do(ctx, func(_ context.Context, mp *miniprogram.MiniProgram) (err error) {
		picture, err = mp.GetQRCode().GetWXACodeUnlimit(qrcode.QRCoder{
			Scene: scene, Page: page, CheckPath: &checked, EnvVersion: env,
		})
		return err
	})
	switch ErrCode(err) {
	case 41030:
		invalid := cabin.Invalid("page", "小程序的线上版本没有这个页面")
		invalid.Err = err
		return nil, invalid
	}
	if err != nil {
		return nil, upstream(err)
	}
	return picture, nil
}
