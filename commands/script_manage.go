package commands

import (
	"crypto/sha1" //nolint:gosec // SHA1 is how Redis names scripts

	"github.com/mnorrsken/postkeys/pg"
)

var scriptManageBindings = []binding{
	{name: "script|load", claim: claimScriptLoad, run: scriptLoad},
	{name: "script|exists", run: scriptExists},
	{name: "script|flush", claim: claimScriptFlush, run: scriptFlush},
	{name: "script|kill", local: func(c *Call) { c.kill(false) }},
	{name: "script|debug", local: scriptDebug},
	{name: "script|help", local: func(c *Call) { c.help("SCRIPT", scriptHelpLines) }},
}

// scriptDebug refuses to begin what is not supported, and to end it changes
// nothing.
func scriptDebug(c *Call) {
	switch mode := c.args[2]; {
	case isWord(mode, "no"):
		c.out.OK()
	case isWord(mode, "yes"), isWord(mode, "sync"):
		c.fail("ERR SCRIPT DEBUG is not supported by postkeys")
	default:
		c.fail("ERR Use SCRIPT DEBUG YES/SYNC/NO")
	}
}

// writesWithoutKeys puts a command that changes something other than keys into
// the lane of those that write.
func (c *Call) writesWithoutKeys() {
	c.job.writes = true
	c.task.Lane = laneOf(c.task.Lane, pg.ModeUpdate)
}

func claimScriptLoad(c *Call) {
	body := c.args[2]
	p := &program{body: body, digest: sha1.Sum(body)} //nolint:gosec // SHA1 is how Redis names scripts
	if p.script = c.server().scripts.get(p.digest); p.script == nil && len(body) <= maxCompiledOnLoop {
		if fail := c.server().compile(p); fail != "" {
			c.fail(fail)
			return
		}
	}
	c.program = p
	c.writesWithoutKeys()
}

func scriptLoad(c *Call) error {
	p := c.program
	if p.script == nil {
		if fail := c.server().compile(p); fail != "" {
			c.fail(fail)
			return nil
		}
	}
	if err := c.tx.KeepScript(p.digest[:], p.script.Body(), true); err != nil {
		return err
	}
	c.afterCommit(func(*Call) { p.script.kept.Store(true) })
	c.out.BulkString(p.script.SHA())
	return nil
}

// scriptExists asks PostgreSQL, which knows what was loaded on other nodes.
func scriptExists(c *Call) error {
	var digests [][]byte
	for _, arg := range c.args[2:] {
		if d, ok := parseDigest(arg); ok {
			digests = append(digests, d[:])
		}
	}
	known, err := c.tx.ScriptsKnown(digests)
	if err != nil {
		return err
	}
	c.out.Array(len(c.args) - 2)
	for _, arg := range c.args[2:] {
		d, ok := parseDigest(arg)
		if ok && known[string(d[:])] {
			c.out.Int(1)
		} else {
			c.out.Int(0)
		}
	}
	return nil
}

func claimScriptFlush(c *Call) {
	if len(c.args) > 3 || len(c.args) == 3 && !isWord(c.args[2], "sync") && !isWord(c.args[2], "async") {
		c.fail("ERR SCRIPT FLUSH only support SYNC|ASYNC option")
		return
	}
	c.writesWithoutKeys()
}

// scriptFlush begins a new epoch of scripts: every node drops what it remembers
// when it next sees it.
func scriptFlush(c *Call) error {
	if err := c.tx.FlushScripts(); err != nil {
		return err
	}
	c.afterCommit(func(c *Call) { c.server().scripts.forget() })
	c.out.OK()
	return nil
}

// kill serves SCRIPT KILL and FUNCTION KILL.
func (c *Call) kill(functions bool) {
	if fail := c.server().scriptWatch.kill(functions); fail != "" {
		c.fail(fail)
		return
	}
	c.out.OK()
}

var scriptHelpLines = []string{
	"DEBUG (YES|SYNC|NO)",
	"    Not supported by postkeys.",
	"EXISTS <sha1> [<sha1> [...]]",
	"    Tell which of the scripts are known.",
	"FLUSH [ASYNC|SYNC]",
	"    Forget all scripts, on every node. Both modes are the same here.",
	"KILL",
	"    End the scripts of this node that run for long and have not written.",
	"LOAD <script>",
	"    Keep a script for EVALSHA without running it.",
}
