package strlib

// The classes of characters are those of <ctype.h> in the C locale, which is what Redis runs with.

func isLower(c byte) bool { return c >= 'a' && c <= 'z' }
func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isAlpha(c byte) bool { return isLower(c | 0x20) }
func isPrint(c byte) bool { return c > ' ' && c < 0x7f }

func toLower(c byte) byte {
	if isUpper(c) {
		c |= 0x20
	}
	return c
}

func toUpper(c byte) byte {
	if isLower(c) {
		c &^= 0x20
	}
	return c
}

// inClass tells whether c is in the class %<class>. A class that is no letter of a class stands for itself.
func inClass(c, class byte) bool {
	var in bool
	switch class | 0x20 {
	case 'a':
		in = isAlpha(c)
	case 'c':
		in = c < ' ' || c == 0x7f
	case 'd':
		in = isDigit(c)
	case 'l':
		in = isLower(c)
	case 'p':
		in = isPrint(c) && !isAlpha(c) && !isDigit(c)
	case 's':
		in = c == ' ' || c >= '\t' && c <= '\r'
	case 'u':
		in = isUpper(c)
	case 'w':
		in = isAlpha(c) || isDigit(c)
	case 'x':
		in = isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f'
	case 'z':
		in = c == 0
	default:
		return c == class
	}
	return in == isLower(class)
}

// inSet tells whether c is in the set pattern[p:end], which starts with [ and whose closing ] is at end.
func inSet(c byte, pattern string, p, end int) bool {
	found := true
	if pattern[p+1] == '^' {
		found = false
		p++
	}
	for p++; p < end; p++ {
		switch {
		case pattern[p] == '%':
			p++
			if inClass(c, pattern[p]) {
				return found
			}
		case pattern[p+1] == '-' && p+2 < end:
			p += 2
			if pattern[p-2] <= c && c <= pattern[p] {
				return found
			}
		case pattern[p] == c:
			return found
		}
	}
	return !found
}
