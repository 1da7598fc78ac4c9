package linearizability

import (
	"strings"
	"testing"

	"github.com/anishathalye/porcupine"
)

// TestModelRefusesWhatMustNotHappen feeds the checker with histories by hand.
func TestModelRefusesWhatMustNotHappen(t *testing.T) {
	t.Parallel()
	op := func(call, end int64, reply, words string) porcupine.Operation {
		args := strings.Fields(words)
		return porcupine.Operation{
			Input: command{group: "g", args: args}, Call: call, Return: end, Output: outcome{reply: reply, unknown: end == never},
		}
	}
	for _, test := range []struct {
		name    string
		legal   bool
		history []porcupine.Operation
	}{
		{"two counts", true, []porcupine.Operation{op(1, 9, ":2\r\n", "INCR k0"), op(2, 8, ":1\r\n", "INCR k0")}},
		{"lost update", false, []porcupine.Operation{op(1, 9, ":1\r\n", "INCR k0"), op(2, 8, ":1\r\n", "INCR k0")}},
		{"stale read", false, []porcupine.Operation{op(1, 2, "+OK\r\n", "SET k0 a"), op(3, 4, "$-1\r\n", "GET k0")}},
		{"handed out twice", false, []porcupine.Operation{
			op(1, 2, "+OK\r\n", "SET k0 a"), op(3, 6, "$1\r\na\r\n", "GETDEL k0"), op(4, 5, "$1\r\na\r\n", "GETDEL k0"),
		}},
		{"two winners", false, []porcupine.Operation{op(1, 4, ":1\r\n", "SETNX k0 a"), op(2, 3, ":1\r\n", "SETNX k0 b")}},
		{"half of an MSETNX", false, []porcupine.Operation{
			op(1, 5, ":1\r\n", "MSETNX k0 a k1 b"), op(2, 3, "*2\r\n$1\r\na\r\n$-1\r\n", "MGET k0 k1"),
		}},
		{"overlapping MSETNX", false, []porcupine.Operation{
			op(1, 5, ":1\r\n", "MSETNX k0 a k1 b"), op(2, 6, ":1\r\n", "MSETNX k1 c k2 d"),
		}},
		{"lost in a crash", false, []porcupine.Operation{op(1, 2, ":1\r\n", "APPEND k0 a"), op(3, 4, "$-1\r\n", "GET k0")}},
		{"applied twice", false, []porcupine.Operation{op(1, never, "", "APPEND k0 a"), op(2, 4, "$2\r\naa\r\n", "GET k0")}},
		{"unknown and done", true, []porcupine.Operation{op(1, never, "", "APPEND k0 a"), op(2, 4, "$1\r\na\r\n", "GET k0")}},
		{"unknown and not done", true, []porcupine.Operation{op(1, never, "", "APPEND k0 a"), op(2, 4, "$-1\r\n", "GET k0")}},
		{"unknown and undone", false, []porcupine.Operation{
			op(1, never, "", "APPEND k0 a"), op(2, 4, "$1\r\na\r\n", "GET k0"), op(5, 6, "$-1\r\n", "GET k0"),
		}},
		{"flushed and swapped", true, []porcupine.Operation{
			op(1, 2, "+OK\r\n", "MSET k0 a k1 b"), op(3, 8, "+OK\r\n", "SWAPDB 0 1"), op(4, 7, "+OK\r\n", "FLUSHDB"),
			op(9, 10, "+OK\r\n", "SWAPDB 1 0"), op(11, 12, ":2\r\n", "DBSIZE"),
		}},
		{"flushed in part", false, []porcupine.Operation{
			op(1, 2, "+OK\r\n", "MSET k0 a k1 b"), op(3, 8, "+OK\r\n", "FLUSHDB"), op(4, 7, ":1\r\n", "DBSIZE"),
		}},
		{"renamed in part", false, []porcupine.Operation{
			op(1, 2, "+OK\r\n", "SET k0 a"), op(3, 8, "+OK\r\n", "RENAME k0 k1"), op(4, 7, ":2\r\n", "EXISTS k0 k1"),
		}},
		{"expiry lost", false, []porcupine.Operation{
			op(1, 2, "+OK\r\n", "SET k0 a EX 9"), op(3, 4, ":2\r\n", "APPEND k0 b"), op(5, 6, ":0\r\n", "PERSIST k0"),
		}},
		{"popped twice", false, []porcupine.Operation{
			op(1, 2, ":1\r\n", "RPUSH k0 a"), op(3, 6, "$1\r\na\r\n", "LPOP k0"), op(4, 5, "$1\r\na\r\n", "RPOP k0"),
		}},
		{"popped out of order", false, []porcupine.Operation{op(1, 2, ":2\r\n", "RPUSH k0 a b"), op(3, 4, "$1\r\nb\r\n", "LPOP k0")}},
		{"moved in part", false, []porcupine.Operation{
			op(1, 2, ":1\r\n", "RPUSH k0 a"), op(3, 8, "$1\r\na\r\n", "LMOVE k0 k1 LEFT RIGHT"), op(4, 5, "*1\r\n$1\r\na\r\n", "LRANGE k1 0 -1"),
			op(6, 7, ":1\r\n", "LLEN k0"),
		}},
		{"moved, then lost", false, []porcupine.Operation{
			op(1, 2, ":1\r\n", "SADD k0 a"), op(3, 4, ":1\r\n", "SMOVE k0 k1 a"), op(5, 6, ":0\r\n", "SISMEMBER k1 a"),
		}},
		{"unknown pop of any member", true, []porcupine.Operation{
			op(1, 2, ":3\r\n", "SADD k0 a b c"), op(3, never, "", "SPOP k0"), op(4, 5, ":2\r\n", "SCARD k0"),
			op(6, 7, "*3\r\n:1\r\n:0\r\n:1\r\n", "SMISMEMBER k0 a b c"),
		}},
		{"unknown pop of two members", false, []porcupine.Operation{
			op(1, 2, ":3\r\n", "SADD k0 a b c"), op(3, never, "", "SPOP k0"), op(4, 5, "*3\r\n:1\r\n:0\r\n:0\r\n", "SMISMEMBER k0 a b c"),
		}},
		{"pop of a stranger", false, []porcupine.Operation{op(1, 2, ":1\r\n", "SADD k0 a"), op(3, 4, "$1\r\nb\r\n", "SPOP k0")}},
		{"sum of two", true, []porcupine.Operation{op(1, 5, "$1\r\n2\r\n", "ZINCRBY k0 1 a"), op(2, 4, "$1\r\n1\r\n", "ZINCRBY k0 1 a")}},
		{"lost sum", false, []porcupine.Operation{op(1, 5, ":1\r\n", "HINCRBY k0 f 1"), op(2, 4, ":1\r\n", "HINCRBY k0 f 1")}},
		{"least of two", false, []porcupine.Operation{
			op(1, 2, ":1\r\n", "ZADD k0 1 a"), op(3, 4, ":1\r\n", "ZADD k0 0 b"), op(5, 6, "*2\r\n$1\r\na\r\n$1\r\n1\r\n", "ZPOPMIN k0"),
		}},
		{"wrong type", true, []porcupine.Operation{op(1, 2, "+OK\r\n", "SET k0 a"), op(3, 4, replyWrongType, "LPOP k0")}},
	} {
		if legal := porcupine.CheckOperations(model, test.history); legal != test.legal {
			t.Errorf("%s: legal is %v", test.name, legal)
		}
	}
}
