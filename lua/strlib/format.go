package strlib

import (
	"strings"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
	"github.com/mnorrsken/postkeys/lua/number"
)

// longString is the length from which %s without a precision writes a string as it is, NULs included, and without padding.
const longString = 100

// format is string.format.
func format(L *glua.LState) int {
	text := auxlib.CheckString(L, 1)
	var out []byte
	arg := 1
	for {
		i := strings.IndexByte(text, '%')
		if i < 0 {
			break
		}
		out = append(out, text[:i]...)
		text = text[i+1:]
		if strings.HasPrefix(text, "%") {
			out = append(out, '%')
			text = text[1:]
			continue
		}
		if arg++; arg > L.GetTop() {
			auxlib.ArgError(L, arg, "no value")
		}
		var s spec
		text = s.scan(L, text)
		out = appendItem(L, out, &s, arg)
		auxlib.CheckLength(L, len(out))
	}
	auxlib.CheckLength(L, len(out)+len(text))
	L.Push(glua.LString(append(out, text...)))
	return 1
}

// scan reads what follows a %, up to the conversion character, and returns the text behind it.
func (s *spec) scan(L *glua.LState, text string) string {
	flags := len(text) - len(strings.TrimLeft(text, "-+ #0"))
	if flags > 5 {
		auxlib.Errorf(L, "invalid format (repeated flags)")
	}
	for _, c := range []byte(text[:flags]) {
		switch c {
		case '-':
			s.left = true
		case '+':
			s.plus = true
		case ' ':
			s.space = true
		case '#':
			s.alternate = true
		case '0':
			s.zeros = true
		}
	}
	text = text[flags:]
	s.width, text = twoDigits(text)
	s.precision = -1
	if strings.HasPrefix(text, ".") {
		s.precision, text = twoDigits(text[1:])
	}
	if text == "" {
		return "" // the conversion is the NUL behind the text
	}
	if isDigit(text[0]) {
		auxlib.Errorf(L, "invalid format (width or precision too long)")
	}
	s.conversion = text[0]
	return text[1:]
}

// twoDigits reads a number of at most two digits, 0 if there is none.
func twoDigits(text string) (n int, rest string) {
	for i := 0; i < 2 && text != "" && isDigit(text[0]); i++ {
		n = n*10 + int(text[0]-'0')
		text = text[1:]
	}
	return n, text
}

// appendItem appends an argument as its conversion says.
func appendItem(L *glua.LState, out []byte, s *spec, arg int) []byte {
	switch s.conversion {
	case 'c':
		return s.appendChar(out, byte(number.ToInt32(auxlib.CheckNumber(L, arg))))
	case 'd', 'i':
		return s.appendSigned(out, number.ToInt64(auxlib.CheckNumber(L, arg)))
	case 'o', 'u', 'x', 'X':
		return s.appendUnsigned(out, number.ToUint64(auxlib.CheckNumber(L, arg)))
	case 'e', 'E', 'f', 'g', 'G':
		return s.appendFloat(out, auxlib.CheckNumber(L, arg))
	case 'q':
		return appendQuoted(out, auxlib.CheckString(L, arg))
	case 's':
		text := auxlib.CheckString(L, arg)
		if s.precision < 0 && len(text) >= longString {
			auxlib.CheckLength(L, len(out)+len(text))
			return append(out, text...)
		}
		return s.appendString(out, text)
	case 0:
		auxlib.Errorf(L, "invalid option '%%' to 'format'")
	}
	auxlib.Errorf(L, "invalid option '%%%s' to 'format'", string([]byte{s.conversion}))
	return nil
}

// appendQuoted appends a string in a form that Lua reads back.
func appendQuoted(out []byte, text string) []byte {
	out = append(out, '"')
	for i := range len(text) {
		switch c := text[i]; c {
		case '"', '\\', '\n':
			out = append(out, '\\', c)
		case '\r':
			out = append(out, `\r`...)
		case 0:
			out = append(out, `\000`...)
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}
