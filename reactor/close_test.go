package reactor

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/codec"
)

func TestCloseAfterReply(t *testing.T) {
	both(t, func(t *testing.T, h *handler) {
		c := dial(t, start(t, h, Options{}))
		c.send(cmd("PING") + cmd("QUIT") + cmd("PING"))
		c.want("+PONG\r\n+OK\r\n")
		c.wantEnd()
	})
}

func TestCloseAfterLargeReply(t *testing.T) {
	both(t, func(t *testing.T, h *handler) {
		r := start(t, h, Options{})
		const n = 50 << 20
		c := dial(t, r)
		c.send(cmd("BIG", "52428800") + cmd("QUIT"))
		s := recv(t, h.opened)
		until(t, "gnet keeps output", func() bool { return s.c.OutputBytes() > 0 })
		c.want("$52428800\r\n")
		if m, err := io.CopyN(io.Discard, c.r, n); m != n || err != nil {
			t.Fatalf("%d bytes, %v", m, err)
		}
		c.want("\r\n+OK\r\n")
		c.wantEnd()
	})
}

func TestClose(t *testing.T) {
	t.Parallel()
	h := newHandler(true)
	r := start(t, h, Options{})
	c := dial(t, r)
	c.send(cmd("PING"))
	j := recv(t, h.jobs)
	j.s.c.Close()
	j.s.c.Close()
	c.wantEnd()
	if s := recv(t, h.closed); s.err != nil {
		t.Errorf("closed with %v", s.err)
	}
	j.s.c.Push([]byte("x"))
	j.s.c.CloseAfterReply()
}

func TestCloseAfterReplyWhileIdle(t *testing.T) {
	t.Parallel()
	h := newHandler(true)
	c := dial(t, start(t, h, Options{}))
	s := recv(t, h.opened)
	s.c.Push([]byte("+bye\r\n"))
	s.c.CloseAfterReply()
	c.want("+bye\r\n")
	c.wantEnd()
}

func TestClientGoneInFlight(t *testing.T) {
	t.Parallel()
	h := newHandler(true)
	r := start(t, h, Options{})
	c := dial(t, r)
	c.send(cmd("ECHO", "x"))
	j := recv(t, h.jobs)
	_ = c.Close()
	if s := recv(t, h.closed); !errors.Is(s.err, io.EOF) && s.err == nil {
		t.Errorf("closed with %v", s.err)
	}
	j.s.c.Reply(j.s.answer(j.b))
	j.s.c.Push([]byte("y"))
	j.s.c.Flush()
	other := dial(t, r)
	stop := answerAll(h)
	defer stop()
	other.send(cmd("PING"))
	other.want("+PONG\r\n")
	if j.s.closes != 1 {
		t.Errorf("Closed called %d times", j.s.closes)
	}
}

func TestClientGoneWithUnreadReplies(t *testing.T) {
	t.Parallel()
	h := newHandler(false)
	r := start(t, h, Options{})
	c := dial(t, r)
	_ = c.Conn.(*net.TCPConn).SetLinger(0)
	c.send(cmd("BIG", "20000000") + strings.Repeat(cmd("PING"), 100))
	s := recv(t, h.opened)
	until(t, "gnet keeps output", func() bool { return s.c.OutputBytes() > 0 })
	_ = c.Close() // a reset: the next write fails
	recv(t, h.closed)
	s.c.Push([]byte("x"))
	until(t, "the outbox is empty", func() bool { return s.c.OutputBytes() == 0 })
}

func TestPanicHurtsOneConnection(t *testing.T) {
	both(t, func(t *testing.T, h *handler) {
		r := start(t, h, Options{Loops: 1})
		a, b := dial(t, r), dial(t, r)
		b.send(cmd("PING"))
		b.want("+PONG\r\n")
		a.send(cmd("PANIC"))
		a.wantEnd()
		recv(t, h.closed)
		b.send(cmd("PING"))
		b.want("+PONG\r\n")
		if n := r.Stats().Current; n != 1 {
			t.Errorf("%d connections", n)
		}
	})
}

// A panic in the batch that follows a Reply happens in the drain, not in OnTraffic.
func TestPanicInDrain(t *testing.T) {
	t.Parallel()
	h := newHandler(true)
	r := start(t, h, Options{Loops: 1, BatchCommands: 1})
	a, b := dial(t, r), dial(t, r)
	a.send(cmd("PING") + cmd("PANIC"))
	ja := recv(t, h.jobs)
	b.send(cmd("PING"))
	jb := recv(t, h.jobs)
	ja.s.c.Reply(ja.s.answer(ja.b))
	jb.s.c.Reply(jb.s.answer(jb.b))
	jb.s.c.Flush()
	a.want("+PONG\r\n")
	a.wantEnd()
	b.want("+PONG\r\n")
}

func TestPanicInOpen(t *testing.T) {
	t.Parallel()
	h := newHandler(false)
	h.refuse = func(*Conn) []byte { panic("as asked") }
	r := start(t, h, Options{})
	c := dial(t, r)
	c.wantEnd()
	if n := r.Stats().Current; n != 0 {
		t.Errorf("%d connections", n)
	}
}

func TestStopDrains(t *testing.T) {
	t.Parallel()
	h := newHandler(true)
	r := start(t, h, Options{})
	clients := make([]*client, 1000)
	for i := range clients {
		clients[i] = dial(t, r)
		recv(t, h.opened)
	}
	busy := clients[0]
	busy.send(cmd("ECHO", "x"))
	j := recv(t, h.jobs)
	stopped := make(chan error, 1)
	go func() { stopped <- r.Stop(context.Background()) }()
	for range len(clients) - 1 {
		recv(t, h.closed)
	}
	late := dial(t, r)
	late.wantEnd()
	select {
	case err := <-stopped:
		t.Fatalf("stopped with a batch in flight: %v", err)
	default:
	}
	j.s.c.Reply(j.s.answer(j.b))
	j.s.c.Flush()
	busy.want(bulk("x"))
	busy.wantEnd()
	if err := recv(t, stopped); err != nil {
		t.Error(err)
	}
	j.s.c.Push([]byte("late"))
	j.s.c.Flush()
	if s := r.Stats(); s.Current != 0 || s.Received != 1000 {
		t.Errorf("%+v", s)
	}
}

func TestStopIsForcedByContext(t *testing.T) {
	t.Parallel()
	h := newHandler(true)
	r := start(t, h, Options{})
	c := dial(t, r)
	c.send(cmd("PING"))
	j := recv(t, h.jobs)
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- r.Stop(ctx) }()
	cancel()
	if err := recv(t, stopped); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped with %v", err)
	}
	c.wantEnd()
	recv(t, h.closed)
	j.s.c.Reply(append(codec.GetBuffer(8), "late"...))
	j.s.c.Flush()
}

func TestStartErrors(t *testing.T) {
	t.Parallel()
	r := start(t, newHandler(false), Options{})
	taken, err := New(newHandler(false), Options{Addrs: []string{"tcp://" + r.Addrs()[0].String()}})
	if err != nil {
		t.Fatal(err)
	}
	if err := taken.Start(); err == nil {
		t.Error("two reactors on one port")
	}
	file := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, addr := range []string{"unix://" + file, "udp://127.0.0.1:0", "127.0.0.1:1"} {
		if _, err := New(newHandler(false), Options{Addrs: []string{addr}}); err == nil {
			t.Errorf("%s accepted", addr)
		}
	}
	if _, err := New(newHandler(false), Options{}); err == nil {
		t.Error("no address accepted")
	}
}
