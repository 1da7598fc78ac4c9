package syntax

import "strconv"

// token is a kind of token: a byte that stands for itself, or one of those below.
type token int

const (
	tokAnd token = iota + 257
	tokBreak
	tokDo
	tokElse
	tokElseif
	tokEnd
	tokFalse
	tokFor
	tokFunction
	tokIf
	tokIn
	tokLocal
	tokNil
	tokNot
	tokOr
	tokRepeat
	tokReturn
	tokThen
	tokTrue
	tokUntil
	tokWhile
	tokConcat
	tokDots
	tokEq
	tokGe
	tokLe
	tokNe
	tokNumber
	tokName
	tokString
	tokEOF
)

var tokenNames = [...]string{
	"and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local", "nil", "not", "or", "repeat",
	"return", "then", "true", "until", "while", "..", "...", "==", ">=", "<=", "~=", "<number>", "<name>", "<string>", "<eof>",
}

// reserved are the words that cannot be names.
var reserved = func() map[string]token {
	m := make(map[string]token)
	for t := tokAnd; t <= tokWhile; t++ {
		m[tokenNames[t-tokAnd]] = t
	}
	return m
}()

// String is how error messages show a token.
func (t token) String() string {
	switch {
	case t >= tokAnd:
		return tokenNames[t-tokAnd]
	case t < ' ' || t == 127:
		return "char(" + strconv.Itoa(int(t)) + ")"
	}
	return string([]byte{byte(t)})
}
