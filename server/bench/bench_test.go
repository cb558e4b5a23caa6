package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func waits(ms ...int) (ds []time.Duration) {
	for _, n := range ms {
		ds = append(ds, time.Duration(n)*time.Millisecond)
	}
	return ds
}

func TestPercentile(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(i+1) * time.Millisecond
	}
	for _, c := range []struct {
		of   []time.Duration
		p    float64
		want time.Duration
	}{
		{nil, 99, 0},
		{waits(7), 1, 7 * time.Millisecond},
		{waits(1, 2, 3), 50, 2 * time.Millisecond},
		{waits(1, 2, 3, 4), 50, 2 * time.Millisecond},
		{waits(1, 2, 3, 4), 51, 3 * time.Millisecond},
		{hundred, 0, time.Millisecond},
		{hundred, 50, 50 * time.Millisecond},
		{hundred, 99, 99 * time.Millisecond},
		{hundred, 99.1, 100 * time.Millisecond},
		{hundred, 100, 100 * time.Millisecond},
	} {
		if got := percentile(c.of, c.p); got != c.want {
			t.Errorf("p%v of %d waits: %v, want %v", c.p, len(c.of), got, c.want)
		}
	}
}

// of makes a round of n answers in one second.
func of(n int) round { return round{time.Second, make([]time.Duration, n)} }

func TestMedianRound(t *testing.T) {
	for _, c := range []struct {
		rounds []round
		want   float64
	}{
		{nil, 0},
		{[]round{of(5)}, 5},
		{[]round{of(9), of(4)}, 4},
		{[]round{of(9), of(1), of(4)}, 4},
		{[]round{of(9), of(1), {2 * time.Second, make([]time.Duration, 10)}}, 5}, // 5 a second, not 10
		{[]round{of(0), of(8), of(7), of(2), of(3)}, 3},
	} {
		if got := median(c.rounds).rate(); got != c.want {
			t.Errorf("median of %d rounds: %v a second, want %v", len(c.rounds), got, c.want)
		}
	}
	if p := medianP99([]round{{time.Second, waits(1, 9)}, {time.Second, waits(30)}, {time.Second, waits(2, 5)}}); p != 9*time.Millisecond {
		t.Errorf("median p99: %v", p)
	}
	if (round{}).rate() != 0 {
		t.Error("no time has a rate")
	}
}

func TestLines(t *testing.T) {
	ours := round{2 * time.Second, waits(1, 2, 3, 40)}
	for _, c := range []struct {
		r    result
		line string
		met  bool
	}{
		{compared("booking_create", 32, ours, of(4), 0, 61.27, atLeast(0.70)),
			"booking_create c=32 ours=2 floor=4 ratio=0.50 target=0.70 p50=2.00 p99=40.00 rss_mb=61.3", false},
		{compared("slots_list", 32, of(9), of(4), 0, 7, atLeast(2)), "slots_list c=32 ours=9 floor=4 ratio=2.25 target=2.00 p50=0.00 p99=0.00 rss_mb=7.0", true},
		{compared("silent", 1, of(9), round{}, 0, 7, atLeast(2)), "silent c=1 ours=9 floor=0 ratio=0.00 target=2.00 p50=0.00 p99=0.00 rss_mb=7.0", false},
		{valued("booking_race", 200, atLeast(200)), "booking_race value=200 target=200", true},
		{valued("booking_race", 199, atLeast(200)), "booking_race value=199 target=200", false},
		{valued("rss", 61.2718, atMost(100)), "rss value=61.272 target=<=100", true},
		{valued("rss", 100.0004, atMost(100)), "rss value=100 target=<=100", false}, // rounding does not help
		{valued("slots_scale", 1.5, atMost(1.5)), "slots_scale value=1.5 target=<=1.5", true},
	} {
		if got := c.r.String(); got != c.line || c.r.Met != c.met {
			t.Errorf("got  %s %v\nwant %s %v", got, c.r.Met, c.line, c.met)
		}
	}
}

func TestJSONSaysTheSame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bench.json")
	err := writeJSON(path, []result{
		compared("slots_list", 32, of(9), of(4), 1, 7, atLeast(2)), valued("rss", 61.25, atMost(100)),
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Cases []map[string]any }
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{
		{"name": "slots_list", "c": 32., "ours": 9., "floor": 4., "ratio": 2.25, "target": "2", "p50": 0., "p99": 0., "rss_mb": 7., "met": true, "odd": 1.},
		{"name": "rss", "value": 61.25, "target": "<=100", "met": true},
	}
	for i, w := range want {
		if len(got.Cases) != len(want) || len(got.Cases[i]) != len(w) {
			t.Fatalf("got %s", text)
		}
		for k, v := range w {
			if got.Cases[i][k] != v {
				t.Errorf("%s: %v, want %v", k, got.Cases[i][k], v)
			}
		}
	}
}

func TestChoose(t *testing.T) {
	names := func(chosen []benchCase) (all []string) {
		for _, c := range chosen {
			all = append(all, c.name)
		}
		return all
	}
	for _, c := range []struct {
		args  []string
		scale string
		want  []string
		full  bool
	}{
		{nil, "", names(cases), false},
		{nil, "full", slices.Concat(names(cases[:len(cases)-1]), names(largeCases), names(cases[len(cases)-1:])), true},
		{[]string{"statistics"}, "", []string{"statistics"}, false},
		{[]string{"rss", "slots_list"}, "", []string{"rss", "slots_list"}, false},
		{[]string{"scale"}, "", nil, true},
	} {
		chosen, full, err := choose(c.args, c.scale)
		if err != nil || full != c.full || !slices.Equal(names(chosen), c.want) {
			t.Errorf("%v %q: %v %v %v", c.args, c.scale, names(chosen), full, err)
		}
	}
	for _, c := range [][2]string{{"", "half"}, {"slots_lists", ""}} {
		if _, _, err := choose(strings.Fields(c[0]), c[1]); err == nil {
			t.Errorf("%q is taken", c)
		}
	}
}

// TestErrands: nobody is asked to be in two places, and no seat is given twice.
func TestErrands(t *testing.T) {
	begin := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	for _, shape := range []struct{ times, deputies int }{{0, 0}, {1, 1}, {1, 4}, {2, 3}, {3, 5}, {40, 7}, {41, 60}} {
		var seats []seat
		for i := range shape.times {
			for d := range shape.deputies {
				seats = append(seats, seat{d, begin.Add(time.Duration(i) * 15 * time.Minute)})
			}
		}
		all, residents := errands(seats)
		given, busy, of := map[seat]bool{}, map[string]bool{}, map[int]int{}
		for _, e := range all {
			place := e.start.String() + string(rune(e.resident))
			if given[e.seat] || busy[place] || e.resident >= residents {
				t.Fatalf("%+v: %+v is impossible", shape, e)
			}
			given[e.seat], busy[place] = true, true
			if of[e.resident]++; of[e.resident] > 2 {
				t.Fatalf("%+v: resident %d has three bookings", shape, e.resident)
			}
		}
		if len(all) < len(seats)*3/5 {
			t.Errorf("%+v: %d of %d seats are used", shape, len(all), len(seats))
		}
	}
}

func TestJudge(t *testing.T) {
	won := try{201, []byte(`{"id":1}`), time.Second}
	lost := try{409, []byte(`{"code":"slot_taken","alternatives":[{"free":true}]}`), 20 * time.Millisecond}
	for name, c := range map[string]struct {
		tries  []try
		winner int
		losers int
		fair   bool
	}{
		"one winner":             {[]try{lost, won, lost}, 1, 2, true},
		"two winners":            {[]try{won, won, lost}, -1, 1, false},
		"no winner":              {[]try{lost, lost}, -1, 2, false},
		"without other times":    {[]try{won, {409, []byte(`{"code":"slot_taken"}`), 0}}, 0, 1, false},
		"for another reason":     {[]try{won, {409, []byte(`{"code":"limit_reached","alternatives":[{}]}`), 0}}, 0, 1, false},
		"with another status":    {[]try{won, {503, lost.body, 0}}, 0, 1, false},
		"with something unknown": {[]try{won, {409, []byte(`<html>`), 0}}, 0, 1, false},
	} {
		winner, losers, fault := judge(c.tries)
		if winner != c.winner || len(losers) != c.losers || (fault == "") != c.fair {
			t.Errorf("%s: winner %d, %d losers, %q", name, winner, len(losers), fault)
		}
	}
}

func TestMeters(t *testing.T) {
	stat := "77 (a (b) c) S 1 77 77 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 9 0 1 2 3"
	if d, err := parseStat([]byte(stat)); err != nil || d != 2*time.Second {
		t.Errorf("processor time: %v %v, want 2s", d, err)
	}
	if _, err := parseStat([]byte("77 (x) S 1")); err == nil {
		t.Error("a short line is taken")
	}
	if mb := parsePeak("VmPeak:\t 99 kB\nVmHWM:\t  20480 kB\nVmRSS:\t 3 kB\n"); mb != 20 {
		t.Errorf("peak: %v MB, want 20", mb)
	}
	a := meter{client: 2 * time.Millisecond, server: 4 * time.Millisecond, statements: 30, syncs: 5}
	if got := a.plus(a).minus(a); got != a {
		t.Errorf("a+a-a = %+v", got)
	}
	text := a.sentence([]round{{time.Second, make([]time.Duration, 10)}})
	for _, part := range []string{"client 200µs", "server 400µs", "语句 3.0", "落盘 0.50"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
}

// TestCall reads whole answers over one connection, of known length and in chunks, and
// counts what is not expected.
func TestCall(t *testing.T) {
	long := strings.Repeat("温馨小屋", 3000)
	var connections sync.Map
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connections.Store(r.RemoteAddr, true)
		body, _ := io.ReadAll(r.Body)
		switch {
		case r.URL.Path == "/chunks":
			_, _ = io.WriteString(w, long)
		case r.Method == http.MethodPost && r.Header.Get("Idempotency-Key") == "key-1" && r.Header.Get("Content-Type") == "application/json":
			w.WriteHeader(http.StatusCreated)
			_, _ = w.Write(append(body, r.Header.Get("Authorization")...))
		default:
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	defer server.Close()
	c := newCall(server.Listener.Addr().String())
	defer c.close()
	for _, want := range []struct {
		request []byte
		status  int
		body    string
	}{
		{get("/chunks", ""), 200, long},
		{post("/x", "secret", "key-1", []byte(`{"a":1}`)), 201, `{"a":1}Bearer secret`},
		{get("/other", "secret"), 418, ""},
		{get("/chunks", ""), 200, long},
	} {
		status, body, err := c.do(want.request)
		if err != nil || status != want.status || string(body) != want.body {
			t.Fatalf("%.20s: %d, %d bytes, %v", want.request, status, len(body), err)
		}
	}
	n := 0
	connections.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("%d connections for four requests", n)
	}
	server.CloseClientConnections()
	if status, _, err := c.do(get("/chunks", "")); err != nil || status != 200 {
		t.Errorf("after the server closed the connection: %d %v", status, err)
	}
}

func TestLoadCountsWhatIsOdd(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bad" {
			http.Error(w, "no", http.StatusConflict)
		}
	}))
	defer server.Close()
	requests := [][]byte{get("/good", ""), get("/bad", ""), get("/good", ""), get("/good", ""), get("/bad", "")}
	next := used(len(requests))
	s := &side{name: "x", process: &child{addr: server.Listener.Addr().String()}, want: 200, next: func() []byte {
		if i, ok := next(); ok {
			return requests[i]
		}
		return nil
	}}
	defer s.close()
	var notes strings.Builder
	r, err := s.load(t.Context(), &lab{notes: &notes}, 2, time.Minute) // ends with the requests
	if err != nil || len(r.waits) != 3 || s.odd != 2 || strings.Count(notes.String(), "409 no") != 2 {
		t.Errorf("%d good, %d odd, %v, notes %q", len(r.waits), s.odd, err, notes.String())
	}
	server.Close()
	next = used(1)
	if _, err := s.load(t.Context(), &lab{notes: &notes}, 2, time.Minute); err == nil {
		t.Error("a dead server has figures")
	}
}
