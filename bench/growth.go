package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/mnorrsken/postkeys/bench/client"
	"github.com/mnorrsken/postkeys/bench/load"
	"github.com/mnorrsken/postkeys/bench/report"
	"github.com/mnorrsken/postkeys/bench/target"
	"github.com/mnorrsken/postkeys/bench/workload"
)

// growthSamples is how often each command is measured on each size, after some that are not.
const (
	growthSamples = 60
	growthWarmUp  = 10
)

// packedElements is how many elements the small collections have that are loaded to see what an element takes.
const packedElements = 10

// Growth measures, with one client, what commands cost on collections of each size: their latency and how often they go to PostgreSQL
// and back. Commands on whole keys come last.
func Growth(ctx context.Context, o Options) (r *report.Report, err error) {
	o.Only = []string{target.Postkeys}
	s, err := newStand(ctx, &o, "Commands on collections of any size")
	defer func() { err = errors.Join(err, s.close()) }()
	if err != nil {
		return nil, err
	}
	server, err := s.start(ctx, target.Postkeys, maxClients)
	if err != nil {
		return nil, err
	}
	c, err := server.Dial(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := s.storage(ctx, server, c); err != nil {
		return s.report, err
	}
	for _, n := range o.Sizes {
		if err := s.growthOf(ctx, server, c, n); err != nil {
			return s.report, fmt.Errorf("collections of %d elements: %w", n, err)
		}
	}
	s.report.Goals = growthGoals(s.report)
	return s.report, nil
}

// growthOf measures all commands on collections of one size.
func (s *stand) growthOf(ctx context.Context, server *target.Server, c *client.Conn, n int) error {
	for _, f := range workload.Sized {
		s.options.logf("filling a %s of %d elements", f.Type, n)
		if err := f.Fill.Make(c, n, s.options.ValueBytes); err != nil {
			return err
		}
	}
	measure := func(name string, samples int, next func(i int) (command, undo []string)) error {
		return s.growthCell(ctx, server, c, name, n, samples, next)
	}
	for _, op := range workload.SizedCommands {
		err := measure(op.Name, growthSamples, func(int) (command, undo []string) { return op.Command(n, rand.IntN(n)) })
		if err != nil {
			return err
		}
	}
	key := func(t string) string { return workload.SizedKey(t) }
	if err := measure("RENAME", growthSamples, func(i int) (command, undo []string) {
		k := key(workload.Sized[i%len(workload.Sized)].Type)
		return []string{"RENAME", k, k + ":renamed"}, []string{"RENAME", k + ":renamed", k}
	}); err != nil {
		return err
	}
	for _, whole := range [][]string{{"DEL", key("hash")}, {"UNLINK", key("set")}, {"FLUSHDB"}} {
		if err := measure(whole[0], 1, func(int) (command, undo []string) { return whole, nil }); err != nil {
			return err
		}
	}
	return s.freed(ctx)
}

// growthCell measures one command. What undoes it is sent after each, and not measured.
func (s *stand) growthCell(
	ctx context.Context, server *target.Server, c *client.Conn, name string, n, samples int, next func(i int) (command, undo []string),
) error {
	warmUp := min(growthWarmUp, samples-1)
	var latencies []time.Duration
	var trips []int64
	for i := range warmUp + samples {
		command, undo := next(i)
		before, err := roundTrips(ctx, server)
		if err != nil {
			return err
		}
		encoded := client.AppendCommand(nil, command...)
		start := time.Now()
		if err := c.Pipeline(encoded, 1); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		latency := time.Since(start)
		after, err := roundTrips(ctx, server)
		if err != nil {
			return err
		}
		if i >= warmUp {
			latencies, trips = append(latencies, latency), append(trips, after-before)
		}
		if len(undo) > 0 {
			if err := c.Pipeline(client.AppendCommand(nil, undo...), 1); err != nil {
				return fmt.Errorf("%s after %s: %w", undo[0], name, err)
			}
		}
	}
	slices.Sort(latencies)
	slices.Sort(trips)
	cell := report.GrowthCell{
		Elements: n, P50Ms: milliseconds(load.Percentile(latencies, 50)), RoundTrips: load.Percentile(trips, 50), MostRoundTrips: trips[len(trips)-1],
	}
	s.report.AddGrowth(name, cell)
	s.options.logf("%-22s %8d elements  p50 %.3f ms  %d round trips", name, n, cell.P50Ms, cell.RoundTrips)
	return nil
}

// growthGoals compares the round trips for the largest size with those for the smallest.
func growthGoals(r *report.Report) []report.Goal {
	var goals []report.Goal
	for _, g := range r.Growths {
		first, last := g.Cells[0], g.Cells[len(g.Cells)-1]
		if first.Elements < last.Elements {
			goals = append(goals, report.Goal{
				Name:   fmt.Sprintf("%s: round trips at %d elements, with %d at %d", g.Command, last.Elements, first.RoundTrips, first.Elements),
				Wanted: float64(first.RoundTrips), Measured: float64(last.RoundTrips), AtMost: true,
			})
		}
	}
	return goals
}

// storage measures what an element takes on disk and in the write-ahead log: in many packed collections, and in one with a row for each.
// Both have as many elements as there are keys otherwise.
func (s *stand) storage(ctx context.Context, server *target.Server, c *client.Conn) error {
	packedKeys, rowElements := max(1, s.options.Keys/packedElements), s.options.Keys
	for _, f := range workload.Sized {
		packed, err := s.taken(ctx, server, packedKeys*packedElements, func() error {
			return f.Fill.MakeMany(c, packedKeys, packedElements, s.options.ValueBytes)
		})
		if err != nil {
			return fmt.Errorf("packed collections: %w", err)
		}
		rows, err := s.taken(ctx, server, rowElements, func() error { return f.Fill.Make(c, rowElements, s.options.ValueBytes) })
		if err != nil {
			return fmt.Errorf("a large collection: %w", err)
		}
		s.report.Storages = append(s.report.Storages, report.Storage{Type: f.Type, Packed: packed, Rows: rows})
		s.options.logf("%-5s bytes an element: packed %.0f, with %.0f of log; as rows %.0f, with %.0f", f.Type, packed.Disk, packed.WAL, rows.Disk, rows.WAL)
	}
	_, err := c.Do("FLUSHDB")
	return err
}

// taken is what making that many elements took.
func (s *stand) taken(ctx context.Context, server *target.Server, elements int, fill func() error) (report.Taken, error) {
	before, err := s.costs(ctx, server)
	if err != nil {
		return report.Taken{}, err
	}
	if err := fill(); err != nil {
		return report.Taken{}, err
	}
	after, err := s.costs(ctx, server)
	each := func(before, after int64) float64 { return float64(after-before) / float64(elements) }
	return report.Taken{Disk: each(before.disk, after.disk), WAL: each(before.wal, after.wal)}, err
}
