package media

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// Signer makes addresses under which somebody without a session, WeChat's image check, may
// fetch one photo for a short time, and reads them back. It keeps nothing.
type Signer struct{ key []byte }

// NewSigner derives a key of its own from the configuration's, so that no other keyed hash
// can pass for an address.
func NewSigner(key []byte) *Signer {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("warmcabin media address 1"))
	return &Signer{mac.Sum(nil)}
}

const signedSize = 16 + 8 + sha256.Size

// Sign returns the last part of an address for this photo, good until ends (to the second).
// It panics on what is no photo's ID.
func (s *Signer) Sign(id string, ends time.Time) string {
	raw, err := hex.DecodeString(id)
	if err != nil || len(raw) != 16 {
		panic("media: not a photo's ID")
	}
	raw = binary.BigEndian.AppendUint64(raw, uint64(ends.Unix()))
	return base64.RawURLEncoding.EncodeToString(append(raw, s.mac(raw)...))
}

// Open returns the photo that a signed part names, while now is before its end. CodeNotFound
// for what is forged, changed or over: who asks learns not which.
func (s *Signer) Open(signed string, now time.Time) (id string, err error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(signed)
	if err != nil || len(raw) != signedSize {
		return "", notFound(nil)
	}
	head, mac := raw[:24], raw[24:]
	if !hmac.Equal(mac, s.mac(head)) || now.Unix() >= int64(binary.BigEndian.Uint64(head[16:])) {
		return "", notFound(nil)
	}
	return hex.EncodeToString(head[:16]), nil
}

func (s *Signer) mac(head []byte) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write(head)
	return mac.Sum(nil)
}
