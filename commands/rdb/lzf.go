package rdb

// LZF, as RDB files use it, is a sequence of
//
//	000nnnnn                     n+1 bytes follow as they are
//	lllooooo oooooooo            copy l+2 bytes from o+1 bytes back; l is 1 to 6
//	111ooooo llllllll oooooooo   the same with l+7 more, so 9 to 264 bytes
const (
	lzfMaxLiteral = 1 << 5
	lzfMaxOffset  = 1 << 13
	lzfMaxMatch   = 7 + 0xff + 2
	lzfMinMatch   = 3
	lzfHashBits   = 13
)

// appendLZF appends what src, compressed, stands for. It stops with false if src is malformed or does not stand for
// exactly size bytes; before that it has appended at most size bytes.
func appendLZF(dst, src []byte, size int) ([]byte, bool) {
	start := len(dst)
	for i := 0; i < len(src); {
		control := int(src[i])
		i++
		room := size - (len(dst) - start)
		if control < lzfMaxLiteral {
			n := control + 1
			if n > room || n > len(src)-i {
				return dst, false
			}
			dst = append(dst, src[i:i+n]...)
			i += n
			continue
		}
		n := control >> 5
		if n == 7 {
			if i == len(src) {
				return dst, false
			}
			n += int(src[i])
			i++
		}
		n += 2
		if i == len(src) {
			return dst, false
		}
		from := len(dst) - (control&0x1f<<8 | int(src[i])) - 1
		i++
		if from < start || n > room {
			return dst, false
		}
		for n > 0 { // what is copied may be what was just written
			m := min(n, len(dst)-from)
			dst = append(dst, dst[from:from+m]...)
			n -= m
		}
	}
	return dst, len(dst)-start == size
}

// compressor makes LZF. Its zero value is ready and can be used again and again.
type compressor struct {
	// last holds where a hash of three bytes was seen last, counted from the first byte ever compressed and plus one, so
	// that what earlier inputs left behind is known to be too old.
	last [1 << lzfHashBits]int
	base int
}

func lzfHash(a, b, c byte) uint32 {
	return (uint32(a)<<16 | uint32(b)<<8 | uint32(c)) * 2654435761 >> (32 - lzfHashBits)
}

// append appends src in compressed form, if that takes at most limit bytes.
func (z *compressor) append(dst, src []byte, limit int) ([]byte, bool) {
	start := len(dst)
	base := z.base
	z.base += len(src)
	literal := 0 // where the bytes begin that are not written yet
	for i := 0; i+lzfMinMatch <= len(src); {
		slot := &z.last[lzfHash(src[i], src[i+1], src[i+2])]
		from := *slot - 1 - base
		*slot = base + i + 1
		if from < 0 || i-from > lzfMaxOffset || [3]byte(src[from:]) != [3]byte(src[i:]) {
			i++
			continue
		}
		n := lzfMinMatch
		for n < lzfMaxMatch && i+n < len(src) && src[from+n] == src[i+n] {
			n++
		}
		dst = appendLiteral(dst, src[literal:i])
		dst = appendMatch(dst, i-from-1, n-2)
		if len(dst)-start > limit {
			return dst[:start], false
		}
		// What lies inside a match is remembered too, so that the next one can begin anywhere.
		end := i + n
		for i++; i < end; i++ {
			if i+lzfMinMatch <= len(src) {
				z.last[lzfHash(src[i], src[i+1], src[i+2])] = base + i + 1
			}
		}
		literal = i
	}
	dst = appendLiteral(dst, src[literal:])
	if len(dst)-start > limit {
		return dst[:start], false
	}
	return dst, true
}

func appendLiteral(dst, b []byte) []byte {
	for len(b) > 0 {
		n := min(len(b), lzfMaxLiteral)
		dst = append(dst, byte(n-1))
		dst = append(dst, b[:n]...)
		b = b[n:]
	}
	return dst
}

// appendMatch appends a copy of n+2 bytes from offset+1 back.
func appendMatch(dst []byte, offset, n int) []byte {
	if n < 7 {
		return append(dst, byte(n<<5|offset>>8), byte(offset))
	}
	return append(dst, byte(7<<5|offset>>8), byte(n-7), byte(offset))
}
