package api

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labstack/echo/v4"

	"warmcabin/server/cabin"
)

// TestFreshKeepsWhatManyAsk: one computation for a crowd, refusals are not kept, own words
// are not kept, and what is kept gets old.
func TestFreshKeepsWhatManyAsk(t *testing.T) {
	var computed atomic.Int64
	status := http.StatusOK
	e, f := echo.New(), newFresh(time.Hour)
	e.Use(f.serve)
	e.GET(Base+"/deputies", func(c echo.Context) error {
		computed.Add(1)
		c.Response().Header().Set("X-Kind", "list")
		return c.String(status, "list "+c.QueryParam("limit"))
	})
	ask := func(query string) *httptest.ResponseRecorder {
		answer := httptest.NewRecorder()
		e.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, Base+"/deputies?"+query, nil))
		return answer
	}
	var crowd sync.WaitGroup
	for range 50 {
		crowd.Go(func() {
			if a := ask("limit=20"); a.Code != 200 || a.Body.String() != "list 20" || a.Header().Get("X-Kind") != "list" {
				t.Errorf("got %d %q", a.Code, a.Body)
			}
		})
	}
	crowd.Wait()
	if n := computed.Load(); n != 1 {
		t.Errorf("computed %d times", n)
	}
	if a := ask("limit=10"); a.Body.String() != "list 10" {
		t.Errorf("another page is %q", a.Body)
	}
	for range 2 {
		ask("need=x")
	}
	status = http.StatusServiceUnavailable
	for range 2 {
		if a := ask("limit=30"); a.Code != 503 {
			t.Errorf("a refusal is %d", a.Code)
		}
	}
	if n := computed.Load(); n != 6 {
		t.Errorf("computed %d times, want each own word and each refusal anew", n)
	}
	// In the last quarter of its life one asker brings it up to date; at its end everybody waits for that.
	status = http.StatusOK
	clock := time.Now()
	f.now = func() time.Time { return clock }
	for _, c := range []struct {
		later time.Duration
		want  int64
	}{{44 * time.Minute, 6}, {2 * time.Minute, 7}, {0, 7}, {2 * time.Hour, 8}} {
		clock = clock.Add(c.later)
		for range 3 {
			ask("limit=20")
		}
		if n := computed.Load(); n != c.want {
			t.Errorf("%s later: computed %d times, want %d", c.later, n, c.want)
		}
	}
}

// What is taken shows on the next look where nothing is kept, as in every test.
func TestFreshIsOffUnlessAskedFor(t *testing.T) {
	w := newWalker(t)
	if w.server.FreshFor != 0 {
		t.Fatal("tests would look at old lists")
	}
	if got, _ := w.call(t, *row("deputies"), cabin.Resident); got != http.StatusOK {
		t.Errorf("got %d", got)
	}
}

// TestLosersShareTheirAlternatives: one look at the database for all who lost one seat.
func TestLosersShareTheirAlternatives(t *testing.T) {
	for _, c := range []struct {
		life time.Duration
		want int64
	}{{time.Hour, 1}, {0, 40}} {
		n, asked := nearest{life: c.life}, atomic.Int64{}
		var crowd sync.WaitGroup
		for range 40 {
			crowd.Go(func() {
				slots, err := n.get("one seat", func() ([]cabin.Slot, error) {
					asked.Add(1)
					return []cabin.Slot{{DeputyID: 7}}, nil
				})
				if err != nil || len(slots) != 1 || slots[0].DeputyID != 7 {
					t.Errorf("got %v, %v", slots, err)
				}
			})
		}
		crowd.Wait()
		if asked.Load() != c.want {
			t.Errorf("kept for %s: asked %d times, want %d", c.life, asked.Load(), c.want)
		}
	}
}

// What a crowd asked for is let go when it is over, though nobody asks any more.
func TestWhatIsOverIsLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, n := newFresh(time.Second), nearest{life: time.Second}
		holds := func(want int) {
			t.Helper()
			synctest.Wait()
			f.mu.Lock()
			defer f.mu.Unlock()
			n.mu.Lock()
			defer n.mu.Unlock()
			if len(f.kept) != want || len(n.kept) != want {
				t.Errorf("%d answers and %d alternatives are kept, want %d", len(f.kept), len(n.kept), want)
			}
		}
		keep := func(key string) {
			f.keep(key, &answer{at: f.now()})
			if _, err := n.get(key, func() ([]cabin.Slot, error) { return nil, nil }); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // it sweeps again after it had nothing to do
			keep("a")
			time.Sleep(700 * time.Millisecond)
			keep("b")
			holds(2)
			time.Sleep(500 * time.Millisecond)
			holds(1)
			time.Sleep(2 * time.Second)
			holds(0)
		}
	})
}
