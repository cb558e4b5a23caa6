package cabin

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// Limits of the words that lead to a speciality, in characters.
const (
	MinNeedWord  = 2
	MaxNeedWord  = 12
	MaxUnmetWord = 20
)

// NeedWord is people's own word for a speciality (睡不好 → 心理健康). Position > 0 is its
// place on the home page.
type NeedWord struct {
	Word         string `db:"word"`
	SpecialityID int64  `db:"speciality_id"`
	Speciality   string `db:"speciality"`
	Position     int    `db:"position"`
}

// NeedMatch is a speciality that fits what somebody said, with the word that led to it.
type NeedMatch struct {
	SpecialityID int64
	Speciality   string
	Word         string // "" when the speciality's own name was said
	Score        int    // only its order counts
	said         bool   // Word stands in the text as it is
}

// Reason says to the person why this speciality was found.
func (m NeedMatch) Reason() string {
	switch {
	case m.Word == "":
		return "擅长“" + m.Speciality + "”"
	case m.said:
		return "擅长“" + m.Speciality + "”，和您说的“" + m.Word + "”有关"
	}
	return "擅长“" + m.Speciality + "”，您说的和“" + m.Word + "”相近"
}

// What a kind of match weighs: a kind always beats the next, and within one the word that
// covers more wins.
const (
	weightSaid   = 3000 // the word stands in the text: + its length
	weightWithin = 2000 // the text stands in the word: + percent of it
	weightAlike  = 1000 // half of the word's pairs of characters or more: + percent of them
)

// MatchNeed finds the specialities behind own words, each once by its best word, best
// first. A speciality's own name counts only when it is among the words.
func MatchNeed(text string, words []NeedWord) []NeedMatch {
	said := needLetters(text)
	best := map[int64]NeedMatch{}
	for _, w := range words {
		m := NeedMatch{SpecialityID: w.SpecialityID, Speciality: w.Speciality}
		if m.Score, m.said = needScore(said, needLetters(w.Word)); m.Score == 0 {
			continue
		}
		if w.Word != w.Speciality {
			m.Word = w.Word
		}
		if old, found := best[w.SpecialityID]; !found || m.Score > old.Score || m.Score == old.Score && m.Word < old.Word {
			best[w.SpecialityID] = m
		}
	}
	found := make([]NeedMatch, 0, len(best))
	for _, m := range best {
		found = append(found, m)
	}
	slices.SortFunc(found, func(a, b NeedMatch) int {
		return cmp.Or(b.Score-a.Score, cmp.Compare(a.SpecialityID, b.SpecialityID))
	})
	return found
}

// needLetters are a text's letters and digits in lower case and half width: punctuation
// and spaces say nothing here.
func needLetters(text string) []rune {
	var out []rune
	for _, r := range strings.ToLower(text) {
		if r >= '！' && r <= '～' {
			r -= '！' - '!'
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			out = append(out, r)
		}
	}
	return out
}

func needScore(said, word []rune) (score int, inText bool) {
	switch {
	case len(word) < MinNeedWord || len(said) < MinNeedWord:
		return 0, false
	case strings.Contains(string(said), string(word)):
		return weightSaid + len(word), true
	}
	pairs, in := tellingPairs(word), tellingPairs(said)
	switch {
	case len(in) == 0 || len(pairs) == 0:
		return 0, false
	case strings.Contains(string(word), string(said)):
		return weightWithin + 100*len(said)/len(word), false
	case len(word) < 3:
		return 0, false
	}
	alike := 0
	for p := range pairs {
		if in[p] {
			alike++
		}
	}
	if 2*alike < len(pairs) {
		return 0, false
	}
	return weightAlike + 100*alike/len(pairs), false
}

// everyday are characters that stand in any sentence: a pair of two of them (不好, 没有,
// 怎么) tells nothing about what somebody needs.
const everyday = "的了是不没有在我你您他她们这那个就也都很太想要会能到去来说什么怎样办人好"

// tellingPairs are the pairs of neighbouring characters that tell something.
func tellingPairs(text []rune) map[[2]rune]bool {
	pairs := map[[2]rune]bool{}
	for i := 1; i < len(text); i++ {
		if !strings.ContainsRune(everyday, text[i-1]) || !strings.ContainsRune(everyday, text[i]) {
			pairs[[2]rune{text[i-1], text[i]}] = true
		}
	}
	return pairs
}

// UnmetWord is what is kept of words that matched nothing: without punctuation, without
// numbers of four digits or more (phones, doors, cards), in lower case and short; "" when
// nothing is left that could be a need.
func UnmetWord(text string) string {
	words := strings.FieldsFunc(withoutNumbers(strings.ToLower(Clean(text))), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	kept := []rune(strings.Join(words, " "))
	if len(kept) > MaxUnmetWord {
		kept = []rune(strings.TrimSpace(string(kept[:MaxUnmetWord])))
	}
	if len(needLetters(string(kept))) < MinNeedWord {
		return ""
	}
	return string(kept)
}

// withoutNumbers drops runs of four digits or more, also those that are written in groups
// (138-0000 0000).
func withoutNumbers(text string) string {
	in := []rune(text)
	var out []rune
	for i := 0; i < len(in); {
		if !unicode.IsDigit(in[i]) {
			out = append(out, in[i])
			i++
			continue
		}
		end, digits := i, 0
		for j := i; j < len(in) && (unicode.IsDigit(in[j]) || strings.ContainsRune(" -–—－.·()（）", in[j])); j++ {
			if unicode.IsDigit(in[j]) {
				end, digits = j+1, digits+1
			}
		}
		if digits < 4 {
			out = append(out, in[i:end]...)
		} else {
			out = append(out, ' ')
		}
		i = end
	}
	return string(out)
}

// CheckNeedWord cleans a word that the office sets for a speciality, and holds it against
// its limits (CodeInvalid about word).
func CheckNeedWord(word string) (string, error) {
	word = strings.ToLower(strings.Join(strings.Fields(Clean(word)), ""))
	if err := CheckText("word", word, 0, MaxNeedWord); err != nil {
		return word, Invalid("word", "词太长了，12 个字以内更容易对上。")
	}
	if len(needLetters(word)) < MinNeedWord {
		return word, Invalid("word", "请写一个至少两个字的词，比如“睡不好”。")
	}
	return word, nil
}
