package cabin

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// PrivateKind is a sort of words that belong to one person and not on a public page.
type PrivateKind string

// The kinds.
const (
	PrivatePhone PrivateKind = "phone"
	PrivateID    PrivateKind = "id_number"
	PrivateDoor  PrivateKind = "door"
)

// Name is what the person who wrote it calls it.
func (k PrivateKind) Name() string {
	return map[PrivateKind]string{PrivatePhone: "电话号码", PrivateID: "身份证号", PrivateDoor: "门牌号"}[k]
}

// Private is a part of a text that belongs to one person. Text is as it was written.
type Private struct {
	Kind PrivateKind
	Text string
}

// Digits may be full-width, and have spaces or dashes between them. A door is masked, the
// building before it stays: people must find the place.
var privateForms = []struct {
	kind PrivateKind
	form *regexp.Regexp
}{
	{PrivateID, regexp.MustCompile(`[1-9](?:[ -]?\d){16}[ -]?[\dXx]|[1-9]\d{14}`)},
	{PrivatePhone, regexp.MustCompile(`1[ -]?[3-9](?:[ -]?\d){9}|0\d{2,3}[ -]?\d{7,8}|[48]00[ -]?\d{3}[ -]?\d{4}`)},
	{PrivateDoor, regexp.MustCompile(`(?:\d{1,2}|[一二三四五六七八九十甲乙丙丁]{1,3}) ?(?:单元|门洞?) ?(?:\d{3,4} ?(?:室|号|房|户)?)?|\d{3,4} ?(?:室|房|户)|\d{1,3}-\d{1,2}-\d{3,4}`)},
	{PrivateDoor, regexp.MustCompile(`(?:号楼|栋|幢|座) ?(\d{3,4}) ?(?:室|号|房)?`)},
}

// mask is what stands in place of what is private.
const mask = "***"

// private finds the spans of what is private in text, by runes.
func private(text []rune) (spans [][2]int, kinds []PrivateKind) {
	var plain strings.Builder // one rune for one, so that places are the same
	starts := make([]int, len(text)+1)
	for i, r := range text {
		switch {
		case r >= '０' && r <= '９':
			r = '0' + r - '０'
		case r == '－', r == '—', r == '–':
			r = '-'
		case unicode.IsSpace(r):
			r = ' '
		}
		starts[i] = plain.Len()
		plain.WriteRune(r)
	}
	s := plain.String()
	starts[len(text)] = len(s)
	place := func(at int) int { i, _ := slices.BinarySearch(starts, at); return i }
	for _, f := range privateForms {
		for _, m := range f.form.FindAllStringSubmatchIndex(s, -1) {
			from, to := m[0], m[1]
			if len(m) > 2 && m[2] >= 0 {
				from = m[2]
			}
			if digitAt(s, from-1) && digitAt(s, from) || digitAt(s, to) && digitAt(s, to-1) {
				continue // a part of a longer number
			}
			spans = append(spans, [2]int{place(from), place(to)})
			kinds = append(kinds, f.kind)
		}
	}
	return spans, kinds
}

func digitAt(s string, i int) bool { return i >= 0 && i < len(s) && s[i] >= '0' && s[i] <= '9' }

// FindPrivate lists what in a text belongs to one person, so that it can be pointed out
// before the text is sent. The text is kept as it was written all the same.
func FindPrivate(text string) []Private {
	runes := []rune(text)
	spans, kinds := private(runes)
	found := make([]Private, len(spans))
	for i, s := range spans {
		found[i] = Private{kinds[i], strings.TrimSpace(string(runes[s[0]:s[1]]))}
	}
	return found
}

// Masked is the text as the public may read it. Masked(Masked(x)) is Masked(x).
func Masked(text string) string {
	for {
		runes := []rune(text)
		spans, _ := private(runes)
		if len(spans) == 0 {
			return text
		}
		slices.SortFunc(spans, func(a, b [2]int) int { return a[0] - b[0] })
		var out strings.Builder
		at := 0
		for _, s := range spans {
			if s[0] >= at {
				out.WriteString(string(runes[at:s[0]]) + mask)
			}
			at = max(at, s[1])
		}
		text = out.String() + string(runes[at:])
	}
}
