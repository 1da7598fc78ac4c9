package commands

import (
	"slices"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

var setsRandomBindings = []binding{
	randomBinding("srandmember", pg.TypeSet, "", srandmember),
	{name: "spop", claim: claimSpop, run: spop},
}

// srandmember answers with all integers in their order, as an intset holds them.
func srandmember(c *Call, ms *pg.Members, r *randomRequest, chosen []*pg.Member) {
	if r.count >= ms.Len() && c.key(0).Encoding() == pg.EncodingIntset {
		slices.SortFunc(chosen, compareIntegers)
	}
	c.out.Array(len(chosen))
	for _, m := range chosen {
		c.out.Bulk(m.Name)
	}
}

func claimSpop(c *Call) {
	count := int64(1)
	if len(c.args) > 2 {
		var ok bool
		count, ok = number.ParseInt64(c.args[2])
		switch {
		case len(c.args) > 3:
			c.fail(errSyntax)
			return
		case !ok || count < 0:
			c.fail(errNotPositive)
			return
		}
	}
	c.claimElements(c.args[1], pg.ModeUpdate, &pg.Needs{Random: min(count, maxRandomHint)})
}

func spop(c *Call) error {
	ms, err := c.members(0, pg.TypeSet)
	if ms == nil || err != nil {
		return err
	}
	if len(c.args) > 2 {
		return c.spopCount(ms)
	}
	chosen, err := ms.Random(1)
	if err != nil {
		return err
	}
	c.nameOrNull(chosen)
	for _, m := range chosen {
		ms.Drop(m)
	}
	c.notifyTaken(settings.EventSet, "spop", 0, len(chosen))
	return nil
}

func (c *Call) spopCount(ms *pg.Members) error {
	count, _ := number.ParseInt64(c.args[2])
	e, size := c.key(0), ms.Len()
	var chosen []*pg.Member
	var err error
	if count >= size {
		chosen, err = setMembers(e, ms)
		chosen = slices.Clone(chosen)
	} else {
		chosen, err = ms.Random(count)
	}
	if err != nil {
		return err
	}
	c.out.Set(len(chosen))
	for _, m := range chosen {
		c.out.Bulk(m.Name)
		ms.Drop(m)
	}
	c.notifyTaken(settings.EventSet, "spop", 0, len(chosen))
	return c.setWriter(e, ms).shrunk(count, size-count)
}

// fewLeft is the proportion of members popped to members left from which on
// Redis builds the set anew from what is left.
const fewLeft = 5

// shrunk finds the form of a set after members were popped together: what is
// left of many may be represented as a smaller set.
func (w *setWriter) shrunk(popped, left int64) error {
	if left <= 0 || left*fewLeft > popped || w.e.Encoding() != pg.EncodingHashtable {
		return nil
	}
	if left > w.limits.entries {
		return nil
	}
	all, err := w.ms.All()
	if err != nil || slices.ContainsFunc(all, func(m *pg.Member) bool { return int64(len(m.Name)) > w.limits.value }) {
		return err
	}
	w.e.SetEncoding(pg.EncodingListpack)
	return nil
}
