package conformance

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

// monitored are commands whose lines are compared, each sent alone and all in one pipeline.
var monitored = [][]string{
	{"SET", "key", "value"}, {"get", "key"}, {"SET", "", "\"\\ \r\n\t\a\b\x00\x7f\xff"}, {"PING"}, {"ECHO", "text"},
	{"GET"}, {"NOSUCH", "command"}, {"INCR", "key"}, {"CONFIG", "GET", "maxmemory"}, {"CLIENT", "GETNAME"}, {"DEBUG", "JMAP"}, {"INFO", "server"},
	{"SELECT", "3"}, {"SELECT", "x"}, {"SET", "key", "in 3"}, {"SELECT", "0"},
	{"MULTI"}, {"SET", "a", "1"}, {"SELECT", "2"}, {"INCR", "a"}, {"SELECT", "0"}, {"BLPOP", "none", "0"}, {"EXEC"},
	{"MULTI"}, {"SET"}, {"EXEC"},
	{"EXEC"}, {"MULTI"}, {"DISCARD"},
	{"EVAL", "redis.call('set', KEYS[1], ARGV[1]); redis.pcall('incr', KEYS[1]); redis.pcall('nosuch'); redis.call('select', 5); return redis.call('get', KEYS[1])", "1", "s", "v"},
	{"EVAL", "return redis.call('incr', KEYS[1])", "1", "s"}, {"EVAL", "return x", "no number"}, {"EVALSHA", strings.Repeat("0", 40), "0"},
	{"MULTI"}, {"EVAL", "return redis.call('ping')", "0"}, {"EVAL", "return redis.call('echo', 'x')", "0"}, {"EXEC"},
	{"AUTH", "secret"}, {"AUTH", "user", "secret"}, {"HELLO", "2", "AUTH", "user", "secret"},
	{"RPUSH", "list", "1"}, {"BLPOP", "list", "0"}, {"BLPOP", "list", "0.01"}, {"BLPOP", "list", "x"},
	{"SUBSCRIBE", "channel"}, {"UNSUBSCRIBE"}, {"SELECT", "4"}, {"RESET"}, {"ECHO", "the end"},
}

var monitorHead = regexp.MustCompile(`^\+\d{10}\.\d{6} \[(\d+) (lua|127\.0\.0\.1:\d+)\] `)

// monitorLines sends commands to a server, as one pipeline or one by one, and returns the lines of MONITOR without times and ports.
func monitorLines(t *testing.T, addr string, pipeline bool) (lines []string) {
	t.Helper()
	watcher, sender := connect(t, addr).Client, connect(t, addr).Client
	answers(t, watcher, "+OK\r\n", "MONITOR")
	var all []byte
	for _, args := range monitored {
		all = servertest.AppendCommand(all, args...)
		if pipeline {
			continue
		}
		if _, err := sender.Exchange(all, 1); err != nil {
			t.Fatal(err)
		}
		all = all[:0]
	}
	if err := sender.Send(all); err != nil {
		t.Fatal(err)
	}
	for {
		reply, err := watcher.Reply()
		if err != nil {
			t.Fatal(err)
		}
		m := monitorHead.FindStringSubmatch(string(reply))
		if m == nil {
			t.Fatalf("%q", reply)
		}
		client := m[2]
		if client != "lua" {
			client = "client"
		}
		line := m[1] + " " + client + " " + string(reply[len(m[0]):])
		if lines = append(lines, line); strings.Contains(line, "the end") {
			return lines
		}
	}
}

// TestMonitor compares what MONITOR shows, and who may send it when.
func TestMonitor(t *testing.T) {
	pair := newPair(t)
	for _, pipeline := range []bool{false, true} {
		want, got := monitorLines(t, pair.Reference, pipeline), monitorLines(t, pair.Target, pipeline)
		for i := range max(len(want), len(got)) {
			if i >= len(want) || i >= len(got) || want[i] != got[i] {
				t.Errorf("pipeline %v, from line %d on:\n%q\nwant\n%q", pipeline, i, got[i:min(i+4, len(got))], want[i:min(i+4, len(want))])
				break
			}
		}
		if len(got) < 40 {
			t.Errorf("%d lines", len(got))
		}
	}
	for _, addr := range []string{pair.Reference, pair.Target} {
		c := connect(t, addr).Client
		reply, err := c.Do("CLIENT", "ID")
		if err != nil {
			t.Fatal(err)
		}
		id := strings.Trim(string(reply), ":\r\n")
		answers(t, c, "+OK\r\n", "MULTI")
		answers(t, c, "+QUEUED\r\n", "MONITOR")
		answers(t, c, "*1\r\n-ERR MONITOR isn't allowed for DENY BLOCKING client\r\n", "EXEC")
		answers(t, c, "+OK\r\n", "MONITOR")
		own, err := c.Exchange(servertest.AppendCommand(servertest.AppendCommand(nil, "MONITOR"), "ECHO", "mine"), 2)
		if err != nil || string(own[0]) != "$4\r\nmine\r\n" || !monitorHead.Match(own[1]) {
			t.Errorf("%q, %v", own, err)
		}
		other := connect(t, addr).Client
		flags := func(want string) {
			t.Helper()
			list, err := other.Do("CLIENT", "LIST", "ID", id)
			if err != nil || !strings.Contains(string(list), " flags="+want+" ") {
				t.Errorf("%q, %v", list, err)
			}
		}
		flags("O")
		answers(t, other, "$4\r\ntext\r\n", "ECHO", "text")
		if line, err := c.Reply(); err != nil || !strings.HasSuffix(string(line), "\"ECHO\" \"text\"\r\n") {
			t.Errorf("%q, %v", line, err)
		}
		answers(t, c, "+RESET\r\n", "RESET")
		answers(t, other, "+PONG\r\n", "PING")
		answers(t, c, "+PONG\r\n", "PING") // and no line of the other one's
		flags("N")
	}
}

// TestMonitorShowsWhoBlocks: a command that waits is shown when it is sent, and once.
func TestMonitorShowsWhoBlocks(t *testing.T) {
	pair := newPair(t)
	var shown [2][]string
	for i, addr := range []string{pair.Reference, pair.Target} {
		watcher, waiter, pusher := connect(t, addr).Client, connect(t, addr).Client, connect(t, addr).Client
		answers(t, watcher, "+OK\r\n", "MONITOR")
		if err := waiter.SendCommand("BLPOP", "k", "0"); err != nil {
			t.Fatal(err)
		}
		read := func() {
			line, err := watcher.Reply()
			if err != nil {
				t.Fatal(err)
			}
			shown[i] = append(shown[i], string(line[len(monitorHead.Find(line)):]))
		}
		read()
		answers(t, pusher, ":1\r\n", "RPUSH", "k", "v")
		read()
		if _, err := waiter.Reply(); err != nil {
			t.Fatal(err)
		}
		answers(t, pusher, "$3\r\nend\r\n", "ECHO", "end")
		read()
	}
	if !slices.Equal(shown[0], shown[1]) {
		t.Errorf("%q, want %q", shown[1], shown[0])
	}
}
