package clients

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// TestWorkersThatBlock: workers of both nodes wait with BRPOP for jobs that come in
// on either, by priority, and stop when there is nothing to do.
func TestWorkersThatBlock(t *testing.T) {
	t.Parallel()
	everywhere(t, func(ctx context.Context, t *testing.T, n nodes) {
		const perContender = 40
		var done ledger
		n.contend(t, func(i int, c *redis.Client) error {
			for k := range perContender {
				queue := []string{"urgent", "other"}[k%2]
				if err := c.LPush(ctx, queue, i*perContender+k).Err(); err != nil {
					return err
				}
			}
			for {
				job, err := c.BRPop(ctx, time.Second, "urgent", "other").Result()
				if errors.Is(err, redis.Nil) {
					return nil
				}
				if err != nil {
					return err
				}
				done.enter(job[1])
			}
		})
		done.check(t, contenders*perContender)
		if left := must(t, n.client(t, 0).Exists(ctx, "urgent", "other")); left != 0 {
			t.Errorf("%d queues are left", left)
		}
	})
}
