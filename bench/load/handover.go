package load

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/mnorrsken/postkeys/bench/client"
)

// Handover is an element's way from a client that pushes it to one that is blocked until it comes.
type Handover struct {
	Push, Pop string // addresses, the same or those of two nodes
	Key       string
}

// errUnexpected is about an element that was not pushed, or came for the second time.
var errUnexpected = errors.New("an element came that was not expected")

// blockedAfter is how long a client has been waiting for its element before that is pushed: it has been blocked for a while then.
const blockedAfter = 3 * time.Millisecond

// OneByOne pushes an element to a single blocked client, again and again for d. Latencies are from the push to the blocked client's reply.
func (h Handover) OneByOne(ctx context.Context, d time.Duration) (*Result, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	conns, hangUp, err := dialAll(ctx, d, h.Push, h.Pop)
	defer hangUp()
	if err != nil {
		return nil, err
	}
	push, pop := conns[0], conns[1]
	wait := client.AppendCommand(nil, "BRPOP", h.Key, "0")
	r := new(Result)
	start := time.Now()
	for n := 0; time.Since(start) < d; n++ {
		if _, err := pop.Write(wait); err != nil {
			return nil, err
		}
		if err := sleepUntil(ctx, time.Now().Add(blockedAfter)); err != nil {
			return nil, err
		}
		sent := time.Now()
		if _, err := push.Write(client.AppendCommand(nil, "LPUSH", h.Key, strconv.Itoa(n))); err != nil {
			return nil, err
		}
		got, err := popped(pop)
		if err != nil {
			return nil, err
		}
		r.Latencies = append(r.Latencies, time.Since(sent))
		if got != n {
			return nil, fmt.Errorf("%w: %d in place of %d", errUnexpected, got, n)
		}
		if _, err := push.ReadReply(); err != nil {
			return nil, err
		}
	}
	r.Elapsed = time.Since(start)
	r.sort()
	return r, nil
}

// Paced pushes elements at a rate to so many blocked clients that come back at once. Latencies are from when the push was due to the reply; each
// element has to come once.
func (h Handover) Paced(ctx context.Context, clients int, perSecond float64, d time.Duration) (*Result, error) {
	addrs := []string{h.Push}
	for range clients {
		addrs = append(addrs, h.Pop)
	}
	conns, hangUp, err := dialAll(ctx, d, addrs...)
	defer hangUp()
	if err != nil {
		return nil, err
	}
	var (
		due     = arrivals(perSecond, d)
		arrived = newTally(len(due))
		waiting sync.WaitGroup
		start   = time.Now()
	)
	for _, c := range conns[1:] {
		waiting.Go(func() {
			err := work(c, client.AppendCommand(nil, "BRPOP", h.Key, "0"), func(n int) error { return arrived.note(n, time.Since(start)) })
			arrived.fail(err)
		})
	}
	waiting.Go(func() {
		for range due {
			if _, err := conns[0].ReadReply(); err != nil {
				arrived.fail(err)
				return
			}
		}
	})
	lags, err := pace(ctx, start, due, func(n int, _ time.Duration) error {
		_, err := conns[0].Write(client.AppendCommand(nil, "LPUSH", h.Key, strconv.Itoa(n)))
		return err
	})
	arrived.fail(err)
	times, err := arrived.all(ctx, client.Timeout)
	elapsed := time.Since(start)
	hangUp()
	waiting.Wait()
	if err != nil {
		return nil, err
	}
	r := &Result{Lags: lags, Elapsed: elapsed}
	for n, at := range times {
		r.Latencies = append(r.Latencies, at-due[n])
	}
	r.sort()
	return r, nil
}

// work pops with a command, again and again, until the connection ends or note returns an error.
func work(c *client.Conn, pop []byte, note func(n int) error) error {
	for {
		if _, err := c.Write(pop); err != nil {
			return err
		}
		n, err := popped(c)
		if err != nil {
			return err
		}
		if err := note(n); err != nil {
			return err
		}
	}
}

// nothing is what popped returns when a pop that does not block has found no element.
const nothing = -1

// popped reads the reply to a pop: a number, alone or behind the name of the key.
func popped(c *client.Conn) (int, error) {
	v, err := c.ReadReply()
	if err != nil {
		return 0, err
	}
	if len(v.Elems) == 2 {
		v = v.Elems[1]
	}
	if v.Null {
		return nothing, nil
	}
	return strconv.Atoi(string(v.Str))
}

// dialAll opens connections that last for d and some more. They end with ctx too; hangUp ends them before and MUST be called, whatever the error is.
func dialAll(ctx context.Context, d time.Duration, addrs ...string) (conns []*client.Conn, hangUp func(), err error) {
	closeAll := func() {
		for _, c := range conns {
			_ = c.Close()
		}
	}
	for _, addr := range addrs {
		c, err := client.Dial(ctx, addr, "")
		if err != nil {
			return conns, closeAll, err
		}
		conns = append(conns, c)
		if err := c.SetDeadline(time.Now().Add(d + client.Timeout)); err != nil {
			return conns, closeAll, err
		}
	}
	stop := context.AfterFunc(ctx, closeAll)
	return conns, func() {
		stop()
		closeAll()
	}, nil
}

// tally notes when each of a number of elements has come. Its methods are safe from any goroutine.
type tally struct {
	mu    sync.Mutex
	at    []time.Duration // 0: not yet
	left  int
	err   error         // the first one before all had come
	ended chan struct{} // closed when all have come, or one will not
}

func newTally(n int) *tally {
	t := &tally{at: make([]time.Duration, n), left: n, ended: make(chan struct{})}
	if n == 0 {
		close(t.ended)
	}
	return t
}

// note notes an element. One that has come before is an error.
func (t *tally) note(n int, at time.Duration) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n < 0 || n >= len(t.at) || t.at[n] != 0 {
		return fmt.Errorf("%w: %d", errUnexpected, n)
	}
	t.at[n] = at
	if t.left--; t.left == 0 && t.err == nil {
		close(t.ended)
	}
	return nil
}

// fail notes an error, unless all elements have come: then connections end as they should.
func (t *tally) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil && t.err == nil && t.left > 0 {
		t.err = err
		close(t.ended)
	}
}

// all waits until all elements have come, and tells when each did.
func (t *tally) all(ctx context.Context, patience time.Duration) ([]time.Duration, error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-t.ended:
	case <-ctx.Done():
	case <-timer.C:
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case t.err != nil:
		return nil, t.err
	case t.left > 0:
		return nil, fmt.Errorf("%d of %d elements have not come in %v", t.left, len(t.at), patience)
	}
	return t.at, nil
}
