package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/mnorrsken/postkeys/bench/client"
	"github.com/mnorrsken/postkeys/bench/target"
)

// idleSet is a set of connections that do nothing.
type idleSet []*client.Conn

// connectionsPerAddress is how many connections are made from one local address; it has some 28,000 ports.
const connectionsPerAddress = 20_000

// idleKind is what connections have done before they do nothing.
type idleKind struct {
	name    string // for flags and tables
	plural  string // for text
	command func(i int) []string
	blocks  bool // the reply does not come

	maxBytes float64 // goal for the resident memory of each
}

// What waiting clients wait for is spread over so many channels and keys.
const (
	idleChannels = 100
	idleKeys     = 1000
)

// idleKinds are all kinds. Half of the blocked clients have a timeout, which does not come.
var idleKinds = []idleKind{
	{
		name: "idle", plural: "idle connections", maxBytes: 1200,
		command: func(int) []string { return []string{"GET", idleKey} },
	},
	{
		name: "subscribed", plural: "subscribers", maxBytes: 2000,
		command: func(i int) []string { return []string{"SUBSCRIBE", "channel:" + strconv.Itoa(i%idleChannels)} },
	},
	{
		name: "blocked", plural: "blocked clients", maxBytes: 2500, blocks: true,
		command: func(i int) []string {
			key := "list:" + strconv.Itoa(i/2%idleKeys)
			if i%2 == 0 {
				return []string{"BLPOP", key, "0"}
			}
			return []string{"BRPOP", key, "36000"}
		},
	},
}

// IdleKinds are the names of the kinds of connections that do nothing.
func IdleKinds() []string {
	var names []string
	for _, k := range idleKinds {
		names = append(names, k.name)
	}
	return names
}

// open opens n connections that each send one command and then stay idle. On an error all are closed.
func (k *idleKind) open(ctx context.Context, server *target.Server, n int) (idleSet, error) {
	const dialers = 32
	set := make(idleSet, n)
	var (
		next  = make(chan int)
		wg    sync.WaitGroup
		mu    sync.Mutex
		first error
	)
	dialing, cancel := context.WithCancel(ctx)
	defer cancel()
	for range dialers {
		wg.Go(func() {
			for i := range next {
				c, err := k.openOne(dialing, server.Addr, i)
				set[i] = c
				if err != nil {
					mu.Lock()
					if first == nil {
						first = fmt.Errorf("%s, number %d of %d: %w", k.plural, i+1, n, err)
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
		case <-dialing.Done():
			break feed
		}
	}
	close(next)
	wg.Wait()
	if first == nil {
		first = dialing.Err()
	}
	if first == nil && k.blocks {
		first = awaitInfo(ctx, server, "clients", "blocked_clients", func(blocked int) bool { return blocked == n })
	}
	if first != nil {
		return nil, errors.Join(first, set.close())
	}
	return set, nil
}

func (k *idleKind) openOne(ctx context.Context, addr string, i int) (*client.Conn, error) {
	c, err := client.Dial(ctx, addr, localAddress(i))
	if err != nil {
		return nil, err
	}
	replies := 1
	if k.blocks {
		replies = 0
	}
	if err := c.Pipeline(client.AppendCommand(nil, k.command(i)...), replies); err != nil {
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

// closeIdle closes connections and waits until the server has noticed.
func closeIdle(ctx context.Context, server *target.Server, idle idleSet) error {
	if err := idle.close(); err != nil {
		return err
	}
	return awaitInfo(ctx, server, "clients", "connected_clients", func(open int) bool { return open <= 1 })
}
