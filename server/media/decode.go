package media

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"slices"
	"sync"

	"github.com/bep/imagemeta"
	"golang.org/x/image/webp"

	"warmcabin/server/cabin"
)

// format is one kind of photo that we take.
type format struct {
	is     func(head []byte) bool
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	weigh  func(*bufio.Reader, image.Config) (cost int64, err error) // bytes of memory that decoding may take; it fails when the file breaks off
	meta   imagemeta.ImageFormat
}

const headBytes = 12

var formats = []format{
	{is: prefix("\xff\xd8\xff"), config: configJPEG, decode: jpeg.Decode, weigh: weighJPEG, meta: imagemeta.JPEG},
	{is: prefix("\x89PNG\r\n\x1a\n"), config: png.DecodeConfig, decode: png.Decode, weigh: weighPNG, meta: imagemeta.PNG},
	{is: isWebP, config: webp.DecodeConfig, decode: decodeWebP, weigh: weighWebP, meta: imagemeta.WebP},
}

func prefix(magic string) func([]byte) bool {
	return func(head []byte) bool { return bytes.HasPrefix(head, []byte(magic)) }
}

func isWebP(head []byte) bool {
	return len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP"
}

// inspect decides what the file is, and refuses what would be too much or does not go on
// to its end, without decoding: from its headers, and by walking over its segments.
func (s *Store) inspect(f io.ReadSeeker) (kind format, config image.Config, cost int64, err error) {
	defer guard(&err)
	in := readers.Get().(*bufio.Reader)
	defer readers.Put(in)
	if err := rewind(in, f); err != nil {
		return kind, config, 0, err
	}
	head, err := in.Peek(headBytes)
	if err != nil && err != io.EOF {
		return kind, config, 0, unreadable(err)
	}
	for _, kind = range s.formats {
		if kind.is(head) {
			config, cost, err = bound(in, f, kind)
			return kind, config, cost, err
		}
	}
	return kind, config, 0, cabin.E(cabin.CodeUnsupported, "这个文件不是我们能收的照片，请选择 JPEG、PNG 或 WebP 格式的照片")
}

// readers are buffers for inspect: most photos fit in a few of them.
var readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 64<<10) }}

func bound(in *bufio.Reader, f io.ReadSeeker, kind format) (config image.Config, cost int64, err error) {
	config, err = kind.config(in)
	if err != nil {
		return config, 0, damaged(err)
	}
	w, h := int64(config.Width), int64(config.Height)
	if w <= 0 || h <= 0 {
		return config, 0, damaged(fmt.Errorf("media: %d × %d pixels", w, h))
	}
	if w > MaxSide || h > MaxSide || w*h > MaxPixels {
		return config, 0, cabin.E(cabin.CodeInvalid, fmt.Sprintf(
			"照片尺寸太大（%d×%d）：长和宽都不能超过 %d 像素，总共不能超过 %d 万像素，请换一张小一点的照片", w, h, MaxSide, MaxPixels/10_000))
	}
	if err = rewind(in, f); err != nil {
		return config, 0, err
	}
	if cost, err = kind.weigh(in, config); err != nil {
		return config, 0, damaged(err)
	}
	if cost > memory {
		return config, 0, cabin.E(cabin.CodeInvalid, "照片太复杂，我们处理不了，请换一张小一点的照片")
	}
	return config, cost, nil
}

// render decodes the photo and returns it upright and opaque.
func render(ctx context.Context, kind format, f io.ReadSeeker) (picture image.Image, err error) {
	defer guard(&err)
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, unreadable(err)
	}
	m, err := kind.decode(cancellable{ctx, f})
	if ctx.Err() != nil {
		return nil, cabin.E(cabin.CodeUnavailable, "照片没有处理完，请重新上传", ctx.Err())
	}
	if err != nil {
		return nil, damaged(err)
	}
	turn, err := orientation(kind, f)
	if err != nil {
		return nil, err
	}
	return upright(opaque(m), turn), nil
}

// guard turns a decoder's panic over a malicious file into an error.
func guard(err *error) {
	if r := recover(); r != nil {
		*err = damaged(fmt.Errorf("media: decoder panic: %v", r))
	}
}

// cancellable stops a decoder between two reads.
type cancellable struct {
	ctx context.Context
	r   io.Reader
}

func (c cancellable) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

func rewind(in *bufio.Reader, f io.ReadSeeker) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return unreadable(err)
	}
	in.Reset(f)
	return nil
}

// orientation reads how the camera was held: 1 to 8 as in EXIF, 1 when nothing sensible
// says so. Damaged metadata does not spoil a photo.
func orientation(kind format, f io.ReadSeeker) (turn int, err error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return 0, unreadable(err)
	}
	turn = 1
	defer func() {
		if recover() != nil {
			turn, err = 1, nil
		}
	}()
	_, _ = imagemeta.Decode(imagemeta.Options{
		R: f, ImageFormat: kind.meta, Sources: imagemeta.EXIF,
		ShouldHandleTag: func(tag imagemeta.TagInfo) bool { return tag.Namespace == "IFD0" && tag.Tag == "Orientation" },
		HandleTag: func(tag imagemeta.TagInfo) error {
			if v, ok := tag.Value.(uint16); ok && v >= 1 && v <= 8 {
				turn = int(v)
			}
			return imagemeta.ErrStopWalking
		},
	})
	return turn, nil
}

// decodeWebP mends colours: lossy WebP keeps brightness in 16–235 and colour in 16–240 (BT.601),
// which x/image hands out as if they filled 0–255: pale photos.
func decodeWebP(r io.Reader) (image.Image, error) {
	m, err := webp.Decode(r)
	if err != nil {
		return nil, err
	}
	switch m := m.(type) {
	case *image.YCbCr:
		fillRange(m)
	case *image.NYCbCrA:
		fillRange(&m.YCbCr)
	}
	return m, nil
}

func fillRange(m *image.YCbCr) {
	var luma, chroma [256]byte
	for i := range 256 {
		luma[i] = stretch(i-16, 219, 0)
		chroma[i] = stretch(i-128, 224, 128)
	}
	for i, v := range m.Y {
		m.Y[i] = luma[v]
	}
	for i, v := range m.Cb {
		m.Cb[i] = chroma[v]
	}
	for i, v := range m.Cr {
		m.Cr[i] = chroma[v]
	}
}

func stretch(v, span, zero int) byte {
	return byte(min(255, max(0, math.Round(float64(v)*255/float64(span))+float64(zero))))
}

// weighPNG reckons with interlacing, which needs the picture twice.
func weighPNG(in *bufio.Reader, c image.Config) (int64, error) {
	if _, err := in.Discard(8); err != nil {
		return 0, err
	}
	for { // over the chunks, to the last one
		head, err := in.Peek(8)
		if err != nil {
			return 0, err
		}
		last := string(head[4:]) == "IEND"
		const frame = 4 + 4 + 4 // length, kind, checksum
		if _, err := in.Discard(frame + int(binary.BigEndian.Uint32(head))); err != nil {
			return 0, err
		}
		if last {
			break
		}
	}
	perPixel := int64(4)
	if c.ColorModel == color.RGBA64Model || c.ColorModel == color.NRGBA64Model {
		perPixel = 8
	}
	return int64(c.Width) * int64(c.Height) * perPixel * 2, nil
}

// weighWebP reckons with the lossless kind: a picture, and copies of it while transforms
// are undone.
func weighWebP(in *bufio.Reader, c image.Config) (int64, error) {
	head, err := in.Peek(8)
	if err != nil {
		return 0, err
	}
	if _, err := in.Discard(8 + int(binary.LittleEndian.Uint32(head[4:]))); err != nil {
		return 0, err
	}
	return int64(c.Width) * int64(c.Height) * 12, nil
}

// maxScans bounds the passes of a progressive JPEG, and maxWork passes × pixels: cameras
// write about ten, while ten megabytes can hold a million that each walk the whole picture.
const (
	maxScans = 64
	maxWork  = 1_500_000_000
)

// configJPEG reads on to the frame header. jpeg.DecodeConfig would set up a whole decoder
// for it, which costs as much as all else that is looked at.
func configJPEG(r io.Reader) (c image.Config, err error) {
	in, ok := r.(*bufio.Reader)
	if !ok {
		in = bufio.NewReader(r)
	}
	for {
		marker, segment, err := nextSegment(in)
		if err != nil {
			return c, err
		}
		switch {
		case marker == 0xda || marker == 0xd9:
			return c, errNoFrame
		case isFrame(marker):
			frame, err := in.Peek(min(segment, 6))
			if err != nil {
				return c, err
			}
			if len(frame) < 6 || frame[0] != 8 || !slices.Contains([]byte{1, 3, 4}, frame[5]) {
				return c, errors.New("media: jpeg of an unknown depth or colour")
			}
			c.Height, c.Width = int(binary.BigEndian.Uint16(frame[1:])), int(binary.BigEndian.Uint16(frame[3:]))
			return c, nil
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4: // of a kind that nothing here decodes
			return c, fmt.Errorf("media: jpeg frame %#x", marker)
		}
		if _, err := in.Discard(segment); err != nil {
			return c, err
		}
	}
}

var errNoFrame = errors.New("media: jpeg without a frame")

// isFrame tells whether the marker begins a frame header: baseline, extended, progressive.
func isFrame(marker byte) bool { return marker >= 0xc0 && marker <= 0xc2 }

// weighJPEG walks the segments: a progressive JPEG keeps four bytes of coefficients for
// each sample until its last scan.
func weighJPEG(in *bufio.Reader, c image.Config) (int64, error) {
	pixels := int64(c.Width) * int64(c.Height)
	var cost, scans int64
	for {
		marker, segment, err := nextSegment(in)
		if err != nil {
			return 0, err // it breaks off
		}
		if marker == 0xd9 && scans > 0 {
			break
		}
		if marker == 0xda {
			scans++
		}
		if isFrame(marker) {
			frame := make([]byte, segment)
			if _, err := io.ReadFull(in, frame); err != nil {
				return 0, err
			}
			cost = max(cost, frameCost(frame, pixels, marker == 0xc2))
		} else if _, err := in.Discard(segment); err != nil {
			return 0, err
		}
		if scans > maxScans || scans*pixels > maxWork {
			return 0, fmt.Errorf("media: jpeg with %d scans or more", scans)
		}
	}
	if cost == 0 {
		return 0, errNoFrame
	}
	return cost, nil
}

// nextSegment skips to the next marker that something belongs to, and says how many bytes;
// the end has none.
func nextSegment(in *bufio.Reader) (marker byte, size int, err error) {
	for {
		if marker, err = nextMarker(in); err != nil {
			return 0, 0, err
		}
		if marker == 0xd9 {
			return marker, 0, nil
		}
		if marker >= 0xd0 && marker <= 0xd8 || marker == 0x01 {
			continue // these stand alone
		}
		length, err := in.Peek(2)
		if err != nil {
			return 0, 0, err
		}
		if size = int(binary.BigEndian.Uint16(length)) - 2; size < 0 {
			return 0, 0, errors.New("media: jpeg segment shorter than its length")
		}
		_, err = in.Discard(2)
		return marker, size, err
	}
}

// nextMarker skips to the next marker; inside picture data 0xFF is followed by zero.
func nextMarker(in *bufio.Reader) (byte, error) {
	for {
		if err := skipTo(in, 0xff); err != nil {
			return 0, err
		}
		b := byte(0xff)
		for b == 0xff {
			var err error
			if b, err = in.ReadByte(); err != nil {
				return 0, err
			}
		}
		if b != 0 {
			return b, nil
		}
	}
}

// skipTo reads on until behind the next c.
func skipTo(in *bufio.Reader, c byte) error {
	for {
		ready, err := in.Peek(max(1, in.Buffered()))
		if err != nil {
			return err
		}
		at := bytes.IndexByte(ready, c)
		if at >= 0 {
			_, err = in.Discard(at + 1)
			return err
		}
		if _, err = in.Discard(len(ready)); err != nil {
			return err
		}
	}
}

// frameCost reads the components' sampling from a frame header. Four bytes a pixel are for
// the copy that some colour spaces need.
func frameCost(frame []byte, pixels int64, progressive bool) int64 {
	const fixed = 6
	var samples, most int64
	for i := fixed; i+2 < len(frame); i += 3 {
		area := int64(frame[i+1]>>4) * int64(frame[i+1]&0xf)
		samples += area
		most = max(most, area)
	}
	if most == 0 {
		return pixels * 20 // the decoder will refuse it
	}
	perSample := int64(1)
	if progressive {
		perSample = 5
	}
	return pixels*4 + pixels*samples*perSample/most
}

func damaged(err error) error {
	return cabin.E(cabin.CodeInvalid, "照片已损坏或没有传完整，请重新选择或再拍一张", err)
}
