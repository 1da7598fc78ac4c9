package redisbenchmark

import (
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/bench/target"
)

const head = `"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"` + "\n"

func TestParse(t *testing.T) {
	t.Parallel()
	got, err := parse(head +
		`"LPUSH (needed to benchmark LRANGE)","20000.00","2.352","0.088","0.975","7.007","7.063","7.095"` + "\n" +
		`"MSET (10 keys)","156500.50","4.614","0.720","4.783","5.911","6.111","6.191"` + "\n")
	want := Result{Test: "MSET (10 keys)", CommandsPerSecond: 156500.5, P50: 4783 * time.Microsecond, P99: 6111 * time.Microsecond}
	if err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, output := range map[string]string{
		"nothing":          "",
		"no row":           head,
		"no rate":          head + `"SET","0.00","1","1","1","1","1","1"` + "\n",
		"not a number":     head + `"SET","1.00","1","1","-nan%","1","1","1"` + "\n",
		"too few columns":  head + `"SET","1.00"` + "\n",
		"columns unknown":  "\"a\",\"b\"\n\"SET\",\"1.00\"\n",
		"another language": "SET: 1000 requests per second\n",
	} {
		if r, err := parse(output); err == nil {
			t.Errorf("%s: got %+v", name, r)
		}
	}
}

func TestComplaint(t *testing.T) {
	t.Parallel()
	if got := complaint("WARNING: Could not fetch server CONFIG\n\n"); got != "" {
		t.Errorf("a harmless line: %q", got)
	}
	if got := complaint("WARNING: Could not fetch server CONFIG\nError from server: ERR x\n"); got != "Error from server: ERR x" {
		t.Errorf("got %q", got)
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	l := Load{Addr: "127.0.0.1:7000", Command: []string{"INCR", "counter"}, Clients: 50, Pipeline: 16, Keys: 100000, ValueBytes: 3}
	want := strings.Fields("--csv -h 127.0.0.1 -p 7000 -c 50 -P 16 -n 1000 -r 100000 -d 3 INCR counter")
	if got, err := l.arguments(1000); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
	l.Command, l.Test = nil, "set"
	want = append(want[:len(want)-2], "-t", "set")
	if got, err := l.arguments(1000); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
	l.Command = []string{"GET", "x"}
	if _, err := l.arguments(1); err == nil {
		t.Error("a test and a command at once were accepted")
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rate float64
		d    time.Duration
		want int
	}{{50000, 5 * time.Second, 250000}, {0.001, time.Second, 1}, {1e12, time.Hour, maxRequests}, {3, 500 * time.Millisecond, 2}} {
		if got := requests(c.rate, c.d); got != c.want {
			t.Errorf("%v for %v: got %d, want %d", c.rate, c.d, got, c.want)
		}
	}
	l := Load{Clients: 500, Pipeline: 64}
	if few, many := l.Requests(8000, time.Second), l.Requests(800000, time.Second); few != 4*500*64 || many != 800000 {
		t.Errorf("500 clients with a pipeline of 64 make %d requests, or %d", few, many)
	}
}

// A server that takes connections and never answers must not hold a run for longer than its limit.
func TestRunIsBounded(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, _, err = Run(t.Context(), Load{Addr: l.Addr().String(), Test: "set", Clients: 2, Pipeline: 1, Keys: 10, ValueBytes: 3}, 10, 300*time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "ended after") {
		t.Errorf("got %v", err)
	}
}

// Replies that are errors must fail the run: the rate at which a server refuses commands means nothing.
func TestErrorRepliesFailTheRun(t *testing.T) {
	t.Parallel()
	server, err := target.StartRedis(t.Context(), target.RedisProgram, t.TempDir(), false, 100)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	}()
	l := Load{Addr: server.Addr, Command: []string{"SET", "key", "text"}, Clients: 2, Pipeline: 4, Keys: 10, ValueBytes: 3}
	if r, _, err := Run(t.Context(), l, 100, time.Minute); err != nil || r.CommandsPerSecond <= 0 {
		t.Errorf("%+v, %v", r, err)
	}
	l.Command = []string{"INCR", "key"}
	if r, _, err := Run(t.Context(), l, 100, time.Minute); err == nil || !strings.Contains(err.Error(), "not an integer") {
		t.Errorf("%+v, %v", r, err)
	}
}
