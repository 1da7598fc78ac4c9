package commands

import (
	"github.com/mnorrsken/postkeys/commands/hll"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

// A HyperLogLog is a string in Redis' own format; see package hll.
var hyperloglogBindings = []binding{
	{name: "pfadd", claim: updates(1, pg.PartValue), run: pfadd},
	{name: "pfcount", claim: claimPfcount, run: pfcount},
	{name: "pfmerge", claim: claimPfmerge, run: pfmerge},
	{name: "pfdebug", claim: updates(2, pg.PartValue), run: pfdebug},
	{name: "pfselftest", run: pfselftest, slow: true},
}

// sketch returns the value of a key that holds a string or is absent, nil if it
// is absent. It answers WRONGTYPE if the key holds anything else.
func (c *Call) sketch(e *pg.Entry) (value []byte, ok bool) {
	switch {
	case !c.isString(e):
		return nil, false
	case !e.Exists():
		return nil, true
	case e.Len() == 0:
		return []byte{}, true // not absent, and not a HyperLogLog
	default:
		return e.Value(), true
	}
}

// validSketch is sketch for a key that is to be changed. Like any string that
// is about to be changed in place it is no longer an embedded one, even if it
// stays as it is after all.
func (c *Call) validSketch(e *pg.Entry) (value []byte, ok bool) {
	value, ok = c.sketch(e)
	if !ok || value == nil {
		return value, ok
	}
	if !hll.Valid(value) {
		c.fail(hll.ErrNotHLL.Error())
		return nil, false
	}
	e.SetEncoding(pg.EncodingRaw)
	return value, true
}

func (c *Call) sparseMaxBytes() int { return int(c.server().settings.Int(settings.HLLSparseMaxBytes)) }

func pfadd(c *Call) error {
	e := c.key(0)
	old, ok := c.validSketch(e)
	if !ok {
		return nil
	}
	value, changed, err := hll.Add(old, c.args[2:], c.sparseMaxBytes())
	switch {
	case err != nil:
		c.fail(err.Error())
	case changed:
		e.SetString(value, pg.EncodingRaw)
		c.notify(settings.EventString, "pfadd", 0)
		c.out.Int(1)
	default:
		c.out.Int(0)
	}
	return nil
}

func claimPfcount(c *Call) { c.claimAll(1, 1, pg.ModeRead, pg.PartValue) }

func pfcount(c *Call) error {
	if c.claims == 1 {
		return c.pfcountOne(c.key(0))
	}
	var u hll.Union
	for i := range c.claims {
		c.missKey(i)
		if !c.unite(&u, c.key(i)) {
			return nil
		}
	}
	c.out.Int(u.Count())
	return nil
}

// pfcountOne answers with the count of a single key. It is kept in the value,
// so that most of the time the key is only read.
func (c *Call) pfcountOne(e *pg.Entry) error {
	c.missKey(0)
	value, ok := c.sketch(e)
	switch {
	case !ok:
		return nil
	case value == nil:
		c.out.Int(0)
		return nil
	}
	n, updated, err := hll.Count(value)
	if err != nil {
		c.fail(err.Error())
		return nil
	}
	if updated == nil && e.Encoding() != pg.EncodingRaw {
		updated = value // which Redis was about to change in place
	}
	if updated != nil {
		if err := e.Lock(); err != nil {
			return err
		}
		e.SetString(updated, pg.EncodingRaw)
	}
	c.out.Int(n)
	return nil
}

// unite adds what a key has counted to a union. It answers the error if it
// can't.
func (c *Call) unite(u *hll.Union, e *pg.Entry) bool {
	value, ok := c.sketch(e)
	if !ok {
		return false
	}
	if err := u.Add(value); err != nil {
		c.fail(err.Error())
		return false
	}
	return true
}

func claimPfmerge(c *Call) {
	c.claim(c.args[1], pg.ModeUpdate, pg.PartValue)
	c.claimAll(2, 1, pg.ModeStable, pg.PartValue)
}

func pfmerge(c *Call) error {
	var u hll.Union
	for i := range c.claims {
		c.missKey(i)
		if !c.unite(&u, c.key(i)) {
			return nil
		}
	}
	dst := c.key(0)
	old, ok := c.validSketch(dst)
	if !ok {
		return nil
	}
	value, err := u.Store(old, c.sparseMaxBytes())
	if err != nil {
		c.fail(err.Error())
		return nil
	}
	dst.SetString(value, pg.EncodingRaw)
	c.notify(settings.EventString, "pfadd", 0)
	c.out.OK()
	return nil
}

func pfselftest(c *Call) error {
	if err := hll.SelfTest(c.sparseMaxBytes()); err != nil {
		c.fail(err.Error())
	} else {
		c.out.OK()
	}
	return nil
}

func pfdebug(c *Call) error {
	e := c.key(0)
	value, ok := c.validSketch(e)
	switch {
	case !ok:
		return nil
	case value == nil:
		c.fail("ERR The specified key does not exist")
		return nil
	}
	var err error
	switch sub := c.args[1]; {
	case isWord(sub, "getreg"):
		err = c.pfdebugRegisters(e, value)
	case isWord(sub, "decode"):
		var text []byte
		if text, err = hll.Decode(value); err == nil {
			c.out.Bulk(text)
		}
	case isWord(sub, "encoding"):
		var name string
		if name, err = hll.Encoding(value); err == nil {
			c.out.Simple(name)
		}
	case isWord(sub, "todense"):
		var changed bool
		if changed, err = toDense(e, value); err == nil {
			c.out.Int(map[bool]int64{true: 1}[changed])
		}
	default:
		c.fail("ERR Unknown PFDEBUG subcommand '" + cText(sub) + "'")
	}
	if err != nil {
		c.fail(err.Error())
	}
	return nil
}

// toDense makes a key dense and reports whether it was not.
func toDense(e *pg.Entry, value []byte) (changed bool, err error) {
	dense, err := hll.ToDense(value)
	if err != nil || len(dense) == len(value) && &dense[0] == &value[0] {
		return false, err
	}
	e.SetString(dense, pg.EncodingRaw)
	return true, nil
}

// pfdebugRegisters leaves the value dense.
func (c *Call) pfdebugRegisters(e *pg.Entry, value []byte) error {
	registers, err := hll.Registers(value)
	if err != nil {
		return err
	}
	if _, err := toDense(e, value); err != nil {
		return err
	}
	c.out.Array(len(registers))
	for _, r := range registers {
		c.out.Int(int64(r))
	}
	return nil
}
