package linearizability

import (
	"fmt"
	"hash/maphash"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/anishathalye/porcupine"
)

// command is what a client sends. Commands on the same keys share a group, which is checked by itself.
type command struct {
	group string
	args  []string
}

// outcome is what a client learns.
type outcome struct {
	reply   string // raw
	unknown bool   // it may have happened, at any time from the call on
}

// never is the return time of a command of unknown outcome.
const never = math.MaxInt64

// state holds the values of the keys of a group; an empty one is absent, no command of the workload stores an empty value.
// The last character of a key is its index.
type state [3]string

func index(key string) int { return int(key[len(key)-1] - '0') }

// model says what Redis answers.
var model = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		groups := map[string][]porcupine.Operation{}
		for _, op := range history {
			group := op.Input.(command).group
			groups[group] = append(groups[group], op)
		}
		var partitions [][]porcupine.Operation
		for _, ops := range groups {
			partitions = append(partitions, ops)
		}
		return partitions
	},
	Init: func() any { return state{} },
	Step: func(before, input, output any) (bool, any) {
		reply, after := apply(before.(state), input.(command).args)
		o := output.(outcome)
		return o.unknown || o.reply == reply, after
	},
	Hash: func(s any) uint64 { return maphash.Comparable(hashSeed, s.(state)) },
	DescribeOperation: func(input, output any) string {
		o := output.(outcome)
		if o.unknown {
			o.reply = "(unknown)"
		}
		return fmt.Sprintf("%s: %.60q", strings.Join(input.(command).args, " "), o.reply)
	},
	DescribeState: func(s any) string { return fmt.Sprintf("%q", s.(state)) },
}

var hashSeed = maphash.MakeSeed()

// apply runs one command and returns its raw RESP2 reply.
func apply(s state, args []string) (reply string, after state) {
	i := index(args[1])
	switch args[0] {
	case "GET":
		return bulk(s[i]), s
	case "MGET":
		reply = fmt.Sprintf("*%d\r\n", len(args)-1)
		for _, key := range args[1:] {
			reply += bulk(s[index(key)])
		}
		return reply, s
	case "SET":
		s[i] = args[2]
		return "+OK\r\n", s
	case "SETNX":
		if s[i] != "" {
			return ":0\r\n", s
		}
		s[i] = args[2]
		return ":1\r\n", s
	case "MSETNX":
		for k := 1; k < len(args); k += 2 {
			if s[index(args[k])] != "" {
				return ":0\r\n", s
			}
		}
		for k := 1; k < len(args); k += 2 {
			s[index(args[k])] = args[k+1]
		}
		return ":1\r\n", s
	case "APPEND":
		s[i] += args[2]
		return fmt.Sprintf(":%d\r\n", len(s[i])), s
	case "GETDEL":
		reply = bulk(s[i])
		s[i] = ""
		return reply, s
	case "DEL":
		deleted := 0
		for _, key := range args[1:] {
			if s[index(key)] != "" {
				s[index(key)] = ""
				deleted++
			}
		}
		return fmt.Sprintf(":%d\r\n", deleted), s
	case "INCR":
		n := 0
		if s[i] != "" {
			var err error
			if n, err = strconv.Atoi(s[i]); err != nil {
				return "-ERR value is not an integer or out of range\r\n", s
			}
		}
		s[i] = strconv.Itoa(n + 1)
		return fmt.Sprintf(":%s\r\n", s[i]), s
	}
	panic("linearizability: the model does not know " + args[0])
}

func bulk(value string) string {
	if value == "" {
		return "$-1\r\n"
	}
	return fmt.Sprintf("$%d\r\n%s\r\n", len(value), value)
}

// TestModelRefusesWhatMustNotHappen feeds the checker with histories by hand.
func TestModelRefusesWhatMustNotHappen(t *testing.T) {
	t.Parallel()
	op := func(call, end int64, reply, words string) porcupine.Operation {
		args := strings.Fields(words)
		return porcupine.Operation{
			Input: command{"g", args}, Call: call, Return: end, Output: outcome{reply: reply, unknown: end == never},
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
	} {
		if legal := porcupine.CheckOperations(model, test.history); legal != test.legal {
			t.Errorf("%s: legal is %v", test.name, legal)
		}
	}
}
