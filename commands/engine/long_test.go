package engine

import (
	"fmt"
	"testing"

	"github.com/mnorrsken/postkeys/pg"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// TestARoundGoesOnWithoutAnExpelledTask: the others lose nothing but a moment,
// and the task runs in the slow lane, with nothing left of its first attempt.
func TestARoundGoesOnWithoutAnExpelledTask(t *testing.T) {
	t.Parallel()
	e := start(t, pgtest.DSN(t), nil)
	before, after := newClient(Update, incr("a")), newClient(Update, incr("a"))
	var long *client
	long = newClient(Update, incr("long"), step{[]Claim{claim("long", pg.ModeUpdate)}, func(*pg.Tx, []*pg.Entry) (string, error) {
		if long.Shared() {
			return "", long.Expel()
		}
		return "alone", nil
	}})
	together(t, e, Update, before, long, after)
	expect(t, before, "1")
	expect(t, after, "2")
	expect(t, long, "1", "alone")
	if long.Lane != Slow || long.runs != 2 {
		t.Errorf("lane %d after %d runs", long.Lane, long.runs)
	}
	if n := e.Expelled.Load(); n != 1 {
		t.Errorf("%d tasks were expelled", n)
	}
}

// TestADetainedWorkerIsReplaced: while tasks keep the only worker of a lane,
// and those that replace it, others are served, up to a bound; later the lane is
// as it was.
func TestADetainedWorkerIsReplaced(t *testing.T) {
	t.Parallel()
	const bound = 2
	e := start(t, pgtest.DSN(t), func(o *Options) { o.MaxDetained = bound })
	var open [bound + 1]func()
	var long [bound + 1]*client
	for i := range long {
		var s step
		s, open[i] = gate()
		long[i] = newClient(Slow, s)
		e.Submit(&long[i].Task)
		within(t, long[i].started, "a worker")
		want := i < bound
		if got := e.Detain(&long[i].Task); got != want {
			t.Fatalf("Detain of task %d: %v", i, got)
		}
		if want {
			expect(t, submitted(e, newClient(Slow, incr("a"))), fmt.Sprint(i+1))
		}
	}
	waits := submitted(e, newClient(Slow, incr("a")))
	for i := range long {
		open[i]()
		expect(t, long[i], "gate")
	}
	expect(t, waits, fmt.Sprint(bound+1))
	// The places are free again.
	s, done := gate()
	again := submitted(e, newClient(Slow, s))
	within(t, again.started, "a worker")
	if !e.Detain(&again.Task) {
		t.Error("the bound was not given back")
	}
	expect(t, submitted(e, newClient(Slow, incr("a"))), fmt.Sprint(bound+2))
	done()
	expect(t, again, "gate")
}

// TestKeysOfABusyTaskAreRefused: those that wait for one, and those that come,
// hear so at once; readers and strangers notice nothing.
func TestKeysOfABusyTaskAreRefused(t *testing.T) {
	t.Parallel()
	e := start(t, pgtest.DSN(t), nil)
	s, open := gate(claim("held", pg.ModeUpdate))
	busy := submitted(e, newClient(Slow, s))
	within(t, busy.started, "a worker")
	refused := fmt.Sprintf("kind %d: %s", pg.KindStatement, ErrBusy)

	waiting := submitted(e, newClient(Update, incr("held"), incr("other")))
	e.Refuse(&busy.Task)
	expect(t, waiting, refused, refused)
	expect(t, submitted(e, newClient(Blind, set("held", "1"))), refused)
	expect(t, submitted(e, newClient(Read, get("held"))), "")
	expect(t, submitted(e, newClient(Update, incr("other"))), "1")
	open()
	expect(t, busy, "gate")
	expect(t, submitted(e, newClient(Update, incr("held"))), "1")
}

// submitted hands a client to the engine and returns it.
func submitted(e *Engine, c *client) *client {
	e.Submit(&c.Task)
	return c
}
