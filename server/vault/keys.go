package vault

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"strconv"
	"strings"

	"warmcabin/server/cabin"
)

const keySize = 32

// What each subkey is for. A key pasted in two places thus still gives two different ones.
const (
	forSealing = "warmcabin/vault/seal/1"
	forIndex   = "warmcabin/vault/phone-index/1"

	forFingerprint = "warmcabin/vault/fingerprint/1"
)

// Keys are the keys that seal: one current, and older ones that only open. As all that
// holds a key here they keep it behind a function: fmt looks through everything else, also
// through what has a String method when it stands in a field of somebody's struct.
type Keys struct {
	current byte
	byID    func(id byte) cipher.AEAD // nil when there is none
}

// IndexKey is the key that phones are hashed with. It stays when the sealing keys rotate:
// with another one nobody is found any more until all hashes are made again.
type IndexKey struct{ mac func() hash.Hash }

// ParseKeys reads the sealing keys as the configuration has them: "2:KEY,1:KEY", the current
// one first. An id is a number from 1 to 255, stored with every sealed value, so it is never
// given to another key. A KEY is 32 bytes as base64 or as 64 hex digits. The error is
// CodeInvalid with a Chinese sentence for the operator that repeats nothing of the keys.
func ParseKeys(spec string) (Keys, error) {
	var current byte
	byID := map[byte]cipher.AEAD{}
	for i, one := range strings.Split(spec, ",") {
		number, text, ok := strings.Cut(one, ":")
		id, err := strconv.ParseUint(strings.TrimSpace(number), 10, 8)
		if !ok || err != nil || id == 0 {
			return Keys{}, wrong("第 %d 把密钥要写成 编号:密钥，编号从 1 到 255，如 1:密钥", i+1)
		}
		if byID[byte(id)] != nil {
			return Keys{}, wrong("编号 %d 用了两次，新密钥要用新编号", id)
		}
		key, err := parse(text)
		if err != nil {
			return Keys{}, err
		}
		if byID[byte(id)], err = sealer(key); err != nil {
			return Keys{}, err
		}
		if i == 0 {
			current = byte(id)
		}
	}
	return Keys{current, func(id byte) cipher.AEAD { return byID[id] }}, nil
}

// ParseIndexKey reads the one key that phones are hashed with, 32 bytes as base64 or as 64
// hex digits. Errors as of ParseKeys.
func ParseIndexKey(text string) (IndexKey, error) {
	key, err := parse(text)
	if err != nil {
		return IndexKey{}, err
	}
	sub, err := subkey(key, forIndex)
	if err != nil {
		return IndexKey{}, err
	}
	return IndexKey{func() hash.Hash { return hmac.New(sha256.New, sub) }}, nil
}

// Generate makes a fresh random key for the configuration, in base64.
func Generate() string {
	key := make([]byte, keySize)
	rand.Read(key) // never fails
	return base64.StdEncoding.EncodeToString(key)
}

func parse(text string) ([]byte, error) {
	text = strings.TrimSpace(text)
	key, err := hex.DecodeString(text)
	if err != nil || len(key) != keySize {
		key, err = base64.StdEncoding.DecodeString(text)
	}
	if err != nil || len(key) != keySize {
		return nil, wrong("密钥应为 32 字节的 base64 或 64 位十六进制，请用 openssl rand -base64 32 生成")
	}
	if bytes.Count(key, key[:1]) == keySize { // all zeros is what people paste
		return nil, wrong("密钥不能是同一个字节的重复，请用 openssl rand -base64 32 生成")
	}
	return key, nil
}

func wrong(format string, args ...any) error {
	return cabin.E(cabin.CodeInvalid, fmt.Sprintf(format, args...))
}

func sealer(key []byte) (cipher.AEAD, error) {
	sub, err := subkey(key, forSealing)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(sub)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func subkey(key []byte, purpose string) ([]byte, error) {
	return hkdf.Key(sha256.New, key, nil, purpose, keySize)
}

// Fingerprints tells keys apart without telling anything of them, by name: "key 1" for each
// sealing key of spec, "index" for the index key. Errors as of ParseKeys.
func Fingerprints(spec, index string) (map[string]string, error) {
	if _, err := ParseKeys(spec); err != nil {
		return nil, err
	}
	texts := map[string]string{"index": index}
	for one := range strings.SplitSeq(spec, ",") {
		number, text, _ := strings.Cut(one, ":")
		texts["key "+strings.TrimSpace(number)] = text
	}
	prints := map[string]string{}
	for name, text := range texts {
		key, err := parse(text)
		if err != nil {
			return nil, err
		}
		sub, err := subkey(key, forFingerprint)
		if err != nil {
			return nil, err
		}
		prints[name] = hex.EncodeToString(sub[:8])
	}
	return prints, nil
}
