package config

import (
	"errors"
	"fmt"
	"io"
)

// Check loads the configuration and writes to w, in words, what is set (secrets masked),
// what is wrong and which parts stay off. It returns Load's error.
func Check(path string, environ []string, w io.Writer) error {
	c, err := Load(path, environ)
	fmt.Fprintf(w, "配置文件：%s\n环境：%s\n\n%s\n", orNone(path), c.Env, c.Masked())
	for _, hint := range c.hints() {
		fmt.Fprintln(w, "提示："+hint)
	}
	if faults, ok := errors.AsType[Faults](err); ok {
		fmt.Fprintf(w, "\n有 %d 处需要改正：\n", len(faults))
		for _, f := range faults {
			fmt.Fprintln(w, "  ✗ "+f.String())
		}
		return err
	}
	if err == nil {
		fmt.Fprintln(w, "\n✓ 配置完整，可以启动。")
	}
	return err
}

func orNone(path string) string {
	if path == "" {
		return "（未指定，只用默认值和环境变量）"
	}
	return path
}

// hints names what is allowed to be missing, and what follows from it.
func (c Config) hints() []string {
	var hints []string
	if c.Official.AppID == "" {
		hints = append(hints, "official 没有填写，不使用公众号这条通知渠道")
	}
	if c.Official.AppID != "" && len(c.Official.Templates) == 0 {
		hints = append(hints, "official.templates 没有填写，公众号只记录谁关注了，不发通知")
	}
	if c.Official.AppID != "" && c.Official.Push.Token == "" {
		hints = append(hints, "official.push 没有填写，不知道谁关注、谁取消关注；已经关注的人可用 warmcabin wechat followers 取来")
	}
	if c.WeChat.Push.Token == "" {
		hints = append(hints, "wechat.push 没有填写，不接收微信推送的事件（退订、图片检查结果）")
	}
	if !c.Worker.Enabled {
		hints = append(hints, "worker.enabled 为 false，请另外运行 warmcabin worker，否则通知不会发出")
	}
	if c.Client.Dir == "" {
		hints = append(hints, "client.dir 没有填写，服务器不提供浏览器版")
	}
	return hints
}
