package mediatest

import (
	"bytes"
	"image/jpeg"
	"math"
	"testing"

	"github.com/bep/imagemeta"
)

// TestGPSJPEGCarriesWhatItSays asks an independent reader, so that a test which finds no
// metadata later proves something.
func TestGPSJPEGCarriesWhatItSays(t *testing.T) {
	file := GPSJPEG()
	tags := map[string]any{}
	var place imagemeta.Tags
	_, err := imagemeta.Decode(imagemeta.Options{
		R: bytes.NewReader(file), ImageFormat: imagemeta.JPEG, Sources: imagemeta.EXIF | imagemeta.XMP,
		ShouldHandleTag: func(imagemeta.TagInfo) bool { return true },
		HandleTag:       func(tag imagemeta.TagInfo) error { tags[tag.Tag] = tag.Value; place.Add(tag); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	for tag, want := range map[string]any{
		"Make": "HUAWEI", "Model": "Mate 60 Pro", "DateTimeOriginal": "2026:11:20 09:30:00", "Orientation": uint16(6), "SerialNumber": "SN-8842",
	} {
		if tags[tag] != want {
			t.Errorf("%s = %v (%T), want %v", tag, tags[tag], tags[tag], want)
		}
	}
	lat, long, err := place.GetLatLong()
	if err != nil || math.Abs(lat-31.2304) > 1e-4 || math.Abs(long-121.4737) > 1e-4 {
		t.Errorf("place %v, %v, %v", lat, long, err)
	}
	for _, secret := range Secrets {
		if !bytes.Contains(file, []byte(secret)) {
			t.Errorf("%q is not readable in the file", secret)
		}
	}
	if c, err := jpeg.DecodeConfig(bytes.NewReader(file)); err != nil || c.Width != 1600 || c.Height != 1200 {
		t.Errorf("stored as %d × %d, %v", c.Width, c.Height, err)
	}
}

func TestHasMetadata(t *testing.T) {
	bare := JPEG(Picture(64, 48))
	if HasMetadata(bare) {
		t.Error("a bare JPEG has metadata")
	}
	with := func(marker byte, body string) []byte {
		return append(append(bytes.Clone(bare[:2]), segment(marker, []byte(body))...), bare[2:]...)
	}
	beforeEnd := append(append(bytes.Clone(bare[:len(bare)-2]), segment(0xe1, []byte("Exif\x00\x00"))...), 0xff, 0xd9)
	for name, file := range map[string][]byte{
		"GPSJPEG": GPSJPEG(), "EXIF": with(0xe1, "Exif\x00\x00"), "JFIF": with(0xe0, "JFIF\x00"), "comment": with(0xfe, "hi"),
		"ICC": with(0xe2, "ICC_PROFILE\x00"), "behind the end": append(bytes.Clone(bare), 0), "behind the scan": beforeEnd,
		"no end": bare[:len(bare)-2], "half an end": bare[:len(bare)-1], "cut in a table": bare[:30], "empty": nil, "text": []byte("not a photo"),
	} {
		if !HasMetadata(file) {
			t.Errorf("%s: HasMetadata says no", name)
		}
	}
}
