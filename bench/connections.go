package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/mnorrsken/postkeys/bench/process"
	"github.com/mnorrsken/postkeys/bench/report"
	"github.com/mnorrsken/postkeys/bench/target"
	"github.com/mnorrsken/postkeys/bench/workload"
)

// idleKey is what idle connections read once.
const idleKey = "idle"

// Limits of what is waited for.
const (
	settleTime     = time.Minute      // until memory stays the same
	disconnectTime = 30 * time.Second // until a server has noticed that connections are gone
)

// otherClients is room for connections beside the idle ones: busy clients, and files a server opens for other ends.
const otherClients = 500

// Goals for idle connections.
const (
	maxIdleBytes  = 1200
	minBusyShares = 0.9
)

// busyWorkloads run with and without idle connections beside them.
var busyWorkloads = []string{"GET", "SET"}

// Connections measures, one server after the other, what idle connections cost in memory and in throughput of busy clients.
//
//  1. Start the server fresh, let as many clients as are busy later send a GET and go, and read its memory once it has settled.
//  2. Open the idle connections, each with one GET, and read the memory again once it has settled.
//  3. Load keys, and in each round run the busy clients beside the idle connections and, once these are closed, alone.
func Connections(ctx context.Context, o Options) (r *report.Report, err error) {
	s, err := newStand(ctx, &o, fmt.Sprintf("%d idle connections", o.Idle))
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
	for _, name := range o.servers() {
		if name == target.RedisAlways && len(o.Only) == 0 {
			continue // how it writes changes nothing about connections
		}
		if err := s.connectionsOf(ctx, name); err != nil {
			return s.report, fmt.Errorf("%s: %w", name, err)
		}
	}
	s.note(s.disturbances.String())
	return s.report, nil
}

// connectionsOf starts one server, measures it and stops it. What fails is noted in the report.
func (s *stand) connectionsOf(ctx context.Context, name string) (err error) {
	server, err := s.start(ctx, name, s.options.Idle+otherClients)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop(server)) }()
	c := report.Connection{Server: name, Connections: s.options.Idle, Settled: true}
	failed := func(what string, why error) error {
		return s.failed(ctx, server, fmt.Sprintf("%s of %s", what, name), why)
	}
	idle, err := s.idleMemory(ctx, server, &c)
	if err != nil {
		return failed("idle connections", err)
	}
	if err := s.busyRounds(ctx, server, idle, &c); err != nil {
		if err := failed("throughput beside idle connections", err); err != nil {
			return err
		}
	}
	s.report.Connections = append(s.report.Connections, c)
	if name == target.Postkeys {
		s.report.Goals = append(s.report.Goals, connectionGoals(&c)...)
	}
	return nil
}

// connectionGoals compares what was measured with the goals.
func connectionGoals(c *report.Connection) []report.Goal {
	all := []report.Goal{{Name: "resident bytes of an idle connection", Wanted: maxIdleBytes, Measured: c.BytesPerConnection(), AtMost: true}}
	for _, b := range c.Busy {
		if ratio := b.Ratio(); !math.IsNaN(ratio) {
			all = append(all, report.Goal{Name: b.Workload + " beside idle connections: share of that without", Wanted: minBusyShares, Measured: ratio})
		}
	}
	return all
}

// idleMemory measures the memory before and after the idle connections and returns them open.
func (s *stand) idleMemory(ctx context.Context, server *target.Server, c *report.Connection) (idleSet, error) {
	first, err := server.Dial(ctx)
	if err != nil {
		return nil, err
	}
	_, err = first.Do("SET", idleKey, "value")
	if err = errors.Join(err, first.Close()); err != nil {
		return nil, err
	}
	// What a server makes for its first clients and keeps is not part of what the others cost.
	warm, err := openIdle(ctx, server.Addr, s.options.Clients[0])
	if err != nil {
		return nil, err
	}
	if err := s.closeIdle(ctx, server, warm); err != nil {
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
	idle, err := openIdle(ctx, server.Addr, s.options.Idle)
	if err != nil {
		return nil, err
	}
	s.options.logf("%s: %d connections opened in %.1f s", server.Name, len(idle), time.Since(start).Seconds())
	if err := read(&c.ResidentAfter, &c.AnonAfter); err != nil {
		return nil, errors.Join(err, idle.close())
	}
	s.options.logf("%s: resident %d KB before, %d KB after, %.0f bytes each", server.Name, c.ResidentBefore>>10, c.ResidentAfter>>10, c.BytesPerConnection())
	return idle, nil
}

// busyRounds loads the keys and runs the busy clients beside the idle connections and without them, in turn. It closes them, whatever happens.
func (s *stand) busyRounds(ctx context.Context, server *target.Server, idle idleSet, c *report.Connection) (err error) {
	defer func() { err = errors.Join(err, idle.close()) }()
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
	for round := range s.options.Rounds {
		if round > 0 {
			if idle, err = openIdle(ctx, server.Addr, s.options.Idle); err != nil {
				return err
			}
		}
		if err := runAll("beside idle connections", func(b *report.Busy) *[]float64 { return &b.Beside }); err != nil {
			return err
		}
		closing := idle
		idle = nil
		if err := s.closeIdle(ctx, server, closing); err != nil {
			return err
		}
		if err := runAll("alone", func(b *report.Busy) *[]float64 { return &b.Alone }); err != nil {
			return err
		}
	}
	return nil
}

// closeIdle closes connections and waits until the server has noticed.
func (s *stand) closeIdle(ctx context.Context, server *target.Server, idle idleSet) error {
	if err := idle.close(); err != nil {
		return err
	}
	c, err := server.Dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	ctx, cancel := context.WithTimeout(ctx, disconnectTime)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		info, err := c.Do("INFO", "clients")
		if err != nil {
			return err
		}
		open, err := strconv.Atoi(target.InfoField(string(info.Str), "connected_clients"))
		if err != nil {
			return fmt.Errorf("connected_clients in INFO: %w", err)
		}
		if open <= 1 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d clients are still connected: %w", open, ctx.Err())
		case <-ticker.C:
		}
	}
}
