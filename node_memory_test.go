package main

import (
	"strings"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// TestMemoryOfLongElementsIsGivenBack: whatever holds buffers for the next command, a long one may leave less than its own size there.
func TestMemoryOfLongElementsIsGivenBack(t *testing.T) {
	s := servertest.Postkeys(t, pgtest.DSN(t), "PPROF=1")
	const size = 4 << 20
	element := strings.Repeat("x", size)
	run := func(element string) {
		c := dial(t, s)
		defer c.Close()
		c.Timeout = patience
		for _, words := range []string{
			"SADD set e", "SADD set second", "SISMEMBER set e", "SMEMBERS set", "SISMEMBER set2 e", "SREM set e", "SADD set e", "SPOP set 2",
			"ZADD zset 1 e", "ZSCORE zset e", "ZRANGE zset 0 0", "ZPOPMIN zset", "HSET hash e e", "HGET hash e", "HDEL hash e",
			"RPUSH list e", "LRANGE list 0 -1", "LPOP list", "SET string e", "GET string", "APPEND string y", "GETDEL string",
			"MULTI", "SET string e", "GET string", "EXEC", "EVAL return(redis.call('GET',KEYS[1])) 1 string", "DEL string", "GET e", "SET e 1", "DEL e",
		} {
			args := strings.Fields(words)
			for i := range args {
				if args[i] == "e" {
					args[i] = element
				}
			}
			if reply, err := c.Do(args...); err != nil || reply[0] == '-' {
				t.Fatalf("%s: %.100q, %v", words, reply, err)
			}
		}
	}
	run("short")
	before := heap(t, s)
	run(element)
	var after float64
	for begin := time.Now(); time.Since(begin) < patience; { // the last replies come before what made them is let go
		if after = heap(t, s); after < before+size {
			return
		}
	}
	t.Errorf("%.1f MB of heap before elements of 4 MB, %.1f MB after them", before/(1<<20), after/(1<<20))
}

// heap is what a server uses of its heap after garbage has been collected, and what pools held has gone too.
func heap(t *testing.T, s *servertest.Server) float64 {
	t.Helper()
	for range 2 {
		if status, _ := get(t, s, "/debug/pprof/heap?gc=1"); status != 200 {
			t.Fatalf("the profile of the heap: %d", status)
		}
	}
	bytes, ok := scrape(t, s)["go_memstats_heap_alloc_bytes"]
	if !ok {
		t.Fatal("no metric of the heap")
	}
	return bytes
}
