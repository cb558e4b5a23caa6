package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// table is what happened by the kind of kill, then what was counted.
func (v *verdict) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s %s %s %s\n", cell("被杀的", 12), cell("轮数", 6), cell("确认的请求", 12), cell("重试", 8), cell("恢复（中位）", 14), "恢复（最慢）")
	for _, kind := range kinds {
		var took []time.Duration
		acked, retried := 0, 0
		for _, r := range v.rounds {
			if r.kind == kind {
				took, acked, retried = append(took, r.recovery), acked+r.acked, retried+r.retried
			}
		}
		if len(took) == 0 {
			continue
		}
		slices.Sort(took)
		fmt.Fprintf(&b, "%s %s %s %s %s %.2f 秒\n", cell(kind, 12), cell(fmt.Sprint(len(took)), 6), cell(fmt.Sprint(acked), 12), cell(fmt.Sprint(retried), 8),
			cell(fmt.Sprintf("%.2f 秒", took[(len(took)-1)/2].Seconds()), 14), took[len(took)-1].Seconds())
	}
	fmt.Fprintf(&b, "共确认 %d 个请求，留下 %d 条记录；微信收下 %d 条通知。\n", v.acked, v.events, v.sent)
	for _, f := range []struct {
		name string
		finding
	}{
		{"确认过而丢失的请求", v.lost}, {"做了两次的", v.doubled}, {"没有进收件箱的", v.untold}, {"丢失的通知", v.missing}, {"发了两次的通知", v.twice},
		{"不知道是否送达的通知", finding{n: v.unknown.n}}, {"其中没有缘由的", v.unexplained}, {"收件箱里多出来的", v.surplus}, {"记录链对不上的", v.chain},
	} {
		fmt.Fprintf(&b, "%s %d\n", cell(f.name, 22), f.n)
		for _, e := range f.examples {
			fmt.Fprintf(&b, "    %s\n", e)
		}
	}
	fmt.Fprintf(&b, "不知道是否送达的：%d 条微信没有回答，%d 条在被杀的后台任务手里。\n", v.unanswered, v.cut)
	return b.String()
}

// line is the last line, for programs.
func (v *verdict) line() string {
	return fmt.Sprintf("faults rounds=%d lost_requests=%d doubled_bookings=%d events_without_inbox=%d messages_lost=%d messages_doubled=%d unknown=%d",
		len(v.rounds), v.lost.n, v.doubled.n, v.untold.n, v.missing.n, v.twice.n, v.unknown.n)
}

// cell pads to a width in columns; a Chinese character takes two.
func cell(text string, width int) string {
	columns := 0
	for _, r := range text {
		columns++
		if r > 0x2e80 {
			columns++
		}
	}
	return text + strings.Repeat(" ", max(0, width-columns))
}
