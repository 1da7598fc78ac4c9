package linearizability

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"regexp"
	"slices"
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
	// retryPause keeps clients of a node that is away from spinning.
	retryPause = 5 * time.Millisecond
	// replyTimeout is more than a node may take for an answer when PostgreSQL is away.
	replyTimeout = 60 * time.Second
)

// workload runs clients against nodes and keeps what they have seen.
type workload struct {
	mix   mix
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
	items    map[string]*item   // by name
	families map[string]*family // by name
	broken   []error            // replies that no command may have
}

// startWorkload starts the clients.
func startWorkload(m mix, nodes ...string) *workload {
	ctx, cancel := context.WithCancel(context.Background())
	w := &workload{
		mix: m, nodes: nodes, start: time.Now(), acked: make([]atomic.Int64, len(nodes)), acks: make(chan struct{}, 1), stop: cancel,
		tokens: map[string]tokenState{}, counters: map[string]*counter{},
		items: map[string]*item{}, families: map[string]*family{},
	}
	if m.scripts > 0 {
		for _, addr := range nodes {
			if err := loadScripts(addr); err != nil {
				w.report(err)
			}
		}
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
	epoch := c.w.count.Add(1) / c.w.mix.epoch
	if tallies := c.w.mix.tallies; len(tallies) > 0 && c.random.IntN(5) == 0 {
		return tallies[c.random.IntN(len(tallies))](c, epoch)
	}
	commands := c.checked(epoch)
	c.w.count.Add(int64(len(commands) - 1))
	if !c.choose(commands[0].database) {
		return false
	}
	var lines [][]string
	var last []int // the lines whose replies are those of the commands
	for i := range commands {
		line := commands[i].args
		if commands[i].scripted {
			line = c.throughScript(commands[i])
		} else if queue := commands[i].queue; queue != nil {
			lines = append(append(lines, words("MULTI")), queue...)
		}
		last = append(last, len(lines))
		lines = append(lines, line)
	}
	call := time.Since(c.w.start)
	executed := true
	results := c.do(lines...)
	for i := range commands {
		r := results[last[i]]
		executed = executed && r.executed
		if !r.executed && !r.unknown || r.unknown && reads[commands[i].args[0]] {
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
		pipeline = servertest.AppendCommand(pipeline, lengthened(args)...)
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
		c.judge(r, args, shortened(string(reply)))
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
	case strings.HasPrefix(reply, "-LOADING "), strings.HasPrefix(reply, "-EXECABORT "): // which follows LOADING for a queued command
		return
	case strings.HasPrefix(reply, "-ERR the outcome of this command is unknown"):
		r.unknown = true
		return
	case strings.HasPrefix(reply, "-") && reply != replyNoKey && reply != replyNoInteger && reply != replyWrongType:
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

// A longMark ends values that are sent with many bytes more, which the history leaves out.
const longMark = "~"

var (
	longTail = strings.Repeat("+", 450)
	longBulk = regexp.MustCompile(`\$(\d+)\r\n([^\r]*~)\++\r\n`)
)

// lengthened are arguments as they are sent.
func lengthened(args []string) []string {
	sent := args
	for i, arg := range args {
		if strings.HasSuffix(arg, longMark) {
			if &sent[0] == &args[0] {
				sent = slices.Clone(args)
			}
			sent[i] += longTail
		}
	}
	return sent
}

// shortened is a reply without what lengthened has added.
func shortened(reply string) string {
	if !strings.Contains(reply, longTail) {
		return reply
	}
	return longBulk.ReplaceAllStringFunc(reply, func(bulk string) string {
		value := longBulk.FindStringSubmatch(bulk)[2]
		if want := replyBulk(value + longTail); bulk != want {
			return bulk // damaged: the checker shall see it
		}
		return replyBulk(value)
	})
}
