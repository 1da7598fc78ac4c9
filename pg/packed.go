package pg

import (
	"encoding/binary"
	"errors"
	"math"
)

// A packed collection is a byte of flags and a sequence of items, each a length
// (unsigned varint) and that many bytes: the members of a set, the elements of
// a list, field and value of a hash, member and score (eight bytes) of a sorted
// set, lowest score first. The function kv_unpack of the schema reads it too.
const (
	// packedExpiries: each field of a hash has a third item, its expiry (eight
	// bytes, none if empty).
	packedExpiries byte = 1 << iota
)

// maxPackedBytes is the size up to which a collection is packed. A row of more
// than 2 KB would be split by PostgreSQL.
const maxPackedBytes = 1536

var errPacked = errors.New("a packed collection is damaged")

func appendItem(dst, item []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(item))), item...)
}

// itemSize is how much longer appendItem makes a packed collection.
func itemSize(n int) int {
	size := 1 + n
	for l := n; l >= 0x80; l >>= 7 {
		size++
	}
	return size
}

// nextItem splits the first item off.
func nextItem(b []byte) (item, rest []byte, err error) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) {
		return nil, nil, errPacked
	}
	end := size + int(n)
	return b[size:end:end], b[end:], nil
}

// packMembers packs the members that exist, in their order.
func packMembers(t Type, list []*Member) []byte {
	var flags byte
	size := 1
	for _, m := range list {
		if m.exists {
			size += m.packedSize(t)
			if m.ExpireAt != 0 {
				flags = packedExpiries
			}
		}
	}
	out := append(make([]byte, 0, size), flags)
	for _, m := range list {
		if !m.exists {
			continue
		}
		out = appendItem(out, m.Name)
		switch t {
		case TypeHash:
			out = appendItem(out, m.Value)
			if flags&packedExpiries != 0 {
				out = appendItem(out, appendExpiry(nil, m.ExpireAt))
			}
		case TypeZset:
			out = append(out, 8)
			out = binary.BigEndian.AppendUint64(out, math.Float64bits(m.Score))
		default:
		}
	}
	return out
}

func appendExpiry(dst []byte, ms int64) []byte {
	if ms == 0 {
		return dst
	}
	return binary.BigEndian.AppendUint64(dst, uint64(ms))
}

// packedSize is an upper bound of the bytes a member takes in packed form.
func (m *Member) packedSize(t Type) int {
	n := itemSize(len(m.Name))
	switch t {
	case TypeHash:
		return n + itemSize(len(m.Value)) + 9
	case TypeZset:
		return n + 9
	default:
		return n
	}
}

// unpackMembers calls add for each packed member with slices of b.
func unpackMembers(t Type, b []byte, add func(name, value []byte, score float64, expireAt int64)) error {
	if len(b) == 0 {
		return errPacked
	}
	flags, b := b[0], b[1:]
	for len(b) > 0 {
		var name, value []byte
		var score float64
		var expireAt int64
		var err error
		if name, b, err = nextItem(b); err != nil {
			return err
		}
		if t == TypeHash || t == TypeZset {
			if value, b, err = nextItem(b); err != nil {
				return err
			}
		}
		if t == TypeZset {
			if len(value) != 8 {
				return errPacked
			}
			score, value = math.Float64frombits(binary.BigEndian.Uint64(value)), nil
		}
		if flags&packedExpiries != 0 {
			var expiry []byte
			if expiry, b, err = nextItem(b); err != nil {
				return err
			}
			expireAt = expiryOf(expiry)
		}
		add(name, value, score, expireAt)
	}
	return nil
}

// summary is what a key's row says about a collection that is not packed.
type summary struct {
	count int64
	first int64 // number of a list's first element; when the next field of a hash may expire, 0 none
	size  int64 // of a list, see List.ListpackBytes; 0 if nobody has counted
	flags byte
}

const (
	// summaryLong: a sorted set has had members that are stored with a short form.
	summaryLong byte = 1 << iota
)

func (s summary) append(dst []byte) []byte {
	dst = append(dst, s.flags)
	dst = binary.AppendUvarint(dst, uint64(s.count))
	dst = binary.AppendVarint(dst, s.first)
	if s.size != 0 {
		dst = binary.AppendUvarint(dst, uint64(s.size))
	}
	return dst
}

func parseSummary(b []byte) (s summary, err error) {
	if len(b) == 0 {
		return s, errPacked
	}
	s.flags, b = b[0], b[1:]
	count, n := binary.Uvarint(b)
	if n <= 0 {
		return s, errPacked
	}
	first, m := binary.Varint(b[n:])
	if m <= 0 {
		return s, errPacked
	}
	s.count, s.first = int64(count), first
	if rest := b[n+m:]; len(rest) > 0 {
		size, k := binary.Uvarint(rest)
		if k <= 0 {
			return s, errPacked
		}
		s.size = int64(size)
	}
	return s, nil
}
