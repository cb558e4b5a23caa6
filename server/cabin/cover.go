package cabin

import (
	"encoding/json"
	"fmt"
)

// Area is a rectangle of a photo, in parts of its width and height from the upper left.
type Area struct {
	X float64 `json:"x" minimum:"0" maximum:"1"`
	Y float64 `json:"y" minimum:"0" maximum:"1"`
	W float64 `json:"w" minimum:"0" maximum:"1"`
	H float64 `json:"h" minimum:"0" maximum:"1"`
}

const (
	mostAreas = 20
	leastSide = 0.005 // of the photo's: less is a slip of the finger
)

// CheckAreas refuses what cannot be covered (CodeInvalid).
func CheckAreas(areas []Area) error {
	if len(areas) == 0 {
		return Invalid("areas", "请先在照片上框出要遮挡的地方。")
	}
	if len(areas) > mostAreas {
		return Invalid("areas", fmt.Sprintf("一张照片最多遮挡 %d 处，可以框大一点。", mostAreas))
	}
	for _, a := range areas {
		inside := a.X >= 0 && a.Y >= 0 && a.W >= leastSide && a.H >= leastSide && a.X+a.W <= 1.001 && a.Y+a.H <= 1.001
		if !inside { // also of what is no number
			return Invalid("areas", "框出的地方太小，或者在照片外面，请重新框。")
		}
	}
	return nil
}

// CoverText is how areas are stored, to a ten-thousandth.
func CoverText(areas []Area) string {
	text := []byte{'['}
	for i, a := range areas {
		if i > 0 {
			text = append(text, ',')
		}
		text = fmt.Appendf(text, `{"x":%.4f,"y":%.4f,"w":%.4f,"h":%.4f}`, a.X, a.Y, a.W, a.H)
	}
	return string(append(text, ']'))
}

// Areas are what is covered of a photo.
func (p *Photo) Areas() (areas []Area, err error) {
	if p.Cover == "" {
		return nil, nil
	}
	err = json.Unmarshal([]byte(p.Cover), &areas)
	return areas, err
}

// Shown is how far the photo has come for those who see it covered.
func (p *Photo) Shown() PhotoState {
	if p.State == PhotoReady && !p.CoverReady {
		return PhotoProcessing
	}
	return p.State
}

// File is the set of files that people see: the covered one of a covered photo.
func (p *Photo) File() string {
	if p.CoverID != "" {
		return p.CoverID
	}
	return p.ID
}
