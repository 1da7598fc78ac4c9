package rdb

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

func TestLZF(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(15, 16))
	var z compressor
	compressed := 0
	for range 3000 {
		n := lengths[rng.IntN(len(lengths))] + rng.IntN(3)
		src := randomString(rng, n)
		for range rng.IntN(3) { // repeat something from far away
			src = append(src, src[:rng.IntN(len(src)+1)]...)
		}
		before := []byte("before")
		packed, ok := z.append(before, src, 2*len(src)+2)
		if !ok || !bytes.HasPrefix(packed, before) {
			t.Fatalf("%d bytes do not fit into twice as many", len(src))
		}
		packed = packed[len(before):]
		got, ok := appendLZF([]byte("before"), packed, len(src))
		if !ok || string(got) != "before"+string(src) {
			t.Fatalf("%.100x became %.100x, %v", src, got, ok)
		}
		for _, size := range []int{len(src) - 1, len(src) + 1} {
			if _, ok := appendLZF(nil, packed, size); ok {
				t.Fatalf("%d bytes are taken for %d", len(src), size)
			}
		}
		if _, ok := z.append(nil, src, len(packed)-1); ok {
			t.Fatalf("%d bytes fit into %d", len(packed), len(packed)-1)
		}
		if len(packed) < len(src) {
			compressed++
		}
	}
	if compressed < 1000 {
		t.Errorf("only %d of 3000 strings became shorter", compressed)
	}
}

// Matches end at the longest that can be written, and begin as far back as can be written.
func TestLZFLimits(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		src  []byte
		want int
	}{
		{bytes.Repeat([]byte("a"), 1+lzfMaxMatch), 2 + 3},
		{bytes.Repeat([]byte("a"), 1+lzfMaxMatch+3), 2 + 3 + 2},
		{append(append([]byte("abcdefgh"), noise(lzfMaxOffset-8)...), "abcdefgh"...), lzfMaxOffset + lzfMaxOffset/32 + 2},
	} {
		var z compressor
		packed, _ := z.append(nil, tc.src, 2*len(tc.src))
		if len(packed) != tc.want {
			t.Errorf("%d bytes became %d, want %d", len(tc.src), len(packed), tc.want)
		}
		if got, ok := appendLZF(nil, packed, len(tc.src)); !ok || !bytes.Equal(got, tc.src) {
			t.Error("read back differently")
		}
	}
}

// noise returns bytes of which no three repeat.
func noise(n int) []byte {
	b := make([]byte, 0, n+3)
	for i := 0; len(b) < n; i++ {
		low, high := byte(i&0x3f), byte(i>>6)
		b = append(b, 0xc0|low, 0x40|high, low)
	}
	return b[:n]
}

func BenchmarkCompress(b *testing.B) {
	src := randomString(rand.New(rand.NewPCG(1, 8)), 64<<10)
	var z compressor
	var dst []byte
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		dst, _ = z.append(dst[:0], src, len(src))
	}
}
