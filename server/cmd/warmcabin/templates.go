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

// fits refuses, at the start, what could not be sent.
func fits(c config.Config) error {
	var faults []string
	for _, key := range slices.Sorted(maps.Keys(c.WeChat.Templates)) {
		for _, f := range templateUse(c.WeChat.Templates[key]).Misfits() {
			faults = append(faults, fmt.Sprintf("wechat.templates.%s：%s", key, f))
		}
	}
	if len(faults) > 0 {
		return errors.New(strings.Join(faults, "\n"))
	}
	return nil
}

// checkTemplates holds the configured templates against the account's own, and names every
// difference.
func checkTemplates(ctx context.Context, path string, environ []string, out io.Writer) error {
	c, err := config.Load(path, environ)
	if err != nil {
		return err
	}
	a, err := assemble(c, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer a.Close()
	has, err := a.client.Templates(ctx)
	if err != nil {
		return fmt.Errorf("没有取到账号的模板：%w", err)
	}
	faults := 0
	for _, key := range slices.Sorted(maps.Keys(c.WeChat.Templates)) {
		found := templateUse(c.WeChat.Templates[key]).Faults(has)
		if len(found) == 0 {
			fmt.Fprintf(out, "✓ %s（%s）\n", templateTitles[key], key)
		}
		for _, f := range found {
			fmt.Fprintf(out, "✗ %s（%s）：%s\n", templateTitles[key], key, f)
			faults++
		}
	}
	if faults > 0 {
		return fmt.Errorf("有 %d 处不一致，改好以前这些通知发不出去。", faults)
	}
	fmt.Fprintln(out, "模板都和账号里的一致。")
	return nil
}
