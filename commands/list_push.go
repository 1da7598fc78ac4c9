package commands

import (
	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

// Pushing, popping and moving.

func (end listEnd) push(l *pg.List, v []byte) error {
	if end == leftEnd {
		return l.PushLeft(v)
	}
	return l.PushRight(v)
}

// pushed and popped are the names of the events.
func (end listEnd) pushed() string {
	if end == leftEnd {
		return "lpush"
	}
	return "rpush"
}

func (end listEnd) popped() string {
	if end == leftEnd {
		return "lpop"
	}
	return "rpop"
}

func (end listEnd) pop(l *pg.List) ([]byte, error) {
	if end == leftEnd {
		return l.PopLeft()
	}
	return l.PopRight()
}

// push serves LPUSH and RPUSH, and those that need an existing list.
func push(end listEnd, existing bool) func(*Call) error {
	return func(c *Call) error {
		l, err := c.list(0)
		if l == nil || err != nil {
			return err
		}
		if existing && l.Len() == 0 {
			c.out.Int(0)
			return nil
		}
		if err := c.growList(c.key(0), l, c.args[2:]); err != nil {
			return err
		}
		for _, v := range c.args[2:] {
			if err := end.push(l, v); err != nil {
				return err
			}
		}
		c.notify(settings.EventList, end.pushed(), 0)
		c.out.Int(l.Len())
		return nil
	}
}

// popCount reads the count of LPOP and RPOP, -1 if there is none. The error
// reply has been given if ok is false.
func (c *Call) popCount() (count int64, ok bool) {
	switch {
	case len(c.args) > 3:
		c.wrongArity()
		return 0, false
	case len(c.args) < 3:
		return -1, true
	}
	count, ok = number.ParseInt64(c.args[2])
	if !ok || count < 0 {
		c.fail(errNotPositive)
		return 0, false
	}
	return count, true
}

func claimPop(end listEnd) func(*Call) {
	return func(c *Call) {
		if count, ok := c.popCount(); ok {
			c.claimElements(c.args[1], pg.ModeUpdate, end.needs(max(count, 1)))
		}
	}
}

// pop serves LPOP and RPOP.
func pop(end listEnd) func(*Call) error {
	return func(c *Call) error {
		l, err := c.list(0)
		if l == nil || err != nil {
			return err
		}
		count, _ := c.popCount()
		switch {
		case l.Len() == 0 && count < 0:
			c.out.Null()
		case l.Len() == 0:
			c.out.NullArray()
		case count >= 0:
			return c.popElements(0, l, end, count)
		default:
			v, err := end.pop(l)
			if err != nil {
				return err
			}
			c.out.Bulk(v)
			return c.listPopped(0, l, end)
		}
		return nil
	}
}

// popElements removes up to count elements from the list of the i-th claimed
// key and answers with them, the one at the end first.
func (c *Call) popElements(i int, l *pg.List, end listEnd, count int64) error {
	count = min(count, l.Len())
	c.out.Array(int(count))
	if count == 0 {
		return nil
	}
	first := int64(0)
	if end == rightEnd {
		first = l.Len() - count
	}
	// All of them in one go, if they were not loaded with the key.
	if err := l.Range(first, first+count-1, func(int64, []byte) bool { return false }); err != nil {
		return err
	}
	for range count {
		v, err := end.pop(l)
		if err != nil {
			return err
		}
		c.out.Bulk(v)
	}
	return c.listPopped(i, l, end)
}

// listPopped ends a command that has taken elements from the list of a claim.
func (c *Call) listPopped(claim int, l *pg.List, end listEnd) error {
	c.notifyTaken(settings.EventList, end.popped(), claim, 1)
	return c.shrinkList(c.key(claim), l)
}

// mpop is LMPOP as asked for.
type mpop struct {
	keys  [][]byte
	end   listEnd
	count int64
}

// parseMpop reads the arguments of LMPOP from the number of keys on. It returns the
// error reply, or "".
func parseMpop(args [][]byte) (m mpop, fail string) {
	n, ok := number.ParseInt64(args[0])
	if !ok || n < 1 {
		return m, "ERR numkeys should be greater than 0"
	}
	if n > int64(len(args)-2) {
		return m, errSyntax
	}
	m.keys, m.count = args[1:1+n], 1
	rest := args[1+n:]
	if m.end, ok = parseEnd(rest[0]); !ok {
		return m, errSyntax
	}
	switch rest = rest[1:]; {
	case len(rest) == 0:
		return m, ""
	case len(rest) < 2 || !isWord(rest[0], "count"):
		return m, errSyntax
	}
	if m.count, ok = number.ParseInt64(rest[1]); !ok || m.count < 1 {
		return m, "ERR count should be greater than 0"
	}
	if len(rest) > 2 {
		return m, errSyntax
	}
	return m, ""
}

func claimLmpop(c *Call) {
	m, fail := parseMpop(c.args[1:])
	if fail != "" {
		c.fail(fail)
		return
	}
	c.claimMpop(m, takeMode(len(m.keys)))
}

func (c *Call) claimMpop(m mpop, mode pg.Mode) {
	needs := m.end.needs(m.count)
	for _, key := range m.keys {
		c.claimElements(key, mode, needs)
	}
}

// lmpop serves LMPOP and BLMPOP, given the arguments from the number of keys on.
func (c *Call) lmpop(args [][]byte) error {
	m, _ := parseMpop(args)
	for i, key := range m.keys {
		l, err := c.list(i)
		if l == nil || err != nil {
			return err
		}
		if l.Len() == 0 {
			continue
		}
		if !c.take(i, max(l.Len()-m.count, 0)) {
			continue
		}
		c.out.Array(2)
		c.out.Bulk(key)
		return c.popElements(i, l, m.end, m.count)
	}
	c.nothing(c.out.NullArray)
	return nil
}

func claimLmove(c *Call) {
	if from, to, ok := c.parseEnds(); ok {
		c.claimMove(from, to)
	}
}

// parseEnds reads arguments 3 and 4. The error reply has been given if ok is false.
func (c *Call) parseEnds() (from, to listEnd, ok bool) {
	from, okFrom := parseEnd(c.args[3])
	to, okTo := parseEnd(c.args[4])
	if ok = okFrom && okTo; !ok {
		c.fail(errSyntax)
	}
	return from, to, ok
}

func claimRpoplpush(c *Call) { c.claimMove(rightEnd, leftEnd) }

func (c *Call) claimMove(from, to listEnd) {
	c.claimElements(c.args[1], pg.ModeUpdate, from.needs(1))
	c.claimElements(c.args[2], pg.ModeUpdate, to.needs(1))
}

// rpoplpush serves RPOPLPUSH and BRPOPLPUSH.
func rpoplpush(c *Call) error { return c.moveElement(rightEnd, leftEnd) }

// lmove serves LMOVE and BLMOVE.
func lmove(c *Call) error {
	from, _ := parseEnd(c.args[3])
	to, _ := parseEnd(c.args[4])
	return c.moveElement(from, to)
}

// moveElement takes an element from one end of the first key and puts it at
// one end of the second, which may be the same key.
func (c *Call) moveElement(from, to listEnd) error {
	src, err := c.list(0)
	if src == nil || err != nil {
		return err
	}
	if src.Len() == 0 {
		c.nothing(c.out.Null)
		return nil
	}
	dst, err := c.list(1)
	if dst == nil || err != nil {
		return err
	}
	left := src.Len() - 1
	if src == dst {
		left++
	}
	if !c.take(0, left) {
		c.nothing(c.out.Null)
		return nil
	}
	if src == dst && src.Len() == 1 {
		// Without its only element the key would be gone, and its expiry.
		v, err := src.At(0)
		if err == nil {
			c.notify(settings.EventList, to.pushed(), 1)
			c.notify(settings.EventList, from.popped(), 0)
			c.out.Bulk(v)
		}
		return err
	}
	v, err := from.pop(src)
	if err != nil {
		return err
	}
	if err := c.growList(c.key(1), dst, [][]byte{v}); err != nil {
		return err
	}
	if err := to.push(dst, v); err != nil {
		return err
	}
	c.notify(settings.EventList, to.pushed(), 1)
	c.out.Bulk(v)
	return c.listPopped(0, src, from)
}
