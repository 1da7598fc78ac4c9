package strlib

import (
	"strings"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
)

// maxCaptures is LUA_MAXCAPTURES.
const maxCaptures = 32

// maxDepth bounds how deep a match nests, which grows with the number of items in the pattern. The original has no bound and
// ends the process some time after this depth.
const maxDepth = 20000

// Lengths of captures that have none.
const (
	unfinished      = -1
	positionCapture = -2
)

// noMatch is returned instead of the end of a match.
const noMatch = -1

// capture is a part of the subject: where it starts and how long it is.
type capture struct{ start, length int }

// matcher matches one pattern against one subject. Positions in both are indices from 0.
type matcher struct {
	L        *glua.LState
	subject  string
	pattern  string // without an anchor
	interr   auxlib.Interrupt
	depth    int
	level    int // captures in use, finished or not
	captures [maxCaptures]capture
}

// init prepares the matcher. A pattern ends at its first NUL, as it is a C string in the original.
func (m *matcher) init(L *glua.LState, subject, pattern string) {
	if i := strings.IndexByte(pattern, 0); i >= 0 {
		pattern = pattern[:i]
	}
	m.L, m.subject, m.pattern = L, subject, pattern
	m.interr = auxlib.NewInterrupt(L)
}

// at returns the byte of the pattern at p, NUL after its end.
func (m *matcher) at(p int) byte {
	if p < len(m.pattern) {
		return m.pattern[p]
	}
	return 0
}

// start matches the pattern at a position of the subject and returns where the match ends.
func (m *matcher) start(s int) int {
	m.level, m.depth = 0, 0
	return m.match(s, 0)
}

// match matches the pattern from p on against the subject from s on.
func (m *matcher) match(s, p int) int {
	if m.depth++; m.depth > maxDepth {
		auxlib.Errorf(m.L, "pattern too complex")
	}
	end := m.matchItems(s, p)
	m.depth--
	return end
}

// matchItems matches items in a loop and nests only where it may have to come back.
func (m *matcher) matchItems(s, p int) int {
	for p < len(m.pattern) {
		m.interr.Step()
		switch c := m.pattern[p]; {
		case c == '(':
			if m.at(p+1) == ')' {
				return m.startCapture(s, p+2, positionCapture)
			}
			return m.startCapture(s, p+1, unfinished)
		case c == ')':
			return m.endCapture(s, p+1)
		case c == '$' && p+1 == len(m.pattern):
			if s != len(m.subject) {
				return noMatch
			}
			return s
		case c == '%' && m.at(p+1) == 'b':
			s = m.matchBalance(s, p+2)
			p += 4
		case c == '%' && m.at(p+1) == 'f':
			s, p = m.matchFrontier(s, p+2)
		case c == '%' && isDigit(m.at(p+1)):
			s = m.matchCapture(s, m.pattern[p+1])
			p += 2
		default:
			end := m.classEnd(p)
			switch m.at(end) {
			case '?':
				if m.matchOne(s, p, end) {
					if e := m.match(s+1, end+1); e != noMatch {
						return e
					}
				}
				p = end + 1
				continue
			case '*':
				return m.matchMost(s, p, end)
			case '+':
				if !m.matchOne(s, p, end) {
					return noMatch
				}
				return m.matchMost(s+1, p, end)
			case '-':
				return m.matchLeast(s, p, end)
			}
			if !m.matchOne(s, p, end) {
				return noMatch
			}
			s++
			p = end
		}
		if s == noMatch {
			return noMatch
		}
	}
	return s
}

// classEnd returns where the single character class that starts at p ends.
func (m *matcher) classEnd(p int) int {
	c := m.pattern[p]
	p++
	switch c {
	case '%':
		if p == len(m.pattern) {
			auxlib.Errorf(m.L, "malformed pattern (ends with '%%')")
		}
		return p + 1
	case '[':
		if m.at(p) == '^' {
			p++
		}
		for first := true; first || m.at(p) != ']'; first = false { // a ] in the first place stands for itself
			if p >= len(m.pattern) {
				auxlib.Errorf(m.L, "malformed pattern (missing ']')")
			}
			p++
			if m.pattern[p-1] == '%' && p < len(m.pattern) {
				p++
			}
		}
		return p + 1
	}
	return p
}

// matchOne tells whether the character at s is in the class pattern[p:end].
func (m *matcher) matchOne(s, p, end int) bool {
	if s >= len(m.subject) {
		return false
	}
	c := m.subject[s]
	switch m.pattern[p] {
	case '.':
		return true
	case '%':
		return inClass(c, m.pattern[p+1])
	case '[':
		return inSet(c, m.pattern, p, end-1)
	default:
		return m.pattern[p] == c
	}
}

// matchMost matches as many characters of the class as the rest of the pattern allows.
func (m *matcher) matchMost(s, p, end int) int {
	i := s
	for m.matchOne(i, p, end) {
		m.interr.Step()
		i++
	}
	if end+1 == len(m.pattern) {
		return i
	}
	for ; i >= s; i-- {
		if e := m.match(i, end+1); e != noMatch {
			return e
		}
	}
	return noMatch
}

// matchLeast matches as few characters of the class as the rest of the pattern allows.
func (m *matcher) matchLeast(s, p, end int) int {
	for {
		if e := m.match(s, end+1); e != noMatch {
			return e
		}
		if !m.matchOne(s, p, end) {
			return noMatch
		}
		s++
	}
}

// matchBalance matches %bxy, x and y being at p.
func (m *matcher) matchBalance(s, p int) int {
	if p+1 >= len(m.pattern) {
		auxlib.Errorf(m.L, "unbalanced pattern")
	}
	opening, closing := m.pattern[p], m.pattern[p+1]
	if s >= len(m.subject) || m.subject[s] != opening {
		return noMatch
	}
	open := 1
	for s++; s < len(m.subject); s++ {
		m.interr.Step()
		switch m.subject[s] {
		case closing:
			if open--; open == 0 {
				return s + 1
			}
		case opening:
			open++
		}
	}
	return noMatch
}

// matchFrontier matches %f[set], the set being at p, and returns the new positions in subject and pattern.
func (m *matcher) matchFrontier(s, p int) (int, int) {
	if m.at(p) != '[' {
		auxlib.Errorf(m.L, "missing '[' after '%%f' in pattern")
	}
	end := m.classEnd(p)
	var before, after byte // NUL beyond both ends
	if s > 0 {
		before = m.subject[s-1]
	}
	if s < len(m.subject) {
		after = m.subject[s]
	}
	if inSet(before, m.pattern, p, end-1) || !inSet(after, m.pattern, p, end-1) {
		return noMatch, end
	}
	return s, end
}
