package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mnorrsken/postkeys/bench/client"
	"github.com/mnorrsken/postkeys/bench/load"
	"github.com/mnorrsken/postkeys/bench/process"
	"github.com/mnorrsken/postkeys/bench/report"
	"github.com/mnorrsken/postkeys/bench/target"
	"github.com/mnorrsken/postkeys/bench/workload"
)

// latency measures each workload on each server with one client, and with arrivals at half the rate that the server reached with
// that many clients and no pipeline. As in the rounds of throughput, servers take turns. What failed once is not tried again.
func (s *stand) latency(ctx context.Context, workloads []workload.Workload) error {
	failed := make(map[attempt]bool)
	for round := range s.options.Rounds {
		for i, w := range workloads {
			if len(w.Latency)+len(w.Unit) == 0 {
				continue
			}
			for j := range s.servers {
				server := s.servers[(i+j+round)%len(s.servers)]
				try := attempt{i, server}
				if failed[try] || s.gone[server] {
					continue
				}
				err := s.latencyOf(ctx, &w, server)
				if err == nil {
					continue
				}
				failed[try] = true
				if err := s.failed(ctx, server, fmt.Sprintf("latency of %s on %s, round %d", w.Name, server.Name, round+1), err); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// latencyOf makes one run of each load, each half as long as one of throughput.
func (s *stand) latencyOf(ctx context.Context, w *workload.Workload, server *target.Server) error {
	o := s.options
	if err := s.prepare(ctx, server, w, 0); err != nil {
		return err
	}
	command := client.NewTemplate(o.Keys, 1, w.Latency...)
	alone := func() (*load.Result, error) { return load.Closed(ctx, server.Addr, command, o.RunTime/2) }
	if len(w.Unit) > 0 {
		u := load.Units{Addr: server.Addr, Commands: w.Unit, Connections: 1, Pipeline: 1, Keys: o.Keys, Seed: 1}
		alone = func() (*load.Result, error) { return u.Run(ctx, o.RunTime/2) }
	}
	one, taken, err := s.beside(ctx, server, alone)
	if err != nil {
		return err
	}
	s.addLatency(w, server, "one client", one, taken)
	if len(w.Unit) > 0 {
		return nil // arrivals are paced for single commands
	}
	clients := o.Clients[0]
	cell := s.report.Cell(w.Name, clients, 1)
	if cell == nil {
		s.note("Latency at half load was not measured: it needs the throughput without a pipeline.")
		return nil
	}
	if len(cell.On(server.Name)) == 0 {
		return nil // its run failed and is among the failures
	}
	rate := report.PerSecond(cell.On(server.Name)) / 2
	p := load.Paced{Addr: server.Addr, Command: command, Connections: clients, PerSecond: rate, Duration: o.RunTime / 2}
	half, taken, err := s.beside(ctx, server, func() (*load.Result, error) { return p.Run(ctx) })
	if errors.Is(err, load.ErrOverloaded) {
		s.note(fmt.Sprintf("%s did not keep up with half of its own throughput: %s, %.0f a second.", server.Name, w.Name, rate))
		return nil
	}
	if err != nil {
		return err
	}
	s.addLatency(w, server, fmt.Sprintf("half load, %d clients", clients), half, taken)
	return nil
}

// spent is what a load of our own took beside its time.
type spent struct {
	before, after costs
	own           time.Duration // of processors, by the benchmark
}

// beside runs a load of our own and tells what was spent meanwhile.
func (s *stand) beside(ctx context.Context, server *target.Server, run func() (*load.Result, error)) (r *load.Result, p spent, err error) {
	ownBefore, err := process.OwnCPU()
	if err != nil {
		return nil, p, err
	}
	if p.before, err = s.costs(ctx, server); err != nil {
		return nil, p, err
	}
	if r, err = run(); err != nil {
		return nil, p, err
	}
	if p.after, err = s.costs(ctx, server); err != nil {
		return nil, p, err
	}
	own, err := process.OwnCPU()
	p.own = own - ownBefore
	return r, p, err
}

func (s *stand) addLatency(w *workload.Workload, server *target.Server, kind string, r *load.Result, p spent) {
	others := others(p.before, p.after, p.own)
	run := report.LatencyRun{
		PerSecond: r.PerSecond(),
		P50Ms:     milliseconds(load.Percentile(r.Latencies, 50)), P99Ms: milliseconds(load.Percentile(r.Latencies, 99)),
		MaxMs: milliseconds(load.Percentile(r.Latencies, 100)), LagP99Ms: milliseconds(load.Percentile(r.Lags, 99)), Others: others, RoundTrips: -1,
	}
	if p.before.trips >= 0 && len(r.Latencies) > 0 {
		run.RoundTrips = float64(p.after.trips-p.before.trips) / float64(len(r.Latencies))
	}
	s.disturbances.look(others, fmt.Sprintf("latency of %s with %s on %s", w.Name, kind, server.Name))
	s.report.AddLatency(w.Name, server.Name, kind, run)
	s.options.logf("latency  %-14s %-22s %-13s %9.0f/s  p50 %.3f ms  p99 %.3f ms  others %2.0f %%", w.Name, kind, server.Name,
		run.PerSecond, run.P50Ms, run.P99Ms, 100*others)
}

// note adds a remark to the report, once; "" is none.
func (s *stand) note(text string) {
	if text == "" || slices.Contains(s.report.Notes, text) {
		return
	}
	s.report.Notes = append(s.report.Notes, text)
}
