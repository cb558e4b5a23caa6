package api

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
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
	f.life = time.Nanosecond
	if ask("limit=20"); computed.Load() != 7 {
		t.Error("what is old is not computed anew")
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
