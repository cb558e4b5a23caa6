package cabin

import (
	"math"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// Near-duplicates (domain: "Near-duplicates … are shown before submitting"): the same
// category, near or in the same building, of these days, in words alike. A suggestion, never more.
const (
	NearMetres = 150.0
	NearFor    = 30 * 24 * time.Hour
	NearShown  = 3

	cellDegrees = 0.002 // over 150 m from south to north, and from east to west up to 47° of latitude
	cellsAround = int64(360 / cellDegrees)
)

// In the same building few common words will do; near each other it takes more.
const (
	alikeInBuilding = 0.06
	alikeAround     = 0.15
)

var building = regexp.MustCompile(`(\d{1,4})(?:号楼|栋|幢|座)`)

// PlaceKey is the building or the landmark of a place in words, in one form: 3号楼. "" when
// it names nothing. At most 20 characters.
func PlaceKey(place string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return '0' + r - '０'
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, place)
	if m := building.FindStringSubmatch(plain); m != nil {
		return m[1] + "号楼"
	}
	const landmark = 5
	return shortRunes(plain, landmark)
}

// InBuilding tells whether a PlaceKey names a building, which the public may read.
func InBuilding(key string) bool { return building.MatchString(key) }

func shortRunes(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// Cell is the square of the map that a position lies in.
func Cell(lat, lng float64) int64 {
	return int64(math.Floor((lat+90)/cellDegrees))*cellsAround + int64(math.Floor((lng+180)/cellDegrees))
}

// CellsAround are the squares in which something within NearMetres may lie.
func CellsAround(lat, lng float64) []int64 {
	c := Cell(lat, lng)
	cells := make([]int64, 0, 9)
	for _, row := range []int64{-1, 0, 1} {
		for _, column := range []int64{-1, 0, 1} {
			cells = append(cells, c+row*cellsAround+column)
		}
	}
	return cells
}

// Metres is how far two positions of one street are from each other.
func Metres(lat1, lng1, lat2, lng2 float64) float64 {
	const perDegree = 111_195
	dy := (lat1 - lat2) * perDegree
	dx := (lng1 - lng2) * perDegree * math.Cos((lat1+lat2)/2*math.Pi/180)
	return math.Hypot(dx, dy)
}

// Likeness is how alike two texts are, from 0 to 1: their common pairs of characters.
func Likeness(a, b string) float64 {
	x, y := pairs(a), pairs(b)
	if len(x)+len(y) == 0 {
		return 0
	}
	common := 0
	for p := range x {
		if y[p] {
			common++
		}
	}
	return 2 * float64(common) / float64(len(x)+len(y))
}

func pairs(s string) map[[2]rune]bool {
	found := map[[2]rune]bool{}
	var last rune
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			last = 0
			continue
		}
		r = unicode.ToLower(r)
		if last != 0 {
			found[[2]rune{last, r}] = true
		}
		last = r
	}
	return found
}

// IsNear tells whether r may be the same problem as a draft. Both are of one category.
func IsNear(r, draft *Report, now time.Time) bool {
	switch {
	case now.Sub(r.CreatedAt) > NearFor, r.MergedInto != 0, r.State == Draft:
		return false
	case r.State == Closed && (r.Outcome == "" || r.Outcome == NotOurs): // withdrawn, declined
		return false
	}
	likeness := Likeness(r.Body, draft.Body)
	if key := PlaceKey(draft.PlaceText); key != "" && draft.CommunityID != 0 && r.CommunityID == draft.CommunityID && PlaceKey(r.PlaceText) == key {
		return likeness >= alikeInBuilding
	}
	return r.Lat != nil && draft.Lat != nil && Metres(*r.Lat, *r.Lng, *draft.Lat, *draft.Lng) <= NearMetres && likeness >= alikeAround
}

var elsewhere = []struct {
	words    *regexp.Regexp
	guidance string
}{
	{regexp.MustCompile(`诉讼|起诉|上诉|开庭|法院(?:已经|正在|在)?(?:判|审|立案|受理)|判决`), "正在打官司的事，联络站不能受理。请您按法院的程序办理；需要法律咨询，可以拨打 12348。"},
	{regexp.MustCompile(`仲裁`), "正在仲裁的事，联络站不能受理。请您等仲裁结果；不服的，可以依法向法院起诉。"},
	{regexp.MustCompile(`行政复议|复议机关`), "正在行政复议的事，联络站不能受理。请您等复议决定；不服的，可以依法提起行政诉讼。"},
}

// OutOfScope says where to go instead when a text speaks of a matter before a court, in
// arbitration or under administrative review (domain: "People"), "" when it does not. It is
// told before anything is sent, and hinders nobody: the desk decides.
func OutOfScope(text string) string {
	for _, e := range elsewhere {
		if e.words.MatchString(text) {
			return e.guidance
		}
	}
	return ""
}
