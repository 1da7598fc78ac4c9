package commands

import (
	"bytes"
	"math"
	"slices"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

// Commands that look for elements.

// lposOptions are the options of LPOS as given.
type lposOptions struct {
	rank  int64 // of the first match wanted; negative: from the right
	count int64 // of matches wanted, 0 for all and -1 for one that is not in an array
	most  int64 // of elements to look at, 0 for all
}

const errRankZero = "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... " +
	"or use negative to start from the end of the list"

// parseLpos reads the options of LPOS. It returns the error reply, or "".
func (c *Call) parseLpos() (o lposOptions, fail string) {
	o = lposOptions{rank: 1, count: -1}
	for i := 3; i < len(c.args); i += 2 {
		if i+1 == len(c.args) {
			return o, errSyntax
		}
		n, ok := number.ParseInt64(c.args[i+1])
		switch word := c.args[i]; {
		case isWord(word, "rank"):
			switch {
			case !ok:
				return o, errNotInteger
			case n == math.MinInt64:
				return o, "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"
			case n == 0:
				return o, errRankZero
			}
			o.rank = n
		case isWord(word, "count"):
			if !ok || n < 0 {
				return o, "ERR COUNT can't be negative"
			}
			o.count = n
		case isWord(word, "maxlen"):
			if !ok || n < 0 {
				return o, "ERR MAXLEN can't be negative"
			}
			o.most = n
		default:
			return o, errSyntax
		}
	}
	return o, ""
}

func claimLpos(c *Call) {
	o, fail := c.parseLpos()
	switch {
	case fail != "":
		c.fail(fail)
	case o.most == 0:
		c.claimElements(c.args[1], pg.ModeRead, &pg.Needs{All: true})
	case o.rank < 0:
		c.claimElements(c.args[1], pg.ModeRead, rightEnd.needs(o.most))
	default:
		c.claimElements(c.args[1], pg.ModeRead, leftEnd.needs(o.most))
	}
}

func lpos(c *Call) error {
	l, err := c.list(0)
	if l == nil || err != nil {
		return err
	}
	o, _ := c.parseLpos()
	most := l.Len()
	if o.most > 0 {
		most = min(most, o.most)
	}
	skip, wanted, backwards := o.rank-1, max(o.count, 1), o.rank < 0
	if backwards {
		skip = -o.rank - 1
	}
	if o.count == 0 {
		wanted = math.MaxInt64
	}
	var found []int64
	err = eachElement(l, most, backwards, func(i int64, v []byte) bool {
		if bytes.Equal(v, c.args[2]) {
			if skip--; skip < 0 {
				found = append(found, i)
			}
		}
		return int64(len(found)) < wanted
	})
	switch {
	case err != nil:
		return err
	case o.count >= 0:
		c.out.Array(len(found))
		for _, i := range found {
			c.out.Int(i)
		}
	case len(found) > 0:
		c.out.Int(found[0])
	default:
		c.out.Null()
	}
	return nil
}

// eachElement visits up to most elements from the left, or from the right if
// backwards is true, until visit returns false.
func eachElement(l *pg.List, most int64, backwards bool, visit func(i int64, v []byte) bool) error {
	if most == 0 {
		return nil
	}
	if !backwards {
		return l.Range(0, most-1, visit)
	}
	last := l.Len() - 1
	elements := make([][]byte, 0, most)
	err := l.Range(last-most+1, last, func(_ int64, v []byte) bool {
		elements = append(elements, v)
		return true
	})
	for i := len(elements) - 1; i >= 0 && err == nil; i-- {
		if !visit(last-most+1+int64(i), elements[i]) {
			break
		}
	}
	return err
}

func claimLinsert(c *Call) {
	if !isWord(c.args[2], "before") && !isWord(c.args[2], "after") {
		c.fail(errSyntax)
		return
	}
	c.claimElements(c.args[1], pg.ModeUpdate, &pg.Needs{All: true})
}

func linsert(c *Call) error {
	l, err := c.list(0)
	if l == nil || err != nil {
		return err
	}
	if l.Len() == 0 {
		c.out.Int(0)
		return nil
	}
	// Redis makes room first and looks for the pivot then.
	if err := c.growList(c.key(0), l, c.args[4:]); err != nil {
		return err
	}
	at := int64(-1)
	err = eachElement(l, l.Len(), false, func(i int64, v []byte) bool {
		if bytes.Equal(v, c.args[3]) {
			at = i
		}
		return at < 0
	})
	if err != nil {
		return err
	}
	if at < 0 {
		c.out.Int(-1)
		return nil
	}
	if isWord(c.args[2], "after") {
		at++
	}
	if err := l.Insert(at, c.args[4]); err != nil {
		return err
	}
	c.notify(settings.EventList, "linsert", 0)
	c.out.Int(l.Len())
	return nil
}

func claimLrem(c *Call) {
	if _, ok := number.ParseInt64(c.args[2]); !ok {
		c.fail(errNotInteger)
		return
	}
	c.claimElements(c.args[1], pg.ModeUpdate, &pg.Needs{All: true})
}

func lrem(c *Call) error {
	l, err := c.list(0)
	if l == nil || err != nil {
		return err
	}
	count, _ := number.ParseInt64(c.args[2])
	backwards := count < 0
	if backwards {
		count = -count
	}
	var found []int64
	err = eachElement(l, l.Len(), backwards, func(i int64, v []byte) bool {
		if bytes.Equal(v, c.args[3]) {
			found = append(found, i)
		}
		return count <= 0 || int64(len(found)) < count
	})
	if err != nil {
		return err
	}
	c.out.Int(int64(len(found)))
	if len(found) == 0 {
		return nil
	}
	if !backwards {
		slices.Reverse(found)
	}
	if err := l.Remove(found); err != nil {
		return err
	}
	c.notifyTaken(settings.EventList, "lrem", 0, len(found))
	return c.shrinkList(c.key(0), l)
}
