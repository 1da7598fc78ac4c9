package linearizability

import (
	"math/rand/v2"
	"testing"

	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// crashes are what a test does to its servers.
type crashes struct {
	t       *testing.T
	cluster *pgtest.Cluster
	nodes   []*servertest.Server
	next    int // the node that is restarted next
}

// crashed runs a workload on two nodes, both of which serve again before the next crash.
func crashed(t *testing.T, m mix, all ...func(*crashes)) {
	cluster := pgtest.NewCluster(t, nil)
	dsn := cluster.DSN("postkeys")
	c := &crashes{t: t, cluster: cluster, nodes: []*servertest.Server{node(t, dsn), node(t, dsn)}}
	w := startWorkload(m, c.nodes[0].Addr, c.nodes[1].Addr)
	defer w.finish()
	for _, crash := range all {
		// The load must be under way.
		if err := w.progress(*crashLoad, progressTimeout); err != nil {
			t.Fatal(err)
		}
		crash(c)
	}
	if err := w.progress(*crashLoad, progressTimeout); err != nil {
		t.Fatal(err)
	}
	w.finish()
	if err := w.verify(w.nodes[0], picture(t)); err != nil {
		t.Error(err)
	}
	t.Log(w.summary())
}

// chances are n crashes in an order that the seed decides: every kind comes up in the end.
func chances(n int) (all []func(*crashes)) {
	random := rand.New(rand.NewPCG(*seed, 0))
	kinds := []func(*crashes){
		(*crashes).restartNode, (*crashes).restartNode, (*crashes).restartDatabase, (*crashes).endConnections, (*crashes).endConnections,
		(*crashes).everything,
	}
	for len(all) < n {
		for _, i := range random.Perm(len(kinds)) {
			all = append(all, kinds[i])
		}
	}
	return all[:n]
}

// restartNode kills the nodes in turn.
func (c *crashes) restartNode() {
	s := c.nodes[c.next%len(c.nodes)]
	c.next++
	c.kill(s)
	c.start(s)
}

// restartDatabase stops PostgreSQL without a checkpoint.
func (c *crashes) restartDatabase() { c.cluster.Restart() }

// endConnections ends all sessions of the nodes, wherever they are.
func (c *crashes) endConnections() {
	pgtest.Exec(c.t, c.cluster.DSN("postkeys"),
		"select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")
}

// everything kills both nodes and PostgreSQL at once.
func (c *crashes) everything() {
	for _, s := range c.nodes {
		c.kill(s)
	}
	c.cluster.Kill()
	c.cluster.Start()
	for _, s := range c.nodes {
		c.start(s)
	}
}

func (c *crashes) kill(s *servertest.Server) {
	if err := s.Kill(); err != nil {
		c.t.Fatal(err)
	}
}

func (c *crashes) start(s *servertest.Server) {
	if err := s.Start(); err != nil {
		c.t.Fatal(err)
	}
}
