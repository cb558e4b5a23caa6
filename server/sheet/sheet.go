// Package sheet makes the sheets for a station's wall (上墙) as PDF, A3 or A4: for a station
// its hours, duty rota, deputies and codes, and for one deputy their hours and code. What is
// on them is what the caller reads at that moment.
package sheet

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/signintech/gopdf"

	"warmcabin/server/cabin"
)

// Paper is a size of paper, upright.
type Paper string

// The papers.
const (
	A3 Paper = "a3"
	A4 Paper = "a4"
)

// Fonts are the two faces, whole; a sheet takes what it needs of them. TrueType outlines only.
type Fonts struct{ Regular, Bold []byte }

// LoadFonts reads the faces from their files.
func LoadFonts(regular, bold string) (f Fonts, err error) {
	if f.Regular, err = os.ReadFile(regular); err != nil {
		return f, err
	}
	f.Bold, err = os.ReadFile(bold)
	return f, err
}

// Deputy is a deputy as a sheet shows them.
type Deputy struct {
	cabin.DeputyProfile
	Street string        // as Station.Street
	Hours  []cabin.Hours // wherever they receive
	Photo  []byte        // JPEG; nil without one
	Code   []byte        // the 代表码, JPEG
}

// Duty is one time on a station's rota.
type Duty struct {
	cabin.Hours
	Deputy string
}

// Station is what a station's sheet shows.
type Station struct {
	cabin.Station
	Street   string // "" while nobody has said what it is called
	Duties   []Duty // by weekday and time
	Deputies []Deputy
	Code     []byte // the 站码, JPEG
	Printed  time.Time
}

// builder is a sheet being made.
type builder struct {
	page
	title, subtitle string
	printed         time.Time
	version         string
	pages, total    int
	y               float64 // where the next thing goes
}

// made draws a sheet twice: the first time only counts its pages, for what stands at the foot.
func made(paper Paper, fonts Fonts, printed time.Time, content any, drawn func(*builder)) ([]byte, error) {
	total := 0
	for {
		b, err := newBuilder(paper, fonts, printed, content)
		if err != nil {
			return nil, err
		}
		b.total = total
		drawn(b)
		if total > 0 || b.err != nil {
			return b.bytes()
		}
		total = b.pages
	}
}

const (
	bandHeight   = 46.0
	footerHeight = 13.0
	bottom       = pageHeight - footerHeight - 4
)

func newBuilder(paper Paper, fonts Fonts, printed time.Time, content any) (*builder, error) {
	version, err := versionOf(content)
	if err != nil {
		return nil, err
	}
	size, scale := *gopdf.PageSizeA3, points
	if paper == A4 {
		size, scale = *gopdf.PageSizeA4, points*gopdf.PageSizeA4.W/gopdf.PageSizeA3.W
	}
	pdf := &gopdf.GoPdf{}
	pdf.Start(gopdf.Config{PageSize: size})
	pdf.SetCompressLevel(6)
	option := gopdf.TtfOption{OnGlyphNotFoundSubstitute: func(rune) rune { return '〓' }} // printers' mark for a missing sort
	for face, font := range map[string][]byte{regular: fonts.Regular, bold: fonts.Bold} {
		if err := pdf.AddTTFFontDataWithOption(face, font, option); err != nil {
			return nil, fmt.Errorf("sheet: the font: %w", err)
		}
	}
	return &builder{page: page{pdf: pdf, scale: scale}, printed: printed, version: version}, nil
}

// of writes a name behind its street's, unless it begins with it.
func of(street, name string) string {
	if strings.HasPrefix(name, street) {
		return name
	}
	return street + " · " + name
}

// versionOf tells two prints apart whose content differs: the same data gives the same.
func versionOf(content any) (string, error) {
	text, err := json.Marshal(content)
	sum := sha256.Sum256(text)
	return strings.ToUpper(hex.EncodeToString(sum[:3])), err
}

func (b *builder) bytes() ([]byte, error) {
	if b.err != nil {
		return nil, b.err
	}
	b.pdf.SetInfo(gopdf.PdfInfo{Title: b.title, Subject: b.subtitle + "，版本 " + b.version, Creator: "温馨小屋", Producer: "温馨小屋", CreationDate: b.printed})
	return b.pdf.GetBytesPdfReturnErr()
}

// need begins another page where this height does not fit any more.
func (b *builder) need(height float64) {
	if b.y+height > bottom {
		b.next()
	}
}

// next begins a page: the band with the title, and the foot.
func (b *builder) next() {
	b.pdf.AddPage()
	b.pages++
	b.fill(red, 0, 0, pageWidth, bandHeight, 0)
	b.fill(gold, 0, bandHeight, pageWidth, 1.6, 0)
	f, title := b.fit(font{bold, 58}, 30, inner, b.title)
	b.centred(f, white, margin, 5.5+(58-f.size)/points/2, inner, title)
	s, subtitle := b.fit(font{regular, 22}, 14, inner, b.subtitle)
	b.centred(s, white, margin, 33, inner, subtitle)

	foot := pageHeight - footerHeight
	b.rule(line, margin, foot, pageWidth-margin, foot, 0.4)
	small := font{regular, 12}
	b.text(small, grey, margin, foot+2.5, "打印日期 "+b.printed.In(cabin.Shanghai).Format("2006年1月2日")+" · 版本 "+b.version)
	b.centred(small, grey, margin, foot+2.5, inner, "临时调整以小程序为准")
	b.right(small, grey, pageWidth-margin, foot+2.5, fmt.Sprintf("第 %d 页，共 %d 页", b.pages, b.total))
	b.y = bandHeight + 7
}

// heading writes a section's name.
func (b *builder) heading(name, aside string) {
	f := font{bold, 26}
	b.fill(red, margin, b.y+0.8, 2.6, 9.4, 0)
	b.text(f, ink, margin+6, b.y, name)
	if aside != "" {
		b.right(font{regular, 15}, grey, pageWidth-margin, b.y+3.6, aside)
	}
	b.y += headingHeight
}

const headingHeight = 14.5

// code draws a code with its caption in a white box, w wide.
func (b *builder) code(raw []byte, x, y, w float64) {
	b.fill(white, x, y, w, w, 1.5)
	b.picture(raw, x+1, y+1, w-2, w-2, false)
}

// portrait draws a photo, or the first character of the name where there is none.
func (b *builder) portrait(d Deputy, x, y, w, h float64) {
	if d.Photo != nil {
		b.picture(d.Photo, x, y, w, h, true)
		b.frame(line, x, y, w, h, 0)
		return
	}
	b.fill(pale, x, y, w, h, 0)
	b.frame(line, x, y, w, h, 0)
	first := string([]rune(d.Name + "·")[:1])
	f := font{bold, w * points * 0.55}
	b.centred(f, gold, x, y+(h-f.high())/2, w, first)
}

var weekdays = [...]string{"星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"}

func clock(minute int) string { return fmt.Sprintf("%d:%02d", minute/60, minute%60) }

func span(h cabin.Hours) string { return clock(h.FromMinute) + "–" + clock(h.ToMinute) }

// monday puts the week into the office's order: Monday first.
func monday(d time.Weekday) int { return (int(d) + 6) % 7 }
