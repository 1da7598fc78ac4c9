package bench

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/mnorrsken/postkeys/bench/client"
	"github.com/mnorrsken/postkeys/bench/load"
	"github.com/mnorrsken/postkeys/bench/report"
	"github.com/mnorrsken/postkeys/bench/target"
	"github.com/mnorrsken/postkeys/bench/workload"
)

const (
	// handoversPerSecond is how many elements are pushed to blocked clients a second, where they are not pushed one by one.
	handoversPerSecond = 500
	// jobPushers is how many clients push as fast as they can.
	jobPushers = 8
	// maxHandoverMs is how long 99 of 100 elements may take from the push to the client that was blocked, on another node too.
	maxHandoverMs = 5
	// blockingShare is what workers that block have to reach of those that ask again and again.
	blockingShare = 0.8
)

// waitingKey is the list that all wait for.
const waitingKey = "waiting"

// Waiting measures how long an element takes from the client that pushes it to one that is blocked, and how many elements a second go that way; on
// Redis, on one node, and from one node to another.
func Waiting(ctx context.Context, o Options) (r *report.Report, err error) {
	if len(o.Only) == 0 {
		o.Only = []string{target.Postkeys, target.Redis} // how Redis writes is another question
	}
	s, err := newStand(ctx, &o, "From clients that push to clients that wait")
	defer func() { err = errors.Join(err, s.close()) }()
	if err != nil {
		return nil, err
	}
	if err := s.startAll(ctx); err != nil {
		return nil, err
	}
	for _, w := range ways {
		if err := s.waitingBy(ctx, w); err != nil {
			return s.report, err
		}
	}
	s.note(s.disturbances.String())
	s.report.Goals = waitingGoals(s.report, &o)
	return s.report, nil
}

// waitingBy measures one way, round by round.
func (s *stand) waitingBy(ctx context.Context, w way) error {
	servers, err := s.going(ctx, w)
	if err != nil {
		return err
	}
	failed := make(map[*target.Server]bool)
	for round := range s.options.Rounds {
		for i := range servers {
			server := servers[(i+round)%len(servers)]
			if failed[server] || s.gone[server] {
				continue
			}
			err := s.handovers(ctx, server, w)
			if err == nil {
				err = s.jobs(ctx, server, w)
			}
			if err == nil {
				continue
			}
			failed[server] = true
			if err := s.failed(ctx, server, fmt.Sprintf("waiting clients%s on %s, round %d", w.suffix, server.Name, round+1), err); err != nil {
				return err
			}
		}
	}
	return nil
}

// empty removes what is left in the list.
func empty(ctx context.Context, server *target.Server) error {
	c, err := server.Dial(ctx)
	if err != nil {
		return err
	}
	return errors.Join(c.Pipeline(client.AppendCommand(nil, "DEL", waitingKey), 1), c.Close())
}

// handovers measures the time to blocked clients: with one of them, and with as many as there are clients otherwise.
func (s *stand) handovers(ctx context.Context, server *target.Server, w way) error {
	o := s.options
	h := load.Handover{Push: server.Addr, Pop: s.last(server).Addr, Key: waitingKey}
	for _, l := range []struct {
		kind string
		run  func() (*load.Result, error)
	}{
		{"one by one", func() (*load.Result, error) { return h.OneByOne(ctx, o.RunTime) }},
		{
			fmt.Sprintf("%d blocked clients", o.Clients[0]),
			func() (*load.Result, error) { return h.Paced(ctx, o.Clients[0], handoversPerSecond, o.RunTime) },
		},
	} {
		if err := empty(ctx, server); err != nil {
			return err
		}
		got, taken, err := s.beside(ctx, server, l.run)
		if err != nil {
			return fmt.Errorf("%s: %w", l.kind, err)
		}
		s.addLatency(&workload.Workload{Name: "LPUSH to BRPOP" + w.suffix}, server, l.kind, got, taken)
	}
	return nil
}

// jobs measures how many elements a second go from clients that push as fast as they can to workers, which block or ask again and again.
func (s *stand) jobs(ctx context.Context, server *target.Server, w way) error {
	o := s.options
	for _, pop := range []string{"BRPOP", "RPOP"} {
		for _, pipeline := range o.Pipelines {
			if err := empty(ctx, server); err != nil {
				return err
			}
			j := load.Jobs{
				Push: server.Addr, Pop: s.last(server).Addr, Key: waitingKey, Pushers: jobPushers, Pipeline: pipeline, Workers: o.Clients[0], Blocking: pop == "BRPOP",
			}
			name := jobsName(pop, w)
			got, taken, err := s.beside(ctx, server, func() (*load.Result, error) { return j.Run(ctx, o.RunTime) })
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			run := report.Run{Commands: got.Done, PerSecond: float64(got.Done) / got.Elapsed.Seconds()}
			perCommand(&run, taken.before, taken.after, taken.own)
			s.disturbances.look(run.Others, fmt.Sprintf("%s, -P %d on %s", name, pipeline, server.Name))
			cell := s.report.Cell(name, o.Clients[0], pipeline)
			if cell == nil {
				s.report.Cells = append(s.report.Cells, report.Cell{Workload: name, Clients: o.Clients[0], Pipeline: pipeline})
				cell = &s.report.Cells[len(s.report.Cells)-1]
			}
			cell.Add(server.Name, run)
			o.logf("%-28s -c %-4d -P %-3d %-13s %9.0f elements/s  others %2.0f %%", name, o.Clients[0], pipeline, server.Name, run.PerSecond, 100*run.Others)
		}
	}
	return nil
}

func jobsName(pop string, w way) string { return "LPUSH and " + pop + w.suffix }

// waitingGoals compares the report with the goals.
func waitingGoals(r *report.Report, o *Options) []report.Goal {
	var all []report.Goal
	for i := range r.Latencies {
		if l := &r.Latencies[i]; l.Server == target.Postkeys {
			all = append(all, report.Goal{Name: l.Workload + ", " + l.Load + ": p99 in ms", Wanted: maxHandoverMs, Measured: l.P99Ms(), AtMost: true})
		}
	}
	for _, w := range ways {
		for _, pipeline := range o.Pipelines {
			blocking, asking := r.Cell(jobsName("BRPOP", w), o.Clients[0], pipeline), r.Cell(jobsName("RPOP", w), o.Clients[0], pipeline)
			if blocking == nil || asking == nil {
				continue
			}
			if share := report.PerSecond(blocking.On(target.Postkeys)) / report.PerSecond(asking.On(target.Postkeys)); !math.IsNaN(share) {
				all = append(all, report.Goal{Name: fmt.Sprintf("%s, pipeline %d: share of RPOP", blocking.Workload, pipeline), Wanted: blockingShare, Measured: share})
			}
		}
	}
	return all
}
