package commands

import (
	"math"
	"strconv"

	"github.com/mnorrsken/postkeys/pg"
)

// scanMembers makes the run of HSCAN, SSCAN and ZSCAN. add puts one member into
// the reply.
func scanMembers(t pg.Type, f scanForm, add func(c *Call, o *scanOptions, f *found, m *pg.Member)) func(*Call) error {
	return func(c *Call) error {
		ms, err := c.members(0, t)
		if ms == nil || err != nil {
			return err
		}
		var list found
		next := uint64(0)
		if c.key(0).Exists() { // Redis does not read the options for a key that is absent
			o, fail := f.parse(c.args[2:])
			if fail != "" {
				c.fail(fail)
				return nil
			}
			next, err = c.scan(ms, &o, func(m *pg.Member) {
				if o.match.match(m.Name) {
					add(c, &o, &list, m)
				}
			})
			if err != nil {
				return err
			}
		}
		c.out.Array(2)
		c.out.BulkString(strconv.FormatUint(next, 10))
		list.answer(c)
		return nil
	}
}

// scan visits members from the cursor on and returns the next cursor. A set of
// integers is visited at once and in order.
func (c *Call) scan(ms *pg.Members, o *scanOptions, visit func(*pg.Member)) (uint64, error) {
	if c.key(0).Encoding() != pg.EncodingIntset {
		return ms.Scan(o.cursor, scanCount(o), visit)
	}
	list, err := setMembers(c.key(0), ms)
	for _, m := range list {
		visit(m)
	}
	return 0, err
}

// claimScanMembers makes the claim on the key at argument 1, whose cursor
// follows. Options that are wrong are an error only if the key is there.
func claimScanMembers(f scanForm) func(*Call) {
	return func(c *Call) {
		cursor, ok := parseCursor(c.args[2])
		if !ok {
			c.fail(errInvalidCursor)
			return
		}
		needs := &pg.Needs{}
		if o, fail := f.parse(c.args[2:]); fail == "" {
			needs = asking(pg.AskScan(cursor, scanCount(&o)))
		}
		c.claimElements(c.args[1], pg.ModeRead, needs)
	}
}

// scanCount is about how many members a call visits.
func scanCount(o *scanOptions) int64 { return min(o.count, math.MaxInt32) }
