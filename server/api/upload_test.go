package api

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// Forms that are taken apart in memory are taken apart as multipart's reader does it, or are
// left to it.
func TestOnlyPart(t *testing.T) {
	const kind = `multipart/form-data; boundary=xyz`
	file := "\xff\xd8 photo \r\n--xy \r\n\r\n--\xff\xd9"
	part := func(disposition, more, content string) string {
		return "--xyz\r\nContent-Disposition: " + disposition + "\r\n" + more + "\r\n" + content + "\r\n"
	}
	ours := part(`form-data; name="file"; filename="IMG_0001.jpg"`, "Content-Type: image/jpeg\r\n", file)
	for name, c := range map[string]struct {
		kind, form string
		plain      bool
	}{
		"plain":                 {kind, ours + "--xyz--\r\n", true},
		"no line after the end": {kind, ours + "--xyz--", true},
		"a quoted boundary":     {`Multipart/Form-Data; boundary="xyz"`, ours + "--xyz--\r\n", true},
		"empty":                 {kind, part(`form-data; name="file"; filename="a.jpg"`, "", "") + "--xyz--\r\n", true},
		"a field behind":        {kind, ours + part(`form-data; name="note"`, "", "hello") + "--xyz--\r\n", true},
		"a second file":         {kind, ours + part(`form-data; name="file"; filename="b.jpg"`, "", "other") + "--xyz--\r\n", true},
		"a field before":        {kind, part(`form-data; name="note"`, "", "hello") + ours + "--xyz--\r\n", false},
		"words before":          {kind, "preamble\r\n" + ours + "--xyz--\r\n", false},
		"not to its end":        {kind, strings.TrimSuffix(ours, "\r\n"), false},
		"half a boundary":       {kind, ours + "--xy", false},
		"a longer boundary":     {kind, ours + "--xyzz--\r\n", false},
		"bare line feeds":       {kind, strings.ReplaceAll(ours+"--xyz--\r\n", "\r\n", "\n"), false},
		"another name":          {kind, part(`form-data; name="photo"; filename="a.jpg"`, "", file) + "--xyz--\r\n", false},
		"no file name":          {kind, part(`form-data; name="file"`, "", file) + "--xyz--\r\n", false},
		"quoted-printable":      {kind, part(`form-data; name="file"; filename="a.jpg"`, "Content-Transfer-Encoding: quoted-printable\r\n", "=41") + "--xyz--\r\n", false},
		"a broken header":       {kind, part(`form-data; name="file"; filename="a.jpg"`, "nonsense\r\n", file) + "--xyz--\r\n", false},
		"no boundary":           {"multipart/form-data", ours + "--xyz--\r\n", false},
		"no form":               {"image/jpeg", file, false},
		"nothing":               {kind, "", false},
	} {
		got, plain := onlyPart(c.kind, []byte(c.form))
		if plain != c.plain {
			t.Errorf("%s: plain %v", name, plain)
		}
		if !plain {
			continue
		}
		part, err := photoPart(c.kind, strings.NewReader(c.form))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if want, err := io.ReadAll(part); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %q; want %q, %v", name, got, want, err)
		}
	}
}

// A short form is read whole; of a longer one, and of one that breaks off, nothing is lost.
func TestFill(t *testing.T) {
	for name, c := range map[string]struct {
		sent string
		ends error
		head string
		all  bool
	}{
		"short":      {"abc", io.EOF, "abc", true},
		"nothing":    {"", io.EOF, "", true},
		"full":       {"abcd", io.EOF, "abcd", false},
		"longer":     {"abcdef", io.EOF, "abcd", false},
		"broken off": {"ab", io.ErrUnexpectedEOF, "ab", false},
	} {
		r := io.MultiReader(strings.NewReader(c.sent), failing{c.ends})
		head, all := fill(make([]byte, 4), r)
		if string(head) != c.head || all != c.all {
			t.Errorf("%s: %q, %v", name, head, all)
		}
		rest, _ := io.ReadAll(r)
		if got := string(head) + string(rest); got != c.sent {
			t.Errorf("%s: %q in all", name, got)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
