package api

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

// wire is an answer as it goes over the wire.
type wire []byte

// kept is an answer that was encoded before.
type kept interface{ encoded() wire }

// encode writes an answer as JSON.
func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// largestBuffer is what a buffer may have grown to and be used again.
const largestBuffer = 64 << 10

// encodeWhole encodes an answer before its first byte is sent, so that it has a length and goes
// out at once.
func encodeWhole(hc huma.Context, _ string, v any) (any, error) {
	if k, ok := v.(kept); ok {
		if w := k.encoded(); w != nil {
			hc.SetHeader("Content-Length", strconv.Itoa(len(w)))
			return w, nil
		}
	}
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	if err := encode(b, v); err != nil {
		return nil, err
	}
	hc.SetHeader("Content-Length", strconv.Itoa(b.Len()))
	return b, nil
}

// asJSON writes what encodeWhole made, and reads what phones send.
var asJSON = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		switch v := v.(type) {
		case wire:
			_, err := w.Write(v)
			return err
		case *bytes.Buffer:
			_, err := w.Write(v.Bytes())
			if v.Cap() <= largestBuffer {
				buffers.Put(v)
			}
			return err
		}
		return encode(w, v)
	},
	Unmarshal: json.Unmarshal,
}
