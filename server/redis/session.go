package redis

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"warmcabin/server/cabin"
	"warmcabin/server/moment"
)

// WorkLife is how long a session of somebody who works here lives from its last use: a
// shift and the way home. A resident's lives for 30 days.
const WorkLife = 12 * time.Hour

const (
	sessionLife = 30 * 24 * time.Hour // from the last use
	slideAfter  = time.Hour           // a use extends the session only when this much has passed: reads stay reads
	workSlide   = time.Minute         // the same of who works here: their 12 hours are exact to a minute
	maxSessions = 20                  // a person's; the one unused for longest makes room
	maxDevice   = 60                  // characters
	tokenBytes  = 32
)

// Sessions knows who holds which token, and counts what is limited. A session ends 30 days
// after its last use, of somebody who works here after WorkLife. Redis holds only the SHA-256 of a token, so that reading Redis does
// not let anyone in. All methods may run at once, in several processes.
//
// Their errors are *cabin.Error: CodeUnavailable, with RetryAfter, when Redis does not
// answer within about a second; others as each method says.
type Sessions struct {
	client *goredis.Client
	now    func() time.Time
	gates  *moment.Readings[*passing, any]
}

// New makes Sessions on a client from Open. All processes' clocks (now) should agree to a
// second or so; tests bring their own.
func New(client *goredis.Client, now func() time.Time) *Sessions {
	s := &Sessions{client: client, now: now}
	s.gates = moment.New(s.passAll)
	return s
}

// Session is one logged-in device as its owner may see it.
type Session struct {
	ID        string // public: names the session in the device list; it lets nobody in
	Device    string
	CreatedAt time.Time
	SeenAt    time.Time // exact to an hour; to a minute of who works here
	Desktop   bool      // a browser that was let in by a phone
}

// Pass is what a valid token entitles to.
type Pass struct {
	PersonID  int64
	SessionID string    // as Session.ID
	Works     bool      // the session knows its person as somebody who works here
	SeenAt    time.Time // the use before this one, as Session.SeenAt
	FactorAt  time.Time // when the second factor was given in this session; zero: never
}

// Ping asks whether Redis answers.
func (s *Sessions) Ping(ctx context.Context) error {
	ctx, cancel := limited(ctx)
	defer cancel()
	if err := s.client.Ping(ctx).Err(); err != nil {
		return unavailable(err)
	}
	return nil
}

// Create begins a session and returns its token: 43 characters, to be kept by the phone
// and never logged. device is what the device list will show, cut to 60 characters; works
// says whether the person holds a working role. A person has 20 sessions at most: the one
// unused for longest ends for the new one.
func (s *Sessions) Create(ctx context.Context, personID int64, device string, works bool) (string, error) {
	return s.create(ctx, personID, device, works, "")
}

func (s *Sessions) create(ctx context.Context, personID int64, device string, works bool, kind string) (string, error) {
	if personID <= 0 {
		return "", cabin.E(cabin.CodeInternal, "系统出错了，请稍后再试", errors.New("redis: session for no person"))
	}
	var secret [tokenBytes]byte
	_, _ = rand.Read(secret[:]) // never fails
	device = strings.ToValidUTF8(device, "")
	if r := []rune(device); len(r) > maxDevice {
		device = string(r[:maxDevice])
	}
	err := s.run(ctx, create, []string{sessionKey(secret), indexKey(personID)},
		s.now().UnixMicro(), personID, rand.Text(), device, lifeOf(works).Microseconds(), maxSessions, flag(works), sessionLife.Microseconds(), kind).Err()
	if err != nil {
		return "", unavailable(err)
	}
	return base64.RawURLEncoding.EncodeToString(secret[:]), nil
}

// Works notes that a session's person works here now, or does not any more: it lives from
// now on as such a session does. A token without a session is no error.
func (s *Sessions) Works(ctx context.Context, token string, works bool) error {
	return s.note(ctx, token, working, flag(works), lifeOf(works).Microseconds())
}

// GaveFactor notes that the second factor was given in a session at this moment. A token
// without a session is no error.
func (s *Sessions) GaveFactor(ctx context.Context, token string) error {
	return s.note(ctx, token, factorGiven)
}

func (s *Sessions) note(ctx context.Context, token string, script *goredis.Script, args ...any) error {
	secret, ok := parseToken(token)
	if !ok {
		return nil
	}
	if err := s.run(ctx, script, []string{sessionKey(secret)}, append([]any{s.now().UnixMicro()}, args...)...).Err(); err != nil {
		return unavailable(err)
	}
	return nil
}

func lifeOf(works bool) time.Duration {
	if works {
		return WorkLife
	}
	return sessionLife
}

func flag(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// List returns a person's sessions, last used first.
func (s *Sessions) List(ctx context.Context, personID int64) ([]Session, error) {
	rows, err := s.run(ctx, list, []string{indexKey(personID)}, s.now().UnixMicro()).Slice()
	if err != nil {
		return nil, unavailable(err)
	}
	sessions := make([]Session, 0, len(rows))
	for _, row := range rows {
		f, _ := row.([]any)
		if len(f) != 5 {
			return nil, unavailable(errors.New("redis: odd session row"))
		}
		sessions = append(sessions, Session{ID: text(f[0]), Device: text(f[1]), CreatedAt: instant(f[2]), SeenAt: instant(f[3]), Desktop: text(f[4]) == "desktop"})
	}
	slices.SortFunc(sessions, func(a, b Session) int {
		if c := b.SeenAt.Compare(a.SeenAt); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return sessions, nil
}

// Revoke ends one of this person's sessions, at once. CodeNotFound when the person has
// none of that ID, whoever else may have.
func (s *Sessions) Revoke(ctx context.Context, personID int64, id string) error {
	ended, err := s.run(ctx, revoke, []string{indexKey(personID)}, id).Int()
	if err != nil {
		return unavailable(err)
	}
	if ended == 0 {
		return cabin.E(cabin.CodeNotFound, "没有找到这台设备的登录，可能已经退出")
	}
	return nil
}

// RevokeAll ends all of a person's sessions, at once: on their wish, and when a person is
// shut out.
func (s *Sessions) RevokeAll(ctx context.Context, personID int64) error {
	if err := s.run(ctx, revokeAll, []string{indexKey(personID)}).Err(); err != nil {
		return unavailable(err)
	}
	return nil
}

// ForgetAll ends every session of everybody: after a restore a number may belong to another
// person than the one who logged in.
func (s *Sessions) ForgetAll(ctx context.Context) error {
	for _, pattern := range []string{"session:*", "sessions:*", "desktop:*"} {
		keys := s.client.Scan(ctx, 0, pattern, 1000).Iterator()
		for keys.Next(ctx) {
			if err := s.client.Unlink(ctx, keys.Val()).Err(); err != nil {
				return unavailable(err)
			}
		}
		if err := keys.Err(); err != nil {
			return unavailable(err)
		}
	}
	return nil
}

// Logout ends the session of a token. A token without one is no error: it is logged out.
func (s *Sessions) Logout(ctx context.Context, token string) error {
	secret, ok := parseToken(token)
	if !ok {
		return nil
	}
	if err := s.run(ctx, logout, []string{sessionKey(secret)}).Err(); err != nil {
		return unavailable(err)
	}
	return nil
}

// Gate says whose token this is, extends the session and, unless limit is nil, counts the
// request against the limit, in one round trip. ip matters to a limit ByIP only, which
// counts also what has no valid session. A token that is missing, malformed, unknown or
// expired gets CodeUnauthorized; over the limit CodeTooMany with RetryAfter.
func (s *Sessions) Gate(ctx context.Context, token string, limit *Limit, ip string) (Pass, error) {
	secret, ok := parseToken(token)
	if !ok {
		return Pass{}, unauthorized()
	}
	p := &passing{key: sessionKey(secret), at: s.now().UnixMicro()}
	if limit != nil {
		c, err := limit.counting()
		if err != nil {
			return Pass{}, err
		}
		p.limit, p.counting = limit.Name, c
		if limit.By == ByIP {
			p.ip = ip
		}
	}
	answer, err := s.gates.Get(ctx, p)
	if err == nil {
		err, _ = answer.(error)
	}
	if err != nil {
		return Pass{}, unavailable(err)
	}
	reply, _ := answer.([]any)
	switch {
	case len(reply) == 1 && reply[0] == int64(0):
		return Pass{}, unauthorized()
	case len(reply) == 2 && reply[0] == int64(2):
		return Pass{}, tooMany(reply[1])
	case len(reply) == 6 && reply[0] == int64(1):
		person, err := strconv.ParseInt(text(reply[1]), 10, 64)
		if err == nil {
			pass := Pass{PersonID: person, SessionID: text(reply[2]), Works: text(reply[3]) == "1", SeenAt: instant(reply[4])}
			if text(reply[5]) != "" {
				pass.FactorAt = instant(reply[5])
			}
			return pass, nil
		}
	}
	return Pass{}, unavailable(errors.New("redis: odd reply from the gate"))
}

// passing is one request at the gate.
type passing struct {
	key      string
	at       int64  // in microseconds
	limit    string // its name, "" without one
	ip       string // "" where the person is counted
	counting counting
}

// passAll runs the gate's script for requests of one moment. The answer to one is what the
// script says of it, or its own error.
func (s *Sessions) passAll(ctx context.Context, all []*passing) ([]any, error) {
	keys, args := make([]string, len(all)), make([]any, 0, 4+6*len(all))
	args = append(args, sessionLife.Microseconds(), slideAfter.Microseconds(), WorkLife.Microseconds(), workSlide.Microseconds())
	for i, p := range all {
		keys[i] = p.key
		args = append(args, p.at, p.limit, p.counting.step, p.counting.burst, p.counting.keep, p.ip)
	}
	return s.run(ctx, gate, keys, args...).Slice()
}

func unauthorized() error { return cabin.E(cabin.CodeUnauthorized, "请重新登录") }

func (s *Sessions) run(ctx context.Context, script *goredis.Script, keys []string, args ...any) *goredis.Cmd {
	ctx, cancel := limited(ctx)
	defer cancel()
	return script.Run(ctx, s.client, keys, args...)
}

// parseToken takes exactly what Create returned: one spelling for each secret.
func parseToken(token string) (secret [tokenBytes]byte, ok bool) {
	if len(token) != base64.RawURLEncoding.EncodedLen(tokenBytes) {
		return secret, false
	}
	n, err := base64.RawURLEncoding.Strict().Decode(secret[:], []byte(token))
	return secret, err == nil && n == tokenBytes
}

func sessionKey(secret [tokenBytes]byte) string {
	sum := sha256.Sum256(secret[:])
	return "session:" + hex.EncodeToString(sum[:])
}

func indexKey(personID int64) string { return "sessions:" + strconv.FormatInt(personID, 10) }

func text(v any) string { s, _ := v.(string); return s }

func instant(v any) time.Time {
	us, _ := strconv.ParseInt(text(v), 10, 64)
	return time.UnixMicro(us).UTC()
}
