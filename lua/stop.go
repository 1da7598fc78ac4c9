package lua

import (
	"strconv"

	glua "github.com/yuin/gopher-lua"
)

// noteStop keeps where the script was when it was stopped.
func (in *interp) noteStop(L *glua.LState) {
	if in.stopAt != "" {
		return
	}
	if source, line, ok := in.origin(L); ok {
		in.stopAt = " script: " + in.name + ", on " + source + ":" + strconv.Itoa(line) + "."
	}
}

// stopReply answers for a run that was stopped: an error reply, or the error of who gave it up.
func (in *interp) stopReply(inv *Invocation) error {
	inv.Failed = true
	bits := in.ctx.ctl.stopped()
	switch {
	case bits&stopCaller != 0:
		return in.callErr
	case bits&stopAborted != 0:
		return *in.ctx.ctl.abort.Load()
	case bits&stopKilled != 0:
		inv.Out.Error("ERR Script killed by user with SCRIPT KILL..." + in.stopAt)
	case bits&stopTimeout != 0:
		inv.Out.Error("ERR " + loadTimeoutText)
	case bits&stopMemory != 0:
		inv.Out.Error("ERR not enough memory" + in.stopAt)
	default:
		inv.Out.Error("ERR internal error of the script engine" + in.stopAt)
	}
	return nil
}

// fail ends the run with the error of the Caller.
func (in *interp) fail(err error) {
	in.callErr = err
	in.ctx.ctl.stop(stopCaller)
	panic(errStop)
}

const loadTimeoutText = "FUNCTION LOAD timeout"
