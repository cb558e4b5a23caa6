package wechatsim

import (
	"math/rand/v2"
	"net/http"
	"time"
)

// Fault is what the next Count calls of Path get instead of an answer: DelayMS first, then
// one of Drop (the connection closes with no answer), Status (an HTTP error) or ErrCode
// (WeChat's own). A fault with a delay alone answers late but rightly. After lets the call
// do its work first, so that only the answer is lost.
type Fault struct {
	Path    string `json:"path"`
	Count   int    `json:"count"`
	ErrCode int    `json:"errcode,omitempty"`
	Status  int    `json:"status,omitempty"`
	DelayMS int    `json:"delay_ms,omitempty"`
	Drop    bool   `json:"drop,omitempty"`
	After   bool   `json:"after,omitempty"`
}

// Weather makes every call of every path fail with this chance, on top of faults that are
// armed: a Fault of the list, each as likely as the others, whose Path and Count do not
// count.
type Weather struct {
	Chance float64 `json:"chance"` // from 0 to 1
	Faults []Fault `json:"faults"` // BadWeather when empty
}

// BadWeather is what a network and a busy platform do: slow answers, connections lost before
// and after the work, an HTTP error, a token that is refused, "system busy".
var BadWeather = []Fault{
	{DelayMS: 800}, {Drop: true}, {Drop: true, After: true}, {Status: http.StatusBadGateway}, {ErrCode: 40001}, {ErrCode: -1},
}

// SetWeather changes the weather; a chance of 0 is fair weather. It answers in words what is
// wrong with it, "" when set.
func (s *Server) SetWeather(w Weather) string {
	if w.Chance < 0 || w.Chance > 1 {
		return "chance: from 0 to 1"
	}
	if len(w.Faults) == 0 {
		w.Faults = BadWeather
	}
	for _, f := range w.Faults {
		if wrong := f.wrong(); wrong != "" {
			return wrong
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.weather = w
	return ""
}

// SetFault arms a fault; it replaces the path's earlier one. It answers in words what is
// wrong with the fault, "" when armed.
func (s *Server) SetFault(f Fault) string {
	if _, known := endpoints[f.Path]; !known {
		return "path: not one of the simulated paths"
	}
	if f.Count < 1 || f.Count > 1_000_000 {
		return "count: from 1 to 1000000"
	}
	if wrong := f.wrong(); wrong != "" {
		return wrong
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[f.Path] = &f
	return ""
}

// wrong says in words what no fault can be, "" for a good one.
func (f Fault) wrong() string {
	if f.DelayMS < 0 || f.DelayMS > 60_000 {
		return "delay_ms: from 0 to 60000"
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		return "status: from 200 to 599"
	}
	if f.ErrCode == 0 && f.Status == 0 && f.DelayMS == 0 && !f.Drop {
		return "one of errcode, status, delay_ms, drop is needed"
	}
	return ""
}

// ClearFaults disarms all faults and makes the weather fair.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.faults)
	s.weather = Weather{}
}

// takeFault uses up one of the path's armed calls; without one the weather decides.
func (s *Server) takeFault(path string) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.faults[path]
	if f == nil {
		if rand.Float64() >= s.weather.Chance {
			return Fault{}, false
		}
		return s.weather.Faults[rand.IntN(len(s.weather.Faults))], true
	}
	f.Count--
	if f.Count == 0 {
		delete(s.faults, path)
	}
	return *f, true
}

// Call is a request to the wire side as it really went: who asked may have got another
// answer than what was done, or none. Fault is zero when the call had none.
type Call struct {
	At     time.Time
	Path   string
	Body   []byte
	Fault  Fault
	Worked bool // what was asked for was done, with errcode 0
}

// misbehave plays the path's fault, if one is armed, and says whether that was the answer.
// work does what the call asks for, for faults that lose only the answer.
func (s *Server) misbehave(w http.ResponseWriter, r *http.Request, record *Call, work func()) bool {
	f, armed := s.takeFault(r.URL.Path)
	if !armed {
		return false
	}
	record.Fault = f
	if f.DelayMS > 0 {
		timer := time.NewTimer(time.Duration(f.DelayMS) * time.Millisecond)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			panic(http.ErrAbortHandler) // nobody listens any more
		}
	}
	if f.After {
		work()
	}
	switch {
	case f.Drop:
		panic(http.ErrAbortHandler) // net/http then closes the connection without an answer
	case f.Status != 0:
		w.WriteHeader(f.Status)
	case f.ErrCode != 0:
		writeAnswer(w, refuse(f.ErrCode, "a fault that was asked for"))
	default:
		return false
	}
	return true
}
