// Package node brings a postkeys server up and down: its PostgreSQL, the
// schema, the engine, the listeners and what runs beside the clients' commands.
package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mnorrsken/postkeys/commands"
	"github.com/mnorrsken/postkeys/commands/config"
	"github.com/mnorrsken/postkeys/commands/engine"
	"github.com/mnorrsken/postkeys/commands/metrics"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
	"github.com/mnorrsken/postkeys/pg/embedded"
)

// Options are what a node is made of.
type Options struct {
	Config  config.Config
	Version string
	Log     *slog.Logger
	// Listen opens the listeners for clients, who are served by server.
	Listen func(server *commands.Server, store *settings.Store, connections int) (Listener, error)
	// Banner is where people are told that the node serves, and how to connect.
	Banner io.Writer
	// Trace is where TRACE writes.
	Trace io.Writer
}

// Listener is where clients connect. Its methods are safe from any goroutine.
type Listener interface {
	Addrs() []net.Addr
	Connections() commands.ConnectionStats
	// Wait returns when the listener has ended, with the reason if Stop was not it.
	Wait() error
	// Stop answers what is in flight, as long as ctx allows, and closes all
	// connections.
	Stop(ctx context.Context) error
}

// Node is a running postkeys: everything that Start makes and Stop ends.
type Node struct {
	opts     Options
	cfg      config.Config
	log      *slog.Logger
	settings *settings.Store

	postgres *embedded.Server // nil: somebody else's
	pg       pg.Config
	place    string // where the data is, for people
	engine   *engine.Engine
	server   *commands.Server
	listener Listener
	metrics  *metrics.Server

	background sync.WaitGroup
	cancel     context.CancelFunc // ends the background
	stopping   atomic.Bool
	failed     chan error
}

// New returns a node with settings that can be followed; Start makes it run.
func New(opts Options, store *settings.Store) *Node {
	return &Node{
		opts: opts, cfg: opts.Config, log: opts.Log, settings: store,
		failed: make(chan error, 1), cancel: func() {},
	}
}

// Failed tells what went wrong for good after the start.
func (n *Node) Failed() <-chan error { return n.failed }

// Start brings the node up. It returns once clients can connect; they are told
// to wait while PostgreSQL is not there. After an error Stop MUST be called as
// well.
func (n *Node) Start(ctx context.Context) error {
	for _, name := range n.cfg.Warnings {
		n.log.Warn("a setting has no effect in this version", "setting", name)
	}
	if errs := n.settings.Init(n.cfg.Redis...); len(errs) > 0 {
		return errors.Join(errs...)
	}
	if err := n.locate(ctx); err != nil {
		return err
	}
	n.engine = engine.New(engine.Options{
		PG:       n.pg,
		Lanes:    engine.DefaultLanes(runtime.GOMAXPROCS(0), n.cfg.Postgres.Connections()-commands.ConnectionsBeside),
		Patience: max(n.cfg.Postgres.StatementTimeout, time.Second),
		Log:      n.log,
	})
	n.server = commands.NewServer(commands.Options{
		Engine: n.engine, PG: n.pg, Settings: n.settings, Cache: n.cfg.Cache, Version: n.opts.Version, Log: n.log,
		Connections: func() commands.ConnectionStats { return n.listener.Connections() },
		TraceLevel:  n.cfg.Trace, Trace: n.opts.Trace,
	})
	listener, err := n.opts.Listen(n.server, n.settings, n.cfg.Postgres.Connections())
	if err != nil {
		return err
	}
	n.listener = listener
	if err := n.serveMetrics(); err != nil {
		return err
	}
	n.engine.Start()
	n.runBackground(ctx)
	return nil
}

func (n *Node) serveMetrics() (err error) {
	m := n.cfg.Metrics
	if m.Addr == "" {
		return nil
	}
	n.metrics, err = metrics.Start(m.Addr, m.Profiles, metrics.Node{
		Server: n.server, Engine: n.engine, Connections: n.listener.Connections, NotReady: n.notReady, Version: n.opts.Version,
	})
	if err != nil {
		err = config.ListenError("METRICS_ADDR", m.Addr, err)
	}
	return err
}

// notReady says why clients should not be sent here now, "" if they should.
func (n *Node) notReady() string {
	switch {
	case n.stopping.Load():
		return "shutting down"
	case !n.server.Ready():
		return "PostgreSQL is not reachable"
	}
	return ""
}

// runBackground starts what runs beside the clients' commands. Readiness comes
// from here: it prepares the database and then lets the clients in.
func (n *Node) runBackground(ctx context.Context) {
	ctx, n.cancel = context.WithCancel(ctx)
	n.background.Go(func() {
		version, err := n.prepareDatabase(ctx)
		if err != nil {
			n.fail(ctx, err)
			return
		}
		n.engine.Connect()
		n.background.Go(func() { n.server.Connect(ctx) })
		select {
		case <-n.server.Connected():
		case <-ctx.Done():
			return
		}
		n.server.SetReady(version)
		n.announce()
		n.server.Sweep(ctx)
	})
	n.background.Go(func() { n.server.Watch(ctx) })
	n.background.Go(func() { n.fail(ctx, n.listener.Wait()) }) // Stop makes it return
	if n.postgres != nil {
		n.background.Go(func() { n.fail(ctx, n.keepPostgres(ctx)) })
	}
}

// fail reports what the node cannot go on without. The first report counts.
func (n *Node) fail(ctx context.Context, err error) {
	if err == nil || ctx.Err() != nil {
		return
	}
	select {
	case n.failed <- err:
	default:
	}
}

const (
	// drainTime is how long a shutdown waits for requests in flight.
	drainTime = 30 * time.Second
	// postgresStopTime is how long a PostgreSQL of our own may take to stop.
	postgresStopTime = 30 * time.Second
)

// Stop ends the node in order: clients first, PostgreSQL last. Health checks
// are answered meanwhile.
func (n *Node) Stop() (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	n.stopping.Store(true)
	if n.listener != nil {
		n.server.Drain()
		if n.listener.Stop(ctx) != nil && ctx.Err() != nil {
			err = fmt.Errorf("shutdown: clients were disconnected with commands in flight after %v", drainTime)
		}
		if path := n.settings.Text(settings.UnixSocket); path != "" {
			_ = os.Remove(path) // the next start would remove it too
		}
	}
	n.cancel()
	n.background.Wait()
	if n.engine != nil && n.engine.Stop(ctx) != nil && err == nil {
		err = fmt.Errorf("shutdown: PostgreSQL did not finish within %v", drainTime)
	}
	if n.metrics != nil {
		n.metrics.Stop()
	}
	if n.postgres != nil {
		ctx, cancel := context.WithTimeout(context.Background(), postgresStopTime)
		defer cancel()
		err = errors.Join(err, n.postgres.Stop(ctx))
	}
	return err
}
