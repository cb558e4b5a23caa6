// Package mediatest makes photos full of metadata, and tells whether any is left. Tests
// only.
package mediatest

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"slices"
)

// The corners of every photo made here, upright: what a person would see.
var (
	TopLeft     = color.RGBA{R: 220, A: 255}
	TopRight    = color.RGBA{G: 180, A: 255}
	BottomLeft  = color.RGBA{B: 220, A: 255}
	BottomRight = color.RGBA{R: 230, G: 200, A: 255}
)

// Secrets are texts that stand readable in GPSJPEG's metadata and must stand nowhere later.
var Secrets = []string{"HUAWEI", "Mate 60 Pro", "2026:11:20 09:30:00", "SN-8842", "上海市某某路12号"}

// Picture is an upright photo of w × h pixels with a colour in each quarter.
func Picture(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := [2][2]color.RGBA{{TopLeft, TopRight}, {BottomLeft, BottomRight}}[y*2/h][x*2/w]
			m.SetRGBA(x, y, c)
		}
	}
	return m
}

// GPSJPEG is a phone's photo of 1200 × 1600 pixels, seen upright; it is stored on its side
// with EXIF orientation 6. It carries the place (31.2304 N, 121.4737 E), camera, time and
// serial number in EXIF, an address in XMP and in a comment, a colour profile, and bytes
// behind its end, as live photos have.
func GPSJPEG() []byte {
	up := Picture(1200, 1600)
	side := image.NewRGBA(image.Rect(0, 0, 1600, 1200))
	for y := range 1200 {
		for x := range 1600 { // row 0 is the right side, column 0 the top
			side.SetRGBA(x, y, up.RGBAAt(1199-y, x))
		}
	}
	return WithMetadata(JPEG(side), 6)
}

// JPEG encodes a picture without any metadata.
func JPEG(m image.Image) []byte {
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, &jpeg.Options{Quality: 92}); err != nil {
		panic(err) // a buffer does not fail
	}
	return out.Bytes()
}

// WithMetadata puts all that GPSJPEG has around a bare JPEG.
func WithMetadata(bare []byte, orientation uint16) []byte {
	out := slices.Clone(bare[:2])
	out = append(out, segment(0xe0, []byte("JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x00\x00"))...)
	out = append(out, segment(0xe1, append([]byte("Exif\x00\x00"), EXIF(orientation)...))...)
	out = append(out, segment(0xe1, []byte("http://ns.adobe.com/xap/1.0/\x00"+XMP))...)
	out = append(out, segment(0xe2, []byte("ICC_PROFILE\x00\x01\x01 a profile"))...)
	out = append(out, segment(0xed, []byte("Photoshop 3.0\x008BIM"))...)
	out = append(out, segment(0xfe, []byte(Secrets[4]))...)
	out = append(out, bare[2:]...)
	return append(out, "ftypmp42 "+Secrets[3]...)
}

// XMP is a packet with the place in it.
const XMP = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="31,13.824N" exif:GPSLongitude="121,28.422E">上海市某某路12号</rdf:Description></rdf:RDF></x:xmpmeta>`

func segment(marker byte, body []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(body)+2)), body...)
}

// EXIF is a TIFF block, as JPEG, PNG and WebP carry it: camera, time, serial number, place.
func EXIF(orientation uint16) []byte {
	const header = 8
	main := []entry{
		ascii(0x010f, "HUAWEI"), ascii(0x0110, "Mate 60 Pro"), short(0x0112, orientation),
		ascii(0x0132, "2026:11:20 09:30:00"), long(0x8769, 0), long(0x8825, 0),
	}
	camera := []entry{ascii(0x9003, "2026:11:20 09:30:00"), ascii(0xa431, "SN-8842")}
	gps := []entry{ascii(1, "N"), degrees(2, 31.2304), ascii(3, "E"), degrees(4, 121.4737)}
	cameraAt := header + size(main)
	gpsAt := cameraAt + size(camera)
	main[4], main[5] = long(0x8769, uint32(cameraAt)), long(0x8825, uint32(gpsAt))
	out := []byte("MM\x00\x2a\x00\x00\x00\x08")
	out = append(out, directory(main, header)...)
	out = append(out, directory(camera, cameraAt)...)
	return append(out, directory(gps, gpsAt)...)
}

// entry is one TIFF field; values over four bytes stand behind the directory.
type entry struct {
	tag, kind uint16
	count     uint32
	value     []byte
}

func ascii(tag uint16, s string) entry {
	return entry{tag, 2, uint32(len(s) + 1), append([]byte(s), 0)}
}
func short(tag, v uint16) entry {
	return entry{tag, 3, 1, binary.BigEndian.AppendUint16(nil, v)}
}
func long(tag uint16, v uint32) entry {
	return entry{tag, 4, 1, binary.BigEndian.AppendUint32(nil, v)}
}

func degrees(tag uint16, deg float64) entry {
	whole, rest := math.Modf(deg)
	minutes, rest := math.Modf(rest * 60)
	var v []byte
	for _, part := range [][2]uint32{{uint32(whole), 1}, {uint32(minutes), 1}, {uint32(math.Round(rest * 6000)), 100}} {
		v = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(v, part[0]), part[1])
	}
	return entry{tag, 5, 3, v}
}

func size(entries []entry) int { return len(directory(entries, 0)) }

func directory(entries []entry, at int) []byte {
	out := binary.BigEndian.AppendUint16(nil, uint16(len(entries)))
	var behind []byte
	behindAt := at + 2 + 12*len(entries) + 4
	for _, e := range entries {
		out = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(out, e.tag), e.kind)
		out = binary.BigEndian.AppendUint32(out, e.count)
		if len(e.value) <= 4 {
			out = append(out, append(slices.Clone(e.value), 0, 0, 0, 0)[:4]...)
			continue
		}
		out = binary.BigEndian.AppendUint32(out, uint32(behindAt+len(behind)))
		behind = append(behind, e.value...)
		if len(behind)%2 == 1 {
			behind = append(behind, 0)
		}
	}
	return append(append(out, 0, 0, 0, 0), behind...)
}

// HasMetadata says whether a file carries anything beside its picture. It reads the
// segments byte by byte: only those that a JPEG decoder needs may be there, and nothing
// behind the end. What is no complete JPEG counts as having metadata.
func HasMetadata(file []byte) bool {
	if len(file) < 4 || file[0] != 0xff || file[1] != 0xd8 {
		return true
	}
	for i := 2; i+4 <= len(file) || i+2 == len(file); {
		if file[i] != 0xff {
			return true
		}
		marker := file[i+1]
		if marker == 0xd9 {
			return i+2 != len(file)
		}
		switch marker {
		case 0xc0, 0xc1, 0xc2, 0xc4, 0xda, 0xdb, 0xdd: // frames, tables, scans, restarts
		default:
			return true
		}
		if i+4 > len(file) {
			return true
		}
		i += 2 + int(binary.BigEndian.Uint16(file[i+2:]))
		for marker == 0xda && i+1 < len(file) && !(file[i] == 0xff && file[i+1] != 0 && (file[i+1] < 0xd0 || file[i+1] > 0xd7)) {
			i++ // picture data, up to the next marker
		}
	}
	return true
}
