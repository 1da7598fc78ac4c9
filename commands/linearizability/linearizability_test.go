package linearizability

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// TestTwoServersWithoutACommonKeyspaceFail shows that the test can fail: two redis-servers know nothing of each other.
func TestTwoServersWithoutACommonKeyspaceFail(t *testing.T) {
	t.Parallel()
	w := startWorkload(servertest.Redis(t).Addr, servertest.Redis(t).Addr)
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

// TestTwoNodes runs clients on two nodes of one database.
func TestTwoNodes(t *testing.T) {
	dsn := pgtest.DSN(t)
	w := startWorkload(servertest.Postkeys(t, dsn).Addr, servertest.Postkeys(t, dsn).Addr)
	defer w.finish()
	if err := w.progress(20000, time.Minute); err != nil {
		t.Error(err)
	}
	w.finish()
	if err := w.verify(w.nodes[0], picture(t)); err != nil {
		t.Error(err)
	}
	t.Log(w.summary())
}

// TestTwoNodesWithCrashes kills nodes and PostgreSQL under load, each of them more than once.
func TestTwoNodesWithCrashes(t *testing.T) {
	cluster := pgtest.NewCluster(t, nil)
	dsn := cluster.DSN("postkeys")
	nodes := []*servertest.Server{servertest.Postkeys(t, dsn), servertest.Postkeys(t, dsn)}
	w := startWorkload(nodes[0].Addr, nodes[1].Addr)
	defer w.finish()

	restart := func(s *servertest.Server) func() {
		return func() {
			if err := s.Kill(); err != nil {
				t.Fatal(err)
			}
			if err := s.Start(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, crash := range []func(){
		restart(nodes[0]), cluster.Restart, restart(nodes[1]), cluster.Restart, restart(nodes[0]), restart(nodes[1]),
		cluster.Restart,
	} {
		// Between two crashes both nodes must serve again, and the load must be under way.
		if err := w.progress(500, time.Minute); err != nil {
			t.Fatal(err)
		}
		crash()
	}
	if err := w.progress(500, time.Minute); err != nil {
		t.Fatal(err)
	}
	w.finish()
	if err := w.verify(w.nodes[0], picture(t)); err != nil {
		t.Error(err)
	}
	t.Log(w.summary())
}

// picture is where a failing history is drawn.
func picture(t *testing.T) string {
	root, err := servertest.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root, ".build", t.Name()+".html")
}
