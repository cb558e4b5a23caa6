package wechat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// TokenStore keeps one account's access token, shared by all processes that use the
// account. Get says ok=false when it has none that is still good. Set keeps a token for
// ttl (always positive). Invalidate drops token, and nothing when another has taken its
// place. When a store fails, WeChat is asked instead: that is slower but not wrong, for
// stable_token gives everybody the same token.
type TokenStore interface {
	Get(ctx context.Context) (token string, ok bool, err error)
	Set(ctx context.Context, token string, ttl time.Duration) error
	Invalidate(ctx context.Context, token string) error
}

// MemoryTokens is a TokenStore for one process.
type MemoryTokens struct {
	now   func() time.Time
	mu    sync.Mutex
	token string
	ends  time.Time
}

// NewMemoryTokens makes an empty store; now is time.Now when nil.
func NewMemoryTokens(now func() time.Time) *MemoryTokens {
	if now == nil {
		now = time.Now
	}
	return &MemoryTokens{now: now}
}

// Get is TokenStore's. It never fails.
func (m *MemoryTokens) Get(context.Context) (string, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.token, m.token != "" && m.now().Before(m.ends), nil
}

// Set is TokenStore's. It never fails.
func (m *MemoryTokens) Set(_ context.Context, token string, ttl time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.token, m.ends = token, m.now().Add(ttl)
	return nil
}

// Invalidate is TokenStore's. It never fails.
func (m *MemoryTokens) Invalidate(_ context.Context, token string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.token == token {
		m.token = ""
	}
	return nil
}

const (
	// earlier is how long before its end a token is given up. WeChat itself starts
	// handing out the next one then, and takes both.
	earlier = 5 * time.Minute
	// forcedGap is WeChat's own limit between two forced refreshes; it allows 20 a day.
	forcedGap = 30 * time.Second
)

// tokens hands out an account's access token; one request to WeChat at a time.
type tokens struct {
	app   *account
	store TokenStore
	now   func() time.Time
	group singleflight.Group

	mu     sync.Mutex
	forced time.Time // when the last forced refresh was asked for
}

func (t *tokens) get(ctx context.Context) (string, error) {
	if token, ok, err := t.store.Get(ctx); err == nil && ok {
		return token, nil
	}
	return t.replace(ctx, "")
}

// replace returns a token other than bad, which WeChat refused ("" when there was none).
func (t *tokens) replace(ctx context.Context, bad string) (string, error) {
	done := t.group.DoChan(bad, func() (any, error) {
		// Others wait for this too: it must not end with the first caller's context.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*t.app.timeout)
		defer cancel()
		return t.renew(ctx, bad)
	})
	select {
	case r := <-done:
		if r.Err != nil {
			return "", r.Err
		}
		return r.Val.(string), nil
	case <-ctx.Done():
		return "", &Error{Reason: "no access token in time", Err: ctx.Err()}
	}
}

func (t *tokens) renew(ctx context.Context, bad string) (string, error) {
	if token, ok, err := t.store.Get(ctx); err == nil && ok && token != bad {
		return token, nil // somebody else was first
	}
	if bad != "" {
		_ = t.store.Invalidate(ctx, bad) // a store that fails is asked past, see TokenStore
	}
	token, ttl, err := t.app.fetchToken(ctx, false)
	// Mostly the unforced answer is already a new token; force it only when not, as that
	// is scarce.
	if err == nil && token == bad {
		if !t.mayForce() {
			return "", &Error{Reason: "the access token is refused, and a new one was forced a moment ago"}
		}
		token, ttl, err = t.app.fetchToken(ctx, true)
	}
	if err != nil {
		return "", err
	}
	if ttl > earlier {
		_ = t.store.Set(ctx, token, ttl-earlier)
	}
	return token, nil
}

func (t *tokens) mayForce() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if !t.forced.IsZero() && now.Before(t.forced.Add(forcedGap)) {
		return false
	}
	t.forced = now
	return true
}

const stableTokenURL = "https://api.weixin.qq.com/cgi-bin/stable_token"

// fetchToken asks WeChat for the account's stable token. Its errors say Sent=false: what
// the token was wanted for has not been sent.
func (a *account) fetchToken(ctx context.Context, force bool) (token string, ttl time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	c := &call{ctx: ctx, app: a}
	token, ttl, err = c.stableToken(force)
	if e, ok := errors.AsType[*Error](c.verdict(err)); ok {
		e.Sent, e.Reason = false, "access token: "+e.Reason
		return "", 0, e
	}
	return token, ttl, nil
}

func (c *call) stableToken(force bool) (string, time.Duration, error) {
	body, err := json.Marshal(map[string]any{
		"grant_type": "client_credential", "appid": c.app.appID, "secret": c.app.secret, "force_refresh": force,
	})
	if err != nil {
		return "", 0, err
	}
	r, err := http.NewRequestWithContext(c.ctx, http.MethodPost, stableTokenURL, bytes.NewReader(body))
	if err != nil {
		return "", 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := c.roundTrip(r)
	if err != nil {
		return "", 0, err
	}
	var out struct {
		Token   string `json:"access_token"`
		Expires int64  `json:"expires_in"` // seconds
	}
	err = json.NewDecoder(resp.Body).Decode(&out)
	if err == nil && out.Token == "" {
		err = errors.New("no access token in the answer")
	}
	return out.Token, time.Duration(out.Expires) * time.Second, err
}
