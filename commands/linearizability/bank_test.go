package linearizability

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
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

// bank counts what its clients did.
type bank struct {
	t                                      *testing.T
	watched, lost, blind, coins, inspected atomic.Int64
}

// TestBankWithCrashes: whoever moves money, with MULTI and WATCH, with MULTI alone or with one command, on whichever of three nodes,
// whatever crashes meanwhile: nobody ever sees another sum.
func TestBankWithCrashes(t *testing.T) {
	cluster := pgtest.NewCluster(t, nil)
	dsn := cluster.DSN("postkeys")
	c := &crashes{t: t, cluster: cluster}
	for range bankNodes {
		c.nodes = append(c.nodes, node(t, dsn))
	}
	b := &bank{t: t}
	b.open(c.nodes[0])
	ctx, cancel := context.WithCancel(context.Background())
	var clients sync.WaitGroup
	defer clients.Wait()
	defer cancel()
	for i := range bankClients {
		random := rand.New(rand.NewPCG(*seed, uint64(i)))
		clients.Go(func() { b.client(ctx, c.nodes[i%bankNodes].Addr, random) })
	}
	end := time.Now().Add(*bankTime)
	for next := 0; time.Now().Before(end) || next < 3; next++ {
		b.moreOf(t)
		[]func(*crashes){(*crashes).restartNode, (*crashes).restartDatabase, (*crashes).endConnections, (*crashes).restartNode}[next%4](c)
	}
	b.moreOf(t)
	cancel()
	clients.Wait()
	last, err := c.nodes[0].Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer last.Close()
	if done, err := b.inspect(last); err != nil || !done {
		t.Errorf("in the end: %v", err)
	}
	t.Logf("%d transfers with WATCH, %d of them lost to others, %d without, %d coins moved, %d inspections",
		b.watched.Load(), b.lost.Load(), b.blind.Load(), b.coins.Load(), b.inspected.Load())
}

// TestInspectionFindsMissingMoney takes some away.
func TestInspectionFindsMissingMoney(t *testing.T) {
	t.Parallel()
	for _, theft := range [][]string{{"DECR", account(3)}, {"LPOP", purse(3)}} {
		s := redis(t)
		b := &bank{t: t}
		b.open(s)
		c, err := s.Dial()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if done, err := b.inspect(c); !done || err != nil {
			t.Errorf("before: %v", err)
		}
		if _, err := c.Do(theft...); err != nil {
			t.Fatal(err)
		}
		if _, err := b.inspect(c); err == nil || !strings.Contains(err.Error(), "the sum is") {
			t.Errorf("after %q: %v", theft, err)
		}
	}
}

// open fills accounts and purses.
func (b *bank) open(s *servertest.Server) {
	c, err := s.Dial()
	if err != nil {
		b.t.Fatal(err)
	}
	defer c.Close()
	for i := range accounts {
		for _, args := range [][]string{
			{"SET", account(i), strconv.Itoa(balance)},
			append([]string{"RPUSH", purse(i)}, strings.Fields(strings.Repeat("coin ", purseSize))...),
		} {
			if reply, err := c.Do(args...); err != nil || reply[0] == '-' {
				b.t.Fatalf("%q: %q, %v", args, reply, err)
			}
		}
	}
}

// moreOf waits until every kind of transfer has happened again, and been looked at.
func (b *bank) moreOf(t *testing.T) {
	t.Helper()
	kinds := []*atomic.Int64{&b.watched, &b.blind, &b.coins, &b.inspected}
	var from []int64
	for _, n := range kinds {
		from = append(from, n.Load())
	}
	deadline := time.Now().Add(progressTimeout)
	for i := 0; i < len(kinds); {
		if kinds[i].Load() > from[i]+10 {
			i++
			continue
		}
		if time.Now().After(deadline) {
			t.Fatalf("kind %d of transfers does not go on", i)
		}
		pause(t.Context())
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
		to := (from + 1 + random.IntN(accounts-1)) % accounts
		amount := 1 + random.IntN(20)
		var done bool
		var err error
		switch random.IntN(7) {
		case 0, 1:
			done, err = b.transferWatched(c, account(from), account(to), amount)
		case 2, 3:
			n := strconv.Itoa(amount)
			done, err = b.execute(c, &b.blind, words("DECRBY", account(from), n), words("INCRBY", account(to), n))
		case 4, 5:
			if done, err = b.answer(c, "LMOVE", purse(from), purse(to), "LEFT", "RIGHT"); done {
				b.coins.Add(1)
			}
		default:
			done, err = b.inspect(c)
		}
		if err != nil {
			b.t.Error(err)
		}
		if !done {
			c.Close()
			c = nil
			pause(ctx)
		}
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

// execute runs commands in a transaction and counts it.
func (b *bank) execute(c *servertest.Client, counter *atomic.Int64, commands ...[]string) (bool, error) {
	values, err := b.exchange(c, append(append([][]string{{"MULTI"}}, commands...), words("EXEC"))...)
	if values == nil {
		return false, err
	}
	if values[len(values)-1].Null {
		b.lost.Add(1)
	} else {
		counter.Add(1)
	}
	return true, nil
}

// transferWatched computes the balances here: only WATCH keeps others from changing them meanwhile.
func (b *bank) transferWatched(c *servertest.Client, from, to string, amount int) (bool, error) {
	// The second command is sent when the first one is known to have been executed.
	if done, err := b.answer(c, "WATCH", from, to); !done {
		return false, err
	}
	values, err := b.exchange(c, words("MGET", from, to))
	if values == nil {
		return false, err
	}
	var has [2]int
	for i := range has {
		if has[i], err = strconv.Atoi(string(values[0].Elems[i].Str)); err != nil {
			return false, err
		}
	}
	return b.execute(c, &b.watched, words("SET", from, strconv.Itoa(has[0]-amount)), words("SET", to, strconv.Itoa(has[1]+amount)))
}

// inspect adds up what all accounts and purses hold at one moment.
func (b *bank) inspect(c *servertest.Client) (bool, error) {
	commands := [][]string{{"MULTI"}, {"MGET"}}
	for i := range accounts {
		commands[1] = append(commands[1], account(i))
		commands = append(commands, words("LLEN", purse(i)))
	}
	values, err := b.exchange(c, append(commands, words("EXEC"))...)
	if values == nil {
		return false, err
	}
	replies := values[len(values)-1].Elems
	sum, coins := 0, 0
	for i := range accounts {
		n, err := strconv.Atoi(string(replies[0].Elems[i].Str))
		if err != nil {
			return false, err
		}
		sum, coins = sum+n, coins+int(replies[1+i].Int)
	}
	if sum != accounts*balance || coins != accounts*purseSize {
		return false, fmt.Errorf("the sum is %d, not %d; there are %d coins, not %d", sum, accounts*balance, coins, accounts*purseSize)
	}
	b.inspected.Add(1)
	return true, nil
}
