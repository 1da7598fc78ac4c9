package commands

import (
	"math"
	"strconv"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/pg"
)

// scanMembers makes the run of HSCAN, SSCAN and ZSCAN. add puts one member into
// the reply.
func scanMembers(t pg.Type, add func(c *Call, f *found, m *pg.Member)) func(*Call) error {
	return func(c *Call) error {
		e := c.key(0)
		ms, err := c.members(0, t)
		if ms == nil || err != nil {
			return err
		}
		var f found
		next := uint64(0)
		if e.Exists() { // Redis does not read the options for a key that is absent
			o, fail := parseScanMembers(c.args[3:])
			if fail != "" {
				c.fail(fail)
				return nil
			}
			cursor, _ := parseCursor(c.args[2])
			next, err = ms.Scan(cursor, min(o.count, math.MaxInt32), func(m *pg.Member) {
				if o.match.match(m.Name) {
					add(c, &f, m)
				}
			})
			if err != nil {
				return err
			}
		}
		c.out.Array(2)
		c.out.BulkString(strconv.FormatUint(next, 10))
		f.answer(c)
		return nil
	}
}

// claimScanMembers claims the key at argument 1, whose cursor follows.
func claimScanMembers(c *Call) {
	if _, ok := parseCursor(c.args[2]); !ok {
		c.fail("ERR invalid cursor")
		return
	}
	c.claimElements(c.args[1], pg.ModeRead, &pg.Needs{})
}

// parseScanMembers reads the options after the cursor. It returns the error
// reply, or "".
func parseScanMembers(args [][]byte) (o scanOptions, fail string) {
	o.count, o.match.all = defaultScanCount, true
	for ; len(args) > 1; args = args[2:] {
		switch a, value := args[0], args[1]; {
		case isWord(a, "count"):
			var ok bool
			if o.count, ok = number.ParseInt64(value); !ok {
				return o, errNotInteger
			}
			if o.count < 1 {
				return o, errSyntax
			}
		case isWord(a, "match"):
			o.match = newMatcher(value)
		default:
			return o, errSyntax
		}
	}
	if len(args) > 0 {
		return o, errSyntax
	}
	return o, ""
}
