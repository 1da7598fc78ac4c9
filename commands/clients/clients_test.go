package clients

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// contenders is how many clients want the same at once, half of them on either node.
const contenders = 16

// nodes are two servers with the same keys.
type nodes [2]*servertest.Server

// everywhere runs a test against two nodes of postkeys, and against redis-server as both.
func everywhere(t *testing.T, test func(ctx context.Context, t *testing.T, n nodes)) {
	t.Helper()
	for name, start := range map[string]func(*testing.T) nodes{
		"redis": func(t *testing.T) nodes {
			s := servertest.Redis(t)
			return nodes{s, s}
		},
		"postkeys": func(t *testing.T) nodes {
			dsn := pgtest.DSN(t)
			return nodes{servertest.Postkeys(t, dsn), servertest.Postkeys(t, dsn)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := start(t)
			// What is lost on the way fails the test long before go test gives up on all of them.
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			test(ctx, t, n)
		})
	}
}

// client is go-redis on one of the nodes.
func (n nodes) client(t *testing.T, i int, options ...func(*redis.Options)) *redis.Client {
	t.Helper()
	o := &redis.Options{Addr: n[i%len(n)].Addr}
	for _, set := range options {
		set(o)
	}
	c := redis.NewClient(o)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// contend runs f for every contender at the same time, each with a client of its own.
func (n nodes) contend(t *testing.T, f func(i int, c *redis.Client) error) {
	t.Helper()
	var wg sync.WaitGroup
	for i := range contenders {
		c := n.client(t, i)
		wg.Go(func() {
			if err := f(i, c); err != nil {
				t.Errorf("contender %d: %v", i, err)
			}
		})
	}
	wg.Wait()
}

// must returns the value of a command that may not fail.
func must[T any](t *testing.T, cmd interface{ Result() (T, error) }) T {
	t.Helper()
	v, err := cmd.Result()
	if err != nil {
		t.Fatalf("%v: %v", cmd, err)
	}
	return v
}

// want compares the value of a command with what is expected of it.
func want[T comparable](t *testing.T, cmd interface{ Result() (T, error) }, expected T) {
	t.Helper()
	if got := must(t, cmd); got != expected {
		t.Errorf("%v: want %v", cmd, expected)
	}
}
