package strlib

import (
	"strings"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
)

func gsub(L *glua.LState) int {
	s, pattern := auxlib.CheckString(L, 1), auxlib.CheckString(L, 2)
	replacement := L.Get(3)
	limit := auxlib.OptInt(L, 4, len(s)+1)
	anchored := strings.HasPrefix(pattern, "^")
	if anchored {
		pattern = pattern[1:]
	}
	switch replacement.Type() {
	case glua.LTNumber, glua.LTString, glua.LTFunction, glua.LTTable:
	default:
		auxlib.ArgError(L, 3, "string/function/table expected")
	}
	var m matcher
	m.init(L, s, pattern)
	var (
		out    []byte
		copied int // what of s is in out already
		count  int
	)
	for at := 0; count < limit; {
		m.interr.Step()
		end := m.start(at)
		if end != noMatch {
			count++
			out = m.appendReplacement(append(out, s[copied:at]...), replacement, at, end)
			copied = end
			auxlib.CheckLength(L, len(out))
		}
		switch {
		case end > at:
			at = end
		case at < len(s):
			at++
		default:
			limit = count
		}
		if anchored {
			break
		}
	}
	if count == 0 {
		L.Push(glua.LString(s))
	} else {
		auxlib.CheckLength(L, len(out)+len(s)-copied)
		L.Push(glua.LString(append(out, s[copied:]...)))
	}
	L.Push(glua.LNumber(count))
	return 2
}

// appendReplacement appends what takes the place of the match subject[start:end]: the match itself if a table or a function
// has nothing for it.
func (m *matcher) appendReplacement(out []byte, replacement glua.LValue, start, end int) []byte {
	var v glua.LValue
	switch r := replacement.(type) {
	case *glua.LFunction:
		m.L.Push(r)
		n := m.pushCaptures(start, end)
		m.L.Call(n, 1)
		v = m.L.Get(-1)
		m.L.Pop(1)
	case *glua.LTable:
		v = m.L.GetTable(r, m.capture(0, start, end))
	default:
		text, _ := auxlib.ToString(replacement)
		return m.appendTemplate(out, text, start, end)
	}
	if !glua.LVAsBool(v) {
		return append(out, m.subject[start:end]...)
	}
	text, ok := auxlib.ToString(v)
	if !ok {
		auxlib.Errorf(m.L, "invalid replacement value (a %s)", v.Type())
	}
	return append(out, text...)
}

// appendTemplate appends a replacement text, in which %0 to %9 stand for captures and %c for any other c.
func (m *matcher) appendTemplate(out []byte, text string, start, end int) []byte {
	for {
		i := strings.IndexByte(text, '%')
		if i < 0 {
			return append(out, text...)
		}
		out = append(out, text[:i]...)
		var c byte // a last % is followed by the NUL that ends the text
		if i+1 < len(text) {
			c = text[i+1]
		}
		text = text[min(i+2, len(text)):]
		switch {
		case c == '0':
			out = append(out, m.subject[start:end]...)
		case isDigit(c):
			captured, _ := auxlib.ToString(m.capture(int(c)-'1', start, end))
			out = append(out, captured...)
		default:
			out = append(out, c)
		}
		auxlib.CheckLength(m.L, len(out))
	}
}
