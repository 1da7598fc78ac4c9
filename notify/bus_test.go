package notify_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/notify"
	"github.com/mnorrsken/postkeys/pg"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

const (
	kindText  = notify.FirstKind
	kindState = notify.FirstKind + 1
)

// node is a Bus with a receiver that remembers all it hears.
type node struct {
	*notify.Bus
	stop func()

	mu    sync.Mutex
	state string // what it announces
	texts []string
	from  map[int64]string // what others announce
	lost  int
}

func config(t *testing.T) pg.Config {
	t.Helper()
	return migrated(t, pgtest.DSN(t))
}

func migrated(t *testing.T, dsn string) pg.Config {
	t.Helper()
	cfg := pg.Config{DSN: dsn, ConnectTimeout: 5 * time.Second, Databases: 1}
	if err := pg.Migrate(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	return cfg
}

func start(t *testing.T, cfg pg.Config) *node {
	t.Helper()
	n := &node{from: make(map[int64]string)}
	n.Bus = notify.New(notify.Options{PG: cfg, Receiver: n, Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { n.Run(ctx) })
	n.stop = func() {
		cancel()
		running.Wait()
	}
	t.Cleanup(n.stop)
	<-n.Joined()
	return n
}

func (n *node) Receive(from int64, k notify.Kind, data []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if k == kindState {
		n.from[from] = string(data)
		return
	}
	n.texts = append(n.texts, string(data))
}

func (n *node) Left(node int64, _ bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.from, node)
}

func (n *node) Lost() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lost++
}

func (n *node) State(send notify.Send) { n.Changes(send) }

func (n *node) Changes(send notify.Send) {
	n.mu.Lock()
	defer n.mu.Unlock()
	send(kindState, []byte(n.state))
}

func (n *node) announce(state string) {
	n.mu.Lock()
	n.state = state
	n.mu.Unlock()
	n.Changed()
}

func (n *node) heard() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.texts)
}

func (n *node) announced() (states []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range n.from {
		states = append(states, s)
	}
	slices.Sort(states)
	return states
}

func numbered(from, n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprint("message ", from+i))
	}
	return list
}

func (n *node) say(texts ...string) {
	for _, s := range texts {
		n.Send(kindText, []byte(s[:1]), []byte(s[1:]))
	}
}

func TestOrderAmongNodes(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	a, b, c := start(t, cfg), start(t, cfg), start(t, cfg)
	want := numbered(0, 20000)
	a.say(want...)
	for _, n := range []*node{b, c} {
		pgtest.Eventually(t, "not everything has arrived", func() bool { return len(n.heard()) >= len(want) })
		if !slices.Equal(n.heard(), want) {
			t.Error("what arrived is not what was sent")
		}
	}
	if len(a.heard()) != 0 {
		t.Error("a node hears itself")
	}
	if sent := a.Sent.Load(); sent > 200 {
		t.Errorf("%d payloads for %d small events", sent, len(want))
	}
}

// TestSizes sends events around the sizes where a payload, a piece and a packet
// end, with bytes of any value, small ones in between.
func TestSizes(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	a, b := start(t, cfg), start(t, cfg)
	sizes := []int{1, 127, 128, 5999, 1 << 20, 1<<20 - 1, 1<<20 + 1, 5 << 20}
	for n := 5950; n < 5999; n++ {
		sizes = append(sizes, n)
	}
	var want []string
	for i, n := range sizes {
		body := bytes.Repeat([]byte{0, 0xff, byte(i), '\'', '\\', '\n'}, n/6+1)
		want = append(want, string(body[:n]), fmt.Sprint("after ", n))
	}
	a.say(want...)
	pgtest.Eventually(t, "not everything has arrived", func() bool { return len(b.heard()) >= len(want) })
	for i, got := range b.heard() {
		if got != want[i] {
			t.Fatalf("event %d: %d bytes arrived, %d were sent", i, len(got), len(want[i]))
		}
	}
}

func TestStateOfOthers(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	a := start(t, cfg)
	a.announce("a1")
	b := start(t, cfg)
	if got := b.announced(); !slices.Equal(got, []string{"a1"}) {
		t.Fatalf("joined knowing %q", got)
	}
	b.announce("b1")
	a.announce("a2")
	pgtest.Eventually(t, "a does not know of b1", func() bool { return slices.Equal(a.announced(), []string{"b1"}) })
	pgtest.Eventually(t, "b does not know of a2", func() bool { return slices.Equal(b.announced(), []string{"a2"}) })
	c := start(t, cfg)
	if got := c.announced(); !slices.Equal(got, []string{"a2", "b1"}) {
		t.Fatalf("joined knowing %q", got)
	}
	b.stop()
	pgtest.Eventually(t, "b is not forgotten", func() bool { return slices.Equal(c.announced(), []string{"a2"}) && a.Peers() == 1 })
}

// TestAloneSendsNothing: a node without others needs no connection to send on.
func TestAloneSendsNothing(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	a := start(t, cfg)
	if !a.Alone() {
		t.Fatal("it believes in others")
	}
	a.say(numbered(0, 100)...)
	a.announce("a")
	watch := pgtest.Open(t, cfg.DSN)
	watch.Until(`SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'postkeys %'`)
	if a.Sent.Load() != 0 {
		t.Error("it has sent something")
	}
}

// TestListenerCut: a node whose connections break hears again and knows all that
// others announce, and they know what it does.
func TestListenerCut(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	proxy := pgtest.NewProxy(t, cfg.DSN)
	through := cfg
	through.DSN = proxy.DSN()
	a, b := start(t, cfg), start(t, through)
	b.announce("b1")
	pgtest.Eventually(t, "a does not know of b1", func() bool { return slices.Equal(a.announced(), []string{"b1"}) })
	proxy.Deny()
	a.announce("a1")
	b.announce("b2")
	pgtest.Eventually(t, "b's loss is not seen", func() bool { return a.Alone() })
	proxy.Admit()
	pgtest.Eventually(t, "b is not back", func() bool {
		return slices.Equal(a.announced(), []string{"b2"}) && slices.Equal(b.announced(), []string{"a1"})
	})
	b.mu.Lock()
	lost := b.lost
	b.mu.Unlock()
	if lost == 0 {
		t.Error("b was not told that it may have missed something")
	}
	a.say("x")
	b.say("y")
	pgtest.Eventually(t, "messages do not pass", func() bool { return len(a.heard()) > 0 && len(b.heard()) > 0 })
}

// TestNothingTwice: packets of unknown outcome are sent again, and heard once.
func TestNothingTwice(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	proxy := pgtest.NewProxy(t, cfg.DSN)
	through := cfg
	through.DSN = proxy.DSN()
	a, b := start(t, through), start(t, cfg)
	const rounds = 20
	for i := range rounds {
		proxy.Mute()
		a.say(numbered(100*i, 100)...)
		proxy.Cut()
		pgtest.Eventually(t, "the last message has not arrived", func() bool {
			heard := b.heard()
			return len(heard) > 0 && heard[len(heard)-1] == fmt.Sprint("message ", 100*i+99)
		})
	}
	seen := make(map[string]bool)
	for _, s := range b.heard() {
		if seen[s] {
			t.Fatalf("%q arrived twice", s)
		}
		seen[s] = true
	}
	if len(seen) != 100*rounds {
		t.Errorf("%d of %d arrived", len(seen), 100*rounds)
	}
}

// TestPostgresRestart: after a crash of PostgreSQL, which empties the registry,
// the nodes find each other again.
func TestPostgresRestart(t *testing.T) {
	t.Parallel()
	cluster := pgtest.NewCluster(t, nil)
	cfg := pg.Config{DSN: cluster.DSN("postgres"), ConnectTimeout: 5 * time.Second, Databases: 1}
	cfg = migrated(t, cfg.DSN)
	a, b := start(t, cfg), start(t, cfg)
	a.announce("a1")
	b.announce("b1")
	pgtest.Eventually(t, "a does not know of b1", func() bool { return slices.Equal(a.announced(), []string{"b1"}) })
	cluster.Restart()
	a.announce("a2")
	pgtest.Eventually(t, "they have not found each other again", func() bool {
		return slices.Equal(a.announced(), []string{"b1"}) && slices.Equal(b.announced(), []string{"a2"})
	})
	a.say("after")
	pgtest.Eventually(t, "messages do not pass", func() bool { return slices.Contains(b.heard(), "after") })
}

// TestQueueIsBounded: while PostgreSQL does not answer, publishers are asked to
// wait, for a while, and what does not fit is dropped.
func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	proxy := pgtest.NewProxy(t, cfg.DSN)
	through := cfg
	through.DSN = proxy.DSN()
	a, b := start(t, through), start(t, cfg)
	a.say("first")
	pgtest.Eventually(t, "messages do not pass", func() bool { return len(b.heard()) == 1 })
	proxy.Mute()
	event := make([]byte, 1<<20)
	for range 5 {
		a.Send(kindText, event)
	}
	pgtest.Eventually(t, "it is not crowded", a.Crowded)
	began, room := time.Now(), make(chan struct{})
	a.AwaitRoom(func() { close(room) })
	<-room
	if waited := time.Since(began); waited < time.Second/2 || waited > 10*time.Second {
		t.Errorf("waited %v for room", waited)
	}
	for range 100 {
		a.Send(kindText, event)
	}
	if n := a.Dropped.Load(); n < 30 || n > 60 {
		t.Errorf("%d events were dropped", n)
	}
	proxy.Cut()
	pgtest.Eventually(t, "it is still crowded", func() bool { return !a.Crowded() })
	a.say("last")
	pgtest.Eventually(t, "messages do not pass again", func() bool { h := b.heard(); return h[len(h)-1] == "last" })
}
