package linearizability

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// bankTime is how long money moves; ten minutes are a long run.
var bankTime = flag.Duration("banktime", 10*time.Second, "how long the test of a bank runs")

// The bank has accounts with a balance each, and a purse of coins beside each of them.
const (
	bankNodes, bankClients       = 3, 32
	accounts, balance, purseSize = 40, 1000, 4
)

func account(i int) string { return "account:" + strconv.Itoa(i) }
func purse(i int) string   { return "purse:" + strconv.Itoa(i) }

// activity is something that the clients of a bank do again and again. run returns whether it was done, and an error about what must
// not be.
type activity struct {
	name string
	run  func(*bank, *servertest.Client, deal) (bool, error)
	done atomic.Int64
}

// deal is who gives how much to whom, by their numbers.
type deal struct{ from, to, amount int }

// bank is what clients do, and how often a watched transfer lost to others.
type bank struct {
	t                      *testing.T
	transfers, inspections []*activity
	lost                   atomic.Int64
}

func newBank(t *testing.T) *bank {
	return &bank{
		t: t,
		transfers: []*activity{
			{name: "WATCH", run: (*bank).transferWatched},
			{name: "MULTI", run: (*bank).transferBlindly},
			{name: "LMOVE", run: (*bank).moveCoin},
			{name: "EVALSHA", run: (*bank).transferByScript},
			{name: "EVALSHA of an undeclared key", run: (*bank).transferUndeclared},
			{name: "FCALL", run: (*bank).transferByFunction},
		},
		inspections: []*activity{
			{name: "inspections by MULTI", run: (*bank).inspect},
			{name: "inspections by EVAL", run: (*bank).inspectByScript},
			{name: "inspections by EVAL_RO", run: (*bank).inspectReadOnly},
		},
	}
}

// TestBankWithCrashes: whoever moves money, with MULTI and WATCH, with MULTI alone, with one command or a script, on whichever of three
// nodes, whatever crashes meanwhile: nobody ever sees another sum.
func TestBankWithCrashes(t *testing.T) {
	cluster := pgtest.NewCluster(t, nil)
	dsn := cluster.DSN("postkeys")
	c := &crashes{t: t, cluster: cluster}
	for range bankNodes {
		c.nodes = append(c.nodes, node(t, dsn))
	}
	b := newBank(t)
	b.open(c.nodes[0])
	ctx, cancel := context.WithCancel(context.Background())
	var clients sync.WaitGroup
	defer clients.Wait()
	defer cancel()
	for i := range bankClients {
		random := rand.New(rand.NewPCG(*seed, uint64(i)))
		clients.Go(func() { b.client(ctx, c.nodes[i%bankNodes].Addr, random) })
	}
	all := append([]func(*crashes){(*crashes).restartNode, (*crashes).restartDatabase, (*crashes).endConnections}, chances(1000)...)
	apart := rand.New(rand.NewPCG(*seed, bankClients))
	next, end := 0, time.Now().Add(*bankTime)
	for ; time.Now().Before(end) || next < 3; next++ {
		b.moreOf(t, apart.Int64N(100))
		all[next%len(all)](c)
	}
	b.moreOf(t, 5)
	cancel()
	clients.Wait()
	last, err := c.nodes[0].Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer last.Close()
	for _, a := range b.inspections {
		if done, err := a.run(b, last, deal{}); err != nil || !done {
			t.Errorf("in the end, %s: %v", a.name, err)
		}
	}
	for _, a := range b.all() {
		t.Logf("%s: %d", a.name, a.done.Load())
	}
	t.Logf("%d with WATCH lost to others; %d crashes", b.lost.Load(), next)
}

// TestInspectionFindsMissingMoney takes some away.
func TestInspectionFindsMissingMoney(t *testing.T) {
	t.Parallel()
	for _, theft := range [][]string{{"DECR", account(3)}, {"LPOP", purse(3)}} {
		s := redis(t)
		b := newBank(t)
		b.open(s)
		c, err := s.Dial()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for i, a := range b.all() {
			if done, err := a.run(b, c, deal{i, i + 1, 7}); !done || err != nil {
				t.Errorf("%s before: %v", a.name, err)
			}
		}
		if _, err := c.Do(theft...); err != nil {
			t.Fatal(err)
		}
		for _, a := range b.inspections {
			if _, err := a.run(b, c, deal{}); err == nil || !strings.Contains(err.Error(), "the sum is") {
				t.Errorf("%s after %q: %v", a.name, theft, err)
			}
		}
	}
}

func (b *bank) all() []*activity { return slices.Concat(b.transfers, b.inspections) }

// open fills accounts and purses, and loads the scripts.
func (b *bank) open(s *servertest.Server) {
	c, err := s.Dial()
	if err != nil {
		b.t.Fatal(err)
	}
	defer c.Close()
	commands := [][]string{{"SCRIPT", "LOAD", transferScript}, {"SCRIPT", "LOAD", undeclaredScript}, {"FUNCTION", "LOAD", transferLibrary}}
	for i := range accounts {
		commands = append(commands, words("SET", account(i), strconv.Itoa(balance)),
			append(words("RPUSH", purse(i)), strings.Fields(strings.Repeat("coin ", purseSize))...))
	}
	for _, args := range commands {
		if reply, err := c.Do(args...); err != nil || reply[0] == '-' {
			b.t.Fatalf("%q: %q, %v", args, reply, err)
		}
	}
}

// moreOf waits until every kind of transfer has happened again so many times, and been looked at.
func (b *bank) moreOf(t *testing.T, times int64) {
	t.Helper()
	var from []int64
	for _, a := range b.all() {
		from = append(from, a.done.Load())
	}
	deadline := time.Now().Add(progressTimeout)
	for i, a := range b.all() {
		for a.done.Load() <= from[i]+times {
			if time.Now().After(deadline) {
				t.Fatalf("%s: this does not go on", a.name)
			}
			pause(t.Context())
		}
	}
}

// client moves money until ctx ends. Whatever goes wrong, it connects anew: nothing stays watched or queued.
func (b *bank) client(ctx context.Context, addr string, random *rand.Rand) {
	var c *servertest.Client
	for ctx.Err() == nil {
		if c == nil {
			var err error
			if c, err = servertest.Dial(addr); err != nil {
				pause(ctx)
				continue
			}
			c.Timeout = replyTimeout
		}
		from := random.IntN(accounts)
		d := deal{from, (from + 1 + random.IntN(accounts-1)) % accounts, 1 + random.IntN(20)}
		kinds := b.transfers
		if random.IntN(7) == 0 {
			kinds = b.inspections
		}
		a := kinds[random.IntN(len(kinds))]
		done, err := a.run(b, c, d)
		if err != nil {
			b.t.Errorf("%s: %v", a.name, err)
		}
		if done {
			a.done.Add(1)
			continue
		}
		c.Close()
		c = nil
		pause(ctx)
	}
	if c != nil {
		c.Close()
	}
}

// exchange sends commands at once. It returns no replies when one of them was not executed or nobody knows, and an error when a
// reply must not come.
func (b *bank) exchange(c *servertest.Client, commands ...[]string) ([]codec.Value, error) {
	var pipeline []byte
	for _, args := range commands {
		pipeline = servertest.AppendCommand(pipeline, args...)
	}
	raw, err := c.Exchange(pipeline, len(commands))
	if err != nil {
		return nil, nil //nolint:nilerr // the node is being killed
	}
	values := make([]codec.Value, len(raw))
	for i, reply := range raw {
		text := string(reply)
		switch {
		case strings.HasPrefix(text, "-LOADING"), strings.HasPrefix(text, "-EXECABORT"), strings.HasPrefix(text, "-ERR the outcome of this"):
			return nil, nil
		case text[0] == '-':
			return nil, fmt.Errorf("%q answered %q", commands[i], text)
		}
		if values[i], _, err = codec.ParseValue(reply); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func (b *bank) answer(c *servertest.Client, args ...string) (bool, error) {
	values, err := b.exchange(c, args)
	return values != nil, err
}
