package spec_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/spec"
)

// keyRequests are requests whose keys are compared; those of commands that are not in the table are left out.
var keyRequests = []string{
	"get k", "GET k", "mget a b c a", "mset a 1 b 2", "mset a 1 b", "mset a 1", "msetnx a 1 b 2", "msetnx a",
	"del a b c", "unlink a", "exists a a", "touch a b", "copy a b", "copy a b DB 1 REPLACE", "copy a",
	"rename a b", "renamenx a b", "move a 1", "object encoding k", "object freq k", "object help", "object nosuch k",
	"object encoding", "object", "object encoding k x", "lcs a b", "lcs a b LEN", "lcs a",
	"set k v", "set k v get", "set k v GET", "set k v nx GeT", "set k get", "set get v", "set k v getx", "set k",
	"set k v ex 10 xx", "getex k", "getex k persist", "getdel k", "getset k v", "append k v", "setrange k 0 v",
	"bitop and d a b", "bitop not d a", "bitop and d", "bitop nosuch d a b",
	"bitfield k", "bitfield k get u8 0", "bitfield k get u8 0 get u8 8", "bitfield k get u8", "bitfield k GET u8 #0",
	"bitfield k set u8 0 1", "bitfield k set u8 0", "bitfield k incrby u8 0 1", "bitfield k incrby u8 0",
	"bitfield k overflow sat", "bitfield k overflow", "bitfield k overflow sat get u8 0", "bitfield k overflow wrap set u8 0 1",
	"bitfield k get u8 0 set u8 0 1", "bitfield k get u8 0 nosuch", "bitfield", "bitfield_ro k get u8 0", "bitfield_ro k",
	"scan 0", "keys *", "randomkey", "dbsize", "ping", "select 0", "client list", "client kill x", "command", "command info",
	"command getkeys get k", "config get x", "nosuch", "nosuch a b", "client nosuch", "flushall", "swapdb 0 1",
	"watch a b a", "watch", "multi", "exec", "script load x", "script exists a b", "function load x", "function list",
	"eval s 1 k", "eval s 2 k l m", "eval s 0", "eval s 0 a", "eval s 2 k", "eval s -1 k", "eval s x k", "eval s",
	"evalsha s 1 k a", "eval_ro s 1 k a", "evalsha_ro s 2 k l a", "fcall f 1 k a", "fcall_ro f 2 k l", "fcall f 3 k l",
	"substr k 0 1", "type k", "ttl k", "persist k", "expire k 1", "expire k 1 nx", "expire k", "debug object k",
}

func TestKeysEqualRedis(t *testing.T) {
	requests := make([][]string, 0, len(keyRequests)+2000)
	for _, r := range keyRequests {
		requests = append(requests, strings.Fields(r))
	}
	requests = append(requests, []string{"set", "", ""}, []string{"mget", "", "a"}, []string{"", "a"})
	requests = append(requests, randomRequests(2000)...)
	bothProtocols(t, func(t *testing.T, resp3 bool) {
		redis := dial(t, resp3)
		for _, r := range requests {
			args := byteArgs(r)
			theirs, _ := redis.do(append([]string{"COMMAND", "GETKEYS"}, r...)...)
			ours, _ := reply(t, resp3, func(e *codec.Encoder) { spec.AppendGetKeys(e, args) })
			if string(ours) != string(theirs) && len(r) > 1 {
				t.Errorf("GETKEYS %q: %q, redis-server's %q", r, ours, theirs)
			}
			theirs, _ = redis.do(append([]string{"COMMAND", "GETKEYSANDFLAGS"}, r...)...)
			ours, _ = reply(t, resp3, func(e *codec.Encoder) { spec.AppendGetKeysAndFlags(e, args) })
			if string(ours) != string(theirs) && len(r) > 1 {
				t.Errorf("GETKEYSANDFLAGS %q: %q, redis-server's %q", r, ours, theirs)
			}
		}
	})
}

// randomRequests puts arguments that mean something to some commands behind every command of the table.
func randomRequests(n int) [][]string {
	random := rand.New(rand.NewPCG(7, 2))
	words := []string{
		"a", "b", "", "0", "1", "2", "-1", "get", "GET", "set", "incrby", "overflow", "u8", "#0", "wrap", "store", "keys",
	}
	var commands []string
	for _, s := range spec.All() {
		if (!redisServer.is70 || !changedSince70(s.Name)) && !addedAfter72(s) && s.HasKeys() {
			commands = append(commands, s.Name)
		}
	}
	requests := make([][]string, n)
	for i := range requests {
		r := strings.Split(commands[random.IntN(len(commands))], "|")
		for range 1 + random.IntN(8) {
			r = append(r, words[random.IntN(len(words))])
		}
		requests[i] = r
	}
	return requests
}

// TestKeySpecsOfAllCommands follows the key specs of every command that redis-server has, taken from its own
// description, so that each kind of key spec is tested before a command in the table needs it.
func TestKeySpecsOfAllCommands(t *testing.T) {
	redis := dial(t, true)
	random := rand.New(rand.NewPCG(3, 9))
	words := []string{"a", "b", "c", "0", "1", "2", "3", "-1", "x", "store", "STOREDIST", "streams", "keys", "by", "get"}
	_, list := redis.do("COMMAND")
	followed := map[string]int{}
	for i := range list.Elems {
		s := parseSpec(t, &list.Elems[i])
		if !s.HasKeys() {
			continue
		}
		for range 40 {
			r := []string{s.Name}
			for range max(1, abs(s.Arity)-1) + random.IntN(6) {
				r = append(r, words[random.IntN(len(words))])
			}
			if !s.ArityOK(len(r)) {
				continue
			}
			refs, err := spec.Keys(s, byteArgs(r))
			if err != nil || len(refs) == 0 {
				// Redis may fall back to code of its own for the command, which this spec does not have.
				continue
			}
			_, theirs := redis.do(append([]string{"COMMAND", "GETKEYSANDFLAGS"}, r...)...)
			compareRefs(t, r, refs, &theirs)
			followed[s.Name]++
		}
	}
	for _, name := range []string{"eval", "zunionstore", "xread", "georadius", "blmpop", "lmove", "pfcount"} {
		if followed[name] == 0 {
			t.Errorf("no keys of %s compared", name)
		}
	}
}

func compareRefs(t *testing.T, request []string, refs []spec.KeyRef, theirs *codec.Value) {
	t.Helper()
	if len(refs) != len(theirs.Elems) {
		t.Errorf("%q: %v, redis-server: %s", request, refs, render(theirs))
		return
	}
	for i, r := range refs {
		their := &theirs.Elems[i]
		if string(their.Elems[0].Str) != request[r.Index] || parseKeyFlags(t, &their.Elems[1]) != r.Flags {
			t.Errorf("%q: %v, redis-server: %s", request, refs, render(theirs))
			return
		}
	}
}

func TestAppendKeysDoesNotAllocate(t *testing.T) {
	dst := make([]spec.KeyRef, 0, 8)
	for _, request := range []string{"get k", "mget a b c", "set k v get", "bitfield k get u8 0", "copy a b"} {
		args := byteArgs(strings.Fields(request))
		s, _ := spec.Lookup(args)
		n := testing.AllocsPerRun(100, func() {
			if _, err := spec.AppendKeys(dst, s, args); err != nil {
				t.Error(err)
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations", request, n)
		}
	}
}

func abs(n int) int { return max(n, -n) }
