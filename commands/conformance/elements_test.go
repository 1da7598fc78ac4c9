package conformance

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// elementSteps are commands on elements of any size, which stand for "a", "b" and "c". One that begins with "~" answers in an order that
// Redis does not promise. Those with "!" are left out for the longest elements.
var elementSteps = map[string]string{
	"set": `SADD k a;!SADD k a b;!SCARD k;!SISMEMBER k a;!SISMEMBER k c;!SMISMEMBER k b c;!~SMEMBERS k;!~SUNION k;!SADD l b;!SINTER k l;
		!SINTERCARD 2 k l;!SDIFF k l;!SUNIONSTORE m k l;!SREM k b;SMEMBERS k;!SRANDMEMBER k;!SSCAN k 0;!RENAME k m;!COPY l n;
		!SMOVE l m b;!SREM m a;!EXISTS m;!SPOP n;!EXISTS n;SREM k a;EXISTS k`,
	"zset": `ZADD k 1 a;!ZADD k 1 a 2 b;!ZCARD k;!ZSCORE k a;!ZSCORE k c;!ZMSCORE k b c;!ZRANGE k 0 -1 WITHSCORES;!ZRANGEBYSCORE k 2 3;
		!ZADD l 0 a 0 b 0 c;!ZRANGEBYLEX l [b +;!ZLEXCOUNT l - (c;!ZREMRANGEBYLEX l [a (b;!ZUNIONSTORE m 2 k l;!ZRANGE m 0 -1 REV;!ZREVRANK m a;
		!ZRANK k b;!ZINCRBY k 5 a;ZRANGE k 0 0;!ZREM k b;!ZSCAN k 0;!RENAME k n;!COPY n o;!ZPOPMIN n;!EXISTS n;!ZMPOP 1 o MAX;!ZRANGESTORE p l 0 0;
		ZPOPMIN k;EXISTS k`,
	"hash": `HSET k a b;!HSET k a c;!HGET k a;!HGET k b;!HEXISTS k a;!HSTRLEN k a;!HSET k b a;!HMGET k a b c;!~HKEYS k;!~HVALS k;!~HGETALL k;
		!HINCRBY k c 3;!HDEL k c b;HGETALL k;!HSCAN k 0;!HRANDFIELD k;!HSETNX k b c;RENAME k l;!COPY l m;!HGET m a;HDEL l a;!EXISTS l`,
	"list": `RPUSH k a;!RPUSH k b;!LLEN k;LRANGE k 0 -1;!LPUSH k c;!LINDEX k -1;!LPOS k b;!LSET k 1 b;!LINSERT k BEFORE b a;!LREM k 1 a;!LRANGE k 0 1;
		!LTRIM k 0 1;!RPOPLPUSH k l;!LMOVE k l LEFT RIGHT;!LMPOP 1 l LEFT;!RPUSH l a c;!RENAME l m;!COPY m n;!RPOP m;LPOP k;!LRANGE n 0 -1;EXISTS k`,
}

// TestElementsOfAnySize compares every byte, over sockets, and has a look at the memory that the server takes. The commands come one by
// one: each finds what it needs in PostgreSQL.
func TestElementsOfAnySize(t *testing.T) {
	pair := struct{ redis, postkeys *servertest.Server }{servertest.Redis(t), servertest.Postkeys(t, pgtest.DSN(t), "PG_STATEMENT_TIMEOUT=2m")}
	random := rand.NewChaCha8([32]byte{1})
	for _, size := range []struct {
		name  string
		bytes int
	}{{"3KB", 3 << 10}, {"1MB", 1 << 20}, {"64MB", 64 << 20}} {
		if size.bytes > 1<<20 && testing.Short() {
			break
		}
		elements := map[string]string{}
		for _, name := range []string{"a", "b", "c"} {
			text := make([]byte, size.bytes)
			_, _ = random.Read(text) // never fails
			elements[name] = name + string(text)
			for _, mark := range "[(" {
				elements[string(mark)+name] = string(mark) + elements[name]
			}
		}
		for kind, steps := range elementSteps {
			if size.bytes > 1<<20 && kind != "zset" && os.Getenv("CONFORMANCE_LONG") == "" {
				continue
			}
			t.Run(size.name+"/"+kind, func(t *testing.T) {
				begin := time.Now()
				r, p := dialSlow(t, pair.redis), dialSlow(t, pair.postkeys)
				for step := range strings.SplitSeq(steps, ";") {
					step, often := strings.CutPrefix(strings.TrimSpace(step), "!")
					if often && size.bytes > 1<<20 {
						continue
					}
					step, unordered := strings.CutPrefix(step, "~")
					args := strings.Fields(step)
					for i, arg := range args {
						if text, ok := elements[arg]; ok {
							args[i] = text
						}
					}
					want, got := reply(t, r, args), reply(t, p, args)
					if unordered {
						want, got = bytesSorted(t, want), bytesSorted(t, got)
					}
					if !bytes.Equal(want, got) {
						t.Errorf("%s: redis %d bytes %.60q, postkeys %d bytes %.60q", step, len(want), want, len(got), got)
					}
				}
				for _, c := range []*servertest.Client{r, p} {
					if got := string(reply(t, c, []string{"FLUSHALL"})); got != "+OK\r\n" {
						t.Errorf("FLUSHALL: %q", got)
					}
				}
				t.Logf("%v; the server's memory: %s", time.Since(begin), memory(t, pair.postkeys.PID()))
			})
		}
	}
}

// dialSlow connects with more patience than usual.
func dialSlow(t *testing.T, s *servertest.Server) *servertest.Client {
	t.Helper()
	c, err := s.Dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	c.Timeout = 3 * time.Minute
	return c
}

func reply(t *testing.T, c *servertest.Client, args []string) []byte {
	t.Helper()
	got, err := c.Exchange(servertest.AppendCommand(nil, args...), 1)
	if err != nil {
		t.Fatalf("%.60q: %v", args, err)
	}
	return got[0]
}

// bytesSorted brings the elements of an array into an order.
func bytesSorted(t *testing.T, reply []byte) []byte {
	t.Helper()
	v, _, err := codec.ParseValue(reply)
	if err != nil {
		t.Fatal(err)
	}
	var elements []string
	for i := range v.Elems {
		elements = append(elements, string(v.Elems[i].Str))
	}
	slices.Sort(elements)
	return []byte(strings.Join(elements, "\n"))
}

// memory tells how much of it a process has and has had at most.
func memory(t *testing.T, pid int) string {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return err.Error() // not on Linux
	}
	var found []string
	for line := range strings.Lines(string(status)) {
		if name, value, _ := strings.Cut(line, ":"); name == "VmRSS" || name == "VmHWM" {
			found = append(found, name+" "+strings.TrimSpace(value))
		}
	}
	return strings.Join(found, ", ")
}
