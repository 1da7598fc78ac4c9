package clients

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"
)

// TestRedisRate: a budget that does not refill while the test runs is given out to the last piece, and not once more.
func TestRedisRate(t *testing.T) {
	t.Parallel()
	const budget = 40
	everywhere(t, func(ctx context.Context, t *testing.T, n nodes) {
		limit := redis_rate.Limit{Rate: budget, Burst: budget, Period: 24 * time.Hour}
		var allowed, remaining atomic.Int64
		remaining.Store(budget)
		n.contend(t, func(i int, c *redis.Client) error {
			limiter := redis_rate.NewLimiter(c)
			for range 6 {
				take := limiter.AllowN
				if i/2%2 == 1 {
					take = limiter.AllowAtMost
				}
				result, err := take(ctx, "api", limit, 1+i/4%2)
				if err != nil {
					return err
				}
				allowed.Add(int64(result.Allowed))
				if result.Remaining < 0 || result.Allowed == 0 && result.RetryAfter <= 0 {
					t.Errorf("%+v", result)
				}
			}
			return nil
		})
		if got := allowed.Load(); got != budget {
			t.Errorf("%d of %d were allowed", got, budget)
		}
		limiter := redis_rate.NewLimiter(n.client(t, 1))
		if result, err := limiter.Allow(ctx, "api", limit); err != nil || result.Allowed != 0 {
			t.Errorf("allowed one more: %+v, %v", result, err)
		}
		if err := limiter.Reset(ctx, "api"); err != nil {
			t.Fatal(err)
		}
		result, err := redis_rate.NewLimiter(n.client(t, 0)).Allow(ctx, "api", limit)
		if err != nil || result.Allowed != 1 || result.Remaining != budget-1 {
			t.Errorf("after a reset: %+v, %v", result, err)
		}
	})
}

// tokenBucket refills continuously and answers whether a token was left, and when it was asked, in microseconds.
var tokenBucket = redis.NewScript(`
local capacity, per_second = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(bucket[1]) or capacity, tonumber(bucket[2]) or now
tokens = math.min(capacity, tokens + math.max(0, now - at) * per_second / 1000000)
local allowed = tokens >= 1
if allowed then tokens = tokens - 1 end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.9f', tokens), 'at', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(capacity / per_second * 1000) + 1000)
return {allowed and 1 or 0, string.format('%.0f', now)}`)

// slidingWindow keeps the time of every event that it allowed, as long as the window is.
var slidingWindow = redis.NewScript(`
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - window))
local allowed = redis.call('ZCARD', KEYS[1]) < limit
if allowed then
	redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[3])
	redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000))
end
return {allowed and 1 or 0, string.format('%.0f', now)}`)

// TestTokenBucket: between any two events that were allowed there were not more than the bucket holds and what it gained
// in the time between them.
func TestTokenBucket(t *testing.T) {
	t.Parallel()
	const capacity, perSecond = 10, 50
	everywhere(t, func(ctx context.Context, t *testing.T, n nodes) {
		allowed := n.ask(t, 80, func(c *redis.Client, _ string) *redis.Cmd {
			return tokenBucket.Run(ctx, c, []string{"bucket"}, capacity, perSecond)
		})
		for i := range allowed {
			for j := i + capacity; j < len(allowed); j++ {
				// Tokens are kept with nine digits after the point.
				if gained := float64(allowed[j]-allowed[i]) * perSecond / 1e6; float64(j-i+1) > capacity+gained+1e-6 {
					t.Fatalf("%d events in %d µs", j-i+1, allowed[j]-allowed[i])
				}
			}
		}
	})
}

// TestSlidingWindow: no window, wherever it begins, has more events than allowed.
func TestSlidingWindow(t *testing.T) {
	t.Parallel()
	const limit, window = 10, 150_000
	everywhere(t, func(ctx context.Context, t *testing.T, n nodes) {
		allowed := n.ask(t, 70, func(c *redis.Client, event string) *redis.Cmd {
			return slidingWindow.Run(ctx, c, []string{"window"}, limit, window, event)
		})
		for i := range allowed[limit:] {
			if took := allowed[i+limit] - allowed[i]; took < window {
				t.Fatalf("%d events in %d µs", limit+1, took)
			}
		}
	})
}

// ask lets all contenders ask a limiter until it has allowed so many events, and returns their times in order.
func (n nodes) ask(t *testing.T, events int, limiter func(c *redis.Client, event string) *redis.Cmd) []int64 {
	t.Helper()
	var mu sync.Mutex
	var allowed []int64
	var refused, asked atomic.Int64
	n.contend(t, func(_ int, c *redis.Client) error {
		for {
			reply, err := limiter(c, time.Duration(asked.Add(1)).String()).Slice()
			if err != nil {
				return err
			}
			at, err := redis.NewCmdResult(reply[1], nil).Int64()
			if err != nil {
				return err
			}
			mu.Lock()
			switch reply[0] {
			case int64(1):
				allowed = append(allowed, at)
			case int64(0):
				refused.Add(1)
			default:
				err = errors.New("neither allowed nor refused")
			}
			enough := len(allowed) >= events
			mu.Unlock()
			if err != nil || enough {
				return err
			}
		}
	})
	if refused.Load() == 0 {
		t.Error("the limiter was not put to the test: it refused nobody")
	}
	slices.Sort(allowed)
	return allowed
}
