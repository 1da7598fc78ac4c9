package linearizability

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// progressTimeout is how long the load may take for a step.
const progressTimeout = 5 * time.Minute

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// TestTwoServersWithoutACommonKeyspaceFail shows that the test can fail: two redis-servers know nothing of each other.
func TestTwoServersWithoutACommonKeyspaceFail(t *testing.T) {
	t.Parallel()
	w := startWorkload(stringMix(), redis(t).Addr, redis(t).Addr)
	if err := w.progress(500, time.Minute); err != nil {
		t.Fatal(err)
	}
	w.finish()
	if err := w.verify(w.nodes[0], ""); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("got %v", err)
	}
	w.broken = nil
	if err := w.verify(w.nodes[0], ""); err == nil || !strings.Contains(err.Error(), "Illegal") {
		t.Errorf("got %v", err)
	}
}

// TestModelAgreesWithRedis: one redis-server, which runs one command after the other, has a history with an order.
func TestModelAgreesWithRedis(t *testing.T) {
	t.Parallel()
	for _, m := range []mix{collectionMix(), severalMix()} {
		addr := redis(t).Addr
		w := startWorkload(m, addr, addr)
		if err := w.progress(6000, time.Minute); err != nil {
			t.Fatal(err)
		}
		w.finish()
		if err := w.verify(addr, ""); err != nil {
			t.Error(err)
		}
	}
}

// TestTwoNodes runs clients on two nodes of one database.
func TestTwoNodes(t *testing.T) {
	dsn := pgtest.DSN(t)
	quiet(t, dsn, stringMix(), *load, node(t, dsn), node(t, dsn))
}

// TestOneNodeWithCache: what a node's own clients see of each other's writes has an order with the cache, too.
func TestOneNodeWithCache(t *testing.T) {
	dsn := pgtest.DSN(t)
	cached := node(t, dsn, "CACHE_ENABLED=true", "CACHE_TTL=1m")
	quiet(t, dsn, stringMix(), *load, cached)
}

// TestCollectionsOnTwoNodes does so with collections.
func TestCollectionsOnTwoNodes(t *testing.T) {
	dsn := pgtest.DSN(t)
	quiet(t, dsn, collectionMix(), *load/2, node(t, dsn), node(t, dsn))
}

// quiet runs a workload on nodes, without crashes, until each of them has executed so many commands.
func quiet(t *testing.T, dsn string, m mix, commands int64, nodes ...*servertest.Server) {
	var addrs []string
	for _, s := range nodes {
		addrs = append(addrs, s.Addr)
	}
	w := startWorkload(m, addrs...)
	defer w.finish()
	if err := w.progress(commands, progressTimeout); err != nil {
		t.Error(err)
	}
	w.finish()
	if err := w.verify(w.nodes[0], picture(t)); err != nil {
		t.Error(err)
	}
	t.Log(w.summary())
	for _, s := range nodes {
		if err := s.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	if n := deadlocks(t, dsn); n > 0 {
		t.Errorf("%d deadlocks", n)
	}
}

// TestTwoNodesWithCrashes kills nodes and PostgreSQL under load, each of them more than once.
func TestTwoNodesWithCrashes(t *testing.T) {
	crashed(t, plainly(stringMix()), (*crashes).restartNode, (*crashes).restartDatabase, (*crashes).restartNode, (*crashes).restartDatabase,
		(*crashes).restartNode, (*crashes).restartNode, (*crashes).restartDatabase, (*crashes).everything)
}

// TestCollectionsWithCrashes ends connections of PostgreSQL besides, and leaves the order to chance.
func TestCollectionsWithCrashes(t *testing.T) {
	crashed(t, plainly(collectionMix()), chances(*crashCount)...)
}

// plainly leaves scripts out, or most of them, where the histories are long and commands of unknown outcome overlap with all that follow:
// commands through scripts overlap more, and the checker did not always find an answer in time. TestSeveralKeysWithCrashes has scripts.
func plainly(m mix) mix {
	m.scripts = *crashScripts
	return m
}

// deadlocks returns how many deadlocks the sessions of a database have met. It waits for their end: they report then.
func deadlocks(t *testing.T, dsn string) (n int) {
	t.Helper()
	s := pgtest.Open(t, dsn)
	s.Until("select count(*) = 0 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")
	s.Get([]any{&n}, "select deadlocks from pg_stat_database where datname = current_database()")
	return n
}

// node starts a postkeys server for the workload, and redis a redis-server.
func node(t *testing.T, dsn string, env ...string) *servertest.Server {
	t.Helper()
	return servertest.Postkeys(t, dsn, append(env, fmt.Sprintf("DATABASES=%d", databases))...)
}

func redis(t *testing.T) *servertest.Server {
	t.Helper()
	return servertest.Redis(t, "--databases", strconv.Itoa(databases))
}

// picture is where a failing history is drawn, and saved beside it as JSON: below LINEARIZABILITY_DIR, or with what is built.
func picture(t *testing.T) string {
	name := fmt.Sprintf("%s-seed%d.html", t.Name(), *seed)
	if dir := os.Getenv("LINEARIZABILITY_DIR"); dir != "" {
		return filepath.Join(dir, name)
	}
	root, err := servertest.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root, ".build", name)
}
