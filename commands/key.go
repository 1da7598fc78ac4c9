package commands

import "github.com/mnorrsken/postkeys/pg"

var keyBindings = []binding{
	{name: "del", claim: updatesAll(1, 1, pg.PartHeader), run: del},
	{name: "unlink", claim: updatesAll(1, 1, pg.PartHeader), run: del},
	{name: "exists", claim: readsAll(1, 1, pg.PartHeader), run: exists},
	{name: "type", claim: reads(1, pg.PartHeader), run: typeOf},
}

// del serves DEL and UNLINK: removing a key costs the same whatever its size,
// since the rows of collections are freed in the background in any case.
func del(c *Call) error {
	n := int64(0)
	for i := range c.claims {
		if c.key(i).Delete() { // a key named twice is gone the second time
			n++
		}
	}
	c.out.Int(n)
	return nil
}

// exists counts a key as often as it is named.
func exists(c *Call) error {
	n := int64(0)
	for i := range c.claims {
		if c.key(i).Exists() {
			n++
		}
	}
	c.out.Int(n)
	return nil
}

func typeOf(c *Call) error {
	c.out.Simple(c.key(0).Type().String())
	return nil
}
