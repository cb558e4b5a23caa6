package cabin

import (
	"encoding/base32"
	"strings"
	"testing"
	"time"
)

// The vectors of RFC 6238, appendix B, SHA-1, cut to six digits.
func TestFactorStepsAreThoseOfTheStandard(t *testing.T) {
	secret := base32.StdEncoding.EncodeToString([]byte("12345678901234567890"))
	for unix, code := range map[int64]string{1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		now := time.Unix(unix, 0)
		for late, taken := range map[time.Duration]bool{0: true, FactorPeriod: true, -FactorPeriod: true, 2 * FactorPeriod: false, -2 * FactorPeriod: false} {
			at := now.Add(late)
			step, err := FactorStep(secret, code, at)
			if err != nil || (step == unix/30) != taken || !taken && step != 0 {
				t.Errorf("%s at %v %+v: step %d, %v", code, now, late, step, err)
			}
		}
	}
	if _, err := FactorStep("not base32!", "000000", time.Now()); err == nil {
		t.Error("a secret that is none")
	}
}

func TestFactorCodesAsPeopleTypeThem(t *testing.T) {
	for typed, want := range map[string]string{
		"123456": "123456", "123 456": "123456", "１２３４５６": "123456", " 123-456\n": "123456", "abcd-efgh-jkmn": "ABCDEFGHJKMN", "ABCDEFGHJKMN": "ABCDEFGHJKMN", "ABCD　EFGH 2345": "ABCDEFGH2345",
		"": "", "12345": "", "1234567": "", "abcdef": "", "123456789012": "", "ABCD-EFGH-JKM": "", "验证码": "",
	} {
		code, recovery, err := FactorCode(typed)
		if code != want || (err == nil) != (want != "") || recovery != (len(want) == recoveryRunes) {
			t.Errorf("%q: %q %v %v", typed, code, recovery, err)
		}
	}
	seen := map[string]bool{}
	for _, c := range NewRecoveryCodes() {
		code, recovery, err := FactorCode(c)
		if err != nil || !recovery || seen[code] || len(c) != 14 {
			t.Errorf("%q: %q %v", c, code, err)
		}
		seen[code] = true
		if RecoveryHash(1, code) == RecoveryHash(2, code) {
			t.Error("one code is two people's")
		}
	}
	if len(seen) != RecoveryCodes {
		t.Errorf("%d codes", len(seen))
	}
}

func TestFactorURI(t *testing.T) {
	secret := NewFactorSecret()
	uri, err := FactorURI(secret, "王主任")
	if err != nil || !strings.HasPrefix(uri, "otpauth://totp/") || !strings.Contains(uri, "secret="+secret) || !strings.Contains(uri, "digits=6") || !strings.Contains(uri, "period=30") || len(secret) != 32 {
		t.Errorf("%q %v", uri, err)
	}
}

func TestFactorTries(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	var f FactorState
	for i := range FactorTries {
		if err := f.MayTry(now); err != nil {
			t.Fatalf("try %d: %v", i, err)
		}
		f = f.Failed(now.Add(time.Duration(i) * time.Minute))
	}
	at := now.Add(FactorWindow - time.Second)
	if CodeOf(f.MayTry(at)) != CodeTooMany || f.MayTry(now.Add(FactorWindow)) != nil {
		t.Errorf("%+v", f)
	}
	if f = f.Failed(now.Add(FactorWindow)); f.Failures != 1 {
		t.Errorf("the count goes on: %+v", f)
	}
}
