package rdb

import (
	"errors"
	"testing"
)

func TestCRC64(t *testing.T) {
	t.Parallel()
	const check = 0xe9c6d914c4b8d9ca // of this polynomial, in the catalogues of checksums
	if got := CRC64(0, []byte("123456789")); got != check {
		t.Errorf("got %x, want %x", got, uint64(check))
	}
	if got := CRC64(CRC64(0, []byte("1234")), []byte("56789")); got != check {
		t.Errorf("in two parts: got %x, want %x", got, uint64(check))
	}
	if got := CRC64(0, nil); got != 0 {
		t.Errorf("of nothing: got %x", got)
	}
}

// The number 10 as versions of Redis wrote it.
func TestPayloadsOfOldVersions(t *testing.T) {
	t.Parallel()
	for _, payload := range []string{
		"\x00\xc0\n\x06\x00\xf8r?\xc5\xfb\xfb_(",
		"\x00\xc0\n\t\x00\xbem\x06\x89Z(\x00\n",
	} {
		v, err := Decode([]byte(payload), 0)
		if err != nil || string(v.String) != "10" {
			t.Errorf("%q: %q, %v", payload, v.String, err)
		}
		if err := Verify([]byte(payload)); err != nil {
			t.Errorf("%q: %v", payload, err)
		}
		if err := Verify([]byte(payload[:len(payload)-1])); !errors.Is(err, ErrFooter) {
			t.Errorf("%q without its last byte: %v", payload, err)
		}
	}
}
