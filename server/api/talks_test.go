package api

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"warmcabin/server/cabin"
)

// A public page that knows its visitor: nobody is asked who they are, but a session that is
// over is said to be over, so that the phone logs in again and does not show a stranger's page.
func TestAKnownVisitor(t *testing.T) {
	w := newWalker(t)
	good, err := w.sessions.Create(t.Context(), w.people[cabin.Resident], "phone", false)
	if err != nil {
		t.Fatal(err)
	}
	over, err := w.sessions.Create(t.Context(), w.people[cabin.Resident], "lost phone", false)
	if err != nil {
		t.Fatal(err)
	}
	pass, err := w.sessions.Gate(t.Context(), over, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.sessions.Revoke(t.Context(), pass.PersonID, pass.SessionID); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		header string
		path   string
		want   int
	}{
		"nobody":              {"", "/talks/999", http.StatusNotFound},
		"a resident":          {"Bearer " + good, "/talks/999", http.StatusNotFound},
		"a session over":      {"Bearer " + over, "/talks/999", http.StatusUnauthorized},
		"no session at all":   {"Bearer nonsense", "/talks/999", http.StatusUnauthorized},
		"another scheme":      {"Basic abc", "/talks/999", http.StatusNotFound},
		"a page that is not":  {"Bearer nonsense", "/talks", http.StatusOK},
		"mine is not a talk":  {"", "/talks/mine", http.StatusUnauthorized},
		"nor a resident's":    {"Bearer " + good, "/talks/mine", http.StatusForbidden},
		"a word is no number": {"", "/talks/all", http.StatusUnprocessableEntity},
	} {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, Base+c.path, nil)
		if c.header != "" {
			req.Header.Set("Authorization", c.header)
		}
		answer := httptest.NewRecorder()
		w.server.ServeHTTP(answer, req)
		if answer.Code != c.want {
			t.Errorf("%s: got %d, want %d: %s", name, answer.Code, c.want, answer.Body)
		}
	}
}
