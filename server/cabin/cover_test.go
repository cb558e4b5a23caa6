package cabin

import (
	"math"
	"reflect"
	"testing"
)

func TestCheckAreas(t *testing.T) {
	good := Area{X: 0.1, Y: 0.2, W: 0.3, H: 0.4}
	many := make([]Area, mostAreas+1)
	for i := range many {
		many[i] = good
	}
	for name, c := range map[string]struct {
		areas []Area
		ok    bool
	}{
		"one":            {[]Area{good}, true},
		"all of it":      {[]Area{{0, 0, 1, 1}}, true},
		"as many as may": {many[:mostAreas], true},
		"none":           {nil, false},
		"too many":       {many, false},
		"a point":        {[]Area{good, {0.5, 0.5, 0, 0}}, false},
		"a line":         {[]Area{{0.5, 0.5, 0.4, 0}}, false},
		"beyond":         {[]Area{{0.8, 0.2, 0.3, 0.1}}, false},
		"before":         {[]Area{{-0.1, 0.2, 0.3, 0.1}}, false},
		"turned":         {[]Area{{0.5, 0.5, -0.1, 0.1}}, false},
		"no number":      {[]Area{{math.NaN(), 0.5, 0.1, 0.1}}, false},
		"without end":    {[]Area{{0, 0, math.Inf(1), 0.1}}, false},
	} {
		if err := CheckAreas(c.areas); (err == nil) != c.ok || err != nil && CodeOf(err) != CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	p := &Photo{Cover: CoverText(many[:mostAreas])}
	if len(p.Cover) > 2000 {
		t.Errorf("%d characters do not fit", len(p.Cover))
	}
	if got, err := p.Areas(); err != nil || !reflect.DeepEqual(got, many[:mostAreas]) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := (&Photo{Cover: CoverText(nil)}).Areas(); err != nil || len(got) != 0 {
		t.Errorf("nothing covered: %v, %v", got, err)
	}
}
