package codec

import "bytes"

// inline parses a command typed as a plain line, as with telnet.
func (d *Decoder) inline(b []byte, args [][]byte, lim *Limits) (out [][]byte, n int, err error) {
	end := d.lineEnd(b, 0, '\n', lim.MaxInlineBytes)
	if end < 0 {
		if len(b) > lim.MaxInlineBytes {
			return args, 0, d.fail(errInlineTooLarge)
		}
		d.need = 1
		return args, 0, ErrIncomplete
	}
	line := b[:end]
	if end > 0 && line[end-1] == '\r' {
		line = line[:end-1]
	}
	base := len(args)
	args, ok := splitLine(line, args)
	if !ok {
		return args[:base], 0, d.fail(errUnbalancedQuotes)
	}
	d.Reset()
	return args, end + 1, nil
}

// SplitArgs splits a line into arguments as Redis does wherever it reads them from text: inline commands, the first line of
// a script. The line is not changed. ok is false if quotes are not balanced.
func SplitArgs(line []byte) (args [][]byte, ok bool) { return splitLine(bytes.Clone(line), nil) }

// splitLine splits a line at blanks. "double quotes" know \n \r \t \b \a \xHH and any other escaped byte as itself,
// 'single quotes' only \'. A closing quote must end the argument. Escapes shrink, so arguments are rewritten in place.
// ok is false if quotes are not balanced.
func splitLine(line []byte, args [][]byte) (out [][]byte, ok bool) {
	for i := 0; ; {
		for i < len(line) && isSpace(line[i]) {
			i++
		}
		if i == len(line) {
			return args, true
		}
		start, w := i, i
		for i < len(line) && !endsWord(line[i]) {
			c := line[i]
			i++
			if c == '"' || c == '\'' {
				if w, i, ok = unquote(line, w, i, c); !ok {
					return args, false
				}
				break
			}
			line[w] = c
			w++
		}
		args = append(args, line[start:w:w])
	}
}

// unquote copies a quoted part from i down to w and returns both behind it.
func unquote(line []byte, w, i int, quote byte) (newW, newI int, ok bool) {
	for i < len(line) {
		c := line[i]
		i++
		switch {
		case c == quote:
			return w, i, i == len(line) || isSpace(line[i])
		case c == '\\' && quote == '"' && i < len(line):
			c, i = unescape(line, i)
		case c == '\\' && i < len(line) && line[i] == quote:
			c = quote
			i++
		}
		line[w] = c
		w++
	}
	return w, i, false
}

// unescape reads what follows a backslash within double quotes.
func unescape(line []byte, i int) (c byte, next int) {
	c = line[i]
	switch c {
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'b':
		c = '\b'
	case 'a':
		c = '\a'
	case 'x':
		if i+2 < len(line) {
			hi, ok1 := hexDigit(line[i+1])
			lo, ok2 := hexDigit(line[i+2])
			if ok1 && ok2 {
				return hi<<4 | lo, i + 3
			}
		}
	}
	return c, i + 1
}

func hexDigit(c byte) (v byte, ok bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// isSpace follows C, where vertical tab and form feed are blanks too.
func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// endsWord lists what ends an unquoted argument in Redis: fewer bytes than isSpace.
func endsWord(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }
