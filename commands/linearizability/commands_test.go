package linearizability

import (
	"flag"
	"fmt"
	"strconv"
)

// seed makes other commands; who meets whom is up to chance in any case.
var seed = flag.Uint64("seed", 1, "seed of the commands that clients send")

// hard adds the groups and pipelines whose histories the checker cannot always decide in time.
var hard = flag.Bool("hard", false, "also swap and flush database indexes, mix all kinds of commands, and send pipelines")

// severalClients is the share of the clients, one of so many, that use a group with commands of several keys: when a node is held up, all
// of them wait at the same time, and the checker has to try the orders of what they sent.
const severalClients = 2

// hardClients is the share of the clients, one of so many, that use those groups: what many clients do to an index at once has more
// orders than can be tried.
const hardClients = 4

// load is how many commands each node executes without crashes, and between two crashes.
var (
	load      = flag.Int64("load", 6000, "commands for each node to execute without crashes")
	crashLoad = flag.Int64("crashload", 400, "commands for each node to execute between two crashes")
)

// crashCount is how many crashes a test has that leaves them to chance.
var crashCount = flag.Int("crashes", 6, "crashes of a test that chooses them at random")

// crashScripts puts scripts into the long histories with crashes.
var crashScripts = flag.Int("crashscripts", 0, "strings and collections with crashes: one command in so many is sent through a script, 0: none")

// databases is how many database indexes the servers under test have.
const databases = 1024

// place is where a command works: one group of an epoch.
type place struct {
	c     *client
	name  string // of the keys, without their number
	db    int    // the group's first or second database index
	dbs   [2]int // their numbers
	value string // that no other command stores
	tail  string // of values and elements: longMark where they are long, or nothing
}

func (p place) key(i int) string { return p.name + strconv.Itoa(i) }

// one is some key, and two are some two different ones.
func (p place) one() string { return p.key(p.c.random.IntN(3)) }

func (p place) two() (string, string) {
	a := p.c.random.IntN(3)
	return p.key(a), p.key((a + 1 + p.c.random.IntN(2)) % 3)
}

// pick chooses one of several commands, given as its words.
func (p place) pick(options ...[]string) []string { return options[p.c.random.IntN(len(options))] }

func words(w ...string) []string { return w }

// mix is what the clients of a workload do.
type mix struct {
	// kinds are the kinds of groups. They differ in what happens to their keys, so that all commands meet themselves and others. The first
	// ones, singles of them, have commands of one key only: each key is a group of its own then, which makes the checker's work easier.
	kinds   []func(p place) []string
	singles int
	// tallies are what is not checked in its order but counted.
	tallies []func(c *client, epoch int64) bool
	// epoch is for how many commands a key is used.
	epoch int64
	// apart is into how many parts the clients are divided, each with groups of its own. 1 lets all clients meet, but for those that
	// severalClients keeps away from commands of several keys.
	apart int
	// pipelines says that one command in so many comes as a pipeline; 0: none does.
	pipelines int
	// transactions says that one command in so many is a transaction of a few; 0: none is.
	transactions int
	// scripts says that one of them, and of single commands, in so many is sent through a script; 0: none is.
	scripts int
	// hard adds a kind with database indexes of its own, and one in which all kinds meet.
	hard bool
	// long makes the values of every other epoch so long that few of them fill a row of PostgreSQL.
	long bool
}

// stringMix is about commands on strings and on keys.
func stringMix() mix {
	m := mix{
		kinds: []func(p place) []string{counters, onceOnly, texts, several, names, expiries}, singles: 3,
		tallies: []func(c *client, epoch int64) bool{token, count}, epoch: 2400, apart: 1, scripts: 8, hard: *hard,
	}
	if *hard {
		m.pipelines = 12
	}
	return m
}

// counters are taken away now and then.
func counters(p place) []string {
	k := p.one()
	return p.pick(words("INCR", k), words("INCR", k), words("INCR", k), words("GET", k), words("GETDEL", k))
}

// onceOnly are values that are set once and taken once.
func onceOnly(p place) []string {
	k, v := p.one(), p.value
	return p.pick(words("SETNX", k, v), words("SET", k, v, "NX"), words("SET", k, v, "NX", "GET"), words("GETDEL", k), words("GET", k))
}

// texts grow and are replaced.
func texts(p place) []string {
	k, v := p.one(), p.value
	return p.pick(words("APPEND", k, v), words("APPEND", k, v), words("GETDEL", k), words("SET", k, v), words("SET", k, v, "GET"),
		words("SET", k, v, "XX"), words("GET", k))
}

// several keys at once.
func several(p place) []string {
	a, b := p.two()
	return p.pick(words("MSETNX", a, p.value, b, p.value), words("MSETNX", a, p.value, b, p.value), words("MSET", a, p.value, b, p.value),
		words("MGET", p.key(0), p.key(1), p.key(2)), words("MGET", a, b), words("EXISTS", p.key(0), p.key(1), p.key(2)), words("GETDEL", a),
		words("DEL", a, b), words("DEL", a, b))
}

// names are given to contents and taken from them.
func names(p place) []string {
	a, b := p.two()
	return p.pick(words("RENAME", a, b), words("RENAMENX", a, b), words("COPY", a, b), words("COPY", a, b, "REPLACE"),
		words("SET", a, p.value), words("SETNX", a, p.value), words("APPEND", a, p.value), words("GETDEL", a), words("DEL", a, b),
		words("MGET", p.key(0), p.key(1), p.key(2)))
}

// expiries are set and removed; none passes, unless it has passed already.
func expiries(p place) []string {
	k, v := p.one(), p.value
	return p.pick(words("SET", k, v), words("SET", k, v, "EX", "9999"), words("SET", k, v, "KEEPTTL"), words("APPEND", k, v),
		words("EXPIRE", k, "9999"), words("EXPIRE", k, "9999", "NX"), words("EXPIRE", k, "9999", "XX"), words("EXPIRE", k, "0"),
		words("PERSIST", k), words("PERSIST", k), words("GET", k), words("RENAME", k, p.one()))
}

// indexes are flushed and swapped under what else happens to them.
func indexes(p place) []string {
	a, b := p.two()
	return p.pick(words("FLUSHDB"), words("SWAPDB", strconv.Itoa(p.dbs[0]), strconv.Itoa(p.dbs[1])),
		words("MOVE", a, strconv.Itoa(p.dbs[1-p.db])), words("MOVE", b, strconv.Itoa(p.dbs[1-p.db])), words("DBSIZE"), words("SET", a, p.value), words("SETNX", a, p.value), words("APPEND", a, p.value), words("MSET", a, p.value, b, p.value),
		words("MGET", p.key(0), p.key(1), p.key(2)), words("GETDEL", a), words("DEL", a, b))
}

// checked makes commands for a group that the checker examines: mostly one, and now and then a pipeline.
func (c *client) checked(epoch int64) []command {
	m := &c.w.mix
	choices := len(m.kinds)
	if m.hard {
		choices += 2
	}
	kind := c.random.IntN(choices)
	switch {
	case m.apart > 1:
	case kind >= len(m.kinds) && c.id%hardClients != 0, kind >= m.singles && kind < len(m.kinds) && (c.id+kind)%severalClients != 0:
		kind = c.random.IntN(m.singles)
	}
	p := place{c: c, name: fmt.Sprintf("group:%d:%d:%d:", epoch, kind, c.id%m.apart)}
	if m.long && epoch%2 == 1 {
		p.tail = longMark
	}
	next := func(p place) []string { return m.kinds[c.random.IntN(len(m.kinds))](p) }
	switch n := int(1 + 2*epoch); {
	case kind < len(m.kinds):
		next = m.kinds[kind]
	case kind == len(m.kinds) && n+1 < databases: // a very long run has none left for it
		p.db, p.dbs = c.random.IntN(2), [2]int{n, n + 1}
		next = indexes
	}
	scripted := m.scripts > 0 && p.dbs == [2]int{} && c.random.IntN(m.scripts) == 0
	if m.transactions > 0 && c.random.IntN(m.transactions) == 0 {
		t := c.transaction(p, next)
		t.scripted = scripted
		return []command{t}
	}
	length := 1
	if m.pipelines > 0 && c.random.IntN(m.pipelines) == 0 {
		length += 1 + c.random.IntN(3)
	}
	commands := make([]command, length)
	for i := range commands {
		c.serial++
		p.value = fmt.Sprintf("%d.%d%s", c.id, c.serial, p.tail)
		commands[i] = command{group: p.name, db: p.db, database: p.dbs[p.db], args: next(p)}
		if kind < m.singles {
			commands[i].group = commands[i].args[1]
		}
		commands[i].scripted = scripted
	}
	return commands
}

// transaction makes a command of several: the checker sees EXEC alone.
func (c *client) transaction(p place, next func(p place) []string) command {
	t := command{group: p.name, db: p.db, database: p.dbs[p.db], args: words("EXEC")}
	for len(t.queue) < 2 || c.random.IntN(2) == 0 {
		c.serial++
		p.value = fmt.Sprintf("%d.%d%s", c.id, c.serial, p.tail)
		if args := next(p); choices[args[0]] == nil { // the model finds the outcome of a choice by its whole reply
			t.queue = append(t.queue, args)
		}
	}
	return t
}
