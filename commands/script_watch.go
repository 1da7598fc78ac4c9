package commands

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/commands/spec"
	"github.com/mnorrsken/postkeys/lua"
)

// What a script may take, and what follows:
const (
	// slowScript is how long a script may have taken that shares rounds next
	// time.
	slowScript = 5 * time.Millisecond
	// expelAfter is when a round with others goes on without the script.
	expelAfter = 25 * time.Millisecond
	// detainAfter is when another worker takes the place of the script's.
	detainAfter = 200 * time.Millisecond
	// Then comes busy-reply-threshold: others that want the script's keys, or
	// with script-busy-scope all, are told BUSY, and the script can be killed.

	// maxScriptTime ends a script, whatever it has done: nothing of it is
	// committed. Redis lets it run; here it would hold locks that other nodes
	// wait for, and keep PostgreSQL from cleaning up.
	maxScriptTime = 60 * time.Second

	// scriptGrace is how long scripts go on when the server stops.
	scriptGrace = 5 * time.Second

	// watchEvery is how often the running scripts are looked at.
	watchEvery = 10 * time.Millisecond
	// watchIdle is how often in vain before nobody looks any more.
	watchIdle = 100
)

var (
	// errExpelled is given to a script whose round goes on without it.
	errExpelled = errors.New("the script takes long, and runs again alone")
	// errScriptStopped is what the client hears when the server stops.
	errScriptStopped = errors.New("Error running script: the server shuts down, nothing was changed")
	// errScriptTime is what the client hears of a script that never ends.
	errScriptTime = errors.New("Error running script: it took more than " + maxScriptTime.String() + " and was ended, nothing was changed")
)

// runningScript is a script at work.
type runningScript struct {
	call    *Call
	control *lua.Control
	started time.Time
	shared  bool // others are in its round
	at      int  // in scriptWatch.running

	detained, refused bool
}

// scriptWatch looks at the running scripts of a node. One goroutine does so
// while there are any.
type scriptWatch struct {
	server *Server

	mu       sync.Mutex
	running  []*runningScript
	watching bool
	// busy is what others are told while a script has been running for longer than
	// busy-reply-threshold, nil if none has.
	busy atomic.Pointer[string]
	// stopBy is when scripts have to end because the server stops, zero if it
	// does not.
	stopBy time.Time
}

// drain lets scripts run a little longer, for a server that stops.
func (w *scriptWatch) drain() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopBy = time.Now().Add(scriptGrace)
}

// begin lists a script; end MUST follow.
func (w *scriptWatch) begin(r *runningScript) {
	r.started = time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	r.at = len(w.running)
	w.running = append(w.running, r)
	if !w.watching {
		w.watching = true
		go w.watch()
	}
}

func (w *scriptWatch) end(r *runningScript) {
	w.mu.Lock()
	defer w.mu.Unlock()
	last := len(w.running) - 1
	moved := w.running[last]
	w.running[r.at], moved.at = moved, r.at
	w.running[last] = nil
	w.running = w.running[:last]
	if r.refused {
		w.noteBusy()
	}
}

// noteBusy says what clients are told who are not to be served beside a script
// that runs for long. MUST be called with mu held.
func (w *scriptWatch) noteBusy() {
	for _, r := range w.running {
		if r.refused {
			text := busyText(r.call)
			w.busy.Store(&text)
			return
		}
	}
	w.busy.Store(nil)
}

// busyText is the error while a script, or a function, runs for long.
func busyText(c *Call) string {
	if c.program.function != "" {
		return errBusyFunction
	}
	return errBusyScript
}

// refuses returns the error for a command that is not served while a script runs
// for long, or "". With script-busy-scope keys, the engine refuses those that
// want the script's keys, and nobody else is.
func (w *scriptWatch) refuses(sp *spec.Spec) string {
	text := w.busy.Load()
	if text == nil || sp.Flags&spec.AllowBusy != 0 || w.server.settings.Text(settings.ScriptBusyScope) != settings.BusyNode {
		return ""
	}
	return *text
}

// watch looks at the scripts until there were none for a while.
func (w *scriptWatch) watch() {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for idle := 0; ; {
		<-ticker.C
		w.mu.Lock()
		if len(w.running) > 0 {
			idle = 0
			w.look(time.Now())
		} else if idle++; idle >= watchIdle {
			w.watching = false
			w.mu.Unlock()
			return
		}
		w.mu.Unlock()
	}
}

// look does what is due. MUST be called with mu held.
func (w *scriptWatch) look(now time.Time) {
	for _, r := range w.running {
		took := now.Sub(r.started)
		switch {
		case !w.stopBy.IsZero() && now.After(w.stopBy):
			r.control.Abort(errScriptStopped)
			continue
		case r.shared:
			if took > expelAfter {
				r.control.Abort(errExpelled)
			}
			continue
		case took > maxScriptTime:
			r.control.Abort(errScriptTime)
			continue
		}
		if took > detainAfter && !r.detained {
			r.detained = w.server.engine.Detain(r.call.task)
		}
		if took > w.threshold() && !r.refused {
			r.refused = true
			w.noteBusy()
			w.server.log.Warn("A script runs for long; commands are answered with BUSY.", "client_id", r.call.session().conn.ID(),
				"took", took.String(), "command", r.call.spec.Name, "scope", w.server.settings.Text(settings.ScriptBusyScope))
			w.server.engine.Refuse(r.call.task)
		}
	}
}

// threshold is Redis' busy-reply-threshold.
func (w *scriptWatch) threshold() time.Duration {
	ms := w.server.settings.Int(settings.BusyReplyThreshold)
	if ms <= 0 || ms > maxScriptTime.Milliseconds() {
		return maxScriptTime // never
	}
	return time.Duration(ms) * time.Millisecond
}

const (
	errNotBusy    = "NOTBUSY No scripts in execution right now."
	errUnkillable = "UNKILLABLE Sorry the script already executed write commands against the dataset. " +
		"You can either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command."
	errBusyScript   = "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."
	errBusyFunction = "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE."
)

// kill ends the scripts, or functions, that run for longer than
// busy-reply-threshold and have not written. It returns the error reply, or "".
func (w *scriptWatch) kill(functions bool) (fail string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	killed, unkillable, others := 0, 0, 0
	for _, r := range w.running {
		switch {
		case time.Since(r.started) <= w.threshold():
		case (r.call.program.function != "") != functions:
			others++
		case r.control.Kill():
			killed++
		default:
			unkillable++
		}
	}
	switch {
	case killed > 0:
		return ""
	case unkillable > 0:
		return errUnkillable
	case others > 0 && functions:
		return errBusyScript
	case others > 0:
		return errBusyFunction
	}
	return errNotBusy
}

// scriptAtWork describes a script or function that runs.
type scriptAtWork struct {
	name    string
	command []string
	started time.Time
}

// longest describes the script or function that runs longest.
func (w *scriptWatch) longest() (found scriptAtWork, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.running {
		if ok && !r.started.Before(found.started) {
			continue
		}
		found, ok = scriptAtWork{name: r.call.program.function, started: r.started}, true
		for _, arg := range r.call.args {
			found.command = append(found.command, string(arg))
		}
	}
	return found, ok
}
