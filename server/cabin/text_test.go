package cabin

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"  路灯不亮\t了 \n\n":                   "路灯不亮 了",
		"第一行\r\n第二行":                       "第一行\n第二行",
		"甲\u2028乙":                         "甲\n乙",
		"a\u0000b\u0007c\u009fd":           "abcd",
		"零\u200b宽\ufeff\u200c\u2060\u00ad": "零宽",
		"方\u202e向\u2066\u200f\u061c":       "方向",
		"👩‍👩‍👧‍👦 一家":                       "👩‍👩‍👧‍👦 一家",
		"👩🏽‍⚕️❤️‍🔥🏳️‍🌈🙂‍↔️1️⃣":     "👩🏽‍⚕️❤️‍🔥🏳️‍🌈🙂‍↔️1️⃣",
		"🏴󠁧󠁢󠁥󠁮󠁧󠁿":                  "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
		"甲\u200d乙":                 "甲乙",
		"\u200d\ufe0f\u3164\u2800": "",
		"𠮷野家 龘 𪚥":                  "𠮷野家 龘 𪚥",
		"bad\xff\xfe utf8":         "bad utf8",
		"\u3000全角空格\u3000":         "全角空格",
		"\U000e0041\U000e0042":     "",
		"é e\u0301":                "é e\u0301",
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "路灯不亮", "👩‍⚕️", "\u200d\ufe0f", "a\u202eb", "\xff\x00", "🏴󠁧󠁢󠁥󠁮󠁧󠁿 \u200d", " \u200d❤\ufe0f\u200d🔥\n", "\u2028\u2029"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := Clean(s)
		if !utf8.ValidString(c) || c != strings.TrimSpace(c) || len(c) > len(s)+2*strings.Count(s, "\t") {
			t.Errorf("Clean(%q) = %q", s, c)
		}
		if again := Clean(c); again != c {
			t.Errorf("Clean(%q) = %q, and again %q", s, c, again)
		}
		for _, r := range c {
			if (unicode.IsControl(r) && r != '\n') || unicode.Is(unicode.Bidi_Control, r) || r == '\u200b' || r == '\ufeff' {
				t.Errorf("Clean(%q) keeps %U", s, r)
			}
		}
	})
}

func TestCheckText(t *testing.T) {
	for _, c := range []struct {
		text        string
		least, most int
		want        Code
	}{
		{"路灯", 1, 2, ""}, {"路灯坏", 1, 2, CodeInvalid}, {" ", 1, 2, CodeInvalid}, {"一", 2, 9, CodeInvalid}, {"", 0, 2, ""}, {" 路灯 ", 0, 2, ""},
		{strings.Repeat("𠮷", 40), 0, 40, ""}, {strings.Repeat("😀", 41), 0, 40, CodeInvalid}, {"a\xff", 0, 9, CodeInvalid},
	} {
		if err := CheckText("body", c.text, c.least, c.most); CodeOf(err) != c.want {
			t.Errorf("%q: %v", c.text, err)
		}
	}
}

func TestInputLengths(t *testing.T) {
	ok := Input{Reason: strings.Repeat("😀", MaxReason), Note: strings.Repeat("龘", MaxText), Text: strings.Repeat("字", MaxText), Days: 60}
	if err := checkNeeds(nil, ok); err != nil {
		t.Error(err)
	}
	for name, in := range map[string]Input{
		"reason": {Reason: ok.Reason + "x"}, "note": {Note: ok.Note + "x"}, "text": {Text: ok.Text + "x"}, "days": {Days: 61}, "past": {Days: -1},
	} {
		if err := checkNeeds(nil, in); CodeOf(err) != CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// longest is a matter whose every text is as long as it may be.
func longest() (*Booking, *Report, Event) {
	long := func(n int) string { return strings.Repeat("𠮷", n) }
	b := bookingIn(Requested)
	b.ID, b.DeputyName, b.StationName, b.RoomName, b.Topic = 1<<62, long(40), long(60), long(40), long(MaxTopic)
	r := reportIn(InProgress)
	r.ID, r.CategoryName, r.CommunityName, r.DepartmentName, r.PlaceText, r.Body = 1<<62, long(20), long(40), long(40), long(200), long(2000)
	return b, r, Event{Note: long(MaxText)}
}

// TestNoticesFitAndNameNobody walks every row of both tables and every audience.
func TestNoticesFitAndNameNobody(t *testing.T) {
	check := func(name string, n Notice) {
		t.Helper()
		if tl, bl := utf8.RuneCountInString(n.Title), utf8.RuneCountInString(n.Body); tl > 120 || bl > 500 || n.Title == "" || n.Body == "" || len(n.Page) > 120 {
			t.Errorf("%s: title of %d characters, body of %d", name, tl, bl)
		}
		for source, v := range n.Values {
			if ValueSources[source] == "" {
				t.Errorf("%s: unknown source %s", name, source)
			}
			if v == "" {
				t.Errorf("%s: %s is empty", name, source)
			}
		}
		all := n.Title + n.Body + fmt.Sprint(n.Values)
		for _, never := range []string{"王秀兰", fmt.Sprint(residentID) + "号"} {
			if strings.Contains(all, never) {
				t.Errorf("%s names the resident: %s", name, all)
			}
		}
		for _, bad := range []string{"。。", "：。", "，。", "，，", "（）", "说明：。", "%!"} {
			if strings.Contains(n.Title+n.Body, bad) {
				t.Errorf("%s: %q in %s / %s", name, bad, n.Title, n.Body)
			}
		}
	}
	b1, r1, e1 := longest()
	b1.ResidentName, r1.ReporterName = "王秀兰", "王秀兰"
	for _, tr := range BookingTransitions {
		for _, to := range []Audience{ToResident, ToDeputy, ToStaff} {
			for _, b := range []*Booking{b1, bookingIn(tr.To), {ID: 1, Service: PhoneCall, ResidentName: "王秀兰", DeputyName: "林晓", StationName: "中心站", StartsAt: at, EndsAt: at}} {
				e := Event{Command: string(tr.Command), From: string(tr.From), To: string(tr.To), Role: tr.By[0], Text: tr.Text}
				b.State = tr.To
				check(fmt.Sprintf("%s %s to %s", tr.From, tr.Command, to), BookingNotice(b, e, to, at))
				e.Note = e1.Note
				check(fmt.Sprintf("%s %s to %s, long note", tr.From, tr.Command, to), BookingNotice(b, e, to, at))
			}
		}
	}
	for _, tr := range ReportTransitions {
		for _, to := range []Audience{ToResident, ToStaff, ToDepartment, ToDeputy} {
			for _, r := range []*Report{r1, reportIn(tr.To)} {
				r.State = tr.To
				e := Event{Command: string(tr.Command), From: string(tr.From), To: string(tr.To), Role: tr.By[0], Text: r.sentence(&tr, tr.By[0], people[tr.By[0]], everything(), at, DefaultPresets())}
				if n := utf8.RuneCountInString(e.Text); n > 200 {
					t.Errorf("%s: an event of %d characters", tr.Command, n)
				}
				if tr.To == Resolved {
					r.Outcome = Explained
				}
				check(fmt.Sprintf("%s %s to %s", tr.From, tr.Command, to), ReportNotice(r, e, to, at))
				e.Note = e1.Note
				check(fmt.Sprintf("%s %s to %s, long note", tr.From, tr.Command, to), ReportNotice(r, e, to, at))
			}
		}
	}
}

// TestRecordStaysInTheLedger: the deputy's service record is not pushed and not in the timeline.
func TestRecordStaysInTheLedger(t *testing.T) {
	b := bookingIn(CheckedIn)
	e, _, err := b.Apply(BookingComplete, people[Deputy], Input{Note: "情绪低落，建议社区多关心"}, at, DefaultPresets())
	if err != nil || e.Note != "" || b.Record == "" {
		t.Errorf("event %+v, record %q, %v", e, b.Record, err)
	}
	if n := BookingNotice(b, e, ToResident, at); strings.Contains(n.Body+n.Values["remark"], "情绪") {
		t.Errorf("pushed: %s", n.Body)
	}
}

// TestNextIsSaidToEverybody walks every state and reader: nobody is left without words
// while something is open, and overdue matters read well.
func TestNextIsSaidToEverybody(t *testing.T) {
	for _, state := range BookingStates {
		for _, a := range []Actor{people[Resident], people[Deputy], people[Staff]} {
			b := bookingIn(state)
			if b.Next(a, at, DefaultPresets()) == "" && state.Open() {
				t.Errorf("%s: nothing is said", state)
			}
			b.HoldUntil = nil
			if b.Next(a, at, DefaultPresets()) == "" && state.Open() {
				t.Errorf("%s without a hold: nothing is said", state)
			}
		}
	}
	b := bookingIn(Requested)
	if d, s := b.Next(people[Deputy], at, DefaultPresets()), b.Next(people[Staff], at, DefaultPresets()); !strings.HasPrefix(d, "等您答复选民") || !strings.HasPrefix(s, "等代表答复") {
		t.Errorf("deputy %q, desk %q", d, s)
	}
	for _, state := range ReportStates {
		for _, a := range people {
			for _, now := range []time.Time{at, at.AddDate(0, 0, 9)} {
				r := reportIn(state)
				text := r.Next(a, now)
				if (text == "") != (state == Closed) || strings.Contains(text, "催办答复") || strings.Contains(text, "王秀兰") {
					t.Errorf("%s: %q", state, text)
				}
				r.DueAt, r.DueFrom = nil, nil
				_ = r.Next(a, now) // must not fail on a matter without a clock
			}
		}
	}
}

func TestWordsOfState(t *testing.T) {
	r := reportIn(InProgress)
	for _, c := range []struct {
		command ReportCommand
		actor   Role
		title   string
		body    string
	}{
		{ReportProgress, Department, "您反映的“道路积水：积水”有新进展", "城管科办理有新进展。说明：说明"},
		{ReportResolve, Department, "您反映的“道路积水：积水”已办结", "城管科已办结（已解决），请您看看是不是真的解决了。说明：说明"},
	} {
		x := *r
		in := everything()
		in.Reason = ""
		e, _, err := x.Apply(c.command, people[c.actor], in, at, DefaultPresets())
		if err != nil {
			t.Fatal(err)
		}
		if n := ReportNotice(&x, e, ToResident, at); n.Title != c.title || n.Body != c.body {
			t.Errorf("%s: %s / %s", c.command, n.Title, n.Body)
		}
	}
	phone := bookingIn(Confirmed)
	phone.Service = PhoneCall
	n := BookingNotice(phone, Event{Command: string(BookingAccept), From: string(Requested)}, ToResident, at)
	if strings.Contains(n.Body, "按时到") || n.Template != TellBookingAnswered {
		t.Errorf("nobody goes anywhere for a call: %s", n.Body)
	}
}
