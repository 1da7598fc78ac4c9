package changes_test

import (
	"context"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/commands/changes"
	"github.com/mnorrsken/postkeys/notify"
	"github.com/mnorrsken/postkeys/pg"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// node is a hub on a bus, with a listener that remembers what it hears.
type node struct {
	*changes.Hub
	bus  *notify.Bus
	stop func()

	mu     sync.Mutex
	local  []string
	remote []string
	missed int
}

func start(t *testing.T, cfg pg.Config) *node {
	t.Helper()
	n := &node{Hub: changes.NewHub()}
	n.bus = notify.New(notify.Options{PG: cfg, Receiver: notify.Receivers{n.Hub}, Log: slog.New(slog.DiscardHandler)})
	n.SetPath(n.bus)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { n.bus.Run(ctx) })
	n.stop = func() {
		cancel()
		running.Wait()
	}
	t.Cleanup(n.stop)
	<-n.bus.Joined()
	return n
}

func (n *node) Changed(o changes.Origin, keys []pg.Change) {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := &n.local
	if o.Remote {
		list = &n.remote
	}
	for _, k := range keys {
		name := string(k.Name)
		if k.All {
			name = "*"
		}
		*list = append(*list, name)
	}
}

func (n *node) Missed() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.missed++
}

func (n *node) heard() (local, remote []string, missed int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.local), slices.Clone(n.remote), n.missed
}

func key(name string, typ pg.Type) pg.Change {
	return pg.Change{Name: []byte(name), Hash: pg.HashKey(0, []byte(name)), Type: typ}
}

func database(t *testing.T) pg.Config {
	t.Helper()
	cfg := pg.Config{DSN: pgtest.DSN(t), ConnectTimeout: 5 * time.Second, Databases: 1}
	if err := pg.Migrate(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestNodesHearWhatTheyWantToKnow(t *testing.T) {
	cfg := database(t)
	a, b := start(t, cfg), start(t, cfg)
	pgtest.Eventually(t, "the nodes know each other", func() bool { return !a.bus.Alone() && !b.bus.Alone() })

	a.Listen(a, changes.Any, changes.Filled)
	pgtest.Eventually(t, "the other node has confirmed", a.Complete)
	pgtest.Eventually(t, "what came before counts as missed", func() bool { _, _, missed := a.heard(); return missed > 0 })

	long := strings.Repeat("n", 5000)
	b.Publish(1, []pg.Change{key("text", pg.TypeString), key("gone", pg.TypeNone)})
	b.Publish(1, []pg.Change{key("list", pg.TypeList), key("text", pg.TypeString), key(long, pg.TypeZset)})
	b.Publish(1, []pg.Change{{DB: pg.AllDatabases, All: true}})
	want := []string{"list", "*", "*"}
	pgtest.Eventually(t, "the other node's changes", func() bool { _, remote, _ := a.heard(); return len(remote) >= len(want) })
	a.Publish(1, []pg.Change{key("own", pg.TypeString)})
	local, remote, _ := a.heard()
	if !slices.Equal(remote, want) || !slices.Equal(local, []string{"own"}) {
		t.Fatalf("heard %q of this node and %q of the other one, want own and %q", local, remote, want)
	}

	a.Listen(a, 0, 0)
	a.Publish(1, []pg.Change{key("more", pg.TypeString)})
	if local, _, _ := a.heard(); len(local) != 1 {
		t.Fatalf("who does not listen heard %q", local)
	}
}

func TestWhatMayHaveBeenMissedIsSaid(t *testing.T) {
	cfg := database(t)
	a, b := start(t, cfg), start(t, cfg)
	pgtest.Eventually(t, "the nodes know each other", func() bool { return !a.bus.Alone() && !b.bus.Alone() })
	a.Listen(a, 0, changes.Any)
	pgtest.Eventually(t, "the other node has confirmed", a.Complete)

	counted := func() int { _, _, missed := a.heard(); return missed }
	before := counted()
	b.stop()
	pgtest.Eventually(t, "a node that left may have changed something", func() bool { return counted() > before })

	before = counted()
	c := start(t, cfg)
	pgtest.Eventually(t, "a node that came has confirmed", func() bool { return counted() > before && a.Complete() })
	c.Publish(1, []pg.Change{key("new", pg.TypeHash)})
	pgtest.Eventually(t, "its changes are heard", func() bool { _, remote, _ := a.heard(); return slices.Contains(remote, "new") })

	before = counted()
	pgtest.Exec(t, cfg.DSN, `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	pgtest.Eventually(t, "the connection was lost and is back", func() bool { return counted() > before+1 && a.Complete() })
	c.Publish(1, []pg.Change{key("late", pg.TypeHash)})
	pgtest.Eventually(t, "changes are heard again", func() bool { _, remote, _ := a.heard(); return slices.Contains(remote, "late") })
}
