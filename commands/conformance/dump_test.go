package conformance

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// travellers are values of every type and encoding: for each the commands that make it at the key k.
var travellers = []struct {
	name  string
	build [][]string
}{
	{"empty string", [][]string{{"SET", "k", ""}}},
	{"small integer", [][]string{{"SET", "k", "123"}}},
	{"negative integer", [][]string{{"SET", "k", "-2147483648"}}},
	{"64 bit integer", [][]string{{"SET", "k", "9223372036854775807"}}},
	{"nearly an integer", [][]string{{"SET", "k", "0123"}}},
	{"embedded string", [][]string{{"SET", "k", "a\x00b\xff\xfe\r\n"}}},
	{"appended string", [][]string{{"SET", "k", "abc"}, {"APPEND", "k", "def"}}},
	{"raw string", [][]string{{"SET", "k", distinct(300)}}},
	{"long compressible string", [][]string{{"SET", "k", strings.Repeat("abcd", 50_000)}}},
	{"HyperLogLog", [][]string{{"PFADD", "k", "a", "b", "c"}}},
	{"dense HyperLogLog", [][]string{{"PFADD", "k", "a", "b", "c"}, {"PFDEBUG", "TODENSE", "k"}}},

	{"short list", [][]string{{"RPUSH", "k", "a", "1", "-5", "a", "", "\x00\xff", "99999999999", strings.Repeat("x", 100)}}},
	{"list of nodes", [][]string{series("RPUSH k", 3000, func(i int) []string { return []string{"element " + strconv.Itoa(i)} })}},
	{"list with a large element", [][]string{{"RPUSH", "k", "a", strings.Repeat("y", 70_000), "b"}}},

	{"intset of 16 bits", [][]string{{"SADD", "k", "1", "-2", "300"}}},
	{"intset of 32 bits", [][]string{{"SADD", "k", "1", "100000", "-100000"}}},
	{"intset of 64 bits", [][]string{{"SADD", "k", "1", "-9223372036854775808", "9223372036854775807"}}},
	{"full intset", [][]string{series("SADD k", 512, func(i int) []string { return []string{strconv.Itoa(i * 3)} })}},
	{"integers in a hash table", [][]string{series("SADD k", 600, func(i int) []string { return []string{strconv.Itoa(i)} })}},
	{"small set", [][]string{{"SADD", "k", "a", "b", "1", "", "\xff\x00"}}},
	{"set with a long member", [][]string{{"SADD", "k", "a", strings.Repeat("m", 5000)}}},
	{"large set", [][]string{series("SADD k", 4000, func(i int) []string { return []string{"member:" + strconv.Itoa(i)} })}},

	{"small sorted set", [][]string{{
		"ZADD", "k", "1", "a", "-1.5", "b", "inf", "c", "-inf", "d", "3.0000000000000004", "", "0.125", "\x00\xff",
	}}},
	{"sorted set with a long member", [][]string{{"ZADD", "k", "1", "a", "2.5", strings.Repeat("z", 4000)}}},
	{"large sorted set", [][]string{series("ZADD k", 3000, func(i int) []string {
		return []string{strconv.FormatFloat(float64(i%700)/8, 'g', -1, 64), "member:" + strconv.Itoa(i)}
	})}},
	{"sorted set with a negative zero", [][]string{
		series("ZADD k", 200, func(i int) []string { return []string{"-0", strconv.Itoa(i)} }),
	}},

	{"small hash", [][]string{{"HSET", "k", "f", "v", "n", "12", "", "", "\x00", "\xff\xfe"}}},
	{"hash with a long value", [][]string{{"HSET", "k", "f", strings.Repeat("v", 10_000)}}},
	{"large hash", [][]string{series("HSET k", 3000, func(i int) []string {
		return []string{"field:" + strconv.Itoa(i), strings.Repeat("value ", i%20)}
	})}},
}

// series makes one command of n times what each returns.
func series(command string, n int, each func(i int) []string) []string {
	args := strings.Fields(command)
	for i := range n {
		args = append(args, each(i)...)
	}
	return args
}

// distinct is a text that does not compress well.
func distinct(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		b.WriteByte(byte(i * i * 31))
	}
	return b.String()
}

// contents are the commands that show what is at the key k.
func contents(t *testing.T, c *servertest.Client) string {
	t.Helper()
	var b strings.Builder
	for _, args := range [][]string{{"TYPE", "k"}, {"DEBUG", "DIGEST-VALUE", "k"}, {"ZRANGE", "k", "0", "-1", "WITHSCORES"},
		{"LRANGE", "k", "0", "-1"}, {"GET", "k"}} {
		reply := mustDo(t, c, args...)
		if reply[0] != '-' {
			fmt.Fprintf(&b, "%s: %s\n", args[0], reply)
		}
	}
	return b.String()
}

func mustDo(t *testing.T, c *servertest.Client, args ...string) []byte {
	t.Helper()
	reply, err := c.Do(args...)
	if err != nil {
		t.Fatalf("%.60q: %v", args, err)
	}
	return append([]byte(nil), reply...)
}

func mustOK(t *testing.T, c *servertest.Client, args ...string) {
	t.Helper()
	if reply := mustDo(t, c, args...); reply[0] == '-' {
		t.Fatalf("%.60q: %s", args, reply)
	}
}

func bulk(t *testing.T, reply []byte) string {
	t.Helper()
	v, _, err := codec.ParseValue(reply)
	if err != nil || v.Kind != '$' {
		t.Fatalf("%.60q is not a bulk string", reply)
	}
	return string(v.Str)
}

// TestDumpsTravel restores what either server has dumped on both. The contents are always those of the origin, and the
// encoding is the one that Redis gives the same payload.
func TestDumpsTravel(t *testing.T) {
	redis, postkeys := dumpPeers(t)
	for _, v := range travellers {
		t.Run(v.name, func(t *testing.T) {
			for _, origin := range []struct {
				name   string
				client *servertest.Client
			}{{"redis", redis}, {"postkeys", postkeys}} {
				mustOK(t, origin.client, "FLUSHALL")
				for _, args := range v.build {
					mustOK(t, origin.client, args...)
				}
				want := contents(t, origin.client)
				encoding := mustDo(t, origin.client, "OBJECT", "ENCODING", "k")
				payload := bulk(t, mustDo(t, origin.client, "DUMP", "k"))

				mustOK(t, redis, "RESTORE", "k", "0", payload, "REPLACE")
				wantEncoding := mustDo(t, redis, "OBJECT", "ENCODING", "k")
				if got := contents(t, redis); got != want {
					t.Errorf("from %s to redis: %.500s\nhad been %.500s", origin.name, got, want)
				}
				mustOK(t, postkeys, "RESTORE", "k", "0", payload, "REPLACE")
				if got := contents(t, postkeys); got != want {
					t.Errorf("from %s to postkeys: %.500s\nhad been %.500s", origin.name, got, want)
				}
				got := mustDo(t, postkeys, "OBJECT", "ENCODING", "k")
				if string(got) != string(wantEncoding) && !mayBeListpack(wantEncoding, got) {
					t.Errorf("from %s to postkeys: encoding %s, redis has %s", origin.name, got, wantEncoding)
				}
				if string(wantEncoding) != string(encoding) && !mayBeListpack(wantEncoding, encoding) &&
					string(encoding) != "$3\r\nraw\r\n" { // strings changed in place become plain ones
					t.Errorf("from %s to redis: encoding %s, had been %s", origin.name, wantEncoding, encoding)
				}
			}
		})
	}
}

// dumpPeers starts a Redis and a postkeys and connects to them.
func dumpPeers(t *testing.T) (redis, postkeys *servertest.Client) {
	t.Helper()
	servers := [2]string{servertest.Redis(t).Addr, servertest.Postkeys(t, pgtest.DSN(t)).Addr}
	var clients [2]*servertest.Client
	for i, addr := range servers {
		c, err := servertest.Dial(addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		clients[i] = c
	}
	return clients[0], clients[1]
}
