package syntax

import (
	"fmt"
	"strings"

	"github.com/mnorrsken/postkeys/lua/number"
)

// Error is a source that is no Lua: the text that Lua 5.1 would have.
type Error string

// Error implements error.
func (e Error) Error() string { return string(e) }

// lexeme is a token with what it carries.
type lexeme struct {
	tok  token
	text string // of a name or a string
	raw  string // as messages show it, escapes resolved; empty for tokens that are always spelled the same
	num  float64
}

// lexer splits a source into tokens.
type lexer struct {
	src   string
	pos   int
	line  int
	chunk string // how messages name the source
	start int    // of the token that is being read
}

const eof = -1

func (l *lexer) peek() int {
	if l.pos < len(l.src) {
		return int(l.src[l.pos])
	}
	return eof
}

func (l *lexer) peekAt(n int) int {
	if l.pos+n < len(l.src) {
		return int(l.src[l.pos+n])
	}
	return eof
}

// fail ends parsing. near is the token that the message shows; none if empty.
func (l *lexer) fail(message, near string) {
	text := fmt.Sprintf("%s:%d: %s", l.chunk, l.line, message)
	if near != "" {
		if i := strings.IndexByte(near, 0); i >= 0 {
			near = near[:i]
		}
		text += " near '" + near + "'"
	}
	panic(Error(text))
}

// failHere shows the token as far as it was read.
func (l *lexer) failHere(message string) { l.fail(message, l.src[l.start:min(l.pos, len(l.src))]) }

// newline steps over a line end: \n, \r, or both in either order.
func (l *lexer) newline() {
	first := l.peek()
	l.pos++
	if c := l.peek(); (c == '\n' || c == '\r') && c != first {
		l.pos++
	}
	l.line++
}

// next reads a token.
func (l *lexer) next() lexeme {
	for {
		l.start = l.pos
		c := l.peek()
		switch c {
		case eof:
			return lexeme{tok: tokEOF}
		case '\n', '\r':
			l.newline()
		case ' ', '\t', '\v', '\f':
			l.pos++
		case '-':
			if l.peekAt(1) != '-' {
				return l.single()
			}
			l.comment()
		case '[':
			switch level := l.longOpening(); {
			case level >= 0:
				text := l.long(level, "unfinished long string")
				return lexeme{tok: tokString, text: text, raw: bracket('[', level) + text + bracket(']', level)}
			case l.peekAt(1) == '=':
				l.pos++
				for l.peek() == '=' {
					l.pos++
				}
				l.failHere("invalid long string delimiter")
			}
			return l.single()
		case '=':
			return l.maybeEqual(tokEq)
		case '<':
			return l.maybeEqual(tokLe)
		case '>':
			return l.maybeEqual(tokGe)
		case '~':
			return l.maybeEqual(tokNe)
		case '"', '\'':
			text := l.quoted(byte(c))
			quote := string(rune(c))
			return lexeme{tok: tokString, text: text, raw: quote + text + quote}
		case '.':
			return l.dots()
		default:
			return l.word(c)
		}
	}
}

func (l *lexer) single() lexeme {
	l.pos++
	return lexeme{tok: token(l.src[l.pos-1])}
}

// maybeEqual reads a character that is another token if '=' follows.
func (l *lexer) maybeEqual(t token) lexeme {
	if l.peekAt(1) == '=' {
		l.pos += 2
		return lexeme{tok: t}
	}
	return l.single()
}

func (l *lexer) dots() lexeme {
	switch {
	case strings.HasPrefix(l.src[l.pos:], "..."):
		l.pos += 3
		return lexeme{tok: tokDots}
	case l.peekAt(1) == '.':
		l.pos += 2
		return lexeme{tok: tokConcat}
	case isDigit(l.peekAt(1)):
		return l.number()
	}
	return l.single()
}

func (l *lexer) word(c int) lexeme {
	switch {
	case isDigit(c):
		return l.number()
	case isAlpha(c):
		for isAlpha(l.peek()) || isDigit(l.peek()) {
			l.pos++
		}
		text := l.src[l.start:l.pos]
		if t, ok := reserved[text]; ok {
			return lexeme{tok: t}
		}
		return lexeme{tok: tokName, text: text, raw: text}
	}
	return l.single()
}

// number reads what looks like a number as far as it does, then converts it.
func (l *lexer) number() lexeme {
	for isDigit(l.peek()) || l.peek() == '.' {
		l.pos++
	}
	if c := l.peek(); c == 'e' || c == 'E' {
		l.pos++
		if c := l.peek(); c == '+' || c == '-' {
			l.pos++
		}
	}
	for isAlpha(l.peek()) || isDigit(l.peek()) {
		l.pos++
	}
	text := l.src[l.start:l.pos]
	f, ok := number.Parse(text)
	if !ok {
		l.fail("malformed number", text)
	}
	return lexeme{tok: tokNumber, raw: text, num: f}
}

func (l *lexer) comment() {
	l.pos += 2
	if l.peek() == '[' {
		if level := l.longOpening(); level >= 0 {
			l.long(level, "unfinished long comment")
			return
		}
	}
	for c := l.peek(); c != eof && c != '\n' && c != '\r'; c = l.peek() {
		l.pos++
	}
}

// longOpening is the level of the long bracket at the position; -1 if there is none.
func (l *lexer) longOpening() int {
	n := 1
	for l.peekAt(n) == '=' {
		n++
	}
	if l.peekAt(n) != '[' {
		return -1
	}
	return n - 1
}

func bracket(c byte, level int) string { return string(c) + strings.Repeat("=", level) + string(c) }

// long reads a long string or comment.
func (l *lexer) long(level int, unfinished string) string {
	l.pos += level + 2
	if c := l.peek(); c == '\n' || c == '\r' {
		l.newline()
	}
	closing := bracket(']', level)
	var b strings.Builder
	for {
		switch c := l.peek(); c {
		case eof:
			l.fail(unfinished, tokEOF.String())
		case '\n', '\r':
			l.newline()
			b.WriteByte('\n')
		case ']':
			if strings.HasPrefix(l.src[l.pos:], closing) {
				l.pos += len(closing)
				return b.String()
			}
			b.WriteByte(']')
			l.pos++
		default:
			b.WriteByte(byte(c))
			l.pos++
		}
	}
}

// quoted reads a string in quotes.
func (l *lexer) quoted(quote byte) string {
	l.pos++
	var b strings.Builder
	for {
		switch c := l.peek(); c {
		case eof:
			l.fail("unfinished string", tokEOF.String())
		case '\n', '\r':
			l.fail("unfinished string", string(quote)+b.String())
		case int(quote):
			l.pos++
			return b.String()
		case '\\':
			l.pos++
			l.escape(&b)
		default:
			b.WriteByte(byte(c))
			l.pos++
		}
	}
}

var escapes = map[int]byte{'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v'}

// escape reads what follows a backslash.
func (l *lexer) escape(b *strings.Builder) {
	c := l.peek()
	switch {
	case c == eof: // the next turn reports it
	case c == '\n' || c == '\r':
		l.newline()
		b.WriteByte('\n')
	case isDigit(c):
		n := 0
		for i := 0; i < 3 && isDigit(l.peek()); i++ {
			n = n*10 + l.peek() - '0'
			l.pos++
		}
		if n > 255 {
			l.fail("escape sequence too large", l.src[l.start:l.start+1]+b.String())
		}
		b.WriteByte(byte(n))
	default:
		if e, ok := escapes[c]; ok {
			c = int(e)
		}
		b.WriteByte(byte(c))
		l.pos++
	}
}

func isDigit(c int) bool { return c >= '0' && c <= '9' }

func isAlpha(c int) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }
