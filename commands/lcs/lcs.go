// Package lcs finds the longest common subsequence of two strings as Redis' LCS does, including which one of several
// it picks and how it cuts it into ranges.
//
// It keeps nothing between calls. Where Redis keeps a number of four bytes for each pair of positions, this keeps one
// bit and two rows of numbers; the limit on the size is Redis' all the same.
package lcs

import (
	"errors"
	"math/bits"
	"slices"
)

// ErrTooLarge is the refusal of strings whose table would take more than proto-max-bulk-len in Redis.
var ErrTooLarge = errors.New("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len")

// Match is a range that both strings have, positions included at both ends.
type Match struct {
	AStart, AEnd, BStart, BEnd int
}

// Len returns the length of the range.
func (m Match) Len() int { return m.AEnd - m.AStart + 1 }

// checkSize compares the size of Redis' table with the limit, in bytes.
func checkSize(a, b []byte, limit int64) error {
	const cell = 4
	hi, cells := bits.Mul64(uint64(len(a))+1, uint64(len(b))+1)
	if limit >= 0 && hi == 0 && cells <= uint64(limit)/cell {
		return nil
	}
	return ErrTooLarge
}

// Len returns the length of the longest common subsequence. limit is proto-max-bulk-len.
func Len(a, b []byte, limit int64) (int, error) {
	if err := checkSize(a, b, limit); err != nil {
		return 0, err
	}
	return fill(a, b, nil), nil
}

// fill computes the lengths for all pairs of prefixes, row by row, and returns the last. If up is given, it notes for
// each pair with different last bytes whether the prefix of a that is one shorter has more in common with that of b.
func fill(a, b []byte, up *table) int {
	// row[j] is the length for the prefix of a so far and the first j bytes of b.
	row := make([]uint32, len(b)+1)
	for i, c := range a {
		var diagonal uint32 // the row before at j
		for j, d := range b {
			above := row[j+1]
			switch left := row[j]; {
			case c == d:
				row[j+1] = diagonal + 1
			case above > left:
				if up != nil {
					up.set(i, j)
				}
			default:
				row[j+1] = left
			}
			diagonal = above
		}
	}
	return int(row[len(b)])
}

// table has one bit for each pair of positions.
type table struct {
	width int
	words []uint64
}

func newTable(a, b []byte) *table {
	return &table{len(b), make([]uint64, (len(a)*len(b)+63)/64)}
}

func (t *table) set(i, j int) {
	n := i*t.width + j
	t.words[n/64] |= 1 << (n % 64)
}

func (t *table) get(i, j int) bool {
	n := i*t.width + j
	return t.words[n/64]>>(n%64)&1 != 0
}

// Sequence returns the longest common subsequence itself. limit is proto-max-bulk-len.
func Sequence(a, b []byte, limit int64) ([]byte, error) {
	if err := checkSize(a, b, limit); err != nil {
		return nil, err
	}
	up := newTable(a, b)
	sequence := make([]byte, 0, fill(a, b, up))
	walk(a, b, up, func(i, _ int) { sequence = append(sequence, a[i]) })
	slices.Reverse(sequence)
	return sequence, nil
}

// Matches returns the ranges that make up the longest common subsequence, from the last to the first, without those
// shorter than minLen, and the length of the whole. limit is proto-max-bulk-len.
func Matches(a, b []byte, minLen, limit int64) (matches []Match, length int, err error) {
	if err := checkSize(a, b, limit); err != nil {
		return nil, 0, err
	}
	up := newTable(a, b)
	length = fill(a, b, up)
	var m Match
	open := false
	finish := func() {
		if open && int64(m.Len()) >= minLen {
			matches = append(matches, m)
		}
	}
	walk(a, b, up, func(i, j int) {
		if open && i == m.AStart-1 && j == m.BStart-1 {
			m.AStart, m.BStart = i, j
			return
		}
		finish()
		m, open = Match{i, i, j, j}, true
	})
	finish()
	return matches, length, nil
}

// walk visits the pairs of positions of the subsequence from the last to the first.
func walk(a, b []byte, up *table, visit func(i, j int)) {
	for i, j := len(a)-1, len(b)-1; i >= 0 && j >= 0; {
		switch {
		case a[i] == b[j]:
			visit(i, j)
			i, j = i-1, j-1
		case up.get(i, j):
			i--
		default:
			j--
		}
	}
}
