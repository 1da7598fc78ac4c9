package clients

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/go-redsync/redsync/v4"
	redsyncredis "github.com/go-redsync/redsync/v4/redis"
	"github.com/go-redsync/redsync/v4/redis/goredis/v9"
	"github.com/redis/go-redis/v9"
)

// TestRedsyncExcludes: a counter that is read and written by plain commands under a lock loses nothing. With three pools
// the lock is Redlock proper: most of three keyspaces that know nothing of each other, reached over both nodes.
func TestRedsyncExcludes(t *testing.T) {
	t.Parallel()
	const each = 4
	for _, pools := range []int{1, 3} {
		t.Run(fmt.Sprint(pools, " pools"), func(t *testing.T) {
			t.Parallel()
			everywhere(t, func(ctx context.Context, t *testing.T, n nodes) {
				n.contend(t, func(i int, c *redis.Client) error {
					m := redsync.New(n.pools(t, i, pools)...).NewMutex("lock", redsync.WithExpiry(time.Minute),
						redsync.WithTries(100000), redsync.WithRetryDelay(2*time.Millisecond))
					for range each {
						if err := underLock(ctx, m, c); err != nil {
							return err
						}
					}
					return nil
				})
				c := n.client(t, 0)
				want(t, c.Get(ctx, "counter"), fmt.Sprint(contenders*each))
				want(t, c.Exists(ctx, "lock", "holder"), 0)
			})
		})
	}
}

// pools are databases of their own, beginning with the node of contender i.
func (n nodes) pools(t *testing.T, i, count int) []redsyncredis.Pool {
	t.Helper()
	var pools []redsyncredis.Pool
	for db := range count {
		pools = append(pools, goredis.NewPool(n.client(t, i+db, func(o *redis.Options) { o.DB = db })))
	}
	return pools
}

// underLock adds one to the counter in a way that only a lock makes safe.
func underLock(ctx context.Context, m *redsync.Mutex, c *redis.Client) error {
	if err := m.LockContext(ctx); err != nil {
		return err
	}
	if alone, err := c.SetNX(ctx, "holder", m.Value(), 0).Result(); err != nil || !alone {
		return fmt.Errorf("not the only one that holds the lock: %w", err)
	}
	counter, err := c.Get(ctx, "counter").Int()
	if err != nil && !errors.Is(err, redis.Nil) {
		return err
	}
	if err := c.Set(ctx, "counter", counter+1, 0).Err(); err != nil {
		return err
	}
	if err := c.Del(ctx, "holder").Err(); err != nil {
		return err
	}
	if ours, err := m.UnlockContext(ctx); err != nil || !ours {
		return fmt.Errorf("the lock was lost: %w", err)
	}
	return nil
}

// TestRedsyncOwnership: only who holds a lock extends and releases it, whichever node it asks.
func TestRedsyncOwnership(t *testing.T) {
	t.Parallel()
	everywhere(t, func(ctx context.Context, t *testing.T, n nodes) {
		here, there := redsync.New(n.pools(t, 0, 1)...), redsync.New(n.pools(t, 1, 1)...)
		c := n.client(t, 1)
		held := here.NewMutex("lock", redsync.WithExpiry(time.Minute))
		if err := held.LockContext(ctx); err != nil {
			t.Fatal(err)
		}
		want(t, c.Get(ctx, "lock"), held.Value())
		other := there.NewMutex("lock", redsync.WithTries(2), redsync.WithRetryDelay(time.Millisecond))
		var taken *redsync.ErrTaken
		if err := other.LockContext(ctx); !errors.As(err, &taken) {
			t.Errorf("a lock that is held: %v", err)
		}
		if err := other.TryLockContext(ctx); !errors.As(err, &taken) {
			t.Errorf("a lock that is held: %v", err)
		}
		if released, err := other.UnlockContext(ctx); released || err == nil {
			t.Errorf("released by one who does not hold it: %v, %v", released, err)
		}
		must(t, c.PExpire(ctx, "lock", 20*time.Second))
		if extended, err := held.ExtendContext(ctx); !extended || err != nil {
			t.Errorf("not extended: %v", err)
		}
		if ttl := must(t, c.PTTL(ctx, "lock")); ttl < 30*time.Second || ttl > time.Minute {
			t.Errorf("extended to %v", ttl)
		}
		// The value is what proves the ownership, not the node or the connection.
		same := there.NewMutex("lock", redsync.WithValue(held.Value()))
		if extended, err := same.ExtendContext(ctx); !extended || err != nil {
			t.Errorf("not extended by its value: %v", err)
		}
		if released, err := same.UnlockContext(ctx); !released || err != nil {
			t.Errorf("not released: %v", err)
		}
		if extended, err := held.ExtendContext(ctx); extended || err == nil {
			t.Errorf("extended after its release: %v, %v", extended, err)
		}
		if err := other.TryLockContext(ctx); err != nil {
			t.Errorf("a free lock: %v", err)
		}
		// A lock runs out by itself. Its time is cut short here so that nobody waits for it.
		must(t, c.PExpire(ctx, "lock", time.Millisecond))
		next := here.NewMutex("lock", redsync.WithTries(10000), redsync.WithRetryDelay(time.Millisecond))
		if err := next.LockContext(ctx); err != nil {
			t.Errorf("a lock that ran out: %v", err)
		}
		if released, err := other.UnlockContext(ctx); released || err == nil {
			t.Errorf("released by one whose time had run out: %v, %v", released, err)
		}
	})
}
