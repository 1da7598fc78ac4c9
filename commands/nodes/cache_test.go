package nodes

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// cached starts a node with a cache.
func cached(t *testing.T, dsn string, env ...string) *servertest.Server {
	t.Helper()
	return servertest.Postkeys(t, dsn, append([]string{"CACHE_ENABLED=true", "CACHE_TTL=1m"}, env...)...)
}

// metric reads a metric of a node.
func metric(t *testing.T, s *servertest.Server, name string) int {
	t.Helper()
	resp, err := http.Get("http://" + s.MetricsAddr + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(body), "\n") {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			n, err := strconv.ParseFloat(value, 64)
			if err != nil {
				t.Fatal(err)
			}
			return int(n)
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}

const (
	hitsMetric   = "postkeys_cache_hits_total"
	missesMetric = "postkeys_cache_misses_total"
)

// answered reads a key until the cache answers.
func answered(t *testing.T, s *servertest.Server, c *servertest.Client, want, key string) {
	t.Helper()
	before := metric(t, s, hitsMetric)
	eventually(t, "the cache does not answer GET "+key, func() bool {
		expect(t, c, want, "GET", key)
		return metric(t, s, hitsMetric) > before
	})
}

// TestCacheHearsOfEveryWrite: after any command that changes a key, GET of a client
// of the same node answers as PostgreSQL has it.
func TestCacheHearsOfEveryWrite(t *testing.T) {
	t.Parallel()
	s := cached(t, pgtest.DSN(t))
	a, b := dial(t, s), dial(t, s)
	must(t, a, "CONFIG", "SET", "busy-reply-threshold", "5000")
	must(t, a, "SET", "dumped", "restored")
	dump := must(t, a, "DUMP", "dumped")
	for _, write := range [][]string{
		{"SET", "k", "new"}, {"SET", "k", "new", "KEEPTTL"}, {"SETEX", "k", "100", "new"}, {"PSETEX", "k", "100000", "new"}, {"GETSET", "k", "new"},
		{"MSET", "j", "x", "k", "new"}, {"APPEND", "k", "1"}, {"SETRANGE", "k", "1", "xyz"}, {"SETBIT", "k", "7", "1"},
		{"INCR", "k"}, {"DECRBY", "k", "5"}, {"INCRBYFLOAT", "k", "1.5"}, {"BITFIELD", "k", "SET", "u8", "0", "65"},
		{"BITOP", "NOT", "k", "dumped"}, {"PFADD", "k2", "a"}, {"DEL", "k"}, {"UNLINK", "k"}, {"GETDEL", "k"}, {"EXPIRE", "k", "-1"},
		{"PEXPIREAT", "k", "1"}, {"GETEX", "k", "EXAT", "1"}, {"RENAME", "k", "moved"}, {"RENAME", "dumped", "k"}, {"COPY", "dumped", "k", "REPLACE"},
		{"MOVE", "k", "1"}, {"RESTORE", "k", "0", dump, "REPLACE"}, {"SORT", "list", "STORE", "k"}, {"SUNIONSTORE", "k", "set"},
		{"FLUSHDB"}, {"FLUSHALL"}, {"SWAPDB", "0", "2"}, {"EVAL", "redis.call('SET', KEYS[1], 'script')", "1", "k"},
		{"EVAL", "redis.call('SET', 'k', 'undeclared')", "0"}, {"DEBUG", "RELOAD"},
	} {
		must(t, a, "FLUSHALL")
		must(t, a, "SET", "k", "10")
		must(t, a, "SET", "dumped", "restored")
		must(t, a, "RPUSH", "list", "3", "1", "2")
		must(t, a, "SADD", "set", "x")
		answered(t, s, b, "10", "k")
		must(t, a, write...)
		want, wantErr := do(a, "EVAL_RO", "return redis.call('GET', 'k')", "0")
		for range 2 {
			if got, err := do(b, "GET", "k"); got != want || (err == nil) != (wantErr == nil) {
				t.Errorf("after %q GET answers %q, %v, and a script %q, %v", write[0], got, err, want, wantErr)
			}
		}
	}
	must(t, a, "SET", "k", "10")
	answered(t, s, b, "10", "k")
	pipeline := []byte(nil)
	for _, command := range [][]string{{"GET", "k"}, {"MULTI"}, {"INCR", "k"}, {"GET", "k"}, {"EXEC"}, {"GET", "k"}, {"SET", "k", "1"}, {"GET", "k"}} {
		pipeline = servertest.AppendCommand(pipeline, command...)
	}
	replies, err := b.Exchange(pipeline, 8)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprintf("%s", replies), "[$2\r\n10\r\n +OK\r\n +QUEUED\r\n +QUEUED\r\n *2\r\n:11\r\n$2\r\n11\r\n $2\r\n11\r\n +OK\r\n $1\r\n1\r\n]"; got != want {
		t.Errorf("the pipeline: %q", got)
	}
}

// TestCachedGetIsGet: a GET that the cache answers counts, and is counted, as any.
func TestCachedGetIsGet(t *testing.T) {
	t.Parallel()
	s := cached(t, pgtest.DSN(t))
	c := dial(t, s)
	must(t, c, "CONFIG", "SET", "requirepass", "secret")
	other := dial(t, s)
	if _, err := do(other, "GET", "k"); err == nil || !strings.HasPrefix(err.Error(), "-NOAUTH") {
		t.Errorf("without a password: %v", err)
	}
	must(t, other, "AUTH", "secret")
	must(t, c, "SET", "k", "v")
	answered(t, s, c, "v", "k")
	must(t, c, "CONFIG", "RESETSTAT")
	hits := metric(t, s, hitsMetric)
	for range 10 {
		expect(t, c, "v", "GET", "k")
	}
	if got := metric(t, s, hitsMetric) - hits; got != 10 {
		t.Fatalf("%d of 10 answered by the cache", got)
	}
	if got := info(t, c, "keyspace_hits"); got != "10" {
		t.Errorf("keyspace_hits:%s", got)
	}
	if got := info(t, c, "cmdstat_get"); !strings.HasPrefix(got, "calls=10,") {
		t.Errorf("cmdstat_get:%s", got)
	}
	expect(t, c, "nil", "GET", "absent")
	if got := info(t, c, "keyspace_misses"); got != "1" {
		t.Errorf("keyspace_misses:%s", got)
	}
	must(t, c, "SELECT", "1")
	expect(t, c, "nil", "GET", "k")
	must(t, c, "SELECT", "0")
	must(t, c, "HELLO", "3")
	expect(t, c, "v", "GET", "k")

	paused := time.Now()
	must(t, other, "CLIENT", "PAUSE", "200", "ALL")
	expect(t, c, "v", "GET", "k")
	if took := time.Since(paused); took < 200*time.Millisecond {
		t.Errorf("GET was answered %v after the beginning of a pause", took)
	}
	must(t, c, "MSET", "k", "x")
	must(t, c, "LPUSH", "list", "x")
	if _, err := do(c, "GET", "list"); err == nil || !strings.HasPrefix(err.Error(), "-WRONGTYPE") {
		t.Errorf("GET of a list: %v", err)
	}
}

// TestCachedKeysExpire: GET does not answer a key that anybody has seen expired.
func TestCachedKeysExpire(t *testing.T) {
	t.Parallel()
	s := cached(t, pgtest.DSN(t))
	c := dial(t, s)
	hits := metric(t, s, hitsMetric)
	for range 10 {
		must(t, c, "SET", "k", "v", "PX", "150")
		for must(t, c, "PTTL", "k") != "-2" {
			must(t, c, "GET", "k")
		}
		expect(t, c, "nil", "GET", "k")
	}
	if metric(t, s, hitsMetric) < hits+10 {
		t.Error("the cache was not used")
	}
}

// TestCacheMetrics counts reads and what is left out, by the reason.
func TestCacheMetrics(t *testing.T) {
	t.Parallel()
	s := cached(t, pgtest.DSN(t), "CACHE_SMART_POLICY=true", "CACHE_MAX_WRITE_FREQ=5", "CACHE_EXCLUDE_PATTERNS=lock:*,queue:*",
		"CACHE_INCLUDE_PATTERNS=lock:free", "CACHE_MIN_TTL=1h", "CACHE_TTL=1h")
	c := dial(t, s)
	for _, key := range []string{"plain", "lock:a", "lock:free"} {
		must(t, c, "SET", key, "v")
	}
	must(t, c, "SET", "brief", "v", "EX", "3599")
	must(t, c, "SET", "large", strings.Repeat("x", 2<<20))
	for range 60 {
		must(t, c, "SET", "hot", "v")
	}
	for _, key := range []string{"plain", "lock:a", "lock:free", "brief", "large", "hot"} {
		must(t, c, "GET", key)
		must(t, c, "GET", key)
	}
	for name, want := range map[string]int{
		hitsMetric: 2, missesMetric: 10, `postkeys_cache_skips_total{reason="ttl_too_short"}`: 2,
		`postkeys_cache_skips_total{reason="write_frequency_too_high"}`: 2, `postkeys_cache_skips_total{reason="exclude_pattern"}`: 2,
		`postkeys_cache_skips_total{reason="value_too_large"}`: 2,
	} {
		if got := metric(t, s, name); got != want {
			t.Errorf("%s is %d, want %d", name, got, want)
		}
	}
	off := servertest.Postkeys(t, pgtest.DSN(t))
	must(t, dial(t, off), "GET", "k")
	if hits, misses := metric(t, off, hitsMetric), metric(t, off, missesMetric); hits+misses != 0 {
		t.Errorf("without a cache %d hits and %d misses are counted", hits, misses)
	}
}

// TestCacheWithoutNewsOfOthers: what another node writes shows when CACHE_TTL is
// over, at the latest.
func TestCacheWithoutNewsOfOthers(t *testing.T) {
	t.Parallel()
	const ttl = 300 * time.Millisecond
	dsn := pgtest.DSN(t)
	s := cached(t, dsn, "CACHE_TTL="+ttl.String())
	reader, writer := dial(t, s), dial(t, servertest.Postkeys(t, dsn))
	hits := metric(t, s, hitsMetric)
	for i := range 5 {
		want := strconv.Itoa(i)
		must(t, writer, "SET", "k", want)
		written := time.Now()
		for asked := time.Now(); ; asked = time.Now() {
			if got := must(t, reader, "GET", "k"); got == want {
				break
			} else if asked.Sub(written) > ttl {
				t.Fatalf("%v after a write GET answers %s", asked.Sub(written), got)
			}
		}
	}
	if metric(t, s, hitsMetric) == hits {
		t.Error("the cache was not used")
	}
}
