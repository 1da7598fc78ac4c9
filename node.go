package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mnorrsken/postkeys/commands"
	"github.com/mnorrsken/postkeys/commands/engine"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
	"github.com/mnorrsken/postkeys/pg/embedded"
	"github.com/mnorrsken/postkeys/reactor"
)

// node is a running postkeys: everything that start made and stop ends.
type node struct {
	log      *slog.Logger
	embedded *embedded.Server
	engine   *engine.Engine
	server   *commands.Server
	reactor  *reactor.Reactor
	metrics  *metricsServer

	background sync.WaitGroup
	cancel     context.CancelFunc
}

// handler adapts the server to the reactor: the two know nothing of each other.
type handler struct{ server *commands.Server }

func (h handler) Open(c *reactor.Conn) (reactor.Session, []byte) {
	return h.server.Open(c), nil
}

// start brings a node up. It returns once clients can connect; they are told
// to wait while PostgreSQL is not there. What goes wrong later, for good, is
// sent to failed.
func start(ctx context.Context, cfg Config, log *slog.Logger, failed chan<- error) (n *node, err error) {
	n = &node{log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.stop(context.Background()))
		}
	}()
	store := settings.New()
	if errs := store.Init(cfg.Redis...); len(errs) > 0 {
		return n, errors.Join(errs...)
	}
	dsn := cfg.Postgres.ConnString()
	if cfg.Embedded.Enabled {
		if dsn, err = n.startEmbedded(ctx, cfg); err != nil {
			return n, err
		}
	}
	pgConfig := pg.Config{
		DSN:              dsn,
		StatementTimeout: cfg.Postgres.StatementTimeout,
		ConnectTimeout:   cfg.Postgres.ConnectTimeout,
		Databases:        int(store.Int(settings.Databases)),
	}
	n.engine = engine.New(engine.Options{
		PG:       pgConfig,
		Lanes:    engine.DefaultLanes(runtime.GOMAXPROCS(0), cfg.Postgres.MaxConns-1),
		Patience: max(cfg.Postgres.StatementTimeout, time.Second),
		Log:      log,
	})
	n.server = commands.NewServer(commands.Options{Engine: n.engine, Settings: store, Version: Version(), Log: log})
	if err := n.listen(cfg, store); err != nil {
		return n, err
	}
	n.engine.Start()
	n.runBackground(ctx, pgConfig, failed)
	return n, nil
}

func (n *node) startEmbedded(ctx context.Context, cfg Config) (dsn string, err error) {
	e := cfg.Embedded
	n.embedded, err = embedded.Start(ctx, embedded.Config{
		Dir: e.Dir, MayMove: e.MayMove, BinDir: e.BinDir, Version: e.Version, Port: e.Port, Logger: n.log,
	})
	if err != nil {
		return "", fmt.Errorf("start PostgreSQL: %w", err)
	}
	return n.embedded.DSN(cfg.Postgres.Database), nil
}

// listen opens the listeners.
func (n *node) listen(cfg Config, store *settings.Store) (err error) {
	v := store.Values()
	addrs := []string{"tcp://" + cfg.Listen.Addr}
	if path := v.Text(settings.UnixSocket); path != "" {
		addrs = append(addrs, "unix://"+path)
	}
	perm, err := strconv.ParseUint(v.Text(settings.UnixSocketPerm), 8, 32)
	if err != nil {
		return fmt.Errorf("unixsocketperm: %w", err)
	}
	limits := outputLimits(v)
	n.reactor, err = reactor.New(handler{n.server}, reactor.Options{
		Addrs:            addrs,
		UnixPerm:         fs.FileMode(perm),
		MaxClients:       int(v.Int(settings.MaxClients)),
		QueryBufferLimit: v.Int(settings.ClientQueryBufferLimit),
		OutputLimits:     &limits,
		IdleTimeout:      seconds(v, settings.Timeout),
		KeepAlive:        seconds(v, settings.TCPKeepAlive),
		Log:              n.log,
	})
	if err != nil {
		return err
	}
	n.followSettings(store)
	if err := n.reactor.Start(); err != nil {
		return err
	}
	n.metrics, err = startMetrics(cfg.Metrics.Addr, n)
	return err
}

func seconds(v *settings.Values, id settings.ID) time.Duration {
	return time.Duration(v.Int(id)) * time.Second
}

// outputLimits translates client-output-buffer-limit.
func outputLimits(v *settings.Values) reactor.OutputLimits {
	l := v.OutputLimits()
	convert := func(o settings.OutputLimit) reactor.OutputLimit {
		return reactor.OutputLimit{
			HardBytes: int64(o.Hard), SoftBytes: int64(o.Soft), SoftFor: time.Duration(o.SoftSeconds) * time.Second,
		}
	}
	return reactor.OutputLimits{
		reactor.Normal: convert(l.Normal), reactor.Replica: convert(l.Replica), reactor.PubSub: convert(l.PubSub),
	}
}

// followSettings hands CONFIG SET on to the reactor.
func (n *node) followSettings(store *settings.Store) {
	r := n.reactor
	follow := func(id settings.ID, apply func(v *settings.Values)) {
		store.OnChange(func(v *settings.Values) error { apply(v); return nil }, id)
	}
	follow(settings.ClientQueryBufferLimit, func(v *settings.Values) { r.SetQueryBufferLimit(v.Int(settings.ClientQueryBufferLimit)) })
	follow(settings.Timeout, func(v *settings.Values) { r.SetIdleTimeout(seconds(v, settings.Timeout)) })
	follow(settings.TCPKeepAlive, func(v *settings.Values) { r.SetKeepAlive(seconds(v, settings.TCPKeepAlive)) })
	follow(settings.ClientOutputBufferLimit, func(v *settings.Values) { r.SetOutputLimits(outputLimits(v)) })
	store.OnChange(func(v *settings.Values) error {
		asked := int(v.Int(settings.MaxClients))
		if allowed := r.MaxClientsAllowed(); asked > allowed {
			return fmt.Errorf("The operating system is not able to handle the specified number of clients, try with %d", allowed)
		}
		r.SetMaxClients(asked)
		return nil
	}, settings.MaxClients)
}

// runBackground prepares the database, telling clients to wait until then,
// and sweeps expired keys.
func (n *node) runBackground(ctx context.Context, cfg pg.Config, failed chan<- error) {
	ctx, n.cancel = context.WithCancel(ctx)
	n.background.Add(1)
	go func() {
		defer n.background.Done()
		if err := n.prepareDatabase(ctx, cfg); err != nil {
			if ctx.Err() == nil {
				failed <- err
			}
			return
		}
		n.server.SetReady(true)
		n.announce()
		n.server.Sweep(ctx)
	}()
	if n.embedded != nil {
		n.background.Add(1)
		go func() {
			defer n.background.Done()
			select {
			case <-ctx.Done():
			case <-n.embedded.Exited():
				failed <- fmt.Errorf("PostgreSQL ended: %w", n.embedded.Err())
			}
		}()
	}
}

// prepareDatabase creates the database and brings its schema up to date. While
// PostgreSQL can't be reached it tries again, with growing pauses.
func (n *node) prepareDatabase(ctx context.Context, cfg pg.Config) error {
	pause := 100 * time.Millisecond
	for {
		created, err := pg.CreateDatabase(ctx, cfg)
		if err == nil {
			if created {
				n.log.Info("created the database")
			}
			err = pg.Migrate(ctx, cfg)
		}
		if err == nil || !pg.IsUnreachable(err) {
			return err
		}
		n.log.Warn("waiting for PostgreSQL", "error", pg.ReasonOf(err))
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
		pause = min(2*pause, 5*time.Second)
	}
}

// announce logs where clients and people find the node.
func (n *node) announce() {
	for _, a := range n.reactor.Addrs() {
		n.log.Info("ready for clients", "address", a.String())
	}
}

// stop ends the node in order: clients first, PostgreSQL last.
func (n *node) stop(ctx context.Context) (err error) {
	if n.reactor != nil {
		err = errors.Join(err, n.reactor.Stop(ctx))
	}
	if n.cancel != nil {
		n.cancel()
	}
	n.background.Wait()
	if n.engine != nil {
		err = errors.Join(err, n.engine.Stop(ctx))
	}
	if n.metrics != nil {
		err = errors.Join(err, n.metrics.stop(ctx))
	}
	if n.embedded != nil {
		err = errors.Join(err, n.embedded.Stop(ctx))
	}
	return err
}

// host returns the part of an address that a person types, for the banner.
func host(addr string) string {
	if strings.HasPrefix(addr, ":") {
		return "localhost" + addr
	}
	return addr
}
