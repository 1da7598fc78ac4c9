package lua

import (
	"bytes"
	"strings"

	"github.com/mnorrsken/postkeys/codec"
)

// shebang is the first line of a script, "#!lua flags=no-writes", or of a library, "#!lua name=mylib".
type shebang struct {
	length int // of the line without its line feed; 0 if there is none
	flags  Flags
	name   string
}

// parseScriptShebang reads the first line of a script, which need not have one. The line feed stays, so that lines keep their numbers.
func parseScriptShebang(body []byte) (shebang, error) {
	if !bytes.HasPrefix(body, []byte("#!")) {
		return shebang{}, nil
	}
	line, ok := firstLine(body)
	if !ok {
		return shebang{}, ReplyError("ERR Invalid script shebang")
	}
	parts, ok := splitArgs(line)
	if !ok || len(parts) == 0 {
		return shebang{}, ReplyError("ERR Invalid engine in script shebang")
	}
	if cString(parts[0]) != "#!lua" {
		return shebang{}, ReplyError("ERR Unexpected engine in script shebang: " + cString(parts[0]))
	}
	head := shebang{length: len(line)}
	for _, part := range parts[1:] {
		list, ok := strings.CutPrefix(part, "flags=")
		if !ok {
			return shebang{}, ReplyError("ERR Unknown lua shebang option: " + cString(part))
		}
		if list == "" {
			continue
		}
		for name := range strings.SplitSeq(list, ",") {
			flag := flagNamed(cString(name))
			if flag == 0 {
				return shebang{}, ReplyError("ERR Unexpected flag in script shebang: " + cString(name))
			}
			head.flags |= flag
		}
	}
	return head, nil
}

// parseLibraryShebang reads the first line of a library, which must name it.
func parseLibraryShebang(code []byte) (shebang, error) {
	if !bytes.HasPrefix(code, []byte("#!")) {
		return shebang{}, ReplyError("ERR Missing library metadata")
	}
	line, ok := firstLine(code)
	if !ok {
		return shebang{}, ReplyError("ERR Invalid library metadata")
	}
	parts, ok := splitArgs(line)
	if !ok || len(parts) == 0 {
		return shebang{}, ReplyError("ERR Invalid library metadata")
	}
	head := shebang{length: len(line)}
	named := false
	for _, part := range parts[1:] {
		if len(part) < 5 || !strings.EqualFold(part[:5], "name=") {
			return shebang{}, ReplyError("ERR Invalid metadata value given: " + cString(part))
		}
		if named {
			return shebang{}, ReplyError("ERR Invalid metadata value, name argument was given multiple times")
		}
		head.name, named = part[5:], true
	}
	if !named {
		return shebang{}, ReplyError("ERR Library name was not given")
	}
	if !validName(head.name) {
		return shebang{}, ReplyError("ERR " + badName)
	}
	if engine := parts[0][min(2, len(parts[0])):]; !strings.EqualFold(engine, "lua") {
		return shebang{}, ReplyError("ERR Engine '" + engine + "' not found")
	}
	return head, nil
}

const badName = "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long"

// validName tells whether a library or a function may have the name.
func validName(name string) bool {
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_':
		default:
			return false
		}
	}
	return name != ""
}

// splitArgs splits a first line at blanks, minding quotes.
func splitArgs(line []byte) (parts []string, ok bool) {
	args, ok := codec.SplitArgs(line)
	for _, arg := range args {
		parts = append(parts, string(arg))
	}
	return parts, ok
}

func flagNamed(name string) Flags {
	for _, known := range flagNames {
		if known.name == name {
			return known.flag
		}
	}
	return 0
}

// firstLine is the line up to the first line feed. A NUL ends the search, as in C.
func firstLine(b []byte) (line []byte, ok bool) {
	end := bytes.IndexAny(b, "\n\x00")
	if end < 0 || b[end] == 0 {
		return nil, false
	}
	return b[:end], true
}

// cString is what C sees of a string: up to the first NUL.
func cString(s string) string {
	if i := strings.IndexByte(s, 0); i >= 0 {
		return s[:i]
	}
	return s
}
