package pgtest

import (
	"context"
	"os"
	"syscall"
	"testing"

	"github.com/mnorrsken/postkeys/pg/embedded"
)

// Cluster is a PostgreSQL of one test's own, which the test may stop, kill and restart. Its connection strings stay valid over
// restarts. Methods fail the test on errors and must be called from the test's goroutine.
type Cluster struct {
	t      testing.TB
	cfg    embedded.Config
	server *embedded.Server
	last   *embedded.Server // the server of the last start, for connection strings while it is down
}

// NewCluster starts a PostgreSQL with data of its own; it is stopped and removed when the test ends. Further settings win over
// the usual ones.
func NewCluster(t testing.TB, settings map[string]string) *Cluster {
	t.Helper()
	version, build, err := environment()
	if err != nil {
		t.Fatal(err)
	}
	// Not t.TempDir, whose name is often too long for a socket.
	dir, err := os.MkdirTemp("", "pgtest-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	c := &Cluster{t: t, cfg: config(version, build, dir)}
	c.cfg.StopWithParent = true
	for name, value := range settings {
		c.cfg.Settings[name] = value
	}
	t.Cleanup(func() {
		if c.server != nil {
			c.Stop()
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	c.Start()
	return c
}

// DSN is the connection string of a database, which need not exist, as a superuser.
func (c *Cluster) DSN(database string) string { return c.last.DSN(database) }

// Start starts the stopped server and waits until it answers; after a Kill that includes its recovery.
func (c *Cluster) Start() {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	server, err := embedded.Start(ctx, c.cfg)
	if err != nil {
		c.t.Fatalf("starting PostgreSQL: %v", err)
	}
	c.server, c.last = server, server
}

// Stop shuts the server down in order: clients are disconnected, nothing needs recovery.
func (c *Cluster) Stop() { c.end(0) }

// Crash stops the server as `pg_ctl stop -m immediate` does: no checkpoint, recovery at the next start.
func (c *Cluster) Crash() { c.end(syscall.SIGQUIT) }

// Kill ends the postmaster with SIGKILL; its backends notice that and follow.
func (c *Cluster) Kill() { c.end(syscall.SIGKILL) }

// Restart is Crash and Start: `pg_ctl restart -m immediate`.
func (c *Cluster) Restart() {
	c.t.Helper()
	c.Crash()
	c.Start()
}

// PID is the process number of the postmaster, to send it signals such as SIGSTOP.
func (c *Cluster) PID() int { return c.last.PID() }

// end sends a signal to the postmaster, if any, and waits for its end.
func (c *Cluster) end(sig syscall.Signal) {
	c.t.Helper()
	server := c.server
	if server == nil {
		c.t.Fatal("PostgreSQL is not running")
	}
	c.server = nil
	if sig != 0 {
		if err := syscall.Kill(server.PID(), sig); err != nil {
			c.t.Fatalf("signalling PostgreSQL: %v", err)
		}
		<-server.Exited()
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if err := server.Stop(ctx); err != nil {
		c.t.Fatalf("stopping PostgreSQL: %v", err)
	}
}
