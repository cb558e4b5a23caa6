package e2e

import (
	"regexp"
	"strings"
	"testing"
)

func TestTheDocumentationIsServedByUs(t *testing.T) {
	s := open(t)
	page := s.root("/docs/")
	page.need(200)
	if csp := page.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'self'") || strings.Contains(csp, "http") {
		t.Errorf("the page's policy is %q", csp)
	}
	if page.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Error("nosniff is missing")
	}
	html := string(page.raw)
	if found := regexp.MustCompile(`(?i)(https?:)?//[a-z0-9-]+(\.[a-z0-9-]+)+`).FindAllString(html, -1); len(found) != 0 {
		t.Errorf("the page names other hosts: %v", found)
	}
	assets := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(html, -1)
	if len(assets) < 2 {
		t.Fatalf("the page has no assets: %s", html)
	}
	for _, a := range assets {
		path := a[1]
		if !strings.HasPrefix(path, "/") {
			path = "/docs/" + path
		}
		if got := s.root(path); got.status != 200 || len(got.raw) == 0 {
			t.Errorf("GET %s: %d", path, got.status)
		}
	}
	if !strings.Contains(html, "/api/v1/openapi.json") {
		t.Error("the page does not show our description")
	}
	if moved := s.root("/docs"); moved.status != 200 {
		t.Errorf("/docs does not lead to the page: %d", moved.status)
	}
}

// The description parses, every reference in it leads somewhere, and every operation has
// a name, a summary and answers.
func TestTheDescriptionHoldsTogether(t *testing.T) {
	s := open(t)
	described := s.root("/api/v1/openapi.json").need(200)
	if version, _ := described["openapi"].(string); !strings.HasPrefix(version, "3.1") {
		t.Errorf("it is OpenAPI %q", version)
	}
	seen := map[string]bool{}
	for path, methods := range described["paths"].(map[string]any) {
		for method, v := range methods.(map[string]any) {
			op, _ := v.(map[string]any)
			id, _ := op["operationId"].(string)
			answers, _ := op["responses"].(map[string]any)
			if id == "" || seen[id] || op["summary"] == nil || len(answers) < 2 {
				t.Errorf("%s %s is %q with %d answers", method, path, id, len(answers))
			}
			seen[id] = true
		}
	}
	references(t, described, described)
	if yaml := s.root("/api/v1/openapi.yaml"); yaml.status != 200 || !strings.HasPrefix(string(yaml.raw), "components:") && !strings.Contains(string(yaml.raw), "\nopenapi: ") {
		t.Errorf("the YAML is %d %.80s", yaml.status, yaml.raw)
	}
}

func references(t *testing.T, whole map[string]any, at any) {
	t.Helper()
	switch v := at.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			var target any = whole
			for _, part := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
				m, _ := target.(map[string]any)
				target = m[part]
			}
			if target == nil {
				t.Errorf("%s leads nowhere", ref)
			}
		}
		for _, inner := range v {
			references(t, whole, inner)
		}
	case []any:
		for _, inner := range v {
			references(t, whole, inner)
		}
	}
}

func TestWhatIsNotThere(t *testing.T) {
	s := open(t)
	for _, path := range []string{"/sim/people", "/demo", "/metrics", "/debug/pprof/", "/.git/config", "/api/v1/nothing", "/api/v2/me", "/docs/../../etc/passwd", "/api/v1/openapi.json/x"} {
		a := s.root(path)
		if a.status != 404 {
			t.Errorf("GET %s: %d %.100s", path, a.status, a.raw)
		}
	}
}
