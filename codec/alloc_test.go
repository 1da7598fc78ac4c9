//go:build !race

// The race detector makes pools drop objects at random, so this test would count allocations that are not ours.

package codec

import (
	"errors"
	"testing"
)

func TestSteadyStateAllocatesNothing(t *testing.T) {
	whole := pipeline(16)
	var d Decoder
	out := make([][]byte, 0, 64)
	e := Encoder{Buf: make([]byte, 0, 512)}
	for name, run := range map[string]func(){
		"batch of 16 commands": func() {
			if n, err := fillOnce(&d, whole); n != 48 || err != nil {
				t.Fatal(n, err)
			}
		},
		"command in two pieces": func() {
			if _, _, err := d.Decode(whole[:30], out, nil); !errors.Is(err, ErrIncomplete) {
				t.Fatal(err)
			}
			if args, _, err := d.Decode(whole, out, nil); len(args) != 3 || err != nil {
				t.Fatal(args, err)
			}
		},
		"every reply": func() {
			for _, tc := range replies {
				e.Buf, e.RESP3 = e.Buf[:0], !e.RESP3
				tc.write(&e)
			}
		},
	} {
		if allocs := testing.AllocsPerRun(200, run); allocs > 0 {
			t.Errorf("%s: %v allocations", name, allocs)
		}
	}
}
