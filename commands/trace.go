package commands

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/commands/spec"
)

// Trace levels: each shows more commands. Errors show at any.
const (
	TraceOff   = iota
	TraceAdmin // commands for operators
	TraceMost  // and what writes, or belongs to pub/sub, except the most frequent
	TraceAll
)

// tracer writes commands and their replies for people to read, one line each:
//
//	[TRACE] 10.0.0.1:54321 <- ["SET", "key", "value"]
//	[TRACE] 10.0.0.1:54321 -> +OK
//
// Passwords are left out. It looks at batches that are done, so that it costs
// nothing while it is off and shows no reply that was taken back.
type tracer struct {
	level int
	out   io.Writer
}

// job shows a batch that has been answered.
func (t *tracer) job(j *job) {
	var lines strings.Builder
	addr := j.session.conn.Remote()
	replies := j.out.Buf
	for i := range j.calls {
		c := &j.calls[i]
		reply := replies[:min(c.size, len(replies))]
		replies = replies[len(reply):]
		if !c.failed && traceLevel(c.spec) > t.level {
			continue
		}
		fmt.Fprintf(&lines, "[TRACE] %s <- [%s]\n[TRACE] %s -> %s\n", addr, shownArgs(c.spec, c.args), addr, shownReply(c, reply))
	}
	if lines.Len() > 0 {
		// Nothing can be done if standard error is closed.
		_, _ = io.WriteString(t.out, lines.String())
	}
}

// frequent commands write, and are too many for any but the last level.
var frequent = map[string]bool{
	"set": true, "setex": true, "psetex": true, "setnx": true, "mset": true, "getset": true, "getdel": true, "getex": true,
	"incr": true, "decr": true, "incrby": true, "decrby": true, "incrbyfloat": true, "append": true,
	"hset": true, "hmset": true, "hsetnx": true, "hincrby": true, "lpush": true, "rpush": true, "lpop": true, "rpop": true, "blpop": true, "brpop": true,
	"sadd": true, "srem": true, "zadd": true, "zrem": true, "xadd": true, "xack": true,
}

// traceLevel is the first level that shows a command.
func traceLevel(s *spec.Spec) int {
	switch {
	case s == nil:
		return TraceAdmin
	case s.Flags&spec.Admin != 0 || s.Name == "auth" || s.Name == "hello" || strings.HasPrefix(s.Name, "cluster") ||
		s.Name == "flushdb" || s.Name == "flushall":
		return TraceAdmin
	case s.Flags&(spec.Write|spec.PubSub) != 0 && !frequent[s.Name]:
		return TraceMost
	}
	return TraceAll
}

// The bounds of a line.
const (
	tracedArgs  = 32
	tracedBytes = 256
)

// hidden stands for what nobody may read.
const hidden = "***"

// shownArgs renders a command without its secrets.
func shownArgs(s *spec.Spec, args [][]byte) string {
	var b strings.Builder
	secret := secretArgs(s, args)
	for i, arg := range args {
		if i > 0 {
			b.WriteString(", ")
		}
		if i == tracedArgs {
			fmt.Fprintf(&b, "... (%d more)", len(args)-i)
			break
		}
		if secret(i) {
			b.WriteString(strconv.Quote(hidden))
		} else {
			b.WriteString(shownText(arg))
		}
	}
	return b.String()
}

// secretArgs tells which arguments of a command are secrets, or may be.
func secretArgs(s *spec.Spec, args [][]byte) func(i int) bool {
	switch {
	case s == nil: // perhaps a misspelt AUTH
		return func(i int) bool { return i > 0 }
	case s.Name == "config|set":
		return func(i int) bool {
			if i < 3 || i%2 == 0 {
				return false
			}
			p := settings.Lookup(string(args[i-1]))
			return p == nil || p.Sensitive
		}
	case s.Name == "hello", s.Name == "migrate":
		after := len(args)
		for i, arg := range args {
			if isWord(arg, "auth") || isWord(arg, "auth2") {
				after = i
				break
			}
		}
		return func(i int) bool { return i > after }
	case s.Name == "auth", strings.HasPrefix(s.Name, "acl|"):
		return func(i int) bool { return i > 0 && (s.Name == "auth" || i > 1) }
	}
	return func(int) bool { return false }
}

// shownText quotes text; what is no text shows its size only.
func shownText(p []byte) string {
	text := !strings.ContainsFunc(string(p[:min(len(p), tracedBytes)]), func(r rune) bool { return r < ' ' && r != '\t' && r != '\r' && r != '\n' })
	switch {
	case !text || !utf8.Valid(p):
		return "<binary:" + strconv.Itoa(len(p)) + ">"
	case len(p) > tracedBytes:
		return strconv.Quote(strings.ToValidUTF8(string(p[:tracedBytes]), "")) + "... (" + strconv.Itoa(len(p)) + " bytes)"
	}
	return strconv.Quote(string(p))
}

// shownReply renders a reply. Elements of collections are counted, not shown,
// and pushes in front of it are left out. The error of an unknown command
// repeats its arguments, among which there may be a secret.
func shownReply(c *Call, reply []byte) string {
	if c.spec == nil {
		return "-ERR unknown command"
	}
	v, n, err := codec.ParseValue(reply)
	for ; err == nil && v.Kind == codec.KindPush; v, n, err = codec.ParseValue(reply) {
		reply = reply[n:]
	}
	switch {
	case err != nil:
		return "(none)"
	case v.Null:
		return "(null)"
	}
	switch kind := reply[0]; kind {
	case '*', '%', '~', '|':
		return string(kind) + strconv.Itoa(len(v.Elems))
	case '$', '=':
		return shownText(v.Str)
	}
	line, _, _ := strings.Cut(string(reply[:min(n, tracedBytes)]), "\r\n")
	return line
}
