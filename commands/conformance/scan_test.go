package conformance

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// TestScanFindsAllThatStays iterates with every count and filter over keys of any length, while others come and go: what
// is there all the time is found, what is there at no time is not. The same holds for Redis, which shows that the test asks
// for nothing else.
func TestScanFindsAllThatStays(t *testing.T) {
	for name, server := range map[string]*servertest.Server{
		"redis": servertest.Redis(t), "postkeys": servertest.Postkeys(t, pgtest.DSN(t)),
	} {
		t.Run(name, func(t *testing.T) {
			clients := make([]*servertest.Client, 2)
			for i := range clients {
				c, err := server.Dial()
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				clients[i] = c
			}
			stays := fillForScan(t, clients[0])
			for _, options := range [][]string{
				{"COUNT", "1000"}, {"COUNT", "37"}, {}, {"COUNT", "5", "MATCH", "stays:1*"}, {"MATCH", "stays:1*", "COUNT", "500"},
				{"MATCH", "*9", "COUNT", "100"}, {"TYPE", "string", "COUNT", "100"}, {"TYPE", "hash", "COUNT", "300"},
				{"MATCH", "stays:" + strings.Repeat("l", 600) + "*", "COUNT", "100"},
			} {
				t.Run(strings.Join(options, " ")[:min(40, len(strings.Join(options, " ")))], func(t *testing.T) {
					scanAll(t, clients, stays, options)
				})
			}
		})
	}
}

// fillForScan writes the keys that stay.
func fillForScan(t *testing.T, c *servertest.Client) map[string]bool {
	stays := map[string]bool{"": true, "\x00": true, "\xff\xff": true}
	for i := range 1000 {
		stays["stays:"+strconv.Itoa(i)] = true
		if i%20 == 0 {
			stays["stays:"+strings.Repeat("l", i)+"\xff"] = true
			stays["stays:"+strings.Repeat("l", 3000)+strconv.Itoa(i)] = true
		}
	}
	args := []string{"MSET"}
	for key := range stays {
		args = append(args, key, "v")
	}
	if err := expect(c, "+OK\r\n", args...); err != nil {
		t.Fatal(err)
	}
	return stays
}

// scanAll runs one iteration, each call on another connection than the one before, and changes keys in between.
func scanAll(t *testing.T, clients []*servertest.Client, stays map[string]bool, options []string) {
	found := map[string]bool{}
	cursor, calls := "0", 0
	for cursor != "0" || calls == 0 {
		c := clients[calls%len(clients)]
		for _, change := range [][]string{
			{"SET", "comes:" + strconv.Itoa(calls), "v"},
			{"DEL", "comes:" + strconv.Itoa(calls-3)},
			{"SET", fmt.Sprintf("stays:%d", calls%1000), "changed", "EX", strconv.Itoa(1000 + calls)},
		} {
			if _, err := c.Do(change...); err != nil {
				t.Fatal(err)
			}
		}
		reply, err := c.Do(append([]string{"SCAN", cursor}, options...)...)
		if err != nil {
			t.Fatal(err)
		}
		value, _, err := codec.ParseValue(reply)
		if err != nil || len(value.Elems) != 2 {
			t.Fatalf("SCAN %s answered %.200q", cursor, reply)
		}
		cursor = string(value.Elems[0].Str)
		for _, key := range value.Elems[1].Elems {
			found[string(key.Str)] = true
		}
		if calls++; calls > 20000 {
			t.Fatal("the iteration does not end")
		}
	}
	wanted := maps.Clone(stays)
	maps.DeleteFunc(wanted, func(key string, _ bool) bool { return !matchesScan(key, options) })
	for key := range wanted {
		if !found[key] {
			t.Errorf("%.60q was not found", key)
		}
	}
	for key := range found {
		if !wanted[key] && !strings.HasPrefix(key, "comes:") {
			t.Errorf("%.60q was found", key)
		}
	}
	if err := expect(clients[0], "+OK\r\n", "SET", "end", "v", "EXAT", "1"); err != nil {
		t.Fatal(err)
	}
}

// matchesScan says whether a string at a key passes the filters of an iteration.
func matchesScan(key string, options []string) bool {
	if i := slices.Index(options, "TYPE"); i >= 0 && options[i+1] != "string" {
		return false
	}
	i := slices.Index(options, "MATCH")
	switch {
	case i < 0:
		return true
	case strings.HasPrefix(options[i+1], "*"):
		return strings.HasSuffix(key, options[i+1][1:])
	default:
		return strings.HasPrefix(key, strings.TrimSuffix(options[i+1], "*"))
	}
}
