package cabin

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
)

// The second factor (RFC 6238, as every authenticator has it: SHA-1, six digits, 30 s).
const (
	FactorPeriod  = 30 * time.Second
	FactorTries   = 5                // wrong codes within FactorWindow, then nobody may try until it is over
	FactorWindow  = 15 * time.Minute // from the first wrong one
	FactorPending = 30 * time.Minute // how long a secret waits for its first code
	// FactorFresh is how long ago the factor may have been given where it is asked for again:
	// long enough to ask for a list and fetch it, too short for a phone left on a table.
	FactorFresh = 10 * time.Minute
	// RecoveryCodes is how many are given out; each opens once.
	RecoveryCodes = 8

	factorSkew    = 1 // steps that a phone's clock may be off
	factorBytes   = 20
	recoveryRunes = 12
)

// FactorRoles are who needs a second factor.
var FactorRoles = []Role{Admin, Auditor}

// Guarded splits what somebody was granted into what asks for a second factor and the rest.
func Guarded(grants []Grant) (guarded, rest []Grant) {
	for _, g := range grants {
		if g.Role == Admin || g.Role == Auditor {
			guarded = append(guarded, g)
		} else {
			rest = append(rest, g)
		}
	}
	return guarded, rest
}

var plainBase32 = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewFactorSecret makes a fresh secret, in the letters in which people type it.
func NewFactorSecret() string {
	secret := make([]byte, factorBytes)
	_, _ = rand.Read(secret) // never fails
	return plainBase32.EncodeToString(secret)
}

// FactorURI is what an authenticator scans or opens.
func FactorURI(secret, account string) (string, error) {
	raw, err := plainBase32.DecodeString(secret)
	if err != nil {
		return "", err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "温馨小屋", AccountName: account, Secret: raw})
	if err != nil {
		return "", err
	}
	return key.URL(), nil
}

// FactorStep tells which step a code is of, 0 when of none near now. It compares with all
// of them in constant time.
func FactorStep(secret, code string, now time.Time) (step int64, err error) {
	for skew := int64(-factorSkew); skew <= factorSkew; skew++ {
		at := now.Unix()/int64(FactorPeriod/time.Second) + skew
		want, err := hotp.GenerateCodeCustom(secret, uint64(at), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return 0, err
		}
		step = int64(subtle.ConstantTimeSelect(subtle.ConstantTimeCompare([]byte(want), []byte(code)), int(at), int(step)))
	}
	return step, nil
}

// NewRecoveryCodes makes a set of codes as they are written down: ABCD-EFGH-JKMN.
func NewRecoveryCodes() []string {
	codes := make([]string, RecoveryCodes)
	for i := range codes {
		text := rand.Text()[:recoveryRunes] // 60 bits
		codes[i] = text[:4] + "-" + text[4:8] + "-" + text[8:]
	}
	return codes
}

// FactorCode is a code as it was typed, in its one form: six digits, or a recovery code's
// letters. Neither: CodeInvalid.
func FactorCode(typed string) (code string, recovery bool, err error) {
	code = strings.ToUpper(strings.NewReplacer("-", "", " ", "", "\u3000", "", "\n", "").Replace(halfWidth(typed)))
	digits := strings.Trim(code, "0123456789") == ""
	switch {
	case len(code) == 6 && digits:
		return code, false, nil
	case len(code) == recoveryRunes && !digits:
		return code, true, nil
	}
	return "", false, Invalid("code", "请填验证器里的六位数字，或者一个恢复码。")
}

// RecoveryHash is what is kept of a recovery code, in FactorCode's form.
func RecoveryHash(personID int64, code string) [sha256.Size]byte {
	return sha256.Sum256(append(binary.BigEndian.AppendUint64([]byte("warmcabin recovery code 1\n"), uint64(personID)), code...))
}

// FactorState is how somebody's second factor stands, with its tries.
type FactorState struct {
	Failures     int
	FailingSince *time.Time
}

// MayTry refuses who tried too often (CodeTooMany with RetryAfter).
func (f FactorState) MayTry(now time.Time) error {
	if f.Failures < FactorTries || f.FailingSince == nil {
		return nil
	}
	wait := f.FailingSince.Add(FactorWindow).Sub(now)
	if wait <= 0 {
		return nil
	}
	e := E(CodeTooMany, fmt.Sprintf("已经输错 %d 次，请 %d 分钟后再试。", FactorTries, int((wait+time.Minute-1)/time.Minute)))
	e.RetryAfter = int((wait + time.Second - 1) / time.Second)
	return e
}

// Failed counts a wrong code.
func (f FactorState) Failed(now time.Time) FactorState {
	if f.FailingSince == nil || now.Sub(*f.FailingSince) >= FactorWindow {
		return FactorState{1, &now}
	}
	return FactorState{f.Failures + 1, f.FailingSince}
}

// Wrong says that the code was wrong, and how many more there may be.
func (f FactorState) Wrong() string {
	return fmt.Sprintf("验证码不对，还可以试 %d 次。请看手机的时间准不准。", max(0, FactorTries-f.Failures))
}

// FactorNotice tells somebody what became of their second factor. Nobody turns it off.
func FactorNotice(what, body string, now time.Time) Notice {
	return Notice{
		Matter: MatterAccount, Title: what, Body: body, Page: "/sub-admin/factor", Template: TellReportAssigned, Danger: true,
		Values: Values{"number": now.In(Shanghai).Format("20060102-1504"), "who": "您的账号", "time": timeValue(now), "topic": what, "state": "已完成", "remark": "不是您本人就请联系人大工委"},
	}
}
