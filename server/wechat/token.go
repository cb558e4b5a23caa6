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
// place. Lock lets one of all processes fetch: ok is false while another does; release
// ends it, and the lock ends by itself after ttl. MayForce tells whether a forced refresh
// may be asked for, and counts it: one in gap over all processes, also when the store lost
// the token. When a store fails, each process goes on by itself: that is slower but not
// wrong, for stable_token gives everybody the same token. Who cannot ask MayForce forces none.
type TokenStore interface {
	Get(ctx context.Context) (token string, ok bool, err error)
	Set(ctx context.Context, token string, ttl time.Duration) error
	Invalidate(ctx context.Context, token string) error
	Lock(ctx context.Context, ttl time.Duration) (release func(), ok bool, err error)
	MayForce(ctx context.Context, gap time.Duration) (bool, error)
}

// MemoryTokens is a TokenStore for one process. Its methods never fail.
type MemoryTokens struct {
	now    func() time.Time
	mu     sync.Mutex
	token  string
	ends   time.Time
	forced time.Time
}

// NewMemoryTokens makes an empty store; now is time.Now when nil.
func NewMemoryTokens(now func() time.Time) *MemoryTokens {
	if now == nil {
		now = time.Now
	}
	return &MemoryTokens{now: now}
}

// Get is TokenStore's.
func (m *MemoryTokens) Get(context.Context) (string, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.token, m.token != "" && m.now().Before(m.ends), nil
}

// Set is TokenStore's.
func (m *MemoryTokens) Set(_ context.Context, token string, ttl time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.token, m.ends = token, m.now().Add(ttl)
	return nil
}

// Invalidate is TokenStore's.
func (m *MemoryTokens) Invalidate(_ context.Context, token string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.token == token {
		m.token = ""
	}
	return nil
}

// Lock is TokenStore's: within one process fetches are one at a time anyway.
func (m *MemoryTokens) Lock(context.Context, time.Duration) (release func(), ok bool, err error) {
	return func() {}, true, nil
}

// MayForce is TokenStore's.
func (m *MemoryTokens) MayForce(_ context.Context, gap time.Duration) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	if !m.forced.IsZero() && now.Before(m.forced.Add(gap)) {
		return false, nil
	}
	m.forced = now
	return true, nil
}

const (
	// earlier is how long before its end a token is given up. WeChat itself starts
	// handing out the next one then, and takes both.
	earlier = 5 * time.Minute
	// forcedGap is WeChat's own limit between two forced refreshes; it allows 20 a day.
	forcedGap = 30 * time.Second
	// seenLife is how long a process goes on with the token that it saw last while the
	// store does not answer: then it asks WeChat again, and no more often than this.
	seenLife = 2 * time.Minute
	// waitStep is the pause between two looks for a token that another process fetches.
	waitStep = 50 * time.Millisecond
	// waitMost is how long one waits for it: a process that fetches and dies leaves its
	// lock behind, and stable_token gives everybody the same token anyway.
	waitMost = 2 * time.Second
)

// tokens hands out an account's access token; one request to WeChat at a time.
type tokens struct {
	app   *account
	store TokenStore
	group singleflight.Group

	// What is left when the store does not answer.
	alone MemoryTokens
}

func (t *tokens) get(ctx context.Context) (string, error) {
	if token, ok := t.look(ctx, ""); ok {
		return token, nil
	}
	return t.replace(ctx, "")
}

// look finds a token other than bad in the store, or, when the store does not answer, the
// one that was seen last.
func (t *tokens) look(ctx context.Context, bad string) (string, bool) {
	token, ok, err := t.store.Get(ctx)
	if err != nil {
		token, ok, _ = t.alone.Get(ctx)
	}
	if !ok || token == bad {
		return "", false
	}
	if err == nil {
		_ = t.alone.Set(ctx, token, seenLife)
	}
	return token, true
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

// renew fetches a token, while one process of all does; the others wait for what it gets,
// for waitMost.
func (t *tokens) renew(ctx context.Context, bad string) (string, error) {
	for waited := time.Duration(0); ; waited += waitStep {
		if token, ok := t.look(ctx, bad); ok {
			return token, nil // somebody else was first
		}
		release, mine, err := t.store.Lock(ctx, t.app.timeout)
		if err != nil || !mine && waited >= waitMost {
			return t.fetch(ctx, bad)
		}
		if mine {
			defer release()
			if token, ok := t.look(ctx, bad); ok {
				return token, nil
			}
			return t.fetch(ctx, bad)
		}
		select {
		case <-ctx.Done():
			return "", &Error{Reason: "no access token in time", Err: ctx.Err()}
		case <-time.After(waitStep):
		}
	}
}

func (t *tokens) fetch(ctx context.Context, bad string) (string, error) {
	if bad != "" {
		_ = t.store.Invalidate(ctx, bad) // a store that fails is asked past, see TokenStore
		_ = t.alone.Invalidate(ctx, bad)
	}
	token, ttl, err := t.app.fetchToken(ctx, false)
	// Mostly the unforced answer is already a new token; force it only when not, as that
	// is scarce.
	if err == nil && token == bad {
		if !t.mayForce(ctx) {
			return "", &Error{Reason: "the access token is refused, and a new one may not be forced now"}
		}
		token, ttl, err = t.app.fetchToken(ctx, true)
	}
	if err != nil {
		return "", err
	}
	if ttl > earlier {
		_ = t.store.Set(ctx, token, ttl-earlier)
		_ = t.alone.Set(ctx, token, min(ttl-earlier, seenLife))
	}
	return token, nil
}

// mayForce says no when nobody knows what the other processes forced: what was to be sent
// waits.
func (t *tokens) mayForce(ctx context.Context) bool {
	may, err := t.store.MayForce(ctx, forcedGap)
	return may && err == nil
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
