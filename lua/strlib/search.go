package strlib

import (
	"strings"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/lua/auxlib"
)

// specials are the characters that make a pattern more than a text to search for.
const specials = "^$*+?.([%-"

func find(L *glua.LState) int { return search(L, true) }

func match(L *glua.LState) int { return search(L, false) }

// search is string.find, which returns where the match is before its captures, and string.match, which returns captures only.
func search(L *glua.LState, isFind bool) int {
	s, pattern := auxlib.CheckString(L, 1), auxlib.CheckString(L, 2)
	init := int(min(max(position(auxlib.OptInteger(L, 3, 1), len(s))-1, 0), int64(len(s))))
	if isFind && (glua.LVAsBool(L.Get(4)) || isPlain(pattern)) {
		i := strings.Index(s[init:], pattern)
		if i < 0 {
			L.Push(glua.LNil)
			return 1
		}
		L.Push(glua.LNumber(init + i + 1))
		L.Push(glua.LNumber(init + i + len(pattern)))
		return 2
	}
	anchored := strings.HasPrefix(pattern, "^")
	if anchored {
		pattern = pattern[1:]
	}
	var m matcher
	m.init(L, s, pattern)
	for ; init <= len(s); init++ {
		if end := m.start(init); end != noMatch {
			if !isFind {
				return m.pushCaptures(init, end)
			}
			L.Push(glua.LNumber(init + 1))
			L.Push(glua.LNumber(end))
			if m.level == 0 {
				return 2
			}
			return 2 + m.pushCaptures(init, end)
		}
		if anchored {
			break
		}
	}
	L.Push(glua.LNil)
	return 1
}

// isPlain tells whether a pattern has no specials. The original looks for them as far as the first NUL, and then searches
// for the whole text.
func isPlain(pattern string) bool {
	i := strings.IndexAny(pattern, specials+"\x00")
	return i < 0 || pattern[i] == 0
}

// gmatch returns an iterator over all matches. An anchor has no meaning here and stands for itself.
func gmatch(L *glua.LState) int {
	s, pattern := auxlib.CheckString(L, 1), auxlib.CheckString(L, 2)
	next := 0
	L.Push(L.NewFunction(func(L *glua.LState) int {
		var m matcher
		m.init(L, s, pattern)
		for ; next <= len(s); next++ {
			end := m.start(next)
			if end == noMatch {
				continue
			}
			start := next
			next = max(end, start+1) // an empty match does not stop the iteration
			return m.pushCaptures(start, end)
		}
		return 0
	}))
	return 1
}
