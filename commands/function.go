package commands

import (
	"errors"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/lua"
)

var functionBindings = []binding{
	{name: "fcall", claim: func(c *Call) { claimFunction(c, false) }, run: runFunction, quiet: true},
	{name: "fcall_ro", claim: func(c *Call) { claimFunction(c, true) }, run: runFunction, quiet: true},
}

const (
	errFunctionNotFound = "ERR Function not found"
	errBadKeys          = "ERR Bad number of keys provided"
)

// claimFunction claims the keys of a function. Whether there is one of that name
// is known when the keys are loaded; until then what the node remembers is a
// guess.
func claimFunction(c *Call, readOnly bool) {
	p := &program{function: string(c.args[1]), readOnly: readOnly, outOfMemory: c.server().memory.exceeded.Load()}
	n, ok := number.ParseInt64(c.args[2])
	switch {
	case !ok:
		p.wrong = errBadKeys
	case n > int64(len(c.args)-3):
		p.wrong = errTooManyKeys
	case n < 0:
		p.wrong = errNegativeKeys
	default:
		p.keys, p.args = c.args[3:3+n], c.args[3+n:]
	}
	known := function{}
	if set := c.server().functions.get(); set != nil {
		known, _ = set.function(p.function)
	}
	c.claimProgram(p, p.wrong != "" || known.library != nil && p.reads(known.flags))
}

func runFunction(c *Call) error {
	p := c.program
	set, err := c.functions()
	if fail := lua.ReplyError(""); errors.As(err, &fail) {
		c.fail(fail.Error())
		return nil
	}
	if err != nil {
		return err
	}
	f, ok := set.function(p.function)
	if !ok {
		c.fail(errFunctionNotFound)
		return nil
	}
	if p.wrong != "" {
		c.fail(p.wrong)
		return nil
	}
	if fail := c.mayRun(p, f.flags); fail != "" {
		c.fail(fail)
		return nil
	}
	if c.task.Snapshot && !p.reads(f.flags) {
		return c.retryWriting()
	}
	return c.runProgram(p, true, f.flags, func(inv *lua.Invocation) error {
		return c.server().lua.RunFunction(f.library, f.name, inv)
	})
}
