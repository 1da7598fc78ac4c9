package conformance

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

// TestLargeCommands compares commands of very many arguments, and pipelines of very many commands in one write.
func TestLargeCommands(t *testing.T) {
	const keys = 20000
	var names, pairs, singles []string
	var incrs []Command
	for i := range keys {
		name := "key:" + strconv.Itoa(i)
		if i%100 == 0 {
			name += strings.Repeat("\xff", i/10)
		}
		names, pairs = append(names, name), append(pairs, name, strconv.Itoa(i))
		if i%1000 == 0 {
			singles = append(singles, name)
		}
		incrs = append(incrs, plain("INCR", names[i/2]))
	}
	pair := newPair(t)
	sequences := [][]Command{
		{command("MSET", pairs), command("MGET", names), command("EXISTS", names, names), plain("DBSIZE")},
		{command("MSETNX", pairs), command("TOUCH", names)},
		{command("BITOP", "XOR", "dest", names), plain("GET", "dest"), command("DEL", singles), command("EXISTS", names)},
		incrs,
		{command("MGET", names), command("UNLINK", names, names), plain("DBSIZE"), command("MSETNX", pairs), command("DEL", names)},
	}
	for _, protocol := range []int{2, 3} {
		t.Run(fmt.Sprintf("resp%d", protocol), func(t *testing.T) {
			failures, err := pair.Each(sequences, protocol)
			for _, f := range failures {
				t.Errorf("%s: %s", f.Commands[len(f.Commands)-1].Args[0], f.Difference)
			}
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestLargePipelines writes thousands of commands at once and reads while it writes.
func TestLargePipelines(t *testing.T) {
	pair := newPair(t)
	for size, times := range map[int]int{10: 5000, 40000: 100} {
		var commands []Command
		for i := range times {
			key := "k" + strconv.Itoa(i%7)
			commands = append(commands, plain("APPEND", key, strings.Repeat("v", size)), plain("GETRANGE", key, "-9", "-1"), plain("GET", key))
		}
		if err := pair.flush(); err != nil {
			t.Fatal(err)
		}
		var replies [2][][]byte
		for i, addr := range []string{pair.Reference, pair.Target} {
			var err error
			if replies[i], err = runAtOnce(addr, commands); err != nil {
				t.Fatal(err)
			}
		}
		if at, difference := compare(commands, replies[0], replies[1], 2); at >= 0 {
			t.Errorf("command %d, %s: %s", at, commands[at].describe(), difference)
		}
	}
}

// runAtOnce sends all commands in one write.
func runAtOnce(addr string, commands []Command) ([][]byte, error) {
	c, err := servertest.Dial(addr)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var pipeline []byte
	for i := range commands {
		pipeline = servertest.AppendCommand(pipeline, commands[i].Args...)
	}
	return c.Exchange(pipeline, len(commands))
}
