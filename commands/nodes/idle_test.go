package nodes

import (
	"strconv"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// quietly waits until a node asks PostgreSQL nothing but a heartbeat a second, for
// a few seconds.
func quietly(t *testing.T, proxy *pgtest.Proxy) {
	t.Helper()
	const seconds = 4
	best := int64(-1)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		before := proxy.Asked()
		<-time.After(seconds * time.Second)
		asked := proxy.Asked() - before
		if asked <= seconds+1 {
			t.Logf("%d messages to PostgreSQL in %d seconds", asked, seconds)
			return
		}
		if best < 0 || asked < best {
			best = asked
		}
	}
	t.Fatalf("after a minute the node still asks %d times in %d seconds", best, seconds)
}

// TestIdleNodeIsSilent: a node with nothing to do, be there subscribers or not, sends
// PostgreSQL nothing but its heartbeat; and keys that expire are removed without
// anybody asking for them, whoever has written them.
func TestIdleNodeIsSilent(t *testing.T) {
	t.Parallel()
	const subscribers = 1000
	dsn := pgtest.DSN(t)
	proxy := pgtest.NewProxy(t, dsn)
	s := servertest.Postkeys(t, proxy.DSN())
	c := dial(t, s)
	must(t, c, "SET", "lasting", "v")
	must(t, c, "FLUSHDB")
	must(t, c, "SET", "lasting", "v")
	for i := range subscribers {
		must(t, dial(t, s), "SUBSCRIBE", name("channel", i%10))
	}
	quietly(t, proxy)
	if got := must(t, c, "PING"); got != "PONG" {
		t.Errorf("PING: %s", got)
	}
	stored := pgtest.Open(t, dsn)
	removed := func(what string) {
		start := time.Now()
		stored.Until(`SELECT count(*) = 1 FROM kv_keys`)
		t.Logf("%s: removed after %v", what, time.Since(start).Round(time.Millisecond))
	}
	must(t, c, "SET", "brief", "v", "PX", "200")
	removed("written by this node, which was idle")
	quietly(t, proxy)

	// A node that is killed leaves a key to expire.
	other := servertest.Postkeys(t, dsn)
	must(t, dial(t, other), "SET", "left behind", "v", "PX", "3000")
	if err := other.Kill(); err != nil {
		t.Fatal(err)
	}
	removed("written by a node that was killed")
	quietly(t, proxy)

	// So do fields of a hash with a row for each.
	args := []string{"HSET", "hash"}
	for i := range 2000 {
		args = append(args, strconv.Itoa(i), "v")
	}
	must(t, c, args...)
	stored.Until(`SELECT count(*) = 2000 FROM kv_hashes`)
	must(t, c, "HPEXPIRE", "hash", "3000", "FIELDS", "1", "0")
	stored.Until(`SELECT count(*) = 1999 FROM kv_hashes`)
}
