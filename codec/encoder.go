package codec

// Encoder appends replies to Buf in the protocol of one client: RESP3 if set, else RESP2. Aggregate methods write only
// the header; the caller writes the elements next. Field RESP3 may change between replies, as HELLO does.
type Encoder struct {
	Buf   []byte
	RESP3 bool
}

// OK writes the simple string "OK".
func (e *Encoder) OK() { e.Buf = append(e.Buf, "+OK\r\n"...) }

// Simple writes a simple string. CR and LF inside would break the stream and become spaces.
func (e *Encoder) Simple(s string) { e.Buf = AppendSimple(e.Buf, s) }

// Error writes an error reply: s is the code and the message, without the leading '-'. CR and LF become spaces.
func (e *Encoder) Error(s string) { e.Buf = AppendError(e.Buf, s) }

// Int writes an integer.
func (e *Encoder) Int(n int64) { e.Buf = AppendInt(e.Buf, n) }

// Bulk writes a bulk string.
func (e *Encoder) Bulk(b []byte) { e.Buf = AppendBulk(e.Buf, b) }

// BulkString writes a bulk string.
func (e *Encoder) BulkString(s string) { e.Buf = AppendBulk(e.Buf, s) }

// BulkInt writes an integer as a bulk string, as GET does for a counter.
func (e *Encoder) BulkInt(n int64) { e.Buf = AppendBulkInt(e.Buf, n) }

// Null writes the absent value: a null bulk string in RESP2.
func (e *Encoder) Null() {
	if e.RESP3 {
		e.Buf = append(e.Buf, "_\r\n"...)
	} else {
		e.Buf = append(e.Buf, "$-1\r\n"...)
	}
}

// NullArray writes the absent array: EXEC of a broken transaction, a blocking pop that timed out.
func (e *Encoder) NullArray() {
	if e.RESP3 {
		e.Buf = append(e.Buf, "_\r\n"...)
	} else {
		e.Buf = append(e.Buf, "*-1\r\n"...)
	}
}

// Array starts an array of n elements.
func (e *Encoder) Array(n int) { e.Buf = AppendHeader(e.Buf, '*', n) }

// Map starts a map of n pairs; in RESP2 an array of 2n elements.
func (e *Encoder) Map(n int) {
	if e.RESP3 {
		e.Buf = AppendHeader(e.Buf, '%', n)
	} else {
		e.Buf = AppendHeader(e.Buf, '*', 2*n)
	}
}

// Set starts a set of n elements; in RESP2 an array.
func (e *Encoder) Set(n int) { e.aggregate('~', n) }

// Push starts an out-of-band message of n elements; in RESP2 an array.
func (e *Encoder) Push(n int) { e.aggregate('>', n) }

func (e *Encoder) aggregate(kind byte, n int) {
	if !e.RESP3 {
		kind = '*'
	}
	e.Buf = AppendHeader(e.Buf, kind, n)
}

// Attribute starts n pairs of metadata about the reply that follows them. RESP2 cannot carry them: there it writes
// nothing, and the caller, who checks RESP3, MUST NOT write the pairs either.
func (e *Encoder) Attribute(n int) {
	if e.RESP3 {
		e.Buf = AppendHeader(e.Buf, '|', n)
	}
}

// Double writes a floating-point number; in RESP2 a bulk string.
func (e *Encoder) Double(f float64) {
	if e.RESP3 {
		e.Buf = append(AppendDouble(append(e.Buf, ','), f), '\r', '\n')
		return
	}
	var text [maxDoubleBytes]byte
	e.Buf = AppendBulk(e.Buf, AppendDouble(text[:0], f))
}

// Bool writes a boolean; in RESP2 the integer 1 or 0.
func (e *Encoder) Bool(v bool) {
	switch {
	case e.RESP3 && v:
		e.Buf = append(e.Buf, "#t\r\n"...)
	case e.RESP3:
		e.Buf = append(e.Buf, "#f\r\n"...)
	case v:
		e.Buf = append(e.Buf, ":1\r\n"...)
	default:
		e.Buf = append(e.Buf, ":0\r\n"...)
	}
}

// Verbatim writes text for humans in a format of three letters, such as "txt"; in RESP2 a bulk string without the format.
func (e *Encoder) Verbatim(ext, s string) {
	if !e.RESP3 {
		e.BulkString(s)
		return
	}
	e.Buf = AppendHeader(e.Buf, '=', len(s)+4)
	for i := range 3 { // the format has a fixed width
		if i < len(ext) {
			e.Buf = append(e.Buf, ext[i])
		} else {
			e.Buf = append(e.Buf, ' ')
		}
	}
	e.Buf = append(e.Buf, ':')
	e.Buf = append(e.Buf, s...)
	e.Buf = append(e.Buf, '\r', '\n')
}

// BigNumber writes an integer of any size, given as its digits; in RESP2 a bulk string.
func (e *Encoder) BigNumber(s string) {
	if !e.RESP3 {
		e.BulkString(s)
		return
	}
	e.Buf = append(e.Buf, '(')
	e.Buf = append(appendLine(e.Buf, s), '\r', '\n')
}

// Raw appends bytes that are RESP already.
func (e *Encoder) Raw(p []byte) { e.Buf = append(e.Buf, p...) }
