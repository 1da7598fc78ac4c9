package commands

import (
	"math"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/pg"
)

var objectBindings = []binding{
	{name: "object|encoding", claim: reads(2, pg.PartHeader), run: onObject(objectEncoding), quiet: true},
	{name: "object|refcount", claim: reads(2, pg.PartHeader), run: onObject(objectRefcount), quiet: true},
	{name: "object|idletime", claim: reads(2, pg.PartHeader), run: onObject(objectIdletime), quiet: true},
	{name: "object|freq", claim: reads(2, pg.PartHeader), run: onObject(objectFreq), quiet: true},
	{name: "object|help", local: objectHelp},
}

const (
	errNoFrequency = "ERR An LFU maxmemory policy is not selected, access frequency not tracked. " +
		"Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust."
	errNoIdleTime = "ERR An LFU maxmemory policy is selected, idle time not tracked. " +
		"Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust."
)

// onObject makes the run of a subcommand of OBJECT: all answer null for a key
// that is absent.
func onObject(run func(c *Call, e *pg.Entry)) func(*Call) error {
	return func(c *Call) error {
		if e := c.key(0); e.Exists() {
			run(c, e)
		} else {
			c.out.Null()
		}
		return nil
	}
}

// Redis keeps a string of up to maxEmbedded bytes in one piece with its header.
const maxEmbedded = 44

// collectionEncodings are the names of a collection's representations.
var collectionEncodings = [...]string{
	pg.EncodingListpack: "listpack", pg.EncodingIntset: "intset", pg.EncodingHashtable: "hashtable",
	pg.EncodingSkiplist: "skiplist", pg.EncodingQuicklist: "quicklist",
}

// encodingOf names the representation that Redis would have for a key. Those
// of strings follow from the value, see pg.Encoding.
func encodingOf(e *pg.Entry) string {
	switch {
	case e.Type() != pg.TypeString:
		return collectionEncodings[e.Encoding()]
	case e.Encoding() == pg.EncodingRaw || e.Len() > maxEmbedded:
		return "raw"
	case e.Encoding() == pg.EncodingNatural && isInteger(e):
		return "int"
	default:
		return "embstr"
	}
}

// isInteger reports whether a short string spells an integer. The value of a
// short string is loaded with the header.
func isInteger(e *pg.Entry) bool {
	_, ok := number.ParseInt64(e.Value())
	return ok
}

func objectEncoding(c *Call, e *pg.Entry) { c.out.BulkString(encodingOf(e)) }

// Redis has one object for each integer below sharedIntegers, whatever the
// number of keys that hold it.
const sharedIntegers = 10_000

func objectRefcount(c *Call, e *pg.Entry) {
	if c.server().uses.shared.Load() && encodingOf(e) == "int" {
		if n, _ := number.ParseInt64(e.Value()); n >= 0 && n < sharedIntegers {
			c.out.Int(math.MaxInt32)
			return
		}
	}
	c.out.Int(1)
}

func objectIdletime(c *Call, _ *pg.Entry) {
	u := c.server().uses
	if u.counting.Load() != nil {
		c.fail(errNoIdleTime)
		return
	}
	c.out.Int(u.table.Idle(c.claimed()[0].Hash, c.job.started.Unix()))
}

func objectFreq(c *Call, _ *pg.Entry) {
	u := c.server().uses
	counting := u.counting.Load()
	if counting == nil {
		c.fail(errNoFrequency)
		return
	}
	c.out.Int(int64(u.table.Freq(c.claimed()[0].Hash, c.job.started.Unix(), *counting)))
}

// objectHelpLines has as many lines as Redis' own.
var objectHelpLines = [...]string{
	"OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
	"ENCODING <key>",
	"    Name the representation that Redis has for a value like that of <key>;",
	"    here it follows from the value and its size.",
	"FREQ <key>",
	"    Tell how often <key> was used lately, on a logarithmic scale, as far as",
	"    this node has served it. Needs one of the LFU policies.",
	"IDLETIME <key>",
	"    Tell how many seconds ago <key> was last used through this node; if it",
	"    does not remember, for how long it has been running.",
	"REFCOUNT <key>",
	"    Tell how many references Redis would have to the value of <key>: 1, or",
	"    the largest number for a small integer that is shared.",
	"HELP",
	"    Print this help.",
}

func objectHelp(c *Call) {
	c.out.Array(len(objectHelpLines))
	for _, line := range objectHelpLines {
		c.out.Simple(line)
	}
}
