package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/mnorrsken/postkeys/bench/client"
)

// Paced describes arrivals that do not wait for replies.
type Paced struct {
	Addr        string
	Command     *client.Template
	Connections int
	PerSecond   float64 // on average; the gaps are exponential, as between arrivals that know nothing of each other
	Duration    time.Duration
}

// maxUnanswered is how many requests may wait on one connection before the run is given up: then the server does not keep up and
// its latency is only a matter of how long one looks.
const maxUnanswered = 4096

// ErrOverloaded says that the server did not keep up with the rate asked for.
var ErrOverloaded = errors.New("the server does not keep up with the rate")

// lane is one connection of a paced run.
type lane struct {
	conn *client.Conn
	due  chan time.Duration // when the requests that are under way were due, since the start
	got  []time.Duration    // latencies, kept by the goroutine that reads replies
	err  error
}

// Run sends the arrivals and returns once all are answered.
func (p *Paced) Run(ctx context.Context) (*Result, error) {
	lanes, err := p.dial(ctx)
	defer func() {
		for _, l := range lanes {
			_ = l.conn.Close()
		}
	}()
	if err != nil {
		return nil, err
	}
	start := time.Now()
	var readers sync.WaitGroup
	for _, l := range lanes {
		readers.Go(func() { l.read(start) })
	}
	r := new(Result)
	r.Lags, err = p.send(ctx, lanes, start)
	for _, l := range lanes {
		close(l.due)
		if err != nil {
			_ = l.conn.Close() // nobody is interested in the replies any more
		}
	}
	readers.Wait()
	r.Elapsed = time.Since(start)
	for _, l := range lanes {
		if err == nil {
			err = l.err
		}
		r.Latencies = append(r.Latencies, l.got...)
	}
	if err != nil {
		return nil, err
	}
	r.sort()
	return r, nil
}

func (p *Paced) dial(ctx context.Context) ([]*lane, error) {
	var lanes []*lane
	for range p.Connections {
		c, err := client.Dial(ctx, p.Addr, "")
		if err != nil {
			return lanes, err
		}
		lanes = append(lanes, &lane{conn: c, due: make(chan time.Duration, maxUnanswered)})
		if err := c.SetDeadline(time.Now().Add(p.Duration + client.Timeout)); err != nil {
			return lanes, err
		}
	}
	return lanes, nil
}

// read takes one reply for each request that was sent, until no more will be.
func (l *lane) read(start time.Time) {
	for due := range l.due {
		if l.err != nil {
			continue
		}
		if _, l.err = l.conn.ReadReply(); l.err == nil {
			l.got = append(l.got, time.Since(start)-due)
		}
	}
}

// send sends the arrivals in turn over the connections and returns by how much each was late.
func (p *Paced) send(ctx context.Context, lanes []*lane, start time.Time) ([]time.Duration, error) {
	return pace(ctx, start, arrivals(p.PerSecond, p.Duration), func(n int, due time.Duration) error {
		l := lanes[n%len(lanes)]
		select {
		case l.due <- due:
		default:
			return fmt.Errorf("%w: %d requests unanswered on one connection at %.0f a second", ErrOverloaded, maxUnanswered, p.PerSecond)
		}
		_, err := l.conn.Write(p.Command.Next())
		return err
	})
}

// arrivals are the times, since the start, of arrivals that know nothing of each other. They are the same in every run.
func arrivals(perSecond float64, d time.Duration) []time.Duration {
	gaps := rand.New(rand.NewPCG(1, 2))
	mean := float64(time.Second) / perSecond
	var all []time.Duration
	for due := time.Duration(0); ; {
		if due += time.Duration(gaps.ExpFloat64() * mean); due > d {
			return all
		}
		all = append(all, due)
	}
}

// pace calls send for each arrival when it is due, and returns by how much each was late.
func pace(ctx context.Context, start time.Time, arrivals []time.Duration, send func(n int, due time.Duration) error) ([]time.Duration, error) {
	// The kernel wakes a sleeping thread to within some 50 microseconds, Go's timers a sleeping goroutine to within a millisecond.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	lags := make([]time.Duration, 0, len(arrivals))
	for n, due := range arrivals {
		if err := sleepUntil(ctx, start.Add(due)); err != nil {
			return nil, err
		}
		if err := send(n, due); err != nil {
			return nil, err
		}
		lags = append(lags, time.Since(start)-due)
	}
	return lags, nil
}

// sleepUntil waits more exactly than a timer does, on a thread that MUST belong to the caller.
func sleepUntil(ctx context.Context, t time.Time) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		ahead := time.Until(t)
		if ahead <= 0 {
			return nil
		}
		pause := syscall.NsecToTimespec(int64(min(ahead, 100*time.Millisecond)))
		_ = syscall.Nanosleep(&pause, nil) // interrupted by a signal: the loop looks at the clock again
	}
}
