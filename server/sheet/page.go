package sheet

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	_ "image/png" // WeChat's codes may be either
	"strings"
	"unicode"

	"github.com/signintech/gopdf"
)

// The colours of a wall sheet.
var (
	red   = colour{163, 28, 28}
	gold  = colour{214, 164, 72}
	ink   = colour{34, 34, 34}
	grey  = colour{102, 102, 102}
	pale  = colour{247, 241, 232}
	line  = colour{222, 210, 194}
	white = colour{255, 255, 255}
)

type colour struct{ r, g, b uint8 }

const (
	regular = "regular"
	bold    = "bold"

	// Everything is laid out in millimetres of an A3 page; A4 is the same, smaller.
	pageWidth, pageHeight = 297.0, 420.0
	margin                = 15.0
	inner                 = pageWidth - 2*margin

	points = 72 / 25.4 // in a millimetre
)

// page draws on the current page, in millimetres of an A3 page. The first failure is kept
// and ends everything after it.
type page struct {
	pdf   *gopdf.GoPdf
	scale float64 // points in one of our millimetres
	err   error
}

func (p *page) do(err error) {
	if p.err == nil {
		p.err = err
	}
}

func (p *page) fill(c colour, x, y, w, h, radius float64) {
	if p.err != nil {
		return
	}
	p.pdf.SetFillColor(c.r, c.g, c.b)
	points := 0
	if radius > 0 {
		points = 8
	}
	p.do(p.pdf.Rectangle(x*p.scale, y*p.scale, (x+w)*p.scale, (y+h)*p.scale, "F", radius*p.scale, points))
}

func (p *page) frame(c colour, x, y, w, h, radius float64) {
	if p.err != nil {
		return
	}
	p.pdf.SetStrokeColor(c.r, c.g, c.b)
	p.pdf.SetLineWidth(0.4 * p.scale)
	points := 0
	if radius > 0 {
		points = 8
	}
	p.do(p.pdf.Rectangle(x*p.scale, y*p.scale, (x+w)*p.scale, (y+h)*p.scale, "D", radius*p.scale, points))
}

func (p *page) rule(c colour, x1, y1, x2, y2, width float64) {
	p.pdf.SetStrokeColor(c.r, c.g, c.b)
	p.pdf.SetLineWidth(width * p.scale)
	p.pdf.Line(x1*p.scale, y1*p.scale, x2*p.scale, y2*p.scale)
}

func (p *page) triangle(c colour, x, y, w, h float64) {
	p.pdf.SetFillColor(c.r, c.g, c.b)
	p.pdf.Polygon([]gopdf.Point{{X: x * p.scale, Y: y * p.scale}, {X: (x + w) * p.scale, Y: (y + h/2) * p.scale}, {X: x * p.scale, Y: (y + h) * p.scale}}, "F")
}

// font is a face and a size in points of an A3 page.
type font struct {
	face string
	size float64
}

// high is how far the lines of a font are apart, in millimetres.
func (f font) high() float64 { return f.size / points * 1.32 }

func (p *page) use(f font) {
	p.do(p.pdf.SetFont(f.face, "", f.size*p.scale/points))
}

// width measures a text.
func (p *page) width(f font, text string) float64 {
	if p.err != nil || text == "" {
		return 0
	}
	p.use(f)
	w, err := p.pdf.MeasureTextWidth(text)
	p.do(err)
	return w / p.scale
}

// text writes a line whose top is at y.
func (p *page) text(f font, c colour, x, y float64, text string) {
	if p.err != nil || text == "" {
		return
	}
	p.use(f)
	p.pdf.SetTextColor(c.r, c.g, c.b)
	p.pdf.SetXY(x*p.scale, (y+f.size/points*1.06)*p.scale)
	p.do(p.pdf.Text(text))
}

func (p *page) centred(f font, c colour, x, y, w float64, text string) {
	p.text(f, c, x+(w-p.width(f, text))/2, y, text)
}

func (p *page) right(f font, c colour, x, y float64, text string) {
	p.text(f, c, x-p.width(f, text), y, text)
}

// fit makes the font as small as least so that the text goes into one line, and cuts the
// text where that is not enough.
func (p *page) fit(f font, least, w float64, text string) (font, string) {
	if full := p.width(f, text); full > w {
		f.size = max(least, f.size*w/full*0.995)
	}
	if p.width(f, text) <= w {
		return f, text
	}
	runes := []rune(text)
	for len(runes) > 1 && p.width(f, string(runes)+"…") > w && p.err == nil {
		runes = runes[:len(runes)-1]
	}
	return f, string(runes) + "…"
}

// wrap breaks a text into lines of this width, most at most. When there is more, it ends with
// a phrase where one ends in the later half, else in an ellipsis. Latin words and numbers are kept whole where they can be.
func (p *page) wrap(f font, w float64, most int, text string) []string {
	var lines []string
	now := ""
	for _, piece := range pieces(text) {
		if piece == "\n" || p.width(f, now+piece) > w && now != "" {
			lines = append(lines, strings.TrimSpace(now))
			now = ""
			if piece == "\n" {
				continue
			}
		}
		now += piece
	}
	if now = strings.TrimSpace(now); now != "" {
		lines = append(lines, now)
	}
	if len(lines) > most {
		if phrase := phraseOf(strings.Join(lines[:most], "")); phrase != "" {
			return p.wrap(f, w, most, phrase)
		}
		_, last := p.fit(f, f.size, w, lines[most-1]+"……")
		if !strings.HasSuffix(last, "…") {
			last = strings.TrimSuffix(last, "…") + "…"
		}
		lines = append(lines[:most-1], strings.ReplaceAll(last, "……", "…"))
	}
	for i, l := range lines { // one word that is wider than the line
		_, lines[i] = p.fit(f, f.size, w, l)
	}
	return lines
}

// phraseOf is the text up to the last phrase that ends in its later half; a sentence keeps
// its stop. "" where there is none.
func phraseOf(text string) string {
	at := strings.LastIndexAny(text, "。；、，")
	if at < len(text)/2 {
		return ""
	}
	return text[:at] + strings.Trim(text[at:at+len("。")], "；、，")
}

// pieces cuts a text where a line may break: before everything but what closes, and not
// within Latin words and numbers.
func pieces(text string) []string {
	var out []string
	var last rune
	for _, r := range text {
		joins := last != 0 && (latin(last) && latin(r) || strings.ContainsRune("，。、；：？！）》”’·,.;:)", r)) && last != '\n'
		if joins && r != '\n' {
			out[len(out)-1] += string(r)
		} else {
			out = append(out, string(r))
		}
		last = r
	}
	return out
}

func latin(r rune) bool {
	return r < 0x2e80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-–:./+", r))
}

// paragraph writes lines and returns where the next one begins.
func (p *page) paragraph(f font, c colour, x, y float64, lines []string) float64 {
	for _, l := range lines {
		p.text(f, c, x, y, l)
		y += f.high()
	}
	return y
}

// picture puts a JPEG or PNG into a box; crop cuts it to the shape of the box, keeping the
// upper part, where a face is.
func (p *page) picture(raw []byte, x, y, w, h float64, crop bool) {
	if p.err != nil {
		return
	}
	if crop {
		cut, err := cropped(raw, w/h)
		if err != nil {
			p.do(err)
			return
		}
		raw = cut
	}
	holder, err := gopdf.ImageHolderByBytes(raw)
	if err != nil {
		p.do(err)
		return
	}
	p.do(p.pdf.ImageByHolder(holder, x*p.scale, y*p.scale, &gopdf.Rect{W: w * p.scale, H: h * p.scale}))
}

func cropped(raw []byte, shape float64) ([]byte, error) {
	whole, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("sheet: a portrait: %w", err)
	}
	b := whole.Bounds()
	w, h := b.Dx(), b.Dy()
	cut := image.Rect(0, 0, w, min(h, int(float64(w)/shape)))
	if float64(w)/float64(h) > shape {
		cut = image.Rect(0, 0, int(float64(h)*shape), h)
	}
	from := image.Pt(b.Min.X+(w-cut.Dx())/2, b.Min.Y+(h-cut.Dy())/5)
	out := image.NewRGBA(cut)
	draw.Draw(out, cut, whole, from, draw.Src)
	var buffer bytes.Buffer
	err = jpeg.Encode(&buffer, out, &jpeg.Options{Quality: 90})
	return buffer.Bytes(), err
}
