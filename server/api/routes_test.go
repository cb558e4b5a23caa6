package api

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"warmcabin/server/cabin"
)

// beside lists what is served beside the API, all public: pages and probes.
var beside = []string{"GET /docs", "GET /docs/*", "GET /healthz", "GET /readyz", "GET " + Base + "/openapi.json", "GET " + Base + "/openapi.yaml", "GET " + Base + "/openapi-3.0.json", "GET " + Base + "/openapi-3.0.yaml"}

// A route that is not in the table does not exist, and every row has its route.
func TestRouteTable(t *testing.T) {
	s, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(beside)
	seen := map[string]bool{}
	for _, r := range routes {
		if seen[r.ID] {
			t.Errorf("route %s stands twice in the table", r.ID)
		}
		seen[r.ID] = true
		path := r.Path
		for _, p := range []string{"id", "role", "scopeId", "name", "day", "ruleId", "exceptionId", "secret", "kind", "step", "code"} {
			path = strings.ReplaceAll(path, "{"+p+"}", ":"+p)
		}
		want = append(want, r.Method+" "+Base+path)
	}
	var got []string
	for _, r := range s.echo.Routes() {
		if r.Method != "echo_route_not_found" {
			got = append(got, r.Method+" "+r.Path)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("served beside the table: %v\nin the table, not served: %v", minus(got, want), minus(want, got))
	}
}

func minus(a, b []string) (left []string) {
	for _, x := range a {
		if !slices.Contains(b, x) {
			left = append(left, x)
		}
	}
	return left
}

// What changes something needs a session, and a limit; creating needs an idempotency key.
func TestWritesAreGuarded(t *testing.T) {
	free := []string{"login", "logout", "session-revoke", "sessions-revoke"}
	for _, r := range routes {
		if r.Method == http.MethodGet {
			continue
		}
		if len(r.Roles) == 0 && !slices.Contains([]string{"login", "desktop-code", "desktop-poll"}, r.ID) {
			t.Errorf("%s changes something for nobody in particular", r.ID)
		}
		if r.Limit == nil && !slices.Contains(free, r.ID) {
			t.Errorf("%s has no limit", r.ID)
		}
		for _, role := range r.Roles {
			if !role.Valid() {
				t.Errorf("%s asks for %q, which nobody holds", r.ID, role)
			}
		}
	}
}

// Every code has a status, and nothing of ours becomes 500 by being forgotten.
func TestEveryCodeHasAStatus(t *testing.T) {
	for _, code := range []cabin.Code{
		cabin.CodeInvalid, cabin.CodeUnauthorized, cabin.CodeForbidden, cabin.CodeNotFound, cabin.CodeConflict, cabin.CodeSlotTaken,
		cabin.CodeKeyReused, cabin.CodeLimitReached, cabin.CodeTooMany, cabin.CodeTooLarge, cabin.CodeUnsupported, cabin.CodeLoginRefused,
		cabin.CodeUpstream, cabin.CodeUnavailable, cabin.CodeInternal, cabin.CodeOutcomeUnknown, cabin.CodeFactor, cabin.CodeFactorUnset, cabin.CodeFourEyes,
	} {
		if statuses[code] == 0 {
			t.Errorf("%s has no status", code)
		}
	}
	if len(statuses) != 19 {
		t.Errorf("the map has %d codes: name the new one here too", len(statuses))
	}
}
