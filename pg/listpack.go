package pg

import (
	"math"
	"strconv"
)

// Redis keeps a list that takes few bytes in one listpack and says so. What a
// list would take there is counted along with it, see [List.ListpackBytes].

// listpackEmpty is the size of a listpack without elements: how long it is, how
// many elements it has, and its end.
const listpackEmpty = 4 + 2 + 1

// ListpackSize is how many bytes an element takes in a listpack: how it is
// encoded, its data, and the length of both.
func ListpackSize(v []byte) int64 {
	n := int64(len(v))
	switch i, ok := asInteger(v); {
	case ok && i >= 0 && i <= math.MaxInt8:
		return 2
	case ok && i >= -1<<12 && i < 1<<12:
		return 3
	case ok && i >= math.MinInt16 && i <= math.MaxInt16:
		return 4
	case ok && i >= -1<<23 && i < 1<<23:
		return 5
	case ok && i >= math.MinInt32 && i <= math.MaxInt32:
		return 6
	case ok:
		return 10
	case n < 1<<6:
		n++
	case n < 1<<12:
		n += 2
	default:
		n += 5
	}
	switch {
	case n < 1<<7:
		return n + 1
	case n < 1<<14-1:
		return n + 2
	case n < 1<<21-1:
		return n + 3
	case n < 1<<28-1:
		return n + 4
	}
	return n + 5
}

// asInteger reads an integer in the one spelling that Redis stores as a number.
func asInteger(v []byte) (int64, bool) {
	const longest = len("-9223372036854775808")
	if len(v) == 0 || len(v) > longest {
		return 0, false
	}
	digits := v
	if v[0] == '-' {
		digits = v[1:]
	}
	if len(digits) == 0 || digits[0] == '0' && len(v) > 1 {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	i, err := strconv.ParseInt(string(v), 10, 64)
	return i, err == nil
}

// unknownSize stands for the size of a list that nobody has counted.
const unknownSize = -1

// ListpackBytes returns how many bytes the list would take as one listpack. If
// that has to be counted first, which is so only after much of the list was
// removed unseen, all of it is loaded.
func (l *List) ListpackBytes() (int64, error) {
	if l.size == unknownSize {
		if err := l.load(l.first, l.first+l.count-1); err != nil {
			return 0, err
		}
		l.size = l.countSize()
	}
	return l.size, nil
}

// countSize counts the size of a list all of whose nodes are known.
func (l *List) countSize() int64 {
	size := int64(listpackEmpty)
	for _, n := range l.nodes {
		for i := range n.items.len() {
			size += ListpackSize(n.items.at(i))
		}
	}
	return size
}

// resize adds to the size, if it is known, what one element more or less makes
// of it.
func (l *List) resize(by int64) {
	if l.size != unknownSize {
		l.size += by
	}
}
