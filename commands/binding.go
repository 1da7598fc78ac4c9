package commands

import (
	"fmt"

	"github.com/mnorrsken/postkeys/commands/engine"
	"github.com/mnorrsken/postkeys/commands/spec"
	"github.com/mnorrsken/postkeys/pg"
)

// binding connects a command of the table with what it does.
type binding struct {
	name string

	// local runs a command that needs no storage, on the connection's loop.
	local func(c *Call)

	// claim says which keys a storage command uses, how, and how much of them;
	// nil if it uses none by name. It runs on the loop. A command that can be
	// answered without storage after all, because its arguments are wrong or
	// ask for nothing stored, writes its reply here.
	claim func(c *Call)
	// run does the work of a storage command, on a worker, once the claimed
	// keys are loaded. It may run again with fresh keys if the round has to be
	// repeated: it MUST NOT have effects beyond its keys and its reply. The
	// error is one of package pg's; a failure of the command is a reply.
	run func(c *Call) error

	// slow commands look at more than the keys they name, and run alone.
	slow bool
	// alone: the command takes its time outside of PostgreSQL. Commands before it
	// in its batch are answered first, and those behind it wait for its end.
	alone bool
	// waitsFor is what a command waits for that may block, see blocking.go. It is
	// alone in its job, as above, unless it is part of a transaction or script.
	waitsFor pg.Type
	// quiet: claiming a key does not count as a use of it.
	quiet bool

	// failing answers in place of run when PostgreSQL is away or refuses the
	// command; nil for the usual error.
	failing func(c *Call, err error)

	// ordered commands tell or change what belongs to the whole server. They
	// wait until the commands before them in the batch are done.
	ordered bool

	// whileSubscribed: it may be sent by a subscriber that speaks RESP2.
	whileSubscribed bool

	// looks: the keys claimed count as hits and misses.
	looks bool
	// lookedUp are the claims whose keys are told of if they are absent.
	lookedUp lookedUpClaims
}

// bindings holds the binding of each command by spec.Spec.ID; commands that
// are known and not served have none.
var bindings []*binding

// The table is made here, since EXEC and scripts find other commands in it: Go
// allows no circle between a variable and what it is made of.
func init() {
	bindings = bind(
		connectionBindings, transactionBindings, scriptBindings, scriptManageBindings, functionBindings, functionManageBindings,
		clientBindings, trackingBindings,
		stringBindings, setBindings, counterBindings, rangeBindings, lcsBindings, bitmapBindings, bitfieldBindings, hyperloglogBindings,
		subscribeBindings, publishBindings, monitorBindings,
		commandBindings, configBindings, infoBindings, debugBindings, timeBindings, lolwutBindings,
		hashBindings, hashWalkBindings, hashExpireBindings, hashGetSetBindings,
		setsBindings, setsRandomBindings, setsAlgebraBindings,
		listBindings, listBlockBindings, sortBindings,
		zsetBindings, zsetBlockBindings, zsetAddBindings, zsetRangeBindings, zsetPopBindings, zsetRandomBindings, zsetAlgebraBindings,
		geoBindings, geoSearchBindings,
		keyBindings, expireBindings, scanBindings, renameBindings, dumpBindings, migrateBindings, databaseBindings, objectBindings, memoryBindings,
	)
}

func bind(groups ...[]binding) []*binding {
	table := make([]*binding, len(spec.All()))
	for _, group := range groups {
		for i := range group {
			b := &group[i]
			s := spec.ByName([]byte(b.name))
			if s == nil || table[s.ID] != nil || (b.local == nil) == (b.run == nil) {
				panic(fmt.Sprintf("commands: binding of %q", b.name))
			}
			b.looks = looksUp(s)
			b.lookedUp = lookedUpBy(b.name, s)
			table[s.ID] = b
		}
	}
	return table
}

// The usual claims. The numbers are positions among the arguments.

// reads claims the key at an argument for reading.
func reads(arg int, part pg.Part) func(*Call) {
	return func(c *Call) { c.claim(c.args[arg], pg.ModeRead, part) }
}

// updates claims the key at an argument for reading and writing.
func updates(arg int, part pg.Part) func(*Call) {
	return func(c *Call) { c.claim(c.args[arg], pg.ModeUpdate, part) }
}

// readsAll claims every argument from one on, in steps, for reading.
func readsAll(from, step int, part pg.Part) func(*Call) {
	return func(c *Call) { c.claimAll(from, step, pg.ModeRead, part) }
}

// laneOf returns the lane that serves both a lane chosen so far and a claim.
func laneOf(lane engine.Lane, mode pg.Mode) engine.Lane {
	switch {
	case lane == engine.Slow, mode == pg.ModeRead:
		return lane
	case mode == pg.ModeBlind:
		return max(lane, engine.Blind)
	default:
		return max(lane, engine.Update)
	}
}
