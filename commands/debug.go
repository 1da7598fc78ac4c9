package commands

import (
	"strconv"
	"strings"
	"time"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

// DEBUG has no entries for its subcommands in the table. The gates let it
// through only as enable-debug-command says.
var debugBindings = []binding{
	{name: "debug", claim: claimDebug, run: debugStored, slow: true, quiet: true},
}

// debugCommand is one subcommand of DEBUG: answered on the loop by local, or
// claimed and run like any command.
type debugCommand struct {
	minArgs, maxArgs int // DEBUG and the subcommand's name included
	local            func(c *Call)
	claim            func(c *Call)
	run              func(c *Call) error
}

const anyArgs = 1 << 30

var debugCommands = map[string]debugCommand{
	"help":                       {2, 2, func(c *Call) { c.help("DEBUG", debugHelpLines) }, nil, nil},
	"sleep":                      {3, 3, debugSleep, nil, nil},
	"set-active-expire":          {3, 3, debugSetActiveExpire, nil, nil},
	"pause-cron":                 {3, 3, debugPauseCron, nil, nil},
	"set-disable-deny-scripts":   {3, 3, nil, nil, debugAllowInScripts},
	"protocol":                   {3, 3, debugProtocol, nil, nil},
	"error":                      {3, 3, debugError, nil, nil},
	"log":                        {3, 3, debugLog, nil, nil},
	"replybuffer":                {4, 4, debugAccept, nil, nil},
	"object":                     {3, 4, nil, reads(2, pg.PartValue), debugObject},
	"sdslen":                     {3, 3, nil, reads(2, pg.PartValue), debugSDSLen},
	"digest":                     {2, 2, nil, nil, debugDigest},
	"digest-value":               {2, anyArgs, nil, readsAll(2, 1, pg.PartValue), debugDigestValue},
	"populate":                   {3, 5, nil, checkPopulate, debugPopulate},
	"quicklist-packed-threshold": {3, 3, debugPackedThreshold, nil, nil},
	"reload":                     {2, anyArgs, nil, claimReload, debugReload},
	"loadaof":                    {2, 2, nil, claimReload, debugReload},
}

func claimDebug(c *Call) {
	d, ok := debugCommands[strings.ToLower(string(c.args[1]))]
	switch {
	case !ok || len(c.args) < d.minArgs || len(c.args) > d.maxArgs:
		c.fail("ERR unknown subcommand or wrong number of arguments for '" + cText(c.args[1]) + "'. Try DEBUG HELP.")
	case d.local != nil:
		d.local(c)
	case d.claim != nil:
		d.claim(c)
	}
}

func debugStored(c *Call) error { return debugCommands[strings.ToLower(string(c.args[1]))].run(c) }

// debugSleep holds the batch back that it is part of. Redis stops as a whole;
// here nobody but this client waits.
func debugSleep(c *Call) {
	seconds, err := strconv.ParseFloat(string(c.args[2]), 64)
	if err == nil && seconds > 0 {
		d := time.Duration(min(seconds, maxSleepSeconds) * float64(time.Second))
		if c.script != nil {
			c.script.sleep(d)
		} else {
			c.job.delay += d
		}
	}
	c.out.OK()
}

const maxSleepSeconds = 24 * 60 * 60

// debugSetActiveExpire stops or starts the removal of expired keys by this
// node. They are absent for every command in any case.
func debugSetActiveExpire(c *Call) {
	n, ok := number.ParseInt64(c.args[2])
	c.server().sweep.Active.Store(ok && n != 0)
	c.out.OK()
}

// debugPauseCron stops or starts what this node does in the background: the sweep, and
// the removal of expired keys that nobody has looked at.
func debugPauseCron(c *Call) {
	n, ok := number.ParseInt64(c.args[2])
	c.server().sweep.Paused.Store(ok && n != 0)
	c.out.OK()
}

// debugAllowInScripts lets scripts of this node use those subcommands of DEBUG
// that store nothing. Redis lets them use every command that is not for scripts.
// It takes its turn among the scripts of a pipeline.
func debugAllowInScripts(c *Call) error {
	n, ok := number.ParseInt64(c.args[2])
	c.server().debugInScripts.Store(ok && n != 0)
	c.out.OK()
	return nil
}

// debugInScript reports whether a script may send a command of DEBUG.
func (c *Call) debugInScript() bool {
	return c.spec.Name == "debug" && c.server().debugInScripts.Load() && debugCommands[strings.ToLower(string(c.args[1]))].local != nil
}

// debugError answers with an error that is not counted as one.
func debugError(c *Call) { c.out.Error(string(c.args[2])) }

// debugAccept stands for settings of memory that this server does not have, and
// that test suites turn to see the same replies as before.
func debugAccept(c *Call) { c.out.OK() }

func debugPackedThreshold(c *Call) {
	if _, ok := settings.ParseMemory(string(c.args[2])); !ok {
		c.fail("ERR argument must be a memory value bigger than 1 and smaller than 4gb")
		return
	}
	c.out.OK()
}

func debugLog(c *Call) {
	c.server().log.Warn("DEBUG LOG", "message", string(c.args[2]))
	c.out.OK()
}

// debugProtocol answers with a value of a type, for those who test clients.
func debugProtocol(c *Call) {
	switch strings.ToLower(string(c.args[2])) {
	case "string":
		c.out.BulkString("Hello World")
	case "integer":
		c.out.Int(12345)
	case "double":
		c.out.Double(3.141)
	case "null":
		c.out.Null()
	case "array":
		c.out.Array(3)
		c.threeInts()
	case "set":
		c.out.Set(3)
		c.threeInts()
	case "map":
		c.out.Map(3)
		for i := range int64(3) {
			c.out.Int(i)
			c.out.Bool(i == 1)
		}
	case "attrib":
		if c.resp3 {
			c.out.Attribute(1)
			c.out.BulkString("key-popularity")
			c.out.Array(2)
			c.out.BulkString("key:123")
			c.out.Int(90)
		}
		c.out.BulkString("Some real reply following the attribute")
	case "push":
		if !c.resp3 {
			c.fail("ERR RESP2 is not supported by this command")
			return
		}
		c.out.BulkString("Some real reply following the push reply")
		c.out.Push(2)
		c.out.BulkString("server-cpu-usage")
		c.out.Int(42)
	case "verbatim":
		c.out.Verbatim("txt", "This is a verbatim\nstring")
	case "true":
		c.out.Bool(true)
	case "false":
		c.out.Bool(false)
	case "bignum":
		c.out.BigNumber("1234567999999999999999999999999999999")
	default:
		c.fail("ERR Wrong protocol type name. Please use one of the following: " +
			"string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false")
	}
}

func (c *Call) threeInts() {
	for i := range int64(3) {
		c.out.Int(i)
	}
}

var debugHelpLines = []string{
	"DIGEST",
	"    Show a checksum of all keys, values and whether they expire, the one that Redis computes.",
	"DIGEST-VALUE <key> [<key> [...]]",
	"    Show a checksum of the value of each key.",
	"ERROR <string>",
	"    Answer with this error.",
	"LOADAOF",
	"    The same as RELOAD.",
	"LOG <message>",
	"    Write a message to the log.",
	"OBJECT <key>",
	"    Show how Redis would keep the value of a key.",
	"PAUSE-CRON <0|1>",
	"    Stop or start what this server does in the background about expired keys and flushed databases.",
	"POPULATE <count> [<prefix>] [<size>]",
	"    Create string keys named <prefix>:<number>, \"key\" if no prefix is given, where there are none.",
	"PROTOCOL <type>",
	"    Answer with a value of the type: string, integer, double, bignum, null, array, set, map,",
	"    attrib, push, verbatim, true or false.",
	"QUICKLIST-PACKED-THRESHOLD <size>",
	"    Accepted, without a meaning here.",
	"RELOAD [MERGE|NOFLUSH|NOSAVE [...]]",
	"    Forget what this server holds of the database, its connections included, and read from it again.",
	"REPLYBUFFER <parameter> <value>",
	"    Accepted, without a meaning here.",
	"SDSLEN <key>",
	"    Show the lengths of a key and its value.",
	"SET-ACTIVE-EXPIRE <0|1>",
	"    Stop or start the removal of expired keys by this server.",
	"SET-DISABLE-DENY-SCRIPTS <0|1>",
	"    Refuse scripts DEBUG, or let them use those of its subcommands that store nothing.",
	"SLEEP <seconds>",
	"    Answer later, and do what was sent along later too. Other clients do not wait.",
}
