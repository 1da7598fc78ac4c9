package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/mnorrsken/postkeys/bench/process"
	"github.com/mnorrsken/postkeys/bench/report"
	"github.com/mnorrsken/postkeys/bench/target"
	"github.com/mnorrsken/postkeys/bench/workload"
)

// idleKey is what idle connections read once.
const idleKey = "idle"

// settleTime bounds the wait until memory stays the same.
const settleTime = time.Minute

// otherClients is room for connections beside the idle ones: busy clients, and files a server opens for other ends.
const otherClients = 500

// Goals for connections that do nothing, of any kind.
const (
	minBusyShares = 0.9
	// maxQuietCPU is a share of one processor.
	maxQuietCPU = 0.01
	// maxQuietAsked is how often PostgreSQL may be asked a second: for a heartbeat, and of those one more fits into ten seconds.
	maxQuietAsked = 1.1
)

// busyWorkloads run with and without idle connections beside them.
var busyWorkloads = []string{"GET", "SET"}

// Connections measures what connections that do nothing cost in memory, in processor time, in questions to PostgreSQL, and in throughput of busy
// clients: one kind of them after the other, and one server after the other.
//
//  1. Start the server fresh, let as many clients as are busy later come and go, and read its memory once it has settled.
//  2. Open the connections, read the memory again once it has settled, and look for a while at what the server does.
//  3. Start it anew. Load keys, and in each round run the busy clients beside the connections and, once these are closed, alone.
func Connections(ctx context.Context, o Options) (r *report.Report, err error) {
	s, err := newStand(ctx, &o, fmt.Sprintf("%d connections that do nothing", o.Idle))
	defer func() { err = errors.Join(err, s.close()) }()
	if err != nil {
		return nil, err
	}
	limit, err := process.RaiseFileLimit()
	if err != nil {
		return nil, err
	}
	if need := uint64(o.Idle + otherClients + 100); limit < need {
		return nil, fmt.Errorf("%d idle connections need %d open files in each process, and %d are allowed: raise the limit (ulimit -n)", o.Idle, need, limit)
	}
	for _, kind := range o.kinds() {
		for _, name := range o.servers() {
			if name == target.RedisAlways && len(o.Only) == 0 {
				continue // how it writes changes nothing about connections
			}
			if err := s.connectionsOf(ctx, name, kind); err != nil {
				return s.report, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	s.note(s.disturbances.String())
	return s.report, nil
}

// connectionsOf measures one kind on one server. What fails is noted in the report.
func (s *stand) connectionsOf(ctx context.Context, name string, kind *idleKind) error {
	c := report.Connection{Server: name, Kind: kind.name, Connections: s.options.Idle, Settled: true}
	if done, err := s.quiet(ctx, name, kind, &c); err != nil || !done {
		return err
	}
	if err := s.busy(ctx, name, kind, &c); err != nil {
		return err
	}
	s.report.Connections = append(s.report.Connections, c)
	if name == target.Postkeys {
		s.report.Goals = append(s.report.Goals, connectionGoals(&c, kind)...)
	}
	return nil
}

// connectionGoals compares what was measured with the goals.
func connectionGoals(c *report.Connection, kind *idleKind) []report.Goal {
	all := []report.Goal{
		{Name: kind.plural + ": resident bytes of each", Wanted: kind.maxBytes, Measured: c.BytesPerConnection(), AtMost: true},
		{Name: kind.plural + ": share of one processor while nothing happens", Wanted: maxQuietCPU, Measured: c.QuietCPU, AtMost: true},
	}
	if c.QuietAsked >= 0 {
		all = append(all, report.Goal{
			Name: kind.plural + ": questions to PostgreSQL a second while nothing happens", Wanted: maxQuietAsked, Measured: c.QuietAsked, AtMost: true,
		})
	}
	for _, b := range c.Busy {
		if ratio := b.Ratio(); !math.IsNaN(ratio) {
			all = append(all, report.Goal{Name: b.Workload + " beside " + kind.plural + ": share of that without", Wanted: minBusyShares, Measured: ratio})
		}
	}
	return all
}

// quiet measures a server whose clients do nothing; done is false when that failed and has been noted.
func (s *stand) quiet(ctx context.Context, name string, kind *idleKind, c *report.Connection) (done bool, err error) {
	dsn, asked, end, err := s.tap(name)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, end()) }()
	server, err := s.startOn(ctx, name, dsn, s.options.Idle+otherClients)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, s.stop(server)) }()
	idle, err := s.idleMemory(ctx, server, kind, c)
	if err == nil {
		err = errors.Join(s.look(ctx, server, asked, c), idle.close())
	}
	if err != nil {
		return false, s.failed(ctx, server, fmt.Sprintf("%s of %s", kind.plural, name), err)
	}
	return true, nil
}

// tap puts a tap before the PostgreSQL of postkeys, where that can be done; asked is nil where it cannot. end has to be called.
func (s *stand) tap(name string) (dsn string, asked func() int64, end func() error, err error) {
	nothing := func() error { return nil }
	if name != target.Postkeys {
		return "", nil, nothing, nil
	}
	dsn = s.postgres.PostkeysDSN
	tap, err := target.NewTap(dsn)
	if errors.Is(err, target.ErrEncrypted) {
		s.note("What PostgreSQL is asked was not counted: " + err.Error() + ".")
		return dsn, nil, nothing, nil
	}
	if err != nil {
		return "", nil, nothing, err
	}
	return tap.DSN(), tap.Asked, tap.Close, nil
}

// idleMemory measures the memory before and after the connections and returns them open.
func (s *stand) idleMemory(ctx context.Context, server *target.Server, kind *idleKind, c *report.Connection) (idleSet, error) {
	first, err := server.Dial(ctx)
	if err != nil {
		return nil, err
	}
	_, err = first.Do("SET", idleKey, "value")
	if err = errors.Join(err, first.Close()); err != nil {
		return nil, err
	}
	// What a server makes for its first clients and keeps is not part of what the others cost.
	warm, err := kind.open(ctx, server, s.options.Clients[0])
	if err != nil {
		return nil, err
	}
	if err := closeIdle(ctx, server, warm); err != nil {
		return nil, err
	}
	read := func(resident, anonymous *int64) error {
		m, settled, err := process.SettledMemory(ctx, server.PID(), settleTime)
		*resident, *anonymous = m.Resident, m.Anonymous
		c.Settled = c.Settled && settled
		return err
	}
	if err := read(&c.ResidentBefore, &c.AnonBefore); err != nil {
		return nil, err
	}
	start := time.Now()
	idle, err := kind.open(ctx, server, s.options.Idle)
	if err != nil {
		return nil, err
	}
	s.options.logf("%s: %d %s in %.1f s", server.Name, len(idle), kind.plural, time.Since(start).Seconds())
	if err := read(&c.ResidentAfter, &c.AnonAfter); err != nil {
		return nil, errors.Join(err, idle.close())
	}
	s.options.logf("%s: resident %d KB before, %d KB after, %.0f bytes each", server.Name, c.ResidentBefore>>10, c.ResidentAfter>>10, c.BytesPerConnection())
	return idle, nil
}

// settleQuestions waits, for a while, until PostgreSQL is asked no more than it will be: a node that has just begun clears away what others have left.
func (s *stand) settleQuestions(ctx context.Context, asked func() int64) error {
	window := min(s.options.Quiet, 2*time.Second)
	for end := time.Now().Add(settleTime); time.Now().Before(end); {
		before := asked()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(window):
		}
		if float64(asked()-before) <= 1+window.Seconds() {
			return nil
		}
	}
	return nil
}

// look measures for a while what a server does on its own.
func (s *stand) look(ctx context.Context, server *target.Server, asked func() int64, c *report.Connection) error {
	if asked == nil {
		asked = func() int64 { return 0 }
		c.QuietAsked = -1
	}
	if err := s.settleQuestions(ctx, asked); err != nil {
		return err
	}
	cpu, err := process.CPU(server.PID())
	if err != nil {
		return err
	}
	start, before := time.Now(), asked()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(s.options.Quiet):
	}
	after, seconds := asked(), time.Since(start).Seconds()
	cpuAfter, err := process.CPU(server.PID())
	if err != nil {
		return err
	}
	c.QuietSeconds, c.QuietCPU = seconds, (cpuAfter-cpu).Seconds()/seconds
	if c.QuietAsked >= 0 {
		c.QuietAsked = float64(after-before) / seconds
	}
	s.options.logf("%s: in %.1f s of quiet, %.2f %% of a processor, %.2f questions to PostgreSQL a second", server.Name, seconds, 100*c.QuietCPU, c.QuietAsked)
	return nil
}

// busy measures what busy clients reach beside the connections and without them. What fails is noted in the report.
func (s *stand) busy(ctx context.Context, name string, kind *idleKind, c *report.Connection) (err error) {
	server, err := s.start(ctx, name, s.options.Idle+otherClients)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop(server)) }()
	if err := s.busyRounds(ctx, server, kind, c); err != nil {
		return s.failed(ctx, server, fmt.Sprintf("throughput beside %s on %s", kind.plural, name), err)
	}
	return nil
}

// busyRounds loads the keys and runs the busy clients beside the connections and without them, in turn.
func (s *stand) busyRounds(ctx context.Context, server *target.Server, kind *idleKind, c *report.Connection) error {
	workloads, err := workload.Select(busyWorkloads)
	if err != nil {
		return err
	}
	if err := s.load(ctx, server, workloads); err != nil {
		return err
	}
	rates := make(map[string]float64)
	runAll := func(where string, into func(*report.Busy) *[]float64) error {
		for i, w := range workloads {
			run, err := s.run(ctx, server, shape{w, s.options.Clients[0], 1}, rates[w.Name])
			if err != nil {
				return fmt.Errorf("%s %s: %w", w.Name, where, err)
			}
			rates[w.Name] = run.PerSecond
			values := into(&c.Busy[i])
			*values = append(*values, run.PerSecond)
			s.options.logf("%s: %s %s %.0f/s, p99 %.2f ms, others %.0f %%", server.Name, w.Name, where, run.PerSecond, run.P99Ms, 100*run.Others)
		}
		return nil
	}
	for _, w := range workloads {
		c.Busy = append(c.Busy, report.Busy{Workload: w.Name})
	}
	for range s.options.Rounds {
		idle, err := kind.open(ctx, server, s.options.Idle)
		if err != nil {
			return err
		}
		if err := runAll("beside "+kind.plural, func(b *report.Busy) *[]float64 { return &b.Beside }); err != nil {
			return errors.Join(err, idle.close())
		}
		if err := closeIdle(ctx, server, idle); err != nil {
			return err
		}
		if err := runAll("alone", func(b *report.Busy) *[]float64 { return &b.Alone }); err != nil {
			return err
		}
	}
	return nil
}

// kinds are the kinds of connections to measure.
func (o *Options) kinds() []*idleKind {
	var all []*idleKind
	for i := range idleKinds {
		if len(o.Kinds) == 0 || slices.Contains(o.Kinds, idleKinds[i].name) {
			all = append(all, &idleKinds[i])
		}
	}
	return all
}
