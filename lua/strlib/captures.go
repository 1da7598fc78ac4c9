package strlib

import (
	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
)

// startCapture opens a capture and matches the rest of the pattern.
func (m *matcher) startCapture(s, p, kind int) int {
	if m.level >= maxCaptures {
		auxlib.Errorf(m.L, "too many captures")
	}
	m.captures[m.level] = capture{s, kind}
	m.level++
	end := m.match(s, p)
	if end == noMatch {
		m.level--
	}
	return end
}

// endCapture closes the innermost open capture and matches the rest of the pattern.
func (m *matcher) endCapture(s, p int) int {
	i := m.level - 1
	for i >= 0 && m.captures[i].length != unfinished {
		i--
	}
	if i < 0 {
		auxlib.Errorf(m.L, "invalid pattern capture")
	}
	m.captures[i].length = s - m.captures[i].start
	end := m.match(s, p)
	if end == noMatch {
		m.captures[i].length = unfinished
	}
	return end
}

// matchCapture matches %1 to %9, which stand for what was captured before. A captured position matches nothing.
func (m *matcher) matchCapture(s int, digit byte) int {
	i := int(digit) - '1'
	if i < 0 || i >= m.level || m.captures[i].length == unfinished {
		auxlib.Errorf(m.L, "invalid capture index")
	}
	c := m.captures[i]
	m.interr.Steps(max(c.length, 0))
	if c.length < 0 || len(m.subject)-s < c.length || m.subject[s:s+c.length] != m.subject[c.start:c.start+c.length] {
		return noMatch
	}
	return s + c.length
}

// capture returns what the capture i, counted from 0, holds. A pattern without captures has the whole match, from start to
// end, as its first.
func (m *matcher) capture(i, start, end int) glua.LValue {
	if i >= m.level {
		if i > 0 {
			auxlib.Errorf(m.L, "invalid capture index")
		}
		return glua.LString(m.subject[start:end])
	}
	c := m.captures[i]
	switch c.length {
	case unfinished:
		auxlib.Errorf(m.L, "unfinished capture")
	case positionCapture:
		return glua.LNumber(c.start + 1)
	}
	return glua.LString(m.subject[c.start : c.start+c.length])
}

// pushCaptures pushes all captures, the whole match if there are none, and returns their number.
func (m *matcher) pushCaptures(start, end int) int {
	n := max(m.level, 1)
	for i := range n {
		m.L.Push(m.capture(i, start, end))
	}
	return n
}
