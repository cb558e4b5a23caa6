package sheet

import (
	"slices"
	"strings"
	"time"

	"warmcabin/server/cabin"
)

// ForDeputy makes a deputy's sheet, one page.
func ForDeputy(paper Paper, fonts Fonts, d Deputy, printed time.Time) ([]byte, error) {
	slices.SortStableFunc(d.Hours, func(a, b cabin.Hours) int {
		return (monday(a.Weekday)-monday(b.Weekday))*24*60 + a.FromMinute - b.FromMinute
	})
	d.Earliest = nil // it changes every hour, and is not on the sheet
	return made(paper, fonts, printed, d, func(b *builder) {
		b.title, b.subtitle = "人大代表接待选民", of(d.Street, d.StationName)
		b.next()
		b.person(d)
		b.hours(d.Hours)
		b.invitation(d.Code, "扫一扫，约我", "用微信扫这个代表码：", "选一个时间和我面谈，", "或者把问题拍下来告诉我。", "办到哪一步，微信会告诉您。")
	})
}

// person is the photo with what the deputy is.
func (b *builder) person(d Deputy) {
	const wide, high = 92.0, 122.0
	b.portrait(d, margin, b.y+2, wide, high)
	x, w := margin+wide+12, inner-wide-12
	y := b.y + 2
	y = b.name(d.Name, 68, x, y-3, w) + 1
	b.text(font{bold, 26}, red, x, y, cabin.LevelName(d.Level))
	y += 15
	label, value := font{regular, 17}, font{regular, 20}
	end := b.y + 2 + high
	for _, row := range [][2]string{{"选区", d.Constituency}, {"届次", d.Term}, {"职业", d.Title}, {"擅长", strings.Join(d.Specialities, "、")}, {"简介", d.Bio}} {
		room := int((end - y) / value.high())
		if row[1] == "" || room < 1 {
			continue
		}
		b.text(label, grey, x, y+1, row[0])
		most := 2
		if row[0] == "简介" {
			most = room
		}
		y = b.paragraph(value, ink, x+17, y, b.wrap(value, w-17, min(room, most), row[1])) + 2
	}
	b.y += high + 12
}

const deputyRows = 6 // of hours; more are on the phone

// hours lists when and where the deputy receives.
func (b *builder) hours(list []cabin.Hours) {
	b.heading("接待时间", "")
	if len(list) == 0 {
		b.fill(pale, margin, b.y, inner, 18, 2)
		b.centred(font{regular, 19}, ink, margin, b.y+5, inner, "接待时间还没有排定，请扫码留言，代表会和您约时间")
		b.y += 26
		return
	}
	more := len(list) > deputyRows
	if more {
		list = list[:deputyRows-1]
	}
	const high = 12.5
	for i, h := range list {
		if i%2 == 0 {
			b.fill(pale, margin, b.y, inner, high, 0)
		}
		b.text(font{bold, 20}, ink, margin+5, b.y+1.8, weekdays[h.Weekday])
		b.text(font{bold, 20}, red, margin+38, b.y+1.8, span(h))
		where := strings.TrimSpace(h.StationName + " " + h.RoomName)
		if h.Service == cabin.PhoneCall {
			where = "电话"
		}
		f, where := b.fit(font{regular, 18}, 13, inner-95, where)
		b.right(f, ink, pageWidth-margin-5, b.y+2.3, where)
		b.y += high
	}
	if more {
		b.centred(font{regular, 16}, grey, margin, b.y+3, inner, "还有其他时间，扫码看全部")
		b.y += high
	}
	b.y += 7
}

// invitation is the code, as large as the rest of the page allows.
func (b *builder) invitation(code []byte, headline string, lines ...string) {
	room := bottom - b.y
	side := min(130, room-16)
	b.fill(pale, margin, b.y, inner, room, 3)
	x := margin + 14
	b.code(code, x, b.y+(room-side)/2, side)
	left := x + side + 14
	w := pageWidth - margin - left - 8
	y := b.y + room/2 - 34
	f, words := b.fit(font{bold, 44}, 24, w, headline)
	b.text(f, red, left, y, words)
	y += f.high() + 4
	small := font{regular, 20}
	for _, l := range lines {
		b.text(small, ink, left, y, l)
		y += small.high() + 0.8
	}
}
