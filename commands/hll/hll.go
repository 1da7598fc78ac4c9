// Package hll counts distinct elements with HyperLogLogs in the byte format that Redis stores in a string value, so that
// a value written by Redis is counted the same here and the other way round. Every function gives the very bytes that
// Redis 7.2 would store after the same command, the cached count in the header included.
//
// A value is 16 bytes of header and 16384 registers, either sparse (run lengths, see sparse.go) or dense (6 bits each,
// see dense.go). Values come from clients (SET writes them) and are not trusted: whatever the bytes, functions return an
// error or a number, and read nothing outside of them.
//
// The estimate is the improved one of Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog sketches",
// arXiv:1702.01284; the structure is that of Flajolet, Fusy, Gandouet and Meunier, "HyperLogLog: the analysis of a
// near-optimal cardinality estimation algorithm", 2007.
//
// The functions keep nothing, never change their arguments, and may be called from anywhere.
package hll

import "errors"

// Replies to values that cannot be used, word for word as Redis gives them.
var (
	// ErrNotHLL is for a string without a valid header.
	ErrNotHLL = errors.New("WRONGTYPE Key is not a valid HyperLogLog string value.")
	// ErrCorrupt is for a valid header in front of registers that are not valid.
	ErrCorrupt = errors.New("INVALIDOBJ Corrupted HLL object detected")
	// ErrNotSparse is what Decode answers for a dense value.
	ErrNotSparse = errors.New("ERR HLL encoding is not sparse")
)

// Sizes that the format fixes.
const (
	indexBits   = 14             // bits of the hash that choose a register
	registers   = 1 << indexBits // number of registers
	countedBits = 64 - indexBits // bits of the hash whose leading run is counted
	maxRun      = countedBits + 1
	bitsEach    = 6 // bits of a dense register
	maxRegister = 1<<bitsEach - 1
)

// Add applies PFADD. The value b is nil for an absent key, which is created even without elements; the value of a key
// that holds the empty string MUST NOT be nil (it is not a HyperLogLog). The result is b itself unless something changed. A sparse value that would grow beyond sparseMaxBytes (the setting
// hll-sparse-max-bytes, header included) becomes dense. If an element meets a corrupt part of the value, nothing of the
// call is applied.
func Add(b []byte, elements [][]byte, sparseMaxBytes int) (out []byte, changed bool, err error) {
	s, created, err := open(b)
	if err != nil {
		return nil, false, err
	}
	changed = created
	for _, element := range elements {
		index, run := pattern(element)
		raised, err := s.raise(index, run, sparseMaxBytes)
		if err != nil {
			return nil, false, err
		}
		changed = changed || raised
	}
	if changed {
		s.invalidate()
	}
	return s.b, changed, nil
}

// Count applies PFCOUNT of one key. If the count was not cached in the value, updated is the value with the count
// cached, which Redis stores (and counts as a change of the key); otherwise updated is nil.
func Count(b []byte) (n int64, updated []byte, err error) {
	if !Valid(b) {
		return 0, nil, ErrNotHLL
	}
	if n, ok := cached(b); ok {
		return n, nil, nil
	}
	h, err := histogramOf(b)
	if err != nil {
		return 0, nil, err
	}
	n = h.estimate()
	return n, withCache(b, n), nil
}

// Merge applies PFMERGE: dst becomes the union of itself and srcs. A nil value stands for an absent key; an absent
// destination is created. Values are looked at in the order of the arguments, and the first one that cannot be used
// decides the error. A caller that has to look at keys one by one uses Union.
func Merge(dst []byte, srcs [][]byte, sparseMaxBytes int) ([]byte, error) {
	var u Union
	if err := u.Add(dst); err != nil {
		return nil, err
	}
	for _, src := range srcs {
		if err := u.Add(src); err != nil {
			return nil, err
		}
	}
	return u.Store(dst, sparseMaxBytes)
}
