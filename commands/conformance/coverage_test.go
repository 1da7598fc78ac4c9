package conformance

import (
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/commands/spec"
)

// notRandom holds the commands that random sequences leave out, with the reason.
var notRandom = map[string]string{
	"object": "a container",
	// These do more than work on keys.
	"spop":    "what it leaves behind is up to chance",
	"migrate": "needs a target", "pfselftest": "takes long",
	// Random arguments include timeouts without end.
	"blmove": "may block", "blmpop": "may block", "blpop": "may block", "brpop": "may block", "brpoplpush": "may block",
	"bzmpop": "may block", "bzpopmax": "may block", "bzpopmin": "may block",
	// Their replies tell how a server keeps a value rather than what is in it.
	"object|freq": "depends on the eviction policy", "object|idletime": "depends on time", "object|refcount": "counts what servers share",
	"object|help": "has no outcome",
}

// TestEveryCommandHasACase walks the table of commands: each must be sent by a case file, and each on keys by random
// sequences too.
func TestEveryCommandHasACase(t *testing.T) {
	t.Parallel()
	cases, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	inCases, inSequences := map[*spec.Spec]bool{}, map[*spec.Spec]bool{}
	for i := range cases {
		for j := range cases[i].Steps {
			step := &cases[i].Steps[j]
			args := make([][]byte, len(step.Args))
			for k := range step.Args {
				args[k] = []byte(step.Args[k].Literal)
			}
			if step.Kind == stepCommand {
				see(inCases, args)
			}
		}
	}
	for index := range uint64(500) {
		for _, c := range Sequence(1, index) {
			args := make([][]byte, len(c.Args))
			for k := range c.Args {
				args[k] = []byte(c.Args[k])
			}
			see(inSequences, args)
		}
	}
	for _, s := range spec.All() {
		if !inCases[s] {
			t.Errorf("no case sends %s", strings.ReplaceAll(s.Name, "|", " "))
		}
		onKeys := s.Group != "server" && s.Group != "connection" && s.Group != "pubsub" && s.Group != "scripting"
		later := strings.HasPrefix(s.Since, "7.4.") || strings.HasPrefix(s.Since, "8.") // redis-server does not have it
		if onKeys && !later && !inSequences[s] && notRandom[s.Name] == "" {
			t.Errorf("no random sequence sends %s", strings.ReplaceAll(s.Name, "|", " "))
		}
	}
}

// see notes the command that a request names.
func see(seen map[*spec.Spec]bool, args [][]byte) {
	s, container := spec.Lookup(args)
	if s != nil {
		seen[s] = true
	}
	if container != nil {
		seen[container] = true
	}
}
