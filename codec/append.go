package codec

import "strconv"

// AppendSimple appends a simple string.
func AppendSimple(dst []byte, s string) []byte {
	dst = append(dst, '+')
	return append(appendLine(dst, s), '\r', '\n')
}

// AppendError appends an error reply; s starts with the error code.
func AppendError(dst []byte, s string) []byte {
	dst = append(dst, '-')
	return append(appendLine(dst, s), '\r', '\n')
}

// AppendInt appends an integer reply.
func AppendInt(dst []byte, n int64) []byte {
	dst = append(dst, ':')
	return append(strconv.AppendInt(dst, n, 10), '\r', '\n')
}

// AppendBulk appends a bulk string.
func AppendBulk[T []byte | string](dst []byte, s T) []byte {
	dst = AppendHeader(dst, '$', len(s))
	dst = append(dst, s...)
	return append(dst, '\r', '\n')
}

// AppendBulkInt appends the digits of n as a bulk string.
func AppendBulkInt(dst []byte, n int64) []byte {
	var digits [20]byte
	return AppendBulk(dst, strconv.AppendInt(digits[:0], n, 10))
}

// AppendHeader appends the line that starts a value of the given type and length: AppendHeader(dst, '*', 2).
func AppendHeader(dst []byte, kind byte, n int) []byte {
	if n >= 0 && n < 10 { // most lengths
		return append(dst, kind, byte('0'+n), '\r', '\n')
	}
	dst = append(dst, kind)
	return append(strconv.AppendInt(dst, int64(n), 10), '\r', '\n')
}

// AppendCommand appends a command as clients send it.
func AppendCommand(dst []byte, args ...[]byte) []byte {
	dst = AppendHeader(dst, '*', len(args))
	for _, arg := range args {
		dst = AppendBulk(dst, arg)
	}
	return dst
}

// appendLine appends s as part of one line: CR and LF, which would end it early, become spaces.
func appendLine(dst []byte, s string) []byte {
	start := len(dst)
	dst = append(dst, s...)
	for i, c := range dst[start:] {
		if c == '\r' || c == '\n' {
			dst[start+i] = ' '
		}
	}
	return dst
}
