package mysql_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/mysql"
)

// needy is a street with three specialities; nobody has the third.
func needy(t testing.TB) (*street, cabin.Actor) {
	s := newStreet(t, 1)
	s.exec(t, `INSERT INTO specialities (id, name) VALUES (1, '心理健康'), (2, '创业就业'), (3, '城市环境')`)
	s.exec(t, `INSERT INTO deputy_specialities VALUES (1, 1), (2, 2)`)
	s.exec(t, `INSERT INTO needs VALUES ('睡不好', 1, 1), ('心里烦', 1, 3), ('想创业', 2, 2), ('小店', 2, 0)`)
	return s, s.admin(t, "何主任")
}

func (s *street) search(t testing.TB, need string) (found []string) {
	t.Helper()
	list, err := s.db.Places.Deputies(t.Context(), mysql.DeputyFilter{Need: need, Limit: 20})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		found = append(found, d.Name+" "+d.Reason)
	}
	return found
}

// The better match comes first, then the earlier free slot, then who has none.
func TestNeedOrder(t *testing.T) {
	t.Parallel()
	s, _ := needy(t)
	s.exec(t, `INSERT INTO deputies (id, name, level, constituency, station_id) VALUES (3, '早到', 'district', '第一选区', 1), (4, '无时', 'district', '第二选区', 1), (5, '都会', 'district', '第二选区', 1)`)
	s.exec(t, `INSERT INTO deputy_specialities VALUES (3, 1), (4, 1), (5, 1), (5, 2)`)
	s.exec(t, `INSERT INTO deputy_hours (deputy_id, station_id, room_id, weekday, from_minute, to_minute, slot_minutes, service) VALUES
		(3, 1, 0, 2, 540, 720, 30, 'phone'), (5, 1, 0, 4, 540, 720, 30, 'phone')`)
	want := "[早到 擅长“心理健康”，和您说的“睡不好”有关 林晓 擅长“心理健康”，和您说的“睡不好”有关 都会 擅长“心理健康”，和您说的“睡不好”有关 无时 擅长“心理健康”，和您说的“睡不好”有关]"
	if got := fmt.Sprint(s.search(t, "总是睡不好")); got != want {
		t.Errorf("got %s", got)
	}
	// 睡不好 is said as it is, 想创业 only nearly: whoever fits by the first comes before.
	got := s.search(t, "睡不好，想着创业的事")
	if len(got) != 5 || !strings.HasPrefix(got[4], "周宁 擅长“创业就业”，您说的和“想创业”相近") || !strings.Contains(got[2], "都会 擅长“心理健康”") {
		t.Errorf("got %q", got)
	}
	for _, c := range []struct {
		f    mysql.DeputyFilter
		want string
	}{
		{mysql.DeputyFilter{Need: "睡不好", Limit: 2}, "[3 1]"}, {mysql.DeputyFilter{Need: "睡不好", Limit: 20, After: 3}, "[]"},
		{mysql.DeputyFilter{Need: "睡不好", Limit: 20, Constituency: "第二选区"}, "[5 4]"}, {mysql.DeputyFilter{Need: "睡不好", Limit: 20, SpecialityID: 2}, "[5]"},
		{mysql.DeputyFilter{Limit: 20, SpecialityID: 2}, "[2 5]"}, {mysql.DeputyFilter{Limit: 20, Constituency: "第一选区"}, "[3]"},
		{mysql.DeputyFilter{Limit: 20, Constituency: "选区"}, "[]"}, {mysql.DeputyFilter{Limit: 20, SpecialityID: 3}, "[]"}, {mysql.DeputyFilter{Limit: 20, Constituency: "第二选区", After: 4}, "[5]"},
	} {
		list, err := s.db.Places.Deputies(t.Context(), c.f)
		ids := []int64{}
		for _, d := range list {
			ids = append(ids, d.ID)
		}
		if err != nil || fmt.Sprint(ids) != c.want {
			t.Errorf("%+v: %v, %v, want %s", c.f, ids, err, c.want)
		}
	}
	choices, err := s.db.Places.DeputyChoices(t.Context())
	if err != nil || len(choices.Specialities) != 2 || fmt.Sprint(choices.Constituencies) != "[第一选区 第二选区]" || len(choices.Stations) != 1 {
		t.Errorf("%+v, %v", choices, err)
	}
}

func (s *street) unmet(t testing.TB) string {
	t.Helper()
	list, err := s.db.Needs.Unmet(t.Context(), mysql.UnmetNeed{}, 50)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, u := range list {
		out = append(out, fmt.Sprint(u.Word, "×", u.Times))
	}
	return strings.Join(out, " ")
}

// What nobody's speciality fits is counted without the person, once a minute a word.
func TestUnmetNeedsAreCounted(t *testing.T) {
	t.Parallel()
	s, _ := needy(t)
	for _, need := range []string{"想学钓鱼！", "想学钓鱼", "睡不好", "？？", "鱼", "😀", "电话 13800000000 学琴"} {
		s.search(t, need)
	}
	if got := s.unmet(t); got != "电话 学琴×1 想学钓鱼×1" && got != "想学钓鱼×1 电话 学琴×1" {
		t.Errorf("%q", got)
	}
	s.clock.Advance(time.Minute)
	s.search(t, "想学钓鱼")
	if got := s.unmet(t); got != "想学钓鱼×2 电话 学琴×1" {
		t.Errorf("%q", got)
	}
	// Another process counts for itself.
	db, _ := s.probed(t)
	if _, err := db.Places.Deputies(t.Context(), mysql.DeputyFilter{Need: "想学钓鱼", Limit: 20}); err != nil {
		t.Fatal(err)
	}
	if got := s.unmet(t); !strings.HasPrefix(got, "想学钓鱼×3") {
		t.Errorf("%q", got)
	}
	if n := s.count(t, `SELECT COUNT(*) FROM unmet_needs WHERE first_at = '2026-11-23 01:00:00' AND (times = 1 OR last_at > first_at)`); n != 2 {
		t.Error("first and last are not kept")
	}
	// A word that was said once, long ago, makes room.
	s.clock.Advance(200 * 24 * time.Hour)
	s.search(t, "想学书法")
	if got := s.unmet(t); got != "想学钓鱼×3 想学书法×1" {
		t.Errorf("%q", got)
	}
}

// A failing write, or a table that is full, is nobody's trouble; nor can a stranger fill it.
func TestUnmetNeedsAreBounded(t *testing.T) {
	t.Parallel()
	s, _ := needy(t)
	for i := range 600 {
		s.search(t, fmt.Sprint("钓鱼", string(rune('a'+i%26)), string(rune('a'+i/26))))
	}
	if n := s.count(t, `SELECT COUNT(*) FROM unmet_needs`); n != 500 {
		t.Errorf("%d words in a minute", n)
	}
	s.exec(t, `INSERT INTO unmet_needs SELECT CONCAT('w', seq), 2, '2026-11-01', '2026-11-01' FROM seq_1_to_1500`)
	s.clock.Advance(time.Minute)
	s.search(t, "一个新词")
	s.search(t, "钓鱼aa")
	if n := s.count(t, `SELECT COUNT(*) FROM unmet_needs`); n != 2000 {
		t.Errorf("%d words are kept", n)
	}
	if n := s.count(t, `SELECT times FROM unmet_needs WHERE word = '钓鱼aa'`); n != 2 {
		t.Errorf("a known word is no longer counted: %d", n)
	}
	s.clock.Advance(time.Minute)
	s.exec(t, `RENAME TABLE unmet_needs TO elsewhere`)
	if got := s.search(t, "想学钓鱼"); got != nil {
		t.Errorf("%v", got)
	}
	s.exec(t, `RENAME TABLE elsewhere TO unmet_needs`)
}

func TestUnmetNeedsPage(t *testing.T) {
	t.Parallel()
	s, _ := needy(t)
	s.exec(t, `INSERT INTO unmet_needs SELECT CONCAT('词', seq), 1 + seq % 4, '2026-11-01', '2026-11-01' + INTERVAL seq % 3 DAY FROM seq_1_to_90`)
	seen, last, after := map[string]bool{}, 99, mysql.UnmetNeed{}
	for {
		list, err := s.db.Needs.Unmet(t.Context(), after, 7)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range list {
			if seen[u.Word] || u.Times > last {
				t.Errorf("%+v after %d", u, last)
			}
			seen[u.Word], last, after = true, u.Times, u
		}
		if len(list) < 7 {
			break
		}
	}
	if len(seen) != 90 {
		t.Errorf("%d words", len(seen))
	}
}

// home is the home page's words in their order.
func (s *street) home(t testing.TB) string {
	t.Helper()
	words, err := s.db.Needs.Words(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for i, w := range words {
		if w.Position > 0 {
			out = append(out, w.Word)
			if w.Position != i+1 {
				t.Errorf("%s has place %d, is the %dth", w.Word, w.Position, i+1)
			}
		}
	}
	return strings.Join(out, " ")
}

func TestNeedWordsAreEdited(t *testing.T) {
	t.Parallel()
	s, office := needy(t)
	save := func(word string, speciality int64, position int) error {
		return s.db.Needs.Save(t.Context(), office, cabin.NeedWord{Word: word, SpecialityID: speciality, Position: position})
	}
	for _, c := range []struct {
		word       string
		speciality int64
		position   int
		want       cabin.Code
		home       string
	}{
		{"焦虑", 1, 0, "", "睡不好 想创业 心里烦"}, {"焦虑", 1, 1, "", "焦虑 睡不好 想创业 心里烦"}, {" 小 店", 2, 12, "", "焦虑 睡不好 想创业 心里烦 小店"},
		{"睡不好", 1, 3, "", "焦虑 想创业 睡不好 心里烦 小店"}, {"焦虑", 1, 0, "", "想创业 睡不好 心里烦 小店"},
		{"小店", 1, 1, cabin.CodeInvalid, "想创业 睡不好 心里烦 小店"}, {"小店", 1, 0, "", "想创业 睡不好 心里烦 小店"},
		{"想", 1, 0, cabin.CodeInvalid, ""}, {"烦躁", 9, 0, cabin.CodeInvalid, ""}, {"烦躁", 1, 13, cabin.CodeInvalid, ""}, {"烦躁", 1, -1, cabin.CodeInvalid, ""},
	} {
		wantCode(t, fmt.Sprint(c.word, c.speciality, c.position), save(c.word, c.speciality, c.position), c.want)
		if got := s.home(t); c.home != "" && got != c.home {
			t.Errorf("%s at %d: the home page shows %s, want %s", c.word, c.position, got, c.home)
		}
	}
	if got := s.search(t, "我很焦虑"); len(got) != 1 {
		t.Errorf("a new word finds %v", got)
	}
	if err := s.db.Needs.Remove(t.Context(), office, "睡不好", 1); err != nil {
		t.Fatal(err)
	}
	if got := s.home(t); got != "想创业 心里烦 小店" {
		t.Errorf("after a removal the home page shows %s", got)
	}
	wantCode(t, "removed twice", s.db.Needs.Remove(t.Context(), office, "睡不好", 1), cabin.CodeNotFound)
	for i := range 9 {
		if err := save("首页"+string(rune('甲'+i)), 3, 12); err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, "a home page that is full", save("首页满", 3, 1), cabin.CodeLimitReached)
	if err := save("首页甲", 3, 1); err != nil {
		t.Errorf("one that is there moves: %v", err)
	}
	list, err := s.db.Needs.BySpeciality(t.Context())
	if err != nil || len(list) != 3 || list[0].Deputies != 1 || list[2].Deputies != 0 || len(list[2].Words) != 9 || list[1].Name != "创业就业" {
		t.Errorf("%+v, %v", list, err)
	}
	saved := s.audited(t, "need.save")
	if fmt.Sprint(saved[0], saved[1]) != "map[added:true new:0 old:0 word:焦虑] map[added:false new:1 old:0 word:焦虑]" || len(s.audited(t, "need.remove")) != 1 {
		t.Errorf("audit: %v", saved)
	}
	for i := range 100 {
		if err = save(fmt.Sprint("词语", i), 3, 0); err != nil {
			break
		}
	}
	wantCode(t, "a speciality with very many words", err, cabin.CodeLimitReached)
}

// Two admins who place words at one moment leave no gap and no double.
func TestHomePageAtOnce(t *testing.T) {
	t.Parallel()
	s, one := needy(t)
	two := s.admin(t, "林科")
	codes := tally(together(append(
		times(8, func() error {
			return s.db.Needs.Save(t.Context(), one, cabin.NeedWord{Word: "心里烦", SpecialityID: 1, Position: 1})
		}),
		times(8, func() error {
			return s.db.Needs.Save(t.Context(), two, cabin.NeedWord{Word: "小店", SpecialityID: 2, Position: 1})
		})...)...))
	if codes[""] != 16 {
		t.Errorf("%v", codes)
	}
	if got := s.home(t); got != "小店 心里烦 睡不好 想创业" && got != "心里烦 小店 睡不好 想创业" {
		t.Errorf("%s", got)
	}
}

func TestUnmetNeedIsServed(t *testing.T) {
	t.Parallel()
	s, office := needy(t)
	for _, need := range []string{"想学钓鱼", "周末钓鱼去哪", "家里wifi断了", "想学书法"} {
		if got := s.search(t, need); got != nil {
			t.Fatalf("%s finds %v", need, got)
		}
	}
	serve := func(unmet, word string, speciality int64) error {
		return s.db.Needs.Serve(t.Context(), office, unmet, cabin.NeedWord{Word: word, SpecialityID: speciality})
	}
	wantCode(t, "no such speciality", serve("想学钓鱼", "钓鱼", 9), cabin.CodeInvalid)
	wantCode(t, "no such word", serve("没说过", "钓鱼", 1), cabin.CodeNotFound)
	if n := s.count(t, `SELECT COUNT(*) FROM unmet_needs`); n != 4 {
		t.Fatalf("%d words after two refusals", n)
	}
	// What the new word leads from is met now, too.
	if err := serve("想学钓鱼", "钓鱼", 1); err != nil {
		t.Fatal(err)
	}
	if got := s.unmet(t); strings.Contains(got, "钓鱼") || strings.Count(got, "×") != 2 {
		t.Errorf("left: %s", got)
	}
	if got := s.search(t, "想学钓鱼"); len(got) != 1 || got[0] != "林晓 擅长“心理健康”，和您说的“钓鱼”有关" {
		t.Errorf("%v", got)
	}
	wantCode(t, "served twice", serve("想学钓鱼", "钓鱼", 1), cabin.CodeNotFound)
	if err := s.db.Needs.Dismiss(t.Context(), office, "想学书法"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "dismissed twice", s.db.Needs.Dismiss(t.Context(), office, "想学书法"), cabin.CodeNotFound)
	if got := s.unmet(t); got != "家里wifi断了×1" {
		t.Errorf("left: %s", got)
	}
	if got := fmt.Sprint(s.audited(t, "need.dismiss")); got != "[map[times:1]]" {
		t.Errorf("audit keeps a person's words: %s", got)
	}
}
