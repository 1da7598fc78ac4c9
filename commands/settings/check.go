package settings

import (
	"errors"
	"strings"
)

// clampHz brings hz into the range Redis really uses.
func clampHz(n int64) int64 {
	return min(max(n, 1), 500)
}

// growBacklog brings repl-backlog-size up to the least Redis uses.
func growBacklog(n int64) int64 {
	return max(n, 16<<10)
}

// mergeRelative makes "relative" the same as "yes" for oom-score-adj.
func mergeRelative(n int64) int64 {
	const yes, relative = 1, 2
	if n == relative {
		return yes
	}
	return n
}

func checkBaseName(message string) func(string, int64) error {
	return func(name string, _ int64) error {
		if strings.ContainsAny(name, `/\`) {
			return errors.New(message)
		}
		return nil
	}
}

// checkShutdown refuses save together with nosave.
func checkShutdown(_ string, set int64) error {
	const save, nosave = 1, 2
	if set&save != 0 && set&nosave != 0 {
		return errors.New("shutdown options SAVE and NOSAVE can't be used simultaneously")
	}
	return nil
}

func checkHostname(name string, _ int64) error {
	if len(name) >= 256 {
		return errors.New("Hostnames must be less than 256 characters")
	}
	for _, c := range []byte(name) {
		letter := 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
		if digit := '0' <= c && c <= '9'; !letter && !digit && c != '-' && c != '.' {
			return errors.New("Hostnames may only contain alphanumeric characters, hyphens or dots")
		}
	}
	return nil
}

// checkNodeName refuses what would break a line of the cluster's node file.
func checkNodeName(name string, _ int64) error {
	for _, c := range []byte(name) {
		if strings.IndexByte("!#$%&()*+:;<>?@[]^{|}~", c) >= 0 {
			return errors.New("Announced human node name contained invalid character")
		}
	}
	return nil
}

// checkLocale accepts the locale that sorts by bytes, the only one this server has.
func checkLocale(name string, _ int64) error {
	switch name {
	case "", "C", "POSIX":
		return nil
	}
	return errors.New("Invalid locale name")
}

// checkTitleTemplate accepts text with the variables of a process title in braces, a doubled brace standing for itself,
// unless nothing but spaces would be left: title and server-mode are empty when Redis checks it.
func checkTitleTemplate(template string, _ int64) error {
	invalid := errors.New("template format is invalid or contains unknown variables")
	visible := false
	for rest := template; ; {
		literal, after, found := strings.Cut(rest, "{")
		visible = visible || strings.Trim(literal, " ") != ""
		switch {
		case !found && visible:
			return nil
		case !found:
			return invalid
		case strings.HasPrefix(after, "{"):
			visible = true
			rest = after[1:]
			continue
		}
		variable, after, closed := strings.Cut(after, "}")
		if !closed {
			return invalid
		}
		switch variable {
		case "listen-addr", "port", "tls-port", "config-file":
			visible = true
		case "title", "server-mode", "unixsocket":
		default:
			return invalid
		}
		rest = after
	}
}
