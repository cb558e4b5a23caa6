// Package vault seals what leads to a person, name and phone, so that the tables that hold
// it tell nobody anything without the keys of the configuration, and lets a phone be found
// without opening anything. It knows no database: who stores a sealed value stores bytes.
package vault

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

// Why a value is not sealed or opened. No error of this package holds a text, a phone or a
// key.
var (
	// ErrNobody: the person's id is not positive.
	ErrNobody = errors.New("vault: a contact belongs to somebody")
	// ErrFormat: these bytes were never sealed here, or by a later version of the program.
	ErrFormat = errors.New("vault: not a sealed value")
	// ErrKey: the key of this id is not in the configuration any more, or not yet.
	ErrKey = errors.New("vault: sealed with a key that is not configured")
	// ErrRefused: the value was changed, belongs to another person, or the key of its id is
	// another one than then.
	ErrRefused = errors.New("vault: the sealed value was refused")
)

// A sealed value is version, key id, nonce (12 bytes), ciphertext, tag (16 bytes).
const (
	version    = 1
	headerSize = 2
)

// Overhead is by how many bytes a sealed value is longer than its text.
const Overhead = headerSize + 12 + 16

// Vault seals, opens and hashes. It is safe for use by several goroutines.
type Vault struct {
	keys  Keys
	index IndexKey
}

// New makes a Vault of parsed keys; the zero Keys or IndexKey panic at the first use.
func New(keys Keys, index IndexKey) *Vault { return &Vault{keys, index} }

// Seal encrypts plain for one person with the current key (AES-256-GCM, a random nonce):
// the same text twice gives different bytes, Overhead longer than it. Only Open with the
// same personID reads them. The only error is ErrNobody.
func (v *Vault) Seal(personID int64, plain []byte) ([]byte, error) {
	if personID <= 0 {
		return nil, ErrNobody
	}
	sealed := make([]byte, headerSize, len(plain)+Overhead)
	sealed[0], sealed[1] = version, v.keys.current
	return v.keys.byID(v.keys.current).Seal(sealed, nil, plain, bound(sealed, personID)), nil
}

// Open returns the text that Seal was given for this person, with the current key or an
// older one. Errors: ErrNobody, ErrFormat, ErrKey, ErrRefused; each is our fault or an
// attack, never a person's mistake. Whoever calls records first who looks, and why.
func (v *Vault) Open(personID int64, sealed []byte) ([]byte, error) {
	if personID <= 0 {
		return nil, ErrNobody
	}
	if len(sealed) < Overhead || sealed[0] != version {
		return nil, ErrFormat
	}
	header, box := sealed[:headerSize], sealed[headerSize:]
	key := v.keys.byID(header[1])
	if key == nil {
		return nil, fmt.Errorf("%w: id %d", ErrKey, header[1])
	}
	plain, err := key.Open(nil, nil, box, bound(header, personID))
	if err != nil {
		return nil, ErrRefused
	}
	return plain, nil
}

// bound is the additional data: a value is only good with its own header and person.
func bound(header []byte, personID int64) []byte {
	return binary.BigEndian.AppendUint64(append([]byte(nil), header[:headerSize]...), uint64(personID))
}

// NeedsRotation tells that a value should be opened and sealed again because its key is not
// the current one. Also true of what was never sealed here: opening it then says so.
func (v *Vault) NeedsRotation(sealed []byte) bool {
	return len(sealed) < Overhead || sealed[0] != version || sealed[1] != v.keys.current
}

// Hash is what a phone is searched by: HMAC-SHA-256 of its normal form under the index key,
// so the same for every way of writing it and under every sealing key. What is no phone has
// a hash as well, which finds nothing; check with NormalPhone before storing.
func (v *Vault) Hash(phone string) [sha256.Size]byte {
	mac := v.index.mac()
	mac.Write([]byte(fold(phone)))
	return [sha256.Size]byte(mac.Sum(nil))
}
