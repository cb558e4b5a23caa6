package cabin

import (
	"strings"
	"unicode/utf8"
)

// ProxyConsent is what the staff read aloud before they write down a walk-in's name and
// phone; a yes is kept in these words.
const ProxyConsent = "我同意联络站工作人员记录我的姓名和电话，代我预约人大代表，并用电话告诉我结果。"

// MaskedName shows of a name what lets its owner be recognised and nobody else be learnt: 王＊＊.
func MaskedName(name string) string {
	first, size := utf8.DecodeRuneInString(name)
	if size == 0 {
		return "＊"
	}
	return string(first) + strings.Repeat("＊", max(1, utf8.RuneCountInString(name)-1))
}

// codePrefix stands before the digits in the QR code on a resident's page.
const codePrefix = "WARMCABIN:"

// ReadCheckCode returns the six digits of what was scanned or typed (CodeInvalid): full-width
// digits, spaces between them and the QR code's prefix are understood.
func ReadCheckCode(text string) (string, error) {
	code := strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == ' ' || r == '-' || r == '　' || r == '\n':
			return -1
		}
		return r
	}, text)
	if len(code) > len(codePrefix) && strings.EqualFold(code[:len(codePrefix)], codePrefix) {
		code = code[len(codePrefix):]
	}
	if len(code) != 6 || strings.Trim(code, "0123456789") != "" {
		return "", Invalid("code", "签到码是 6 位数字，请再看一看。")
	}
	return code, nil
}

// ContactOpened is the event of the staff looking at the resident's phone, which the
// resident sees with the reason. Errors: CodeNotFound for a stranger, CodeForbidden for who
// is no staff of the station, CodeInvalid without a reason.
func (b *Booking) ContactOpened(a Actor, reason string) (Event, error) {
	roles := b.RolesOf(a)
	for _, r := range roles {
		if r != Staff {
			continue
		}
		if err := checkNeeds([]Need{NeedReason}, Input{Reason: reason}); err != nil {
			return Event{}, err
		}
		return Event{Command: "contact", From: string(b.State), To: string(b.State), Role: Staff, Text: "查看了联系电话", Note: reason}, nil
	}
	return Event{}, refusal(roles, true, "")
}
