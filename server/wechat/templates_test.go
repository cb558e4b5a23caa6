package wechat_test

import (
	"slices"
	"strings"
	"testing"

	"warmcabin/server/wechat"
)

// TestEveryMismatchIsNamed: what the account lacks, has of the other kind, or wants filled.
func TestEveryMismatchIsNamed(t *testing.T) {
	w := newWorld(t, 0)
	has, err := w.client.Templates(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(has, func(t wechat.AccountTemplate) bool { return t.ID == "tmpl-booking" })
	if at < 0 || has[at].LongTerm || len(has[at].Fields) < 2 {
		t.Fatalf("the account has %+v", has)
	}
	if at := slices.IndexFunc(has, func(t wechat.AccountTemplate) bool { return t.ID == "tmpl-standing" }); at < 0 || !has[at].LongTerm {
		t.Errorf("the account has %+v", has)
	}
	good := wechat.TemplateUse{ID: "tmpl-booking", Fields: map[string]string{}}
	examples := map[string]string{"thing": "路灯", "time": "2026年11月23日 15:04", "phrase": "已约好", "character_string": "2026-0123", "name": "林晓慧", "number": "3", "date": "2026年11月23日"}
	for _, f := range has[at].Fields {
		good.Fields[f] = examples[strings.TrimRight(f, "0123456789")]
	}
	if faults := good.Faults(has); len(faults) != 0 {
		t.Errorf("all is as it should be: %q", faults)
	}
	for _, c := range []struct {
		change func(*wechat.TemplateUse)
		want   string
	}{
		{func(u *wechat.TemplateUse) { u.ID = "tmpl-gone" }, "账号里没有这个模板"},
		{func(u *wechat.TemplateUse) { u.LongTerm = true }, "在账号里是一次性订阅模板，配置里写的是长期订阅"},
		{func(u *wechat.TemplateUse) { u.Fields["thing99"] = "路灯" }, "没有字段 thing99"},
		{func(u *wechat.TemplateUse) { delete(u.Fields, has[at].Fields[0]) }, "没有填什么"},
		{func(u *wechat.TemplateUse) { u.Fields["time98"] = "面谈" }, "字段 time98 放不下“面谈”"},
	} {
		u := wechat.TemplateUse{ID: good.ID, Fields: map[string]string{}}
		for k, v := range good.Fields {
			u.Fields[k] = v
		}
		c.change(&u)
		if faults := u.Faults(has); len(faults) == 0 || !strings.Contains(strings.Join(faults, "；"), c.want) {
			t.Errorf("want %q, got %q", c.want, faults)
		}
	}
}
