package media

import (
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
)

func TestSignedAddressEndsAndCannotBeForged(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	s, id := NewSigner([]byte("0123456789abcdef0123456789abcdef")), strings.Repeat("0a", 16)
	good := s.Sign(id, now.Add(time.Minute))
	if got, err := s.Open(good, now.Add(59*time.Second)); got != id || err != nil {
		t.Fatal(got, err)
	}
	refused := map[string]string{"": "nothing", id: "the bare ID", good + "A": "more", good[:len(good)-1]: "less",
		NewSigner([]byte("another key")).Sign(id, now.Add(time.Hour)): "another key's"}
	for i := range good { // any character changed
		c := byte('A')
		if good[i] == c {
			c = 'B'
		}
		refused[good[:i]+string(c)+good[i+1:]] = "changed"
	}
	for signed, what := range refused {
		if got, err := s.Open(signed, now); got != "" || cabin.CodeOf(err) != cabin.CodeNotFound {
			t.Errorf("%s (%s): %q, %v", what, signed, got, err)
		}
	}
	if got, err := s.Open(good, now.Add(time.Minute)); got != "" || cabin.CodeOf(err) != cabin.CodeNotFound {
		t.Errorf("after its end: %q, %v", got, err)
	}
}
