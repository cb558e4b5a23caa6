package demo

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"

	"golang.org/x/image/vector"
)

// canvas is a picture that flat shapes are painted on, one over the other, with smooth
// edges. Coordinates are in a grid of 100 × (100 × height / width), whatever the pixels.
type canvas struct {
	img   *image.RGBA
	scale float32
}

func newCanvas(width, height int) *canvas {
	return &canvas{image.NewRGBA(image.Rect(0, 0, width, height)), float32(width) / 100}
}

func rgb(hex uint32) color.RGBA {
	return color.RGBA{uint8(hex >> 16), uint8(hex >> 8), uint8(hex), 255}
}

// see makes a colour transparent: 0 is invisible, 1 is opaque.
func see(c color.RGBA, alpha float64) color.RGBA {
	f := func(v uint8) uint8 { return uint8(float64(v) * alpha) }
	return color.RGBA{f(c.R), f(c.G), f(c.B), f(255)}
}

func mix(a, b color.RGBA, t float64) color.RGBA {
	f := func(x, y uint8) uint8 { return uint8(float64(x) + (float64(y)-float64(x))*t) }
	return color.RGBA{f(a.R, b.R), f(a.G, b.G), f(a.B, b.B), 255}
}

// sky fills the picture from top to bottom, one colour fading into the other.
func (c *canvas) sky(top, bottom color.RGBA) {
	b := c.img.Bounds()
	for y := range b.Dy() {
		line := image.Rect(0, y, b.Dx(), y+1)
		draw.Draw(c.img, line, image.NewUniform(mix(top, bottom, float64(y)/float64(b.Dy()))), image.Point{}, draw.Src)
	}
}

// polygon paints the shape between points x, y, x, y, …
func (c *canvas) polygon(col color.RGBA, xy ...float32) {
	low, high := [2]float32{xy[0], xy[1]}, [2]float32{xy[0], xy[1]}
	for i, v := range xy {
		low[i%2], high[i%2] = min(low[i%2], v), max(high[i%2], v)
	}
	// Only the pixels around the shape are worked on: a picture has hundreds of shapes.
	area := image.Rect(int(low[0]*c.scale)-1, int(low[1]*c.scale)-1, int(high[0]*c.scale)+2, int(high[1]*c.scale)+2).Intersect(c.img.Bounds())
	if area.Empty() {
		return
	}
	dx, dy := float32(area.Min.X), float32(area.Min.Y)
	r := vector.NewRasterizer(area.Dx(), area.Dy())
	r.MoveTo(xy[0]*c.scale-dx, xy[1]*c.scale-dy)
	for i := 2; i < len(xy); i += 2 {
		r.LineTo(xy[i]*c.scale-dx, xy[i+1]*c.scale-dy)
	}
	r.ClosePath()
	r.Draw(c.img, area, image.NewUniform(col), image.Point{})
}

func (c *canvas) box(col color.RGBA, x, y, w, h float32) {
	c.polygon(col, x, y, x+w, y, x+w, y+h, x, y+h)
}

// ellipse paints one around (x, y) with radii rx and ry.
func (c *canvas) ellipse(col color.RGBA, x, y, rx, ry float32) {
	c.polygon(col, arc(x, y, rx, ry, 0, 360)...)
}

// tilted is an ellipse turned clockwise by so many degrees.
func (c *canvas) tilted(col color.RGBA, x, y, rx, ry float32, degrees float64) {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	xy := arc(0, 0, rx, ry, 0, 360)
	for i := 0; i < len(xy); i += 2 {
		dx, dy := float64(xy[i]), float64(xy[i+1])
		xy[i], xy[i+1] = x+float32(dx*cos-dy*sin), y+float32(dx*sin+dy*cos)
	}
	c.polygon(col, xy...)
}

// ring is the outline of an ellipse, so wide.
func (c *canvas) ring(col color.RGBA, x, y, rx, ry, width float32) {
	var xy []float32
	for _, side := range []float32{1, -1} {
		out := width / 2 * side
		xy = append(xy, arc(x, y, rx+out, ry+out, 0, float64(side)*360)...)
	}
	c.polygon(col, xy...)
}

// arc lists points of an ellipse, from one angle in degrees, so many degrees on.
func arc(x, y, rx, ry float32, from, sweep float64) []float32 {
	n := max(8, int(math.Abs(sweep)/5))
	xy := make([]float32, 0, 2*n+2)
	for i := range n + 1 {
		sin, cos := math.Sincos((from + sweep*float64(i)/float64(n)) * math.Pi / 180)
		xy = append(xy, x+rx*float32(cos), y+ry*float32(sin))
	}
	return xy
}

// round paints a box with round corners.
func (c *canvas) round(col color.RGBA, x, y, w, h, radius float32) {
	q := min(radius, w/2, h/2)
	xy := arc(x+w-q, y+h-q, q, q, 0, 90)
	xy = append(xy, arc(x+q, y+h-q, q, q, 90, 90)...)
	xy = append(xy, arc(x+q, y+q, q, q, 180, 90)...)
	xy = append(xy, arc(x+w-q, y+q, q, q, 270, 90)...)
	c.polygon(col, xy...)
}

// line paints a straight stroke.
func (c *canvas) line(col color.RGBA, x1, y1, x2, y2, width float32) {
	dx, dy := float64(x2-x1), float64(y2-y1)
	n := math.Hypot(dx, dy)
	px, py := float32(-dy/n)*width/2, float32(dx/n)*width/2
	c.polygon(col, x1+px, y1+py, x2+px, y2+py, x2-px, y2-py, x1-px, y1-py)
}

// curve paints a stroke from one point to another, bent towards (bx, by).
func (c *canvas) curve(col color.RGBA, x1, y1, bx, by, x2, y2, width float32) {
	const parts = 24
	at := func(t float32) (float32, float32) {
		u := 1 - t
		return u*u*x1 + 2*u*t*bx + t*t*x2, u*u*y1 + 2*u*t*by + t*t*y2
	}
	var there, back []float32
	for i := range parts + 1 {
		t := float32(i) / parts
		x, y := at(t)
		dx, dy := float64(2*(1-t)*(bx-x1)+2*t*(x2-bx)), float64(2*(1-t)*(by-y1)+2*t*(y2-by))
		n := math.Hypot(dx, dy)
		px, py := float32(-dy/n)*width/2, float32(dx/n)*width/2
		there = append(there, x+px, y+py)
		back = append([]float32{x - px, y - py}, back...)
	}
	c.polygon(col, append(there, back...)...)
}

// reader is the finished picture as a file.
func (c *canvas) reader() (io.Reader, error) {
	var file bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.NoCompression}
	err := encoder.Encode(&file, c.img)
	return &file, err
}

func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }

func abs(x float32) float32 { return float32(math.Abs(float64(x))) }
