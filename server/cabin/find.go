package cabin

import (
	"hash/fnv"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Sought is what somebody typed into the one box, as far as it says what it is.
type Sought struct {
	Text   string
	Number int64    // the id in a number such as 2026-0123, or 0
	Year   int      // of the number
	Phone  string   // eleven digits that are a phone, or ""
	Code   string   // six digits: a check-in code, or ""
	Grams  []uint32 // of its words; nil when there are none to look for
}

// MaxSought is how much is read of what somebody typed, in characters.
const MaxSought = 40

var soughtNumber = regexp.MustCompile(`(20\d\d)\s*[-－—]\s*(\d{4,10})`)

// ReadSought says what a text may mean: a number, a phone, a code, a name or words. Digits
// may be full-width (CodeInvalid: nothing to look for).
func ReadSought(text string) (Sought, error) {
	s := Sought{Text: strings.TrimSpace(halfWidth(text))}
	if err := CheckText("text", s.Text, 1, MaxSought); err != nil {
		return s, err
	}
	if m := soughtNumber.FindStringSubmatch(s.Text); m != nil {
		s.Year, _ = strconv.Atoi(m[1])
		s.Number, _ = strconv.ParseInt(m[2], 10, 64)
		return s, nil
	}
	digits := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, s.Text)
	if strings.Trim(digits, "0123456789+") == "" {
		switch {
		case len(strings.TrimPrefix(digits, "+86")) == 11 && strings.TrimPrefix(digits, "+86")[0] == '1':
			s.Phone = strings.TrimPrefix(digits, "+86")
		case len(digits) == 6:
			s.Code = digits
		}
		if n, err := strconv.ParseInt(digits, 10, 64); err == nil && s.Phone == "" && len(digits) < 11 {
			s.Number = n // without its year
		}
		return s, nil
	}
	s.Grams = Grams(s.Text)
	if s.Grams == nil && len([]rune(s.Text)) < 2 {
		return s, Invalid("text", "请至少写两个字。")
	}
	return s, nil
}

func halfWidth(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			return r - '！' + '!'
		}
		return r
	}, text)
}

// Grams are the hashes of a text's pairs of characters, each once, in order: letters and
// digits in lower case, as needLetters reads them. A pair spans what stands between.
func Grams(text string) []uint32 {
	letters := needLetters(text)
	var grams []uint32
	for i := 0; i+1 < len(letters); i++ {
		h := fnv.New32a()
		h.Write([]byte(string(letters[i : i+2])))
		grams = append(grams, h.Sum32())
	}
	slices.Sort(grams)
	return slices.Compact(grams)
}

// Says tells whether a text holds what was sought, as Grams reads both.
func Says(text, sought string) bool {
	return strings.Contains(string(needLetters(text)), string(needLetters(sought)))
}
