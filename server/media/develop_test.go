package media

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/media/mediatest"
)

// noDecoding fails the test when anything is decoded.
func noDecoding(t *testing.T, s *Store) {
	s.formats = slices.Clone(s.formats)
	for i := range s.formats {
		s.formats[i].decode = func(io.Reader) (image.Image, error) {
			t.Error("it was decoded")
			return nil, io.ErrUnexpectedEOF
		}
	}
}

func TestReceivingDecodesNothing(t *testing.T) {
	s, dir := open(t)
	noDecoding(t, s)
	file := mediatest.GPSJPEG()
	p, err := s.Receive(t.Context(), bytes.NewReader(file), nil)
	if err != nil || p.Width != 1600 || p.Height != 1200 || int(p.Bytes) != len(file) { // as its header says
		t.Fatalf("%+v, %v", p, err)
	}
	for _, size := range Sizes {
		if _, _, err := s.Get(t.Context(), p.ID, size); cabin.CodeOf(err) != cabin.CodeNotFound {
			t.Errorf("%s before it was developed: %v", size, err)
		}
	}
	pngPhoto := pngFile(t, mediatest.Picture(640, 480))
	webpFile, err := os.ReadFile("testdata/photo.webp")
	if err != nil {
		t.Fatal(err)
	}
	for name, whole := range map[string][]byte{"JPEG": file, "PNG": pngPhoto, "WebP": webpFile} {
		for _, part := range []int{30, len(whole) / 3, len(whole) * 2 / 3, len(whole) - 100} { // 100: not only what stands behind the end
			if _, err := s.Receive(t.Context(), bytes.NewReader(whole[:part]), nil); cabin.CodeOf(err) != cabin.CodeInvalid {
				t.Errorf("%s, %d of %d bytes: %v", name, part, len(whole), err)
			}
		}
	}
	if got := files(t, dir); len(got) != 1 || got[0] != "incoming/"+p.ID {
		t.Errorf("files %v", got)
	}
}

// What has come whole is judged and kept as what is streamed; what is none never comes to
// the disk, and nobody counts it.
func TestReceivedWhole(t *testing.T) {
	s, dir := open(t)
	noDecoding(t, s)
	file := mediatest.GPSJPEG()
	var noted Photo
	p, err := s.ReceiveWhole(t.Context(), file, func(p Photo) error { noted = p; return nil })
	if err != nil || p.Width != 1600 || p.Height != 1200 || int(p.Bytes) != len(file) || noted != p {
		t.Fatalf("%+v, %+v, %v", p, noted, err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, incoming, p.ID)); err != nil || !bytes.Equal(b, file) {
		t.Errorf("kept %d bytes of %d, %v", len(b), len(file), err)
	}
	if _, err := s.Develop(t.Context(), p.ID, p.Bytes+1); cabin.CodeOf(err) != cabin.CodeNotFound {
		t.Errorf("developing part of a photo: %v", err)
	}
	uncounted := errors.New("nobody could count it")
	for name, receive := range map[string]func([]byte, func(Photo) error) (Photo, error){
		"whole": func(b []byte, note func(Photo) error) (Photo, error) { return s.ReceiveWhole(t.Context(), b, note) },
		"stream": func(b []byte, note func(Photo) error) (Photo, error) {
			return s.Receive(t.Context(), bytes.NewReader(b), note)
		},
	} {
		for _, c := range []struct {
			sent []byte
			code cabin.Code
		}{{nil, cabin.CodeInvalid}, {[]byte("%PDF-1.7"), cabin.CodeUnsupported}, {file[:len(file)/2], cabin.CodeInvalid}, {make([]byte, MaxBytes+1), cabin.CodeTooLarge}} {
			if p, err := receive(c.sent, func(Photo) error { t.Errorf("%s: counted", name); return nil }); cabin.CodeOf(err) != c.code || p != (Photo{}) {
				t.Errorf("%s, %d bytes: %+v, %v; want %s", name, len(c.sent), p, err, c.code)
			}
		}
		if p, err := receive(file, func(Photo) error { return uncounted }); err != uncounted || p != (Photo{}) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	if got := files(t, dir); len(got) != 1 {
		t.Errorf("files %v", got)
	}
}

// JPEG headers are read as the decoder reads them: the same size, and refused what it refuses.
func TestJPEGHeaderIsReadAsTheDecoderDoes(t *testing.T) {
	var gray bytes.Buffer
	if err := jpeg.Encode(&gray, image.NewGray(image.Rect(0, 0, 30, 20)), nil); err != nil {
		t.Fatal(err)
	}
	color := mediatest.GPSJPEG()
	at := bytes.Index(color, []byte{0xff, 0xc0, 0, 17})
	if at < 0 {
		t.Fatal("no frame header")
	}
	broken := func(offset int, to byte) []byte {
		b := bytes.Clone(color)
		b[at+offset] = to
		return b
	}
	for name, file := range map[string][]byte{
		"gray": gray.Bytes(), "with metadata": color, "progressive": broken(1, 0xc2), "lossless": broken(1, 0xc3), "arithmetic": broken(1, 0xc9),
		"12 bits": broken(4, 12), "two components": broken(9, 2), "short": color[:at+5], "end": append([]byte{0xff, 0xd8}, 0xff, 0xd9), "no length": broken(3, 0),
	} {
		want, refused := jpeg.DecodeConfig(bytes.NewReader(file))
		got, err := configJPEG(bufio.NewReader(bytes.NewReader(file)))
		if (err != nil) != (refused != nil) || got.Width != want.Width || got.Height != want.Height {
			t.Errorf("%s: %+v, %v; the decoder says %+v, %v", name, got, err, want, refused)
		}
	}
}

func TestDevelopedPhotoLeavesNothingOfWhatWasSent(t *testing.T) {
	s, dir := open(t)
	received, err := s.Receive(t.Context(), bytes.NewReader(mediatest.GPSJPEG()), nil)
	if err != nil {
		t.Fatal(err)
	}
	id := received.ID
	// A worker that was killed left half a photo; the next one's is whole.
	half := filepath.Join(dir, rendition(id, Full))
	if err := os.MkdirAll(filepath.Dir(half), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(half, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // twice is the same
		p, err := s.Develop(t.Context(), id, 0)
		if err != nil {
			t.Fatal(err)
		}
		check(t, s, p, 1200, 1600, corners)
	}
	if ids, err := s.Waiting(t.Context(), 0); err != nil || !slices.Equal(ids, []string{id}) {
		t.Errorf("waiting %v, %v", ids, err)
	}
	if ids, err := s.Waiting(t.Context(), time.Hour); err != nil || len(ids) != 0 {
		t.Errorf("waiting for an hour %v, %v", ids, err)
	}
	if err := s.Developed(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	for _, name := range files(t, dir) {
		if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || bytes.Contains(b, []byte("HUAWEI")) {
			t.Errorf("%s: %v, or it holds what was sent", name, err)
		}
	}
	if _, err := s.Develop(t.Context(), id, 0); cabin.CodeOf(err) != cabin.CodeNotFound {
		t.Errorf("developing what is not there: %v", err)
	}
	if err := s.Remove(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

// What was sent is removed with a photo that was never developed.
func TestRemoveBeforeDeveloping(t *testing.T) {
	s, dir := open(t)
	p, err := s.Receive(t.Context(), bytes.NewReader(mediatest.GPSJPEG()), nil)
	if err == nil {
		err = s.Remove(t.Context(), p.ID)
	}
	if left := files(t, dir); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

// Every orientation of every way in which colours are kept, also where planes cannot be
// turned one by one.
func TestTurningKeepsColours(t *testing.T) {
	up := mediatest.Picture(96, 64)
	for ratio := range image.YCbCrSubsampleRatio(6) {
		for turn := 1; turn <= 8; turn++ {
			stored := store(up, turn)
			m := image.NewYCbCr(stored.Rect, ratio)
			for y := range stored.Rect.Dy() {
				for x := range stored.Rect.Dx() {
					c := stored.RGBAAt(x, y)
					m.Y[m.YOffset(x, y)], m.Cb[m.COffset(x, y)], m.Cr[m.COffset(x, y)] = color.RGBToYCbCr(c.R, c.G, c.B)
				}
			}
			got := upright(m, turn)
			if got.Bounds() != up.Rect {
				t.Fatalf("%v, %d: %v", ratio, turn, got.Bounds())
			}
			for i, at := range []image.Point{{10, 10}, {86, 10}, {10, 54}, {86, 54}} {
				if !near(got.At(at.X, at.Y), corners[i]) {
					t.Errorf("%v, %d: corner %d is %v", ratio, turn, i, got.At(at.X, at.Y))
				}
			}
		}
	}
	odd := image.NewYCbCr(image.Rect(0, 0, 5, 3), image.YCbCrSubsampleRatio420)
	if got := upright(odd, 6); got.Bounds() != image.Rect(0, 0, 3, 5) {
		t.Error(got.Bounds())
	}
}

func TestOpaqueIsOnWhite(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 256, 1))
	for a := range 256 {
		m.SetNRGBA(a, 0, color.NRGBA{R: 200, G: 10, B: 90, A: byte(a)})
	}
	want := image.NewRGBA(m.Rect)
	draw.Draw(want, want.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(want, want.Rect, m, image.Point{}, draw.Over)
	got := opaque(m)
	for x := range 256 {
		r, g, b, a := got.At(x, 0).RGBA()
		wr, wg, wb, wa := want.At(x, 0).RGBA()
		for i, d := range [4]int{int(r>>8) - int(wr>>8), int(g>>8) - int(wg>>8), int(b>>8) - int(wb>>8), int(a>>8) - int(wa>>8)} {
			if d < -1 || d > 1 {
				t.Errorf("alpha %d, channel %d: off by %d", x, i, d)
			}
		}
	}
}

func TestDevelopingThatIsCutOffKeepsNothing(t *testing.T) {
	s, dir := open(t)
	p, err := s.Receive(t.Context(), bytes.NewReader(mediatest.GPSJPEG()), nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.formats = slices.Clone(s.formats)
	decode := s.formats[0].decode
	s.formats[0].decode = func(r io.Reader) (image.Image, error) { cancel(); return decode(r) }
	if _, err := s.Develop(ctx, p.ID, 0); cabin.CodeOf(err) != cabin.CodeUnavailable {
		t.Errorf("%v", err)
	}
	if left := files(t, dir); len(left) != 1 || !strings.HasPrefix(left[0], incoming) {
		t.Errorf("left %v", left)
	}
}
