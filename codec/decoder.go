package codec

import (
	"bytes"
	"errors"
	"sync"
)

// Decoder finds one command at a time in a growing buffer. Its zero value is ready.
//
// How a command that arrives in pieces is decoded:
//
//  1. Decode meets the end of the bytes and answers ErrIncomplete. It keeps where it was (pos, scan, left, body, bulk)
//     and the lengths of the arguments found so far (lens, from a pool: an idle Decoder holds nothing).
//  2. The next call goes on at pos. Offsets are relative to the start of the command, so the buffer may have moved.
//  3. When the last argument is there, finish turns the lengths into slices in one pass.
//
// All work is proportional to the new bytes, except for that last pass over the arguments.
type Decoder struct {
	pos  int    // offset of the first byte not yet understood
	scan int    // the line at pos has no end before this offset
	left int    // arguments still to come; 0 between commands and in inline commands
	bulk int    // length of the argument at pos, valid if body
	need int    // bytes missing at least, see Need
	lens *[]int // lengths of the arguments found by earlier calls; nil if there was no earlier call
	body bool   // the length line of the argument at pos has been read
}

var lensPool = sync.Pool{New: func() any { return new([]int) }}

// maxPooledLens keeps the arrays of a rare giant command from staying in the pool.
const maxPooledLens = 4096

// Decode parses the command at the start of b and appends its arguments to args, as slices of b. It returns how many
// bytes the command took.
//
// The error is nil, ErrIncomplete (n is 0: call again with the same bytes and more; fewer than before are harmless and
// just as incomplete), or a *ProtocolError. Zero arguments
// with n > 0 are an empty command, which Redis ignores. The arguments of an inline command with quotes are unescaped in
// place, so b must be writable. A nil lim means DefaultLimits.
func (d *Decoder) Decode(b []byte, args [][]byte, lim *Limits) (out [][]byte, n int, err error) {
	if lim == nil {
		lim = &DefaultLimits
	}
	if d.left == 0 {
		if len(b) == 0 {
			d.need = 1
			return args, 0, ErrIncomplete
		}
		if b[0] != '*' {
			return d.inline(b, args, lim)
		}
		count, next := shortLength(b, 0)
		if next == 0 || count > lim.MaxArgs {
			if count, next, err = d.argCount(b, lim); err != nil {
				return args, 0, err
			}
		}
		if count == 0 {
			d.Reset()
			return args, next, nil
		}
		d.pos, d.left = next, count
	}
	return d.multibulk(b, args, lim)
}

// argCount reads the "*<count>" line that starts a command. No arguments and a negative count of them are the same.
func (d *Decoder) argCount(b []byte, lim *Limits) (count, next int, err error) {
	n, next, err := d.length(b, 0, '*', lim, errMultibulkHeader, errMultibulkLength)
	if err != nil {
		return 0, 0, err
	}
	if err := lim.checkArgs(n); err != nil {
		return 0, 0, d.fail(err)
	}
	return int(max(n, 0)), next, nil
}

// multibulk reads arguments from d.pos on, straight into args while the command is seen for the first time, else into
// d.lens.
func (d *Decoder) multibulk(b []byte, args [][]byte, lim *Limits) (out [][]byte, n int, err error) {
	base, pos := len(args), d.pos
	for d.left > 0 {
		if !d.body {
			size, next, err := d.bulkLength(b, pos, lim)
			if err != nil {
				return d.suspend(b, args, base, pos, err)
			}
			d.bulk, d.body, pos = size, true, next
		}
		end := pos + d.bulk
		if len(b)-end < 2 { // Redis does not look at the two bytes, which are CR LF if the client is sane
			d.need = end + 2 - len(b)
			return d.suspend(b, args, base, pos, ErrIncomplete)
		}
		if d.lens != nil {
			*d.lens = append(*d.lens, d.bulk)
		} else {
			args = append(args, b[pos:end:end])
		}
		d.body = false
		d.left--
		pos = end + 2
	}
	if d.lens != nil {
		args = d.finish(b, args)
	}
	d.Reset()
	return args, pos, nil
}

// bulkLength reads the "$<length>" line at pos.
func (d *Decoder) bulkLength(b []byte, pos int, lim *Limits) (size, next int, err error) {
	if n, next := shortLength(b, pos); next > 0 && b[pos] == '$' && int64(n) <= lim.MaxBulkBytes {
		return n, next, nil
	}
	n, next, err := d.length(b, pos, '$', lim, errBulkHeader, errBulkLength)
	if err != nil {
		return 0, 0, err
	}
	if err := lim.checkBulk(n); err != nil {
		return 0, 0, d.fail(err)
	}
	return int(n), next, nil
}

// shortLength is a fast way through the lines that nearly all clients send: a type byte, up to nine digits, CR and one
// byte more, all there. next is 0 for any other line, which length has to judge.
func shortLength(b []byte, pos int) (n, next int) {
	i := pos + 1
	if i >= len(b) || b[i] == '0' {
		return 0, 0
	}
	for last := min(len(b), i+9); i < last && b[i]-'0' <= 9; i++ {
		n = n*10 + int(b[i]-'0')
	}
	if i == pos+1 || i+1 >= len(b) || b[i] != '\r' {
		return 0, 0
	}
	return n, i + 2
}

// length reads the number in the line at pos, behind its type byte. As in Redis, a line is judged only when it is
// complete, it ends at CR and whatever byte follows, and a NUL hides its end.
func (d *Decoder) length(b []byte, pos int, kind byte, lim *Limits, tooBig, invalid *ProtocolError) (n int64, next int, err error) {
	end := d.lineEnd(b, pos, '\r', lim.MaxInlineBytes)
	if end < 0 {
		if len(b)-pos > lim.MaxInlineBytes {
			return 0, 0, d.fail(tooBig)
		}
		d.need = 1
		return 0, 0, ErrIncomplete
	}
	if end+2 > len(b) {
		d.need = 1
		return 0, 0, ErrIncomplete
	}
	if b[pos] != kind {
		return 0, 0, d.fail(errExpectedBulk(b[pos]))
	}
	n, ok := parseInt(b[pos+1 : end])
	if !ok {
		return 0, 0, d.fail(invalid)
	}
	d.scan = 0
	return n, end + 2, nil
}

// lineEnd finds the byte that ends the line at pos, or -1. It remembers in d.scan how far it has looked.
func (d *Decoder) lineEnd(b []byte, pos int, end byte, maxBytes int) int {
	from := max(d.scan, pos)
	until := min(len(b), pos+maxBytes+1)
	if from >= until {
		return -1
	}
	line := b[from:until]
	i := bytes.IndexByte(line, end)
	if i >= 0 {
		line = line[:i]
	}
	if nul := bytes.IndexByte(line, 0); nul >= 0 {
		d.scan = from + nul
		return -1
	}
	if i < 0 {
		d.scan = from + len(line)
		return -1
	}
	return from + i
}

// suspend ends a call without a command. If more bytes can help, it saves what this call has found.
func (d *Decoder) suspend(b []byte, args [][]byte, base, pos int, err error) ([][]byte, int, error) {
	if !errors.Is(err, ErrIncomplete) {
		return args[:base], 0, err
	}
	if d.lens == nil {
		d.lens = lensPool.Get().(*[]int)
		for _, arg := range args[base:] {
			*d.lens = append(*d.lens, len(arg))
		}
	}
	clear(args[base:]) // nothing beyond the length may keep b alive
	d.pos = pos
	// Growing by no more than what has already arrived keeps a declared length from costing memory.
	d.need = min(d.need, max(len(b), minNeed))
	return args[:base], 0, ErrIncomplete
}

// finish appends the arguments of a command that came in pieces. Numbers have one spelling only, so the lengths tell
// where each argument is.
func (d *Decoder) finish(b []byte, args [][]byte) [][]byte {
	pos := 3 + decimalLen(len(*d.lens))
	for _, n := range *d.lens {
		pos += 3 + decimalLen(n)
		args = append(args, b[pos:pos+n:pos+n])
		pos += n + 2
	}
	return args
}

func (d *Decoder) fail(err *ProtocolError) error {
	d.Reset()
	return err
}

// Reset forgets a command in progress. Call it when the connection ends, so that pooled memory goes back.
func (d *Decoder) Reset() {
	if d.lens != nil {
		if cap(*d.lens) <= maxPooledLens {
			*d.lens = (*d.lens)[:0]
			lensPool.Put(d.lens)
		}
	}
	*d = Decoder{}
}

// minNeed is what Need may ask for however little has arrived.
const minNeed = 1024

// Need is a hint for growing the buffer after ErrIncomplete: the current command surely needs this many bytes more, or
// at least that many (0: unknown). It never exceeds what the command has already received, or 1 KB, so a buffer may be
// grown by it without trusting the peer.
func (d *Decoder) Need() int { return d.need }

// Pending tells whether the last call ended for want of bytes.
func (d *Decoder) Pending() bool { return d.need > 0 }
