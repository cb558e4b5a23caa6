package main

import (
	"context"
	"strings"
	"testing"
	"time"
)

// TestShort is `make faults` in short: each part is killed once, and nothing is lost or
// done twice. Then the books are falsified one by one, and every falsification is found:
// the zeros are counted.
func TestShort(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	s, err := openSite(ctx, "../..", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	var notes strings.Builder
	p := plan{rounds: len(kinds), residents: 20, pause: 400 * time.Millisecond, least: 700 * time.Millisecond, most: 1200 * time.Millisecond, hurry: true}
	v, err := s.play(ctx, p, &notes)
	if err != nil {
		t.Fatalf("%v\n%s", err, notes.String())
	}
	t.Logf("\n%s%s", v.table(), v.line())
	if !v.clean() {
		t.Fatal("the product lost something or did it twice")
	}
	if len(v.rounds) != len(kinds) || v.acked < 20 || v.sent < 20 {
		t.Fatalf("%d rounds, %d requests, %d messages: too little happened", len(v.rounds), v.acked, v.sent)
	}
	falsify(ctx, t, s, v)
}
