package load

import (
	"bufio"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/bench/client"
	"github.com/mnorrsken/postkeys/bench/target"
)

func TestPercentile(t *testing.T) {
	t.Parallel()
	ten := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for p, want := range map[float64]int{0: 1, 10: 1, 11: 2, 50: 5, 99: 10, 100: 10} {
		if got := Percentile(ten, p); got != want {
			t.Errorf("p%v: got %d, want %d", p, got, want)
		}
	}
	if got := Percentile([]int(nil), 50); got != 0 {
		t.Errorf("of nothing: %d", got)
	}
}

// listen runs a server that answers each PING, an array of one bulk string, with the reply. stall, if any, holds all replies back.
func listen(t *testing.T, reply string, stall func()) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				in := bufio.NewReader(c)
				for {
					line, err := in.ReadString('\n')
					if err != nil {
						return
					}
					if stall != nil {
						stall()
					}
					if line[0] != '*' { // each command is an array
						continue
					}
					if _, err := c.Write([]byte(reply)); err != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

func TestClosed(t *testing.T) {
	t.Parallel()
	addr := listen(t, "+PONG\r\n", nil)
	r, err := Closed(t.Context(), addr, client.NewTemplate(10, 1, "PING"), 50*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Latencies) == 0 || !slices.IsSorted(r.Latencies) || r.Elapsed < 50*time.Millisecond || r.PerSecond() <= 0 {
		t.Errorf("%d latencies in %v", len(r.Latencies), r.Elapsed)
	}
	if _, err := Closed(t.Context(), listen(t, "-ERR no\r\n", nil), client.NewTemplate(10, 1, "PING"), time.Second); !errors.Is(err, client.ErrReply) {
		t.Errorf("an error reply gave %v", err)
	}
}

func TestPacedKeepsTheRate(t *testing.T) {
	t.Parallel()
	p := Paced{Addr: listen(t, "+PONG\r\n", nil), Command: client.NewTemplate(10, 1, "PING"), Connections: 4, PerSecond: 2000, Duration: 250 * time.Millisecond}
	r, err := p.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// The arrivals come from a fixed seed: the number is the same in every run, and near the 500 that were asked for.
	if n := len(r.Latencies); n < 400 || n > 600 || n != len(r.Lags) {
		t.Errorf("%d replies, %d lags", n, len(r.Lags))
	}
	if !slices.IsSorted(r.Latencies) || r.Latencies[0] < 0 {
		t.Error("latencies are not ascending from zero")
	}
}

// Requests that were due while the server stood still are charged with the wait although they were sent to no delay of their own.
func TestPacedChargesAStall(t *testing.T) {
	t.Parallel()
	answers := make(chan struct{})
	begin := sync.OnceFunc(func() { time.AfterFunc(200*time.Millisecond, func() { close(answers) }) }) // with the first request
	stall := func() { begin(); <-answers }
	p := Paced{Addr: listen(t, "+PONG\r\n", stall), Command: client.NewTemplate(10, 1, "PING"), Connections: 2, PerSecond: 1000, Duration: 100 * time.Millisecond}
	r, err := p.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if shortest := r.Latencies[0]; shortest < 80*time.Millisecond {
		t.Errorf("shortest latency %v although nothing was answered for 200 ms", shortest)
	}
}

func TestPacedGivesUp(t *testing.T) {
	t.Parallel()
	over := make(chan struct{})
	defer close(over)
	p := Paced{Addr: listen(t, "+PONG\r\n", func() { <-over }), Command: client.NewTemplate(10, 1, "PING"), Connections: 1, PerSecond: 200000, Duration: 10 * time.Second}
	if _, err := p.Run(t.Context()); !errors.Is(err, ErrOverloaded) {
		t.Errorf("got %v", err)
	}
	refused := Paced{Addr: listen(t, "-ERR no\r\n", nil), Command: client.NewTemplate(10, 1, "PING"), Connections: 2, PerSecond: 1000, Duration: 50 * time.Millisecond}
	if _, err := refused.Run(t.Context()); !errors.Is(err, client.ErrReply) {
		t.Errorf("an error reply gave %v", err)
	}
}

func TestUnits(t *testing.T) {
	t.Parallel()
	u := Units{Commands: [][]string{{"PING"}, {"PING"}}, Connections: 3, Pipeline: 4, Keys: 1, Addr: listen(t, "+PONG\r\n", nil)}
	r, err := u.Run(t.Context(), 50*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if r.Done != 4*len(r.Latencies) || len(r.Latencies) < 3 || !slices.IsSorted(r.Latencies) || r.Elapsed < 50*time.Millisecond {
		t.Errorf("%d units in %d pipelines, %v", r.Done, len(r.Latencies), r.Elapsed)
	}
	u.Addr = listen(t, "-ERR no\r\n", nil)
	if _, err := u.Run(t.Context(), time.Second); !errors.Is(err, client.ErrReply) {
		t.Errorf("an error reply: %v", err)
	}
}

// redisServer starts a redis-server for the test and returns its address.
func redisServer(t *testing.T) string {
	t.Helper()
	s, err := target.StartRedis(t.Context(), target.RedisProgram, t.TempDir(), false, 100)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s.Addr
}

func TestHandover(t *testing.T) {
	t.Parallel()
	addr := redisServer(t)
	h := Handover{Push: addr, Pop: addr, Key: "waiting"}
	one, err := h.OneByOne(t.Context(), 100*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if len(one.Latencies) < 2 || one.Latencies[0] <= 0 || !slices.IsSorted(one.Latencies) || one.Elapsed < 100*time.Millisecond {
		t.Errorf("%d latencies in %v", len(one.Latencies), one.Elapsed)
	}
	many, err := h.Paced(t.Context(), 5, 1000, 200*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(many.Latencies); n < 120 || n != len(many.Lags) || many.Latencies[0] <= 0 || !slices.IsSorted(many.Latencies) {
		t.Errorf("%d latencies, %d lags", n, len(many.Lags))
	}
}

// A server that hands out something else, or refuses, is found out.
func TestHandoverOfSomethingElse(t *testing.T) {
	t.Parallel()
	for reply, want := range map[string]error{"*2\r\n$7\r\nwaiting\r\n$1\r\n7\r\n": errUnexpected, "-ERR no\r\n": client.ErrReply} {
		h := Handover{Push: redisServer(t), Pop: listen(t, reply, nil), Key: "waiting"}
		if _, err := h.OneByOne(t.Context(), time.Second); !errors.Is(err, want) {
			t.Errorf("one by one, %q: %v", reply, err)
		}
		if _, err := h.Paced(t.Context(), 1, 1000, 200*time.Millisecond); !errors.Is(err, want) {
			t.Errorf("paced, %q: %v", reply, err)
		}
		if _, err := (Jobs{Push: h.Push, Pop: h.Pop, Key: "waiting", Pushers: 1, Pipeline: 1, Workers: 1, Blocking: true}).Run(t.Context(), 50*time.Millisecond); reply[0] == '-' && !errors.Is(err, want) {
			t.Errorf("jobs, %q: %v", reply, err)
		}
	}
}

func TestJobs(t *testing.T) {
	t.Parallel()
	addr := redisServer(t)
	for _, blocking := range []bool{true, false} {
		j := Jobs{Push: addr, Pop: addr, Key: "jobs", Pushers: 2, Pipeline: 3, Workers: 5, Blocking: blocking}
		r, err := j.Run(t.Context(), 100*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		if r.Done < 3 || r.Done%3 != 0 || r.Elapsed < 100*time.Millisecond {
			t.Errorf("blocking %v: %d elements in %v", blocking, r.Done, r.Elapsed)
		}
	}
}
