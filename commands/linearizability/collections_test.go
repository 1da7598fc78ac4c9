package linearizability

import (
	"slices"
	"strconv"
	"strings"
)

// collectionMix is about commands on lists, hashes, sets and sorted sets.
func collectionMix() mix {
	return mix{
		kinds: []func(p place) []string{queues, fields, members, ranks, movedItems, movedMembers, movedRanks, types}, singles: 4,
		tallies: []func(c *client, epoch int64) bool{handOut, handOut, addUp}, epoch: 1600, apart: 2, scripts: 8, long: true,
	}
}

// reads are the commands that change nothing. One of unknown outcome proves nothing either, and leaves the history.
var reads = func() map[string]bool {
	all := map[string]bool{}
	for name := range strings.FieldsSeq(`GET MGET EXISTS DBSIZE LLEN LRANGE LINDEX HLEN HGET HMGET SCARD SISMEMBER SMISMEMBER SINTERCARD SRANDMEMBER
		ZCARD ZCOUNT ZSCORE ZRANK ZRANGE`) {
		all[name] = true
	}
	return all
}()

// memberCount is how many members and fields the keys of a group have at most: a long collection crosses the size to which PostgreSQL's
// row of the key holds all of it when it has four.
const memberCount = 6

func (p place) member() string { return "m" + strconv.Itoa(p.c.random.IntN(memberCount)) + p.tail }

// all are the possible members, as arguments behind others.
func (p place) all(first ...string) []string {
	args := slices.Clone(first)
	for i := range memberCount {
		args = append(args, "m"+strconv.Itoa(i)+p.tail)
	}
	return args
}

// ends are two random ends of lists.
func (p place) end() string { return p.pick(words("LEFT"), words("RIGHT"))[0] }

func (p place) score() string { return strconv.Itoa(p.c.random.IntN(5)) }

// queues are lists that elements enter and leave, each of them once.
func queues(p place) []string {
	k, v := p.one(), p.value
	return p.pick(words("RPUSH", k, v), words("RPUSH", k, "a"+v, "b"+v, "c"+v), words("LPUSH", k, v), words("LPUSH", k, "a"+v, "b"+v),
		words("RPUSHX", k, v), words("LPOP", k), words("LPOP", k), words("RPOP", k), words("LPOP", k, "2"), words("RPOP", k, "3"),
		words("LMOVE", k, k, p.end(), p.end()), words("LSET", k, "-1", v), words("LINDEX", k, "-1"), words("LLEN", k), words("LTRIM", k, "1", "-1"),
		words("LRANGE", k, "0", "-1"))
}

// fields hold texts, integers and numbers.
func fields(p place) []string {
	k, f, v := p.one(), p.member(), p.value
	return p.pick(words("HSET", k, f, v), words("HSET", k, p.member(), "a"+v, p.member(), "b"+v), words("HSETNX", k, f, v), words("HGET", k, f),
		words("HDEL", k, f), words("HDEL", k, p.member(), p.member()), words("HINCRBY", k, "n", "2"), words("HINCRBYFLOAT", k, "x", "1.5"),
		words("HDEL", k, "n"), words("HLEN", k), p.all("HMGET", k, "n", "x"))
}

// members are added and taken away, some at random.
func members(p place) []string {
	k := p.one()
	return p.pick(words("SADD", k, p.member()), words("SADD", k, p.member(), p.member(), p.member()), words("SREM", k, p.member(), p.member()),
		words("SPOP", k), words("SPOP", k), words("SPOP", k, "2"), words("SCARD", k), words("SISMEMBER", k, p.member()), words("SRANDMEMBER", k),
		p.all("SMISMEMBER", k))
}

// ranks change with the scores.
func ranks(p place) []string {
	k, m := p.one(), p.member()
	return p.pick(words("ZADD", k, p.score(), m), words("ZADD", k, "NX", p.score(), m), words("ZADD", k, "XX", "CH", p.score(), m),
		words("ZADD", k, "GT", "CH", p.score(), m), words("ZADD", k, "LT", p.score(), m), words("ZINCRBY", k, "2", m),
		words("ZREM", k, m, p.member()), words("ZPOPMIN", k), words("ZPOPMAX", k), words("ZPOPMIN", k, "2"), words("ZSCORE", k, m),
		words("ZRANK", k, m), words("ZCARD", k), words("ZCOUNT", k, "1", "3"), words("ZRANGE", k, "0", "-1", "WITHSCORES"))
}

// movedItems go from list to list.
func movedItems(p place) []string {
	a, b := p.two()
	return p.pick(words("LMOVE", a, b, p.end(), p.end()), words("LMOVE", a, b, p.end(), p.end()), words("LMOVE", a, b, p.end(), p.end()),
		words("RPOPLPUSH", a, b), words("LMPOP", "2", a, b, "LEFT"), words("RPUSH", a, p.value), words("RPUSH", a, "a"+p.value, "b"+p.value),
		words("LPOP", a), words("LRANGE", a, "0", "-1"), words("LLEN", a), words("DEL", a, b), words("RENAME", a, b))
}

// movedMembers go from set to set.
func movedMembers(p place) []string {
	a, b := p.two()
	m := p.member()
	return p.pick(words("SMOVE", a, b, m), words("SMOVE", a, b, m), words("SMOVE", a, b, m), words("SADD", a, m, p.member()), words("SPOP", a),
		words("SINTERSTORE", a, p.key(0), p.key(1)), words("SUNIONSTORE", a, a, b), words("SDIFFSTORE", a, b, p.one()), words("SINTERCARD", "2", a, b),
		words("SREM", a, m), p.all("SMISMEMBER", a), words("COPY", a, b), words("DEL", a))
}

// movedRanks go from sorted set to sorted set.
func movedRanks(p place) []string {
	a, b := p.two()
	m := p.member()
	return p.pick(words("ZADD", a, p.score(), m), words("ZADD", a, p.score(), m), words("ZINCRBY", a, "1", m), words("ZMPOP", "2", a, b, "MIN"),
		words("ZMPOP", "2", a, b, "MIN"), words("ZPOPMAX", a), words("ZRANGESTORE", a, b, "0", "1"), words("ZUNIONSTORE", a, "2", b, p.one()),
		words("ZINTERSTORE", a, "2", a, b), words("ZRANGE", a, "0", "-1", "WITHSCORES"), words("RENAMENX", a, b), words("DEL", a, b))
}

// types of one key change.
func types(p place) []string {
	a, b := p.two()
	v, m := p.value, p.member()
	return p.pick(words("SET", a, "v"), words("GET", a), words("RPUSH", a, v, "b"+v), words("LMOVE", a, b, p.end(), p.end()), words("LPOP", a), words("LLEN", a),
		words("SADD", a, m), words("SMOVE", a, b, m), words("SPOP", a), words("SUNIONSTORE", a, a, b), words("HSET", a, m, v),
		words("HDEL", a, m), p.all("HMGET", a), words("ZADD", a, p.score(), m), words("ZPOPMIN", a), words("RENAME", a, b), words("COPY", a, b, "REPLACE"),
		words("DEL", a, b), words("DEL", a, b), words("MGET", a, b))
}
