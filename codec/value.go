package codec

import (
	"bytes"
	"strconv"
)

// Kind is the type of a Value: the byte it starts with on the wire.
type Kind byte

// The types of RESP2 and RESP3.
const (
	KindSimple    Kind = '+'
	KindError     Kind = '-'
	KindInt       Kind = ':'
	KindBulk      Kind = '$'
	KindArray     Kind = '*'
	KindNull      Kind = '_'
	KindBool      Kind = '#'
	KindDouble    Kind = ','
	KindBigNumber Kind = '('
	KindBulkError Kind = '!'
	KindVerbatim  Kind = '='
	KindMap       Kind = '%'
	KindSet       Kind = '~'
	KindPush      Kind = '>'
	KindAttribute Kind = '|' // only on the wire: see Value.Attrs
)

// Value is one reply as a client reads it. Which fields matter depends on Kind.
type Value struct {
	Kind   Kind
	Null   bool    // KindNull, and the null bulk string and null array of RESP2
	Bool   bool    // KindBool
	Int    int64   // KindInt
	Double float64 // KindDouble
	Str    []byte  // text of all string types and errors, digits of KindBigNumber and KindDouble; a slice of the input
	Format string  // KindVerbatim: "txt" or "mkd"
	Elems  []Value // KindArray, KindSet, KindPush; for KindMap keys and values alternate
	Attrs  []Value // attributes sent in front of the value; keys and values alternate
}

// IsError tells whether the value is an error reply.
func (v *Value) IsError() bool { return v.Kind == KindError || v.Kind == KindBulkError }

// maxDepth of nested values: more than any reply of Redis, and little enough for the stack.
const maxDepth = 128

var (
	errReplyType   = &ProtocolError{Malformed, "unknown reply type"}
	errReplyLine   = &ProtocolError{Malformed, "invalid reply line"}
	errReplyLength = &ProtocolError{Malformed, "invalid reply length"}
	errReplyDepth  = &ProtocolError{TooLarge, "reply nested too deeply"}
)

// ParseValue reads the reply at the start of b, in RESP2 or RESP3, and returns how many bytes it took. Strings are
// slices of b. The error is nil, ErrIncomplete, or a *ProtocolError. It is the client's side: it starts over with each
// call, and is stricter about line ends than Decode, which has to accept what Redis accepts.
func ParseValue(b []byte) (v Value, n int, err error) {
	p := parser{b: b}
	v, err = p.value(0)
	if err != nil {
		return Value{}, 0, err
	}
	return v, p.pos, nil
}

type parser struct {
	b   []byte
	pos int
}

func (p *parser) value(depth int) (v Value, err error) {
	if depth > maxDepth {
		return v, errReplyDepth
	}
	if p.pos == len(p.b) {
		return v, ErrIncomplete
	}
	v.Kind = Kind(p.b[p.pos])
	if !v.Kind.known() {
		return v, errReplyType
	}
	p.pos++
	line, err := p.line()
	if err != nil {
		return v, err
	}
	switch v.Kind {
	case KindSimple, KindError:
		v.Str = line
	case KindInt:
		return v, v.setInt(line)
	case KindDouble:
		return v, v.setDouble(line)
	case KindBigNumber:
		v.Str = line
		if !isInteger(line) {
			return v, errReplyLine
		}
	case KindBool:
		v.Bool = string(line) == "t"
		if !v.Bool && string(line) != "f" {
			return v, errReplyLine
		}
	case KindNull:
		v.Null = true
		if len(line) > 0 {
			return v, errReplyLine
		}
	case KindBulk, KindBulkError, KindVerbatim:
		return v, p.bulk(&v, line)
	case KindArray, KindSet, KindPush, KindMap:
		return v, p.aggregate(&v, line, depth)
	case KindAttribute:
		attrs := Value{Kind: KindAttribute}
		if err := p.aggregate(&attrs, line, depth); err != nil {
			return v, err
		}
		if v, err = p.value(depth + 1); err != nil {
			return v, err
		}
		v.Attrs = append(attrs.Elems, v.Attrs...)
	}
	return v, nil
}

// line reads up to CR LF. A CR elsewhere is part of no line.
func (p *parser) line() ([]byte, error) {
	rest := p.b[p.pos:]
	end := bytes.IndexByte(rest, '\r')
	switch {
	case end < 0 && bytes.IndexByte(rest, '\n') >= 0:
		return nil, errReplyLine
	case end < 0 || end+1 == len(rest):
		return nil, ErrIncomplete
	case rest[end+1] != '\n' || bytes.IndexByte(rest[:end], '\n') >= 0:
		return nil, errReplyLine
	}
	p.pos += end + 2
	return rest[:end:end], nil
}

// bulk reads the bytes that a length line announces.
func (p *parser) bulk(v *Value, line []byte) error {
	n, ok := parseInt(line)
	if ok && n == -1 && v.Kind == KindBulk {
		v.Null = true
		return nil
	}
	if !ok || n < 0 {
		return errReplyLength
	}
	rest := p.b[p.pos:]
	if n > int64(len(rest))-2 {
		return ErrIncomplete
	}
	if rest[n] != '\r' || rest[n+1] != '\n' {
		return errReplyLine
	}
	v.Str = rest[:n:n]
	if v.Kind == KindVerbatim {
		if n < 4 || rest[3] != ':' {
			return errReplyLine
		}
		v.Format, v.Str = string(rest[:3]), rest[4:n:n]
	}
	p.pos += int(n) + 2
	return nil
}

// aggregate reads the elements that a length line announces. The slice grows with them, never with the number.
func (p *parser) aggregate(v *Value, line []byte, depth int) error {
	n, ok := parseInt(line)
	if ok && n == -1 && v.Kind == KindArray {
		v.Null = true
		return nil
	}
	if !ok || n < 0 || n > 1<<32 {
		return errReplyLength
	}
	if v.Kind == KindMap || v.Kind == KindAttribute {
		n *= 2
	}
	for range n {
		elem, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		v.Elems = append(v.Elems, elem)
	}
	return nil
}

func (v *Value) setInt(line []byte) error {
	n, ok := parseInt(line)
	if !ok {
		return errReplyLine
	}
	v.Int = n
	return nil
}

func (v *Value) setDouble(line []byte) error {
	// ParseFloat takes more than RESP knows: hexadecimal, underscores, "infinity".
	for _, c := range line {
		if c == '_' || c == 'x' || c == 'X' || c == 'y' {
			return errReplyLine
		}
	}
	f, err := strconv.ParseFloat(string(line), 64)
	if err != nil {
		return errReplyLine
	}
	v.Double, v.Str = f, line
	return nil
}

func isInteger(b []byte) bool {
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		b = b[1:]
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}

func (k Kind) known() bool {
	switch k {
	case KindSimple, KindError, KindInt, KindBulk, KindArray, KindNull, KindBool, KindDouble, KindBigNumber,
		KindBulkError, KindVerbatim, KindMap, KindSet, KindPush, KindAttribute:
		return true
	}
	return false
}
