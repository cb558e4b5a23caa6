package wechat

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/silenceper/wechat/v2/miniprogram"
)

// AccountTemplate is a template as the account has it; an official account's has no kind.
type AccountTemplate struct {
	ID, Title string
	LongTerm  bool
	Fields    []string // thing1, time2 …
}

var placeholder = regexp.MustCompile(`\{\{\s*([a-z_]+[0-9]+)\.DATA\s*\}\}`)

// Templates lists the account's subscribe-message templates. Failures are
// cabin.CodeUpstream.
func (c *Client) Templates(ctx context.Context) ([]AccountTemplate, error) {
	var all []AccountTemplate
	err := c.do(ctx, func(_ context.Context, mp *miniprogram.MiniProgram) error {
		all = nil
		list, err := mp.GetSubscribe().ListTemplates()
		if err != nil {
			return err
		}
		for _, t := range list.Data {
			one := accountTemplate(t.PriTmplID, t.Title, t.Content)
			one.LongTerm = t.Type == 3
			all = append(all, one)
		}
		return nil
	})
	if err != nil {
		return nil, upstream(err)
	}
	return all, nil
}

func accountTemplate(id, title, content string) AccountTemplate {
	t := AccountTemplate{ID: id, Title: title}
	for _, field := range placeholder.FindAllStringSubmatch(content, -1) {
		t.Fields = append(t.Fields, field[1])
	}
	return t
}

// TemplateUse is how the configuration means to use a template: its fields and an example
// of what each is filled with.
type TemplateUse struct {
	ID       string
	LongTerm bool
	Fields   map[string]string
}

// Faults names, in Chinese, all that would make WeChat refuse a message: a template that
// the account does not have or has of the other kind, a field that it does not have or that
// would stay empty, a value that no field of this type takes.
func (u TemplateUse) Faults(has []AccountTemplate) (faults []string) {
	faults = u.Misfits()
	at := slices.IndexFunc(has, func(t AccountTemplate) bool { return t.ID == u.ID })
	if at < 0 {
		return append(faults, "账号里没有这个模板："+u.ID)
	}
	t := has[at]
	if t.LongTerm != u.LongTerm {
		faults = append(faults, fmt.Sprintf("“%s”在账号里是%s模板，配置里写的是%s", t.Title, kindName(t.LongTerm), kindName(u.LongTerm)))
	}
	for _, field := range fieldsOf(u.Fields) {
		if !slices.Contains(t.Fields, field) {
			faults = append(faults, fmt.Sprintf("“%s”没有字段 %s，它有 %s", t.Title, field, strings.Join(t.Fields, "、")))
		}
	}
	for _, field := range t.Fields {
		if _, filled := u.Fields[field]; !filled {
			faults = append(faults, fmt.Sprintf("“%s”的字段 %s 没有填什么，微信不接受空的字段", t.Title, field))
		}
	}
	return faults
}

// Misfits names the fields whose type never takes what they are filled with: it needs no account.
func (u TemplateUse) Misfits() (faults []string) {
	for _, field := range fieldsOf(u.Fields) {
		if _, err := Fit(field, u.Fields[field]); err != nil {
			faults = append(faults, fmt.Sprintf("字段 %s 放不下“%s”这样的内容", field, u.Fields[field]))
		}
	}
	return faults
}

func fieldsOf(fields map[string]string) []string {
	var names []string
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func kindName(longTerm bool) string {
	if longTerm {
		return "长期订阅"
	}
	return "一次性订阅"
}
