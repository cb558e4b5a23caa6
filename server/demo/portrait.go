package demo

import "image/color"

// hair is how a drawn person wears it.
type hair int

const (
	shortHair hair = iota
	sideParted
	bob
	longHair
	bun
	greyShort
	curly
	ponytail
)

// look is what makes one drawn portrait differ from the next. Portraits are illustrations
// on purpose: nobody should take an invented person for a real one.
type look struct {
	background, clothes, hairColour, skin uint32
	hair                                  hair
	glasses, collar                       bool
}

const portraitSide = 480

// portrait draws head and shoulders in front of a warm background.
func portrait(l look) *canvas {
	c := newCanvas(portraitSide, portraitSide)
	ground := rgb(l.background)
	c.sky(mix(ground, rgb(0xffffff), 0.35), ground)
	c.ellipse(see(rgb(0xffffff), 0.35), 50, 52, 41, 41)
	hairColour, skin := rgb(l.hairColour), rgb(l.skin)
	drawHairBehind(c, l.hair, hairColour)
	drawBody(c, l, skin)
	drawHead(c, skin)
	drawHairFront(c, l.hair, hairColour)
	drawFace(c, l, skin)
	return c
}

func drawBody(c *canvas, l look, skin color.RGBA) {
	clothes := rgb(l.clothes)
	c.ellipse(clothes, 50, 104, 35, 31)
	c.ellipse(mix(clothes, rgb(0xffffff), 0.08), 40, 104, 22, 28)
	shade := mix(skin, rgb(0x8a4b2a), 0.22)
	c.round(skin, 43, 60, 14, 17, 5)
	c.ellipse(shade, 50, 65, 7, 4)
	c.ellipse(skin, 50, 74, 9, 5)
	if l.collar {
		shirt := rgb(0xfffaf3)
		c.polygon(shirt, 41, 71, 50, 81, 42, 86, 36, 74)
		c.polygon(shirt, 59, 71, 50, 81, 58, 86, 64, 74)
		return
	}
	c.curve(mix(clothes, rgb(0x000000), 0.18), 40, 75, 50, 84, 60, 75, 2)
}

func drawHead(c *canvas, skin color.RGBA) {
	c.ellipse(skin, 31.5, 46, 4, 5.5)
	c.ellipse(skin, 68.5, 46, 4, 5.5)
	c.ellipse(skin, 50, 45, 18.5, 21.5)
}

func drawFace(c *canvas, l look, skin color.RGBA) {
	ink := rgb(0x3b2a22)
	brow := mix(rgb(l.hairColour), ink, 0.4)
	for _, x := range []float32{42, 58} {
		c.ellipse(ink, x, 46, 1.7, 2.1)
		c.ellipse(rgb(0xffffff), x+0.6, 45.3, 0.6, 0.7)
		c.curve(brow, x-3.6, 41.5, x, 39.4, x+3.6, 41.5, 1.1)
		c.ellipse(see(rgb(0xf08a6c), 0.38), x+(x-50)*0.42, 52.5, 3.8, 2.5)
	}
	c.curve(mix(skin, rgb(0x8a4b2a), 0.4), 49.2, 49, 48.4, 52.6, 51.2, 52.4, 1)
	c.curve(rgb(0xb4503c), 43.5, 56.5, 50, 62.5, 56.5, 56.5, 1.5)
	if !l.glasses {
		return
	}
	frame := rgb(0x55433a)
	for _, x := range []float32{42, 58} {
		c.ellipse(see(rgb(0xffffff), 0.22), x, 46, 6, 5.4)
		c.ring(frame, x, 46, 6, 5.6, 1)
	}
	c.curve(frame, 48, 45.5, 50, 44, 52, 45.5, 0.9)
}

func drawHairBehind(c *canvas, h hair, col color.RGBA) {
	switch h {
	case bob:
		c.round(col, 28, 25, 44, 38, 16)
	case longHair:
		c.round(col, 27, 24, 46, 58, 18)
	case bun:
		c.ellipse(col, 50, 18, 9, 8)
	case ponytail:
		c.tilted(col, 71, 45, 7, 18, -18)
	case curly:
		for _, p := range [][3]float32{{32, 36, 9}, {29, 46, 8}, {31, 56, 8}, {68, 36, 9}, {71, 46, 8}, {69, 56, 8}, {40, 26, 10}, {60, 26, 10}, {50, 23, 10}} {
			c.ellipse(col, p[0], p[1], p[2], p[2])
		}
	}
}

// drawHairFront paints the cap of hair, and the fringe that sets the styles apart.
func drawHairFront(c *canvas, h hair, col color.RGBA) {
	light := mix(col, rgb(0xffffff), 0.14)
	switch h {
	case shortHair, greyShort:
		c.cap(col, 34)
		c.polygon(col, 31.5, 38, 34, 47, 36.5, 36)
		c.polygon(col, 68.5, 38, 66, 47, 63.5, 36)
		c.curve(light, 40, 28, 48, 24.5, 58, 27, 1.2)
	case sideParted:
		c.cap(col, 33)
		c.tilted(col, 42, 31, 13, 6, -24)
		c.polygon(col, 31.5, 38, 34, 47, 36.5, 36)
		c.polygon(col, 68.5, 38, 66, 47, 63.5, 34)
		c.curve(light, 56, 25, 48, 26, 36, 35, 1.2)
	case bob, longHair:
		c.cap(col, 33)
		c.tilted(col, 40, 32, 13, 6.5, -32)
		c.tilted(col, 61, 32, 12, 6, 34)
		c.tilted(col, 31.5, 46, 3.6, 14, 4)
		c.tilted(col, 68.5, 46, 3.6, 14, -4)
		c.curve(light, 40, 26, 33, 32, 31.5, 44, 1.2)
	case bun, ponytail:
		c.cap(col, 33)
		c.tilted(col, 42, 30.5, 10.5, 5, -30)
		c.tilted(col, 59, 30.5, 10, 5, 30)
		c.polygon(col, 31.5, 37, 33, 44, 35.5, 35)
		c.polygon(col, 68.5, 37, 67, 44, 64.5, 35)
		c.curve(light, 50, 25, 40, 27, 35, 35, 1.2)
	case curly:
		for _, x := range []float32{35, 42, 50, 58, 65} {
			c.ellipse(col, x, 31-(4-abs(x-50)/5), 6, 5.6)
		}
	}
}

// cap is the upper half of a slightly larger head, down to y.
func (c *canvas) cap(col color.RGBA, y float32) {
	xy := []float32{}
	for i := range 41 {
		t := float32(i)/20 - 1
		x := 50 + 19.8*t
		top := 45 - 24.2*sqrt(1-t*t)
		if top > y+4 {
			top = y + 4
		}
		xy = append(xy, x, top)
	}
	for i := range 21 {
		t := 1 - float32(i)/10
		xy = append(xy, 50+18.6*t, y+4*t*t)
	}
	c.polygon(col, xy...)
}
