package conformance

import (
	"strconv"
	"strings"
	"testing"
)

// TestLargeAlgebra combines sets, and sorted sets, that are too large to be packed: with each other and with small ones, stored
// over others and over themselves, and in one pipeline with changes of them.
func TestLargeAlgebra(t *testing.T) {
	numbered := func(from, to int, long bool) (names, scored []string) {
		for i := from; i < to; i++ {
			name := "member:" + strconv.Itoa(i)
			if long && i%100 == 0 {
				name += strings.Repeat("x", 700)
			}
			names, scored = append(names, name), append(scored, strconv.Itoa(i%97), name)
		}
		return names, scored
	}
	a, az := numbered(0, 1700, false)
	b, bz := numbered(500, 2200, false)
	l, lz := numbered(300, 1600, true)
	l2, lz2 := numbered(400, 1800, true)
	fill := []Command{
		command("SADD", "a", a), command("SADD", "b", b), command("SADD", "l", l), command("SADD", "l2", l2), command("SADD", "small", a[450:550]),
		command("SADD", "tiny", "member:600", "elsewhere"),
		command("ZADD", "az", az), command("ZADD", "bz", bz), command("ZADD", "lz", lz), command("ZADD", "lz2", lz2), command("ZADD", "smallz", az[900:1200]),
		plain("SET", "string", "v"), command("RPUSH", "dst", a[:100]),
	}
	unordered := func(parts ...any) Command {
		c := command(parts...)
		c.Match = Matcher{kind: "unordered"}
		return c
	}
	sequences := [][]Command{fill}
	sets := [][]string{{"a", "b"}, {"a", "a"}, {"b", "a", "l"}, {"l2", "l", "l2"}, {"b", "small"}, {"a", "tiny"}, {"a", "none"},
		{"a", "b", "string"}}
	for _, keys := range sets {
		var list []Command
		count := strconv.Itoa(len(keys))
		for _, limit := range []string{"0", "700"} {
			list = append(list, command("SINTERCARD", count, keys, "LIMIT", limit))
		}
		for _, op := range []string{"SINTER", "SUNION", "SDIFF"} {
			list = append(list, unordered(op, keys))
			for _, dst := range []string{"dst", keys[0]} {
				list = append(list, command("SET", "string2", "v"), command("EXPIRE", dst, "1000"), command(op+"STORE", dst, keys), command("TTL", dst),
					command("SCARD", dst), unordered("SMEMBERS", dst), command("SINTERCARD", "2", dst, "b"),
					command("SADD", dst, "more", "member:1699"), command("SREM", dst, "member:601", "nothing"), command("SCARD", dst), command("DEL", keys[0]), fill[0], fill[2])
			}
		}
		sequences = append(sequences, append(append([]Command{}, fill...), list...))
	}
	for _, keys := range [][]string{{"az", "bz"}, {"az", "az"}, {"lz", "lz2", "az"}, {"bz", "smallz"}, {"az", "b"}, {"az", "none"}} {
		var list []Command
		count := strconv.Itoa(len(keys))
		for _, limit := range []string{"0", "700"} {
			list = append(list, command("ZINTERCARD", count, keys, "LIMIT", limit))
		}
		for _, op := range []string{"ZINTER", "ZUNION", "ZDIFF"} {
			list = append(list, command(op, count, keys, "WITHSCORES"))
			for _, dst := range []string{"dst", keys[0]} {
				list = append(list, command(op+"STORE", dst, count, keys), command("OBJECT", "ENCODING", dst), command("ZCARD", dst),
					command("ZRANGE", dst, "0", "-1", "WITHSCORES"), command("ZRANGE", dst, "1050", "1060"), command("ZADD", dst, "5", "more"),
					command("ZRANK", dst, "member:1500"), command("DEL", keys[0]), fill[6], fill[8])
			}
		}
		sequences = append(sequences, append(append([]Command{}, fill...), list...))
	}
	pair := newPair(t)
	failures, err := pair.Each(sequences, 2)
	for _, f := range failures {
		last := f.Commands[len(f.Commands)-1].Args
		t.Errorf("%.100q: %.500s", last[:min(len(last), 6)], f.Difference)
	}
	if err != nil {
		t.Fatal(err)
	}
}
