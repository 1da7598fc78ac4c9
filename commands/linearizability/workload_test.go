package linearizability

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

const (
	clientsPerNode = 16
	// groupsAtOnce and commandsPerEpoch decide how many clients meet on a key and how long it is used.
	groupsAtOnce     = 8
	commandsPerEpoch = 2400
	// retryPause keeps clients of a node that is away from spinning.
	retryPause = 5 * time.Millisecond
	// replyTimeout is more than a node may take for an answer when PostgreSQL is away.
	replyTimeout = 60 * time.Second
)

// workload runs clients against nodes and keeps what they have seen.
type workload struct {
	nodes []string
	start time.Time
	count atomic.Int64   // commands sent
	acked []atomic.Int64 // replies by node that say the command was executed
	acks  chan struct{}  // holds a value after a reply
	stop  context.CancelFunc
	wg    sync.WaitGroup

	mu       sync.Mutex
	history  []porcupine.Operation
	tokens   map[string]tokenState // by key and token, "key token"
	counters map[string]*counter
	broken   []error // replies that no command may have
}

type tokenState int

const (
	tokenNotExecuted tokenState = iota
	tokenUnknown
	tokenAcknowledged
)

// counter is what clients know about a key that is only counted up.
type counter struct {
	acknowledged, unknown int64
	seen                  map[string]bool // replies, each of which may come once
}

// startWorkload starts the clients.
func startWorkload(nodes ...string) *workload {
	ctx, cancel := context.WithCancel(context.Background())
	w := &workload{
		nodes: nodes, start: time.Now(), acked: make([]atomic.Int64, len(nodes)), acks: make(chan struct{}, 1), stop: cancel,
		tokens: map[string]tokenState{}, counters: map[string]*counter{},
	}
	for node := range nodes {
		for i := range clientsPerNode {
			c := &client{w: w, node: node, id: node*clientsPerNode + i}
			c.random = rand.New(rand.NewPCG(1, uint64(c.id)))
			w.wg.Go(func() { c.run(ctx) })
		}
	}
	return w
}

// finish stops the clients after their commands in flight and waits for them.
func (w *workload) finish() {
	w.stop()
	w.wg.Wait()
}

// progress waits until every node has answered n more commands.
func (w *workload) progress(n int64, timeout time.Duration) error {
	from := make([]int64, len(w.acked))
	for i := range w.acked {
		from[i] = w.acked[i].Load()
	}
	deadline := time.After(timeout)
	for i := 0; i < len(w.acked); {
		if w.acked[i].Load() >= from[i]+n {
			i++
			continue
		}
		select {
		case <-w.acks:
		case <-deadline:
			return fmt.Errorf("node %d executed %d commands in %v, not %d", i, w.acked[i].Load()-from[i], timeout, n)
		}
	}
	return nil
}

// client sends one command after the other to one node.
type client struct {
	w      *workload
	node   int
	id     int
	random *rand.Rand
	conn   *servertest.Client
	serial int
}

// run works until ctx ends; a node that is away is tried again and again.
func (c *client) run(ctx context.Context) {
	defer c.hangUp()
	for ctx.Err() == nil {
		if c.conn == nil {
			conn, err := servertest.Dial(c.w.nodes[c.node])
			if err != nil {
				pause(ctx)
				continue
			}
			conn.Timeout = replyTimeout
			c.conn = conn
		}
		if executed := c.command(); !executed {
			pause(ctx)
		}
	}
}

func (c *client) hangUp() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(retryPause):
	}
}

// command sends one command and records it. It returns false when the node could not execute it now.
func (c *client) command() bool {
	c.serial++
	epoch := c.w.count.Add(1) / commandsPerEpoch
	switch n := c.random.IntN(20); {
	case n < 2:
		return c.token(fmt.Sprintf("tokens:%d:%d", epoch, c.random.IntN(2)))
	case n < 4:
		return c.counter(fmt.Sprintf("counter:%d:%d", epoch, c.random.IntN(2)))
	}
	group := c.random.IntN(groupsAtOnce)
	name := fmt.Sprintf("group:%d:%d:", epoch, group)
	cmd := command{group: name, args: c.checked(group, name)}
	call := time.Since(c.w.start)
	o, executed := c.do(cmd.args)
	end := time.Since(c.w.start)
	if !executed && !o.unknown {
		return false
	}
	op := porcupine.Operation{
		ClientId: c.id, Input: cmd, Output: o, Call: call.Nanoseconds(), Return: end.Nanoseconds(),
	}
	if o.unknown {
		op.Return = never
	}
	c.w.mu.Lock()
	c.w.history = append(c.w.history, op)
	c.w.mu.Unlock()
	return executed
}

// checked makes a command for a group that the checker examines. Groups differ in what happens to them, so that all commands
// meet themselves and others.
func (c *client) checked(group int, name string) []string {
	key := func(i int) string { return name + string(rune('0'+i)) }
	one := key(c.random.IntN(3))
	value := fmt.Sprintf("%d.%d", c.id, c.serial)
	pick := func(options ...[]string) []string { return options[c.random.IntN(len(options))] }
	switch group % 4 {
	case 0: // counters that are taken away now and then
		return pick([]string{"INCR", one}, []string{"INCR", one}, []string{"INCR", one}, []string{"GET", one}, []string{"GETDEL", one})
	case 1: // values that are set once and taken once
		return pick([]string{"SETNX", one, value}, []string{"SETNX", one, value}, []string{"GETDEL", one}, []string{"GET", one})
	case 2: // texts that grow
		return pick([]string{"APPEND", one, value}, []string{"APPEND", one, value}, []string{"GETDEL", one}, []string{"SET", one, value},
			[]string{"GET", one})
	default: // several keys at once
		a := c.random.IntN(3)
		b := (a + 1 + c.random.IntN(2)) % 3
		return pick([]string{"MSETNX", key(a), value, key(b), value}, []string{"MSETNX", key(a), value, key(b), value},
			[]string{"MGET", key(0), key(1), key(2)}, []string{"GETDEL", key(a)}, []string{"DEL", key(a), key(b)})
	}
}

// token appends a token that no other command appends.
func (c *client) token(key string) bool {
	token := fmt.Sprintf("%d.%d", c.id, c.serial)
	o, executed := c.do([]string{"APPEND", key, token + ";"})
	result := tokenNotExecuted
	switch {
	case o.unknown:
		result = tokenUnknown
	case executed:
		result = tokenAcknowledged
	}
	c.w.mu.Lock()
	c.w.tokens[key+" "+token] = result
	c.w.mu.Unlock()
	return executed
}

// counter counts up a key that is never taken away.
func (c *client) counter(key string) bool {
	o, executed := c.do([]string{"INCR", key})
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	n := c.w.counters[key]
	if n == nil {
		n = &counter{seen: map[string]bool{}}
		c.w.counters[key] = n
	}
	switch {
	case o.unknown:
		n.unknown++
	case executed:
		n.acknowledged++
		if n.seen[o.reply] {
			c.w.broken = append(c.w.broken, fmt.Errorf("INCR %s answered %q twice", key, o.reply))
		}
		n.seen[o.reply] = true
	}
	return executed
}

// do sends one command and reads its reply. Neither executed nor unknown means that it surely was not executed.
func (c *client) do(args []string) (o outcome, executed bool) {
	reply, err := c.conn.Do(args...)
	if err != nil {
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			c.w.report(fmt.Errorf("no reply to %s within %v", strings.Join(args, " "), replyTimeout))
		}
		c.hangUp()
		return outcome{unknown: true}, false
	}
	text := string(reply)
	switch {
	case strings.HasPrefix(text, "-LOADING "):
		return outcome{}, false
	case strings.HasPrefix(text, "-ERR the outcome of this command is unknown"):
		return outcome{unknown: true}, false
	case strings.HasPrefix(text, "-"):
		c.w.report(fmt.Errorf("%s answered %q", strings.Join(args, " "), text))
	}
	c.w.acked[c.node].Add(1)
	select {
	case c.w.acks <- struct{}{}:
	default:
	}
	return outcome{reply: text}, true
}

// report notes what must not happen.
func (w *workload) report(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = append(w.broken, err)
}
