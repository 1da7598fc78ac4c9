package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/mnorrsken/postkeys/bench/load"
	"github.com/mnorrsken/postkeys/bench/process"
	"github.com/mnorrsken/postkeys/bench/redisbenchmark"
	"github.com/mnorrsken/postkeys/bench/report"
	"github.com/mnorrsken/postkeys/bench/target"
	"github.com/mnorrsken/postkeys/bench/workload"
)

// Compare runs all workloads over all servers, several rounds interleaved, and measures latency and the reference lines.
//
//  1. Start everything and load the keys.
//  2. Calibrate each workload on each server: how many requests fill a run.
//  3. In each round, run every workload on every server, in an order that changes from one to the next; then the reference lines.
//  4. Measure latency at half of what was reached.
//
// What cannot be measured is noted in the report as a failure, and the rest goes on. The report is returned beside an error too.
func Compare(ctx context.Context, o Options) (r *report.Report, err error) {
	s, err := newStand(ctx, &o, "postkeys beside Redis")
	defer func() { err = errors.Join(err, s.close()) }()
	if err != nil {
		return nil, err
	}
	workloads, err := workload.Select(o.Workloads)
	if err != nil {
		return nil, err
	}
	for _, name := range o.servers() {
		server, err := s.start(ctx, name, maxClients)
		if err != nil {
			return nil, err
		}
		if err := s.load(ctx, server, workloads); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	lines, err := s.openReferences(ctx, workloads)
	defer func() { err = errors.Join(err, lines.close()) }()
	if err != nil {
		return nil, err
	}
	err = s.rounds(ctx, workloads, lines)
	s.report.References = lines.results()
	if err == nil && !o.skips(SkipLatency) {
		err = s.latency(ctx, workloads)
	}
	s.note(s.disturbances.String())
	s.report.Lines = lineShares(s.report, workloads, &o)
	s.report.Goals = goals(s.report, workloads, &o)
	return s.report, err
}

// load fills a server with the keys of the workloads.
func (s *stand) load(ctx context.Context, server *target.Server, workloads []workload.Workload) error {
	s.options.logf("loading %d keys into %s", s.options.Keys, server.Name)
	c, err := server.Dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	return workload.Load(c, workloads, s.options.Keys, s.options.ValueBytes)
}

// shape is one way to drive one workload.
type shape struct {
	workload.Workload
	clients, pipeline int
}

func (o *Options) shapes(workloads []workload.Workload) []shape {
	var all []shape
	for _, w := range workloads {
		pipelines := w.Pipelines
		if len(pipelines) == 0 {
			pipelines = o.Pipelines
		}
		for _, clients := range o.Clients {
			for _, pipeline := range pipelines {
				all = append(all, shape{w, clients, pipeline})
			}
		}
	}
	return all
}

// String names the shape as redis-benchmark would.
func (sh *shape) String() string {
	return fmt.Sprintf("%s, -c %d -P %d", sh.Name, sh.clients, sh.pipeline)
}

// attempt is a shape on one server.
type attempt struct {
	shape  int
	server *target.Server
}

// rounds runs all shapes on all servers. A shape that failed on a server is not run there again.
func (s *stand) rounds(ctx context.Context, workloads []workload.Workload, lines *references) error {
	o := s.options
	shapes := o.shapes(workloads)
	s.report.Cells = make([]report.Cell, len(shapes))
	expected := make(map[attempt]float64) // commands per second, from the last run
	failed := make(map[attempt]bool)
	for i, sh := range shapes {
		s.report.Cells[i] = report.Cell{Workload: sh.Name, Rows: sh.Rows, Clients: sh.clients, Pipeline: sh.pipeline}
	}
	runs := o.Rounds * len(shapes) * len(s.servers)
	o.logf("%d runs of about %v, %v without calibration", runs, o.RunTime, (time.Duration(runs) * o.RunTime).Round(time.Second))
	for round := range o.Rounds {
		for i, sh := range shapes {
			for j := range s.servers {
				server := s.servers[(i+j+round)%len(s.servers)]
				try := attempt{i, server}
				if failed[try] || s.gone[server] {
					continue
				}
				run, err := s.run(ctx, server, sh, expected[try])
				if err != nil {
					failed[try] = true
					if err := s.failed(ctx, server, fmt.Sprintf("%s on %s, round %d", &sh, server.Name, round+1), err); err != nil {
						return err
					}
					continue
				}
				expected[try] = run.PerSecond
				s.report.Cells[i].Add(server.Name, run)
				o.logf("round %d  %-14s -c %-4d -P %-3d %-13s %9.0f/s  p50 %.2f ms  p99 %.2f ms  others %2.0f %%", round+1, sh.Name, sh.clients,
					sh.pipeline, server.Name, run.PerSecond, run.P50Ms, run.P99Ms, 100*run.Others)
			}
		}
		if err := lines.round(ctx); err != nil {
			return err
		}
	}
	return nil
}

// run runs one shape on one server once; expected is its rate so far, 0 for none.
func (s *stand) run(ctx context.Context, server *target.Server, sh shape, expected float64) (report.Run, error) {
	o := s.options
	if len(sh.Unit) > 0 {
		return s.runUnits(ctx, server, sh)
	}
	l := redisbenchmark.Load{
		Addr: server.Addr, Test: sh.Test, Command: sh.Command, Clients: sh.clients, Pipeline: sh.pipeline, Keys: cmp.Or(sh.Range, o.Keys), ValueBytes: o.ValueBytes,
	}
	prepare := func(requests int) error { return s.prepare(ctx, server, &sh.Workload, requests) }
	if expected == 0 {
		var err error
		if expected, err = redisbenchmark.Calibrate(ctx, l, 2*o.Patience, prepare); err != nil {
			return report.Run{}, err
		}
	}
	run := report.Run{Commands: l.Requests(expected, o.RunTime)}
	if most := sh.MaxRequests(); most > 0 {
		run.Commands = min(run.Commands, most)
	}
	if err := prepare(run.Commands); err != nil {
		return run, err
	}
	planned := time.Duration(float64(run.Commands) / expected * float64(time.Second))
	before, err := s.costs(ctx, server)
	if err != nil {
		return run, err
	}
	got, client, err := redisbenchmark.Run(ctx, l, run.Commands, 4*planned+o.Patience) // a checkpoint may slow a server down after its calibration
	if err != nil {
		return run, err
	}
	after, err := s.costs(ctx, server)
	if err != nil {
		return run, err
	}
	run.PerSecond, run.P50Ms, run.P99Ms = got.CommandsPerSecond, milliseconds(got.P50), milliseconds(got.P99)
	perCommand(&run, before, after, client)
	s.disturbances.look(run.Others, fmt.Sprintf("%s on %s", &sh, server.Name))
	return run, nil
}

// runUnits runs a shape that the benchmark drives itself: a command is one unit.
func (s *stand) runUnits(ctx context.Context, server *target.Server, sh shape) (report.Run, error) {
	o := s.options
	if err := s.prepare(ctx, server, &sh.Workload, 0); err != nil {
		return report.Run{}, err
	}
	u := load.Units{
		Addr: server.Addr, Commands: sh.Unit, Connections: sh.clients, Pipeline: sh.pipeline, Keys: cmp.Or(sh.Range, o.Keys), Seed: rand.Uint64N(1 << 32),
	}
	var run report.Run
	ownBefore, err := process.OwnCPU()
	if err != nil {
		return run, err
	}
	before, err := s.costs(ctx, server)
	if err != nil {
		return run, err
	}
	got, err := u.Run(ctx, o.RunTime)
	if err != nil {
		return run, err
	}
	own, err := process.OwnCPU()
	if err != nil {
		return run, err
	}
	after, err := s.costs(ctx, server)
	if err != nil {
		return run, err
	}
	run.Commands, run.PerSecond = got.Done, float64(got.Done)/got.Elapsed.Seconds()
	run.P50Ms, run.P99Ms = milliseconds(load.Percentile(got.Latencies, 50)), milliseconds(load.Percentile(got.Latencies, 99))
	perCommand(&run, before, after, own-ownBefore)
	s.disturbances.look(run.Others, fmt.Sprintf("%s on %s", &sh, server.Name))
	return run, nil
}

// prepare sends the set-up of a workload to a server for a run of that many requests, and waits until what it dropped is gone: freeing it
// would be part of the next run.
func (s *stand) prepare(ctx context.Context, server *target.Server, w *workload.Workload, requests int) error {
	if !w.Prepared() {
		return nil
	}
	c, err := server.Dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if err := w.Prepare(c, requests, s.options.Keys, s.options.ValueBytes); err != nil {
		return err
	}
	if server.Name != target.Postkeys {
		return nil
	}
	return s.freed(ctx)
}

// freedTimeout bounds how long dropped collections may take to be freed. Four of a million elements took more than a minute beside
// other work.
const freedTimeout = 5 * time.Minute

// freed waits until postkeys has freed all collections that were dropped.
func (s *stand) freed(ctx context.Context) error {
	for start := time.Now(); ; {
		left, err := s.postgres.Database().Dropped(ctx, s.postgres.Schema)
		if err != nil || left == 0 {
			return err
		}
		if time.Since(start) > freedTimeout {
			return fmt.Errorf("%d dropped collections have not been freed in %v", left, freedTimeout)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
