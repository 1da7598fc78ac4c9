package rdb

import (
	"errors"
	"math/rand/v2"
	"testing"
)

// FuzzDecode checks that nothing in a payload does harm, that memory is bounded, and that what was decoded is the same
// after it has been encoded again, in every way.
func FuzzDecode(f *testing.F) {
	rng := rand.New(rand.NewPCG(19, 20))
	for _, compress := range []bool{false, true} {
		for _, body := range sampleBodies(rng, compress) {
			f.Add(body)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		const limit = 1 << 20
		v, err := Decode(seal(body), limit)
		if err != nil {
			if !errors.Is(err, ErrBadData) && !errors.Is(err, ErrUnsupported) && !errors.Is(err, ErrTooLarge) {
				t.Fatalf("%v", err)
			}
			return
		}
		if n := len(v.Elements) + len(v.Members) + len(v.Fields); n*elementCost > limit || n == 0 && v.Type != TypeString {
			t.Fatalf("%d elements", n)
		}
		for _, o := range []Options{{}, {Version: Version72, Compress: true, ListNode: 3}} {
			again, err := Decode(Encode(nil, v, o), 4*limit)
			if err != nil {
				t.Fatal(err)
			}
			if d := diff(again, v); d != "" {
				t.Fatal(d)
			}
			if v.Encoding != again.Encoding && (v.Type != TypeSet || o.Version != 0) {
				t.Fatalf("encoding %s, want %s", encodingNames[again.Encoding], encodingNames[v.Encoding])
			}
		}
	})
}
