package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mnorrsken/postkeys/bench/load"
	"github.com/mnorrsken/postkeys/bench/report"
	"github.com/mnorrsken/postkeys/bench/target"
	"github.com/mnorrsken/postkeys/bench/workload"
)

// queueBacklog is how many elements wait in the queue all the time.
const queueBacklog = 10_000

// queuePipeline is how many pushes and as many pops a client sends at once.
const queuePipeline = 8

// queueSamples is how many times the tables are looked at.
const queueSamples = 60

// maxQueueGrowth is the highest size in the last fifth of the time by that in the first. What is never freed would make it five.
const maxQueueGrowth = 1.5

// Queue pushes to one end of a list and pops from the other at full speed, and looks at the tables meanwhile: whether vacuum keeps
// up with row versions that die as fast as they can be made.
func Queue(ctx context.Context, o Options) (r *report.Report, err error) {
	o.Only = []string{target.Postkeys}
	s, err := newStand(ctx, &o, fmt.Sprintf("A queue at full speed for %v", o.QueueTime))
	defer func() { err = errors.Join(err, s.close()) }()
	if err != nil {
		return nil, err
	}
	server, err := s.start(ctx, target.Postkeys, maxClients)
	if err != nil {
		return nil, err
	}
	fill := workload.Workload{
		Name: "queue", Fill: &workload.Fill{Key: "queue", Add: "RPUSH", Element: []string{workload.Value}, Count: "LLEN", PerRequest: true},
	}
	if err := s.prepare(ctx, server, &fill, queueBacklog); err != nil {
		return nil, err
	}
	before, err := s.costs(ctx, server)
	if err != nil {
		return nil, err
	}
	done := make(chan error, 1)
	var result *load.Result
	start := time.Now()
	go func() {
		u := load.Units{
			Addr: server.Addr, Commands: [][]string{{"LPUSH", "queue", "xxx"}, {"RPOP", "queue"}}, Connections: o.Clients[0], Pipeline: queuePipeline, Keys: 1,
		}
		var err error
		result, err = u.Run(ctx, o.QueueTime)
		done <- err
	}()
	err = s.watchTables(ctx, start, done)
	if err != nil {
		if failed := s.failed(ctx, server, "the queue", err); failed != nil {
			return s.report, failed
		}
		return s.report, nil
	}
	after, err := s.costs(ctx, server)
	if err != nil {
		return s.report, err
	}
	q := s.report.Queue
	q.Clients, q.Pipeline, q.Backlog = o.Clients[0], queuePipeline, queueBacklog
	q.Commands = 2 * result.Done
	q.PerSecond = float64(q.Commands) / result.Elapsed.Seconds()
	q.WALBytes = float64(after.wal-before.wal) / float64(q.Commands)
	if growth := q.Growth(); growth > 0 {
		s.report.Goals = []report.Goal{{Name: "highest size of the tables in the last fifth of the time, by that in the first", Wanted: maxQueueGrowth, Measured: growth, AtMost: true}}
	}
	return s.report, nil
}

// watchTables takes a sample again and again until done.
func (s *stand) watchTables(ctx context.Context, start time.Time, done <-chan error) error {
	s.report.Queue = new(report.Queue)
	ticker := time.NewTicker(s.options.QueueTime / queueSamples)
	defer ticker.Stop()
	for {
		select {
		case err := <-done:
			if err != nil {
				return err
			}
			return s.sampleTables(ctx, start)
		case <-ticker.C:
			if err := s.sampleTables(ctx, start); err != nil {
				return errors.Join(err, <-done)
			}
		}
	}
}

func (s *stand) sampleTables(ctx context.Context, start time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, questionTimeout)
	defer cancel()
	tables, err := s.postgres.Database().Tables(ctx, s.postgres.Schema)
	if err != nil {
		return err
	}
	sample := report.QueueSample{Seconds: time.Since(start).Seconds()}
	for _, t := range tables {
		sample.Bytes += t.Bytes
		sample.Dead += t.Dead
		sample.Autovacuums += t.Autovacuums
		if t.Name == "kv_lists" {
			sample.ListBytes = t.Bytes
		}
	}
	s.report.Queue.Samples = append(s.report.Queue.Samples, sample)
	s.options.logf("%4.0f s  tables %6d KB, of them lists %6d KB, %8d dead rows, %4d autovacuums", sample.Seconds, sample.Bytes>>10, sample.ListBytes>>10,
		sample.Dead, sample.Autovacuums)
	return nil
}
