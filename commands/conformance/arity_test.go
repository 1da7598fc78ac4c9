package conformance

import (
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/commands/spec"
)

// TestArity sends every command of the table with one argument too few and, where there is a limit, with one too many.
// Containers get a subcommand that does not exist, too. Commands that Redis 7.0 does not know are left out, and QUIT, which
// takes any arguments since 7.2.
func TestArity(t *testing.T) {
	var commands []Command
	for _, s := range spec.All() {
		name := strings.Split(strings.ToUpper(s.Name), "|")
		if s.Since >= "7.2" || name[0] == "QUIT" {
			continue
		}
		n := s.Arity
		if n < 0 {
			n = -n
		} else {
			commands = append(commands, command(name, repeated(n+1-len(name))))
		}
		if n > len(name) {
			commands = append(commands, command(name, repeated(n-1-len(name))))
		}
		commands = append(commands, plain(s.Name+"x", "a"))
		if s.IsContainer() {
			commands = append(commands, plain(name[0], "nonsense"), plain(strings.ToLower(name[0]), "non\nsense", "a", "b"))
		}
	}
	pair := newPair(t)
	for _, protocol := range []int{2, 3} {
		failures, err := pair.Each([][]Command{commands}, protocol)
		for _, f := range failures {
			t.Error(f)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// repeated returns n arguments.
func repeated(n int) []string {
	args := make([]string, n)
	for i := range args {
		args[i] = "a"
	}
	return args
}
