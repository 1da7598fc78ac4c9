package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/mnorrsken/postkeys/bench/client"
)

// idleSet is a set of connections that do nothing.
type idleSet []*client.Conn

// connectionsPerAddress is how many connections are made from one local address; it has some 28,000 ports.
const connectionsPerAddress = 20_000

// openIdle opens n connections that each send one GET and then stay idle. On an error all are closed.
func openIdle(ctx context.Context, addr string, n int) (idleSet, error) {
	const dialers = 32
	set := make(idleSet, n)
	var (
		next  = make(chan int)
		wg    sync.WaitGroup
		mu    sync.Mutex
		first error
	)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for range dialers {
		wg.Go(func() {
			for i := range next {
				c, err := openOne(ctx, addr, localAddress(i))
				set[i] = c
				if err != nil {
					mu.Lock()
					if first == nil {
						first = fmt.Errorf("idle connection %d of %d: %w", i+1, n, err)
					}
					mu.Unlock()
					cancel()
				}
			}
		})
	}
feed:
	for i := range n {
		select {
		case next <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	wg.Wait()
	if first == nil {
		first = ctx.Err()
	}
	if first != nil {
		return nil, errors.Join(first, set.close())
	}
	return set, nil
}

func openOne(ctx context.Context, addr, local string) (*client.Conn, error) {
	c, err := client.Dial(ctx, addr, local)
	if err != nil {
		return nil, err
	}
	if _, err := c.Do("GET", idleKey); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	c.Release()
	return c, c.ResetOnClose()
}

// localAddress is where connection i comes from.
func localAddress(i int) string { return fmt.Sprintf("127.0.0.%d", 1+i/connectionsPerAddress) }

// close resets the connections: after an orderly end their ports would stay taken for a minute, and the next set wants as many.
func (s idleSet) close() error {
	var errs []error
	for _, c := range s {
		if c != nil {
			errs = append(errs, c.Close())
		}
	}
	return errors.Join(slices.DeleteFunc(errs, func(err error) bool { return err == nil })...)
}
