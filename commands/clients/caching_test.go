package clients

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// caching is a client with copies of what it has read, and these.
func (n nodes) caching(t *testing.T, i int) (*redis.Client, *redis.LocalCache) {
	t.Helper()
	copies := redis.NewLocalCache(redis.CacheConfig{MaxEntries: 1000})
	return n.client(t, i, func(o *redis.Options) { o.Protocol, o.ClientSideCache = 3, copies }), copies
}

// seen reads a key through a client with copies until it reads what is stored, "" if the key is absent.
func seen(ctx context.Context, t *testing.T, c *redis.Client, key, want string) {
	t.Helper()
	for {
		got, err := c.Get(ctx, key).Result()
		if err != nil && !errors.Is(err, redis.Nil) {
			t.Fatalf("%s: %v; last read %q, want %q", key, err, got, want)
		}
		if got == want {
			return
		}
		must(t, c.Ping(ctx)) // the library looks for messages when it has something to send
	}
}

// TestClientSideCaching: a library that keeps copies does not go on showing what was changed through another node, and
// does not ask for what was not.
func TestClientSideCaching(t *testing.T) {
	t.Parallel()
	everywhere(t, func(ctx context.Context, t *testing.T, n nodes) {
		reader, copies := n.caching(t, 0)
		writer := n.client(t, 1)
		seen(ctx, t, reader, "k", "")
		for i := range 100 {
			want := fmt.Sprint(i)
			must(t, writer.Set(ctx, "k", want, 0))
			seen(ctx, t, reader, "k", want)
		}
		must(t, writer.Set(ctx, "lasting", "v", 0))
		before := copies.Stats().Hits
		for copies.Stats().Hits < before+100 { // another node may still say that everything has changed
			seen(ctx, t, reader, "lasting", "v")
		}
		must(t, writer.Set(ctx, "k", "short", 2*time.Second))
		seen(ctx, t, reader, "k", "short")
		seen(ctx, t, reader, "k", "")
		must(t, writer.Set(ctx, "k", "back", 0))
		seen(ctx, t, reader, "k", "back")
		must(t, writer.FlushAll(ctx))
		seen(ctx, t, reader, "k", "")
		seen(ctx, t, reader, "lasting", "")
	})
}

// TestCopiesConverge: many clients read and write the same keys on both nodes, and in the end none has an old copy.
func TestCopiesConverge(t *testing.T) {
	t.Parallel()
	const keys, rounds = 8, 150
	everywhere(t, func(ctx context.Context, t *testing.T, n nodes) {
		key := func(i int) string { return fmt.Sprint("key", i) }
		var readers []*redis.Client
		for i := range contenders / 2 {
			c, _ := n.caching(t, i)
			readers = append(readers, c)
		}
		var wg sync.WaitGroup
		for _, c := range readers {
			wg.Go(func() {
				for range rounds {
					if err := c.Get(ctx, key(rand.IntN(keys))).Err(); err != nil && !errors.Is(err, redis.Nil) {
						t.Error(err)
						return
					}
				}
			})
		}
		n.contend(t, func(_ int, c *redis.Client) error {
			for range rounds / 5 {
				if err := c.Incr(ctx, key(rand.IntN(keys))).Err(); err != nil {
					return err
				}
			}
			return nil
		})
		wg.Wait()
		plain := n.client(t, 0)
		for i := range keys {
			want := must(t, plain.Get(ctx, key(i)))
			for _, c := range readers {
				seen(ctx, t, c, key(i), want)
			}
		}
	})
}
