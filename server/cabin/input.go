package cabin

import (
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
)

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
		case NeedOutcome:
			if !in.Outcome.Valid() {
				return Invalid("outcome", "请选择办理结果。")
			}
		case NeedDepartment:
			if in.DepartmentID == 0 {
				return Invalid("departmentId", "请选择承办单位。")
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
	}{{"reason", in.Reason, MaxReason}, {"note", in.Note, MaxText}, {"text", in.Text, MaxText}} {
		if err := CheckText(f.path, f.text, 0, f.limit); err != nil {
			return err
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
		return Invalid(path, "写得太长了，请精简一些。")
	}
	return nil
}

// Clean trims a text and drops control and zero-width formatting characters, but keeps
// line breaks and what joins emoji.
func Clean(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\u200d':
			return r
		case r == '\t':
			return ' '
		case unicode.IsControl(r), r == '\u200b', r == '\ufeff', r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	return strings.TrimSpace(text)
}

func firstText(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
