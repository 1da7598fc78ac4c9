package commands

import (
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

// Claims of collections. The numbers are positions among the arguments.

// claimElements says that the command uses a key and some of its elements.
func (c *Call) claimElements(name []byte, mode pg.Mode, needs *pg.Needs) {
	c.claim(name, mode, pg.PartHeader)
	c.task.Claims[len(c.task.Claims)-1].Needs = needs
}

// takeMode is how commands claim keys of which they change those that are there,
// or the first one. A key of several that is absent has to stay so until the
// others are changed: otherwise a client may see it there and the others as they
// were, and no order explains the reply.
func takeMode(keys int) pg.Mode {
	if keys > 1 {
		return pg.ModeStable
	}
	return pg.ModeUpdate
}

// named claims the key at argument 1 and the elements named by the arguments
// from one on, in steps.
func named(mode pg.Mode, from, step int) func(*Call) {
	return func(c *Call) { c.claimElements(c.args[1], mode, c.namedNeeds(from, step)) }
}

func (c *Call) namedNeeds(from, step int) *pg.Needs {
	n := &pg.Needs{Names: make([][]byte, 0, (len(c.args)-from+step-1)/step)}
	for i := from; i < len(c.args); i += step {
		n.Names = append(n.Names, c.args[i])
	}
	return n
}

// everything claims the key at argument 1 with all its elements.
func everything(mode pg.Mode) func(*Call) {
	return func(c *Call) { c.claimElements(c.args[1], mode, &pg.Needs{All: true}) }
}

// members returns the working set of the i-th claimed key, which has to hold a
// collection of a type or be absent. It answers WRONGTYPE and returns nil if the
// key holds something else.
func (c *Call) members(i int, t pg.Type) (*pg.Members, error) {
	e := c.key(i)
	if e.Exists() && e.Type() != t {
		c.fail(errWrongType)
		return nil, nil
	}
	return e.Members(t)
}

// fitsListpack reports whether a collection of n elements, the longest of them of a
// length, is a listpack by two of Redis' settings.
func (c *Call) fitsListpack(n int64, longest int, entries, value settings.ID) bool {
	s := c.server().settings
	return n <= s.Int(entries) && int64(longest) <= s.Int(value)
}

// removeMembers makes the run of HDEL, SREM and ZREM, which are the names of the
// events too.
func removeMembers(t pg.Type, class settings.Events) func(*Call) error {
	return func(c *Call) error {
		ms, err := c.members(0, t)
		if ms == nil || err != nil {
			return err
		}
		if err := ms.Fetch(c.args[2:]...); err != nil {
			return err
		}
		removed := 0
		for _, name := range c.args[2:] {
			ok, err := ms.Remove(name)
			if err != nil {
				return err
			}
			if ok {
				removed++
			}
		}
		c.notifyTaken(class, c.spec.Name, 0, removed)
		c.out.Int(int64(removed))
		return nil
	}
}

// eachNamed finds each of the named elements of the claimed key and answers with
// a list of what is said of it; m is nil if there is no such element.
func (c *Call) eachNamed(t pg.Type, names [][]byte, answer func(ms *pg.Members, m *pg.Member)) error {
	ms, err := c.members(0, t)
	if ms == nil || err != nil {
		return err
	}
	if err := ms.Fetch(names...); err != nil {
		return err
	}
	c.out.Array(len(names))
	for _, name := range names {
		m, err := ms.Find(name)
		if err != nil {
			return err
		}
		answer(ms, m)
	}
	return nil
}
