package linearizability

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

const (
	clientsPerNode = 16
	// commandsPerEpoch decides how long a key is used.
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
			c.random = rand.New(rand.NewPCG(*seed, uint64(c.id)))
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
	db     int // selected
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
		c.conn, c.db = nil, 0
	}
}

func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(retryPause):
	}
}

// command sends a few commands, mostly one, and records them. It returns false when the node could not execute one now.
func (c *client) command() bool {
	c.serial++
	epoch := c.w.count.Add(1) / commandsPerEpoch
	switch n := c.random.IntN(20); {
	case n < 2:
		return c.token(fmt.Sprintf("tokens:%d:%d", epoch, c.random.IntN(2)))
	case n < 4:
		return c.counter(fmt.Sprintf("counter:%d:%d", epoch, c.random.IntN(2)))
	}
	commands := c.checked(epoch)
	c.w.count.Add(int64(len(commands) - 1))
	if !c.choose(commands[0].database) {
		return false
	}
	lines := make([][]string, len(commands))
	for i := range commands {
		lines[i] = commands[i].args
	}
	call := time.Since(c.w.start)
	executed := true
	for i, r := range c.do(lines...) {
		executed = executed && r.executed
		if !r.executed && !r.unknown {
			continue
		}
		op := porcupine.Operation{
			ClientId: c.id, Input: commands[i], Output: r.outcome, Call: call.Nanoseconds(), Return: r.end.Nanoseconds(),
		}
		if r.unknown {
			op.Return = never
		}
		c.w.mu.Lock()
		c.w.history = append(c.w.history, op)
		c.w.mu.Unlock()
	}
	return executed
}

// token appends a token that no other command appends.
func (c *client) token(key string) bool {
	token := fmt.Sprintf("%d.%d", c.id, c.serial)
	r := c.single("APPEND", key, token+";")
	state := tokenNotExecuted
	switch {
	case r.unknown:
		state = tokenUnknown
	case r.executed:
		state = tokenAcknowledged
	}
	c.w.mu.Lock()
	c.w.tokens[key+" "+token] = state
	c.w.mu.Unlock()
	return r.executed
}

// counter counts up a key that is never taken away.
func (c *client) counter(key string) bool {
	r := c.single("INCR", key)
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	n := c.w.counters[key]
	if n == nil {
		n = &counter{seen: map[string]bool{}}
		c.w.counters[key] = n
	}
	switch {
	case r.unknown:
		n.unknown++
	case r.executed:
		n.acknowledged++
		if n.seen[r.reply] {
			c.w.broken = append(c.w.broken, fmt.Errorf("INCR %s answered %q twice", key, r.reply))
		}
		n.seen[r.reply] = true
	}
	return r.executed
}

// result is what became of one command. Neither executed nor unknown means that it surely was not executed.
type result struct {
	outcome
	executed bool
	end      time.Duration // when the reply was there, since the start
}

// choose selects a database index.
func (c *client) choose(db int) bool {
	if db == c.db {
		return true
	}
	if r := c.do([]string{"SELECT", strconv.Itoa(db)})[0]; !r.executed {
		return false
	}
	c.db = db
	return true
}

// single sends one command to database 0.
func (c *client) single(args ...string) result {
	if !c.choose(0) {
		return result{}
	}
	return c.do(args)[0]
}

// do sends commands at once and reads their replies.
func (c *client) do(commands ...[]string) []result {
	results := make([]result, len(commands))
	var pipeline []byte
	for _, args := range commands {
		pipeline = servertest.AppendCommand(pipeline, args...)
	}
	err := c.conn.Send(pipeline)
	for i, args := range commands {
		r := &results[i]
		var reply []byte
		if err == nil {
			reply, err = c.conn.Reply()
		}
		r.end = time.Since(c.w.start)
		if err != nil {
			r.unknown = true
			continue
		}
		c.judge(r, args, string(reply))
	}
	if err != nil {
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			c.w.report(fmt.Errorf("no reply to %s within %v", commands, replyTimeout))
		}
		c.hangUp()
	}
	return results
}

// judge tells from its reply whether a command was executed.
func (c *client) judge(r *result, args []string, reply string) {
	switch {
	case strings.HasPrefix(reply, "-LOADING "):
		return
	case strings.HasPrefix(reply, "-ERR the outcome of this command is unknown"):
		r.unknown = true
		return
	case strings.HasPrefix(reply, "-") && reply != replyNoKey && reply != replyNoInteger:
		c.w.report(fmt.Errorf("%s answered %q", strings.Join(args, " "), reply))
	}
	c.w.acked[c.node].Add(1)
	select {
	case c.w.acks <- struct{}{}:
	default:
	}
	r.reply, r.executed = reply, true
}

// report notes what must not happen.
func (w *workload) report(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = append(w.broken, err)
}
