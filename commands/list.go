package commands

import (
	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

var listBindings = []binding{
	{name: "lpush", claim: updatesEnd(leftEnd), run: push(leftEnd, false)},
	{name: "rpush", claim: updatesEnd(rightEnd), run: push(rightEnd, false)},
	{name: "lpushx", claim: updatesEnd(leftEnd), run: push(leftEnd, true)},
	{name: "rpushx", claim: updatesEnd(rightEnd), run: push(rightEnd, true)},
	{name: "lpop", claim: claimPop(leftEnd), run: pop(leftEnd)},
	{name: "rpop", claim: claimPop(rightEnd), run: pop(rightEnd)},
	{name: "lmpop", claim: claimLmpop, run: func(c *Call) error { return c.lmpop(c.args[1:]) }},
	{name: "lmove", claim: claimLmove, run: lmove},
	{name: "rpoplpush", claim: claimRpoplpush, run: rpoplpush},

	{name: "llen", claim: reads(1, pg.PartHeader), run: llen},
	{name: "lindex", claim: claimIndex(pg.ModeRead), run: lindex},
	{name: "lrange", claim: claimLrange, run: lrange},
	{name: "lpos", claim: claimLpos, run: lpos},

	{name: "lset", claim: claimIndex(pg.ModeUpdate), run: lset},
	{name: "linsert", claim: claimLinsert, run: linsert},
	{name: "lrem", claim: claimLrem, run: lrem},
	{name: "ltrim", claim: claimLtrim, run: ltrim},
}

// listEnd is one end of a list.
type listEnd uint8

const (
	leftEnd listEnd = iota
	rightEnd
)

// parseEnd reads LEFT or RIGHT.
func parseEnd(arg []byte) (end listEnd, ok bool) {
	switch {
	case isWord(arg, "left"):
		return leftEnd, true
	case isWord(arg, "right"):
		return rightEnd, true
	}
	return 0, false
}

// maxHint bounds numbers of elements in hints: nothing is that far from the
// end of a list, and sums of such numbers do not overflow.
const maxHint = 1 << 40

// needs asks for the elements next to an end.
func (end listEnd) needs(count int64) *pg.Needs {
	count = min(count, maxHint)
	if end == leftEnd {
		return &pg.Needs{Left: count}
	}
	return &pg.Needs{Right: count}
}

// nearEnd is how far from an end of a list elements are looked for from there.
const nearEnd = 600

// needsIndex asks for the elements from one index to another, as they stand in
// a command. Near an end they are counted from there: a list that grows at that
// end has others at these indexes each time.
func needsIndex(start, stop int64) *pg.Needs {
	switch {
	case start >= 0 && start <= nearEnd && stop >= start && stop <= nearEnd:
		return leftEnd.needs(stop + 1)
	case stop < 0 && stop >= -nearEnd && start <= stop && start >= -nearEnd:
		return rightEnd.needs(-start)
	}
	return &pg.Needs{Range: true, Start: max(-maxHint, min(start, maxHint)), Stop: max(-maxHint, min(stop, maxHint))}
}

// updatesEnd claims the key at argument 1 to change one end of it.
func updatesEnd(end listEnd) func(*Call) {
	return func(c *Call) { c.claimElements(c.args[1], pg.ModeUpdate, end.needs(1)) }
}

// list returns the working set of the i-th claimed key. It answers WRONGTYPE
// and returns nil if the key holds something else than a list.
func (c *Call) list(i int) (*pg.List, error) {
	e := c.key(i)
	if e.Exists() && e.Type() != pg.TypeList {
		c.fail(errWrongType)
		return nil, nil
	}
	return e.List()
}

// listRange turns two indexes as they stand in a command into ones from the
// left that are within the list. The range is empty if start is beyond stop.
func listRange(start, stop, length int64) (int64, int64) {
	if start < 0 {
		start = max(start+length, 0)
	}
	if stop < 0 {
		stop += length
	}
	return start, min(stop, length-1)
}

func llen(c *Call) error {
	l, err := c.list(0)
	if l != nil && err == nil {
		c.out.Int(l.Len())
	}
	return err
}

// claimIndex claims the key at argument 1 and the element whose index is
// argument 2. A wrong index is an error only if the key is there.
func claimIndex(mode pg.Mode) func(*Call) {
	return func(c *Call) {
		i, _ := number.ParseInt64(c.args[2])
		c.claimElements(c.args[1], mode, needsIndex(i, i))
	}
}

func lindex(c *Call) error {
	l, err := c.list(0)
	if l == nil || err != nil {
		return err
	}
	if l.Len() == 0 {
		c.out.Null()
		return nil
	}
	i, ok := number.ParseInt64(c.args[2])
	if !ok {
		c.fail(errNotInteger)
		return nil
	}
	if i < 0 {
		i += l.Len()
	}
	if i < 0 || i >= l.Len() {
		c.out.Null()
		return nil
	}
	v, err := l.At(i)
	if err == nil {
		c.out.Bulk(v)
	}
	return err
}

// parseIndexes reads arguments 2 and 3. The error reply has been given if ok
// is false.
func (c *Call) parseIndexes() (start, stop int64, ok bool) {
	start, ok = number.ParseInt64(c.args[2])
	if ok {
		stop, ok = number.ParseInt64(c.args[3])
	}
	if !ok {
		c.fail(errNotInteger)
	}
	return start, stop, ok
}

func claimLrange(c *Call) {
	if start, stop, ok := c.parseIndexes(); ok {
		c.claimElements(c.args[1], pg.ModeRead, needsIndex(start, stop))
	}
}

func lrange(c *Call) error {
	l, err := c.list(0)
	if l == nil || err != nil {
		return err
	}
	start, stop, _ := c.parseIndexes()
	start, stop = listRange(start, stop, l.Len())
	if start > stop {
		c.out.Array(0)
		return nil
	}
	c.out.Array(int(stop - start + 1))
	return l.Range(start, stop, func(_ int64, v []byte) bool {
		c.out.Bulk(v)
		return true
	})
}

func lset(c *Call) error {
	l, err := c.list(0)
	if l == nil || err != nil {
		return err
	}
	if l.Len() == 0 {
		c.fail(errNoSuchKey)
		return nil
	}
	i, ok := number.ParseInt64(c.args[2])
	if !ok {
		c.fail(errNotInteger)
		return nil
	}
	// Redis makes room first and looks at the index then.
	if err := c.growList(c.key(0), l, c.args[3:]); err != nil {
		return err
	}
	if i < -l.Len() || i >= l.Len() {
		i = int64(int32(i)) // as Redis reads what it has no element for
	}
	if i < 0 {
		i += l.Len()
	}
	if i < 0 || i >= l.Len() {
		c.fail(errIndexRange)
		return nil
	}
	if err := l.Set(i, c.args[3]); err != nil {
		return err
	}
	c.notify(settings.EventList, "lset", 0)
	c.out.OK()
	return c.shrinkList(c.key(0), l)
}
