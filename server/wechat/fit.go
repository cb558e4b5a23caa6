package wechat

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// fitters know WeChat's field types. Lengths count UTF-16 units, so an emoji is two: the
// stricter reading of WeChat's "characters".
var fitters = map[string]func(string) (string, bool){
	"thing":            func(s string) (string, bool) { return orDash(cut(s, 20)), true },
	"enum":             whole(20),
	"const":            whole(20),
	"phrase":           fitPhrase,
	"name":             fitName,
	"character_string": fitCharacters,
	"symbol":           fitSymbol,
	"letter":           matching(`[A-Za-z]{1,32}`),
	"number":           matching(`-?[0-9]{1,20}(\.[0-9]{1,10})?`),
	"phone_number":     matching(`[0-9+\-() ]{0,16}[0-9]`),
	"car_number":       matching(`[\p{Han}0-9A-Za-z][0-9A-Za-z]{0,6}[\p{Han}0-9A-Za-z]`),
	"amount":           matching(`[¥￥$€£]?-?[0-9]{1,10}(\.[0-9]{1,2})?元?`),
	"date":             func(s string) (string, bool) { return fitMoment(s, "date") },
	"time":             func(s string) (string, bool) { return fitMoment(s, "time") },
}

// Fit makes value legal for a field of a message template, or says why it cannot be.
// fieldType is the type ("thing") or a field's name ("thing1"). Words are cut, with "…",
// and are never empty ("—", or what the type allows); line breaks become spaces. What
// would mislead when cut or made up (numbers, amounts, times, phone and car numbers) is
// taken whole or refused. Fitting twice changes nothing.
func Fit(fieldType, value string) (string, error) {
	kind := strings.TrimRight(fieldType, "0123456789")
	fit, known := fitters[kind]
	if !known {
		return "", fmt.Errorf("wechat: %q is no field type", fieldType)
	}
	fitted, ok := fit(clean(value))
	if !ok {
		return "", fmt.Errorf("wechat: not a value for a field of type %s", kind) // the value may be private
	}
	return fitted, nil
}

const zeroWidthJoiner = '\u200d'

// clean makes a text one line of visible characters with single spaces.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r != zeroWidthJoiner && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co):
			return -1 // also marks that turn the reading direction around
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(s), " ")
}

func size(r rune) int {
	if r > 0xffff {
		return 2
	}
	return 1
}

func sizeOf(s string) int {
	n := 0
	for _, r := range s {
		n += size(r)
	}
	return n
}

// cut shortens s to at most limit units, the last one "…" when something was taken away.
func cut(s string, limit int) string {
	if sizeOf(s) <= limit {
		return s
	}
	n := 0
	for i, r := range s {
		if n += size(r); n > limit-1 {
			s = s[:i]
			break
		}
	}
	// No joiner, skin tone or space may dangle before the "…".
	return strings.TrimRight(s, " \u200d\ufe0f") + "…"
}

func orDash(s string) string {
	if strings.Trim(s, " \u200d\ufe0f") == "" {
		return "—"
	}
	return s
}

func whole(limit int) func(string) (string, bool) {
	return func(s string) (string, bool) { return s, orDash(s) == s && sizeOf(s) <= limit }
}

func matching(pattern string) func(string) (string, bool) {
	p := regexp.MustCompile(`^(?:` + pattern + `)$`)
	return func(s string) (string, bool) { return s, p.MatchString(s) }
}

// fitPhrase keeps the first five Chinese characters.
func fitPhrase(s string) (string, bool) {
	var han []rune
	n := 0
	for _, r := range s {
		if unicode.Is(unicode.Han, r) && n+size(r) <= 5 {
			han, n = append(han, r), n+size(r)
		}
	}
	if len(han) == 0 {
		return "无", true
	}
	return string(han), true
}

// fitName keeps letters and punctuation: 20, or 10 as soon as one is not ASCII.
func fitName(s string) (string, bool) {
	letters := 0
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r):
			letters++
			return r
		case r == ' ' || unicode.IsPunct(r):
			return r
		}
		return -1
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if letters == 0 {
		return "未填写", true
	}
	ascii := !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
	if ascii && len(s) <= 20 {
		return s, true
	}
	if ascii { // "…" would halve what may stay
		return strings.TrimSpace(s[:19]) + ".", true
	}
	return cut(s, 10), true
}

// fitCharacters keeps ASCII; a longer text loses its end and says so.
func fitCharacters(s string) (string, bool) {
	s = clean(strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII {
			return -1
		}
		return r
	}, s))
	switch {
	case s == "":
		return "-", true
	case len(s) > 32:
		return strings.TrimSpace(s[:29]) + "...", true
	}
	return s, true
}

func fitSymbol(s string) (string, bool) {
	out, n := "", 0
	for _, r := range s {
		if r <= 0xffff && (unicode.IsPunct(r) || unicode.IsSymbol(r)) && n < 5 {
			out, n = out+string(r), n+1
		}
	}
	if out == "" {
		return "-", true
	}
	return out, true
}

var dayLayouts = []string{"2006年1月2日", "2006-1-2", "2006/1/2", "2006.1.2"}

// fitMoment takes one moment or two joined by "~". A date needs a day, a time a clock.
func fitMoment(s, kind string) (string, bool) {
	parts := strings.Split(s, "~")
	if len(parts) > 2 {
		return "", false
	}
	anyDay, anyClock := false, false
	for i, part := range parts {
		parts[i] = strings.TrimSpace(part)
		day, clock := moment(parts[i])
		if !day && !clock {
			return "", false
		}
		anyDay, anyClock = anyDay || day, anyClock || clock
	}
	if kind == "date" && !anyDay || kind == "time" && !anyClock {
		return "", false
	}
	return strings.Join(parts, "~"), true
}

// moment says whether s is a day, a clock time of 24 hours, or both.
func moment(s string) (day, clock bool) {
	if _, err := time.Parse("15:04", s); err == nil {
		return false, true
	}
	for _, layout := range dayLayouts {
		if _, err := time.Parse(layout, s); err == nil {
			return true, false
		}
		if _, err := time.Parse(layout+" 15:04", s); err == nil {
			return true, true
		}
	}
	return false, false
}
