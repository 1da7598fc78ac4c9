// Package glob matches names against patterns exactly as Redis does in KEYS, SCAN, PSUBSCRIBE, CONFIG GET and ACL rules:
// * for any bytes, ? for one byte, [abc], [^abc] and [a-z] for one of a class, \ to take the next byte literally. It
// works on bytes, not on characters, and keeps Redis' quirks: a class that is not closed ends with the pattern, a
// reversed range is a range, bytes above 127 sort before the others in a range, and no pattern but the empty one
// matches the empty name. (KEYS and SCAN treat the pattern "*" as "everything" before they get here.)
//
// The functions keep nothing and may be called from anywhere.
package glob

// maxStars bounds how many groups of stars a pattern may have before it matches nothing, as in Redis 7.2, where each
// group costs a level of the stack.
const maxStars = 1000

// text is what a pattern or a name may be given as.
type text interface{ ~string | ~[]byte }

// Match reports whether the whole name matches pattern. fold ignores the case of ASCII letters, except after a
// backslash inside a class. The time it takes is at most proportional to the product of both lengths.
//
// Only the last star seen needs another try: if what follows it fits nowhere in the rest of the name, giving an
// earlier star more only makes that rest shorter.
func Match[P, N text](pattern P, name N, fold bool) bool {
	p, n := 0, 0
	afterStar, retry := -1, 0 // where to go on after a mismatch, and at which byte of the name
	stars := 0
	for n < len(name) {
		if p < len(pattern) {
			if pattern[p] == '*' {
				for p < len(pattern) && pattern[p] == '*' {
					p++
				}
				if p == len(pattern) {
					return true
				}
				if stars++; stars > maxStars {
					return false
				}
				afterStar, retry = p, n
				continue
			}
			if next, ok := matchOne(pattern, p, name[n], fold); ok {
				p = next
				n++
				continue
			}
		}
		if afterStar < 0 {
			return false
		}
		retry++
		p, n = afterStar, retry
	}
	if len(name) == 0 {
		return len(pattern) == 0
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// matchOne compares the element of the pattern at p, which is no star, with one byte. next is where the element ends.
func matchOne[P text](pattern P, p int, c byte, fold bool) (next int, ok bool) {
	switch pattern[p] {
	case '?':
		return p + 1, true
	case '[':
		return matchClass(pattern, p+1, c, fold)
	case '\\':
		if p+1 < len(pattern) {
			p++
		}
	}
	return p + 1, equal(pattern[p], c, fold)
}

// matchClass compares a class, whose bracket is before p, with one byte.
func matchClass[P text](pattern P, p int, c byte, fold bool) (next int, ok bool) {
	negated := p < len(pattern) && pattern[p] == '^'
	if negated {
		p++
	}
	for ; p < len(pattern); p++ {
		left := len(pattern) - p
		switch {
		case pattern[p] == '\\' && left >= 2:
			p++
			ok = ok || pattern[p] == c
		case pattern[p] == ']':
			return p + 1, ok != negated
		case left >= 3 && pattern[p+1] == '-':
			ok = ok || inRange(pattern[p], pattern[p+2], c, fold)
			p += 2
		default:
			ok = ok || equal(pattern[p], c, fold)
		}
	}
	return p, ok != negated
}

func equal(a, b byte, fold bool) bool {
	return a == b || fold && lower(a) == lower(b)
}

// inRange compares as C does where char is signed.
func inRange(from, to, c byte, fold bool) bool {
	if int8(from) > int8(to) {
		from, to = to, from
	}
	if fold {
		from, to, c = lower(from), lower(to), lower(c)
	}
	return int8(from) <= int8(c) && int8(c) <= int8(to)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// LiteralPrefix returns the bytes every matching name must start with, backslashes resolved. If exact is true the
// pattern has no wildcard: the prefix is the only name that matches. It may alias pattern.
func LiteralPrefix(pattern []byte) (prefix []byte, exact bool) {
	for i, c := range pattern {
		switch c {
		case '*', '?', '[':
			return pattern[:i], false
		case '\\':
			return unescape(pattern, i)
		}
	}
	return pattern, true
}

// unescape does the work of LiteralPrefix from the first backslash on.
func unescape(pattern []byte, i int) (prefix []byte, exact bool) {
	prefix = append(make([]byte, 0, len(pattern)), pattern[:i]...)
	for ; i < len(pattern); i++ {
		switch pattern[i] {
		case '*', '?', '[':
			return prefix, false
		case '\\':
			if i+1 < len(pattern) {
				i++
			}
		}
		prefix = append(prefix, pattern[i])
	}
	return prefix, true
}
