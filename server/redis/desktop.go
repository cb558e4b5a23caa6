package redis

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"warmcabin/server/cabin"
)

const (
	codeLife = time.Minute     // from asking to scanning, and once more from scanning to the end
	codeKept = 5 * time.Minute // beyond its end, so that the browser is told how it ended
	keyBytes = 16              // 22 characters, which a mini-program code has room for
)

// DesktopState is how far a code of a desktop has come.
type DesktopState string

// The states. A code that is answered or over never moves again.
const (
	DesktopWaiting   DesktopState = "waiting"   // nobody scanned it yet
	DesktopScanned   DesktopState = "scanned"   // one person has it before them
	DesktopConfirmed DesktopState = "confirmed" // they said yes, and the browser has not come for it yet
	DesktopRefused   DesktopState = "refused"   // they said no
	DesktopUsed      DesktopState = "used"      // the browser has taken its session
	DesktopExpired   DesktopState = "expired"
	DesktopUnfit     DesktopState = "unfit"   // scanned by somebody who cannot let it in; still waiting for who can
	desktopForeign   DesktopState = "foreign" // another person scanned it, or another browser asks
)

// Desktop is who asks to be let in, as the phone shows it.
type Desktop struct {
	Browser string // "Edge · Windows"
	IP      string // whole; who shows it shortens it
	AskedAt time.Time
	Expires time.Time // when the phone's answer comes too late
}

// DesktopCode is what a browser was given. The key is in the picture that everybody near
// can see; the secret stays in the browser and is what opens the session.
type DesktopCode struct {
	Key, Secret string
	Expires     time.Time
}

// AskDesktop begins a sign-in of a browser.
func (s *Sessions) AskDesktop(ctx context.Context, browser, ip string) (DesktopCode, error) {
	var key [keyBytes]byte
	var secret [tokenBytes]byte
	_, _ = rand.Read(key[:]) // never fails
	_, _ = rand.Read(secret[:])
	code := DesktopCode{base64.RawURLEncoding.EncodeToString(key[:]), base64.RawURLEncoding.EncodeToString(secret[:]), s.now().Add(codeLife)}
	err := s.run(ctx, desktopAsk, []string{desktopKey(code.Key)}, s.now().UnixMicro(), codeLife.Microseconds(), codeKept.Milliseconds(), hashed(code.Secret), browser, ip).Err()
	if err != nil {
		return DesktopCode{}, unavailable(err)
	}
	return code, nil
}

// ScanDesktop says who asks by this code, and keeps it for this person from now on: another
// one who scans it is turned away. The person may scan it again. CodeConflict, with words
// for the person, when it was answered, has run out or is another one's.
func (s *Sessions) ScanDesktop(ctx context.Context, key string, personID int64) (Desktop, error) {
	row, err := s.desktop(ctx, desktopScan, key, personID, codeLife.Microseconds())
	if err != nil {
		return Desktop{}, err
	}
	if DesktopState(text(row[0])) != DesktopScanned || len(row) != 5 {
		return Desktop{}, overWords(DesktopState(text(row[0])))
	}
	return Desktop{Browser: text(row[1]), IP: text(row[2]), AskedAt: instant(row[3]), Expires: instant(row[4])}, nil
}

// UnfitDesktop notes that somebody scanned this code who holds no working role, so that the
// browser can say so. The code stays good for who does.
func (s *Sessions) UnfitDesktop(ctx context.Context, key string) error {
	_, err := s.desktop(ctx, desktopUnfit, key)
	return err
}

// AnswerDesktop lets the browser in, or turns it away, as the person who scanned its code
// says. The same answer again is none more. CodeConflict as ScanDesktop has it.
func (s *Sessions) AnswerDesktop(ctx context.Context, key string, personID int64, yes bool) error {
	want := DesktopRefused
	if yes {
		want = DesktopConfirmed
	}
	row, err := s.desktop(ctx, desktopAnswer, key, personID, codeLife.Microseconds(), string(want))
	if err != nil {
		return err
	}
	if got := DesktopState(text(row[0])); got != want && !(yes && got == DesktopUsed && len(row) == 2) {
		return overWords(got)
	}
	return nil
}

// PollDesktop tells the browser that holds the secret how far its code has come. The first
// one who asks after the confirmation gets DesktopConfirmed and the person, once; everybody
// later DesktopUsed. CodeForbidden for another secret.
func (s *Sessions) PollDesktop(ctx context.Context, key, secret string) (DesktopState, int64, error) {
	row, err := s.desktop(ctx, desktopPoll, key, hashed(secret))
	if err != nil {
		return "", 0, err
	}
	state := DesktopState(text(row[0]))
	switch {
	case state == desktopForeign:
		return "", 0, cabin.E(cabin.CodeForbidden, "这个码不是这个浏览器要的。请刷新页面，换一个新的码。")
	case state == DesktopConfirmed && len(row) == 2:
		person, err := strconv.ParseInt(text(row[1]), 10, 64)
		if err != nil {
			return "", 0, unavailable(err)
		}
		return state, person, nil
	}
	return state, 0, nil
}

// CreateDesktop begins the session of a desktop: as Create of who works here, but listed as
// what it is, and ended when the person works here no more.
func (s *Sessions) CreateDesktop(ctx context.Context, personID int64, device string) (string, error) {
	return s.create(ctx, personID, device, true, "desktop")
}

func (s *Sessions) desktop(ctx context.Context, script *goredis.Script, key string, args ...any) ([]any, error) {
	if raw, err := base64.RawURLEncoding.Strict().DecodeString(key); err != nil || len(raw) != keyBytes {
		return nil, cabin.E(cabin.CodeNotFound, "这不是电脑登录的码。请扫电脑上正显示的那一个。")
	}
	row, err := s.run(ctx, script, []string{desktopKey(key)}, append([]any{s.now().UnixMicro()}, args...)...).Slice()
	if err != nil {
		return nil, unavailable(err)
	}
	if len(row) == 0 {
		return nil, unavailable(errors.New("redis: odd desktop row"))
	}
	return row, nil
}

// overWords says why a code cannot be answered any more.
func overWords(state DesktopState) error {
	words := map[DesktopState]string{
		DesktopExpired:   "这个码过期了。电脑上会换一个新的，请再扫一次。",
		DesktopUsed:      "这个码已经用过了。要在电脑上再登录，请扫新的码。",
		DesktopConfirmed: "这个码已经确认过了。",
		DesktopRefused:   "这次登录已经拒绝了。要登录请在电脑上换一个新的码。",
		desktopForeign:   "别人已经扫了这个码。请在电脑上换一个新的码再扫。",
	}[state]
	if words == "" {
		return unavailable(errors.New("redis: odd desktop state"))
	}
	return cabin.E(cabin.CodeConflict, words)
}

// Redis holds neither the key nor the secret, so that reading it lets nobody in.
func desktopKey(key string) string { return "desktop:" + hashed(key) }

func hashed(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
