package media

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"warmcabin/server/cabin"
	"warmcabin/server/media/mediatest"
)

func open(t testing.TB) (*Store, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "photos")
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, dir
}

func put(t *testing.T, s *Store, file []byte) Photo {
	t.Helper()
	p, err := s.Put(t.Context(), bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func refuse(t *testing.T, s *Store, r io.Reader, code cabin.Code, words string) {
	t.Helper()
	p, err := s.Put(t.Context(), r)
	e, _ := errors.AsType[*cabin.Error](err)
	if e == nil || e.Code != code || !strings.Contains(e.Message, words) || p != (Photo{}) {
		t.Errorf("Put = %+v, %v; want %s with %q", p, err, code, words)
	}
}

func get(t *testing.T, s *Store, id string, size Size) []byte {
	t.Helper()
	f, at, err := s.Get(t.Context(), id, size)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if age := time.Since(at); age < -time.Minute || age > time.Minute {
		t.Errorf("kept at %v", at)
	}
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// check reads all renditions back: their sizes, no metadata, and the corners' colours.
func check(t *testing.T, s *Store, p Photo, w, h int, corners [4]color.RGBA) {
	t.Helper()
	if p.Width != w || p.Height != h {
		t.Errorf("%d × %d, want %d × %d", p.Width, p.Height, w, h)
	}
	for size, want := range map[Size][3]int{Original: {p.OriginalWidth, p.OriginalHeight, int(p.OriginalBytes)}, Full: {p.Width, p.Height, int(p.Bytes)}, Thumb: {p.ThumbWidth, p.ThumbHeight, int(p.ThumbBytes)}} {
		b := get(t, s, p.ID, size)
		if mediatest.HasMetadata(b) {
			t.Errorf("%s: metadata is left", size)
		}
		for _, secret := range mediatest.Secrets {
			if bytes.Contains(b, []byte(secret)) {
				t.Errorf("%s: %q is left", size, secret)
			}
		}
		m, err := jpeg.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		d := m.Bounds()
		if got := [3]int{d.Dx(), d.Dy(), len(b)}; got != want {
			t.Errorf("%s: %v, Photo says %v", size, got, want)
		}
		for i, at := range []image.Point{{d.Dx() / 8, d.Dy() / 8}, {d.Dx() * 7 / 8, d.Dy() / 8}, {d.Dx() / 8, d.Dy() * 7 / 8}, {d.Dx() * 7 / 8, d.Dy() * 7 / 8}} {
			if got := m.At(at.X, at.Y); !near(got, corners[i]) {
				t.Errorf("%s: corner %d is %v, want %v", size, i, got, corners[i])
			}
		}
	}
}

var corners = [4]color.RGBA{mediatest.TopLeft, mediatest.TopRight, mediatest.BottomLeft, mediatest.BottomRight}

func near(got color.Color, want color.RGBA) bool {
	r, g, b, _ := got.RGBA()
	for _, pair := range [][2]int{{int(r >> 8), int(want.R)}, {int(g >> 8), int(want.G)}, {int(b >> 8), int(want.B)}} {
		if d := pair[0] - pair[1]; d < -10 || d > 10 {
			return false
		}
	}
	return true
}

func TestGPSPhotoLosesEverythingButItsPixels(t *testing.T) {
	s, _ := open(t)
	original := mediatest.GPSJPEG()
	if !mediatest.HasMetadata(original) {
		t.Fatal("the original has no metadata to lose")
	}
	p := put(t, s, original)
	check(t, s, p, 1200, 1600, corners)
	if p.ThumbWidth != 300 || p.ThumbHeight != 400 {
		t.Errorf("thumbnail %d × %d", p.ThumbWidth, p.ThumbHeight)
	}
}

// sides says, for each orientation, which visual side the stored row 0 and column 0 are:
// the table of the EXIF standard.
var sides = [9][2]string{1: {"top", "left"}, 2: {"top", "right"}, 3: {"bottom", "right"}, 4: {"bottom", "left"},
	5: {"left", "top"}, 6: {"right", "top"}, 7: {"right", "bottom"}, 8: {"left", "bottom"}}

// store turns an upright picture into what a camera held that way would have stored.
func store(up *image.RGBA, turn int) *image.RGBA {
	w, h := up.Rect.Dx(), up.Rect.Dy()
	cols, rows := w, h
	if turn >= 5 {
		cols, rows = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, cols, rows))
	for row := range rows {
		for col := range cols {
			var x, y int
			for i, n := range [2]int{row, col} {
				switch sides[turn][i] {
				case "top":
					y = n
				case "bottom":
					y = h - 1 - n
				case "left":
					x = n
				case "right":
					x = w - 1 - n
				}
			}
			out.SetRGBA(col, row, up.RGBAAt(x, y))
		}
	}
	return out
}

func TestAllOrientations(t *testing.T) {
	s, _ := open(t)
	up := mediatest.Picture(96, 64)
	for turn := 1; turn <= 8; turn++ {
		t.Run(fmt.Sprint(turn), func(t *testing.T) {
			bare := mediatest.JPEG(store(up, turn))
			check(t, s, put(t, s, mediatest.WithMetadata(bare, uint16(turn))), 96, 64, corners)
		})
	}
	for _, nonsense := range []uint16{0, 9, 0xffff} {
		check(t, s, put(t, s, mediatest.WithMetadata(mediatest.JPEG(up), nonsense)), 96, 64, corners)
	}
	// Damaged EXIF does not spoil the photo.
	broken := mediatest.WithMetadata(mediatest.JPEG(up), 6)
	at := bytes.Index(broken, []byte("MM\x00\x2a"))
	copy(broken[at+4:], "\xff\xff\xff\xf0")
	check(t, s, put(t, s, broken), 96, 64, corners)
}

func pngFile(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func chunk(kind string, body []byte) []byte {
	out := append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), kind...)
	out = append(out, body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

const afterIHDR = 8 + 25

func TestPNG(t *testing.T) {
	s, _ := open(t)
	bare := pngFile(t, store(mediatest.Picture(96, 64), 8))
	file := bytes.Clone(bare[:afterIHDR])
	file = append(file, chunk("tEXt", []byte("Comment\x00"+mediatest.Secrets[4]))...)
	file = append(file, chunk("iTXt", []byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00"+mediatest.XMP))...)
	file = append(file, chunk("eXIf", mediatest.EXIF(8))...)
	file = append(file, bare[afterIHDR:]...)
	if !bytes.Contains(file, []byte("SN-8842")) {
		t.Fatal("the original has no EXIF")
	}
	check(t, s, put(t, s, file), 96, 64, corners)
}

func TestTransparencyBecomesWhite(t *testing.T) {
	s, _ := open(t)
	m := image.NewNRGBA(image.Rect(0, 0, 96, 64))
	draw.Draw(m, m.Rect, mediatest.Picture(96, 64), image.Point{}, draw.Src)
	draw.Draw(m, image.Rect(0, 0, 48, 32), image.Transparent, image.Point{}, draw.Src)
	half := color.NRGBA{A: 128}
	draw.Draw(m, image.Rect(48, 0, 96, 32), image.NewUniform(half), image.Point{}, draw.Src)
	white := color.RGBA{255, 255, 255, 255}
	want := [4]color.RGBA{white, {127, 127, 127, 255}, mediatest.BottomLeft, mediatest.BottomRight}
	check(t, s, put(t, s, pngFile(t, m)), 96, 64, want)
	gray := image.NewGray16(image.Rect(0, 0, 20, 10))
	check(t, s, put(t, s, pngFile(t, gray)), 20, 10, [4]color.RGBA{})
}

func TestWebP(t *testing.T) {
	s, _ := open(t)
	white := color.RGBA{255, 255, 255, 255}
	seeThrough := [4]color.RGBA{white, mediatest.TopRight, mediatest.BottomLeft, mediatest.BottomRight}
	for name, want := range map[string]struct {
		w, h    int
		corners [4]color.RGBA
	}{
		"photo.webp":    {60, 80, corners}, // lossy, stored on its side, with EXIF and XMP
		"alpha.webp":    {64, 48, seeThrough},
		"lossless.webp": {64, 48, seeThrough},
	} {
		t.Run(name, func(t *testing.T) {
			file, err := os.ReadFile(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			check(t, s, put(t, s, file), want.w, want.h, want.corners)
		})
	}
}

func TestShrinks(t *testing.T) {
	s, _ := open(t)
	for _, c := range []struct{ w, h, fw, fh, tw, th int }{
		{2200, 1650, 1600, 1200, 400, 300}, {1650, 2201, 1199, 1600, 300, 400}, {1601, 100, 1600, 100, 400, 25},
		{1600, 1600, 1600, 1600, 400, 400}, {400, 300, 400, 300, 400, 300}, {12000, 2, 1600, 1, 400, 1}, {1, 1, 1, 1, 1, 1},
	} {
		p := put(t, s, mediatest.JPEG(image.NewGray(image.Rect(0, 0, c.w, c.h))))
		if p.OriginalWidth != c.w || p.OriginalHeight != c.h || p.Width != c.fw || p.Height != c.fh || p.ThumbWidth != c.tw || p.ThumbHeight != c.th {
			t.Errorf("%d × %d became %+v", c.w, c.h, p)
		}
	}
}

// TestShrinkTakesTheMean compares with the sum over each area, exactly.
func TestShrinkTakesTheMean(t *testing.T) {
	src := image.NewRGBA(image.Rect(10, 20, 10+7, 20+5)) // bounds need not begin at zero
	for i := range src.Pix {
		src.Pix[i] = byte(i * 37)
		if i%4 == 3 {
			src.Pix[i] = 255
		}
	}
	out := shrink(src, 3) // 7 × 5 → 3 × 2
	if out.Rect != image.Rect(0, 0, 3, 2) {
		t.Fatal(out.Rect)
	}
	for y := range 2 {
		for x := range 3 {
			var sum [3]float64
			for sy := range 5 {
				for sx := range 7 {
					weight := overlap(sx*3, sx*3+3, x*7, x*7+7) * overlap(sy*2, sy*2+2, y*5, y*5+5)
					c := src.RGBAAt(10+sx, 20+sy)
					for i, v := range []byte{c.R, c.G, c.B} {
						sum[i] += float64(v) * weight
					}
				}
			}
			got := out.RGBAAt(x, y)
			for i, v := range []byte{got.R, got.G, got.B} {
				if want := sum[i] / 35; float64(v) < want-0.51 || float64(v) > want+0.51 {
					t.Errorf("(%d, %d)[%d] = %d, want %.2f", x, y, i, v, want)
				}
			}
		}
	}
}

func overlap(a0, a1, b0, b1 int) float64 { return float64(max(0, min(a1, b1)-max(a0, b0))) }

// header is a PNG that promises w × h pixels and has none.
func header(w, h uint32) []byte {
	ihdr := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	ihdr = append(ihdr, 8, 6, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", ihdr)...)
	return append(out, chunk("IDAT", []byte{0x78, 0x9c, 3, 0, 0, 0, 0, 1})...)
}

func TestTooManyPixelsAreRefusedBeforeDecoding(t *testing.T) {
	s, _ := open(t)
	for i := range s.formats {
		s.formats = append([]format(nil), s.formats...)
		s.formats[i].decode = func(io.Reader) (image.Image, error) {
			t.Error("it was decoded")
			return nil, io.ErrUnexpectedEOF
		}
	}
	refuse(t, s, bytes.NewReader(header(40_000, 40_000)), cabin.CodeInvalid, "40000×40000")
	refuse(t, s, bytes.NewReader(header(12_001, 1)), cabin.CodeInvalid, "12001×1")
	refuse(t, s, bytes.NewReader(header(1, 12_001)), cabin.CodeInvalid, "1×12001")
	refuse(t, s, bytes.NewReader(header(7_072, 7_072)), cabin.CodeInvalid, "5000 万像素")
	refuse(t, s, bytes.NewReader(header(0, 10)), cabin.CodeInvalid, "损坏")
	refuse(t, s, bytes.NewReader(header(1<<31-1, 1<<31-1)), cabin.CodeInvalid, "")
	// A frame header that promises 65,500 × 65,500.
	bomb := mediatest.JPEG(mediatest.Picture(16, 16))
	sof := bytes.Index(bomb, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(bomb[sof+5:], 65_500)
	binary.BigEndian.PutUint16(bomb[sof+7:], 65_500)
	refuse(t, s, bytes.NewReader(bomb), cabin.CodeInvalid, "65500×65500")
}

func TestScanBombIsRefusedBeforeDecoding(t *testing.T) {
	s, _ := open(t)
	bare := mediatest.JPEG(mediatest.Picture(16, 16))
	sos := bytes.Index(bare, []byte{0xff, 0xda})
	end := len(bare) - 2
	bomb := bytes.Clone(bare[:end])
	for range maxScans {
		bomb = append(bomb, bare[sos:end]...)
	}
	bomb = append(bomb, 0xff, 0xd9)
	refuse(t, s, bytes.NewReader(bomb), cabin.CodeInvalid, "损坏")
	_, err := s.Put(t.Context(), bytes.NewReader(bomb))
	if err == nil || !strings.Contains(err.Error(), "scans") {
		t.Errorf("refused for another reason: %v", err)
	}
}

func TestProgressiveWeighsMore(t *testing.T) {
	baseline := mediatest.JPEG(mediatest.Picture(160, 160))
	progressive := bytes.Clone(baseline)
	progressive[bytes.Index(progressive, []byte{0xff, 0xc0})+1] = 0xc2
	config := image.Config{Width: 1000, Height: 1000}
	for file, want := range map[*[]byte]int64{&baseline: 5_500_000, &progressive: 11_500_000} { // 4:2:0: 1.5 samples a pixel
		if cost, err := weighJPEG(bufio.NewReader(bytes.NewReader(*file)), config); err != nil || cost != want {
			t.Errorf("cost %d, %v, want %d", cost, err, want)
		}
	}
}

func TestDamagedAndForeignFiles(t *testing.T) {
	s, dir := open(t)
	photo := mediatest.JPEG(mediatest.Picture(640, 480))
	webpFile, err := os.ReadFile("testdata/photo.webp")
	if err != nil {
		t.Fatal(err)
	}
	pngPhoto := pngFile(t, mediatest.Picture(640, 480))
	for name, c := range map[string]struct {
		file  []byte
		code  cabin.Code
		words string
	}{
		"text named .jpg":  {[]byte("路灯坏了三天了，没有人来修。"), cabin.CodeUnsupported, "JPEG、PNG 或 WebP"},
		"page":             {[]byte("<html><script>alert(1)</script>"), cabin.CodeUnsupported, "JPEG、PNG 或 WebP"},
		"GIF":              {[]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), cabin.CodeUnsupported, "JPEG、PNG 或 WebP"},
		"HEIC":             {[]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), cabin.CodeUnsupported, "JPEG、PNG 或 WebP"},
		"one byte":         {[]byte{0xff}, cabin.CodeUnsupported, "JPEG"},
		"empty":            {nil, cabin.CodeInvalid, "空"},
		"truncated JPEG":   {photo[:len(photo)*2/3], cabin.CodeInvalid, "没有传完整"},
		"JPEG without end": {photo[:len(photo)-20], cabin.CodeInvalid, "没有传完整"},
		"JPEG head only":   {photo[:20], cabin.CodeInvalid, "损坏"},
		"JPEG then text":   {append([]byte("\xff\xd8\xff"), strings.Repeat("text", 100)...), cabin.CodeInvalid, "损坏"},
		"truncated PNG":    {pngPhoto[:len(pngPhoto)*2/3], cabin.CodeInvalid, "损坏"},
		"PNG head only":    {header(10, 10), cabin.CodeInvalid, "损坏"},
		"truncated WebP":   {webpFile[:120], cabin.CodeInvalid, "损坏"},
		"10 MB + 1":        {append(bytes.Clone(photo), make([]byte, MaxBytes+1-len(photo))...), cabin.CodeTooLarge, "10 MB"},
	} {
		t.Run(name, func(t *testing.T) { refuse(t, s, bytes.NewReader(c.file), c.code, c.words) })
	}
	refuse(t, s, io.MultiReader(bytes.NewReader(photo[:100]), iotest.ErrReader(io.ErrUnexpectedEOF)), cabin.CodeInvalid, "重新上传")
	refuse(t, s, io.MultiReader(bytes.NewReader(photo), iotest.ErrReader(&http.MaxBytesError{Limit: 1})), cabin.CodeTooLarge, "10 MB")
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("refused photos left %v", left)
	}
	// Exactly 10 MB is taken, whatever stands behind the end.
	put(t, s, append(bytes.Clone(photo), make([]byte, MaxBytes-len(photo))...))
}

// files lists every file below dir.
func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, strings.TrimPrefix(path, dir+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestDecoderPanicIsAnError(t *testing.T) {
	photo := mediatest.JPEG(mediatest.Picture(16, 16))
	for name, spoil := range map[string]func(*format){
		"config": func(f *format) { f.config = func(io.Reader) (image.Config, error) { panic("index out of range") } },
		"decode": func(f *format) { f.decode = func(io.Reader) (image.Image, error) { panic("index out of range") } },
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := open(t)
			s.formats = append([]format(nil), formats...)
			spoil(&s.formats[0])
			for range 3 { // and it gives its place back
				refuse(t, s, bytes.NewReader(photo), cabin.CodeInvalid, "损坏")
			}
		})
	}
}

func TestTwoAreDecodedAtOnce(t *testing.T) {
	s, _ := open(t)
	s.formats = append([]format(nil), formats...)
	var now, most atomic.Int32
	arrived, release := make(chan struct{}, 10), make(chan struct{})
	s.formats[0].decode = func(r io.Reader) (image.Image, error) {
		n := now.Add(1)
		defer now.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		arrived <- struct{}{}
		<-release
		return jpeg.Decode(r)
	}
	photo := mediatest.JPEG(mediatest.Picture(64, 48))
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if _, err := s.Put(t.Context(), bytes.NewReader(photo)); err != nil {
				t.Error(err)
			}
		})
	}
	for range 2 {
		select {
		case <-arrived:
		case <-time.After(10 * time.Second):
			t.Fatal("nothing is decoded")
		}
	}
	// Both places are taken: who gives up waiting is told so.
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := s.Put(ctx, bytes.NewReader(photo))
	if e, _ := errors.AsType[*cabin.Error](err); e == nil || e.Code != cabin.CodeUnavailable || e.RetryAfter == 0 {
		t.Errorf("Put with no time left: %v", err)
	}
	close(release)
	wg.Wait()
	if most.Load() != 2 {
		t.Errorf("%d at once, want 2", most.Load())
	}
}

func TestCancelledPutKeepsNothing(t *testing.T) {
	s, dir := open(t)
	s.formats = append([]format(nil), formats...)
	ctx, cancel := context.WithCancel(t.Context())
	s.formats[0].decode = func(r io.Reader) (image.Image, error) { cancel(); return jpeg.Decode(r) }
	_, err := s.Put(ctx, bytes.NewReader(mediatest.GPSJPEG()))
	if cabin.CodeOf(err) != cabin.CodeUnavailable {
		t.Errorf("Put = %v", err)
	}
	if left := files(t, dir); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

// TestMemoryOfATwelveMegapixelPhoto counts everything allocated on the way, which is more
// than is ever held.
func TestMemoryOfATwelveMegapixelPhoto(t *testing.T) {
	s, _ := open(t)
	file := mediatest.JPEG(image.NewYCbCr(image.Rect(0, 0, 4000, 3000), image.YCbCrSubsampleRatio420))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	put(t, s, file)
	runtime.ReadMemStats(&after)
	if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; mb > 60 {
		t.Errorf("allocated %d MB", mb)
	}
}

func TestGetAndRemove(t *testing.T) {
	s, dir := open(t)
	p := put(t, s, mediatest.GPSJPEG())
	other := put(t, s, mediatest.GPSJPEG())
	if p.ID == other.ID || len(p.ID) != 32 {
		t.Fatalf("ids %q, %q", p.ID, other.ID)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(dir), "full.jpg"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"", "..", "../..", strings.Repeat("../", 10) + "ab", p.ID + "\n", strings.ToUpper(p.ID) + "A",
		p.ID[:31], p.ID + "0", "../" + p.ID[3:], "incoming", strings.Repeat("0", 32), strings.Repeat("ß", 16)} {
		if f, _, err := s.Get(t.Context(), id, Full); cabin.CodeOf(err) != cabin.CodeNotFound {
			t.Errorf("Get(%q) = %v, %v", id, f, err)
		}
		if id != strings.Repeat("0", 32) {
			if err := s.Remove(t.Context(), id); cabin.CodeOf(err) != cabin.CodeNotFound {
				t.Errorf("Remove(%q) = %v", id, err)
			}
		}
	}
	if f, _, err := s.Get(t.Context(), p.ID, "../"+Full); cabin.CodeOf(err) != cabin.CodeNotFound {
		t.Errorf("Get of an unknown size = %v, %v", f, err)
	}
	for range 2 {
		if err := s.Remove(t.Context(), p.ID); err != nil {
			t.Fatal(err)
		}
	}
	for _, size := range Sizes {
		if _, _, err := s.Get(t.Context(), p.ID, size); cabin.CodeOf(err) != cabin.CodeNotFound {
			t.Errorf("%s after Remove: %v", size, err)
		}
	}
	get(t, s, other.ID, Thumb)
	if left := files(t, dir); len(left) != 3 {
		t.Errorf("files %v, want the other photo's three", left)
	}
}

func TestOpenSweepsOnlyOldLeftovers(t *testing.T) {
	s, dir := open(t)
	p := put(t, s, mediatest.GPSJPEG())
	old, young := filepath.Join(dir, scratch, "old"), filepath.Join(dir, scratch, "young")
	for _, name := range []string{old, young} {
		if err := os.Mkdir(name, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(name, "full.jpg"), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	hours := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(old, hours, hours); err != nil {
		t.Fatal(err)
	}
	again, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if _, err := os.Stat(old); !os.IsNotExist(err) {
		t.Errorf("old leftover: %v", err)
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("another process' work: %v", err)
	}
	get(t, again, p.ID, Full)
}

func TestDiskThatRefuses(t *testing.T) {
	s, dir := open(t)
	if err := os.Remove(filepath.Join(dir, scratch)); err != nil {
		t.Fatal(err)
	}
	refuse(t, s, bytes.NewReader(mediatest.GPSJPEG()), cabin.CodeUnavailable, "没有丢失")
}

// FuzzPut holds that whatever comes in is refused with a code for people, or becomes a
// clean photo.
func FuzzPut(f *testing.F) {
	small := mediatest.WithMetadata(mediatest.JPEG(mediatest.Picture(24, 16)), 6)
	f.Add(small)
	f.Add(small[:len(small)/2])
	f.Add(header(40_000, 40_000))
	f.Add(pngFile(f, mediatest.Picture(24, 16)))
	f.Add([]byte("text"))
	for _, name := range []string{"photo.webp", "alpha.webp", "lossless.webp"} {
		file, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	s, _ := open(f)
	f.Fuzz(func(t *testing.T, file []byte) {
		if len(file) > 64<<10 {
			return
		}
		p, err := s.Put(t.Context(), bytes.NewReader(file))
		if err != nil {
			if code := cabin.CodeOf(err); code != cabin.CodeInvalid && code != cabin.CodeUnsupported {
				t.Fatal(err)
			}
			return
		}
		for _, size := range Sizes {
			b := get(t, s, p.ID, size)
			if mediatest.HasMetadata(b) {
				t.Errorf("%s has metadata", size)
			}
			if c, err := jpeg.DecodeConfig(bytes.NewReader(b)); err != nil || max(c.Width, c.Height) > FullSide {
				t.Errorf("%s: %+v, %v", size, c, err)
			}
		}
		if err := s.Remove(t.Context(), p.ID); err != nil {
			t.Error(err)
		}
	})
}
