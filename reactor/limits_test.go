package reactor

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/codec"
)

func TestMaxClients(t *testing.T) {
	t.Parallel()
	h := newHandler(false)
	r := start(t, h, Options{MaxClients: 2})
	a, b := dial(t, r), dial(t, r)
	recv(t, h.opened)
	recv(t, h.opened)
	refused := dial(t, r)
	refused.want("-ERR max number of clients reached\r\n")
	refused.wantEnd()
	if s := r.Stats(); s.Received != 2 || s.Rejected != 1 || s.Current != 2 {
		t.Errorf("%+v", s)
	}
	if n := r.SetMaxClients(3); n != 3 {
		t.Errorf("%d allowed", n)
	}
	c := dial(t, r)
	for _, c := range []*client{a, b, c} {
		c.send(cmd("PING"))
		c.want("+PONG\r\n")
	}
	if n := r.SetMaxClients(1 << 40); n != r.MaxClientsAllowed() || n >= fileLimit() {
		t.Errorf("%d clients allowed with %d files", n, fileLimit())
	}
	_ = a.Close()
	recv(t, h.closed)
	if n := r.Stats().Current; n != 2 {
		t.Errorf("%d connections", n)
	}
}

func TestRefusedByHandler(t *testing.T) {
	t.Parallel()
	h := newHandler(false)
	h.refuse = func(*Conn) []byte { return []byte("-DENIED\r\n") }
	r := start(t, h, Options{})
	c := dial(t, r)
	c.want("-DENIED\r\n")
	c.wantEnd()
	if s := r.Stats(); s.Rejected != 1 || s.Current != 0 || s.Received != 0 {
		t.Errorf("%+v", s)
	}
}

func TestQueryBufferLimit(t *testing.T) {
	t.Parallel()
	h := newHandler(false)
	r := start(t, h, Options{QueryBufferLimit: 1 << 20})
	c, other := dial(t, r), dial(t, r)
	c.send(cmd("PING"))
	c.want("+PONG\r\n")
	go func() { _, _ = c.Write([]byte(cmd("ECHO", strings.Repeat("x", 4<<20)))) }()
	recv(t, h.closed)
	if n := r.Stats().QueryBufferCloses; n != 1 {
		t.Errorf("%d closed", n)
	}
	other.send(cmd("ECHO", strings.Repeat("x", 1<<19)))
	other.want(bulk(strings.Repeat("x", 1<<19)))
}

// A client that floods while a batch is in flight is held back, and all of it is answered in the end.
func TestFloodIsHeldBack(t *testing.T) {
	t.Parallel()
	h := newHandler(true)
	r := start(t, h, Options{QueryBufferLimit: 8 << 20})
	c := dial(t, r)
	c.send(cmd("PING"))
	j := recv(t, h.jobs)
	if j.s.c.loop.pollFD < 0 {
		t.Fatal("gnet's epoll instance was not found: has gnet changed?")
	}
	const n = 1_000_000
	sent := c.sending(strings.Repeat(cmd("PING"), n))
	until(t, "reading pauses", func() (paused bool) {
		onLoop(t, j.s.c, func() { paused = j.s.c.paused })
		return paused
	})
	stop := answerAll(h)
	defer stop()
	j.s.c.Reply(j.s.answer(j.b))
	j.s.c.Flush()
	buf, chunk := make([]byte, 7000), strings.Repeat("+PONG\r\n", 1000)
	c.want("+PONG\r\n")
	for range n / 1000 {
		if _, err := io.ReadFull(c.r, buf); err != nil || string(buf) != chunk {
			t.Fatalf("got %q (%v)", cutShort(buf), err)
		}
	}
	if err := recv(t, sent); err != nil {
		t.Error(err)
	}
	onLoop(t, j.s.c, func() {
		if j.s.c.paused {
			t.Error("reading is still paused")
		}
	})
}

// swamp makes c's connection produce output that nobody reads until gnet has to keep some.
func swamp(t *testing.T, s *session) {
	t.Helper()
	until(t, "gnet keeps output", func() bool {
		s.c.Push(append(codec.GetBuffer(1<<20), make([]byte, 1<<20)...))
		onLoop(t, s.c, func() {})
		return s.c.OutputBytes() > 4<<20
	})
}

func TestHardOutputLimit(t *testing.T) {
	t.Parallel()
	h := newHandler(false)
	limits := DefaultOutputLimits()
	limits[PubSub] = OutputLimit{HardBytes: 8 << 20}
	r := start(t, h, Options{OutputLimits: &limits})
	dial(t, r)
	s := recv(t, h.opened)
	swamp(t, s)
	for range 10 { // no limit in this class
		s.c.Push(make([]byte, 1<<20))
	}
	s.c.SetClass(PubSub)
	s.c.Push(make([]byte, 1<<20))
	recv(t, h.closed)
	if n := r.Stats().OutputBufferCloses; n != 1 {
		t.Errorf("%d closed", n)
	}
}

// TestHardOutputLimitOfReplies: a reply above the limit is not sent at all.
func TestHardOutputLimitOfReplies(t *testing.T) {
	t.Parallel()
	h := newHandler(false)
	limits := DefaultOutputLimits()
	limits[Normal] = OutputLimit{HardBytes: 1000}
	r := start(t, h, Options{OutputLimits: &limits})
	client := dial(t, r)
	s := recv(t, h.opened)
	s.c.Push(make([]byte, 1000))
	if _, err := io.ReadFull(client, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	onLoop(t, s.c, func() { s.c.write(make([]byte, 1001)) })
	recv(t, h.closed)
	if rest, err := io.ReadAll(client); err != nil || len(rest) != 0 {
		t.Errorf("got %d bytes, %v", len(rest), err)
	}
	if n := r.Stats().OutputBufferCloses; n != 1 {
		t.Errorf("%d closed", n)
	}
}

func TestSoftOutputLimit(t *testing.T) {
	t.Parallel()
	h := newHandler(false)
	ck := newClock()
	r := start(t, h, Options{Now: ck.now})
	c := dial(t, r)
	s := recv(t, h.opened)
	swamp(t, s)
	limits := DefaultOutputLimits()
	limits[Normal] = OutputLimit{SoftBytes: 1 << 20, SoftFor: time.Minute}
	r.SetOutputLimits(limits)
	until(t, "the soft limit is noticed", func() (over bool) {
		onLoop(t, s.c, func() { over = s.c.softMs != 0 })
		return over
	})
	ck.advance(59 * time.Second)
	onLoop(t, s.c, func() { // as a sweep does
		if s.c.checkOutput(); s.c.settle() {
			t.Error("closed before the time is over")
		}
	})
	ck.advance(2 * time.Second)
	recv(t, h.closed)
	if n := r.Stats().OutputBufferCloses; n != 1 {
		t.Errorf("%d closed", n)
	}
	_ = c.Close()
}

func TestSoftLimitForgivesBreaks(t *testing.T) {
	t.Parallel()
	lim := OutputLimit{SoftBytes: 10, SoftFor: time.Second}
	var since int64
	for _, step := range []struct {
		n, ms int64
		want  bool
	}{{11, 1, false}, {11, 1000, false}, {10, 1001, false}, {11, 1002, false}, {11, 2002, false}, {11, 2003, true}} {
		if got := lim.exceeded(step.n, step.ms, &since); got != step.want {
			t.Errorf("%+v: %v", step, got)
		}
	}
}

func TestIdleTimeout(t *testing.T) {
	t.Parallel()
	h := newHandler(true)
	ck := newClock()
	r := start(t, h, Options{Now: ck.now})
	open := func() (*client, *session) { c := dial(t, r); return c, recv(t, h.opened) }
	_, idle := open()
	_, exempt := open()
	exempt.c.SetIdleExempt(true)
	_, sub := open()
	sub.c.SetClass(PubSub)
	busy, _ := open()
	busy.send(cmd("PING"))
	j := recv(t, h.jobs)
	ck.advance(10 * time.Second)
	r.SetIdleTimeout(5 * time.Second)
	if s := recv(t, h.closed); s != idle {
		t.Error("the wrong connection was closed")
	}
	if n := r.Stats().IdleCloses; n != 1 {
		t.Errorf("%d closed", n)
	}
	j.s.c.Reply(j.s.answer(j.b))
	j.s.c.Flush()
	busy.want("+PONG\r\n")
	if n := r.Stats().Current; n != 3 {
		t.Errorf("%d connections", n)
	}
}
