package conformance

import (
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// TestRandomRepliesAreBounded asks for replies that would not fit into memory.
func TestRandomRepliesAreBounded(t *testing.T) {
	c := connect(t, servertest.Postkeys(t, pgtest.DSN(t)).Addr).Client
	long := strings.Repeat("x", 4<<20)
	answers(t, c, ":1\r\n", "SADD", "set", long)
	answers(t, c, ":1\r\n", "ZADD", "zset", "1", long)
	answers(t, c, ":1\r\n", "HSET", "hash", "field", long)
	const tooLong = "-ERR the reply would be longer than 512 MB\r\n"
	answers(t, c, tooLong, "SRANDMEMBER", "set", "-129")
	answers(t, c, tooLong, "ZRANDMEMBER", "zset", "-16777216", "WITHSCORES")
	answers(t, c, tooLong, "HRANDFIELD", "hash", "-129", "WITHVALUES")
	answers(t, c, "*2\r\n$5\r\nfield\r\n$5\r\nfield\r\n", "HRANDFIELD", "hash", "-2")
	for _, args := range [][]string{{"SRANDMEMBER", "set"}, {"ZRANDMEMBER", "zset"}, {"HRANDFIELD", "hash"}} {
		answers(t, c, "-ERR value is out of range\r\n", append(args, "-16777217")...)
	}
}
