package cjson

import (
	"unicode/utf8"

	"github.com/mnorrsken/postkeys/lua/number"
)

// kind is the kind of a token, by the name that error texts have for it.
type kind string

const (
	objectBegin kind = "T_OBJ_BEGIN"
	objectEnd   kind = "T_OBJ_END"
	arrayBegin  kind = "T_ARR_BEGIN"
	arrayEnd    kind = "T_ARR_END"
	text        kind = "T_STRING"
	numeral     kind = "T_NUMBER"
	boolean     kind = "T_BOOLEAN"
	null        kind = "T_NULL"
	colon       kind = "T_COLON"
	comma       kind = "T_COMMA"
	end         kind = "T_END"

	// Errors take the place of tokens.
	invalidToken   kind = "invalid token"
	invalidNumber  kind = "invalid number"
	invalidEscape  kind = "invalid escape code"
	invalidUnicode kind = "invalid unicode escape code"
	unfinishedText kind = "unexpected end of string"
)

// token is a token with its value and its place.
type token struct {
	kind   kind
	index  int // of its first byte, or of the byte an error is about
	text   string
	number float64
	truth  bool
}

// scanner splits JSON into tokens. The original reads a C string: the first NUL ends the text.
type scanner struct {
	data         string
	at           int
	takesInvalid bool // numbers that JSON does not know
	scratch      []byte
}

// byteAt returns the byte at i, NUL after the end.
func (s *scanner) byteAt(i int) byte {
	if i < len(s.data) {
		return s.data[i]
	}
	return 0
}

// next reads a token.
func (s *scanner) next(t *token) {
	c := s.byteAt(s.at)
	for c == ' ' || c == '\t' || c == '\n' || c == '\r' {
		s.at++
		c = s.byteAt(s.at)
	}
	t.index = s.at
	switch c {
	case '{':
		t.kind = objectBegin
	case '}':
		t.kind = objectEnd
	case '[':
		t.kind = arrayBegin
	case ']':
		t.kind = arrayEnd
	case ',':
		t.kind = comma
	case ':':
		t.kind = colon
	case 0:
		t.kind = end
		return
	case '"':
		s.string(t)
		return
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		if !s.takesInvalid && s.isInvalidNumber() {
			t.kind = invalidNumber
			return
		}
		s.number(t)
		return
	default:
		s.word(t, c)
		return
	}
	s.at++
}

// word reads true, false, null, and the numbers that start with other characters.
func (s *scanner) word(t *token, c byte) {
	switch {
	case c == 't' && s.hasWord("true"):
		t.kind, t.truth = boolean, true
	case c == 'f' && s.hasWord("false"):
		t.kind, t.truth = boolean, false
	case c == 'n' && s.hasWord("null"):
		t.kind = null
	case s.takesInvalid && (c == '+' || c|0x20 == 'i' || c|0x20 == 'n') && s.isInvalidNumber():
		s.number(t)
	default:
		t.kind = invalidToken
	}
}

// hasWord skips a word if it is next.
func (s *scanner) hasWord(word string) bool {
	if len(s.data)-s.at < len(word) || s.data[s.at:s.at+len(word)] != word {
		return false
	}
	s.at += len(word)
	return true
}

func (s *scanner) number(t *token) {
	f, n := number.Prefix(s.data[s.at:])
	if n == 0 {
		t.kind = invalidNumber
		return
	}
	t.kind, t.number = numeral, f
	s.at += n
}

// isInvalidNumber recognises numbers that strtod reads and JSON does not have: with a plus, in hexadecimal, with leading
// zeros, infinities and NaNs.
func (s *scanner) isInvalidNumber() bool {
	i := s.at
	if s.data[i] == '+' {
		return true
	}
	if s.data[i] == '-' {
		i++
	}
	switch c := s.byteAt(i); {
	case c == '0':
		after := s.byteAt(i + 1)
		return after|0x20 == 'x' || after >= '0' && after <= '9'
	case c|0x20 == 'i':
		return s.byteAt(i+1)|0x20 == 'n' && s.byteAt(i+2)|0x20 == 'f'
	case c|0x20 == 'n':
		return s.byteAt(i+1)|0x20 == 'a' && s.byteAt(i+2)|0x20 == 'n'
	}
	return false
}

// string reads a string. One without escapes is a part of the input and is not copied.
func (s *scanner) string(t *token) {
	s.at++
	start := s.at
	for i := start; i < len(s.data); i++ {
		switch s.data[i] {
		case '"':
			t.kind, t.text = text, s.data[start:i]
			s.at = i + 1
			return
		case '\\':
			s.at = i
			s.escaped(t, start)
			return
		case 0:
			t.kind, t.index = unfinishedText, i
			return
		}
	}
	t.kind, t.index = unfinishedText, len(s.data)
}

// escaped reads on from the first escape of a string that began at start.
func (s *scanner) escaped(t *token, start int) {
	out := append(s.scratch[:0], s.data[start:s.at]...)
	for {
		c := s.byteAt(s.at)
		switch c {
		case '"':
			s.at++
			t.kind, t.text = text, string(out)
			if cap(out) <= keptBuffer {
				s.scratch = out
			}
			return
		case 0:
			t.kind, t.index = unfinishedText, s.at
			return
		case '\\':
			c = s.byteAt(s.at + 1)
			if c == 'u' {
				r, length := s.unicode()
				if length == 0 {
					t.kind, t.index = invalidUnicode, s.at
					return
				}
				out = utf8.AppendRune(out, r)
				s.at += length
				continue
			}
			if c = unescape[c]; c == 0 {
				t.kind, t.index = invalidEscape, s.at
				return
			}
			s.at++
		}
		out = append(out, c)
		s.at++
	}
}

// unescape has the characters that follow a backslash and what they stand for.
var unescape = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 't': '\t', 'n': '\n', 'f': '\f', 'r': '\r'}

// unicode reads an escape of four hexadecimal digits or a pair of surrogates and returns its length too, 0 if it is malformed.
func (s *scanner) unicode() (r rune, length int) {
	r = s.hex4(s.at + 2)
	switch {
	case r < 0:
		return 0, 0
	case r&0xF800 != 0xD800:
		return r, 6
	case r&0x400 != 0 || s.byteAt(s.at+6) != '\\' || s.byteAt(s.at+7) != 'u':
		return 0, 0
	}
	low := s.hex4(s.at + 8)
	if low < 0 || low&0xFC00 != 0xDC00 {
		return 0, 0
	}
	return (r&0x3FF)<<10 + low&0x3FF + 0x10000, 12
}

// hex4 reads four hexadecimal digits, -1 if there are others.
func (s *scanner) hex4(at int) rune {
	r := rune(0)
	for i := range 4 {
		c := s.byteAt(at + i)
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 + rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 + rune(c|0x20-'a') + 10
		default:
			return -1
		}
	}
	return r
}
