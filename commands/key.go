package commands

import "github.com/mnorrsken/postkeys/pg"

var keyBindings = []binding{
	{name: "del", claim: claimDel, run: del},
	{name: "unlink", claim: claimDel, run: del},
	{name: "exists", claim: readsAll(1, 1, pg.PartHeader), run: exists, quiet: true},
	{name: "touch", claim: readsAll(1, 1, pg.PartHeader), run: touch, quiet: true},
	{name: "type", claim: reads(1, pg.PartHeader), run: typeOf, quiet: true},
}

// claimDel claims several keys so that those that are absent stay so until the
// others are gone.
func claimDel(c *Call) {
	c.claimAll(1, 1, takeMode(len(c.args)-1), pg.PartHeader)
}

// del serves DEL and UNLINK: removing a key costs the same whatever its size,
// since the rows of collections are freed in the background in any case.
func del(c *Call) error {
	n := int64(0)
	for i := range c.claims {
		if c.key(i).Delete() { // a key named twice is gone the second time
			c.notifyDel(i)
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

// touch is EXISTS that counts as a use of the keys, even after CLIENT NO-TOUCH.
func touch(c *Call) error {
	c.noteUses()
	return exists(c)
}

func typeOf(c *Call) error {
	c.out.Simple(c.key(0).Type().String())
	return nil
}
