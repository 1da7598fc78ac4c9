package hll

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

// elementFor returns the element of eight bytes that has a hash: for that length the hash function can be undone.
func elementFor(hash uint64) []byte {
	const m uint64 = 0xc6a4a7935bd1e995
	inverse := m // by Newton's iteration, which doubles the correct bits (3 at first) each time
	for range 5 {
		inverse *= 2 - m*inverse
	}
	// x ^ x>>47 is undone by itself, since 47 is more than half of 64.
	h := hash ^ hash>>47
	h *= inverse
	h ^= h >> 47
	h *= inverse
	length := uint64(8)
	k := h ^ seed ^ length*m
	k *= inverse
	k ^= k >> 47
	k *= inverse
	return binary.LittleEndian.AppendUint64(nil, k)
}

// elementOf returns an element that raises register index to run; salt chooses one of those.
func elementOf(index int, run uint8, salt uint64) []byte {
	counted := uint64(1) << (run - 1)
	if run < countedBits {
		counted |= salt << run & (1<<countedBits - 1)
	}
	if run > countedBits {
		counted = 0
	}
	return elementFor(counted<<indexBits | uint64(index))
}

func TestElementOf(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for run := uint8(1); run <= maxRun; run++ {
		index := rng.IntN(registers)
		if i, r := pattern(elementOf(index, run, rng.Uint64())); i != index || r != run {
			t.Errorf("register %d and run %d became %d and %d", index, run, i, r)
		}
	}
}

// TestOpcodesLikeRedis raises registers close to each other, to few values, so that runs are split and joined in all
// ways, and now and then to a value that the sparse form cannot hold.
func TestOpcodesLikeRedis(t *testing.T) {
	t.Parallel()
	redis := servertest.Redis(t)
	for _, c := range []struct {
		name     string
		sparse   int
		window   int   // registers that change
		stride   int   // distance between them
		values   uint8 // highest value
		promotes int   // one in so many elements is too high for the sparse form; 0 for none
	}{
		{"few registers", 3000, 12, 1, 3, 0},
		{"zeros around 64", 3000, 200, 1, 4, 0},
		{"zeros around 256", 3000, 3, 300, 32, 0},
		{"all registers", 3000, registers, 1, 2, 0},
		{"last registers", 3000, 20, -1, 3, 0},
		{"high values", 3000, registers, 1, 51, 400},
		{"little room", 30, 8, 2000, 32, 0},
		{"exact room", 24, 40, 1, 2, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(11, uint64(c.window)))
			m := newModel(c.sparse)
			for round := range 4 {
				key := fmt.Sprint("k", round)
				for range 400 {
					index := rng.IntN(c.window) * c.stride
					if index < 0 {
						index += registers
					}
					run := 1 + uint8(rng.IntN(int(min(c.values, maxSparseValue))))
					if c.promotes > 0 && rng.IntN(c.promotes) == 0 {
						run = maxSparseValue + 1 + uint8(rng.IntN(maxRun-maxSparseValue))
					}
					m.add(key, elementOf(index%registers, run, rng.Uint64()))
					if rng.IntN(10) == 0 {
						m.count(key)
					}
				}
				m.merge("sum", key)
				m.count("sum")
			}
			m.compare(t, redis)
		})
	}
}

// TestHighestCountsLikeRedis fills all registers with high values; the estimate stops to fit an integer at some point.
func TestHighestCountsLikeRedis(t *testing.T) {
	t.Parallel()
	m := newModel(3000)
	for low := uint8(30); low <= maxRegister; low++ {
		b, err := ToDense(New())
		if err != nil {
			t.Fatal(err)
		}
		for i := range registers {
			setDenseRegister(b[headerBytes:], i, min(maxRegister, low+uint8(i%3)))
		}
		b[staleAt] |= stale
		m.set("k", b)
		m.count("k")
		m.count("k")
		m.count("k", "absent")
	}
	m.compare(t, servertest.Redis(t))
}
