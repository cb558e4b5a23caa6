package sheet

import (
	"time"

	"warmcabin/server/cabin"
)

// Slip is an invite on paper.
type Slip struct {
	Role, Name string // 人大代表, 林晓
	Code       string
	Picture    []byte // the mini-program code that opens it, JPEG
	ExpiresAt  time.Time
}

const (
	slipColumns, slipRows = 2, 4
	slipWide              = pageWidth / slipColumns
	slipHigh              = pageHeight / slipRows
)

// Slips prints invites on A4, eight a page, to be cut apart. street may be "".
func Slips(fonts Fonts, street string, slips []Slip, printed time.Time) ([]byte, error) {
	type content struct {
		Street string
		Slips  int
	}
	b, err := newBuilder(A4, fonts, printed, content{street, len(slips)}) // the codes are no part of what is shown as the version
	if err != nil {
		return nil, err
	}
	b.title, b.subtitle = "温馨小屋邀请单", street
	for i, s := range slips {
		at := i % (slipColumns * slipRows)
		if at == 0 {
			b.pdf.AddPage()
			b.cuts()
		}
		b.slip(s, street, float64(at%slipColumns)*slipWide, float64(at/slipColumns)*slipHigh)
	}
	return b.bytes()
}

// cuts are where the scissors go.
func (b *builder) cuts() {
	b.pdf.SetLineType("dashed")
	for i := 1; i < slipColumns; i++ {
		b.rule(line, float64(i)*slipWide, 0, float64(i)*slipWide, pageHeight, 0.5)
	}
	for i := 1; i < slipRows; i++ {
		b.rule(line, 0, float64(i)*slipHigh, pageWidth, float64(i)*slipHigh, 0.5)
	}
	b.pdf.SetLineType("solid")
}

func (b *builder) slip(s Slip, street string, x, y float64) {
	const pad, side = 10.0, 52.0
	w := slipWide - 2*pad
	f, head := b.fit(font{regular, 15}, 10, w, street+"温馨小屋 · 邀请单")
	b.text(f, grey, x+pad, y+9, head)
	f, name := b.fit(font{bold, 26}, 14, w, s.Name)
	b.text(f, ink, x+pad, y+18, name)
	f, role := b.fit(font{regular, 17}, 12, w, "身份："+s.Role)
	b.text(f, ink, x+pad, y+31, role)
	if s.Picture != nil {
		b.picture(s.Picture, x+pad, y+42, side, side, false)
	}
	left, room := x+pad+side+6, w-side-6
	small := font{regular, 13}
	end := b.paragraph(small, ink, left, y+44, b.wrap(small, room, 6, "用微信扫左边的码；或者打开“温馨小屋”小程序，在“我的 → 输入邀请码”里输入："))
	f, code := b.fit(font{bold, 22}, 12, room, s.Code)
	b.text(f, red, left, end+3, code)
	until := s.ExpiresAt.In(cabin.Shanghai).Format("2006年1月2日 15:04")
	b.paragraph(font{regular, 12}, grey, left, end+16, b.wrap(font{regular, 12}, room, 3, "只能用一次，"+until+"前有效。请当面交给本人。"))
}
