package demo

import "image/color"

// scene draws what a photo of a report shows: flat, friendly, plainly an illustration.
type scene func(*canvas)

const sceneWidth, sceneHeight = 720, 540

var (
	leaf  = rgb(0x86a873)
	moss  = rgb(0x6b8f5e)
	bark  = rgb(0x8a6346)
	stone = rgb(0xd9c9b4)
	dark  = rgb(0x4a4440)
	white = rgb(0xfffaf3)
	glow  = rgb(0xffc65c)
)

// street is a house wall, a hedge and a pavement: the ground that most scenes share.
func street(c *canvas, day bool) {
	sky, far, wall, ground := rgb(0xcfe3ec), rgb(0xf7ead6), rgb(0xf2dcbd), stone
	if !day {
		sky, far, wall, ground = rgb(0x2f3a5a), rgb(0x6b5f7d), rgb(0x6a5a63), rgb(0x5d5560)
	}
	c.sky(sky, far)
	c.box(wall, 4, 12, 34, 36)
	c.box(mix(wall, dark, 0.12), 4, 10, 34, 3)
	window := rgb(0xa9c7d3)
	if !day {
		window = glow
	}
	for i := range 6 {
		x, y := 8+float32(i%3)*10, 17+float32(i/3)*14
		c.round(white, x, y, 7, 9, 0.8)
		c.box(window, x+0.8, y+0.8, 5.4, 7.4)
	}
	hedge := leaf
	if !day {
		hedge = mix(leaf, rgb(0x2f3a5a), 0.6)
	}
	for x := float32(0); x <= 100; x += 9 {
		c.ellipse(hedge, x, 50, 7, 5)
	}
	c.box(ground, 0, 51, 100, 24)
	c.box(mix(ground, dark, 0.14), 0, 51, 100, 1.2)
}

func tree(c *canvas, x, foot float32) {
	c.box(bark, x-1.6, foot-26, 3.2, 26)
	c.ellipse(moss, x, foot-33, 11, 12)
	c.ellipse(leaf, x-5, foot-29, 8, 8)
	c.ellipse(leaf, x+6, foot-36, 6, 6)
}

func tiles(c *canvas, top float32) {
	seam := mix(stone, dark, 0.18)
	for y := top; y < 75; y += 6 {
		c.line(seam, 0, y, 100, y, 0.3)
		for x := float32(int(y)%12) - 6; x < 100; x += 12 {
			c.line(seam, x, y, x, y+6, 0.3)
		}
	}
}

func puddle(c *canvas) {
	street(c, true)
	tree(c, 84, 55)
	tiles(c, 55)
	c.ellipse(rgb(0x8fb0bf), 48, 65, 36, 6.5)
	c.ellipse(rgb(0xb3cfd9), 45, 64, 27, 4)
	c.ellipse(see(white, 0.7), 38, 63, 9, 0.8)
	c.ellipse(see(white, 0.5), 58, 66, 6, 0.6)
	for i := range 14 {
		x := float32(i*7%100) + 2
		c.line(see(rgb(0x7f9fb0), 0.6), x, float32(i*13%40)+3, x-1, float32(i*13%40)+7, 0.4)
	}
	// A boot at the edge shows how deep it is.
	c.round(rgb(0xe0a030), 73, 56, 4, 8, 1.4)
	c.round(rgb(0xe0a030), 73, 61.5, 7, 3, 1.4)
}

func drained(c *canvas) {
	street(c, true)
	tree(c, 84, 55)
	tiles(c, 55)
	c.round(dark, 40, 61, 18, 6, 1)
	for x := float32(42); x < 57; x += 3 {
		c.box(rgb(0x8d8680), x, 62, 1.4, 4)
	}
	c.ellipse(glow, 60, 12, 6, 6)
}

func lampPost(c *canvas, lit bool) {
	street(c, false)
	if lit {
		c.polygon(see(glow, 0.28), 66, 20, 42, 75, 96, 75)
		c.ellipse(see(glow, 0.4), 68, 19, 8, 6)
	}
	c.box(rgb(0x2a2733), 77, 14, 2, 54)
	c.curve(rgb(0x2a2733), 78, 15, 76, 10, 67, 13, 1.6)
	c.round(rgb(0x2a2733), 62, 13, 11, 3, 1.4)
	bulb := rgb(0x57535e)
	if lit {
		bulb = glow
	}
	c.ellipse(bulb, 67.5, 17, 4, 2.4)
	c.ellipse(see(white, 0.85), 14, 8, 2.6, 2.6)
	for i := range 9 {
		c.ellipse(see(white, 0.6), float32(i*23%60)+28, float32(i*7%9)+1, 0.4, 0.4)
	}
}

func lampOut(c *canvas) { lampPost(c, false) }

func lampOn(c *canvas) { lampPost(c, true) }

func raisedBricks(c *canvas) {
	street(c, true)
	tiles(c, 55)
	tree(c, 50, 58)
	root := mix(bark, dark, 0.2)
	c.curve(root, 49, 57, 36, 58, 26, 68, 2.4)
	c.curve(root, 51, 57, 66, 57, 76, 69, 2.4)
	c.curve(root, 50, 58, 52, 66, 48, 73, 2)
	for _, b := range [][3]float32{{24, 61, -16}, {33, 66, 12}, {62, 60, 18}, {70, 66, -10}, {43, 68, 9}, {57, 69, -14}} {
		c.brick(b[0], b[1], b[2])
	}
}

// brick is a loose paving brick with its shadow.
func (c *canvas) brick(x, y, lean float32) {
	corners := func(dy float32) []float32 {
		return []float32{x, y + dy, x + 10, y + dy + lean*0.12, x + 10, y + dy + 4 + lean*0.12, x, y + dy + 4}
	}
	c.polygon(see(dark, 0.3), corners(2)...)
	c.polygon(rgb(0xc98a63), corners(0)...)
	c.polygon(rgb(0xdba27b), x, y, x+10, y+lean*0.12, x+10, y+lean*0.12+1.2, x, y+1.2)
}

func evenBricks(c *canvas) {
	street(c, true)
	c.box(rgb(0xd6a383), 0, 56, 100, 19)
	for y := float32(56); y < 75; y += 5 {
		c.line(rgb(0xb98466), 0, y, 100, y, 0.3)
		for x := float32(int(y)%10) - 5; x < 100; x += 10 {
			c.line(rgb(0xb98466), x, y, x, y+5, 0.3)
		}
	}
	tree(c, 50, 58)
	c.ellipse(rgb(0x7b5a42), 50, 59, 9, 2.4)
	c.ring(white, 50, 59, 9, 2.4, 0.8)
}

func stairwell(c *canvas) {
	c.sky(rgb(0xf3e6d3), rgb(0xe6d3ba))
	c.polygon(rgb(0xd2bfa6), 0, 75, 22, 56, 78, 56, 100, 75)
	c.box(rgb(0xc7b197), 22, 8, 0.6, 48)
	c.box(rgb(0xc7b197), 78, 8, 0.6, 48)
	c.round(rgb(0x8c6f56), 39, 18, 22, 38, 1)
	c.round(rgb(0x9d7f64), 41, 21, 18, 15, 1)
	c.round(rgb(0x9d7f64), 41, 39, 18, 14, 1)
	c.ellipse(glow, 57, 38, 1, 1)
	c.ellipse(glow, 50, 5, 5, 2)
}

func clutter(c *canvas) {
	stairwell(c)
	carton := func(x, y, w, h float32) {
		c.box(rgb(0xc99a63), x, y, w, h)
		c.box(rgb(0xb5854f), x, y, w, 1.6)
		c.box(rgb(0xe3c08e), x+w/2-1, y, 2, h)
	}
	carton(6, 50, 20, 16)
	carton(9, 37, 15, 13)
	carton(24, 57, 13, 11)
	c.ring(dark, 72, 63, 7, 7, 1.2)
	c.ring(dark, 90, 63, 7, 7, 1.2)
	frame := rgb(0xb8553c)
	c.line(frame, 72, 63, 79, 52, 1.2)
	c.line(frame, 79, 52, 88, 52, 1.2)
	c.line(frame, 88, 52, 90, 63, 1.2)
	c.line(frame, 79, 52, 82, 63, 1.2)
	c.line(frame, 72, 63, 82, 63, 1.2)
	c.line(dark, 88, 52, 86, 47, 1)
	c.round(dark, 76, 49.5, 6, 1.8, 0.9)
}

func clearStairs(c *canvas) {
	stairwell(c)
	c.round(rgb(0xc0392b), 84, 44, 6, 15, 2)
	c.box(dark, 86, 41, 2, 3)
	c.box(white, 85, 49, 4, 4)
	c.round(rgb(0x4f8a64), 25, 24, 9, 5, 0.8)
	c.polygon(white, 27, 26, 30, 26, 30, 25, 32.5, 26.5, 30, 28, 30, 27, 27, 27)
}

func charging(c *canvas) {
	street(c, true)
	c.curve(rgb(0xd0402e), 24, 20, 40, 34, 62, 58, 0.9)
	body := rgb(0x4d7f8a)
	c.ring(dark, 56, 66, 5, 5, 1.8)
	c.ring(dark, 80, 66, 5, 5, 1.8)
	c.round(body, 58, 59, 20, 5, 2)
	c.polygon(body, 76, 62, 73, 46, 76, 46, 82, 64)
	c.line(dark, 71, 45, 79, 45, 1.4)
	c.round(dark, 57, 54, 12, 3.4, 1.6)
	c.round(rgb(0x3a3430), 61, 58, 6, 4, 0.6)
	c.polygon(glow, 64, 50, 60, 56, 63.5, 56, 62, 61, 67, 54, 64, 54, 66, 50)
}

func benches(c *canvas) {
	street(c, true)
	tiles(c, 55)
	tree(c, 16, 57)
	wood := rgb(0xb37a48)
	for _, x := range []float32{32, 66} {
		c.round(wood, x, 50, 26, 2, 0.8)
		c.round(wood, x, 53.2, 26, 2, 0.8)
		c.round(mix(wood, white, 0.15), x-1, 58, 28, 2.6, 0.8)
		for _, leg := range []float32{2, 22} {
			c.box(dark, x+leg, 50, 1.4, 16)
		}
	}
	c.ellipse(glow, 88, 12, 6, 6)
}

func noBench(c *canvas) {
	street(c, true)
	tiles(c, 55)
	tree(c, 20, 57)
	c.box(rgb(0x7d8f9e), 60, 16, 2, 50)
	c.round(rgb(0x4d6b78), 54, 14, 22, 12, 1.5)
	c.round(white, 56, 17, 18, 2, 0.6)
	c.round(white, 56, 21, 12, 1.6, 0.6)
}

func bins(c *canvas) {
	street(c, true)
	for i, col := range []color.RGBA{rgb(0x5f8a63), rgb(0x4d6b78), rgb(0xa9604c)} {
		x := 22 + float32(i)*21
		c.round(col, x, 42, 15, 24, 1.6)
		c.round(mix(col, dark, 0.3), x-1, 40, 17, 3, 1)
	}
	bag := rgb(0x5a5350)
	c.ellipse(bag, 20, 66, 8, 6)
	c.ellipse(mix(bag, white, 0.15), 44, 68, 7, 5)
	c.ellipse(bag, 80, 67, 9, 6)
	c.polygon(bag, 78, 61, 82, 61, 80, 57)
	c.round(rgb(0xc99a63), 60, 65, 10, 6, 0.5)
}

func elevator(c *canvas) {
	c.sky(rgb(0xf3e6d3), rgb(0xe6d3ba))
	c.box(rgb(0xcdb89d), 0, 64, 100, 11)
	c.box(rgb(0x8d8680), 28, 12, 40, 52)
	c.box(rgb(0xb9b2aa), 31, 15, 17, 49)
	c.box(rgb(0xb9b2aa), 49, 15, 16, 49)
	c.box(dark, 47.5, 15, 2.2, 49)
	c.round(dark, 74, 34, 6, 11, 1)
	c.ellipse(glow, 77, 37, 1.4, 1.4)
	c.ellipse(rgb(0x8d8680), 77, 42, 1.4, 1.4)
	c.round(rgb(0xffe08a), 34, 30, 28, 16, 1)
	c.polygon(rgb(0xb4503c), 48, 32, 55, 44, 41, 44)
	c.box(white, 47.4, 36, 1.2, 4)
	c.ellipse(white, 48, 42, 0.8, 0.8)
}

func atWork(c *canvas) {
	street(c, true)
	tree(c, 88, 55)
	for _, x := range []float32{22, 74} {
		c.polygon(rgb(0xe07b39), x, 54, x+6, 70, x-6, 70)
		c.polygon(white, x-2.3, 60, x+2.3, 60, x+3.4, 63.5, x-3.4, 63.5)
		c.round(rgb(0xc7642a), x-8, 69, 16, 2.4, 0.8)
	}
	c.ellipse(dark, 48, 66, 13, 4)
	c.ellipse(rgb(0x2f2a27), 48, 66, 10, 2.8)
	c.round(rgb(0xe0a030), 42, 42, 12, 15, 3)
	c.box(white, 42, 48, 12, 1.6)
	c.ellipse(rgb(0xf0c6a4), 48, 37, 4.6, 5)
	c.ellipse(rgb(0xd0402e), 48, 34, 5.6, 3.4)
	c.line(bark, 58, 38, 53, 66, 1)
}
