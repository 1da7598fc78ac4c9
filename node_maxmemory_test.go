package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// TestMaxMemory: once a client has queued too much in a transaction, commands that may use memory are refused for all, and served
// again when it has given up. What is stored does not count, nor does garbage.
func TestMaxMemory(t *testing.T) {
	s := servertest.Postkeys(t, pgtest.DSN(t), "PPROF=1")
	const size = 4 << 20
	long := strings.Repeat("x", size)
	c, hoarder := dial(t, s), dial(t, s)
	hoarder.Timeout = patience
	expect := func(c *servertest.Client, want string, args ...string) {
		t.Helper()
		if reply, err := c.Do(args...); err != nil || string(reply) != want {
			t.Fatalf("%.40q: %.100q, %v; want %q", args, reply, err, want)
		}
	}
	for i := range 16 {
		expect(hoarder, "+OK\r\n", "SET", fmt.Sprint("stored", i), long)
	}
	expect(c, "+OK\r\n", "CONFIG", "SET", "maxmemory", fmt.Sprintf("%.0f", heap(t, s)+6*size))
	until(t, c, "+OK\r\n")

	const refused = "-OOM command not allowed when used memory > 'maxmemory'.\r\n"
	expect(hoarder, "+OK\r\n", "MULTI")
	for i := 0; ; i++ {
		reply, err := hoarder.Do("SET", fmt.Sprint("queued", i), long)
		if err != nil || i > 1000 {
			t.Fatalf("%d elements of 4 MB were queued: %q, %v", i, reply, err)
		}
		if string(reply) == refused {
			break
		}
	}
	until(t, c, refused)
	expect(c, "+PONG\r\n", "PING")
	expect(c, ":4194304\r\n", "STRLEN", "stored1")
	expect(hoarder, "-EXECABORT Transaction discarded because of: "+refused[1:], "EXEC")
	until(t, c, "+OK\r\n")
	expect(c, ":0\r\n", "EXISTS", "queued0")
}

// until waits until a write is answered as wanted, which takes as long as the memory is not looked at again.
func until(t *testing.T, c *servertest.Client, want string) {
	t.Helper()
	var reply []byte
	for begin := time.Now(); time.Since(begin) < patience; {
		var err error
		if reply, err = c.Do("SET", "small", "1"); err != nil {
			t.Fatal(err)
		}
		if string(reply) == want {
			return
		}
	}
	t.Errorf("SET is answered with %q, not %q", reply, want)
}
