package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mnorrsken/postkeys/bench/client"
	"github.com/mnorrsken/postkeys/bench/report"
	"github.com/mnorrsken/postkeys/bench/target"
	"github.com/mnorrsken/postkeys/bench/workload"
)

const (
	// messagesShare is what publishing has to reach of Redis, with any number of subscribers.
	messagesShare = 0.5
	// messageBytes is the length of a message, and messageChannel where it goes.
	messageBytes   = 100
	messageChannel = "channel"
)

// messageSubscribers are the numbers of subscribers of the channel, by the way that messages go.
var messageSubscribers = map[way][]int{ways[0]: {1, 50, 500}, ways[1]: {1, 50}}

// acrossPerSecond is how many messages a second have to get from one node to another, in pipelines.
const acrossPerSecond = 50_000

// messageSize is how many bytes a subscriber gets of a message.
var messageSize = len(client.AppendCommand(nil, "message", messageChannel, message))

var message = strings.Repeat("x", messageBytes)

// Messages compares publishing to subscribers with Redis: each message is written to all of them. Then it publishes on one node what the subscribers
// of another one get.
func Messages(ctx context.Context, o Options) (r *report.Report, err error) {
	o.Only = []string{target.Postkeys, target.Redis}
	s, err := newStand(ctx, &o, "Publishing beside Redis")
	defer func() { err = errors.Join(err, s.close()) }()
	if err != nil {
		return nil, err
	}
	if err := s.startAll(ctx); err != nil {
		return nil, err
	}
	for _, w := range ways {
		servers, err := s.going(ctx, w)
		if err != nil {
			return s.report, err
		}
		for _, n := range messageSubscribers[w] {
			command := []string{"PUBLISH", messageChannel, message}
			published := workload.Workload{Name: fmt.Sprintf("PUBLISH%s, subscribers: %d", w.suffix, n), Command: command}
			for _, sh := range o.shapes([]workload.Workload{published}) {
				cell := report.Cell{Workload: sh.Name, Clients: sh.clients, Pipeline: sh.pipeline}
				err := s.publish(ctx, servers, sh, n, &cell)
				s.report.Cells = append(s.report.Cells, cell)
				if err != nil {
					return s.report, err
				}
				if sh.clients == o.Clients[0] {
					s.report.Goals = append(s.report.Goals, messageGoals(&cell, sh, w, n)...)
				}
			}
		}
	}
	s.note(s.disturbances.String())
	return s.report, nil
}

// messageGoals compares what was measured with the goals.
func messageGoals(cell *report.Cell, sh shape, w way, subscribers int) []report.Goal {
	goal := report.Goal{Name: sh.String() + ": share of " + target.Redis, Wanted: messagesShare, Measured: cell.Ratio(target.Postkeys, target.Redis).Median}
	if w.nodes {
		goal = report.Goal{Name: sh.String() + ": a second", Wanted: acrossPerSecond, Measured: report.PerSecond(cell.On(target.Postkeys))}
	}
	if math.IsNaN(goal.Measured) || w.nodes && (sh.pipeline == 1 || subscribers > 1) {
		return nil
	}
	return []report.Goal{goal}
}

// publish runs one shape on servers, round by round. The time of a run ends when the last message has come.
func (s *stand) publish(ctx context.Context, servers []*target.Server, sh shape, subscribers int, cell *report.Cell) error {
	expected := make(map[string]float64)
	for round := range s.options.Rounds {
		for i := range servers {
			server := servers[(i+round)%len(servers)]
			if s.gone[server] {
				continue
			}
			a, err := gather(ctx, s.last(server).Addr, subscribers)
			var run report.Run
			if err == nil {
				run, err = s.publishTo(ctx, server, sh, a, expected[server.Name])
			}
			if err = errors.Join(err, a.leave()); err != nil {
				if err := s.failed(ctx, server, fmt.Sprintf("%s on %s, round %d", &sh, server.Name, round+1), err); err != nil {
					return err
				}
				continue
			}
			expected[server.Name] = run.PerSecond
			cell.Add(server.Name, run)
			s.options.logf("round %d  %-26s -c %-4d -P %-3d %-13s %9.0f/s  %9.0f messages/s  p50 %.2f ms  others %2.0f %%", round+1, sh.Name, sh.clients,
				sh.pipeline, server.Name, run.PerSecond, run.PerSecond*float64(subscribers), run.P50Ms, 100*run.Others)
		}
	}
	return nil
}

// publishTo is one run, from the first message to the arrival of the last.
func (s *stand) publishTo(ctx context.Context, server *target.Server, sh shape, a *audience, expected float64) (report.Run, error) {
	before, err := published(ctx, server)
	if err != nil {
		return report.Run{}, err
	}
	run, err := s.run(ctx, server, sh, expected)
	if err != nil {
		return run, err
	}
	ended := time.Now()
	after, err := published(ctx, server)
	if err != nil {
		return run, err
	}
	if err := a.await(ctx, (after-before)*int64(len(a.conns)*messageSize)); err != nil {
		return run, err
	}
	took := float64(run.Commands)/run.PerSecond + time.Since(ended).Seconds()
	run.PerSecond = float64(run.Commands) / took
	return run, nil
}

// published is how many messages were published on a server since it began.
func published(ctx context.Context, server *target.Server) (int64, error) {
	c, err := server.Dial(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = c.Close() }()
	info, err := c.Do("INFO", "commandstats")
	if err != nil {
		return 0, err
	}
	stats := target.InfoField(string(info.Str), "cmdstat_publish")
	if stats == "" {
		return 0, nil
	}
	calls, _, _ := strings.Cut(strings.TrimPrefix(stats, "calls="), ",")
	return strconv.ParseInt(calls, 10, 64)
}

// audience is the subscribers of a channel. They read, count and throw away.
type audience struct {
	conns   []*client.Conn
	reading sync.WaitGroup
	bytes   atomic.Int64

	mu      sync.Mutex
	leaving bool
	lost    error // the first one that was cut off
}

// gather subscribes; leave MUST be called, whatever the error is.
func gather(ctx context.Context, addr string, n int) (*audience, error) {
	a := new(audience)
	for range n {
		c, err := client.Dial(ctx, addr, "")
		if err != nil {
			return a, err
		}
		a.conns = append(a.conns, c)
		if _, err := c.Do("SUBSCRIBE", messageChannel); err != nil {
			return a, err
		}
		if err := c.SetDeadline(time.Time{}); err != nil {
			return a, err
		}
		a.reading.Go(func() {
			_, err := io.Copy(byteCount{&a.bytes}, c.Conn)
			a.mu.Lock()
			defer a.mu.Unlock()
			if !a.leaving && a.lost == nil {
				a.lost = fmt.Errorf("a subscriber was cut off: %w", errors.Join(err, io.EOF))
			}
		})
	}
	return a, nil
}

// byteCount counts what is written to it.
type byteCount struct{ n *atomic.Int64 }

// Write implements io.Writer.
func (b byteCount) Write(p []byte) (int, error) {
	b.n.Add(int64(len(p)))
	return len(p), nil
}

// await waits until so many bytes have come, and no more.
func (a *audience) await(ctx context.Context, bytes int64) error {
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	deadline := time.Now().Add(client.Timeout)
	for a.bytes.Load() < bytes {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case time.Now().After(deadline):
			return fmt.Errorf("of %d bytes of messages %d have come in %v", bytes, a.bytes.Load(), client.Timeout)
		}
		<-ticker.C
	}
	if got := a.bytes.Load(); got != bytes {
		return fmt.Errorf("%d bytes of messages have come, and %d were published", got, bytes)
	}
	return nil
}

// leave ends the subscribers and reports whether one had been cut off.
func (a *audience) leave() error {
	a.mu.Lock()
	a.leaving = true
	a.mu.Unlock()
	for _, c := range a.conns {
		_ = c.Close()
	}
	a.reading.Wait()
	return a.lost
}
