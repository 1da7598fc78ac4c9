package pg

// slabs hands out entries and bytes that live until the unit ends, from
// memory that the next unit uses again.
type slabs struct {
	entries [][]Entry
	block   int // block in use
	used    int // entries used in it
	bytes   []byte
}

const (
	entriesPerBlock = 128
	maxKeptBlocks   = 64
	byteBlock       = 32 << 10
	maxKeptBytes    = 256 << 10
)

func (s *slabs) entry() *Entry {
	if s.block < len(s.entries) && s.used == entriesPerBlock {
		s.block, s.used = s.block+1, 0
	}
	if s.block == len(s.entries) {
		s.entries = append(s.entries, make([]Entry, entriesPerBlock))
	}
	s.used++
	return &s.entries[s.block][s.used-1]
}

// copyOf returns a copy of b that lives until reset.
func (s *slabs) copyOf(b []byte) []byte {
	if len(b) > byteBlock/4 {
		return append([]byte(nil), b...)
	}
	if cap(s.bytes)-len(s.bytes) < len(b) {
		s.bytes = make([]byte, 0, max(byteBlock, min(2*cap(s.bytes), maxKeptBytes)))
	}
	n := len(s.bytes)
	s.bytes = append(s.bytes, b...)
	return s.bytes[n:len(s.bytes):len(s.bytes)]
}

// reset forgets everything handed out. Entries let go of what they point to
// when they are handed out again; blocks beyond what a usual unit needs go.
func (s *slabs) reset() {
	if len(s.entries) > maxKeptBlocks {
		s.entries = s.entries[:maxKeptBlocks:maxKeptBlocks]
	}
	s.block, s.used = 0, 0
	if cap(s.bytes) > maxKeptBytes {
		s.bytes = nil
	}
	s.bytes = s.bytes[:0]
}
