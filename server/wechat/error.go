package wechat

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"warmcabin/server/cabin"
)

// Error is a failed call to WeChat, fit for a log: Reason holds no token, secret, code,
// openid or address.
type Error struct {
	Code   int    // WeChat's errcode; 0 when it gave none
	Status int    // HTTP status; 0 when no complete answer came
	Sent   bool   // whether WeChat may have the request
	Reason string // redacted, in English
	Err    error  // context.Canceled or DeadlineExceeded, when that ended the call
}

func (e *Error) Error() string {
	if e.Code != 0 {
		return fmt.Sprintf("wechat: errcode %d: %s", e.Code, e.Reason)
	}
	return "wechat: " + e.Reason
}

func (e *Error) Unwrap() error { return e.Err }

func (e *Error) badToken() bool {
	return e.Sent && (e.Code == 40001 || e.Code == 40014 || e.Code == 42001)
}

// ErrCode returns WeChat's errcode in err's chain, 0 when there is none.
func ErrCode(err error) int {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return 0
}

var (
	urlPattern    = regexp.MustCompile(`[a-z]+://[^\s"']+`)
	openidPattern = regexp.MustCompile(`\bo[0-9A-Za-z_-]{27}\b`)
	paramPattern  = regexp.MustCompile(`(?i)\b(access_token|secret|js_code|openid|touser)("?\s*[=:]\s*"?)[^&\s",}]+`)
)

// maxReason bounds a redacted text, in characters.
const maxReason = 200

// redact takes out of a text what a log must not hold.
func (a *account) redact(text string) string {
	text = strings.ReplaceAll(text, a.secret, "[secret]")
	text = urlPattern.ReplaceAllString(text, "[url]")
	text = paramPattern.ReplaceAllString(text, "$1$2[hidden]")
	text = openidPattern.ReplaceAllString(text, "[openid]")
	text = strings.ToValidUTF8(text, "")
	if runes := []rune(text); len(runes) > maxReason {
		return string(runes[:maxReason-1]) + "…"
	}
	return text
}

// upstream wraps a failure that the person can do nothing about.
func upstream(err error) error {
	return cabin.E(cabin.CodeUpstream, "微信暂时没有回应，请您稍后再试", err)
}
