package cabin

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

var asked = Questions{
	{ID: 1, Text: "水有多深", Kind: AskChoice, Required: true, Options: []string{"没过鞋面", "没过脚踝"}},
	{ID: 2, Text: "车能过吗", Kind: AskYesNo},
	{ID: 3, Text: "一般什么时候积水", Kind: AskText},
	{ID: 4, Text: "以前问过的", Kind: AskText, Required: true, Closed: true},
}

func TestAnswersAreHeldAgainstTheQuestions(t *testing.T) {
	for name, c := range map[string]struct {
		given []Given
		want  Answers
		fault string
	}{
		"all of them, in the form's order":        {[]Given{{3, " 每次下雨\u200b "}, {2, "是"}, {1, "没过脚踝"}}, Answers{{"水有多深", "没过脚踝"}, {"车能过吗", "是"}, {"一般什么时候积水", "每次下雨"}}, ""},
		"what may be left out is":                 {[]Given{{1, "没过鞋面"}}, Answers{{"水有多深", "没过鞋面"}}, ""},
		"one is missing":                          {[]Given{{2, "否"}}, nil, "answers.1"},
		"an option that is none":                  {[]Given{{1, "没过膝盖"}}, nil, "answers.1"},
		"neither yes nor no":                      {[]Given{{1, "没过鞋面"}, {2, "也许"}}, nil, "answers.2"},
		"too long":                                {[]Given{{1, "没过鞋面"}, {3, strings.Repeat("长", MaxAnswer+1)}}, nil, "answers.3"},
		"one that was asked when the form opened": {[]Given{{1, "没过鞋面"}, {4, "还记得"}}, Answers{{"水有多深", "没过鞋面"}, {"以前问过的", "还记得"}}, ""},
		"one that never was":                      {[]Given{{1, "没过鞋面"}, {99, "x"}}, Answers{{"水有多深", "没过鞋面"}}, ""},
		"nothing but what nobody sees":            {[]Given{{1, "\u200b\u200d"}}, nil, "answers.1"},
	} {
		got, err := asked.Take(c.given)
		if c.fault == "" && (err != nil || !reflect.DeepEqual(got, c.want)) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if c.fault != "" && (CodeOf(err) != CodeInvalid || !namesField(err, c.fault)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACategoryIsTidiedAndHeldToItsLimits(t *testing.T) {
	whole := func() Category {
		return Category{Name: "道路积水", Hint: "写明路段", Days: 5, Questions: Questions{{Text: " 水有多深 ", Kind: AskChoice, Options: []string{"浅", "深"}}, {ID: 3, Text: "一般什么时候积水", Kind: AskText}}}
	}
	c := whole()
	if err := c.Check(asked); err != nil {
		t.Fatal(err)
	}
	// A new one gets an id that no other ever had, one that was there keeps its own, and the others stay, closed.
	var ids []int
	for _, q := range c.Questions {
		ids = append(ids, q.ID)
	}
	if !reflect.DeepEqual(ids, []int{5, 3, 1, 2, 4}) || len(c.Questions.Asked()) != 2 || c.Questions[0].Text != "水有多深" {
		t.Errorf("%v: %+v", ids, c.Questions)
	}
	// A question that is answered otherwise is another one: old forms keep the old.
	c = whole()
	c.Questions = Questions{{ID: 3, Text: "一般什么时候积水", Kind: AskYesNo, Options: []string{"x"}}}
	if err := c.Check(asked); err != nil || c.Questions[0].ID != 5 || c.Questions[0].Options != nil {
		t.Errorf("%v %+v", err, c.Questions)
	}
	for name, spoil := range map[string]func(*Category){
		"no name":                  func(c *Category) { c.Name = " \u200b " },
		"a long name":              func(c *Category) { c.Name = strings.Repeat("长", MaxCategoryName+1) },
		"a long hint":              func(c *Category) { c.Hint = strings.Repeat("长", MaxHint+1) },
		"no days":                  func(c *Category) { c.Days = 0 },
		"too many days":            func(c *Category) { c.Days = 61 },
		"too many questions":       func(c *Category) { c.Questions = make(Questions, MaxQuestions+1) },
		"the same question twice":  func(c *Category) { c.Questions[1].Text = "水有多深" },
		"an unknown kind":          func(c *Category) { c.Questions[0].Kind = "x" },
		"one option":               func(c *Category) { c.Questions[0].Options = []string{"浅"} },
		"the same option twice":    func(c *Category) { c.Questions[0].Options = []string{"浅", "浅 "} },
		"an empty option":          func(c *Category) { c.Questions[0].Options = []string{"浅", ""} },
		"a question without words": func(c *Category) { c.Questions[0].Text = "" },
	} {
		c := whole()
		spoil(&c)
		if err := c.Check(nil); CodeOf(err) != CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestQuestionsAndAnswersGoThroughTheirColumn(t *testing.T) {
	text, _ := asked.Column().(string)
	var back Questions
	if err := back.Scan([]byte(text)); err != nil || !reflect.DeepEqual(back, asked) {
		t.Errorf("%v %+v", err, back)
	}
	var none Answers
	if none.Column() != nil || none.Scan(nil) != nil || none.Scan("") != nil || none != nil || none.Scan(1) == nil {
		t.Error("no answers are not nothing")
	}
	if got := (Answers{{"a", "b"}, {"c", "d"}}).Lines(); got != "a b\nc d" {
		t.Error(got)
	}
}

func namesField(err error, path string) bool {
	e, ok := err.(*Error)
	return ok && slices.ContainsFunc(e.Fields, func(f Field) bool { return f.Path == path })
}
