package spec

import (
	"bytes"
	"slices"
	"strings"
)

// maxQuoted bounds, in bytes, what an error text quotes of a request.
const maxQuoted = 128

// UnknownError returns the error text for a request whose Lookup found no command: the command or subcommand is either
// one of Redis' that is not served, or unknown. args MUST NOT be empty.
func UnknownError(args [][]byte) string {
	if name := unsupportedName(args); name != "" {
		return "ERR command '" + name + "' is not supported by postkeys"
	}
	var text string
	if s := table.byName.find(args[0]); s != nil && s.IsContainer() && len(args) > 1 {
		text = "ERR unknown subcommand '" + quotable(args[1], maxQuoted) + "'. Try " + strings.ToUpper(s.Name) + " HELP."
	} else {
		text = "ERR unknown command '" + quotable(args[0], maxQuoted) + "', with args beginning with: " + quoteArgs(args[1:])
	}
	return strings.NewReplacer("\r", " ", "\n", " ").Replace(text)
}

// WrongArityError returns the error text for a request whose number of arguments does not satisfy the arity of s.
func WrongArityError(s *Spec) string {
	return "ERR wrong number of arguments for '" + s.Name + "' command"
}

// quoteArgs quotes arguments until their text, quotes and blanks included, reaches the bound.
func quoteArgs(args [][]byte) string {
	var text strings.Builder
	for _, a := range args {
		if text.Len() >= maxQuoted {
			break
		}
		text.WriteString("'" + quotable(a, maxQuoted-text.Len()) + "' ")
	}
	return text.String()
}

// quotable returns at most limit bytes of b, and nothing after a NUL, where Redis' texts end too.
func quotable(b []byte, limit int) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b[:min(len(b), limit)])
}

// IsUnsupported reports whether a request names one of Redis' commands that is not served. args MUST NOT be empty.
func IsUnsupported(args [][]byte) bool { return unsupportedName(args) != "" }

// UnsupportedFlags returns NoMulti and NoScript as far as Redis has them for a command that is not served: in transactions
// and scripts it is out of place anyway, and Redis says so. args MUST NOT be empty.
func UnsupportedFlags(args [][]byte) Flag {
	name := unsupportedName(args)
	container, _, _ := strings.Cut(name, "|")
	return outOfPlace[name] | outOfPlace[container]
}

// Unsupported returns the names of the commands and subcommands of Redis 7.2 that are known and not served, sorted.
// The slice must not be modified.
func Unsupported() []string { return unsupported }

// unsupportedName returns the name under which a request stands in the list of the unsupported: that of the subcommand
// if there is one, else that of the command; or "" if neither is listed.
func unsupportedName(args [][]byte) string {
	name := strings.ToLower(quotable(args[0], maxQuoted))
	if len(args) > 1 {
		sub := name + "|" + strings.ToLower(quotable(args[1], maxQuoted))
		if _, found := slices.BinarySearch(unsupported, sub); found {
			return sub
		}
	}
	if _, found := slices.BinarySearch(unsupported, name); found {
		return name
	}
	return ""
}
