package hll

import (
	"bytes"
	"errors"
	"slices"
	"testing"
)

// FuzzValue passes any bytes to every function: no panic, no change of the argument, nothing but known errors, and an
// accepted change leaves a value that can still be counted if it could be before.
func FuzzValue(f *testing.F) {
	small, _, _ := Add(nil, [][]byte{[]byte("a"), []byte("b")}, 3000)
	dense, err := ToDense(small)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(New(), []byte("x"), 3000)
	f.Add(small, []byte("x"), 21)
	f.Add(dense[:100], []byte("x"), 0)
	f.Add(append(bytes.Clone(small), 0x7f), []byte("x"), 3000)
	f.Add(append(bytes.Clone(small), 0xff, 0xff), []byte("x"), 18)
	f.Add([]byte("HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xff\x7f\xff"), []byte("x"), -1)
	f.Add([]byte("HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7e\xff\x40"), []byte("x"), 3000)
	f.Add([]byte("HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80"), []byte{}, 3000)
	f.Add([]byte("HYLL\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80"), []byte{}, 3000)
	f.Add([]byte("HYLL"), []byte{}, 3000)
	f.Fuzz(func(t *testing.T, b, element []byte, sparseMaxBytes int) {
		if b == nil {
			b = []byte{}
		}
		if len(b) >= headerBytes && b[encodingAt] == encodeDense && len(b)%2 == 0 {
			// The rest of a dense value; short inputs are searched faster.
			b = append(bytes.Clone(b), make([]byte, max(0, denseBytes-len(b)))...)
		}
		before := bytes.Clone(b)
		known := func(err error) bool {
			if err != nil && !errors.Is(err, ErrNotHLL) && !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrNotSparse) {
				t.Errorf("error %v", err)
			}
			return err == nil
		}
		_, err := histogramOfAny(b)
		sound := known(err)
		if _, updated, err := Count(b); known(err) && updated != nil && !Valid(updated) {
			t.Error("Count made it invalid")
		}
		if after, changed, err := Add(b, [][]byte{element, slices.Concat(element, []byte{1})}, sparseMaxBytes); known(err) {
			if changed == bytes.Equal(after, b) && after[staleAt] != b[staleAt] {
				t.Errorf("changed is %v", changed)
			}
			if _, err := histogramOfAny(after); sound && err != nil {
				t.Errorf("Add made it unsound: %v", err)
			}
		} else if sound {
			cutOff := !isDense(b) && endsShort(b)
			if !cutOff {
				t.Errorf("Add refuses a sound value: %v", err)
			}
		}
		if after, err := Merge(nil, [][]byte{b, small}, sparseMaxBytes); known(err) {
			if _, err := histogramOfAny(after); err != nil {
				t.Errorf("Merge made an unsound value: %v", err)
			}
		}
		if _, err := Merge(b, [][]byte{small}, sparseMaxBytes); known(err) != sound && !endsShort(b) {
			t.Errorf("Merge into it: %v, sound: %v", err, sound)
		}
		_, err = Registers(b)
		if known(err) != sound {
			t.Errorf("Registers: %v, sound: %v", err, sound)
		}
		_, err = Decode(b)
		known(err)
		_, err = Encoding(b)
		known(err)
		if !bytes.Equal(b, before) {
			t.Error("an argument was changed")
		}
	})
}

func histogramOfAny(b []byte) (*histogram, error) {
	if !Valid(b) {
		return nil, ErrNotHLL
	}
	return histogramOf(b)
}

// endsShort reports whether the last opcode of a sparse value lacks its second byte.
func endsShort(b []byte) bool {
	if !Valid(b) {
		return false
	}
	at := headerBytes
	for at < len(b) {
		at += runAt(b, at).size
	}
	return at > len(b)
}

func BenchmarkAdd(b *testing.B) {
	for _, c := range []struct {
		name     string
		elements int
	}{{"sparse", 500}, {"dense", 20_000}} {
		b.Run(c.name, func(b *testing.B) {
			value := New()
			for i := range c.elements {
				value, _, _ = Add(value, [][]byte{elementFor(uint64(i) * 0x9e3779b97f4a7c15)}, 3000)
			}
			e := [][]byte{elementOf(5000, 40, 1)}
			if c.elements < 1000 {
				e = [][]byte{elementOf(5000, 30, 1)}
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := Add(value, e, 3000); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCount(b *testing.B) {
	value := New()
	for i := range 20_000 {
		value, _, _ = Add(value, [][]byte{elementFor(uint64(i) * 0x9e3779b97f4a7c15)}, 3000)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Count(value); err != nil {
			b.Fatal(err)
		}
	}
}
