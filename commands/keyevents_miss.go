package commands

import (
	"math"

	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/commands/spec"
)

// allClaims stands for the last claim of a command.
const allClaims = math.MaxInt

// missedClaims returns which claims of a command, from one up to another, are keys
// that it looks up to read them: Redis tells of those that it does not find
// (keymiss), whatever the command does with others. SET with GET, BITFIELD and
// BITFIELD_RO, MIGRATE and the patterns of SORT see to it themselves.
func missedClaims(name string, s *spec.Spec) (from, to int) {
	switch name {
	case "getset", "getdel", "getex", "copy", "sort", "geosearchstore", "georadius", "georadiusbymember":
		return 0, 1
	case "pfmerge":
		return 0, allClaims
	case "zrangestore", "bitop", "sinterstore", "sunionstore", "sdiffstore", "zinterstore", "zunionstore", "zdiffstore":
		return 1, allClaims
	case "object|encoding", "object|refcount", "object|idletime", "object|freq", "memory|usage", // which tell about keys
		"eval_ro", "evalsha_ro", "fcall_ro", // whose commands look
		"bitfield_ro":
		return 0, 0
	}
	if s.Flags&spec.ReadOnly != 0 {
		return 0, allClaims
	}
	return 0, 0
}

// missAll tells of the keys among some claims that are absent.
func (c *Call) missAll(from, to int) {
	if !c.server().signals(settings.EventMiss) {
		return
	}
	for i := from; i < min(to, c.claims); i++ {
		c.miss(i)
	}
}

// miss tells of the key of a claim if it is absent.
func (c *Call) miss(claim int) {
	if !c.key(claim).Exists() {
		c.addEvent(settings.EventMiss, "keymiss", claim)
	}
}
