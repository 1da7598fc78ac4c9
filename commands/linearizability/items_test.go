package linearizability

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/servertest"
)

// item is what enters a collection once and is handed out once.
type item struct {
	family string
	pushed tokenState
	handed int // how often
}

// family is a pair of collections of one type, between which items move as well.
type family struct {
	a, b  string // keys
	trade *trade
	names []string // of its items
	lost  int      // the most items that commands of unknown outcome have taken away
}

// trade is how items enter, leave and change collections of a type.
type trade struct {
	name string
	push func(c *client, key string, items []string) []string
	// pop takes n items from one of the keys, with a count unless n is 1.
	pop  func(c *client, a, b string, n int) []string
	move func(c *client, a, b, item string) []string // nil: they can't be moved
	read func(key string) []string
}

var trades = []*trade{
	{
		name: "list",
		push: func(c *client, key string, items []string) []string {
			return append(words(c.either("LPUSH", "RPUSH"), key), items...)
		},
		pop: func(c *client, a, b string, n int) []string {
			if c.random.IntN(3) == 0 {
				return words("LMPOP", "2", a, b, c.either("LEFT", "RIGHT"), "COUNT", strconv.Itoa(n))
			}
			return counting(n, c.either("LPOP", "RPOP"), a)
		},
		move: func(c *client, a, b, _ string) []string {
			return words("LMOVE", a, b, c.either("LEFT", "RIGHT"), c.either("LEFT", "RIGHT"))
		},
		read: func(key string) []string { return words("LRANGE", key, "0", "-1") },
	},
	{
		name: "set",
		push: func(_ *client, key string, items []string) []string { return append(words("SADD", key), items...) },
		pop:  func(_ *client, a, _ string, n int) []string { return counting(n, "SPOP", a) },
		move: func(_ *client, a, b, item string) []string { return words("SMOVE", a, b, item) },
		read: func(key string) []string { return words("SMEMBERS", key) },
	},
	{
		name: "zset",
		push: func(c *client, key string, items []string) []string {
			args := words("ZADD", key)
			for _, i := range items {
				args = append(args, strconv.Itoa(c.random.IntN(100)), i)
			}
			return args
		},
		pop: func(c *client, a, b string, n int) []string {
			if c.random.IntN(3) == 0 {
				return words("ZMPOP", "2", a, b, c.either("MIN", "MAX"), "COUNT", strconv.Itoa(n))
			}
			return counting(n, c.either("ZPOPMIN", "ZPOPMAX"), a)
		},
		read: func(key string) []string { return words("ZRANGE", key, "0", "-1") },
	},
}

func (c *client) either(a, b string) string {
	if c.random.IntN(2) == 0 {
		return a
	}
	return b
}

// counting is a command with a count behind it, unless that is 1.
func counting(n int, args ...string) []string {
	if n == 1 {
		return args
	}
	return append(args, strconv.Itoa(n))
}

const (
	// itemMark begins the name of every item, and of no key.
	itemMark = "item:"
	// batches are how many items a command pushes or pops at most: in every other family so many that they soon fill more than the row
	// of the key.
	smallBatch, largeBatch = 2, 40
	// tide is how many commands push more than they pop before it is the other way round: collections grow and shrink over the size at
	// which their storage changes.
	tide = 400
)

// handOut sends a command that gives items to a pair of collections, takes them from it or moves one within it.
func handOut(c *client, epoch int64) bool {
	t, batch := trades[c.random.IntN(len(trades))], smallBatch
	if c.random.IntN(2) == 0 {
		batch = largeBatch
	}
	name := fmt.Sprintf("%s:%d:%d", t.name, batch, epoch)
	f := c.w.family(name, t)
	a, b := f.a, f.b
	if c.random.IntN(2) == 0 {
		a, b = b, a
	}
	pushes := 3
	if c.w.count.Load()/tide%2 == 0 {
		pushes = 5
	}
	switch n := c.random.IntN(10); {
	case n < pushes:
		return c.push(name, t, a, 1+c.random.IntN(batch))
	case n < 8 || t.move == nil:
		n := 1 + c.random.IntN(batch)
		return c.take(f, t.pop(c, a, b, n), n)
	}
	return c.single(t.move(c, a, b, c.w.someItem(f, c.random.IntN))...).executed
}

// family returns one, which is made when it is first asked for.
func (w *workload) family(name string, t *trade) *family {
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.families[name]
	if f == nil {
		f = &family{a: "items:" + name + ":a", b: "items:" + name + ":b", trade: t}
		w.families[name] = f
	}
	return f
}

// someItem is one that has been pushed and may be there.
func (w *workload) someItem(f *family, random func(int) int) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(f.names) == 0 {
		return itemMark
	}
	return f.names[random(len(f.names))]
}

// push pushes n new items.
func (c *client) push(family string, t *trade, key string, n int) bool {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s%d.%d.%d:%s", itemMark, c.id, c.serial, i, "some more bytes to make a list of items long")
	}
	r := c.single(t.push(c, key, names)...)
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	f := c.w.families[family]
	f.names = append(f.names, names...)
	for _, name := range names {
		i := c.w.items[name]
		if i == nil { // nobody was quicker to take it than we are to note it
			i = &item{}
			c.w.items[name] = i
		}
		i.family, i.pushed = family, r.learnt()
	}
	return r.executed
}

// take sends a command that takes up to n items.
func (c *client) take(f *family, args []string, n int) bool {
	r := c.single(args...)
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	switch r.learnt() {
	case tokenUnknown:
		f.lost += n
	case tokenAcknowledged:
		names, err := itemsIn([]byte(r.reply))
		if err != nil || len(names) > n {
			c.w.broken = append(c.w.broken, fmt.Errorf("%q answered %q: %w", args, r.reply, err))
		}
		for _, name := range names {
			i := c.w.items[name]
			if i == nil { // its client has yet to note it
				i = &item{}
				c.w.items[name] = i
			}
			if i.handed++; i.handed > 1 {
				c.w.broken = append(c.w.broken, fmt.Errorf("%q handed out %s, which was handed out before", args, name))
			}
		}
	}
	return r.executed
}

// itemsIn returns the names of items in a reply.
func itemsIn(reply []byte) (names []string, err error) {
	v, _, err := codec.ParseValue(reply)
	if err != nil {
		return nil, err
	}
	var walk func(v *codec.Value)
	walk = func(v *codec.Value) {
		if strings.HasPrefix(string(v.Str), itemMark) {
			names = append(names, string(v.Str))
		}
		for i := range v.Elems {
			walk(&v.Elems[i])
		}
	}
	walk(&v)
	return names, nil
}

// verifyItems looks for the items that were not handed out.
func (w *workload) verifyItems(c *servertest.Client) error {
	left := map[string]int{}
	for _, f := range w.families {
		for _, key := range []string{f.a, f.b} {
			reply, err := c.Do(f.trade.read(key)...)
			if err != nil {
				return err
			}
			names, err := itemsIn(reply)
			if err != nil {
				return err
			}
			for _, name := range names {
				left[name]++
			}
		}
	}
	var violations []error
	violation := func(format string, args ...any) { violations = append(violations, fmt.Errorf(format, args...)) }
	missing := map[string]int{}
	for name, i := range w.items {
		n := i.handed + left[name]
		switch {
		case i.family == "":
			violation("%s was never sent and is there %d times", name, n)
		case n > 1:
			violation("%s was handed out %d times and is there %d times", name, i.handed, left[name])
		case n == 1 && i.pushed == tokenNotExecuted:
			violation("%s was reported as not executed and is there", name)
		case n == 0 && i.pushed == tokenAcknowledged:
			missing[i.family]++
		}
		delete(left, name)
	}
	for name := range left {
		violation("%s was never sent and is there", name)
	}
	for name, n := range missing {
		if lost := w.families[name].lost; n > lost {
			violation("%d items of %s are gone, and commands of unknown outcome took %d at most", n, name, lost)
		}
	}
	return errors.Join(violations[:min(len(violations), violationsMax)]...)
}

// addUp adds to a number in a hash or a sorted set, or makes the collection larger or smaller around it.
func addUp(c *client, epoch int64) bool {
	which := strconv.Itoa(c.random.IntN(2))
	hash, zset := fmt.Sprint("sums:hash:", epoch), fmt.Sprint("sums:zset:", epoch)
	by := 1 + c.random.IntN(3)
	filler := fmt.Sprintf("filler:%d:%0200d", c.random.IntN(12), 0)
	switch c.random.IntN(10) {
	case 0, 1:
		return c.increment("HGET "+hash+" integer"+which, float64(by), "HINCRBY", hash, "integer"+which, strconv.Itoa(by))
	case 2, 3:
		return c.increment("HGET "+hash+" number"+which, float64(by)+.5, "HINCRBYFLOAT", hash, "number"+which, fmt.Sprintf("%d.5", by))
	case 4, 5:
		return c.increment("ZSCORE "+zset+" member"+which, float64(by)+.25, "ZINCRBY", zset, fmt.Sprintf("%d.25", by), "member"+which)
	case 6:
		return c.single("HSET", hash, filler, "v").executed
	case 7:
		return c.single("HDEL", hash, filler).executed
	case 8:
		return c.single("ZADD", zset, "0", filler).executed
	}
	return c.single("ZREM", zset, filler).executed
}
