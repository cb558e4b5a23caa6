package cabin

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of what people write, in characters.
const (
	MaxName   = 20
	MaxTopic  = 40
	MaxNote   = 500
	MaxReason = 200
	MaxText   = 1000
	MaxPlace  = 100
)

// QuickBlank opens a blank in a quick text, 〔具体时间〕. Words that still have one are not
// sent: nobody answers a person with the same sentence as the last one.
const QuickBlank = "〔"

// checkNeeds holds an input against what a command asks for (CodeInvalid, by field).
func checkNeeds(needs []Need, in Input) error {
	for _, n := range needs {
		switch n {
		case NeedReason:
			if strings.TrimSpace(in.Reason) == "" {
				return Invalid("reason", "请写明原因。")
			}
		case NeedNote:
			if strings.TrimSpace(in.Note) == "" {
				return Invalid("note", "请写几句话说明。")
			}
		case NeedOffer:
			if in.Offer == nil {
				return Invalid("start", "请选择另一个时间。")
			}
		case NeedTime:
			if in.Offer == nil {
				return Invalid("start", "请选择讲座的时间。")
			}
		case NeedPlace:
			if in.Offer == nil || in.Offer.RoomID == 0 && strings.TrimSpace(in.Place) == "" {
				return Invalid("place", "请选择房间，或者写下地点。")
			}
		case NeedSeats:
			if in.Seats < MinTalkSeats || in.Seats > MaxTalkSeats {
				return Invalid("seats", fmt.Sprintf("座位请填 %d 到 %d 个。", MinTalkSeats, MaxTalkSeats))
			}
		case NeedOutcome:
			if !in.Outcome.Valid() {
				return Invalid("outcome", "请选择办理结果。")
			}
		case NeedDepartment:
			if in.DepartmentID == 0 {
				return Invalid("departmentId", "请选择承办单位。")
			}
		case NeedCategory:
			if in.CategoryID == 0 {
				return Invalid("categoryId", "请选择类别。")
			}
		case NeedWhere:
			if err := CheckText("where", strings.TrimSpace(in.Building+in.Where), 1, MaxPlace); err != nil {
				return err
			}
		case NeedReport:
			if in.IntoID == 0 {
				return Invalid("intoId", "请选择并到哪一件。")
			}
		case NeedStars:
			if in.Stars < 1 || in.Stars > 5 {
				return Invalid("stars", "请选择 1 到 5 颗星。")
			}
		case NeedPhotos:
			if len(in.PhotoIDs) == 0 {
				return Invalid("photoIds", "请上传现场照片。")
			}
		}
	}
	return checkLengths(in)
}

func checkLengths(in Input) error {
	for _, f := range []struct {
		path, text string
		limit      int
	}{{"reason", in.Reason, MaxReason}, {"note", in.Note, MaxText}, {"text", in.Text, MaxText}, {"place", in.Place, MaxTalkPlace}} {
		if err := CheckText(f.path, f.text, 0, f.limit); err != nil {
			return err
		}
		if strings.Contains(f.text, QuickBlank) {
			return Invalid(f.path, "常用语里的“"+QuickBlank+"…〕”要换成这件事的实际情况。")
		}
	}
	if in.Days < 0 || in.Days > 60 {
		return Invalid("days", "期限请填 1 到 60 个工作日。")
	}
	return nil
}

// CheckText holds a text against its length in characters (CodeInvalid about path).
func CheckText(path, text string, least, most int) error {
	n := utf8.RuneCountInString(strings.TrimSpace(text))
	switch {
	case !utf8.ValidString(text):
		return Invalid(path, "文字里有无法识别的字符，请重新输入。")
	case n < least && n == 0:
		return Invalid(path, "请填写这一项。")
	case n < least:
		return Invalid(path, "写得太短了，请再多写几个字。")
	case n > most:
		return Invalid(path, fmt.Sprintf("写得太长了：最多 %d 个字，现在有 %d 个，请精简一些。", most, n))
	}
	return nil
}

// Clean trims a text and drops what nobody sees but what can mislead a reader or pass for
// words: control characters, zero-width and direction marks, fillers. Line breaks stay,
// and so does what joins an emoji. Clean(Clean(x)) is Clean(x).
func Clean(text string) string {
	in := []rune(strings.Map(visible, strings.ToValidUTF8(text, "")))
	out := make([]rune, 0, len(in))
	for i, r := range in {
		last := ' '
		if len(out) > 0 {
			last = out[len(out)-1]
		}
		keep := true
		switch {
		case r == joiner: // only between two pictures
			keep = (unicode.IsSymbol(last) || variation(last) || tag(last)) && i+1 < len(in) && unicode.IsSymbol(in[i+1])
		case variation(r):
			keep = !unicode.IsSpace(last) && last != joiner && !variation(last)
		case tag(r):
			keep = last == blackFlag || tag(last)
		}
		if keep {
			out = append(out, r)
		}
	}
	return strings.TrimSpace(string(out))
}

const (
	joiner    = '\u200d'     // binds emoji: 👩‍⚕️
	blackFlag = '\U0001f3f4' // begins a flag that is spelt in tags
)

func variation(r rune) bool { return r >= '\ufe00' && r <= '\ufe0f' }
func tag(r rune) bool       { return r >= '\U000e0020' && r <= '\U000e007f' }

// visible maps one character of Clean's input; -1 drops it.
func visible(r rune) rune {
	switch {
	case r == '\n', r == '\u2028', r == '\u2029':
		return '\n'
	case r == '\t':
		return ' '
	case r == joiner, tag(r):
		return r
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r),
		r == '\u115f', r == '\u1160', r == '\u2800', r == '\u3164', r == '\uffa0', r == '\u034f':
		return -1
	}
	return r
}

func firstText(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
