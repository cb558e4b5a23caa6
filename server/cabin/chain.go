package cabin

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"strings"
	"time"
)

// Link is one event in a report's chain (ADR 0013). What it says of itself is chained in
// the clear; its words and photos only by a salted digest, which stays when they are
// deleted with their person.
type Link struct {
	ReportID int64
	Seq      int // 1, 2, …
	At       time.Time
	Command  string
	From, To string
	Role     Role
	Digest   []byte
}

func put(h hash.Hash, parts ...string) {
	var n [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
}

// ChainedPhoto is a photo as its event's digest names it.
type ChainedPhoto struct {
	ID    string
	Stage Stage // what it shows of a result; "" of any other photo
}

// EventDigest is the salted digest of what an event says: its sentence, the words that came with
// it (and a report's own words and place with its first event) and its photos, each with what it
// shows of a result.
func EventDigest(salt []byte, text, note, body, place string, photos []ChainedPhoto) []byte {
	return eventDigest(salt, text, note, body, place, photos, func(p ChainedPhoto) string { return p.ID + "/" + string(p.Stage) })
}

// FirstEventDigest is the form that events had before a photo's stage was chained: by the ids of
// their photos alone. No id holds a slash, so what was written in one form never passes for the
// other; without photos they are the same.
func FirstEventDigest(salt []byte, text, note, body, place string, photos []ChainedPhoto) []byte {
	return eventDigest(salt, text, note, body, place, photos, func(p ChainedPhoto) string { return p.ID })
}

func eventDigest(salt []byte, text, note, body, place string, photos []ChainedPhoto, name func(ChainedPhoto) string) []byte {
	h := sha256.New()
	h.Write(salt)
	put(h, text, note, body, place)
	for _, p := range photos {
		put(h, name(p))
	}
	return h.Sum(nil)
}

// Hash chains the link to the one before, whose hash is prev (nil for the first).
func (l Link) Hash(prev []byte) []byte {
	h := sha256.New()
	h.Write([]byte("warmcabin report chain 1\n"))
	put(h, string(prev))
	var n [8]byte
	for _, v := range []int64{l.ReportID, int64(l.Seq), l.At.UnixMilli()} {
		binary.BigEndian.PutUint64(n[:], uint64(v))
		h.Write(n[:])
	}
	put(h, l.Command, l.From, l.To, string(l.Role), string(l.Digest))
	return h.Sum(nil)
}

// receiptBytes of a hash are on a receipt: short enough to be written down.
const receiptBytes = 8

// ReceiptCode is what a receipt and the public page show of a head: 1A2B-3C4D-5E6F-7081, "" of nothing.
func ReceiptCode(head []byte) string {
	if len(head) < receiptBytes {
		return ""
	}
	text := strings.ToUpper(hex.EncodeToString(head[:receiptBytes]))
	return text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:]
}

// MatchesReceipt tells whether a code, as a person typed it, is the receipt of this hash.
func MatchesReceipt(code string, head []byte) bool {
	typed := strings.ToUpper(strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' {
			return -1
		}
		return r
	}, code))
	want := strings.ReplaceAll(ReceiptCode(head), "-", "")
	return want != "" && subtle.ConstantTimeCompare([]byte(typed), []byte(want)) == 1
}
