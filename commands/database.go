package commands

import (
	"math"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

var databaseBindings = []binding{
	{name: "dbsize", run: dbsize, slow: true},
	{name: "flushdb", claim: checkFlush, run: func(c *Call) error { return c.flush(c.db) }, slow: true},
	{name: "flushall", claim: checkFlush, run: func(c *Call) error { return c.flush(pg.AllDatabases) }, slow: true},
	{name: "swapdb", claim: checkSwap, run: swap, slow: true},
}

const errDBRange = "ERR DB index is out of range"

func dbsize(c *Call) error {
	n, err := c.tx.Count(c.db)
	if err != nil {
		return err
	}
	c.out.Int(n)
	return nil
}

// checkFlush takes SYNC and ASYNC, which are the same here: the keys are gone
// at once, and their rows are freed in the background.
func checkFlush(c *Call) {
	if len(c.args) > 2 || len(c.args) == 2 && !isWord(c.args[1], "sync") && !isWord(c.args[1], "async") {
		c.fail(errSyntax)
	}
}

func (c *Call) flush(db int) error {
	if err := c.tx.FlushDB(db); err != nil {
		return err
	}
	c.out.OK()
	return nil
}

// parseSwap reads the arguments of SWAPDB. It returns the error reply, or "".
func (c *Call) parseSwap() (dbs [2]int, fail string) {
	for i, which := range [2]string{"first", "second"} {
		n, ok := number.ParseInt64(c.args[1+i])
		if !ok || n < math.MinInt32 || n > math.MaxInt32 {
			return dbs, "ERR invalid " + which + " DB index"
		}
		dbs[i] = int(n)
	}
	for _, db := range dbs {
		if db < 0 || int64(db) >= c.server().settings.Int(settings.Databases) {
			return dbs, errDBRange
		}
	}
	return dbs, ""
}

func checkSwap(c *Call) {
	if _, fail := c.parseSwap(); fail != "" {
		c.fail(fail)
	}
}

func swap(c *Call) error {
	dbs, _ := c.parseSwap()
	if err := c.tx.SwapDB(dbs[0], dbs[1]); err != nil {
		return err
	}
	c.out.OK()
	return nil
}
