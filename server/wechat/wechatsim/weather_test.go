package wechatsim

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// TestWeather: about every tenth call fails, in each of the ways, and Seen knows which of
// the calls that failed had done their work.
func TestWeather(t *testing.T) {
	const calls = 3000
	var worked, hidden, failed atomic.Int64
	s := New(Options{AppID: "wxmini", Secret: "s1", Seen: func(c Call) {
		if c.Worked {
			worked.Add(1)
		}
		if c.Fault != (Fault{}) {
			failed.Add(1)
		}
		if c.Worked && c.Fault.Drop {
			hidden.Add(1)
		}
	}})
	faults := BadWeather[1:] // without the slow answer
	if wrong := s.SetWeather(Weather{0.1, faults}); wrong != "" {
		t.Fatal(wrong)
	}
	client := &http.Client{Transport: s.Transport()}
	ways := map[string]int{}
	for range calls {
		resp, err := client.Post("https://"+Host+"/cgi-bin/stable_token", "application/json", strings.NewReader(`{"grant_type":"client_credential","appid":"wxmini","secret":"s1"}`))
		if err != nil {
			ways["dropped"]++
			continue
		}
		text, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		switch {
		case resp.StatusCode != http.StatusOK:
			ways["status"]++
		case strings.Contains(string(text), `"errcode":40001`):
			ways["token"]++
		case strings.Contains(string(text), `"errcode":-1`):
			ways["busy"]++
		default:
			ways["answered"]++
		}
	}
	if n := calls - ways["answered"]; n < calls/20 || n > calls/5 || int(failed.Load()) != n {
		t.Errorf("%d of %d calls failed, %d were seen to: %v", n, calls, failed.Load(), ways)
	}
	if len(ways) != 5 || hidden.Load() == 0 || int(worked.Load()) != ways["answered"]+int(hidden.Load()) {
		t.Errorf("%v; %d worked, %d of them without an answer", ways, worked.Load(), hidden.Load())
	}
	s.ClearFaults()
	before := failed.Load()
	for range 100 {
		resp, err := client.Get("https://" + Host + "/cgi-bin/stable_token")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	if failed.Load() != before {
		t.Error("fair weather has faults")
	}
}

func TestWeatherControl(t *testing.T) {
	s := New(Options{AppID: "wxmini", Secret: "s1"})
	for body, want := range map[string]int{
		`{"chance":0.1}`: http.StatusNoContent, `{"chance":0.5,"faults":[{"errcode":-1}]}`: http.StatusNoContent, `{"chance":0}`: http.StatusNoContent,
		`{"chance":2}`: http.StatusBadRequest, `{"chance":0.1,"faults":[{}]}`: http.StatusBadRequest, `rain`: http.StatusBadRequest,
	} {
		r := httptest.NewRequest(http.MethodPut, "http://localhost/sim/weather", strings.NewReader(body))
		r.RemoteAddr = "127.0.0.1:1"
		w := httptest.NewRecorder()
		s.Control().ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
}

func TestAllow(t *testing.T) {
	w := newWorld(t)
	if wrong := w.Allow("lin", "one", 3); wrong != "" {
		t.Fatal(wrong)
	}
	if w.Allow("lin", "none", 1) == "" {
		t.Error("an unknown template is allowed")
	}
	if !w.spend(hashOf("lin"), "one") || w.people[hashOf("lin")].credits["one"] != 2 {
		t.Errorf("credits: %v", w.people[hashOf("lin")].credits)
	}
}
