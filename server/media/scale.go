package media

import (
	"image"
	"image/draw"
)

// shrink returns the picture on white, its long side at most side pixels; it never
// enlarges. Each new pixel is the mean of the area that it covers. It works row by row, in
// little memory beside its result: x/image/draw would want 32 bytes for each pixel of the
// result's width by the source's height.
func shrink(src image.Image, side int) *image.RGBA {
	b := src.Bounds()
	sw, sh := b.Dx(), b.Dy()
	w, h := fit(sw, sh, side)
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	line := image.NewRGBA(image.Rect(0, 0, sw, 1))
	row, sums := make([]uint32, 3*w), make([]uint64, 3*w)
	// In units of 1/(sh·h) of the height a source row is h high and a new one sh.
	y, open := 0, sh
	for sy := range sh {
		draw.Draw(line, line.Rect, image.White, image.Point{}, draw.Src)
		draw.Draw(line, line.Rect, src, image.Pt(b.Min.X, b.Min.Y+sy), draw.Over)
		squeeze(row, line.Pix, sw, w)
		part := min(h, open)
		add(sums, row, part)
		if open -= part; open > 0 {
			continue
		}
		finish(out.Pix[y*out.Stride:], sums, uint64(sw)*uint64(sh))
		clear(sums)
		add(sums, row, h-part)
		y, open = y+1, sh-(h-part)
	}
	return out
}

// squeeze sums a line of sw RGBA pixels into w columns, each source pixel weighing w in all.
func squeeze(row []uint32, pix []byte, sw, w int) {
	clear(row)
	x, open := 0, sw
	for sx := range sw {
		p := pix[4*sx : 4*sx+3 : 4*sx+3]
		r, g, b := uint32(p[0]), uint32(p[1]), uint32(p[2])
		part := min(w, open)
		for _, weight := range [2]int{part, w - part} {
			if weight > 0 {
				o := row[3*x : 3*x+3 : 3*x+3]
				o[0] += r * uint32(weight)
				o[1] += g * uint32(weight)
				o[2] += b * uint32(weight)
			}
			if open -= weight; open == 0 {
				x, open = x+1, sw
			}
		}
	}
}

func add(sums []uint64, row []uint32, weight int) {
	if weight == 0 {
		return
	}
	for i, v := range row {
		sums[i] += uint64(v) * uint64(weight)
	}
}

func finish(pix []byte, sums []uint64, area uint64) {
	for i := 0; 3*i < len(sums); i++ {
		for c := range 3 {
			pix[4*i+c] = byte((sums[3*i+c] + area/2) / area)
		}
		pix[4*i+3] = 0xff
	}
}

// fit keeps the shape within rounding, and at least one pixel of each side.
func fit(w, h, side int) (int, int) {
	long := max(w, h)
	if long <= side {
		return w, h
	}
	return max(1, (w*side+long/2)/long), max(1, (h*side+long/2)/long)
}

// upright turns a picture that was stored in one of the eight EXIF orientations.
func upright(src *image.RGBA, turn int) *image.RGBA {
	if turn <= 1 || turn > 8 {
		return src
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	if turn >= 5 {
		w, h = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			copy(out.Pix[out.PixOffset(x, y):][:4], src.Pix[stored(src, turn, x, y):][:4])
		}
	}
	return out
}

// stored says where the upright pixel (x, y) stands in the stored picture.
func stored(src *image.RGBA, turn, x, y int) int {
	right, bottom := src.Rect.Dx()-1, src.Rect.Dy()-1
	switch turn {
	case 2: // mirrored
		x = right - x
	case 3: // upside down
		x, y = right-x, bottom-y
	case 4: // mirrored, upside down
		y = bottom - y
	case 5: // mirrored, on its side
		x, y = y, x
	case 6: // needs a quarter turn clockwise
		x, y = y, bottom-x
	case 7: // mirrored, on its other side
		x, y = right-y, bottom-x
	case 8: // needs a quarter turn anticlockwise
		x, y = right-y, x
	}
	return src.PixOffset(x, y)
}
