package cabin_test

import (
	"testing"

	"warmcabin/server/cabin"
)

func TestReadSought(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text   string
		number int64
		year   int
		phone  string
		code   string
		words  bool
	}{
		{"预约 2026-0123", 123, 2026, "", "", false},
		{"２０２６－０１２３", 123, 2026, "", "", false},
		{"123", 123, 0, "", "", false},
		{"138 0013 8000", 0, 0, "13800138000", "", false},
		{"+8613800138000", 0, 0, "13800138000", "", false},
		{"042317", 42317, 0, "", "042317", false},
		{"路灯不亮", 0, 0, "", "", true},
		{"王秀兰", 0, 0, "", "", true},
		{"3号楼", 0, 0, "", "", true},
	} {
		s, err := cabin.ReadSought(c.text)
		if err != nil || s.Number != c.number || s.Year != c.year || s.Phone != c.phone || s.Code != c.code || (len(s.Grams) > 0) != c.words {
			t.Errorf("%q: %+v %v", c.text, s, err)
		}
	}
	for _, bad := range []string{"", "  ", "王", "。"} {
		if _, err := cabin.ReadSought(bad); cabin.CodeOf(err) != cabin.CodeInvalid {
			t.Errorf("%q is taken: %v", bad, err)
		}
	}
}

func TestWordsAreFoundAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	const body = "和平路３号楼，路灯 不亮！ABC"
	for text, want := range map[string]bool{"路灯不亮": true, "3号楼": true, "abc": true, "路灯亮": false, "不亮路灯": false} {
		if got := cabin.Says(body, text); got != want {
			t.Errorf("%s: %v", text, got)
		}
		if !want {
			continue
		}
		in := map[uint32]bool{}
		for _, g := range cabin.Grams(body) {
			in[g] = true
		}
		for _, g := range cabin.Grams(text) {
			if !in[g] {
				t.Errorf("%s has a pair that %s does not", text, body)
			}
		}
	}
}
