package wechat

import (
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	a := &account{secret: "s3cr3t"}
	for text, want := range map[string]string{
		`Get "https://api.weixin.qq.com/sns/jscode2session?appid=wx&secret=abc&js_code=1": EOF`: `Get "[url]": EOF`,
		"invalid openid oSim0123456789abcdef01234567 rid: 1":                                    "invalid openid [openid] rid: 1",
		"x access_token=abc&y=1":                      "x access_token=[hidden]&y=1",
		`{"touser":"abc","template_id":"t"}`:          `{"touser":"[hidden]","template_id":"t"}`,
		"wrong s3cr3t here":                           "wrong [secret] here",
		"argument invalid! data.thing1.value invalid": "argument invalid! data.thing1.value invalid",
	} {
		if got := a.redact(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := a.redact(strings.Repeat("长", 500)); len([]rune(got)) != maxReason {
		t.Errorf("%d characters", len([]rune(got)))
	}
}
