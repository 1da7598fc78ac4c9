package conformance

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Arg is one argument of a step: literal bytes, or something that is known only when the case runs.
type Arg struct {
	Literal string
	macro   string // "now", "nowms", "id", "addr" or "laddr"; empty for a literal
	offset  int64  // for times
	conn    string // for connections
}

var macroPattern = regexp.MustCompile(`^@([a-z]+)\((.*)\)$`)

// parseMacro turns an unquoted word into an argument.
func parseMacro(word string) (Arg, error) {
	m := macroPattern.FindStringSubmatch(word)
	if m == nil {
		return Arg{Literal: word}, nil
	}
	name, body := m[1], m[2]
	switch name {
	case "rep":
		comma := strings.LastIndexByte(body, ',')
		if comma < 0 {
			return Arg{}, fmt.Errorf("%s: want @rep(text,times)", word)
		}
		times, err := strconv.Atoi(body[comma+1:])
		if err != nil {
			return Arg{}, fmt.Errorf("%s: %w", word, err)
		}
		return Arg{Literal: strings.Repeat(body[:comma], times)}, nil
	case "now", "nowms":
		offset, err := strconv.ParseInt(strings.TrimPrefix(body, "+"), 10, 64)
		if err != nil {
			return Arg{}, fmt.Errorf("%s: %w", word, err)
		}
		return Arg{macro: name, offset: offset}, nil
	case "bytes":
		all := make([]byte, 256)
		for i := range all {
			all[i] = byte(i)
		}
		return Arg{Literal: string(all)}, nil
	case "id", "addr", "laddr":
		return Arg{macro: name, conn: body}, nil
	}
	return Arg{}, fmt.Errorf("%s: unknown macro", word)
}

// resolve returns the bytes of the argument. conn answers for the connections of the server at hand; now is one moment
// for both servers.
func (a *Arg) resolve(now time.Time, conn func(name, what string) (string, error)) (string, error) {
	switch a.macro {
	case "":
		return a.Literal, nil
	case "now":
		return strconv.FormatInt(now.Unix()+a.offset, 10), nil
	case "nowms":
		return strconv.FormatInt(now.UnixMilli()+a.offset, 10), nil
	default:
		return conn(a.conn, a.macro)
	}
}

// splitArgs splits a line in the quoting of redis-cli.
func splitArgs(line string) ([]Arg, error) {
	var args []Arg
	for {
		line = strings.TrimLeft(line, " \t")
		if line == "" {
			return args, nil
		}
		if line[0] != '"' && line[0] != '\'' {
			word := line
			if end := strings.IndexAny(line, " \t"); end >= 0 {
				word = line[:end]
			}
			arg, err := parseMacro(word)
			if err != nil {
				return nil, err
			}
			args, line = append(args, arg), line[len(word):]
			continue
		}
		text, rest, err := unquote(line)
		if err != nil {
			return nil, err
		}
		args, line = append(args, Arg{Literal: text}), rest
	}
}

// unquote reads the quoted string at the start of s and returns what follows it.
func unquote(s string) (text, rest string, err error) {
	quote := s[0]
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		c := s[i]
		switch {
		case c == quote:
			if i+1 < len(s) && s[i+1] != ' ' && s[i+1] != '\t' && s[i+1] != ']' {
				return "", "", fmt.Errorf("text right after a closing quote: %.40q", s)
			}
			return b.String(), s[i+1:], nil
		case c != '\\' || i+1 == len(s):
			b.WriteByte(c)
		case quote == '\'':
			if s[i+1] == '\'' {
				i++
				c = '\''
			}
			b.WriteByte(c)
		default:
			n, decoded, err := unescape(s[i:])
			if err != nil {
				return "", "", err
			}
			b.WriteByte(decoded)
			i += n - 1
		}
	}
	return "", "", errors.New("unbalanced quotes")
}

// unescape decodes the escape sequence at the start of s and returns its length.
func unescape(s string) (int, byte, error) {
	switch s[1] {
	case 'n':
		return 2, '\n', nil
	case 'r':
		return 2, '\r', nil
	case 't':
		return 2, '\t', nil
	case 'b':
		return 2, '\b', nil
	case 'a':
		return 2, '\a', nil
	case 'x':
		if len(s) < 4 {
			return 0, 0, fmt.Errorf("short escape %q", s)
		}
		v, err := strconv.ParseUint(s[2:4], 16, 8)
		return 4, byte(v), err
	default:
		return 2, s[1], nil
	}
}
