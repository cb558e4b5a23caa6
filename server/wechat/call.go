package wechat

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/silenceper/wechat/v2/util"
	"github.com/sirupsen/logrus"
)

// The SDK has one HTTP client a process, ignores the context in some calls, prints whole
// URLs (token and secret in them) into its errors and tells a lost connection from a
// refusal only in prose. So each call here gets a random key, and the SDK is handed that
// key in place of the access token and of the secret. The SDK's one HTTP client is ours:
// it finds the call by the key, puts the real values in, uses the call's own context and
// transport, and keeps what WeChat answered. No secret can then be in an SDK error.

var (
	install sync.Once
	calls   sync.Map // key → *call
)

// installHook takes over the SDK's process-global HTTP client and quietens its logger,
// which would print at Debug level.
func installHook() {
	install.Do(func() {
		logrus.SetLevel(logrus.WarnLevel)
		util.DefaultHTTPClient = &http.Client{
			Transport: hook{},
			// A redirect would carry the token to wherever it points.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	})
}

type hook struct{}

func (hook) RoundTrip(r *http.Request) (*http.Response, error) {
	v, ok := calls.Load(keyOf(r.URL.RawQuery))
	if !ok {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, errors.New("wechat: a request that no Client started")
	}
	return v.(*call).roundTrip(r)
}

// keyOf finds the call's key, which needs no unescaping, in a query.
func keyOf(query string) string {
	secret := ""
	for pair := range strings.SplitSeq(query, "&") {
		if token, ok := strings.CutPrefix(pair, "access_token="); ok {
			return token
		}
		if s, ok := strings.CutPrefix(pair, "secret="); ok {
			secret = s
		}
	}
	return secret
}

// withSecrets puts the real credentials into a query that has the key in their place.
func (c *call) withSecrets(query string) string {
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		switch name, _, _ := strings.Cut(pair, "="); name {
		case "access_token":
			pairs[i] = name + "=" + url.QueryEscape(c.token)
		case "secret":
			pairs[i] = name + "=" + url.QueryEscape(c.app.secret)
		}
	}
	return strings.Join(pairs, "&")
}

// callKey is the handle that gives the SDK a call's key for an access token.
type callKey string

func (k callKey) GetAccessToken() (string, error) { return string(k), nil }

func (k callKey) GetAccessTokenContext(context.Context) (string, error) { return string(k), nil }

// maxAnswer bounds an answer of WeChat's, in bytes; the largest is a code's picture.
const maxAnswer = 4 << 20

// call is one request to WeChat and what came of it. Used by one goroutine.
type call struct {
	ctx   context.Context
	app   *account
	token string // "" for a call that needs none

	sent   bool // WeChat may have the request
	status int  // 0: no complete answer
	code   int
	msg    string
}

// try makes one call. f must use the SDK with key in place of token and secret.
func (a *account) try(ctx context.Context, token string, f func(ctx context.Context, key string) error) error {
	if err := ctx.Err(); err != nil {
		return &Error{Reason: "not sent: " + err.Error(), Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	c := &call{ctx: ctx, app: a, token: token}
	key := rand.Text()
	calls.Store(key, c)
	defer calls.Delete(key)
	return c.verdict(f(ctx, key))
}

// roundTrip sends r with the real credentials and reads the whole answer, so that a
// connection lost half-way is seen here.
func (c *call) roundTrip(r *http.Request) (*http.Response, error) {
	var traced, connected atomic.Bool
	r = r.WithContext(httptrace.WithClientTrace(c.ctx, &httptrace.ClientTrace{
		GetConn: func(string) { traced.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	}))
	to := *r.URL
	to.RawQuery = c.withSecrets(to.RawQuery)
	r.URL = &to
	resp, err := c.app.transport.RoundTrip(r)
	// Only a transport that reports its connections can prove that nothing was sent.
	c.sent = !traced.Load() || connected.Load()
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := readAnswer(resp)
	if err != nil {
		return nil, err
	}
	c.status = resp.StatusCode
	var answer struct {
		ErrCode int    `json:"errcode"`
		ErrMsg  string `json:"errmsg"`
	}
	if json.Unmarshal(body, &answer) == nil {
		c.code, c.msg = answer.ErrCode, answer.ErrMsg
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// readAnswer reads the whole body, which is a line mostly.
func readAnswer(resp *http.Response) ([]byte, error) {
	if n := resp.ContentLength; n > 0 && n <= maxAnswer {
		body := make([]byte, n)
		_, err := io.ReadFull(resp.Body, body)
		return body, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err == nil && len(body) > maxAnswer {
		err = errors.New("wechat: an answer beyond all bounds")
	}
	return body, err
}

// verdict turns the SDK's error and what was seen on the wire into nil or an *Error.
func (c *call) verdict(err error) error {
	e := &Error{Code: c.code, Status: c.status, Sent: c.sent}
	switch {
	case c.status == http.StatusOK && c.code != 0:
		e.Reason = c.app.redact(c.msg)
	case err == nil:
		return nil
	case c.status == http.StatusOK:
		e.Reason = "an answer that cannot be read"
	case c.status != 0:
		e.Code, e.Reason = 0, fmt.Sprintf("HTTP status %d", c.status)
	default:
		e.Reason = c.app.redact(err.Error())
		if c.ctx.Err() != nil {
			e.Err = c.ctx.Err()
		}
	}
	return e
}

// do makes a call with an access token and, when WeChat calls the token bad, once more
// with a fresh one.
func (a *account) do(ctx context.Context, f func(ctx context.Context, key string) error) error {
	token, err := a.tokens.get(ctx)
	if err != nil {
		return err
	}
	err = a.try(ctx, token, f)
	if e, ok := errors.AsType[*Error](err); !ok || !e.badToken() {
		return err
	}
	token, err = a.tokens.replace(ctx, token)
	if err != nil {
		return err
	}
	return a.try(ctx, token, f)
}
