package vault

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"warmcabin/server/cabin"
)

func TestParseKeys(t *testing.T) {
	raw, err := hex.DecodeString(key(1))
	if err != nil {
		t.Fatal(err)
	}
	sealed := seal(t, vaultOf(t, "1:"+key(1)), 7, wang)
	for _, spec := range []string{
		"1:" + strings.ToUpper(key(1)), "1:" + base64.StdEncoding.EncodeToString(raw),
		" 1 : " + key(1) + " ", "255:" + key(3) + ", 1:" + key(1), "2:" + Generate() + ",3:" + Generate() + ",1:" + key(1),
	} {
		if plain, err := vaultOf(t, spec).Open(7, sealed); err != nil || string(plain) != wang {
			t.Errorf("%q opens it as %q, %v", spec, plain, err)
		}
	}
}

func TestParseKeysRefuses(t *testing.T) {
	zeros := strings.Repeat("0", 64)
	for spec, words := range map[string]string{
		"":                                   "第 1 把密钥要写成 编号:密钥",
		key(1):                               "第 1 把密钥要写成 编号:密钥",
		"0:" + key(1):                        "编号从 1 到 255",
		"256:" + key(1):                      "编号从 1 到 255",
		"-1:" + key(1):                       "编号从 1 到 255",
		"one:" + key(1):                      "编号从 1 到 255",
		"1:" + key(1) + ",":                  "第 2 把密钥",
		"1:" + key(1) + ",1:" + key(2):       "编号 1 用了两次",
		"1:" + key(1)[2:]:                    "32 字节",
		"1:" + key(1) + "00":                 "32 字节",
		"1:change-me":                        "32 字节",
		"1:":                                 "32 字节",
		"1:" + key(1) + ":2":                 "32 字节",
		"1:" + zeros:                         "同一个字节",
		"2:" + key(2) + ",1:" + zeros:        "同一个字节",
		"1:" + strings.Repeat("A", 43) + "=": "同一个字节",
	} {
		_, err := ParseKeys(spec)
		e, ok := errors.AsType[*cabin.Error](err)
		if !ok || e.Code != cabin.CodeInvalid || !strings.Contains(e.Message, words) {
			t.Errorf("%q: want a sentence with %q, got %v", spec, words, err)
		}
		if err != nil && (strings.Contains(err.Error(), key(1)[:16]) || strings.Contains(err.Error(), "one")) {
			t.Errorf("%q: the error repeats what was written: %v", spec, err)
		}
	}
	for _, text := range []string{"", "1:" + key(1), key(1) + "," + key(2), zeros, "c2hvcnQ="} {
		if _, err := ParseIndexKey(text); cabin.CodeOf(err) != cabin.CodeInvalid {
			t.Errorf("index key %q: %v", text, err)
		}
	}
}

func TestGenerate(t *testing.T) {
	one, two := Generate(), Generate()
	if one == two {
		t.Error("the same key twice")
	}
	for _, text := range []string{one, two} {
		if _, err := ParseIndexKey(text); err != nil {
			t.Errorf("its own key is refused: %v", err)
		}
		if _, err := ParseKeys("1:" + text); err != nil {
			t.Errorf("its own key is refused: %v", err)
		}
	}
}

// A fingerprint is the key's, however it is written, and no two keys have the same.
func TestFingerprints(t *testing.T) {
	a, b, index := Generate(), Generate(), Generate()
	prints, err := Fingerprints("2:"+b+", 1:"+a, index)
	if err != nil || len(prints) != 3 {
		t.Fatal(prints, err)
	}
	raw, err := base64.StdEncoding.DecodeString(a)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Fingerprints("1:"+hex.EncodeToString(raw), index)
	if err != nil || again["key 1"] != prints["key 1"] || again["index"] != prints["index"] {
		t.Error(again, prints, err)
	}
	if prints["key 1"] == prints["key 2"] || prints["key 1"] == prints["index"] || len(prints["index"]) != 16 {
		t.Error(prints)
	}
	if _, err := Fingerprints("1:short", index); err == nil {
		t.Error("no fault in a key that is none")
	}
}
