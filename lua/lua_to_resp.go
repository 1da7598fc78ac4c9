package lua

import (
	"strings"

	glua "github.com/yuin/gopher-lua"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/lua/number"
)

// maxReplySlots is how many values Redis' C stack holds while it converts a reply; it decides how deep tables may nest.
const maxReplySlots = 7998

// lineBreaks replaces what would end a line of the protocol, also where RESP2 could carry it.
var lineBreaks = strings.NewReplacer("\r", " ", "\n", " ")

// replyWriter turns the value that a script returned into a reply.
type replyWriter struct {
	in    *interp
	out   *codec.Encoder
	start int // of the reply in out
}

// write appends the reply for v. slots is how much of Redis' stack would be in use.
func (w *replyWriter) write(v glua.LValue, slots int) {
	if slots > maxReplySlots {
		w.out.Error("ERR reached lua stack limit")
		return
	}
	switch v := v.(type) {
	case glua.LString:
		w.out.BulkString(string(v))
	case glua.LNumber:
		w.out.Int(number.ToInt64(float64(v)))
	case glua.LBool:
		switch {
		case w.in.resp3:
			w.out.Bool(bool(v))
		case bool(v):
			w.out.Int(1)
		default:
			w.out.Null()
		}
	case *glua.LTable:
		w.table(w.in.real(v), slots)
	default:
		w.out.Null()
	}
}

// table writes what the first known field makes of a table, else an array.
func (w *replyWriter) table(t *glua.LTable, slots int) {
	w.check()
	if s, ok := t.RawGetString("err").(glua.LString); ok {
		if len(w.out.Buf) == w.start {
			w.in.inv.Failed = true
			w.in.noteCounted(t)
		}
		w.out.Error(cString(string(s)))
		return
	}
	if s, ok := t.RawGetString("ok").(glua.LString); ok {
		w.out.Simple(cString(string(s)))
		return
	}
	if n, ok := t.RawGetString("double").(glua.LNumber); ok {
		w.out.Double(float64(n))
		return
	}
	if s, ok := t.RawGetString("big_number").(glua.LString); ok {
		w.out.BigNumber(lineBreaks.Replace(string(s)))
		return
	}
	if v, ok := t.RawGetString("verbatim_string").(*glua.LTable); ok {
		format, ok1 := v.RawGetString("format").(glua.LString)
		s, ok2 := v.RawGetString("string").(glua.LString)
		if ok1 && ok2 {
			w.out.Verbatim(cString(string(format)), string(s))
			return
		}
	}
	if m, ok := t.RawGetString("map").(*glua.LTable); ok {
		m = w.in.real(m)
		w.out.Map(countPairs(m))
		eachPair(m, func(k, v glua.LValue) {
			w.write(k, slots+4)
			w.write(v, slots+3)
		})
		return
	}
	if s, ok := t.RawGetString("set").(*glua.LTable); ok {
		s = w.in.real(s)
		w.out.Set(countPairs(s))
		eachPair(s, func(k, _ glua.LValue) { w.write(k, slots+3) })
		return
	}
	n := 0
	for t.RawGetInt(n+1) != glua.LNil {
		n++
	}
	w.out.Array(n)
	for i := 1; i <= n; i++ {
		w.write(t.RawGetInt(i), slots+1)
	}
}

// check ends the run if it was stopped or if the reply is too large: a table that holds itself twice has no end.
func (w *replyWriter) check() {
	ctl := w.in.ctx.ctl
	if limit := w.in.eng.opts.MaxMemoryBytes; limit >= 0 && int64(len(w.out.Buf)-w.start) > limit {
		ctl.stop(stopMemory)
	}
	if ctl.stopped() != 0 {
		panic(errStop)
	}
}

// eachPair walks a table in the order of next.
func eachPair(t *glua.LTable, f func(k, v glua.LValue)) {
	for k, v := t.Next(glua.LNil); k != glua.LNil; k, v = t.Next(k) {
		f(k, v)
	}
}

func countPairs(t *glua.LTable) (n int) {
	eachPair(t, func(_, _ glua.LValue) { n++ })
	return n
}
