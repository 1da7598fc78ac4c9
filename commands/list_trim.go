package commands

import (
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

// fewTrimmed is up to how many elements a list is expected to lose when it is
// trimmed: one that is kept at a length loses as many as were pushed since.
const fewTrimmed = 64

func claimLtrim(c *Call) {
	start, stop, ok := c.parseIndexes()
	if !ok {
		return
	}
	needs := &pg.Needs{}
	if start > 0 {
		needs.Left = min(start+1, fewTrimmed)
	}
	switch {
	case stop < -1:
		needs.Right = min(-stop, fewTrimmed)
	case stop >= 0:
		needs.Range, needs.Start, needs.Stop = true, min(stop, maxHint), min(stop, maxHint)+fewTrimmed
	}
	c.claimElements(c.args[1], pg.ModeUpdate, needs)
}

func ltrim(c *Call) error {
	l, err := c.list(0)
	if l == nil || err != nil {
		return err
	}
	start, stop, _ := c.parseIndexes()
	start, stop = listRange(start, stop, l.Len())
	if l.Len() == 0 {
		c.out.OK()
		return nil
	}
	switch {
	case start > stop:
		c.key(0).Delete()
	default:
		err = trim(l, start, stop)
	}
	if err != nil {
		return err
	}
	c.notify(settings.EventList, "ltrim", 0)
	c.notifyEmptied(0)
	c.out.OK()
	return c.shrinkList(c.key(0), l)
}

// trim removes all elements but start to stop. A few are popped one by one, as
// they are mostly in nodes that are loaded anyhow.
func trim(l *pg.List, start, stop int64) error {
	right := l.Len() - 1 - stop
	if start+right > 2*fewTrimmed {
		return l.Trim(start, stop)
	}
	for range start {
		if _, err := l.PopLeft(); err != nil {
			return err
		}
	}
	for range right {
		if _, err := l.PopRight(); err != nil {
			return err
		}
	}
	return nil
}
