package reactor

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mnorrsken/postkeys/codec"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent()) // a pool of gnet's dependency runs from init on
}

// patience bounds every wait; it is only spent when a test fails.
const patience = 20 * time.Second

// job is a batch whose answer is up to the test.
type job struct {
	s *session
	b *codec.Batch
}

// handler makes sessions and reports what happens to them.
type handler struct {
	async  bool // batches go to jobs, else they are answered on the loop
	jobs   chan job
	opened chan *session
	closed chan *session
	refuse func(c *Conn) []byte
}

func newHandler(async bool) *handler {
	return &handler{
		async:  async,
		jobs:   make(chan job, 4096),
		opened: make(chan *session, 4096),
		closed: make(chan *session, 4096),
	}
}

func (h *handler) Open(c *Conn) (Session, []byte) {
	if h.refuse != nil {
		if out := h.refuse(c); out != nil {
			return nil, out
		}
	}
	s := &session{h: h, c: c}
	h.opened <- s
	return s, nil
}

// session speaks a few commands: PING, ECHO x, COUNT, BIG n, QUIT, PANIC, and PUSH x, which pushes before it answers.
type session struct {
	h       *handler
	c       *Conn
	count   int64
	batches int
	closes  int
	err     error
}

var testLimits = codec.DefaultLimits

func (s *session) Limits() *codec.Limits { return &testLimits }

func (s *session) Malformed(err *codec.ProtocolError) []byte {
	return err.AppendReply(codec.GetBuffer(64))
}

func (s *session) Closed(err error) {
	s.closes++
	s.err = err
	s.h.closed <- s
}

func (s *session) Serve(b *codec.Batch) ([]byte, bool) {
	if string(b.Args(0)[0]) == "PANIC" {
		panic("as asked")
	}
	if s.h.async {
		s.h.jobs <- job{s, b}
		return nil, false
	}
	return s.answer(b), true
}

// answer produces the reply of a whole batch and releases it.
func (s *session) answer(b *codec.Batch) []byte {
	s.batches++
	e := codec.Encoder{Buf: codec.GetBuffer(64)}
	for i := range b.Len() {
		s.count++
		switch args := b.Args(i); string(args[0]) {
		case "PING":
			e.Simple("PONG")
		case "ECHO":
			e.Bulk(args[1])
		case "COUNT":
			e.Int(s.count)
		case "BIG":
			n, _ := strconv.Atoi(string(args[1]))
			e.Bulk(bytes.Repeat([]byte("x"), n))
		case "PUSH":
			s.c.Push(append(codec.GetBuffer(64), "+pushed "+string(args[1])+"\r\n"...))
			e.OK()
		case "QUIT":
			e.OK()
			s.c.CloseAfterReply()
			b.Release()
			return e.Buf
		default:
			e.Error("ERR unknown command")
		}
	}
	b.Release()
	return e.Buf
}

// start runs a reactor on a free port and stops it when the test ends.
func start(t testing.TB, h Handler, opts Options) *Reactor {
	t.Helper()
	if opts.Addrs == nil {
		opts.Addrs = []string{"tcp://127.0.0.1:0"}
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	r, err := New(h, opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // the tests that care about an orderly end stop the reactor themselves
		_ = r.Stop(ctx)
		if err := r.Wait(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// client is a plain socket with a reader that gives up after patience.
type client struct {
	t testing.TB
	net.Conn
	r *bufio.Reader
}

func dial(t testing.TB, r *Reactor) *client { return dialAddr(t, r.Addrs()[0]) }

func dialAddr(t testing.TB, addr net.Addr) *client {
	t.Helper()
	nc, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(patience))
	return &client{t: t, Conn: nc, r: bufio.NewReaderSize(nc, 64<<10)}
}

func (c *client) send(s string) {
	c.t.Helper()
	if _, err := io.WriteString(c, s); err != nil {
		c.t.Fatal(err)
	}
}

// sending sends from a goroutine of its own what may be more than the socket takes before the replies are read.
func (c *client) sending(s string) <-chan error {
	sent := make(chan error, 1)
	go func() { _, err := io.WriteString(c, s); sent <- err }()
	return sent
}

// exchange sends and expects at the same time.
func (c *client) exchange(in, out string) {
	c.t.Helper()
	sent := c.sending(in)
	c.want(out)
	if err := recv(c.t, sent); err != nil {
		c.t.Error(err)
	}
}

func (c *client) want(s string) {
	c.t.Helper()
	got := make([]byte, len(s))
	if n, err := io.ReadFull(c.r, got); err != nil || string(got) != s {
		c.t.Fatalf("got %q (%v), want %q", cutShort(got[:n]), err, cutShort([]byte(s)))
	}
}

// wantEnd expects the connection to be closed, with or without a reset.
func (c *client) wantEnd() {
	c.t.Helper()
	rest, err := io.ReadAll(c.r)
	var timeout net.Error
	if len(rest) > 0 || errors.As(err, &timeout) && timeout.Timeout() {
		c.t.Fatalf("got %q (%v), want the end", cutShort(rest), err)
	}
}

func cutShort(b []byte) []byte { return b[:min(len(b), 200)] }

func cmd(args ...string) string {
	bs := make([][]byte, len(args))
	for i, a := range args {
		bs[i] = []byte(a)
	}
	return string(codec.AppendCommand(nil, bs...))
}

func bulk(s string) string { return fmt.Sprintf("$%d\r\n%s\r\n", len(s), s) }

// recv waits for a value from a channel.
func recv[T any](t testing.TB, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

// until waits for something that only shows in a counter.
func until(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !cond(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal("never happened: " + what)
		}
	}
}

// onLoop runs f on the loop of c's connection and waits: what f reads there is not raced with.
func onLoop(t testing.TB, c *Conn, f func()) {
	t.Helper()
	done := make(chan struct{})
	if err := c.loop.el.Execute(context.Background(), runnable(func() { f(); close(done) })); err != nil {
		t.Fatal(err)
	}
	recv(t, done)
}

type runnable func()

func (f runnable) Run(context.Context) error { f(); return nil }

// clock is a time that tests set.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.UnixMilli(1_000_000)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}
