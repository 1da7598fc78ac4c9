package hll

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
)

// Amounts of work of PFSELFTEST, as in Redis.
const (
	selfTestRounds   = 1000
	selfTestElements = 10_000_000
)

// SelfTest answers PFSELFTEST; an error is the reply. It writes and reads back random dense registers, then counts up
// to ten million elements in both forms at once and looks, at every power of ten, whether the forms agree and the
// estimate is within six standard errors. It takes some tenths of a second of processor time.
func SelfTest(sparseMaxBytes int) error {
	if err := testRegisters(selfTestRounds); err != nil {
		return err
	}
	return testEstimates(selfTestElements, sparseMaxBytes, rand.Uint64())
}

// testRegisters fills dense registers with random numbers again and again.
func testRegisters(rounds int) error {
	p := make([]byte, denseBytes-headerBytes)
	var want, got [registers]uint8
	for range rounds {
		for i := range want {
			want[i] = uint8(rand.Uint32() & maxRegister)
			setDenseRegister(p, i, want[i])
		}
		unpack(p, &got)
		for i, w := range want {
			if v := denseRegister(p, i); v != w || got[i] != w {
				return fmt.Errorf("ERR TESTFAILED Register %d should be %d but is %d", i, w, v)
			}
		}
	}
	return nil
}

// testEstimates counts elements made from salt.
func testEstimates(elements uint64, sparseMaxBytes int, salt uint64) error {
	dense, err := ToDense(New())
	if err != nil {
		return err
	}
	d, s := sketch{b: dense, own: true}, sketch{b: New(), own: true}
	checkpoint := uint64(1)
	for j := uint64(1); j <= elements; j++ {
		var element [8]byte
		binary.LittleEndian.PutUint64(element[:], j^salt)
		index, run := pattern(element[:])
		for _, each := range []*sketch{&d, &s} {
			if _, err := each.raise(index, run, sparseMaxBytes); err != nil {
				return err
			}
		}
		if j != checkpoint {
			continue
		}
		if err := check(d.b, s.b, j, sparseMaxBytes); err != nil {
			return err
		}
		checkpoint *= 10
	}
	return nil
}

// check compares the two forms of n elements.
func check(dense, other []byte, n uint64, sparseMaxBytes int) error {
	if n < uint64(max(sparseMaxBytes, 0))/2 && isDense(other) {
		return errors.New("ERR TESTFAILED sparse encoding not used")
	}
	h, err := histogramOf(dense)
	if err != nil {
		return err
	}
	o, err := histogramOf(other)
	if err != nil {
		return err
	}
	count := h.estimate()
	if count != o.estimate() {
		return errors.New("ERR TESTFAILED dense/sparse disagree")
	}
	standardError := 1.04 / math.Sqrt(registers)
	allowed := math.Ceil(standardError * 6 * float64(n))
	if n == 10 {
		allowed = 1
	}
	if off := math.Abs(float64(n) - float64(count)); off > allowed {
		return fmt.Errorf("ERR TESTFAILED Too big error. card:%d abserr:%.0f", n, off)
	}
	return nil
}
