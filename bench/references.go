package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/mnorrsken/postkeys/bench/report"
	"github.com/mnorrsken/postkeys/bench/workload"
	"github.com/mnorrsken/postkeys/pg/pgbench"
)

// keysAtOnce are the sizes of a statement among which the best one counts as the set-oriented limit.
var keysAtOnce = []int{50, 100, 200, 400, 800}

// oneByOneClients is how many clients wait for a reply each in the lines of one round trip for each command.
const oneByOneClients = 50

// prepareTimeout bounds how long it takes to load the rows of the lines.
const prepareTimeout = 5 * time.Minute

// references measures the lines that the workloads are compared with. The zero value measures nothing.
type references struct {
	options *Options
	on      *pgbench.Reference
	loads   []pgbench.Load
	rates   [][]float64 // by load and round
}

// openReferences prepares the lines of the workloads. They get as many connections as postkeys has open now. close has to be called,
// whatever the error is.
func (s *stand) openReferences(ctx context.Context, workloads []workload.Workload) (*references, error) {
	r := &references{options: s.options}
	lines := referenceLines(workloads)
	if s.postgres == nil || s.options.skips(SkipReferences) || len(lines) == 0 {
		return r, nil
	}
	ctx, cancel := context.WithTimeout(ctx, prepareTimeout)
	defer cancel()
	connections, err := s.postgres.Database().Connections(ctx, "postkeys")
	if err != nil {
		return r, fmt.Errorf("count the connections of postkeys: %w", err)
	}
	s.options.logf("preparing the reference lines on %d connections", connections)
	r.on, err = pgbench.Open(ctx, pgbench.Config{
		DSN: s.postgres.DSN, Connections: max(1, connections), Keys: s.options.Keys, ValueBytes: s.options.ValueBytes,
	})
	if err != nil {
		return r, err
	}
	r.loads = referenceLoads(lines, r.on.Connections(), s.options.RunTime)
	r.rates = make([][]float64, len(r.loads))
	return r, nil
}

// referenceLines are those that any of the workloads is compared with, in their usual order.
func referenceLines(workloads []workload.Workload) []pgbench.Line {
	return slices.DeleteFunc(slices.Clone(pgbench.Lines), func(line pgbench.Line) bool {
		return !slices.ContainsFunc(workloads, func(w workload.Workload) bool { return w.Reference == line || w.OneByOne == line })
	})
}

// referenceLoads are the ways to drive the lines in one round.
func referenceLoads(lines []pgbench.Line, connections int, runTime time.Duration) []pgbench.Load {
	var loads []pgbench.Load
	for _, line := range lines {
		if !line.Many() {
			loads = append(loads, pgbench.Load{Line: line, Clients: oneByOneClients, Keys: 1, Duration: runTime})
			continue
		}
		for _, keys := range keysAtOnce {
			loads = append(loads, pgbench.Load{Line: line, Clients: connections, Keys: keys, Duration: runTime / 2})
		}
	}
	return loads
}

// round drives each load once.
func (r *references) round(ctx context.Context) error {
	for i, l := range r.loads {
		got, err := r.on.Run(ctx, l)
		if err != nil {
			return err
		}
		r.rates[i] = append(r.rates[i], got.RowsPerSecond())
		r.options.logf("         %-12s %4d keys a statement, %d clients %30.0f rows/s", l.Line, l.Keys, l.Clients, got.RowsPerSecond())
	}
	return nil
}

func (r *references) results() []report.Reference {
	var all []report.Reference
	for i, l := range r.loads {
		all = append(all, report.Reference{
			Line: string(l.Line), KeysAtOnce: l.Keys, Clients: l.Clients, Connections: r.on.Connections(), RowsPerSecond: r.rates[i],
		})
	}
	return all
}

// close drops what the lines ran on, also when the benchmark was interrupted.
func (r *references) close() error {
	if r.on == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return r.on.Close(ctx)
}
