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

// openIdle opens n connections that each send one GET and then stay idle. batch tells apart sets that are opened one after another:
// they come from addresses of their own, since the ports of a set that was closed stay taken for a minute. On an error all are closed.
func openIdle(ctx context.Context, addr string, n, batch int) (idleSet, error) {
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
				c, err := openOne(ctx, addr, localAddress(batch, i, n))
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
	return c, nil
}

// localAddress is where connection i of n of a batch comes from.
func localAddress(batch, i, n int) string {
	perBatch := (n + connectionsPerAddress - 1) / connectionsPerAddress
	number := 2 + batch*perBatch + i/connectionsPerAddress
	return fmt.Sprintf("127.0.%d.%d", number/250, number%250+1)
}

func (s idleSet) close() error {
	var errs []error
	for _, c := range s {
		if c != nil {
			errs = append(errs, c.Close())
		}
	}
	return errors.Join(slices.DeleteFunc(errs, func(err error) bool { return err == nil })...)
}
