package lua

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// errBadReply is a bug of the Caller.
var errBadReply = errors.New("lua: a command's reply is not RESP")

// replyReader turns a command's reply into Lua values, without a tree in between.
type replyReader struct {
	L   *glua.LState
	b   []byte
	pos int
	err error
}

// readReply converts a whole reply. isError tells that it is an error, which redis.call raises.
func readReply(L *glua.LState, reply []byte) (v glua.LValue, isError bool, err error) {
	r := replyReader{L: L, b: reply}
	v = r.value()
	if r.err == nil && r.pos != len(reply) {
		r.err = errBadReply
	}
	return v, len(reply) > 0 && reply[0] == '-', r.err
}

// line reads up to the next CR LF.
func (r *replyReader) line() []byte {
	rest := r.b[r.pos:]
	end := bytes.IndexByte(rest, '\r')
	if end < 0 || end+1 >= len(rest) {
		r.err = errBadReply
		return nil
	}
	r.pos += end + 2
	return rest[:end]
}

// length reads a length, which is -1 for RESP2's null, and no more than the bytes that are left.
func (r *replyReader) length() int {
	line := r.line()
	n, negative := 0, false
	for i, c := range line {
		if i == 0 && c == '-' {
			negative = true
			continue
		}
		if n = n*10 + int(c-'0'); c < '0' || c > '9' || n > len(r.b) {
			r.err = errBadReply
			return 0
		}
	}
	if len(line) == 0 {
		r.err = errBadReply
	}
	if negative {
		return -1
	}
	return n
}

// bytes reads the body of a bulk string.
func (r *replyReader) bytes(n int) string {
	if n < 0 || r.pos+n+2 > len(r.b) {
		r.err = errBadReply
		return ""
	}
	s := string(r.b[r.pos : r.pos+n])
	r.pos += n + 2
	return s
}

func (r *replyReader) value() glua.LValue {
	if r.err != nil || r.pos >= len(r.b) {
		r.err = errBadReply
		return glua.LNil
	}
	kind := r.b[r.pos]
	r.pos++
	switch kind {
	case '$':
		if n := r.length(); n >= 0 {
			return glua.LString(r.bytes(n))
		}
		return glua.LFalse
	case ':':
		return r.integer()
	case '+':
		return r.field("ok", glua.LString(r.line()))
	case '-':
		return r.error()
	case '*', '>':
		return r.array()
	case '_':
		r.line()
		return glua.LNil
	case '#':
		return glua.LBool(string(r.line()) == "t")
	case ',':
		return r.field("double", r.double())
	case '(':
		return r.field("big_number", glua.LString(r.line()))
	case '=':
		return r.verbatim()
	case '%':
		return r.aMap()
	case '~':
		return r.set()
	case '|':
		// Attributes are not shown to scripts.
		for n := 2 * r.length(); n > 0 && r.err == nil; n-- {
			r.value()
		}
		return r.value()
	}
	r.err = errBadReply
	return glua.LNil
}

func (r *replyReader) integer() glua.LValue {
	line := r.line()
	n, err := strconv.ParseInt(string(line), 10, 64)
	if err != nil {
		r.err = errBadReply
	}
	return glua.LNumber(n)
}

func (r *replyReader) double() glua.LValue {
	line := string(r.line())
	if strings.TrimPrefix(line, "-") == "nan" {
		return glua.LNumber(math.NaN())
	}
	f, err := strconv.ParseFloat(line, 64)
	if err != nil && !math.IsInf(f, 0) {
		r.err = errBadReply
	}
	return glua.LNumber(f)
}

// field makes the table of one field that RESP types without a Lua type become.
func (r *replyReader) field(name string, v glua.LValue) *glua.LTable {
	t := r.L.CreateTable(0, 1)
	t.RawSetString(name, v)
	return t
}

func (r *replyReader) error() glua.LValue {
	t := errorTable(r.L, "-"+string(r.line()))
	t.RawSetString("ignore_error_stats_update", glua.LTrue)
	return t
}

func (r *replyReader) array() glua.LValue {
	n := r.length()
	if n < 0 {
		return glua.LFalse
	}
	t := r.L.CreateTable(n, 0)
	for i := 1; i <= n && r.err == nil; i++ {
		t.RawSetInt(i, r.value())
	}
	return t
}

func (r *replyReader) verbatim() glua.LValue {
	s := r.bytes(r.length())
	if len(s) < 4 {
		r.err = errBadReply
		return glua.LNil
	}
	t := r.L.CreateTable(0, 2)
	t.RawSetString("string", glua.LString(s[4:]))
	t.RawSetString("format", glua.LString(s[:3]))
	return r.field("verbatim_string", t)
}

func (r *replyReader) aMap() glua.LValue {
	n := r.length()
	t := r.L.CreateTable(0, 0)
	for ; n > 0 && r.err == nil; n-- {
		key := r.value()
		r.put(t, key, r.value())
	}
	return r.field("map", t)
}

func (r *replyReader) set() glua.LValue {
	n := r.length()
	t := r.L.CreateTable(0, 0)
	for ; n > 0 && r.err == nil; n-- {
		r.put(t, r.value(), glua.LTrue)
	}
	return r.field("set", t)
}

// put sets a field, if Lua can have one by that key.
func (r *replyReader) put(t *glua.LTable, key, v glua.LValue) {
	if r.err == nil && key != glua.LNil {
		t.RawSet(key, v)
	}
}

// errorTable makes the table that stands for an error. A text that begins with '-' has its own code, any other gets ERR.
func errorTable(L *glua.LState, text string) *glua.LTable {
	if rest, ok := strings.CutPrefix(text, "-"); ok {
		code, msg, found := strings.Cut(rest, " ")
		if !found {
			code, msg = "ERR", rest
		}
		text = code + " " + strings.Trim(msg, "\r\n")
	} else {
		text = "ERR " + strings.Trim(text, "\r\n")
	}
	t := L.CreateTable(0, 3)
	t.RawSetString("err", glua.LString(text))
	return t
}
