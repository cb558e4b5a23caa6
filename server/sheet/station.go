package sheet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"warmcabin/server/cabin"
)

// ForStation makes a station's sheet: as many pages as its deputies and duties need.
func ForStation(paper Paper, fonts Fonts, s Station) ([]byte, error) {
	slices.SortStableFunc(s.Duties, func(a, b Duty) int {
		return cmp.Or(cmp.Compare(monday(a.Weekday), monday(b.Weekday)), cmp.Compare(a.FromMinute, b.FromMinute))
	})
	printed := s.Printed
	s.Printed = time.Time{} // the same data is the same version, whenever it is printed
	return made(paper, fonts, printed, s, func(b *builder) {
		b.title, b.subtitle = s.Name, of(s.Street, "人大代表接待选民公示")
		b.next()
		b.about(s)
		b.flow()
		b.rota(s.Duties)
		b.deputies(s.Deputies)
		if b.y += 6; len(s.Deputies) == 0 || bottom-b.y > 90 { // no half of a wall left white
			b.invitation(s.Code, "扫一扫，说说您的事", "用微信扫这个站码：", "找一位代表面谈，", "或者把问题拍下来告诉我们。", "办到哪一步，微信会告诉您。")
		}
	})
}

const aboutHeight = 63.0

// about is where the station is and when it is open, with its code.
func (b *builder) about(s Station) {
	top := b.y
	const codeSide = 51.0
	b.fill(pale, margin, top, inner, aboutHeight-6, 2)
	b.code(s.Code, pageWidth-margin-codeSide-6, top+3, codeSide)
	left := margin + 7
	width := inner - codeSide - 24
	label, value := font{regular, 17}, font{bold, 21}
	y := top + 5.5
	for _, row := range [][2]string{{"开放时间", orNone(s.Hours, "请以现场公告为准")}, {"地　　址", s.Address}, {"电　　话", orNone(s.Phone, "—")}} {
		b.text(label, grey, left, y+1.4, row[0])
		f, _ := b.fit(value, 17, width-30, row[1])
		lines := b.wrap(f, width-30, 2, row[1])
		at := y
		if len(lines) == 1 {
			at += (value.size - f.size) / points / 2
		}
		for _, l := range lines {
			b.text(f, ink, left+27, at, l)
			at += f.high()
		}
		y = max(y+13, at+1.5)
	}
	b.text(font{bold, 19}, red, left, top+aboutHeight-17, "微信扫右边的码：预约代表，反映问题，看办到哪一步")
	b.y += aboutHeight
}

func orNone(text, none string) string {
	if strings.TrimSpace(text) == "" {
		return none
	}
	return text
}

var steps = [...][2]string{
	{"反映", "扫码或到站里说"}, {"提交", "得到编号和回执"}, {"交办", "交给承办单位"},
	{"办理", "每一步都告诉您"}, {"督办", "超期由人大督办"}, {"反馈", "请您评价，可再办"},
}

// flow is the way of a matter, in six steps.
func (b *builder) flow() {
	b.heading("您的事这样办", "")
	const gap = 9.0
	w := (inner - gap*float64(len(steps)-1)) / float64(len(steps))
	for i, s := range steps {
		x := margin + float64(i)*(w+gap)
		b.fill(red, x, b.y, w, 15, 2)
		b.centred(font{bold, 24}, white, x, b.y+2, w, s[0])
		small := font{regular, 12.5}
		lines := b.wrap(small, w+gap-3, 2, s[1])
		for n, l := range lines {
			b.centred(small, ink, x-gap/2, b.y+17.5+float64(n)*small.high(), w+gap, l)
		}
		if i > 0 {
			b.triangle(gold, x-gap/2-2, b.y+4, 4.4, 7)
		}
	}
	b.y += 29
}

// rota is who receives when: a column a day from Monday to Friday, and the weekend where
// somebody receives then.
func (b *builder) rota(duties []Duty) {
	b.need(headingHeight + 24)
	b.heading("值班表", "在这些时间，代表在站里等您")
	if len(duties) == 0 {
		b.fill(pale, margin, b.y, inner, 18, 2)
		b.centred(font{regular, 18}, ink, margin, b.y+5, inner, "接待时间还没有排定，请在小程序里留言，代表会和您约时间")
		b.y += 25
		return
	}
	days := columns(duties)
	for first := true; first || remaining(days); first = false {
		if !first {
			b.next()
			b.heading("值班表（续）", "")
		}
		b.days(days)
	}
	b.y += 5
}

// day is a column of the rota, with what is still to be written.
type day struct {
	name   string
	duties []Duty
}

func columns(duties []Duty) []*day {
	var days []*day
	for _, d := range []time.Weekday{1, 2, 3, 4, 5, 6, 0} {
		column := &day{name: weekdays[d]}
		for _, duty := range duties {
			if duty.Weekday == d {
				column.duties = append(column.duties, duty)
			}
		}
		if len(column.duties) > 0 || d >= time.Monday && d <= time.Friday {
			days = append(days, column)
		}
	}
	return days
}

func remaining(days []*day) bool {
	return slices.ContainsFunc(days, func(d *day) bool { return len(d.duties) > 0 })
}

// days writes as many duties of each day as this page holds.
func (b *builder) days(days []*day) {
	const head, high = 11.0, 15.6
	lines := max(1, int((bottom-b.y-head-3)/high))
	most := 0
	for _, d := range days {
		most = max(most, min(lines, len(d.duties)))
	}
	w := inner / float64(len(days))
	height := head + float64(most)*high + 3
	b.fill(pale, margin, b.y, inner, height, 0)
	b.fill(red, margin, b.y, inner, head, 0)
	for i, d := range days {
		x := margin + float64(i)*w
		b.centred(font{bold, 19}, white, x, b.y+1.6, w, d.name)
		if i > 0 {
			b.rule(white, x, b.y+head, x, b.y+height, 0.8)
		}
		if len(d.duties) == 0 {
			b.centred(font{regular, 18}, grey, x, b.y+head+4, w, "—")
		}
		now := min(lines, len(d.duties))
		for n, duty := range d.duties[:now] {
			b.duty(duty, x+2, b.y+head+2+float64(n)*high, w-4)
		}
		d.duties = d.duties[now:]
	}
	b.frame(line, margin, b.y, inner, height, 0)
	b.y += height
}

func (b *builder) duty(d Duty, x, y, w float64) {
	who := d.Deputy
	if d.Service == cabin.PhoneCall || d.Service == cabin.Enterprise {
		who += "（" + d.Service.Name() + "）"
	}
	f, who := b.fit(font{bold, 18}, 9, w, who)
	b.centred(f, ink, x, y+(18-f.size)/points/2, w, who)
	b.centred(font{regular, 14}, grey, x, y+7.6, w, span(d.Hours))
}

// The cards stand in two columns, as high as the page allows between these.
const (
	lowestCard        = 33.0
	lowCard, highCard = 38.0, 64.0
	cardGap           = 3.8
	cardWidth         = (inner - cardGap) / 2
)

// deputies are all deputies of the station, large where all of them have room on the page.
func (b *builder) deputies(list []Deputy) {
	if len(list) == 0 {
		return
	}
	rows := float64((len(list) + 1) / 2)
	high := min(highCard, (bottom-b.y-headingHeight+cardGap)/rows-cardGap)
	if high < lowestCard { // several pages then
		high = lowCard
	}
	b.need(headingHeight + high)
	b.heading("本站代表", fmt.Sprintf("共 %d 位，扫代表旁边的码直接预约", len(list)))
	for i, d := range list {
		if i%2 == 0 && i > 0 {
			b.y += high + cardGap
			if b.y+high > bottom {
				b.next()
				b.heading("本站代表（续）", "")
			}
		}
		b.card(d, margin+float64(i%2)*(cardWidth+cardGap), b.y, high)
	}
	b.y += high
}

func (b *builder) card(d Deputy, x, y, high float64) {
	const pad = 3.0
	b.fill(pale, x, y, cardWidth, high, 2)
	tall := high - 2*pad
	wide := min(tall*0.72, 36)
	b.portrait(d, x+pad, y+pad, wide, min(tall, wide*1.4))
	side := min(high*0.6, 32)
	small := font{regular, min(16, max(12.5, high*0.3))}
	b.code(d.Code, x+cardWidth-side-pad, y+pad, side)
	b.centred(font{regular, small.size * 0.85}, grey, x+cardWidth-side-pad, y+pad+side+1.5, side, "代表码")
	left := x + pad + wide + 4
	width := cardWidth - wide - side - 2*pad - 7
	at := b.name(d.Name, high*0.56, left, y+pad-1, width)
	at = b.paragraph(font{bold, small.size}, red, left, at, b.wrap(small, width, 1, cabin.LevelName(d.Level)))
	room := int((y + high - pad - at) / small.high())
	for _, line := range []string{d.Constituency, d.Title, strings.Join(d.Specialities, "、")} {
		if room <= 0 || line == "" {
			continue
		}
		lines := b.wrap(small, width, min(room, 2), line)
		at = b.paragraph(small, ink, left, at, lines)
		room -= len(lines)
	}
}

// name writes a name whole: smaller, and in two lines, rather than cut.
func (b *builder) name(name string, size, x, y, w float64) float64 {
	f, text := b.fit(font{bold, size}, size*0.6, w, name)
	if text == name {
		b.text(f, ink, x, y, name)
		return y + font{bold, size}.high()
	}
	f.size = size * 0.5
	return b.paragraph(f, ink, x, y, b.wrap(f, w, 2, name)) + 1
}
