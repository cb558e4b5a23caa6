package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/config"
	"warmcabin/server/wechat"
)

// exampleValues are what a message may hold, by source: what no field of a type takes is
// found with them, before anybody waits for a message.
var exampleValues = cabin.Values{
	"number": "预约 2026-0123", "who": "林晓慧", "time": "2026年11月23日 15:04", "topic": "面谈：睡不好", "state": "已约好", "remark": "点开查看详情",
}

func templateUse(t config.Template) wechat.TemplateUse {
	u := wechat.TemplateUse{ID: t.ID, LongTerm: t.Kind == config.LongTerm, Fields: map[string]string{}}
	for field, source := range t.Fields {
		u.Fields[field] = exampleValues[source]
	}
	return u
}

// accountsTemplates are the templates of one account, as the file names them.
type accountsTemplates struct {
	path      string // in the file
	templates map[cabin.TemplateKey]config.Template
	fetch     func(context.Context) ([]wechat.AccountTemplate, error)
}

// fits refuses, at the start, what could not be sent.
func fits(c config.Config) error {
	var faults []string
	for _, a := range []accountsTemplates{{"wechat", c.WeChat.Templates, nil}, {"official", c.Official.Templates, nil}} {
		for _, key := range slices.Sorted(maps.Keys(a.templates)) {
			for _, f := range templateUse(a.templates[key]).Misfits() {
				faults = append(faults, fmt.Sprintf("%s.templates.%s：%s", a.path, key, f))
			}
		}
	}
	if len(faults) > 0 {
		return errors.New(strings.Join(faults, "\n"))
	}
	return nil
}

// wechatCommand runs something of the accounts, with everything wired.
func wechatCommand(do func(*app, context.Context, io.Writer) error) func(context.Context, string, []string, io.Writer) error {
	return func(ctx context.Context, path string, environ []string, out io.Writer) error {
		c, err := config.Load(path, environ)
		if err != nil {
			return err
		}
		a, err := assemble(c, slog.New(slog.DiscardHandler))
		if err != nil {
			return err
		}
		defer a.Close()
		return do(a, ctx, out)
	}
}

// checkTemplates holds the configured templates against the accounts' own, and names every
// difference.
func (a *app) checkTemplates(ctx context.Context, out io.Writer) error {
	accounts := []accountsTemplates{{"小程序", a.config.WeChat.Templates, a.client.Templates}}
	if len(a.config.Official.Templates) > 0 {
		accounts = append(accounts, accountsTemplates{"公众号", a.config.Official.Templates, a.official.Templates})
	}
	faults := 0
	for _, of := range accounts {
		has, err := of.fetch(ctx)
		if err != nil {
			return fmt.Errorf("没有取到%s的模板：%w", of.path, err)
		}
		for _, key := range slices.Sorted(maps.Keys(of.templates)) {
			found := templateUse(of.templates[key]).Faults(has)
			if len(found) == 0 {
				fmt.Fprintf(out, "✓ %s %s（%s）\n", of.path, templateTitles[key], key)
			}
			for _, f := range found {
				fmt.Fprintf(out, "✗ %s %s（%s）：%s\n", of.path, templateTitles[key], key, f)
				faults++
			}
		}
	}
	if faults > 0 {
		return fmt.Errorf("有 %d 处不一致，改好以前这些通知发不出去。", faults)
	}
	fmt.Fprintln(out, "模板都和账号里的一致。")
	return nil
}

// fetchFollowers notes who followed the official account before its events came to us.
// Again is safe.
func (a *app) fetchFollowers(ctx context.Context, out io.Writer) error {
	if a.official == nil {
		return errors.New("没有填写公众号（official.app_id 和 official.secret）。")
	}
	known := 0
	count, err := a.official.Followers(ctx, func(openid, unionID string, since time.Time) error {
		known++
		return a.db.Followers.Follow(ctx, openid, unionID, since)
	})
	if err != nil {
		return fmt.Errorf("没有取完公众号的关注者，可以再运行一次：%w", err)
	}
	fmt.Fprintf(out, "公众号有 %d 人关注，其中 %d 人能和小程序对上。\n", count, known)
	if count > 0 && known == 0 {
		fmt.Fprintln(out, "一个也对不上：请在微信开放平台把公众号和小程序绑定到同一个账号。")
	}
	return nil
}
