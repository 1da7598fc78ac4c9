package clients

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// TestAsynq: workers on both nodes do every task once, whether it was enqueued for now or for later, and one that fails
// once more; a task that runs on one node is cancelled from the other one.
func TestAsynq(t *testing.T) {
	t.Parallel()
	everywhere(t, func(ctx context.Context, t *testing.T, n nodes) {
		const tasks = 200
		var done, failed ledger
		succeeded, running, cancelled := make(chan struct{}, 2*tasks), make(chan string, 1), make(chan struct{})
		mux := asynq.NewServeMux()
		mux.HandleFunc("count", func(ctx context.Context, task *asynq.Task) error {
			job := string(task.Payload())
			if retried, _ := asynq.GetRetryCount(ctx); strings.HasSuffix(job, "0") && retried == 0 && failed.enter(job) == 1 {
				return errors.New("fails once")
			}
			done.enter(job)
			succeeded <- struct{}{}
			return nil
		})
		mux.HandleFunc("wait", func(ctx context.Context, task *asynq.Task) error {
			running <- task.ResultWriter().TaskID()
			<-ctx.Done()
			close(cancelled)
			return ctx.Err()
		})
		for i := range n {
			server := asynq.NewServerFromRedisClient(n.client(t, i), asynq.Config{
				Concurrency: 8, TaskCheckInterval: 50 * time.Millisecond, DelayedTaskCheckInterval: 100 * time.Millisecond,
				RetryDelayFunc: func(int, error, *asynq.Task) time.Duration { return 0 },
				LogLevel:       asynq.FatalLevel,
			})
			if err := server.Start(mux); err != nil {
				t.Fatal(err)
			}
			defer server.Shutdown()
		}
		n.contend(t, func(i int, c *redis.Client) error { return enqueue(ctx, asynq.NewClientFromRedisClient(c), i, tasks) })
		for range tasks {
			select {
			case <-succeeded:
			case <-ctx.Done():
				t.Fatal("not all tasks were done: ", ctx.Err())
			}
		}
		cancelFromTheOtherNode(ctx, t, n, running, cancelled)
		done.check(t, tasks)
		inspector := asynq.NewInspectorFromRedisClient(n.client(t, 1))
		settled := func() bool {
			q, err := inspector.GetQueueInfo("default")
			if err != nil {
				t.Fatal(err)
			}
			return q.Size == q.Completed+1 && q.Completed == tasks && q.Archived == 1 &&
				q.Failed == tasks/10+1 && q.Processed == tasks+tasks/10+1
		}
		for look := time.NewTicker(20 * time.Millisecond); !settled(); {
			select {
			case <-look.C: // A worker writes down that it is done after it has told us.
			case <-ctx.Done():
				q, err := inspector.GetQueueInfo("default")
				t.Fatalf("%+v, %v", q, err)
			}
		}
	})
}

// enqueue gives a contender's share of the tasks to asynq: for now, for later, and twice where only one may be kept.
func enqueue(ctx context.Context, client *asynq.Client, contender, tasks int) error {
	for job := contender; job < tasks; job += contenders {
		task := asynq.NewTask("count", []byte(strconv.Itoa(job)), asynq.Retention(time.Hour))
		var options []asynq.Option
		switch job / contenders % 3 {
		case 1:
			options = append(options, asynq.ProcessIn(time.Second/2))
		case 2:
			options = append(options, asynq.Unique(time.Hour), asynq.ProcessIn(time.Second))
		}
		if _, err := client.EnqueueContext(ctx, task, options...); err != nil {
			return err
		}
		if len(options) == 2 {
			if _, err := client.EnqueueContext(ctx, task, options...); !errors.Is(err, asynq.ErrDuplicateTask) {
				return fmt.Errorf("a duplicate was accepted: %w", err)
			}
		}
	}
	return nil
}

// cancelFromTheOtherNode asks both nodes to cancel a task: whichever does not run it passes the message on.
func cancelFromTheOtherNode(ctx context.Context, t *testing.T, n nodes, running <-chan string, cancelled <-chan struct{}) {
	t.Helper()
	if _, err := asynq.NewClientFromRedisClient(n.client(t, 0)).EnqueueContext(ctx, asynq.NewTask("wait", nil, asynq.MaxRetry(0))); err != nil {
		t.Fatal(err)
	}
	var id string
	select {
	case id = <-running:
	case <-ctx.Done():
		t.Fatal("the task does not begin")
	}
	servers, err := asynq.NewInspectorFromRedisClient(n.client(t, 0)).Servers()
	if err != nil || len(servers) != len(n) {
		t.Errorf("%d servers, %v", len(servers), err)
	}
	if err := asynq.NewInspectorFromRedisClient(n.client(t, 1)).CancelProcessing(id); err != nil {
		t.Fatal(err)
	}
	select {
	case <-cancelled:
	case <-ctx.Done():
		t.Fatal("the task was not cancelled")
	}
}
