package media

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"warmcabin/server/cabin"
)

// covering is what covers an area: one colour, because a blur or a mosaic can be guessed
// back.
var covering = color.YCbCr{Y: 90, Cb: 128, Cr: 128}

// fill covers areas of a picture as render returns it. Every pixel that an area touches
// goes, and of colours that pixels share those around it.
func fill(picture image.Image, areas []cabin.Area) {
	b := picture.Bounds()
	for _, a := range areas {
		r := image.Rect(
			b.Min.X+int(math.Floor(a.X*float64(b.Dx())))&^1, b.Min.Y+int(math.Floor(a.Y*float64(b.Dy())))&^1,
			b.Min.X+(int(math.Ceil((a.X+a.W)*float64(b.Dx())))+1)&^1, b.Min.Y+(int(math.Ceil((a.Y+a.H)*float64(b.Dy())))+1)&^1,
		).Intersect(b)
		switch m := picture.(type) {
		case *image.YCbCr:
			for y := r.Min.Y; y < r.Max.Y; y++ {
				for x := r.Min.X; x < r.Max.X; x++ {
					c := m.COffset(x, y)
					m.Y[m.YOffset(x, y)], m.Cb[c], m.Cr[c] = covering.Y, covering.Cb, covering.Cr
				}
			}
		case draw.Image:
			draw.Draw(m, r, image.NewUniform(covering), image.Point{}, draw.Src)
		default:
			panic("media: a picture that cannot be covered") // render returns none
		}
	}
}
