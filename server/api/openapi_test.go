package api

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The committed description feeds the client's types: `make openapi` writes it anew.
func TestOpenAPIIsCurrent(t *testing.T) {
	s, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	now, err := s.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	committed, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(committed), string(now)); d != "" {
		t.Errorf("openapi.yaml is not current, run make openapi:\n%.2000s", d)
	}
}
