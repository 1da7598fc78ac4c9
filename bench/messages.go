package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
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

// messageSubscribers are the numbers of subscribers of the channel.
var messageSubscribers = []int{1, 50, 500}

// Messages compares publishing to subscribers with Redis: each message is written to all of them.
func Messages(ctx context.Context, o Options) (r *report.Report, err error) {
	o.Only = []string{target.Postkeys, target.Redis}
	s, err := newStand(ctx, &o, "Publishing beside Redis")
	defer func() { err = errors.Join(err, s.close()) }()
	if err != nil {
		return nil, err
	}
	for _, name := range o.servers() {
		if _, err := s.start(ctx, name, 10_000); err != nil {
			return nil, err
		}
	}
	for _, n := range messageSubscribers {
		w := workload.Workload{
			Name: fmt.Sprintf("PUBLISH, subscribers: %d", n), Command: []string{"PUBLISH", messageChannel, strings.Repeat("x", messageBytes)},
		}
		for _, sh := range o.shapes([]workload.Workload{w}) {
			cell := report.Cell{Workload: sh.Name, Clients: sh.clients, Pipeline: sh.pipeline}
			err := s.publish(ctx, sh, n, &cell)
			s.report.Cells = append(s.report.Cells, cell)
			if err != nil {
				return s.report, err
			}
			if share := cell.Ratio(target.Postkeys, target.Redis).Median; sh.clients == o.Clients[0] && !math.IsNaN(share) {
				s.report.Goals = append(s.report.Goals, report.Goal{Name: sh.String() + ": share of " + target.Redis, Wanted: messagesShare, Measured: share})
			}
		}
	}
	s.note(s.disturbances.String())
	return s.report, nil
}

// publish runs one shape on all servers, round by round.
func (s *stand) publish(ctx context.Context, sh shape, subscribers int, cell *report.Cell) error {
	expected := make(map[string]float64)
	for round := range s.options.Rounds {
		for i := range s.servers {
			server := s.servers[(i+round)%len(s.servers)]
			if s.gone[server] {
				continue
			}
			a, err := gather(ctx, server.Addr, subscribers)
			var run report.Run
			if err == nil {
				run, err = s.run(ctx, server, sh, expected[server.Name])
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

// audience is the subscribers of a channel. They read and throw away.
type audience struct {
	conns   []*client.Conn
	reading sync.WaitGroup

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
			_, err := io.Copy(io.Discard, c.Conn)
			a.mu.Lock()
			defer a.mu.Unlock()
			if !a.leaving && a.lost == nil {
				a.lost = fmt.Errorf("a subscriber was cut off: %w", errors.Join(err, io.EOF))
			}
		})
	}
	return a, nil
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
