package commands

import (
	"bytes"
	"math"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

// Commands of this file carry a key as it is, with its expiry, to another
// name or database index. Both places are claimed so that they stay as they
// are found, absent ones too, until the commit.
var renameBindings = []binding{
	{name: "rename", claim: claimRename, run: func(c *Call) error { return c.rename(false) }},
	{name: "renamenx", claim: claimRename, run: func(c *Call) error { return c.rename(true) }},
	{name: "copy", claim: claimCopy, run: copyKey},
	{name: "move", claim: claimMove, run: move},
}

const errSameObject = "ERR source and destination objects are the same"

func claimRename(c *Call) { c.claimAll(1, 1, pg.ModeStable, pg.PartHeader) }

// rename serves RENAME and, if the new name has to be free, RENAMENX.
func (c *Call) rename(onlyFree bool) error {
	src, dst := c.key(0), c.key(1)
	switch {
	case !src.Exists():
		c.fail(errNoSuchKey)
		return nil
	case onlyFree && dst.Exists():
		c.out.Int(0)
		return nil
	case !bytes.Equal(c.args[1], c.args[2]):
		c.tx.Rename(src, dst)
		c.notifyNew(1)
		c.notify(settings.EventGeneric, "rename_from", 0)
		c.notify(settings.EventGeneric, "rename_to", 1)
	}
	if onlyFree {
		c.out.Int(1)
	} else {
		c.out.OK()
	}
	return nil
}

// parseDB reads a database index. It returns the error reply, or "".
func (c *Call) parseDB(arg []byte) (db int, fail string) {
	n, ok := number.ParseInt64(arg)
	switch {
	case !ok:
		return 0, errNotInteger
	case n < math.MinInt32 || n > math.MaxInt32:
		return 0, "ERR value is out of range, value must between -2147483648 and 2147483647"
	case n < 0 || n >= c.server().settings.Int(settings.Databases):
		return 0, errDBRange
	}
	return int(n), ""
}

// copyOptions are the options of COPY as given.
type copyOptions struct {
	db      int
	replace bool
}

// parseCopy reads the options of COPY. It returns the error reply, or "".
func (c *Call) parseCopy() (o copyOptions, fail string) {
	o.db = c.db
	for i := 3; i < len(c.args); i++ {
		switch a := c.args[i]; {
		case isWord(a, "replace"):
			o.replace = true
		case isWord(a, "db") && i+1 < len(c.args):
			i++
			if o.db, fail = c.parseDB(c.args[i]); fail != "" {
				return o, fail
			}
		default:
			return o, errSyntax
		}
	}
	if o.db == c.db && bytes.Equal(c.args[1], c.args[2]) {
		return o, errSameObject
	}
	return o, ""
}

func claimCopy(c *Call) {
	o, fail := c.parseCopy()
	if fail != "" {
		c.fail(fail)
		return
	}
	c.claim(c.args[1], pg.ModeUpdate, pg.PartValue)
	c.claimIn(o.db, c.args[2], pg.ModeStable, pg.PartHeader)
}

func copyKey(c *Call) error {
	o, _ := c.parseCopy()
	src, dst := c.key(0), c.key(1)
	if !src.Exists() || dst.Exists() && !o.replace {
		c.out.Int(0)
		return nil
	}
	if err := c.tx.Copy(src, dst); err != nil {
		return err
	}
	c.notifyNew(1)
	c.notify(settings.EventGeneric, "copy_to", 1)
	c.out.Int(1)
	return nil
}

func claimMove(c *Call) {
	db, fail := c.parseDB(c.args[2])
	if fail == "" && db == c.db {
		fail = errSameObject
	}
	if fail != "" {
		c.fail(fail)
		return
	}
	c.claim(c.args[1], pg.ModeStable, pg.PartHeader)
	c.claimIn(db, c.args[1], pg.ModeStable, pg.PartHeader)
}

func move(c *Call) error {
	src, dst := c.key(0), c.key(1)
	if !src.Exists() || dst.Exists() {
		c.out.Int(0)
		return nil
	}
	c.tx.Rename(src, dst)
	c.notifyNew(1)
	c.notify(settings.EventGeneric, "move_from", 0)
	c.notify(settings.EventGeneric, "move_to", 1)
	c.out.Int(1)
	return nil
}
