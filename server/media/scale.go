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

// opaque returns the picture on white, in a form that is cheap to turn and to encode; it
// may use the picture's memory.
func opaque(m image.Image) image.Image {
	switch m := m.(type) {
	case *image.YCbCr:
		return m
	case *image.NRGBA:
		for i := 0; i+3 < len(m.Pix); i += 4 {
			p := m.Pix[i : i+4 : i+4]
			if a := uint32(p[3]); a != 0xff {
				for c := range 3 {
					p[c] = byte((uint32(p[c])*a + 0xff*(0xff-a) + 127) / 0xff)
				}
				p[3] = 0xff
			}
		}
		return &image.RGBA{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}
	}
	b := m.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(out, out.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(out, out.Rect, m, b.Min, draw.Over)
	return out
}

// upright turns a picture that was stored in one of the eight EXIF orientations.
func upright(src image.Image, turn int) image.Image {
	if turn <= 1 || turn > 8 {
		return src
	}
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	if m, ok := src.(*image.YCbCr); ok {
		if out := uprightYCbCr(m, turn); out != nil {
			return out
		}
	}
	rgba, ok := src.(*image.RGBA)
	if !ok {
		rgba = image.NewRGBA(image.Rect(0, 0, w, h))
		draw.Draw(rgba, rgba.Rect, src, src.Bounds().Min, draw.Src)
	}
	if turn >= 5 {
		w, h = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	plane{rgba.Pix, rgba.Stride, rgba.Rect.Dx(), rgba.Rect.Dy(), 4}.turned(out.Pix, turn)
	return out
}

// uprightYCbCr turns the three planes, in a third of the memory that RGBA takes. It returns
// nil where colour samples would come to lie between others: odd sizes, rare subsamplings.
func uprightYCbCr(m *image.YCbCr, turn int) *image.YCbCr {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	if m.Rect.Min != (image.Point{}) || w%2 != 0 || h%2 != 0 {
		return nil
	}
	ratio, cw, ch := m.SubsampleRatio, w, h
	switch ratio {
	case image.YCbCrSubsampleRatio444:
	case image.YCbCrSubsampleRatio420:
		cw, ch = w/2, h/2
	case image.YCbCrSubsampleRatio422:
		cw = w / 2
	case image.YCbCrSubsampleRatio440:
		ch = h / 2
	default:
		return nil
	}
	if turn >= 5 {
		w, h = h, w
		switch ratio {
		case image.YCbCrSubsampleRatio422:
			ratio = image.YCbCrSubsampleRatio440
		case image.YCbCrSubsampleRatio440:
			ratio = image.YCbCrSubsampleRatio422
		}
	}
	out := image.NewYCbCr(image.Rect(0, 0, w, h), ratio)
	plane{m.Y, m.YStride, m.Rect.Dx(), m.Rect.Dy(), 1}.turned(out.Y, turn)
	plane{m.Cb, m.CStride, cw, ch, 1}.turned(out.Cb, turn)
	plane{m.Cr, m.CStride, cw, ch, 1}.turned(out.Cr, turn)
	return out
}

// plane is a rectangle of samples of so many bytes each.
type plane struct {
	pix             []byte
	stride, w, h, n int
}

// turned writes the plane upright; out has no gaps between its rows.
func (p plane) turned(out []byte, turn int) {
	right, bottom := (p.w-1)*p.n, (p.h-1)*p.stride
	// Where the first sample stands, and how far on the next one to the right and below.
	var first, dx, dy int
	w, h := p.w, p.h
	switch turn {
	case 2: // mirrored
		first, dx, dy = right, -p.n, p.stride
	case 3: // upside down
		first, dx, dy = right+bottom, -p.n, -p.stride
	case 4: // mirrored, upside down
		first, dx, dy = bottom, p.n, -p.stride
	case 5: // mirrored, on its side
		first, dx, dy = 0, p.stride, p.n
	case 6: // needs a quarter turn clockwise
		first, dx, dy = bottom, -p.stride, p.n
	case 7: // mirrored, on its other side
		first, dx, dy = right+bottom, -p.stride, -p.n
	case 8: // needs a quarter turn anticlockwise
		first, dx, dy = right, p.stride, -p.n
	}
	if turn >= 5 {
		w, h = h, w
	}
	to := 0
	for y := range h {
		from := first + y*dy
		if p.n == 1 { // most of all samples
			for x := range out[to : to+w] {
				out[to+x] = p.pix[from]
				from += dx
			}
			to += w
			continue
		}
		for range w {
			copy(out[to:to+p.n], p.pix[from:])
			to, from = to+p.n, from+dx
		}
	}
}
