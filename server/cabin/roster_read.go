package cabin

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const mobileDigits = 11

// narrow writes full-width letters, digits and signs, and the wide space, as their narrow
// forms.
func narrow(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case r == '\u3000':
			return ' '
		}
		return r
	}, text)
}

// FoldName is what names of a roster are compared by: two ways of writing one name are one.
func FoldName(name string) string {
	return strings.ToLower(strings.Join(strings.Fields(narrow(name)), ""))
}

// RosterHeading is what headings are compared by: without spaces, marks of what is
// required, and what stands in brackets.
func RosterHeading(text string) string {
	text = narrow(Clean(text))
	if i := strings.IndexAny(text, "(["); i > 0 {
		text = text[:i]
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune("*:·", r) {
			return -1
		}
		return r
	}, text)
}

func plainText(limit int) func(string) (string, string) {
	return func(text string) (string, string) {
		if n := utf8.RuneCountInString(text); n > limit {
			return "", fmt.Sprintf("写了 %d 个字，最多 %d 个字", n, limit)
		}
		return text, ""
	}
}

// personName drops the spaces with which rosters align names of two characters.
func personName(text string) (string, string) {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		text = strings.ReplaceAll(text, " ", "")
	}
	if utf8.RuneCountInString(text) > MaxName {
		return "", fmt.Sprintf("姓名最多 %d 个字", MaxName)
	}
	if strings.ContainsAny(text, "、，,；;（）()") {
		return "", "一行只写一位的姓名，不要加括号或顿号"
	}
	if digits := strings.ContainsFunc(narrow(text), unicode.IsDigit); digits {
		return "", "姓名里不应有数字"
	}
	return text, ""
}

var mobileForm = regexp.MustCompile(`^1[3-9]\d{9}$`)

func mobile(text string) (string, string) {
	number := strings.Map(func(r rune) rune {
		if r == ' ' || unicode.Is(unicode.Pd, r) {
			return -1
		}
		return r
	}, narrow(text))
	number = strings.TrimPrefix(number, "+86")
	if len(number) == mobileDigits+2 {
		number = strings.TrimPrefix(number, "86")
	}
	if !mobileForm.MatchString(number) {
		return "", "手机号应为 11 位数字"
	}
	return number, ""
}

var deskPhoneForm = regexp.MustCompile(`^[0-9][0-9-]{4,18}[0-9]$`)

func deskPhone(text string) (string, string) {
	number := strings.ReplaceAll(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Pd, r) {
			return '-'
		}
		return r
	}, narrow(text)), " ", "")
	if !deskPhoneForm.MatchString(number) {
		return "", "电话写成数字，座机带区号，如 0571-88880000"
	}
	return number, ""
}

func oneOf(choices ...string) func(string) (string, string) {
	return func(text string) (string, string) {
		if folded := strings.ReplaceAll(narrow(text), " ", ""); slices.Contains(choices, folded) {
			return folded, ""
		}
		return "", "请从这些里面选：" + strings.Join(choices, "、")
	}
}

func readLevel(text string) (string, string) {
	word := strings.ReplaceAll(narrow(text), " ", "")
	for _, tail := range []string{"代表", "人大", "级"} {
		word = strings.TrimSuffix(word, tail)
	}
	level := map[string]string{"全国": "national", "国家": "national", "省": "province", "市": "city", "区": "district", "县": "district", "镇": "town", "乡镇": "town", "乡": "town"}[word]
	if level == "" {
		return "", "请从这些里面选：全国、省、市、区、镇"
	}
	return LevelName(level), ""
}

func degrees(least, most float64, what string) func(string) (string, string) {
	return func(text string) (string, string) {
		n, err := strconv.ParseFloat(narrow(text), 64)
		if err != nil || !(n >= least && n <= most) {
			return "", fmt.Sprintf("%s应为 %g 到 %g 之间的小数", what, least, most)
		}
		return strconv.FormatFloat(n, 'f', -1, 64), ""
	}
}

// cut parts a cell that holds several names. Sorted lists compare as sets; the order of
// rooms is the office's.
func cut(text string) []string {
	var names []string
	for _, name := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("、，,；;/|", r) }) {
		name = strings.TrimSpace(name)
		if name != "" && !slices.ContainsFunc(names, func(n string) bool { return FoldName(n) == FoldName(name) }) {
			names = append(names, name)
		}
	}
	return names
}

func join(names []string, sorted bool) string {
	if sorted {
		names = slices.Sorted(slices.Values(names))
	}
	return strings.Join(names, "、")
}

// RosterNames parts the canonical value of a list column.
func RosterNames(value string) []string {
	if value == "" || value == RosterClear {
		return nil
	}
	return strings.Split(value, "、")
}

// RosterList is the canonical value of a list column.
func RosterList(names []string) string { return join(names, true) }

const maxListed = 30

func nameList(limit int, sorted bool) func(string) (string, string) {
	return func(text string) (string, string) {
		names := cut(text)
		for _, n := range names {
			if utf8.RuneCountInString(n) > limit {
				return "", fmt.Sprintf("“%s…”太长了，每一项最多 %d 个字，几项之间用、隔开", string([]rune(n)[:10]), limit)
			}
		}
		if len(names) > maxListed {
			return "", fmt.Sprintf("写了 %d 项，最多 %d 项", len(names), maxListed)
		}
		return join(names, sorted), ""
	}
}

var serviceOrder = []Service{TalkOne, GroupTalk, Enterprise, PhoneCall}

// RosterServices is the canonical value of a deputy's services.
func RosterServices(services []Service) string {
	var names []string
	for _, s := range serviceOrder {
		if slices.Contains(services, s) {
			names = append(names, s.Name())
		}
	}
	return strings.Join(names, "、")
}

// ServiceNamed finds a service by its Chinese name, "" when there is none.
func ServiceNamed(name string) Service {
	for _, s := range serviceOrder {
		if s.Name() == name {
			return s
		}
	}
	return ""
}

func serviceList(text string) (string, string) {
	var found []Service
	for _, name := range cut(text) {
		s := ServiceNamed(narrow(name))
		if s == "" {
			return "", "“" + name + "”不是服务方式，请从这些里面选：面谈、讲座、企业咨询、电话"
		}
		found = append(found, s)
	}
	return RosterServices(found), ""
}

var (
	dayForm  = regexp.MustCompile(`^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?( 0?0:00(:00)?)?$`)
	dayShort = regexp.MustCompile(`^\d{1,2}[-/.月]\d{1,2}日?$`)
	dayPlain = regexp.MustCompile(`^(20\d{2})(\d{2})(\d{2})$`)
)

// readDay understands a day in the ways in which people write one as text.
func readDay(text string) (string, string) {
	text = narrow(text)
	if dayShort.MatchString(strings.ReplaceAll(text, " ", "")) {
		return "", "日期要写上年份，如 2027-10-01"
	}
	parts := dayForm.FindStringSubmatch(text)
	if parts == nil {
		parts = dayForm.FindStringSubmatch(strings.ReplaceAll(text, " ", ""))
	}
	if parts == nil {
		parts = dayPlain.FindStringSubmatch(text)
	}
	if parts == nil {
		return "", "看不懂这个日期，请写成 2027-10-01 这样"
	}
	y, _ := strconv.Atoi(parts[1]) // the forms let only digits through
	m, _ := strconv.Atoi(parts[2])
	d, _ := strconv.Atoi(parts[3])
	day := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if day.Year() != y || int(day.Month()) != m || day.Day() != d {
		return "", "没有这一天，请检查月和日"
	}
	return day.Format(time.DateOnly), ""
}

// RosterWeekday is the canonical value of a weekday, "" for -1.
func RosterWeekday(n int) string {
	if n < 0 || n >= len(weekdays) {
		return ""
	}
	return weekdays[n]
}

// WeekdayNamed is RosterWeekday's way back; -1 for none.
func WeekdayNamed(name string) int { return slices.Index(weekdays[:], name) }

func readWeekday(text string) (string, string) {
	word := strings.NewReplacer("星期", "周", "礼拜", "周", "周天", "周日", " ", "").Replace(narrow(text))
	if WeekdayNamed(word) < 0 {
		return "", "请写周一到周日，如 周五"
	}
	return word, ""
}
