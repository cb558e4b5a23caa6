package wechatsim

import (
	"bytes"
	"crypto/sha256"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"slices"
	"time"
)

// Drawn is a mini-program code that was drawn: what a camera before it would open.
type Drawn struct {
	Page  string    `json:"page"`
	Scene string    `json:"scene"`
	At    time.Time `json:"at"`
}

func (s *Server) listDrawn(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	drawn := slices.Clone(s.drawn)
	s.mu.Unlock()
	if drawn == nil {
		drawn = []Drawn{}
	}
	send(w, http.StatusOK, object{"codes": drawn})
}

// drawCode draws a picture that looks like a code and differs by text. Nothing reads it:
// a real mini-program code is WeChat's own format.
func drawCode(text string) []byte {
	const cells, side = 16, 10
	sum := sha256.Sum256([]byte(text))
	img := image.NewGray(image.Rect(0, 0, (cells+2)*side, (cells+2)*side))
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			img.SetGray(x, y, color.Gray{Y: 255})
			col, row := x/side-1, y/side-1
			if col < 0 || row < 0 || col >= cells || row >= cells {
				continue
			}
			bit := row*cells + col
			if sum[bit/8]>>(bit%8)&1 == 1 {
				img.SetGray(x, y, color.Gray{Y: 40})
			}
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, nil); err != nil {
		panic(err) // a buffer takes everything
	}
	return out.Bytes()
}
