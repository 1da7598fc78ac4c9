package commands

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mnorrsken/postkeys/commands/spec"
)

// How commands come to be shown by MONITOR:
//
//  1. A batch is shown when it is done (job.release), so that nothing is shown that
//     was taken back, and in front of its replies. What transactions ran stands
//     before EXEC, and what scripts called behind EVAL.
//  2. Scripts note what they call as they run (noteScripted), since its arguments
//     are gone later.
//  3. A command that blocks is shown when it is sent.
//
// A node shows the commands of its own clients.

var monitorBindings = []binding{{name: "monitor", local: monitor, ordered: true}}

// monitors are the sessions that have sent MONITOR. Its zero value has none.
type monitors struct {
	count atomic.Int32
	mu    sync.Mutex
	list  []*Session
}

// active reports whether anybody watches.
func (m *monitors) active() bool { return m.count.Load() > 0 }

func monitor(c *Call) {
	s := c.session()
	switch {
	case !c.outermost():
		c.fail("ERR MONITOR isn't allowed for DENY BLOCKING client")
	case s.seen.Load()&seenMonitor != 0:
		c.mute = true // Redis does not answer the second one
	default:
		c.out.OK()
		s.setMonitor(true)
		if s.gone.Load() {
			s.setMonitor(false)
		}
	}
}

// setMonitor has the session watch, or not. What it has not read yet is bounded as
// that of a subscriber is.
func (s *Session) setMonitor(on bool) {
	if on == (s.seen.Load()&seenMonitor != 0) {
		return
	}
	m := &s.server.monitors
	m.mu.Lock()
	defer m.mu.Unlock()
	if on {
		m.list = append(m.list, s)
	} else {
		m.list = slices.DeleteFunc(m.list, func(o *Session) bool { return o == s })
	}
	m.count.Store(int32(len(m.list)))
	s.setSeen(seenMonitor, on)
	s.noteListening()
}

// show sends lines to all that watch. If by is not nil and the client that it is of
// watches too, it gets them behind its replies.
func (m *monitors) show(lines []byte, by *job) {
	if len(lines) == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.list {
		if by != nil && s == by.session {
			by.out.Buf = append(by.out.Buf, lines...)
		} else {
			s.conn.PushShared(lines)
		}
	}
}

// scriptedLine is a command that a script has called, as MONITOR shows it.
type scriptedLine struct {
	by   *Call
	line []byte
	size int // of this line and those before it
}

// maxScripted bounds the lines for the scripts of one batch, in bytes, since scripts
// may never end. Who watches is cut off with as much unread.
const maxScripted = 32 << 20

// noteScripted notes a command that a script has called, if anybody watches.
func (r *scriptRun) noteScripted(c *Call) {
	j := r.call.job
	if !c.server().monitors.active() || !c.shown() {
		return
	}
	size := 0
	if n := len(j.shown); n > 0 {
		size = j.shown[n-1].size
	}
	if size < maxScripted {
		line := c.appendLine(nil, time.Now(), "lua", r.db)
		j.shown = append(j.shown, scriptedLine{r.call, line, size + len(line)})
	}
}

// monitorLines are the lines for the commands of a batch that is done.
func (j *job) monitorLines() (lines []byte) {
	now, client := time.Now(), j.session.monitorName()
	shown := j.shown
	add := func(c *Call) {
		if c.shown() {
			lines = c.appendLine(lines, now, client, c.dbAfter())
		}
		for ; len(shown) > 0 && shown[0].by == c; shown = shown[1:] {
			lines = append(lines, shown[0].line...)
		}
	}
	for i := range j.calls {
		c := &j.calls[i]
		for k := range c.nestedCalls() {
			add(&c.nestedCalls()[k])
		}
		add(c)
	}
	return lines
}

// showWaiting shows a command that is about to block.
func (c *Call) showWaiting() {
	if m := &c.server().monitors; m.active() {
		m.show(c.appendLine(nil, time.Now(), c.session().monitorName(), c.db), nil)
	}
}

// monitorName is how MONITOR names the client.
func (s *Session) monitorName() string {
	if s.conn.Unix() {
		return "unix:" + strings.TrimSuffix(s.conn.Remote(), ":0")
	}
	return s.conn.Remote()
}

// shown reports whether MONITOR shows a command: it has run, and is not one for
// operators.
func (c *Call) shown() bool {
	return c.spec != nil && !c.rejected && !c.uncounted && c.spec.Flags&spec.Admin == 0
}

// dbAfter is the database index of the session after the command.
func (c *Call) dbAfter() int {
	switch {
	case c.spec == resetSpec:
		return 0
	case c.spec == selectSpec && !c.failed:
		if n, fail := c.parseDB(c.args[1]); fail == "" {
			return n
		}
	}
	return c.db
}

// appendLine adds the line of a command: when, by whom, and its arguments but for
// secrets.
func (c *Call) appendLine(dst []byte, now time.Time, client string, db int) []byte {
	dst = fmt.Appendf(dst, "+%d.%06d [%d %s]", now.Unix(), now.Nanosecond()/1000, db, client)
	secret := secretArgs(c.spec, c.args)
	for i, arg := range c.args {
		dst = append(dst, ' ')
		if secret(i) {
			arg = redacted
		}
		dst = appendQuoted(dst, arg)
	}
	return append(dst, "\r\n"...)
}

var redacted = []byte("(redacted)")

// appendQuoted adds text in quotes, as Redis does: what is not printable ASCII as
// escapes.
func appendQuoted(dst, text []byte) []byte {
	const escaped, letters = "\\\"\n\r\t\a\b", "\\\"nrtab"
	dst = append(dst, '"')
	for _, b := range text {
		if i := bytes.IndexByte([]byte(escaped), b); i >= 0 {
			dst = append(dst, '\\', letters[i])
		} else if b < ' ' || b > '~' {
			dst = append(dst, '\\', 'x')
			if b < 16 {
				dst = append(dst, '0')
			}
			dst = strconv.AppendUint(dst, uint64(b), 16)
		} else {
			dst = append(dst, b)
		}
	}
	return append(dst, '"')
}
