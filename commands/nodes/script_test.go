package nodes

import (
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

// TestScriptsAreTheSameOnAllNodes: what one node has loaded or run, another one
// knows by its digest, after a restart too; what one node flushes, none knows.
func TestScriptsAreTheSameOnAllNodes(t *testing.T) {
	t.Parallel()
	_, nodes := pair(t)
	here, there := dial(t, nodes[0]), dial(t, nodes[1])
	const body = "return redis.call('incr', KEYS[1])"
	loaded := must(t, here, "SCRIPT", "LOAD", body)
	expect(t, there, "1", "EVALSHA", loaded, "1", "k")
	expect(t, here, "17", "EVAL", "return 17", "0")
	const evaluated = "2d2d67a9d3f2ee6a1ad7c3ed9bd7e8e1ba1fb8cf" // not it: no script
	expectError(t, there, "-NOSCRIPT", "EVALSHA", evaluated, "0")
	sha := must(t, here, "EVAL", "return redis.sha1hex('return 17')", "0")
	expect(t, there, "17", "EVALSHA", sha, "0")
	expect(t, there, "[1 1 0]", "SCRIPT", "EXISTS", loaded, sha, evaluated)

	if err := nodes[1].Restart(); err != nil {
		t.Fatal(err)
	}
	there = dial(t, nodes[1])
	expect(t, there, "2", "EVALSHA", loaded, "1", "k")
	must(t, there, "SCRIPT", "FLUSH")
	for _, c := range []*servertest.Client{here, there} {
		expectError(t, c, "-NOSCRIPT", "EVALSHA", loaded, "1", "k")
		expectError(t, c, "-NOSCRIPT", "EVALSHA", sha, "0")
	}
	expect(t, there, "3", "EVAL", body, "1", "k")
	expect(t, here, "4", "EVALSHA", loaded, "1", "k")
}

// TestFunctionsAreTheSameOnAllNodes: the moment a library is changed on one
// node, no other one runs what it was before.
func TestFunctionsAreTheSameOnAllNodes(t *testing.T) {
	t.Parallel()
	_, nodes := pair(t)
	here, there := dial(t, nodes[0]), dial(t, nodes[1])
	library := func(n int) string {
		return "#!lua name=lib\nredis.register_function('version', function() return " + strconv.Itoa(n) + " end)"
	}
	expectError(t, there, "-ERR Function not found", "FCALL", "version", "0")
	must(t, here, "FUNCTION", "LOAD", library(0))
	for n := range 20 {
		expect(t, there, strconv.Itoa(n), "FCALL", "version", "0")
		expect(t, here, strconv.Itoa(n), "FCALL", "version", "0")
		here, there = there, here
		must(t, here, "FUNCTION", "LOAD", "REPLACE", library(n+1))
	}
	dump := must(t, here, "FUNCTION", "DUMP")
	must(t, here, "FUNCTION", "DELETE", "lib")
	expectError(t, there, "-ERR Function not found", "FCALL", "version", "0")
	must(t, there, "FUNCTION", "RESTORE", dump)
	expect(t, here, "20", "FCALL", "version", "0")
	must(t, here, "FUNCTION", "FLUSH")
	expect(t, there, "[]", "FUNCTION", "LIST")
}

// TestUndeclaredKeysAreAtomic: scripts that count in keys that they were not
// given, on both nodes at once, lose nothing.
func TestUndeclaredKeysAreAtomic(t *testing.T) {
	t.Parallel()
	_, nodes := pair(t)
	const clients, each = 8, 25
	scripts := []string{
		"local n = tonumber(redis.call('get', 'a') or '0'); redis.call('set', 'a', n + 1); return redis.call('set', 'b', n + 1)",
		"local n = tonumber(redis.call('get', 'a') or '0'); redis.call('set', 'b', n + 1); return redis.call('set', KEYS[1], n + 1)",
	}
	var wg sync.WaitGroup
	for i := range clients {
		c := dial(t, nodes[i%2])
		wg.Go(func() {
			for range each {
				if _, err := do(c, "EVAL", scripts[i/2%2], strconv.Itoa(i/2%2), "a"); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	expect(t, dial(t, nodes[0]), "["+strconv.Itoa(clients*each)+" "+strconv.Itoa(clients*each)+"]", "MGET", "a", "b")
}

// TestABusyScriptHoldsItsKeysOnly: a script that never ends is reported to those
// who want its keys, all others are served, and it can be killed.
func TestABusyScriptHoldsItsKeysOnly(t *testing.T) {
	t.Parallel()
	_, nodes := pair(t)
	c, busy := dial(t, nodes[0]), dial(t, nodes[0])
	must(t, c, "CONFIG", "SET", "busy-reply-threshold", "100")
	expectError(t, c, "-NOTBUSY", "SCRIPT", "KILL")
	ended := make(chan error, 1)
	go func() {
		_, err := do(busy, "EVAL", "while true do pcall(function() while true do end end) end", "1", "held")
		ended <- err
	}()
	eventually(t, "the script is not reported", func() bool {
		_, err := do(c, "INCR", "held")
		if err == nil {
			return false // it has not begun
		}
		return strings.HasPrefix(err.Error(), "-BUSY ")
	})
	expect(t, c, "PONG", "PING")
	expect(t, c, "1", "INCR", "free")
	expect(t, c, "x", "EVAL", "return redis.call('get', KEYS[1]) and 'x'", "1", "free")
	expect(t, c, "[free]", "KEYS", "f*")
	expectError(t, c, "-BUSY ", "FUNCTION", "KILL")
	must(t, c, "SCRIPT", "KILL")
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "Script killed by user with SCRIPT KILL") {
		t.Errorf("the script ended with %v", err)
	}
	must(t, c, "INCR", "held")
}

// TestABusyScriptHoldsItsNode: with script-busy-scope node all clients of the node
// hear of it, as Redis' do, but for the commands that Redis serves too. Those of other nodes do not.
func TestABusyScriptHoldsItsNode(t *testing.T) {
	t.Parallel()
	_, nodes := pair(t)
	c, inMulti, elsewhere := dial(t, nodes[0]), dial(t, nodes[0]), dial(t, nodes[1])
	must(t, c, "FUNCTION", "LOAD", "#!lua name=busy\nredis.register_function('spin', function() while true do end end)")
	for _, node := range []*servertest.Client{c, elsewhere} {
		must(t, node, "CONFIG", "SET", "busy-reply-threshold", "100", "script-busy-scope", "node")
	}
	for _, test := range []struct {
		kill string
		run  []string
	}{
		{"SCRIPT", []string{"EVAL", "while true do end", "1", "held"}},
		{"FUNCTION", []string{"FCALL", "spin", "1", "held"}},
	} {
		must(t, inMulti, "MULTI")
		must(t, inMulti, "SET", "free", "1")
		busy, ended := dial(t, nodes[0]), make(chan error, 1)
		go func() {
			_, err := do(busy, test.run...)
			ended <- err
		}()
		text := "-BUSY Redis is busy running a script. You can only call " + test.kill + " KILL or SHUTDOWN NOSAVE."
		eventually(t, "the script is not reported", func() bool {
			_, err := do(c, "PING")
			return err != nil
		})
		for _, command := range [][]string{{"PING"}, {"GET", "free"}, {"CONFIG", "GET", "port"}, {"EVAL", "return 1", "0"}, {"SCRIPT", "EXISTS", "x"}} {
			expectError(t, c, text, command...)
		}
		expectError(t, inMulti, "-EXECABORT Transaction discarded because of: "+text[1:], "EXEC")
		for _, command := range [][]string{{"MULTI"}, {"DISCARD"}, {"WATCH", "free"}, {"UNWATCH"}, {"HELLO", "2"}, {"FUNCTION", "STATS"}, {"RESET"}} {
			must(t, c, command...)
		}
		must(t, elsewhere, "SET", "free", "2")
		must(t, c, test.kill, "KILL")
		if err := <-ended; err == nil || !strings.Contains(err.Error(), "Script killed by user with SCRIPT KILL") {
			t.Errorf("the script ended with %v", err)
		}
		must(t, c, "SET", "held", "1")
	}
}

// expectError sends a command and compares the beginning of its error.
func expectError(t *testing.T, c *servertest.Client, prefix string, args ...string) {
	t.Helper()
	if reply, err := do(c, args...); err == nil || !strings.HasPrefix(err.Error(), prefix) {
		t.Errorf("%.60q = %.60q, %v; want an error %s", args, reply, err, prefix)
	}
}
