package wechatsim

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
)

// The patterns of the field types that are a pattern.
var fieldPatterns = map[string]*regexp.Regexp{
	"number":           regexp.MustCompile(`^-?[0-9]{1,32}(\.[0-9]+)?$`),
	"letter":           regexp.MustCompile(`^[A-Za-z]{1,32}$`),
	"symbol":           regexp.MustCompile(`^[^\p{L}\p{N}\s]{1,5}$`),
	"character_string": regexp.MustCompile(`^[!-~ ]{1,32}$`),
	"phrase":           regexp.MustCompile(`^\p{Han}{1,5}$`),
	"phone_number":     regexp.MustCompile(`^[0-9+\-() ]{1,17}$`),
	"car_number":       regexp.MustCompile(`^[\p{Han}0-9A-Za-z][0-9A-Za-z]{0,6}[\p{Han}0-9A-Za-z]$`),
	"amount":           regexp.MustCompile(`^[¥￥$€£]?-?[0-9]{1,10}(\.[0-9]+)?元?$`),
}

// CheckField holds a value against WeChat's limits for a field type ("thing", "time", …):
// nil when a message with it would be taken, an error (47003) when not. Lengths count
// UTF-16 units: an emoji is two, the stricter reading of "characters".
func CheckField(fieldType, value string) error {
	if strings.TrimSpace(value) == "" {
		return fmt.Errorf("%s: empty", fieldType)
	}
	if strings.ContainsFunc(value, unicode.IsControl) {
		return fmt.Errorf("%s: a control character", fieldType)
	}
	size := len(utf16.Encode([]rune(value)))
	legal := false
	switch fieldType {
	case "thing", "enum", "const":
		legal = size <= 20
	case "name":
		ascii := !strings.ContainsFunc(value, func(r rune) bool { return r > unicode.MaxASCII })
		legal = !strings.ContainsFunc(value, notInName) && (size <= 10 || ascii && size <= 20)
	case "date", "time":
		legal = isMoment(fieldType, value)
	default:
		p := fieldPatterns[fieldType]
		if p == nil {
			return fmt.Errorf("%s: no such field type", fieldType)
		}
		legal = p.MatchString(value) && size <= 64
	}
	if !legal {
		return fmt.Errorf("%s: not a legal value", fieldType)
	}
	return nil
}

func notInName(r rune) bool { return r != ' ' && !unicode.IsLetter(r) && !unicode.IsPunct(r) }

// isMoment accepts one point in time or two joined by "~". A date needs its day; a time
// needs its clock, at least on one side.
func isMoment(fieldType, value string) bool {
	parts := strings.Split(value, "~")
	if len(parts) > 2 {
		return false
	}
	days, clocks := 0, 0
	for _, part := range parts {
		day, clock, good := readMoment(strings.TrimSpace(part))
		if !good {
			return false
		}
		if day {
			days++
		}
		if clock {
			clocks++
		}
	}
	if fieldType == "date" {
		return days > 0
	}
	return clocks > 0
}

func readMoment(s string) (day, clock, good bool) {
	if _, err := time.Parse("15:04", s); err == nil {
		return false, true, true
	}
	for _, layout := range []string{"2006年1月2日", "2006-1-2", "2006/1/2", "2006.1.2"} {
		if _, err := time.Parse(layout, s); err == nil {
			return true, false, true
		}
		if _, err := time.Parse(layout+" 15:04", s); err == nil {
			return true, true, true
		}
	}
	return false, false, false
}
