package vault

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// key is 32 bytes that count up from first, in hex.
func key(first byte) string {
	var b [32]byte
	for i := range b {
		b[i] = first + byte(i)
	}
	return hex.EncodeToString(b[:])
}

func vaultOf(t testing.TB, sealing string) *Vault {
	t.Helper()
	keys, err := ParseKeys(sealing)
	if err != nil {
		t.Fatal(err)
	}
	index, err := ParseIndexKey(key(0x40))
	if err != nil {
		t.Fatal(err)
	}
	return New(keys, index)
}

func seal(t testing.TB, v *Vault, person int64, plain string) []byte {
	t.Helper()
	sealed, err := v.Seal(person, []byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

const wang = "王芳 13800138000"

func TestSealAndOpen(t *testing.T) {
	v := vaultOf(t, "1:"+key(1))
	for _, text := range []string{"", "x", wang, strings.Repeat("长", 10_000)} {
		one, two := seal(t, v, 7, text), seal(t, v, 7, text)
		if bytes.Equal(one, two) {
			t.Errorf("%.20q sealed twice is the same", text)
		}
		if len(one) != len(text)+Overhead || text != "" && len(text) > 3 && bytes.Contains(one, []byte(text)) {
			t.Errorf("%.20q is sealed as %d bytes", text, len(one))
		}
		if plain, err := v.Open(7, one); err != nil || string(plain) != text {
			t.Errorf("%.20q comes back as %.20q, %v", text, plain, err)
		}
	}
}

// TestStoredValuesStayReadable holds the format and the hash to values that were made by
// another implementation of the same standards: what a database holds cannot change its mind.
func TestStoredValuesStayReadable(t *testing.T) {
	v := vaultOf(t, "1:"+key(1))
	stored, err := hex.DecodeString("0101000102030405060708090a0b99ba8a00d38646ada662312597ec85d86ec7a3440188a95ce0c37b50135983358d0f")
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := v.Open(7, stored); err != nil || string(plain) != wang {
		t.Errorf("opened as %q, %v", plain, err)
	}
	if got := fmt.Sprintf("%x", v.Hash("13800138000")); got != "9b14e84b0e2b0ad4d8790a52fabcf81b20f20778c862540a4c631b3903f2be3e" {
		t.Errorf("the phone's hash is %s", got)
	}
}

func TestOpenRefuses(t *testing.T) {
	v := vaultOf(t, "1:"+key(1))
	good := seal(t, v, 7, wang)
	with := func(at int, b byte) []byte { c := slices.Clone(good); c[at] = b; return c }
	for _, c := range []struct {
		name   string
		vault  *Vault
		person int64
		sealed []byte
		want   error
	}{
		{"another person", v, 8, good, ErrRefused},
		{"nobody", v, 0, good, ErrNobody},
		{"a negative id", v, -7, good, ErrNobody},
		{"another key of the same id", vaultOf(t, "1:"+key(2)), 7, good, ErrRefused},
		{"the key is gone", vaultOf(t, "2:"+key(2)), 7, good, ErrKey},
		{"said to be of an older key", vaultOf(t, "2:"+key(2)+",1:"+key(1)), 7, with(1, 2), ErrRefused},
		{"same key under another id", vaultOf(t, "2:"+key(1)), 7, with(1, 2), ErrRefused},
		{"a later version", v, 7, with(0, 2), ErrFormat},
		{"nothing", v, 7, nil, ErrFormat},
		{"cut in the tag", v, 7, good[:Overhead-1], ErrFormat},
		{"one byte less", v, 7, good[:len(good)-1], ErrRefused},
		{"one byte more", v, 7, append(slices.Clone(good), 0), ErrRefused},
		{"plain text", v, 7, []byte(wang + wang), ErrFormat},
	} {
		plain, err := c.vault.Open(c.person, c.sealed)
		if !errors.Is(err, c.want) || plain != nil {
			t.Errorf("%s: %q, %v, want %v", c.name, plain, err, c.want)
		}
		if err != nil && (strings.Contains(err.Error(), "王芳") || strings.Contains(err.Error(), "138")) {
			t.Errorf("%s: the error tells the text: %v", c.name, err)
		}
	}
	if sealed, err := v.Seal(0, []byte(wang)); !errors.Is(err, ErrNobody) || sealed != nil {
		t.Errorf("sealed for nobody: %x, %v", sealed, err)
	}
}

func TestRotation(t *testing.T) {
	before, during, after := vaultOf(t, "1:"+key(1)), vaultOf(t, "2:"+key(2)+",1:"+key(1)), vaultOf(t, "2:"+key(2))
	old := seal(t, before, 7, wang)
	if before.NeedsRotation(old) || !during.NeedsRotation(old) {
		t.Error("only the new configuration asks for the rotation of an old value")
	}
	plain, err := during.Open(7, old)
	if err != nil || string(plain) != wang {
		t.Fatalf("an old value opens as %q, %v", plain, err)
	}
	fresh := seal(t, during, 7, string(plain))
	if during.NeedsRotation(fresh) {
		t.Error("a fresh value asks for rotation")
	}
	if plain, err := after.Open(7, fresh); err != nil || string(plain) != wang {
		t.Errorf("without the old key it opens as %q, %v", plain, err)
	}
	if before.Hash("13800138000") != after.Hash("13800138000") {
		t.Error("nobody is found any more after a rotation")
	}
	for _, other := range [][]byte{nil, {1}, []byte(wang + wang)} {
		if !after.NeedsRotation(other) {
			t.Errorf("%q passes for a value of the current key", other)
		}
	}
}

func TestHash(t *testing.T) {
	v := vaultOf(t, "1:"+key(1))
	want := v.Hash("13800138000")
	for _, same := range []string{"138 0013 8000", "138-0013-8000", "１３８００１３８０００", "+86 13800138000", "008613800138000", "86-138-0013-8000"} {
		if v.Hash(same) != want {
			t.Errorf("%q is not found", same)
		}
	}
	for _, other := range []string{"", "13800138001", "1380013800", "王芳"} {
		if v.Hash(other) == want {
			t.Errorf("%q is taken for another phone", other)
		}
	}
	index, err := ParseIndexKey(key(0x41))
	if err != nil {
		t.Fatal(err)
	}
	if New(v.keys, index).Hash("13800138000") == want {
		t.Error("the hash does not depend on the index key")
	}
}

// TestNoPrintingShowsAKey prints a vault in every way that a careless line may.
func TestNoPrintingShowsAKey(t *testing.T) {
	v := vaultOf(t, "1:"+key(1))
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("start", "vault", v, "keys", v.keys, "index", v.index)
	slog.New(slog.NewTextHandler(&logged, nil)).Info("start", "vault", v, "keys", v.keys, "index", v.index)
	text, err := json.Marshal(struct{ V *Vault }{v})
	if err != nil {
		t.Fatal(err)
	}
	out := logged.String() + string(text)
	for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%d", "%s"} {
		for _, a := range []any{v, *v, v.keys, v.index, []any{v, v.keys}, struct{ v *Vault }{v}, struct{ v Vault }{*v}} {
			out += fmt.Sprintf(verb, a)
		}
	}
	// Key material in any form is rows of numbers; what may be printed is an address or two.
	if rows := regexp.MustCompile(`(?:\d+,? ){4}|[0-9a-f]{30}`).FindAllString(out, -1); rows != nil {
		t.Errorf("this looks like a key: %q", rows)
	}
}

func FuzzSealOpen(f *testing.F) {
	f.Add(int64(7), int64(8), []byte(wang), uint(0), byte(1))
	f.Add(int64(1), int64(2), []byte{}, uint(1), byte(0xff))
	f.Add(int64(1)<<40, int64(1), []byte("x"), uint(29), byte(0x80))
	v, rotated, other := vaultOf(f, "1:"+key(1)), vaultOf(f, "2:"+key(2)+",1:"+key(1)), vaultOf(f, "1:"+key(2))
	f.Fuzz(func(t *testing.T, person, stranger int64, text []byte, at uint, flip byte) {
		sealed, err := v.Seal(person, text)
		if person <= 0 {
			if !errors.Is(err, ErrNobody) {
				t.Fatalf("sealed for %d: %v", person, err)
			}
			return
		}
		for _, with := range []*Vault{v, rotated} {
			if plain, err := with.Open(person, sealed); err != nil || !bytes.Equal(plain, text) {
				t.Fatalf("it opens as %q, %v", plain, err)
			}
		}
		if plain, err := other.Open(person, sealed); err == nil {
			t.Fatalf("another key opens it: %q", plain)
		}
		if stranger != person {
			if plain, err := v.Open(stranger, sealed); err == nil {
				t.Fatalf("it opens for %d: %q", stranger, plain)
			}
		}
		if flip != 0 {
			changed := slices.Clone(sealed)
			changed[at%uint(len(changed))] ^= flip
			if plain, err := rotated.Open(person, changed); err == nil {
				t.Fatalf("changed, it opens as %q", plain)
			}
		}
		if plain, err := v.Open(person, text); err == nil {
			t.Fatalf("what was never sealed opens as %q", plain)
		}
	})
}
