package bits

import (
	"bytes"
	"math"
	"testing"
)

// bit returns one bit the slow way.
func bit(b []byte, i int64) int64 {
	if i>>3 >= int64(len(b)) {
		return 0
	}
	return int64(b[i>>3] >> (7 - i&7) & 1)
}

func TestCount(t *testing.T) {
	t.Parallel()
	for n := range 100 {
		if got := Count(bytes.Repeat([]byte{0x81}, n)); got != int64(2*n) {
			t.Errorf("%d bytes: %d", n, got)
		}
	}
	b := []byte("foobar")
	for _, c := range []struct {
		r    Range
		want int64
	}{
		{Range{0, -1, false}, 26}, {Range{0, 0, false}, 4}, {Range{1, 1, false}, 6}, {Range{5, 30, true}, 17}, {Range{0, -5, false}, 10},
		{Range{-2, -1, false}, 7}, {Range{4, 2, false}, 0}, {Range{-1, -2, false}, 0}, {Range{100, 200, false}, 0},
		{Range{-100, -50, false}, 4}, {Range{0, 0, true}, 0}, {Range{math.MinInt64, math.MaxInt64, true}, 26},
	} {
		if got := CountRange(b, c.r); got != c.want {
			t.Errorf("%+v: %d, want %d", c.r, got, c.want)
		}
	}
	if CountRange(nil, Range{0, -1, true}) != 0 {
		t.Error("empty string")
	}
}

func TestPosition(t *testing.T) {
	t.Parallel()
	ones := bytes.Repeat([]byte{0xff}, 20)
	for _, c := range []struct {
		b     []byte
		bit   int
		r     Range
		given bool
		want  int64
	}{
		{[]byte{0xff, 0xf0, 0}, 0, Range{0, -1, false}, false, 12}, {[]byte{0, 0xff, 0xf0}, 1, Range{0, -1, false}, false, 8},
		{[]byte{0, 0, 0}, 1, Range{0, -1, false}, false, -1}, {ones, 0, Range{0, -1, false}, false, 160},
		{ones, 0, Range{0, -1, false}, true, -1}, {ones, 0, Range{3, -1, false}, false, 160}, {ones, 0, Range{0, 5, true}, true, -1},
		{nil, 0, Range{0, -1, false}, false, -1}, {ones, 1, Range{7, 15, true}, true, 7}, {ones, 1, Range{30, -1, false}, false, -1},
		{[]byte{0, 0x10}, 1, Range{0, 10, true}, true, -1}, {[]byte{0, 0x10}, 1, Range{0, 11, true}, true, 11},
	} {
		if got := Position(c.b, c.bit, c.r, c.given); got != c.want {
			t.Errorf("% x bit %d %+v given %v: %d, want %d", c.b, c.bit, c.r, c.given, got, c.want)
		}
	}
}

func TestCombine(t *testing.T) {
	t.Parallel()
	long := bytes.Repeat([]byte{0xf0}, 19)
	short := bytes.Repeat([]byte{0xaa}, 9)
	for _, c := range []struct {
		name                      string
		inBoth, inLong, wantFirst byte
	}{{"AND", 0xa0, 0, 0xa0}, {"or", 0xfa, 0xf0, 0xfa}, {"Xor", 0x5a, 0xf0, 0x5a}} {
		op, ok := ParseOperation([]byte(c.name))
		if !ok {
			t.Fatal(c.name)
		}
		want := append(bytes.Repeat([]byte{c.inBoth}, 9), bytes.Repeat([]byte{c.inLong}, 10)...)
		for _, sources := range [][][]byte{{long, short}, {short, long}} {
			if got := Combine(op, sources); !bytes.Equal(got, want) {
				t.Errorf("%s: % x, want % x", c.name, got, want)
			}
		}
	}
	if got := Combine(Not, [][]byte{long}); !bytes.Equal(got, bytes.Repeat([]byte{0x0f}, 19)) || long[0] != 0xf0 {
		t.Errorf("not: % x", got)
	}
	if got := Combine(And, [][]byte{nil, {}}); len(got) != 0 {
		t.Errorf("empty: % x", got)
	}
	if _, ok := ParseOperation([]byte("nand")); ok {
		t.Error("nand is no operation")
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]FieldType{"i1": {true, 1}, "i64": {true, 64}, "u1": {false, 1}, "u63": {false, 63}} {
		if got, ok := ParseFieldType([]byte(in)); !ok || got != want {
			t.Errorf("%s: %v %v", in, got, ok)
		}
	}
	for _, in := range []string{"", "i", "u", "i0", "i65", "u64", "i-1", "I8", "x8", "i08", "i8 ", "i256"} {
		if got, ok := ParseFieldType([]byte(in)); ok {
			t.Errorf("%q: %v", in, got)
		}
	}
	for _, c := range []struct {
		in    string
		width uint8
		want  int64
		ok    bool
	}{
		{"0", 8, 0, true}, {"100", 8, 100, true}, {"#2", 8, 16, true}, {"#2", 0, 0, false}, {"-1", 8, 0, false}, {"#-1", 8, 0, false},
		{"8388607", 8, 8388607, true}, {"8388608", 8, 0, false}, {"#1048576", 8, 0, false}, {"#", 8, 0, false}, {"", 8, 0, false}, {"01", 8, 0, false},
	} {
		if got, ok := ParseOffset([]byte(c.in), c.width, 1<<20); ok != c.ok || ok && got != c.want {
			t.Errorf("%q: %d %v", c.in, got, ok)
		}
	}
}

func TestFieldAgainstSingleBits(t *testing.T) {
	t.Parallel()
	b := []byte{0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0xff, 0x00, 0x81}
	for width := uint8(1); width <= 64; width++ {
		for offset := range int64(100) {
			signed := FieldType{true, width}
			var want uint64
			for i := range int64(width) {
				want = want<<1 | uint64(bit(b, offset+i))
			}
			wantSigned := int64(want<<(64-width)) >> (64 - width)
			if got := signed.Get(b, offset); got != wantSigned {
				t.Fatalf("i%d at %d: %d, want %d", width, offset, got, wantSigned)
			}
			if width < 64 {
				if got := (FieldType{false, width}).Get(b, offset); got != int64(want) {
					t.Fatalf("u%d at %d: %d, want %d", width, offset, got, want)
				}
			}
			if offset+int64(width) > int64(len(b))*8 {
				continue
			}
			c := bytes.Clone(b)
			signed.put(c, offset, ^want)
			for i := range int64(len(b)) * 8 {
				inside := i >= offset && i < offset+int64(width)
				if (bit(b, i) != bit(c, i)) != inside {
					t.Fatalf("i%d at %d: bit %d", width, offset, i)
				}
			}
		}
	}
}
