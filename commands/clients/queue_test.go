package clients

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"
)

// takers hand the next jobs of KEYS[1] to one consumer and keep them in KEYS[2] until they are acknowledged.
var takers = map[string]*redis.Script{
	"range and trim": redis.NewScript(`
local jobs = redis.call('LRANGE', KEYS[1], 0, ARGV[1] - 1)
if #jobs > 0 then
	redis.call('LTRIM', KEYS[1], #jobs, -1)
	redis.call('RPUSH', KEYS[2], unpack(jobs))
end
return jobs`),
	"range and remove": redis.NewScript(`
local jobs = redis.call('LRANGE', KEYS[1], -ARGV[1], -1)
for _, job in ipairs(jobs) do
	redis.call('LREM', KEYS[1], -1, job)
	redis.call('LPUSH', KEYS[2], job)
end
return jobs`),
	"a key that was not declared": redis.NewScript(`
local jobs = redis.call('LRANGE', KEYS[1], 0, 0)
if jobs[1] then
	redis.call('LREM', KEYS[1], 1, jobs[1])
	redis.call('RPUSH', 'ta' .. 'ken', jobs[1])
end
return jobs`),
}

// putBack returns what was taken and never acknowledged, as a supervisor does for consumers that are gone.
var putBack = redis.NewScript(`
local jobs = redis.call('LRANGE', KEYS[2], 0, -1)
for _, job in ipairs(jobs) do redis.call('RPUSH', KEYS[1], job) end
redis.call('DEL', KEYS[2])
return #jobs`)

// ledger counts how often each job was done.
type ledger struct {
	mu   sync.Mutex
	done map[string]int
}

// enter returns how often it has been done by now.
func (l *ledger) enter(job string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done == nil {
		l.done = map[string]int{}
	}
	l.done[job]++
	return l.done[job]
}

// check fails unless the jobs 0 to n-1 were done, each of them once.
func (l *ledger) check(t *testing.T, n int) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range n {
		if times := l.done[strconv.Itoa(i)]; times != 1 {
			t.Errorf("job %d was done %d times", i, times)
		}
	}
	if len(l.done) != n {
		t.Errorf("%d jobs were done, not %d", len(l.done), n)
	}
}

// TestReliableQueue: producers and consumers on both nodes at once; every fifth consumer is gone before it acknowledges.
func TestReliableQueue(t *testing.T) {
	t.Parallel()
	for name, take := range takers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			everywhere(t, func(ctx context.Context, t *testing.T, n nodes) { reliableQueue(ctx, t, n, take) })
		})
	}
}

func reliableQueue(ctx context.Context, t *testing.T, n nodes, take *redis.Script) {
	t.Helper()
	const jobs = 20 * contenders
	var done ledger
	var takes, acknowledged, lost atomic.Int64
	n.contend(t, func(i int, c *redis.Client) error {
		for job := range jobs / contenders {
			if err := c.RPush(ctx, "queue", i*jobs/contenders+job).Err(); err != nil {
				return err
			}
		}
		for acknowledged.Load()+lost.Load() < jobs {
			taken, err := take.Run(ctx, c, []string{"queue", "taken"}, 1+i%3).StringSlice()
			if err != nil {
				return err
			}
			if takes.Add(1)%5 == 0 {
				lost.Add(int64(len(taken)))
				continue
			}
			if err := acknowledge(ctx, c, &done, taken); err != nil {
				return err
			}
			acknowledged.Add(int64(len(taken)))
		}
		return nil
	})
	c := n.client(t, 0)
	want(t, c.LLen(ctx, "queue"), 0)
	want(t, c.LLen(ctx, "taken"), lost.Load())
	want(t, putBack.Run(ctx, n.client(t, 1), []string{"queue", "taken"}), any(lost.Load()))
	n.contend(t, func(i int, c *redis.Client) error {
		for {
			taken, err := take.Run(ctx, c, []string{"queue", "taken"}, 1+i%3).StringSlice()
			if err != nil || len(taken) == 0 {
				return err
			}
			if err := acknowledge(ctx, c, &done, taken); err != nil {
				return err
			}
		}
	})
	want(t, c.Exists(ctx, "queue", "taken"), 0)
	done.check(t, jobs)
}

// acknowledge ends the work on jobs.
func acknowledge(ctx context.Context, c *redis.Client, done *ledger, jobs []string) error {
	for _, job := range jobs {
		done.enter(job)
		if removed, err := c.LRem(ctx, "taken", 1, job).Result(); err != nil || removed != 1 {
			return fmt.Errorf("acknowledge job %s: %d, %w", job, removed, err)
		}
	}
	return nil
}

// dueJobs moves what is due from a sorted set to the consumer, as Sidekiq does; ARGV[2] bounds how many.
var dueJobs = redis.NewScript(`
local jobs = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
if #jobs > 0 then redis.call('ZREM', KEYS[1], unpack(jobs)) end
return jobs`)

// TestDelayedJobs: what is due is handed out once, what is not stays. Half of the consumers are scripts; the others look
// first and own what they then manage to remove, as Celery does.
func TestDelayedJobs(t *testing.T) {
	t.Parallel()
	const jobs, now = 300, "1000"
	everywhere(t, func(ctx context.Context, t *testing.T, n nodes) {
		c := n.client(t, 0)
		var members []redis.Z
		for i := range jobs {
			members = append(members, redis.Z{Score: float64(i % 1001), Member: i}, redis.Z{Score: float64(1001 + i), Member: fmt.Sprint("later ", i)})
		}
		want(t, c.ZAdd(ctx, "delayed", members...), 2*jobs)
		var done ledger
		n.contend(t, func(i int, c *redis.Client) error {
			for {
				due, err := c.ZRangeArgs(ctx, redis.ZRangeArgs{Key: "delayed", Start: "-inf", Stop: now, ByScore: true, Count: 4}).Result()
				if err != nil || len(due) == 0 {
					return err
				}
				if i/2%2 == 0 {
					if due, err = dueJobs.Run(ctx, c, []string{"delayed"}, now, 1+i%3).StringSlice(); err != nil {
						return err
					}
					for _, job := range due {
						done.enter(job)
					}
					continue
				}
				for _, job := range due {
					removed, err := c.ZRem(ctx, "delayed", job).Result()
					if err != nil {
						return err
					}
					if removed == 1 {
						done.enter(job)
					}
				}
			}
		})
		done.check(t, jobs)
		want(t, c.ZCard(ctx, "delayed"), jobs)
		want(t, c.ZCount(ctx, "delayed", "-inf", now), 0)
	})
}
