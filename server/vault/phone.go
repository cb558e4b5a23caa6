package vault

import (
	"regexp"
	"strings"
	"unicode"

	"warmcabin/server/cabin"
)

// phone is a mainland mobile, or a landline with its area code: three digits of code and
// eight of number in the largest cities, four and seven or eight elsewhere.
var phone = regexp.MustCompile(`^(?:1\d{10}|0(?:10|2\d)[2-9]\d{7}|0[3-9]\d{2}[2-9]\d{6,7})$`)

// NormalPhone returns the one form in which a phone is stored and hashed, digits only:
// "13800138000", "057188880000". Full-width digits, spaces, dashes, brackets, invisible
// marks and the prefixes +86, 0086 and 86 are understood. Anything but a mainland mobile or
// a landline with area code is CodeInvalid, by the field "phone", in a sentence that does
// not repeat what was written.
func NormalPhone(text string) (string, error) {
	number := fold(text)
	switch {
	case number == "":
		return "", cabin.Invalid("phone", "请填写电话号码。")
	case !phone.MatchString(number):
		return "", cabin.Invalid("phone", "请填写 11 位手机号，或带区号的座机号，如 0571-88880000。")
	}
	return number, nil
}

// MaskedPhone is a phone in its normal form as its own owner may see it on a screen that
// others look at: 138****8000; "" for none.
func MaskedPhone(number string) string {
	if len(number) < 8 {
		return strings.Repeat("*", len(number))
	}
	return number[:3] + strings.Repeat("*", len(number)-7) + number[len(number)-4:]
}

// fold writes a phone in its normal form, whether it is one or not.
func fold(text string) string {
	number := strings.Map(plain, text)
	for _, prefix := range []string{"+86", "0086"} {
		if rest, ok := strings.CutPrefix(number, prefix); ok {
			return national(rest)
		}
	}
	if len(number) == len("8613800138000") && strings.HasPrefix(number, "861") {
		return number[len("86"):]
	}
	return number
}

// national adds the zero of the area code, which is left out after the country's.
func national(number string) string {
	mobile := len(number) == len("13800138000") && number[0] == '1'
	if number == "" || number[0] == '0' || mobile {
		return number
	}
	return "0" + number
}

// plain drops (-1) what only separates, and narrows full-width forms.
func plain(r rune) rune {
	if r >= '！' && r <= '～' {
		r -= '！' - '!'
	}
	// Cf: phones copied from an address book come wrapped in direction marks.
	if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Pd, r) || strings.ContainsRune("()−", r) {
		return -1
	}
	return r
}
