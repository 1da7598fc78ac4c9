package conformance

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

// withoutEvents are the case files that are about clients and the server itself, or meddle with those that watch.
var withoutEvents = []string{
	"client", "client_kill", "client_pause", "client_state", "connection", "differences", "events", "memory_limit", "migrate", "protocol", "pubsub",
	"server", "tracking",
}

// casesWithoutEvents are those whose events depend on the order of KEYS, on time, or on when a client is served that waits:
// after SWAPDB that is behind the reply.
var casesWithoutEvents = []string{"undeclared keys", "what a script has written does not expire while it runs", "filled by SWAPDB"}

// hasEvents says whether a case is compared by its keyspace events too.
func hasEvents(c *Case) bool {
	file := strings.TrimSuffix(path.Base(c.File), ".case")
	return !slices.Contains(withoutEvents, file) && !slices.Contains(casesWithoutEvents, c.Title)
}

var eventName = regexp.MustCompile(`__keyevent@0__:([a-z_]+)\r\n`)

// named returns the names of events.
func named(events []string) (names string) {
	for _, m := range eventName.FindAllStringSubmatch(strings.Join(events, ""), -1) {
		names += m[1] + " "
	}
	return strings.TrimSpace(names)
}

// watchPostkeys returns a client of a postkeys server and a watcher of its events.
func watchPostkeys(t *testing.T) (*servertest.Client, *watcher) {
	addr := newPair(t).Target
	c, err := servertest.Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	w, err := watch(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.close)
	return c, w
}

// TestEventsOfFields: no redis-server here has fields that expire.
func TestEventsOfFields(t *testing.T) {
	c, w := watchPostkeys(t)
	for _, step := range []struct{ command, events string }{
		{"HSET h a 1 b 2 c 3 d 4", "new hset"},
		{"HEXPIRE h 100 FIELDS 2 a b", "hexpire"},
		{"HEXPIRE h 100 NX FIELDS 1 a", ""},
		{"HEXPIRE h 100 FIELDS 1 x", ""},
		{"HPERSIST h FIELDS 2 a c", "hpersist"},
		{"HPERSIST h FIELDS 1 a", ""},
		{"HPERSIST missing FIELDS 1 a", ""},
		{"HGETEX h FIELDS 1 a", ""},
		{"HGETEX h EX 100 FIELDS 1 a", "hexpire"},
		{"HGETEX h PERSIST FIELDS 2 a c", "hpersist"},
		{"HGETEX h PERSIST FIELDS 2 a c", ""},
		{"HSETEX h FIELDS 1 e 5", "hset"},
		{"HSETEX h EX 100 FIELDS 1 e 5", "hset hexpire"},
		{"HSETEX h FNX EX 100 FIELDS 1 e 5", ""},
		{"HSETEX other EX 100 FIELDS 1 e 5", "new hset hexpire"},
		{"HGETDEL h FIELDS 2 e x", "hdel"},
		{"HGETDEL h FIELDS 1 x", ""},
		{"HEXPIRE h 0 FIELDS 1 a", "hdel"},
		{"HGETEX h EXAT 1 FIELDS 1 b", "hdel"},
		{"HSETEX h EXAT 1 FIELDS 1 c 3", "hset hdel"},
		{"HPEXPIREAT h 1 FIELDS 1 d", "hdel del"},
		{"HGETDEL other FIELDS 1 e", "hdel del"},
	} {
		if _, err := c.Do(strings.Fields(step.command)...); err != nil {
			t.Fatal(err)
		}
		events, err := w.events()
		if err != nil {
			t.Fatal(err)
		}
		if got := named(events); got != step.events {
			t.Errorf("%s: events %q, want %q", step.command, got, step.events)
		}
	}
}

// TestEventsOfExpiredFields: fields of a large hash that have expired are told once they are removed, be it by the sweep or by a
// command that changes the hash.
func TestEventsOfExpiredFields(t *testing.T) {
	c, w := watchPostkeys(t)
	do := func(args ...string) {
		t.Helper()
		if _, err := c.Do(args...); err != nil {
			t.Fatal(err)
		}
	}
	large := []string{"HSET", "h"}
	for _, field := range strings.Fields("a b c d") {
		large = append(large, field, strings.Repeat(field, 4000))
	}
	for _, by := range []struct{ sweep, remover string }{{"1", "PING"}, {"0", "HINCRBY h n 1"}} {
		do("DEBUG", "SET-ACTIVE-EXPIRE", by.sweep)
		do(large...)
		do("HPEXPIRE", "h", "1", "FIELDS", "2", "a", "b")
		var all []string
		for end := time.Now().Add(20 * time.Second); !strings.Contains(named(all), "hexpired"); {
			do(strings.Fields(by.remover)...)
			events, err := w.events()
			if err != nil {
				t.Fatal(err)
			}
			if all = append(all, events...); time.Now().After(end) {
				t.Fatalf("no hexpired among %q", named(all))
			}
		}
		do("DEL", "h")
		events, err := w.events()
		if err != nil {
			t.Fatal(err)
		}
		got := strings.ReplaceAll(named(append(all, events...)), "hincrby ", "") // as often as it was tried
		if got != "new hset hexpire hexpired del" {
			t.Errorf("%s: events %q", by.remover, got)
		}
	}
	do("DEBUG", "SET-ACTIVE-EXPIRE", "1")
}

// eventSequences is how many random sequences a run compares by their events. They go one by one, with a subscriber each.
const eventSequences = 60

// TestEventsOfRandomSequences compares the events of random commands. CONFORMANCE_SEED and CONFORMANCE_FIRST choose others.
func TestEventsOfRandomSequences(t *testing.T) {
	pair := newPair(t)
	if err := pair.flush(); err != nil {
		t.Fatal(err)
	}
	seed, first := fromEnvironment(t, "CONFORMANCE_SEED", 1), fromEnvironment(t, "CONFORMANCE_FIRST", 0)
	for index := first; index < first+eventSequences; index++ {
		c := Case{File: "sequence", Line: int(index)}
		for _, command := range Sequence(seed, index) {
			step := Step{Conn: "a", Replies: 1, Line: int(index)}
			for _, arg := range command.Args {
				step.Args = append(step.Args, Arg{Literal: arg})
			}
			c.Steps = append(c.Steps, step)
		}
		want, got, err := pair.playBoth(&c, Mode{Protocol: 2, Events: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, difference := range compareEvents(&c, want, got) {
			t.Error(difference)
		}
	}
}
