package reactor

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/codec"
)

// answerAll answers every batch from a goroutine of its own until the returned function is called.
func answerAll(h *handler) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case j := <-h.jobs:
				j.s.c.Reply(j.s.answer(j.b))
				j.s.c.Flush()
			case <-quit:
				return
			}
		}
	}()
	return func() { close(quit); <-done }
}

// both runs a test with sessions that answer on the loop and with ones that answer from elsewhere.
func both(t *testing.T, f func(t *testing.T, h *handler)) {
	for _, async := range []bool{false, true} {
		t.Run(fmt.Sprintf("async=%v", async), func(t *testing.T) {
			t.Parallel()
			h := newHandler(async)
			if async {
				stop := answerAll(h)
				t.Cleanup(stop)
			}
			f(t, h)
		})
	}
}

func TestPipelineKeepsOrder(t *testing.T) {
	both(t, func(t *testing.T, h *handler) {
		c := dial(t, start(t, h, Options{}))
		const n = 20000 // more than a batch, a turn and a read
		var in, out strings.Builder
		for i := range n {
			v := fmt.Sprint("value ", i)
			in.WriteString(cmd("ECHO", v))
			out.WriteString(bulk(v))
		}
		c.exchange(in.String()+cmd("COUNT"), out.String()+fmt.Sprintf(":%d\r\n", n+1))
	})
}

func TestLongPipelineOfLargeValues(t *testing.T) {
	both(t, func(t *testing.T, h *handler) {
		c := dial(t, start(t, h, Options{BatchBytes: 64 << 10, BatchCommands: 50}))
		var in, out strings.Builder
		for i := range 600 {
			v := strings.Repeat(string(rune('a'+i%26)), i*i%150_000)
			in.WriteString(cmd("ECHO", v))
			out.WriteString(bulk(v))
			if i%7 == 0 {
				in.WriteString("\r\n*0\r\nPING\r\n")
				out.WriteString("+PONG\r\n")
			}
		}
		c.exchange(in.String(), out.String())
	})
}

func TestFramesSplitAtEachByte(t *testing.T) {
	both(t, func(t *testing.T, h *handler) {
		r := start(t, h, Options{})
		in := cmd("PING") + cmd("ECHO", "hello\r\nworld") + "ECHO inline\r\n" + cmd("COUNT")
		out := "+PONG\r\n" + bulk("hello\r\nworld") + bulk("inline") + ":4\r\n"
		for cut := 1; cut < len(in); cut++ {
			c := dial(t, r)
			before := r.Stats().BytesIn
			c.send(in[:cut])
			// The second half goes out when the first has certainly been taken in.
			until(t, "the first half arrives", func() bool { return r.Stats().BytesIn >= before+int64(cut) })
			c.send(in[cut:])
			c.want(out)
			_ = c.Close()
		}
	})
}

func TestByteByByte(t *testing.T) {
	both(t, func(t *testing.T, h *handler) {
		c := dial(t, start(t, h, Options{}))
		_ = c.Conn.(*net.TCPConn).SetNoDelay(true)
		in := strings.Repeat(cmd("ECHO", "abc"), 20)
		for i := range in {
			c.send(in[i : i+1])
		}
		c.want(strings.Repeat(bulk("abc"), 20))
	})
}

func TestLargeValue(t *testing.T) {
	both(t, func(t *testing.T, h *handler) {
		c := dial(t, start(t, h, Options{}))
		v := strings.Repeat("0123456789", 1<<20)
		c.exchange(cmd("ECHO", v)+cmd("PING"), bulk(v)+"+PONG\r\n")
	})
}

func TestAnnouncedLengthAllocatesNothing(t *testing.T) {
	h := newHandler(false)
	c := dial(t, start(t, h, Options{}))
	s := recv(t, h.opened)
	c.send(cmd("PING") + "*2\r\n$4\r\nECHO\r\n$500000000\r\nabc")
	c.want("+PONG\r\n")
	onLoop(t, s.c, func() {
		if n := cap(s.c.in.buf); n > 4096 {
			t.Errorf("%d bytes kept for a frame of which a few have come", n)
		}
	})
}

func TestMalformedAfterGood(t *testing.T) {
	both(t, func(t *testing.T, h *handler) {
		r := start(t, h, Options{})
		other := dial(t, r)
		c := dial(t, r)
		c.send(cmd("PING") + cmd("ECHO", "x") + "*1\r\n:5\r\n" + cmd("PING"))
		c.want("+PONG\r\n" + bulk("x") + "-ERR Protocol error: expected '$', got ':'\r\n")
		c.wantEnd()
		other.send(cmd("PING"))
		other.want("+PONG\r\n")
	})
}

func TestInputWhileInFlight(t *testing.T) {
	t.Parallel()
	h := newHandler(true)
	c := dial(t, start(t, h, Options{}))
	c.send(cmd("ECHO", "1"))
	first := recv(t, h.jobs)
	var more strings.Builder
	var want strings.Builder
	for i := range 3000 {
		more.WriteString(cmd("ECHO", fmt.Sprint(i)))
		want.WriteString(bulk(fmt.Sprint(i)))
	}
	c.send(more.String())
	until(t, "the input is kept", func() bool { used, _ := first.s.c.QueryBuffer(); return used == more.Len() })
	if len(h.jobs) != 0 {
		t.Fatal("a second batch was served while the first was in flight")
	}
	stop := answerAll(h)
	defer stop()
	first.s.c.Reply(first.s.answer(first.b))
	first.s.c.Flush()
	c.want(bulk("1") + want.String())
}

func TestManyRepliesOneFlush(t *testing.T) {
	t.Parallel()
	h := newHandler(true)
	r := start(t, h, Options{Loops: 1})
	clients := make([]*client, 20)
	jobs := make([]job, len(clients))
	for i := range clients {
		clients[i] = dial(t, r)
		clients[i].send(cmd("PING"))
		jobs[i] = recv(t, h.jobs)
	}
	for _, j := range jobs {
		j.s.c.Reply(j.s.answer(j.b))
	}
	jobs[0].s.c.Flush()
	for _, c := range clients {
		c.want("+PONG\r\n")
	}
}

func TestPushesAndRepliesKeepOrder(t *testing.T) {
	t.Parallel()
	h := newHandler(true)
	c := dial(t, start(t, h, Options{}))
	c.send(cmd("PING"))
	j := recv(t, h.jobs)
	push := func(s string) { j.s.c.Push(append(codec.GetBuffer(64), s...)) }
	var want strings.Builder
	for i := range 200 {
		for k := range i % 4 {
			p := fmt.Sprintf(">1\r\n+%d.%d\r\n", i, k)
			push(p)
			want.WriteString(p)
		}
		j.s.c.Reply(j.s.answer(j.b))
		want.WriteString("+PONG\r\n")
		push("+after\r\n")
		want.WriteString("+after\r\n")
		c.send(cmd("PING"))
		j = recv(t, h.jobs)
	}
	c.want(want.String())
}

func TestReplyOnLoopStaysBehindPush(t *testing.T) {
	t.Parallel()
	h := newHandler(false)
	c := dial(t, start(t, h, Options{}))
	c.send(cmd("PUSH", "a") + cmd("ECHO", "b") + cmd("PUSH", "c"))
	c.want("+pushed a\r\n+pushed c\r\n+OK\r\n" + bulk("b") + "+OK\r\n")
}

func TestUnixSocketAndAddresses(t *testing.T) {
	t.Parallel()
	h := newHandler(false)
	path := filepath.Join(t.TempDir(), "s.sock")
	r := start(t, h, Options{Addrs: []string{"tcp://127.0.0.1:0", "unix://" + path, "tcp://:0"}, UnixPerm: 0o700})
	for i, addr := range r.Addrs() {
		if ta, ok := addr.(*net.TCPAddr); ok && ta.IP.IsUnspecified() {
			addr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: ta.Port}
		}
		c := dialAddr(t, addr)
		s := recv(t, h.opened)
		c.send(cmd("PING"))
		c.want("+PONG\r\n")
		local, remote := c.RemoteAddr().String(), c.LocalAddr().String()
		if i == 1 {
			local, remote = path+":0", path+":0"
		}
		if s.c.Local() != local || s.c.Remote() != remote || !s.c.Loopback() || s.c.Unix() != (i == 1) {
			t.Errorf("%v: local %q, remote %q, want %q and %q", addr, s.c.Local(), s.c.Remote(), local, remote)
		}
	}
}

func TestFairness(t *testing.T) {
	t.Parallel()
	h := newHandler(false)
	r := start(t, h, Options{Loops: 1})
	hog, other := dial(t, r), dial(t, r)
	flood := strings.Repeat(cmd("PING"), 10_000)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() { // never stops sending
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := hog.Write([]byte(flood)); err != nil {
				return
			}
		}
	}()
	go func() {
		buf := make([]byte, 1<<20)
		for {
			if _, err := hog.Read(buf); err != nil {
				return
			}
		}
	}()
	for range 100 {
		other.send(cmd("PING"))
		other.want("+PONG\r\n")
	}
	close(stop)
	_ = hog.Close()
	<-done
}
