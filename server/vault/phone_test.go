package vault

import (
	"errors"
	"strings"
	"testing"

	"warmcabin/server/cabin"
)

func TestNormalPhone(t *testing.T) {
	for text, want := range map[string]string{
		"13800138000":               "13800138000",
		" 138 0013 8000\n":          "13800138000",
		"138-0013-8000":             "13800138000",
		"138—0013–8000":             "13800138000",
		"138－0013−8000":             "13800138000",
		"１３８　００１３　８０００":             "13800138000",
		"+8613800138000":            "13800138000",
		"+86 138 0013 8000":         "13800138000",
		"＋８６１３８００１３８０００":            "13800138000",
		"(+86)13800138000":          "13800138000",
		"0086 13800138000":          "13800138000",
		"8613800138000":             "13800138000",
		"\u202d138 0013 8000\u202c": "13800138000",
		"138\u200b00138000":         "13800138000",
		"0571-88880000":             "057188880000",
		"（0571）8888 0000":           "057188880000",
		"０５７１－８８８８００００":             "057188880000",
		"+86 571 8888 0000":         "057188880000",
		"+86 (0571) 88880000":       "057188880000",
		"0370-2888000":              "03702888000",
		"010-62880000":              "01062880000",
		"+86 10 6288 0000":          "01062880000",
		"008621 62880000":           "02162880000",
		"021 6288 0000":             "02162880000",
	} {
		got, err := NormalPhone(text)
		if err != nil || got != want {
			t.Errorf("%q becomes %q, %v, want %q", text, got, err, want)
		}
	}
}

func TestNormalPhoneRefuses(t *testing.T) {
	for _, text := range []string{
		"", "   ", "\u200b", "1380013800", "138001380001", "23800138000", "88881111", "0571888800", "05711234567",
		"010-6288000", "0010-62880000", "110", "4008123123", "13800138000 转 8001", "一三八零零一三八零零零",
		"+1 13800138000", "+85291234567", "1380013800x", "١٣٨٠٠١٣٨٠٠٠", "13800138000;13900139000", "138.0013.8000", "+86", "0086", strings.Repeat("1", 100_000),
	} {
		got, err := NormalPhone(text)
		e, ok := errors.AsType[*cabin.Error](err)
		if !ok || e.Code != cabin.CodeInvalid || got != "" || len(e.Fields) != 1 || e.Fields[0].Path != "phone" || !strings.HasSuffix(e.Message, "。") {
			t.Errorf("%.30q: %q, %v", text, got, err)
			continue
		}
		if len(text) > 3 && strings.Contains(err.Error(), strings.TrimSpace(text)) && strings.TrimSpace(text) != "" {
			t.Errorf("%.30q is repeated in %v", text, err)
		}
	}
}

func FuzzNormalPhone(f *testing.F) {
	for _, seed := range []string{"+86 571 8888 0000", "１３８００１３８０００", "0086-0086", "+86+86", "86 1\u202d", "\xff0"} {
		f.Add(seed)
	}
	v := vaultOf(f, "1:"+key(1))
	f.Fuzz(func(t *testing.T, text string) {
		normal, err := NormalPhone(text)
		if err != nil {
			return
		}
		if strings.Trim(normal, "0123456789") != "" || len(normal) < 11 || len(normal) > 12 {
			t.Errorf("%q becomes %q", text, normal)
		}
		if again, err := NormalPhone(normal); err != nil || again != normal {
			t.Errorf("%q becomes %q and then %q, %v", text, normal, again, err)
		}
		if v.Hash(text) != v.Hash(normal) {
			t.Errorf("%q is not found as %q", text, normal)
		}
	})
}
