package blocked

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestWheelLikeAList adds, removes and expires at random, and compares with a list
// that is searched.
func TestWheelLikeAList(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var w wheel
		var now int64
		var all []*Waiter
		for range 2000 {
			switch {
			case rng.IntN(3) > 0:
				x := &Waiter{}
				x.place.deadline = now + 1 + rng.Int64N(1<<rng.IntN(40))
				w.add(x)
				all = append(all, x)
			case rng.IntN(2) > 0 && len(all) > 0:
				i := rng.IntN(len(all))
				w.remove(all[i])
				w.remove(all[i])
				all = slices.Delete(all, i, i+1)
			default:
				now += rng.Int64N(1 << rng.IntN(36))
				var want, got []int64
				all = slices.DeleteFunc(all, func(x *Waiter) bool {
					if x.place.deadline <= now {
						want = append(want, x.place.deadline)
						return true
					}
					return false
				})
				w.advance(now, func(x *Waiter) { got = append(got, x.place.deadline) })
				slices.Sort(want)
				if !slices.Equal(got, want) {
					t.Fatalf("seed %d: at %d expired %v, want %v", seed, now, got, want)
				}
			}
			if w.count != len(all) {
				t.Fatalf("seed %d: %d listed, want %d", seed, w.count, len(all))
			}
			if at, _, _, ok := w.due(); ok {
				for _, x := range all {
					if x.place.deadline < at {
						t.Fatalf("seed %d: due at %d, and one at %d", seed, at, x.place.deadline)
					}
				}
			}
		}
	}
}
