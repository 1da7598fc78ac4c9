package commands

import (
	"math"
	"strings"

	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/commands/spec"
	"github.com/mnorrsken/postkeys/pg"
)

// lookedUpClaims are the claims of a command whose keys it looks up to read them.
// Redis tells of those that it does not find (keymiss), whatever the command does
// with others.
type lookedUpClaims struct {
	from, to int
	// types are those that the command goes on with, one bit each; 0 stands for all.
	types uint8
}

const (
	// allClaims stands for the last claim of a command.
	allClaims = math.MaxInt

	onlyStrings = 1 << pg.TypeString
	onlySets    = 1 << pg.TypeSet
	setsOrZsets = 1<<pg.TypeSet | 1<<pg.TypeZset
)

// lookedUpBy returns them for a command. SET with GET, BITFIELD and BITFIELD_RO,
// PFCOUNT and PFMERGE, MIGRATE and the patterns of SORT see to it themselves.
func lookedUpBy(name string, s *spec.Spec) lookedUpClaims {
	switch name {
	case "getset", "getdel", "getex", "copy", "sort", "geosearchstore", "georadius", "georadiusbymember":
		return lookedUpClaims{0, 1, 0}
	case "zrangestore":
		return lookedUpClaims{1, 2, 0}
	case "bitop":
		return lookedUpClaims{1, allClaims, onlyStrings}
	case "sinterstore", "sunionstore", "sdiffstore":
		return lookedUpClaims{1, allClaims, onlySets}
	case "sinter", "sunion", "sdiff", "sintercard":
		return lookedUpClaims{0, allClaims, onlySets}
	case "zinterstore", "zunionstore", "zdiffstore":
		return lookedUpClaims{1, allClaims, setsOrZsets}
	case "zinter", "zunion", "zdiff", "zintercard":
		return lookedUpClaims{0, allClaims, setsOrZsets}
	case "memory|usage", // tells about the key
		"eval_ro", "evalsha_ro", "fcall_ro", // whose commands look
		"bitfield_ro", "pfcount":
		return lookedUpClaims{}
	}
	if s.Flags&spec.ReadOnly == 0 || strings.HasPrefix(name, "object|") {
		return lookedUpClaims{}
	}
	return lookedUpClaims{0, allClaims, 0}
}

// miss tells of the keys among some claims that are absent, up to one of a type that
// the command does not go on with.
func (c *Call) miss(l lookedUpClaims) {
	if !c.server().signals(settings.EventMiss) {
		return
	}
	for i := l.from; i < min(l.to, c.claims); i++ {
		switch e := c.key(i); {
		case !e.Exists():
			c.addEvent(settings.EventMiss, "keymiss", i)
		case l.types != 0 && l.types&(1<<e.Type()) == 0:
			return
		}
	}
}

// missKey is miss for the key of one claim.
func (c *Call) missKey(claim int) { c.miss(lookedUpClaims{from: claim, to: claim + 1}) }
