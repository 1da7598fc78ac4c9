package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mnorrsken/postkeys/commands"
	"github.com/mnorrsken/postkeys/commands/engine"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
	"github.com/mnorrsken/postkeys/pg/embedded"
	"github.com/mnorrsken/postkeys/reactor"
)

// node is a running postkeys: everything that start makes and stop ends.
type node struct {
	cfg      Config
	log      *logger
	settings *settings.Store

	postgres *embedded.Server // nil: somebody else's
	pg       pg.Config
	place    string // where the data is, for people
	engine   *engine.Engine
	server   *commands.Server
	reactor  *reactor.Reactor
	metrics  *metricsServer

	background sync.WaitGroup
	cancel     context.CancelFunc // ends the background
	stopping   atomic.Bool
	failed     chan error // what went wrong for good after the start
}

func newNode(cfg Config, log *logger) *node {
	return &node{cfg: cfg, log: log, settings: settings.New(), failed: make(chan error, 1), cancel: func() {}}
}

// start brings the node up. It returns once clients can connect; they are told
// to wait while PostgreSQL is not there. After an error stop MUST be called as
// well.
func (n *node) start(ctx context.Context) error {
	for _, name := range n.cfg.Warnings {
		n.log.Warn("a setting has no effect in this version", "setting", name)
	}
	if errs := n.settings.Init(n.cfg.Redis...); len(errs) > 0 {
		return errors.Join(errs...)
	}
	n.followSettings()
	if err := n.locate(ctx); err != nil {
		return err
	}
	n.engine = engine.New(engine.Options{
		PG:       n.pg,
		Lanes:    engine.DefaultLanes(runtime.GOMAXPROCS(0), n.connections()-1), // the sweep has one
		Patience: max(n.cfg.Postgres.StatementTimeout, time.Second),
		Log:      n.log.Logger,
	})
	n.server = commands.NewServer(commands.Options{
		Engine: n.engine, Settings: n.settings, Version: Version(), Connections: n.connectionStats, Log: n.log.Logger,
		TraceLevel: n.cfg.Trace, Trace: os.Stderr,
	})
	if err := n.listen(); err != nil {
		return err
	}
	n.engine.Start()
	n.runBackground(ctx)
	return nil
}

// connections is how many connections to PostgreSQL the node may hold.
func (n *node) connections() int {
	if n.cfg.Postgres.MaxConns > 0 {
		return n.cfg.Postgres.MaxConns
	}
	return usualConns
}

// runBackground starts what runs beside the clients' commands. Readiness comes
// from here: it prepares the database and then lets the clients in.
func (n *node) runBackground(ctx context.Context) {
	ctx, n.cancel = context.WithCancel(ctx)
	n.background.Go(func() {
		version, err := n.prepareDatabase(ctx)
		if err != nil {
			n.fail(ctx, err)
			return
		}
		n.server.SetReady(version)
		n.announce()
		n.server.Sweep(ctx)
	})
	n.background.Go(func() { n.server.Watch(ctx) })
	n.background.Go(func() { n.fail(ctx, n.reactor.Wait()) }) // stop makes it return
	if n.postgres != nil {
		n.background.Go(func() { n.fail(ctx, n.keepPostgres(ctx)) })
	}
}

// fail reports what the node cannot go on without. The first report counts.
func (n *node) fail(ctx context.Context, err error) {
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

// stop ends the node in order: clients first, PostgreSQL last. Health checks
// are answered meanwhile.
func (n *node) stop() (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	n.stopping.Store(true)
	if n.reactor != nil {
		n.server.Drain()
		if n.reactor.Stop(ctx) != nil && ctx.Err() != nil {
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
		n.metrics.stop()
	}
	if n.postgres != nil {
		ctx, cancel := context.WithTimeout(context.Background(), postgresStopTime)
		defer cancel()
		err = errors.Join(err, n.postgres.Stop(ctx))
	}
	return err
}
