package load

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/mnorrsken/postkeys/bench/client"
)

// Units is a load of our own where redis-benchmark has none: several commands that belong together, over and over, on many
// connections. Each connection waits for the replies to all it has sent, as redis-benchmark does.
type Units struct {
	Addr        string
	Commands    [][]string // of one unit, with placeholders
	Connections int
	Pipeline    int // units sent at once
	Keys        int // placeholders become random numbers below it
	Seed        uint64
}

// Run sends units for d. Latencies are those of pipelines; Done counts units.
func (u Units) Run(ctx context.Context, d time.Duration) (*Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		mu    sync.Mutex
		total = new(Result)
		first error
		wg    sync.WaitGroup
	)
	start := time.Now()
	for i := range u.Connections {
		wg.Go(func() {
			got, err := u.connection(ctx, uint64(i), start, d)
			mu.Lock()
			defer mu.Unlock()
			total.Latencies = append(total.Latencies, got...)
			if err != nil && first == nil {
				first = err
				cancel()
			}
		})
	}
	wg.Wait()
	if first != nil {
		return nil, first
	}
	total.Elapsed = time.Since(start)
	total.Done = len(total.Latencies) * u.Pipeline
	total.sort()
	return total, nil
}

// connection is one of them. It returns how long each pipeline took.
func (u Units) connection(ctx context.Context, number uint64, start time.Time, d time.Duration) (latencies []time.Duration, err error) {
	c, err := client.Dial(ctx, u.Addr, "")
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	var templates []*client.Template
	for i, command := range u.Commands {
		templates = append(templates, client.NewTemplate(u.Keys, u.Seed<<32+number<<8+uint64(i), command...))
	}
	var out []byte
	for len(latencies) == 0 || time.Since(start) < d { // once at least, however late it comes to run
		out = out[:0]
		for range u.Pipeline {
			for _, t := range templates {
				out = append(out, t.Next()...)
			}
		}
		sent := time.Now()
		if err := c.Pipeline(out, u.Pipeline*len(templates)); err != nil {
			if ctx.Err() != nil {
				err = ctx.Err()
			}
			return latencies, fmt.Errorf("a pipeline of %d commands: %w", u.Pipeline*len(templates), err)
		}
		latencies = append(latencies, time.Since(sent))
	}
	return latencies, nil
}
