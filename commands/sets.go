package commands

import (
	"slices"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

// Sets are in sets.go (single members), sets_encoding.go, sets_random.go and
// sets_algebra.go. set.go is about the command SET.
var setsBindings = []binding{
	{name: "sadd", claim: named(pg.ModeUpdate, 2, 1), run: sadd},
	{name: "srem", claim: named(pg.ModeUpdate, 2, 1), run: removeMembers(pg.TypeSet, settings.EventSet)},
	{name: "smembers", claim: everything(pg.ModeRead), run: smembers},
	{name: "sismember", claim: named(pg.ModeRead, 2, 1), run: sismember},
	{name: "smismember", claim: named(pg.ModeRead, 2, 1), run: smismember},
	{name: "scard", claim: reads(1, pg.PartHeader), run: scard},
	{name: "smove", claim: claimSmove, run: smove},
	{name: "sscan", claim: claimScanMembers(scanForm{}), run: scanMembers(pg.TypeSet, scanForm{}, addScannedName)},
}

func sadd(c *Call) error {
	ms, err := c.members(0, pg.TypeSet)
	if ms == nil || err != nil {
		return err
	}
	w := c.setWriter(c.key(0), ms)
	w.expect(c.args[2], int64(len(c.args)-2))
	if err := ms.Fetch(c.args[2:]...); err != nil {
		return err
	}
	added := int64(0)
	for _, name := range c.args[2:] {
		isNew, err := w.add(name)
		if err != nil {
			return err
		}
		if isNew {
			added++
		}
	}
	if added > 0 {
		c.notify(settings.EventSet, "sadd", 0)
	}
	c.out.Int(added)
	return nil
}

func smembers(c *Call) error {
	ms, err := c.members(0, pg.TypeSet)
	if ms == nil || err != nil {
		return err
	}
	list, err := setMembers(c.key(0), ms)
	if err != nil {
		return err
	}
	c.out.Set(len(list))
	for _, m := range list {
		c.out.Bulk(m.Name)
	}
	return nil
}

// setMembers returns every member in the order in which Redis shows them: an
// intset's are sorted.
func setMembers(e *pg.Entry, ms *pg.Members) ([]*pg.Member, error) {
	list, err := ms.All()
	if err != nil || e.Encoding() != pg.EncodingIntset {
		return list, err
	}
	list = slices.Clone(list)
	slices.SortFunc(list, compareIntegers)
	return list, nil
}

// compareIntegers orders members that are integers.
func compareIntegers(a, b *pg.Member) int {
	m, _ := number.ParseInt64(a.Name)
	n, _ := number.ParseInt64(b.Name)
	switch {
	case m < n:
		return -1
	case m > n:
		return 1
	default:
		return 0
	}
}

// member answers 1 if a set has a member, and 0 if not.
func (c *Call) member(ms *pg.Members, name []byte) error {
	m, err := ms.Find(name)
	switch {
	case err != nil:
		return err
	case m == nil:
		c.out.Int(0)
	default:
		c.out.Int(1)
	}
	return nil
}

func sismember(c *Call) error {
	ms, err := c.members(0, pg.TypeSet)
	if ms == nil || err != nil {
		return err
	}
	return c.member(ms, c.args[2])
}

func smismember(c *Call) error {
	ms, err := c.members(0, pg.TypeSet)
	if ms == nil || err != nil {
		return err
	}
	if err := ms.Fetch(c.args[2:]...); err != nil {
		return err
	}
	c.out.Array(len(c.args) - 2)
	for _, name := range c.args[2:] {
		if err := c.member(ms, name); err != nil {
			return err
		}
	}
	return nil
}

func scard(c *Call) error {
	ms, err := c.members(0, pg.TypeSet)
	if ms != nil && err == nil {
		c.out.Int(ms.Len())
	}
	return err
}

func claimSmove(c *Call) {
	c.claimElements(c.args[1], pg.ModeUpdate, &pg.Needs{Names: c.args[3:]})
	c.claimElements(c.args[2], pg.ModeUpdate, &pg.Needs{Names: c.args[3:]})
}

func smove(c *Call) error {
	if !c.key(0).Exists() { // the type of the other key does not matter then
		c.out.Int(0)
		return nil
	}
	from, err := c.members(0, pg.TypeSet)
	if from == nil || err != nil {
		return err
	}
	to, err := c.members(1, pg.TypeSet)
	if to == nil || err != nil {
		return err
	}
	name := c.args[3]
	if from == to {
		return c.member(from, name)
	}
	moved, err := from.Remove(name)
	switch {
	case err != nil:
		return err
	case !moved:
		c.out.Int(0)
		return nil
	}
	c.notifyTaken(settings.EventSet, "srem", 0, 1)
	w := c.setWriter(c.key(1), to)
	if to.Len() == 0 {
		w.expect(name, 1)
	}
	isNew, err := w.add(name)
	if err != nil {
		return err
	}
	if isNew {
		c.notify(settings.EventSet, "sadd", 1)
	}
	c.out.Int(1)
	return nil
}

// addScannedName puts a member into the reply of SSCAN.
func addScannedName(_ *Call, _ *scanOptions, f *found, m *pg.Member) { f.add(m.Name) }
