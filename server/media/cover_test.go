package media

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"testing"

	"warmcabin/server/cabin"
	"warmcabin/server/media/mediatest"
)

// What is under a cover is in none of the renditions, whatever a photo came as; what is
// beside it stays; the photo itself stays as it is.
func TestCover(t *testing.T) {
	s, _ := open(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	gray := color.RGBA{90, 90, 90, 255}
	for name, file := range map[string][]byte{"JPEG": mediatest.GPSJPEG(), "PNG": pngFile(t, mediatest.Picture(641, 481)), "odd": mediatest.JPEG(mediatest.Picture(333, 777))} {
		for how, develop := range map[string]Developer{"here": s.developHere, "apart": Apart(self, "apart", "develop")} {
			t.Run(name+" "+how, func(t *testing.T) {
				s.DevelopBy(develop)
				p := put(t, s, file)
				covered := NewID()
				// The upper left quarter, and a corner to the very edge.
				made, err := s.Cover(t.Context(), p.ID, covered, []cabin.Area{{X: 0, Y: 0, W: 0.5, H: 0.5}, {X: 0.8, Y: 0.8, W: 0.2, H: 0.2}})
				if err != nil || made.ID != covered || made.Width != p.Width || made.OriginalWidth != p.OriginalWidth {
					t.Fatalf("%+v, %v", made, err)
				}
				for _, size := range Sizes {
					b := get(t, s, covered, size)
					m, err := jpeg.Decode(bytes.NewReader(b))
					if err != nil || mediatest.HasMetadata(b) {
						t.Fatal(err)
					}
					d := m.Bounds()
					for y := range d.Dy() {
						for x := range d.Dx() {
							inside := x < d.Dx()*44/100 && y < d.Dy()*44/100 || x > d.Dx()*86/100 && y > d.Dy()*86/100
							if inside && !near(m.At(x, y), gray) {
								t.Fatalf("%s: (%d, %d) is %v", size, x, y, m.At(x, y))
							}
						}
					}
					for at, want := range map[image.Point]color.RGBA{{X: d.Dx() * 7 / 8, Y: d.Dy() / 8}: mediatest.TopRight, {X: d.Dx() / 8, Y: d.Dy() * 7 / 8}: mediatest.BottomLeft} {
						if !near(m.At(at.X, at.Y), want) {
							t.Errorf("%s: beside the cover %v is %v", size, at, m.At(at.X, at.Y))
						}
					}
				}
				check(t, s, p, p.Width, p.Height, corners)
			})
		}
	}
	if _, err := s.Cover(t.Context(), NewID(), NewID(), nil); cabin.CodeOf(err) != cabin.CodeNotFound {
		t.Errorf("covering what is not there: %v", err)
	}
}
