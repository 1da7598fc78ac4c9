package workload

import (
	"fmt"
	"strconv"

	"github.com/mnorrsken/postkeys/bench/client"
)

// Sized are collections of which the size matters, one for each type.
var Sized = []struct {
	Type string
	Fill Fill
}{
	{"hash", Fill{Key: SizedKey("hash"), Add: "HSET", Element: []string{element, Value}, Count: "HLEN"}},
	{"set", Fill{Key: SizedKey("set"), Add: "SADD", Element: []string{element}, Count: "SCARD"}},
	{"zset", Fill{Key: SizedKey("zset"), Add: "ZADD", Element: []string{client.Placeholder, element}, Count: "ZCARD"}},
	{"list", Fill{Key: SizedKey("list"), Add: "RPUSH", Element: []string{Value}, Count: "LLEN"}},
}

// SizedKey is the key of the collection of a type.
func SizedKey(t string) string { return "sized:" + t }

// SizedCommand is a command on one of the collections that should cost the same whatever their size is.
type SizedCommand struct {
	Name string
	// Command returns the command for a collection of n elements that is about element number r, and one that undoes it if it
	// changed how many there are.
	Command func(n, r int) (command, undo []string)
}

// SizedCommands are all of them.
var SizedCommands = []SizedCommand{
	on("HGET", "hash", func(_, r int) []string { return []string{numbered(r)} }),
	on("HSET", "hash", func(_, r int) []string { return []string{numbered(r), "new"} }),
	on("HLEN", "hash", nothing),
	onAndBack("SADD", "SREM", "set", func(n, r int) []string { return []string{numbered(n + r)} }),
	on("SISMEMBER", "set", func(_, r int) []string { return []string{numbered(r)} }),
	on("SCARD", "set", nothing),
	on("ZADD", "zset", func(n, r int) []string { return []string{strconv.Itoa(n - r), numbered(r)} }),
	on("ZSCORE", "zset", func(_, r int) []string { return []string{numbered(r)} }),
	on("ZRANK", "zset", func(_, r int) []string { return []string{numbered(r)} }),
	on("ZRANGE", "zset", func(int, int) []string { return []string{"0", "9"} }),
	on("ZRANGEBYSCORE", "zset", func(n, r int) []string { return []string{strconv.Itoa(min(r, n-10)), "+inf", "LIMIT", "0", "10"} }),
	{"LPUSH", func(int, int) (command, undo []string) {
		return []string{"LPUSH", SizedKey("list"), "new"}, []string{"LPOP", SizedKey("list")}
	}},
	{"LPOP", func(int, int) (command, undo []string) {
		return []string{"LPOP", SizedKey("list")}, []string{"LPUSH", SizedKey("list"), "new"}
	}},
	on("LINDEX", "list", func(_, r int) []string { return []string{strconv.Itoa(r)} }),
	on("LRANGE", "list", func(n, r int) []string {
		r = min(r, n-10)
		return []string{strconv.Itoa(r), strconv.Itoa(r + 9)}
	}),
}

func nothing(int, int) []string { return nil }

func numbered(n int) string { return client.Key(element, n) }

func on(name, t string, args func(n, r int) []string) SizedCommand {
	return SizedCommand{name, func(n, r int) (command, undo []string) {
		return append([]string{name, SizedKey(t)}, args(n, r)...), nil
	}}
}

func onAndBack(name, back, t string, args func(n, r int) []string) SizedCommand {
	return SizedCommand{name, func(n, r int) (command, undo []string) {
		return append([]string{name, SizedKey(t)}, args(n, r)...), append([]string{back, SizedKey(t)}, args(n, r)...)
	}}
}

// Make makes the collection anew with n elements.
func (f *Fill) Make(c *client.Conn, n, valueBytes int) error { return f.prepare(c, n, valueBytes) }

// MakeMany makes many collections of n elements each, the key followed by a number.
func (f *Fill) MakeMany(c *client.Conn, keys, n, valueBytes int) error {
	const commandsAtOnce = 500
	value := valueOf(valueBytes)
	var buffer []byte
	for from := 0; from < keys; {
		buffer = buffer[:0]
		commands := 0
		for ; commands < commandsAtOnce && from < keys; commands, from = commands+1, from+1 {
			args := []string{f.Add, fmt.Sprintf("%s:%d", f.Key, from)}
			for i := range n {
				args = append(args, expand(f.Element, i, value)...)
			}
			buffer = client.AppendCommand(buffer, args...)
		}
		if err := c.Pipeline(buffer, commands); err != nil {
			return fmt.Errorf("%s: %w", f.Add, err)
		}
	}
	return nil
}
