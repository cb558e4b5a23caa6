package wechatsim

import (
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

// SetFault arms a fault; it replaces the path's earlier one. It answers in words what is
// wrong with the fault, "" when armed.
func (s *Server) SetFault(f Fault) string {
	if _, known := endpoints[f.Path]; !known {
		return "path: not one of the simulated paths"
	}
	if f.Count < 1 || f.Count > 1_000_000 {
		return "count: from 1 to 1000000"
	}
	if f.DelayMS < 0 || f.DelayMS > 60_000 {
		return "delay_ms: from 0 to 60000"
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		return "status: from 200 to 599"
	}
	if f.ErrCode == 0 && f.Status == 0 && f.DelayMS == 0 && !f.Drop {
		return "one of errcode, status, delay_ms, drop is needed"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[f.Path] = &f
	return ""
}

// ClearFaults disarms all faults.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.faults)
}

// takeFault uses up one of the path's armed calls.
func (s *Server) takeFault(path string) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.faults[path]
	if f == nil {
		return Fault{}, false
	}
	f.Count--
	if f.Count == 0 {
		delete(s.faults, path)
	}
	return *f, true
}

// misbehave plays the path's fault, if one is armed, and says whether that was the answer.
// work does what the call asks for, for faults that lose only the answer.
func (s *Server) misbehave(w http.ResponseWriter, r *http.Request, work func()) bool {
	f, armed := s.takeFault(r.URL.Path)
	if !armed {
		return false
	}
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
