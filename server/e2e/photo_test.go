package e2e

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"net/http"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/media/mediatest"
)

// hugePNG is a few bytes that claim to be a picture of w × h pixels.
func hugePNG(w, h uint32) []byte {
	chunk := func(kind string, body []byte) []byte {
		out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
		out = append(out, kind...)
		out = append(out, body...)
		return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	out := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(head, 8, 6, 0, 0, 0))...)
	out = append(out, chunk("IDAT", []byte{0x78, 0x9c, 3, 0, 0, 0, 0, 1})...)
	return append(out, chunk("IEND", nil)...)
}

func TestWhatIsNoPhotoIsRefused(t *testing.T) {
	s := open(t)
	p := s.person("resident")
	photo := mediatest.GPSJPEG()
	for name, c := range map[string]struct {
		file    string
		content []byte
		status  int
		code    cabin.Code
	}{
		"text named jpg":      {"a.jpg", []byte("您好，这不是照片"), 415, cabin.CodeUnsupported},
		"40,000 × 40,000":     {"a.png", hugePNG(40_000, 40_000), 422, cabin.CodeInvalid},
		"wide":                {"a.png", hugePNG(2_000_000_000, 1), 422, cabin.CodeInvalid},
		"truncated":           {"a.jpg", photo[:len(photo)/2], 422, cabin.CodeInvalid},
		"only a head":         {"a.jpg", photo[:20], 422, cabin.CodeInvalid},
		"empty":               {"a.jpg", nil, 422, cabin.CodeInvalid},
		"one byte":            {"a.jpg", []byte{0xff}, 415, cabin.CodeUnsupported},
		"GIF":                 {"a.jpg", []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"), 415, cabin.CodeUnsupported},
		"SVG":                 {"a.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), 415, cabin.CodeUnsupported},
		"HTML":                {"a.jpg", []byte("<!doctype html><script>alert(1)</script>"), 415, cabin.CodeUnsupported},
		"zip":                 {"a.jpg", []byte("PK\x03\x04 and so on and so on"), 415, cabin.CodeUnsupported},
		"over 10 MB":          {"a.jpg", append(bytes.Clone(photo), make([]byte, 10<<20)...), 413, cabin.CodeTooLarge},
		"over 11 MB":          {"a.jpg", append(bytes.Clone(photo), make([]byte, 11<<20)...), 413, cabin.CodeTooLarge},
		"a path for its name": {"../../../etc/passwd", []byte("root"), 415, cabin.CodeUnsupported},
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			before := time.Now()
			a := p.upload(c.file, c.content)
			a.need(c.status)
			a.refused(c.code)
			a.readable()
			if took := time.Since(before); took > 5*time.Second {
				t.Errorf("it took %v to refuse", took)
			}
		})
	}
	if n := s.number(`SELECT COUNT(*) FROM photos`); n != 0 {
		t.Errorf("%d rows of what was refused", n)
	}
}

func TestAnUploadThatIsNone(t *testing.T) {
	s := open(t)
	p := s.person("resident")
	const boundary = "b0undary"
	for name, c := range map[string]struct {
		contentType, body string
		status            int
	}{
		"no file field":   {"multipart/form-data; boundary=" + boundary, "--b0undary\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nx\r\n--b0undary--\r\n", 422},
		"a word for file": {"multipart/form-data; boundary=" + boundary, "--b0undary\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx\r\n--b0undary--\r\n", 422},
		"no end":          {"multipart/form-data; boundary=" + boundary, "--b0undary\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"\r\n\r\nx", 422},
		"no boundary":     {"multipart/form-data", "x", 422},
		"nothing":         {"multipart/form-data; boundary=" + boundary, "", 422},
		"JSON":            {"application/json", `{"file":"x"}`, 422},
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/photos", strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", c.contentType)
			a := p.do(req)
			if a.status != c.status && a.status != 415 {
				t.Errorf("got %d %s", a.status, a.raw)
			}
			a.refused(cabin.Code(a.body["code"].(string)))
			a.readable()
		})
	}
}

func TestNinePhotosAndNotTen(t *testing.T) {
	s := open(t)
	p, other := s.person("resident"), s.person("other")
	var ids []string
	for range 10 {
		ids = append(ids, p.photo(small()))
	}
	theirs := other.photo(small())
	const missing = "00000000000000000000000000000000"
	refusals := map[string]*answer{}
	for name, with := range map[string][]string{
		"ten": ids, "somebody else's": {ids[0], theirs}, "one that is none": {ids[0], missing}, "twice the same": {ids[0], ids[0]},
		"a path": {"../../" + ids[0]}, "an empty one": {""}, "a quote": {"' OR 1=1 --"}, "no ASCII": {"𠮷照片"}, "no ASCII among others": {ids[0], "照"},
	} {
		a := p.report(with...)
		a.need(422)
		a.refused(cabin.CodeInvalid)
		refusals[name] = a
	}
	sameRefusal(t, "a photo of somebody else", refusals["somebody else's"], refusals["one that is none"], 422)
	if n := s.number(`SELECT COUNT(*) FROM reports`) + s.number(`SELECT COUNT(*) FROM photos WHERE report_id <> 0`); n != 0 {
		t.Fatalf("the refused reports left %d rows behind", n)
	}

	s.clock.Advance(time.Minute)
	verify := p.move("reports", 1, "verify", map[string]any{"note": "好", "photoIds": []string{"𠮷"}})
	verify.need(422)
	verify.refused(cabin.CodeInvalid)
	made := p.report(ids[:9]...)
	made.need(201)
	seen := p.get("/reports/" + text(made.body["id"])).need(200)["photos"].([]any)
	for i, photo := range seen {
		if photo.(map[string]any)["id"] != ids[i] {
			t.Errorf("photo %d is out of order", i)
		}
	}
	if len(seen) != 9 {
		t.Errorf("the report shows %d photos", len(seen))
	}
	used := p.report(ids[0])
	used.need(422)
	used.refused(cabin.CodeInvalid)
	other.send(http.MethodDelete, "/photos/"+ids[0], nil).need(404)
	p.get("/photos/" + ids[0]).need(200)

	p.send(http.MethodDelete, "/photos/"+ids[9], nil).need(204)
	p.get("/photos/" + ids[9]).need(404)
	p.send(http.MethodDelete, "/photos/"+theirs, nil).need(404)
	other.get("/photos/" + theirs).need(200)
}

// A report is there before its photos are ready: nobody sees any of what was sent, and
// everybody who may see the photo is told that it will come.
func TestPhotoThatIsStillWorkedOn(t *testing.T) {
	s := open(t)
	p, staff, stranger := s.person("resident"), s.person("staff", cabin.Grant{Role: cabin.Staff, ScopeID: 1}), s.person("stranger")
	up := p.upload("IMG.jpg", mediatest.GPSJPEG()).need(201)
	if up["state"] != "processing" {
		t.Errorf("uploaded: %v", up)
	}
	id := up["id"].(string)
	p.report(id).need(201)
	for _, who := range []*phone{p, staff} {
		for _, size := range []string{"full", "thumb", "original"} {
			if a := who.get("/photos/" + id + "?size=" + size); a.status != 202 || len(a.raw) != 0 || a.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d %d bytes, %s", size, a.status, len(a.raw), a.header.Get("Cache-Control"))
			}
		}
	}
	stranger.get("/photos/" + id).need(404)
	states := func() []any {
		return p.get("/photos?ids=" + id + "," + strings.Repeat("0", 32)).need(200)["items"].([]any)
	}
	if got := states(); len(got) != 1 || got[0].(map[string]any)["state"] != "processing" {
		t.Errorf("states %v", got)
	}
	if got := stranger.get("/photos?ids=" + id).need(200)["items"].([]any); len(got) != 0 {
		t.Errorf("a stranger is told %v", got)
	}
	if err := untilDone(s.worker.Develop); err != nil {
		t.Fatal(err)
	}
	if got := states(); got[0].(map[string]any)["state"] != "ready" || got[0].(map[string]any)["width"] != 1200.0 {
		t.Errorf("states %v", got)
	}
	staff.get("/photos/" + id).need(200)
}

// What only decoding shows is said to its owner, in words; the report is there.
func TestPhotoThatIsNone(t *testing.T) {
	s := open(t)
	p := s.person("resident")
	broken := bytes.Clone(small())
	at := bytes.Index(broken, []byte{0xff, 0xda}) + 100
	copy(broken[at:], bytes.Repeat([]byte{0xff, 0x00}, (len(broken)-at-2)/2))
	id := p.upload("IMG.jpg", broken).need(201)["id"].(string)
	report := p.report(id).need(201)
	if err := untilDone(s.worker.Develop); err != nil {
		t.Fatal(err)
	}
	a := p.get("/photos/" + id)
	a.need(409)
	a.refused(cabin.CodeConflict)
	a.readable()
	shown := p.get("/reports/" + text(report["id"])).need(200)["photos"].([]any)[0].(map[string]any)
	if shown["state"] != "bad" || !strings.Contains(shown["reason"].(string), "损坏") {
		t.Errorf("the report shows %v", shown)
	}
}

func TestHowPhotosAreServed(t *testing.T) {
	s := open(t)
	p := s.person("resident")
	id := p.photo(mediatest.GPSJPEG())
	for _, size := range []string{"", "?size=full", "?size=thumb", "?size=original"} {
		a := p.get("/photos/" + id + size)
		a.need(200)
		for header, want := range map[string]string{"Content-Type": "image/jpeg", "X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=300"} {
			if got := a.header.Get(header); got != want {
				t.Errorf("%s: %q, want %q", header, got, want)
			}
		}
		if mediatest.HasMetadata(a.raw) {
			t.Errorf("the photo%s holds metadata", size)
		}
	}
	for _, bad := range []string{"/photos/" + id + "?size=huge", "/public-photos/" + id + "?size=original", "/public/photos/" + id + "?size=original", "/photos/" + strings.ToUpper(id), "/photos/" + id[:31], "/photos/..%2f..%2fetc%2fpasswd", "/photos/" + id + ".jpg"} {
		if a := p.get(bad); a.status != 422 && a.status != 404 {
			t.Errorf("GET %s: %d", bad, a.status)
		}
	}
}

func TestUploadsAreLimited(t *testing.T) {
	s := open(t)
	p, other := s.person("resident"), s.person("other")
	for range 20 {
		p.upload("a.jpg", small()).need(201)
	}
	over := p.upload("a.jpg", small())
	over.need(429)
	over.refused(cabin.CodeTooMany)
	if over.header.Get("Retry-After") == "" || over.header.Get("Retry-After") == "0" {
		t.Errorf("Retry-After is %q", over.header.Get("Retry-After"))
	}
	other.upload("a.jpg", small()).need(201)
	s.clock.Advance(time.Minute)
	for range 10 {
		p.upload("a.jpg", small()).need(201)
	}
	full := p.upload("a.jpg", small())
	full.need(409)
	full.refused(cabin.CodeLimitReached)
}
