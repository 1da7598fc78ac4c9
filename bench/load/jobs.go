package load

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mnorrsken/postkeys/bench/client"
)

// Jobs are elements that some clients push as fast as they can and others pop, one at a time each.
type Jobs struct {
	Push, Pop string // addresses, the same or those of two nodes
	Key       string
	Pushers   int
	Pipeline  int // elements that a pusher sends at once
	Workers   int
	Blocking  bool // workers wait in BRPOP; otherwise they ask with RPOP again and again
}

// jobsBacklog is how many elements may wait. Pushers that are faster than that are held back: a list without end would be another workload.
const jobsBacklog = 10_000

// errAllDone ends the workers.
var errAllDone = errors.New("all jobs are done")

// Run pushes for d and returns when all is popped, with the time that took and the number of elements. Each has to come once.
func (j Jobs) Run(ctx context.Context, d time.Duration) (*Result, error) {
	var addrs []string
	for range j.Pushers {
		addrs = append(addrs, j.Push)
	}
	for range j.Workers {
		addrs = append(addrs, j.Pop)
	}
	conns, hangUp, err := dialAll(ctx, d, addrs...)
	defer hangUp()
	if err != nil {
		return nil, err
	}
	var (
		run              = jobsRun{room: make(chan struct{}, max(jobsBacklog, 2*j.Pushers*j.Pipeline)), ended: make(chan struct{})}
		pushers, workers sync.WaitGroup
		start            = time.Now()
	)
	for _, c := range conns[:j.Pushers] {
		pushers.Go(func() { run.fail(run.push(c, &j, start, d)) })
	}
	pop := client.AppendCommand(nil, "RPOP", j.Key)
	if j.Blocking {
		pop = client.AppendCommand(nil, "BRPOP", j.Key, "0")
	}
	for _, c := range conns[j.Pushers:] {
		workers.Go(func() { run.fail(work(c, pop, run.pop)) })
	}
	pushers.Wait()
	run.noMore.Store(true)
	run.look()
	select {
	case <-run.ended:
	case <-time.After(client.Timeout):
		run.fail(fmt.Errorf("of %d elements %d have come in %v", run.pushed.Load(), run.popped.Load(), client.Timeout))
	case <-ctx.Done():
		run.fail(ctx.Err())
	}
	elapsed := time.Since(start)
	hangUp()
	workers.Wait()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err := *run.err.Load(); !errors.Is(err, errAllDone) {
		return nil, err
	}
	if run.popped.Load() != run.pushed.Load() || run.poppedSum.Load() != run.pushedSum.Load() {
		return nil, fmt.Errorf("%d elements were pushed and %d popped, and they are not the same", run.pushed.Load(), run.popped.Load())
	}
	return &Result{Done: int(run.popped.Load()), Elapsed: elapsed}, nil
}

// jobsRun is what the clients of a run share.
type jobsRun struct {
	room  chan struct{} // holds what waits
	ended chan struct{} // closed by the first error, errAllDone included
	err   atomic.Pointer[error]

	numbers           atomic.Int64
	pushed, pushedSum atomic.Int64
	popped, poppedSum atomic.Int64
	noMore            atomic.Bool // all that will be pushed has been
}

// push pushes from one connection until the time is over.
func (r *jobsRun) push(c *client.Conn, j *Jobs, start time.Time, d time.Duration) error {
	var out []byte
	for time.Since(start) < d {
		out = out[:0]
		for range j.Pipeline {
			select {
			case r.room <- struct{}{}:
			case <-r.ended:
				return nil
			}
			n := r.numbers.Add(1)
			r.pushed.Add(1)
			r.pushedSum.Add(n)
			out = append(out, client.AppendCommand(nil, "LPUSH", j.Key, strconv.FormatInt(n, 10))...)
		}
		if err := c.Pipeline(out, j.Pipeline); err != nil {
			return err
		}
	}
	return nil
}

// pop notes an element that a worker got, or that it got none.
func (r *jobsRun) pop(n int) error {
	if n != nothing {
		if r.popped.Add(1) > r.pushed.Load() {
			return fmt.Errorf("%w: %d", errUnexpected, n)
		}
		r.poppedSum.Add(int64(n))
		<-r.room
	}
	r.look()
	if err := r.err.Load(); err != nil {
		return *err
	}
	return nil
}

// look ends the run when all is done.
func (r *jobsRun) look() {
	if r.noMore.Load() && r.popped.Load() == r.pushed.Load() {
		r.fail(errAllDone)
	}
}

// fail ends the run with the first error.
func (r *jobsRun) fail(err error) {
	if err != nil && r.err.CompareAndSwap(nil, &err) {
		close(r.ended)
	}
}
