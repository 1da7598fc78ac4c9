package engine

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mnorrsken/postkeys/pg"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

func TestMain(m *testing.M) {
	code := pgtest.Main(m)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, "goroutines are left:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// testPatience bounds what a test waits for.
const testPatience = time.Minute

// oneEach gives every lane one worker, so that what is submitted while it is busy meets in one round.
var oneEach = [numLanes]int{1, 1, 1, 1}

// start runs an engine on a database until the test ends.
func start(t *testing.T, dsn string, change func(*Options)) *Engine {
	t.Helper()
	o := Options{
		PG:       pg.Config{DSN: dsn, StatementTimeout: 20 * time.Second, ConnectTimeout: 5 * time.Second, Databases: 2},
		Lanes:    oneEach,
		Patience: testPatience,
		Log:      slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&o)
	}
	if err := pg.Migrate(t.Context(), pg.Config{DSN: dsn, Databases: 2}); err != nil {
		t.Fatal(err)
	}
	e := New(o)
	e.Start()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), testPatience)
		defer cancel()
		if err := e.Stop(ctx); err != nil {
			t.Error("stopping the engine:", err)
		}
	})
	return e
}

// step is one command of a test's task.
type step struct {
	claims []Claim
	run    func(tx *pg.Tx, keys []*pg.Entry) (string, error)
}

// client is a Runner whose commands are functions.
type client struct {
	Task

	steps   []step
	first   []int    // claim of each step
	run     []string // replies since the last Keep
	kept    []string // final replies
	runs    int
	started chan struct{} // holds a value once Run was called
	done    chan struct{}
}

func newClient(lane Lane, steps ...step) *client {
	c := &client{steps: steps, started: make(chan struct{}, 1), done: make(chan struct{})}
	c.Runner, c.Lane, c.Items = c, lane, len(steps)
	for i, s := range steps {
		c.first = append(c.first, len(c.Claims))
		for _, claim := range s.claims {
			claim.Item = i
			c.Claims = append(c.Claims, claim)
		}
	}
	return c
}

func (c *client) Run(tx *pg.Tx, from, to int) error {
	c.runs++
	c.run = c.run[:0]
	select {
	case c.started <- struct{}{}:
	default:
	}
	for i := from; i < to; i++ {
		first, s := c.first[i], c.steps[i]
		if err := c.Resolve(tx, first, first+len(s.claims)); err != nil {
			return err
		}
		var keys []*pg.Entry
		for k := range s.claims {
			keys = append(keys, c.Claims[first+k].Entry())
		}
		reply, err := s.run(tx, keys)
		if err != nil {
			return err
		}
		c.run = append(c.run, reply)
	}
	return nil
}

func (c *client) Keep() {
	c.kept = append(c.kept, c.run...)
	c.run = nil
}

func (c *client) Fail(from, to int, err error) {
	for range to - from {
		c.kept = append(c.kept, fmt.Sprintf("kind %d: %s", pg.KindOf(err), pg.ReasonOf(err)))
	}
}

func (c *client) Done() Flusher {
	close(c.done)
	return c
}

func (c *client) Flush() {}

// replies waits for the end of the task.
func (c *client) replies(t *testing.T) []string {
	t.Helper()
	within(t, c.done, "the end of a task")
	return c.kept
}

func within(t *testing.T, signal <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-signal:
	case <-time.After(testPatience):
		t.Fatalf("waited in vain for %s", what)
	}
}

func claim(name string, mode pg.Mode) Claim {
	return Claim{Name: []byte(name), Hash: pg.HashKey(0, []byte(name)), Mode: mode, Part: pg.PartValue}
}

func get(name string) step {
	return step{[]Claim{claim(name, pg.ModeRead)}, func(_ *pg.Tx, keys []*pg.Entry) (string, error) {
		return string(keys[0].Value()), nil
	}}
}

func set(name, value string) step {
	return step{[]Claim{claim(name, pg.ModeBlind)}, func(_ *pg.Tx, keys []*pg.Entry) (string, error) {
		keys[0].Replace([]byte(value), pg.EncodingNatural)
		return "OK", nil
	}}
}

func incr(name string) step {
	return step{[]Claim{claim(name, pg.ModeUpdate)}, func(_ *pg.Tx, keys []*pg.Entry) (string, error) {
		n := 0
		if keys[0].Exists() {
			n, _ = strconv.Atoi(string(keys[0].Value()))
		}
		keys[0].SetString(strconv.AppendInt(nil, int64(n+1), 10), pg.EncodingNatural)
		return string(keys[0].Value()), nil
	}}
}

// gate is a step that waits until it is opened.
func gate(claims ...Claim) (s step, open func()) {
	opened := make(chan struct{})
	return step{claims, func(*pg.Tx, []*pg.Entry) (string, error) {
		<-opened
		return "gate", nil
	}}, func() { close(opened) }
}

// together runs clients in one round of a lane that has one worker: it keeps the worker busy until all are queued.
func together(t *testing.T, e *Engine, lane Lane, clients ...*client) {
	t.Helper()
	s, open := gate()
	busy := newClient(lane, s)
	e.Submit(&busy.Task)
	within(t, busy.started, "a worker")
	for _, c := range clients {
		e.Submit(&c.Task)
	}
	open()
	busy.replies(t)
}

// expect compares replies.
func expect(t *testing.T, c *client, want ...string) {
	t.Helper()
	if got := c.replies(t); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// try runs steps in one task and returns its replies.
func try(t *testing.T, e *Engine, lane Lane, steps ...step) []string {
	t.Helper()
	c := newClient(lane, steps...)
	e.Submit(&c.Task)
	return c.replies(t)
}
