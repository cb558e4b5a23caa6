package cabin

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Category is a kind of report, with the questions it asks and the clock it runs on. It is
// closed rather than deleted: old reports keep theirs.
type Category struct {
	ID           int64     `db:"id"`
	Name         string    `db:"name"`
	Hint         string    `db:"hint"`          // a sentence of advice: what to say about it
	DepartmentID int64     `db:"department_id"` // who usually handles it; 0 = nobody yet
	Days         int       `db:"days"`          // working days to answer
	Urgent       bool      `db:"urgent"`        // danger: two hours, every hour counts
	Questions    Questions `db:"questions"`
	Closed       bool      `db:"closed"`
	Version      int       `db:"version"` // counts its changes
}

// QuestionKind is how a question of a category is answered.
type QuestionKind string

// The kinds of questions.
const (
	AskText   QuestionKind = "text"
	AskChoice QuestionKind = "choice" // one of the options
	AskYesNo  QuestionKind = "yes_no"
)

// YesNo are the answers to AskYesNo.
var YesNo = []string{"是", "否"}

// Question is what a category asks of everybody who reports such a thing. One that is
// asked no longer stays, closed: who had the form open before may still answer it.
type Question struct {
	ID       int          `json:"id"` // within its category, never used twice
	Text     string       `json:"text"`
	Kind     QuestionKind `json:"kind"`
	Required bool         `json:"required,omitempty"`
	Options  []string     `json:"options,omitempty"`
	Closed   bool         `json:"closed,omitempty"`
}

// Questions are a category's, in the order of the form; kept as JSON.
type Questions []Question

// Answer is what somebody answered, with the question as it was asked of them.
type Answer struct {
	Question string `json:"question"`
	Answer   string `json:"answer"`
}

// Answers are a report's, in the order of the form; kept as JSON.
type Answers []Answer

// Limits of a category.
const (
	MaxCategoryName  = 10
	MaxHint          = 100
	MaxQuestions     = 6 // that are asked: a report takes less than a minute
	maxClosed        = 30
	MaxQuestionText  = 40
	MaxOptions       = 8
	MaxOption        = 16
	MaxAnswer        = 200
	MaxCategories    = 30 // that are open
	maxCategoryClock = 60 // working days
)

// Scan reads questions from their column.
func (q *Questions) Scan(src any) error { return scanJSON(src, q) }

// Scan reads answers from their column.
func (a *Answers) Scan(src any) error { return scanJSON(src, a) }

func scanJSON(src any, into any) error {
	var text []byte
	switch v := src.(type) {
	case nil:
		return nil
	case []byte:
		text = v
	case string:
		text = []byte(v)
	default:
		return fmt.Errorf("%T is no JSON column", src)
	}
	if len(text) == 0 {
		return nil
	}
	return json.Unmarshal(text, into)
}

// Column is what is stored: nil when there are none.
func (q Questions) Column() any { return column(q) }

// Column is what is stored: nil when there are none.
func (a Answers) Column() any { return column(a) }

func column[T any](list []T) any {
	if len(list) == 0 {
		return nil
	}
	text, _ := json.Marshal(list) // of strings, numbers and truths it never fails
	return string(text)
}

// Lines are the answers one a line, each with its question.
func (a Answers) Lines() string {
	lines := make([]string, len(a))
	for i, x := range a {
		lines[i] = x.Question + " " + x.Answer
	}
	return strings.Join(lines, "\n")
}

// Asked are the questions that the form asks now.
func (q Questions) Asked() Questions {
	return slices.DeleteFunc(slices.Clone(q), func(x Question) bool { return x.Closed })
}

// Check holds a category against its limits (CodeInvalid) and tidies its words. kept are the
// questions as they were: those that are asked no longer stay, closed, and a question keeps
// its id only while it is the same kind.
func (c *Category) Check(kept Questions) error {
	c.Name, c.Hint = Clean(c.Name), Clean(c.Hint)
	if err := CheckText("name", c.Name, 1, MaxCategoryName); err != nil {
		return err
	}
	if err := CheckText("hint", c.Hint, 0, MaxHint); err != nil {
		return err
	}
	if c.Days < 1 || c.Days > maxCategoryClock {
		return Invalid("days", fmt.Sprintf("期限请填 1 到 %d 个工作日。", maxCategoryClock))
	}
	if len(c.Questions) > MaxQuestions {
		return Invalid("questions", fmt.Sprintf("一类最多问 %d 个问题，问得多了就没有人愿意填。", MaxQuestions))
	}
	next := 1
	for _, k := range kept {
		next = max(next, k.ID+1)
	}
	seen := map[string]bool{}
	for i := range c.Questions {
		q := &c.Questions[i]
		path := fmt.Sprintf("questions.%d", i)
		if err := q.check(path); err != nil {
			return err
		}
		if seen[q.Text] {
			return Invalid(path, "这个问题和上面的重复了。")
		}
		seen[q.Text] = true
		same := func(k Question) bool { return k.ID == q.ID && k.Kind == q.Kind }
		if q.ID == 0 || !slices.ContainsFunc(kept, same) {
			q.ID, next = next, next+1
		}
	}
	for _, k := range kept {
		if !slices.ContainsFunc(c.Questions, func(q Question) bool { return q.ID == k.ID }) {
			k.Closed = true
			c.Questions = append(c.Questions, k)
		}
	}
	c.Questions = c.Questions[:min(len(c.Questions), maxClosed)]
	return nil
}

func (q *Question) check(path string) error {
	q.Text, q.Closed = Clean(q.Text), false
	if err := CheckText(path, q.Text, 2, MaxQuestionText); err != nil {
		return err
	}
	switch q.Kind {
	case AskText, AskYesNo:
		q.Options = nil
		return nil
	case AskChoice:
	default:
		return Invalid(path, "请选择怎么回答。")
	}
	if len(q.Options) < 2 || len(q.Options) > MaxOptions {
		return Invalid(path, fmt.Sprintf("请写 2 到 %d 个选项。", MaxOptions))
	}
	for i, o := range q.Options {
		q.Options[i] = Clean(o)
		if err := CheckText(path, q.Options[i], 1, MaxOption); err != nil {
			return err
		}
		if slices.Index(q.Options, q.Options[i]) != i {
			return Invalid(path, "选项“"+q.Options[i]+"”重复了。")
		}
	}
	return nil
}

// Given is what a form sends: an answer by its question's id.
type Given struct {
	ID     int
	Answer string
}

// Take holds what was given against the questions and returns the answers in their order
// (CodeInvalid at answers.ID). Closed questions may be answered and are never missed; an
// answer to one that never was is dropped.
func (q Questions) Take(given []Given) (Answers, error) {
	var answers Answers
	for _, x := range q {
		path := fmt.Sprintf("answers.%d", x.ID)
		text := ""
		for _, g := range given {
			if g.ID == x.ID {
				text = Clean(g.Answer)
			}
		}
		options := x.Options
		if x.Kind == AskYesNo {
			options = YesNo
		}
		switch {
		case text == "" && x.Required && !x.Closed:
			return nil, Invalid(path, "请回答：“"+x.Text+"”")
		case text == "":
			continue
		case x.Kind != AskText && !x.Closed && !slices.Contains(options, text):
			return nil, Invalid(path, "请从选项里选一个回答：“"+x.Text+"”")
		}
		if err := CheckText(path, text, 0, MaxAnswer); err != nil {
			return nil, err
		}
		answers = append(answers, Answer{x.Text, text})
	}
	return answers, nil
}
