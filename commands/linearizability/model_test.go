package linearizability

import (
	"fmt"
	"hash/maphash"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/anishathalye/porcupine"
)

// command is what a client sends. Commands on the same keys share a group, which is checked by itself.
type command struct {
	group string
	db    int // which of the group's two database indexes: 0 or 1
	args  []string

	database int // its number
}

// outcome is what a client learns.
type outcome struct {
	reply   string // raw
	unknown bool   // it may have happened, at any time from the call on
}

// never is the return time of a command of unknown outcome.
const never = math.MaxInt64

// contents is a key's; one without a text is absent, no command of the workload stores an empty string.
type contents struct {
	text    string
	expires bool // some time after the test
}

// state holds the keys of a group, by database index and key. The last character of a key's name is its number. Most groups use
// one database index, which they share with others; those that flush and swap have two of their own.
type state [2][3]contents

func number(key string) int { return int(key[len(key)-1] - '0') }

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
		reply, after := apply(before.(state), input.(command))
		o := output.(outcome)
		return o.unknown || o.reply == reply, after
	},
	Hash: func(s any) uint64 { return maphash.Comparable(hashSeed, s.(state)) },
	DescribeOperation: func(input, output any) string {
		o, c := output.(outcome), input.(command)
		if o.unknown {
			o.reply = "(unknown)"
		}
		return fmt.Sprintf("[%d] %s: %.60q", c.db, strings.Join(c.args, " "), o.reply)
	},
	DescribeState: func(s any) string { return fmt.Sprintf("%v", s.(state)) },
}

var hashSeed = maphash.MakeSeed()

const (
	replyOK        = "+OK\r\n"
	replyNil       = "$-1\r\n"
	replyNoKey     = "-ERR no such key\r\n"
	replyNoInteger = "-ERR value is not an integer or out of range\r\n"
)

func replyInt(n int) string { return fmt.Sprintf(":%d\r\n", n) }

func replyBool(b bool) string {
	if b {
		return replyInt(1)
	}
	return replyInt(0)
}

// apply runs one command and returns its raw RESP2 reply.
func apply(s state, c command) (reply string, after state) {
	keys, other := &s[c.db], &s[1-c.db]
	var key *contents
	if len(c.args) > 1 && c.args[0] != "SWAPDB" {
		key = &keys[number(c.args[1])]
	}
	switch c.args[0] {
	case "GET":
		return bulk(*key), s
	case "MGET":
		reply = fmt.Sprintf("*%d\r\n", len(c.args)-1)
		for _, name := range c.args[1:] {
			reply += bulk(keys[number(name)])
		}
		return reply, s
	case "EXISTS", "DEL":
		n := 0
		for _, name := range c.args[1:] {
			k := &keys[number(name)]
			if k.text != "" {
				n++
			}
			if c.args[0] == "DEL" {
				*k = contents{}
			}
		}
		return replyInt(n), s
	case "DBSIZE":
		n := 0
		for _, k := range keys {
			if k.text != "" {
				n++
			}
		}
		return replyInt(n), s
	case "SET":
		return set(key, c.args[2:]), s
	case "SETNX":
		if key.text != "" {
			return replyInt(0), s
		}
		*key = contents{text: c.args[2]}
		return replyInt(1), s
	case "MSET", "MSETNX":
		if c.args[0] == "MSETNX" {
			for k := 1; k < len(c.args); k += 2 {
				if keys[number(c.args[k])].text != "" {
					return replyInt(0), s
				}
			}
			reply = replyInt(1)
		} else {
			reply = replyOK
		}
		for k := 1; k < len(c.args); k += 2 {
			keys[number(c.args[k])] = contents{text: c.args[k+1]}
		}
		return reply, s
	case "APPEND":
		key.text += c.args[2]
		return replyInt(len(key.text)), s
	case "GETDEL":
		reply = bulk(*key)
		*key = contents{}
		return reply, s
	case "INCR":
		n := 0
		if key.text != "" {
			var err error
			if n, err = strconv.Atoi(key.text); err != nil {
				return replyNoInteger, s
			}
		}
		key.text = strconv.Itoa(n + 1)
		return replyInt(n + 1), s
	case "RENAME", "RENAMENX":
		dst, onlyFree := &keys[number(c.args[2])], c.args[0] == "RENAMENX"
		switch {
		case key.text == "":
			return replyNoKey, s
		case onlyFree && dst.text != "":
			return replyInt(0), s
		case dst != key:
			*dst, *key = *key, contents{}
		}
		if onlyFree {
			return replyInt(1), s
		}
		return replyOK, s
	case "COPY":
		dst := &keys[number(c.args[2])]
		if key.text == "" || dst.text != "" && len(c.args) < 4 {
			return replyInt(0), s
		}
		*dst = *key
		return replyInt(1), s
	case "EXPIRE":
		return expire(key, c.args[2:]), s
	case "PERSIST":
		did := key.expires
		key.expires = false
		return replyBool(did), s
	case "MOVE":
		dst := &other[number(c.args[1])]
		if key.text == "" || dst.text != "" {
			return replyInt(0), s
		}
		*dst, *key = *key, contents{}
		return replyInt(1), s
	case "FLUSHDB":
		*keys = [3]contents{}
		return replyOK, s
	case "SWAPDB":
		*keys, *other = *other, *keys
		return replyOK, s
	}
	panic("linearizability: the model does not know " + c.args[0])
}

// set is SET without its key.
func set(key *contents, args []string) (reply string) {
	options := args[1:]
	reply, otherwise := replyOK, replyNil
	if slices.Contains(options, "GET") {
		reply = bulk(*key)
		otherwise = reply
	}
	exists := key.text != ""
	if exists && slices.Contains(options, "NX") || !exists && slices.Contains(options, "XX") {
		return otherwise
	}
	*key = contents{args[0], slices.Contains(options, "EX") || key.expires && slices.Contains(options, "KEEPTTL")}
	return reply
}

// expire is EXPIRE without its key. A time that has passed deletes the key.
func expire(key *contents, args []string) (reply string) {
	options := args[1:]
	switch {
	case key.text == "", key.expires && slices.Contains(options, "NX"), !key.expires && slices.Contains(options, "XX"):
		return replyInt(0)
	case args[0] == "0":
		*key = contents{}
	default:
		key.expires = true
	}
	return replyInt(1)
}

func bulk(k contents) string {
	if k.text == "" {
		return replyNil
	}
	return fmt.Sprintf("$%d\r\n%s\r\n", len(k.text), k.text)
}

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
	} {
		if legal := porcupine.CheckOperations(model, test.history); legal != test.legal {
			t.Errorf("%s: legal is %v", test.name, legal)
		}
	}
}
