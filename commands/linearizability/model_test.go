package linearizability

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/anishathalye/porcupine"
)

// command is what a client sends. Commands on the same keys share a group, which is checked by itself.
type command struct {
	group string
	db    int // which of the group's two database indexes: 0 or 1
	args  []string
	queue [][]string // the commands of a transaction, of which args is the EXEC
	// scripted: it is sent through a script, one that does all of the queue if there is one.
	scripted bool

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
	text    string // of a collection: its elements, with spaces between them
	kind    valueType
	expires bool // some time after the test
}

// valueType is a type of value.
type valueType byte

const (
	typeString valueType = iota
	typeList
	typeSet    // members in order
	typeHash   // "field=value", in order
	typeSorted // "member=score", in the order of scores, then members
)

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
	Init: func() any { return possible{state{}} },
	Step: func(before, input, output any) (bool, any) {
		after := before.(possible).after(input.(command), output.(outcome))
		return len(after) > 0, after
	},
	Equal: func(a, b any) bool { return slices.Equal(a.(possible), b.(possible)) },
	Hash: func(s any) (sum uint64) {
		for _, one := range s.(possible) {
			sum = sum*31 + one.hash()
		}
		return sum
	},
	DescribeOperation: func(input, output any) string {
		o, c := output.(outcome), input.(command)
		if o.unknown {
			o.reply = "(unknown)"
		}
		var queue strings.Builder
		for _, args := range c.queue {
			queue.WriteString(strings.Join(args, " ") + "; ")
		}
		if c.scripted {
			queue.WriteString("EVALSHA ")
		}
		return fmt.Sprintf("[%d] %s%s: %.90q", c.db, queue.String(), strings.Join(c.args, " "), o.reply)
	},
	DescribeState: func(s any) string { return fmt.Sprintf("%v", s.(possible)) },
}

var hashSeed = maphash.MakeSeed()

func (s state) hash() uint64 { return maphash.Comparable(hashSeed, s) }

// possible are the states in which the keys may be: more than one behind an SPOP whose reply nobody has seen. They are in the order of
// their hashes.
type possible []state

// after returns the states that one command can lead to if this is what its client has learnt.
func (p possible) after(c command, o outcome) possible {
	next := make(possible, 0, len(p))
	for _, s := range p {
		if choose, random := choices[c.args[0]]; random {
			next = append(next, choose(s, c, o)...)
			continue
		}
		reply, after := apply(s, c)
		if c.scripted {
			reply = throughLua(reply)
		}
		if o.unknown || o.reply == reply {
			next = append(next, after)
		}
	}
	if len(next) > 1 {
		slices.SortFunc(next, func(a, b state) int { return cmp.Compare(a.hash(), b.hash()) })
		next = slices.Compact(next)
	}
	return next
}

const (
	replyOK        = "+OK\r\n"
	replyNil       = "$-1\r\n"
	replyNoKey     = "-ERR no such key\r\n"
	replyNoInteger = "-ERR value is not an integer or out of range\r\n"
	replyWrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
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
	if run, ok := collections[c.args[0]]; ok {
		reply = run(keys, c.args)
		return reply, s
	}
	switch c.args[0] {
	case "GET", "APPEND", "GETDEL", "INCR":
		if key.kind != typeString {
			return replyWrongType, s
		}
	}
	switch c.args[0] {
	case "EXEC":
		reply = fmt.Sprintf("*%d\r\n", len(c.queue))
		for _, args := range c.queue {
			var one string
			one, s = apply(s, command{db: c.db, args: args})
			reply += one
		}
		return reply, s
	case "GET":
		return bulk(*key), s
	case "MGET":
		reply = fmt.Sprintf("*%d\r\n", len(c.args)-1)
		for _, name := range c.args[1:] {
			if k := keys[number(name)]; k.kind == typeString {
				reply += bulk(k)
			} else {
				reply += replyNil
			}
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
		if key.kind != typeString {
			return replyWrongType
		}
		reply = bulk(*key)
		otherwise = reply
	}
	exists := key.text != ""
	if exists && slices.Contains(options, "NX") || !exists && slices.Contains(options, "XX") {
		return otherwise
	}
	*key = contents{text: args[0], expires: slices.Contains(options, "EX") || key.expires && slices.Contains(options, "KEEPTTL")}
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
