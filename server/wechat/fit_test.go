package wechat_test

import (
	"strings"
	"testing"

	"warmcabin/server/wechat"
	"warmcabin/server/wechat/wechatsim"
)

var fieldTypes = []string{"thing", "enum", "const", "phrase", "name", "character_string", "symbol", "letter", "number",
	"phone_number", "car_number", "amount", "date", "time"}

func TestFit(t *testing.T) {
	const bad = "\x00refused"
	for _, tc := range []struct{ kind, in, want string }{
		{"thing", "路灯不亮", "路灯不亮"},
		{"thing1", "路灯\n不亮\t了", "路灯 不亮 了"},
		{"thing", " \n ", "—"},
		{"thing", "", "—"},
		{"thing", "一二三四五六七八九十一二三四五六七八九十", "一二三四五六七八九十一二三四五六七八九十"},
		{"thing", "一二三四五六七八九十一二三四五六七八九十一", "一二三四五六七八九十一二三四五六七八九…"},
		{"thing", strings.Repeat("😀", 11), strings.Repeat("😀", 9) + "…"},
		{"thing", "a\xffb\x00c\u202ed", "abcd"},
		{"phrase3", "已确认", "已确认"},
		{"phrase", "已转交承办单位", "已转交承办"},
		{"phrase", "OK", "无"},
		{"name", "王建国", "王建国"},
		{"name", "阿卜杜拉·买买提·艾力江", "阿卜杜拉·买买提·…"},
		{"name", "Wolfeschlegelsteinhausen", "Wolfeschlegelsteinh."},
		{"name", "123", "未填写"},
		{"name", "", "未填写"},
		{"character_string", "WX-2026-0001", "WX-2026-0001"},
		{"character_string", "编号", "-"},
		{"character_string", strings.Repeat("a", 33), strings.Repeat("a", 29) + "..."},
		{"symbol", "！！！", "！！！"},
		{"symbol", "abc", "-"},
		{"letter", "ABC", "ABC"},
		{"letter", "第3", bad},
		{"number", "42", "42"},
		{"number", "3.5", "3.5"},
		{"number", "", bad},
		{"number", "四十", bad},
		{"phone_number", "0571-8888 0000", "0571-8888 0000"},
		{"phone_number", "139000000001234567", bad},
		{"car_number", "浙A12345", "浙A12345"},
		{"car_number", "浙A1234567", bad},
		{"amount", "¥12.50元", "¥12.50元"},
		{"amount", "十元", bad},
		{"date", "2026年11月23日", "2026年11月23日"},
		{"date", "2026-11-23 15:01", "2026-11-23 15:01"},
		{"date", "2026/11/23 ~ 2026/11/25", "2026/11/23~2026/11/25"},
		{"date", "15:01", bad},
		{"date", "2026年2月30日", bad},
		{"time", "2026年01月05日 09:00", "2026年01月05日 09:00"},
		{"time", "15:01", "15:01"},
		{"time", "2026年11月23日 15:00~16:00", "2026年11月23日 15:00~16:00"},
		{"time", "2026年11月23日", bad},
		{"time", "25:00", bad},
		{"time", "1:00~2:00~3:00", bad},
		{"time", "", bad},
		{"enum", "进行中", "进行中"},
		{"enum", "", bad},
		{"nothing", "x", bad},
	} {
		got, err := wechat.Fit(tc.kind, tc.in)
		if tc.want == bad {
			if err == nil {
				t.Errorf("Fit(%s, %q) = %q, want an error", tc.kind, tc.in, got)
			} else if tc.in != "" && tc.in != "x" && strings.Contains(err.Error(), tc.in) {
				t.Errorf("the error tells the value: %v", err)
			}
			continue
		}
		if err != nil || got != tc.want {
			t.Errorf("Fit(%s, %q) = %q, %v; want %q", tc.kind, tc.in, got, err, tc.want)
		}
	}
}

// Whatever goes in, what Fit gives is taken by the platform's rule, which is written
// separately, and fitting it again changes nothing.
func FuzzFit(f *testing.F) {
	for i, s := range []string{"", "路灯", "2026年11月23日 15:01", "😀\u200d👩", "a\nb", "-1.5", "浙A12345", "\xff", "…—", "11:00~12:00", "A B-C"} {
		for j := range fieldTypes {
			f.Add(uint8(i+j), s)
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, value string) {
		fieldType := fieldTypes[int(kind)%len(fieldTypes)]
		once, err := wechat.Fit(fieldType, value)
		if err != nil {
			switch fieldType {
			case "thing", "phrase", "name", "character_string", "symbol":
				t.Fatalf("%s refuses words: %q", fieldType, value)
			}
			return
		}
		if err := wechatsim.CheckField(fieldType, once); err != nil {
			t.Fatalf("Fit(%s, %q) = %q: %v", fieldType, value, once, err)
		}
		if twice, err := wechat.Fit(fieldType, once); err != nil || twice != once {
			t.Fatalf("Fit(%s, %q) = %q, then %q, %v", fieldType, value, once, twice, err)
		}
	})
}
