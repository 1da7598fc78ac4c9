package commands

import (
	"strconv"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

var hashBindings = []binding{
	{name: "hset", claim: claimHset, run: hset},
	{name: "hmset", claim: claimHset, run: hmset},
	{name: "hsetnx", claim: named(pg.ModeUpdate, 2, 2), run: hsetnx},
	{name: "hget", claim: named(pg.ModeRead, 2, 1), run: hget},
	{name: "hmget", claim: named(pg.ModeRead, 2, 1), run: hmget},
	{name: "hdel", claim: named(pg.ModeUpdate, 2, 1), run: removeMembers(pg.TypeHash, settings.EventHash)},
	{name: "hlen", claim: reads(1, pg.PartHeader), run: hlen},
	{name: "hexists", claim: named(pg.ModeRead, 2, 1), run: hexists},
	{name: "hstrlen", claim: named(pg.ModeRead, 2, 1), run: hstrlen},
	{name: "hgetall", claim: everything(pg.ModeRead), run: hgetall},
	{name: "hkeys", claim: everything(pg.ModeRead), run: hkeys},
	{name: "hvals", claim: everything(pg.ModeRead), run: hvals},
	{name: "hincrby", claim: claimHincrby, run: hincrby},
	{name: "hincrbyfloat", claim: claimHincrbyfloat, run: hincrbyfloat},
}

func claimHset(c *Call) {
	if len(c.args)%2 == 1 {
		c.wrongArity()
		return
	}
	c.claimElements(c.args[1], pg.ModeUpdate, c.namedNeeds(2, 2))
}

func hset(c *Call) error {
	ms, err := c.members(0, pg.TypeHash)
	if ms == nil || err != nil {
		return err
	}
	added, err := c.setFields(ms)
	if err == nil {
		c.out.Int(added)
	}
	return err
}

// setFields writes every pair of arguments and returns how many fields are new.
func (c *Call) setFields(ms *pg.Members) (added int64, err error) {
	if err := ms.Fetch(c.namedNeeds(2, 2).Names...); err != nil {
		return 0, err
	}
	if !c.fitsListpack(int64(len(c.args)/2-1), 0, settings.HashMaxListpackEntries, settings.HashMaxListpackValue) {
		c.key(0).SetEncoding(pg.EncodingHashtable) // even if many fields turn out to be equal
	}
	for i := 2; i < len(c.args); i += 2 {
		isNew, err := c.setField(ms, c.args[i], c.args[i+1])
		if err != nil {
			return 0, err
		}
		if isNew {
			added++
		}
	}
	c.notify(settings.EventHash, "hset", 0)
	return added, nil
}

// setField writes one field and reports whether it is new.
func (c *Call) setField(ms *pg.Members, field, value []byte) (added bool, err error) {
	m, added, err := ms.Put(field)
	if err != nil {
		return false, err
	}
	m.Value, m.ExpireAt = value, 0
	ms.Changed(m)
	if !c.fitsListpack(ms.Len(), max(len(field), len(value)), settings.HashMaxListpackEntries, settings.HashMaxListpackValue) {
		c.key(0).SetEncoding(pg.EncodingHashtable)
	}
	return added, nil
}

func hmset(c *Call) error {
	ms, err := c.members(0, pg.TypeHash)
	if ms == nil || err != nil {
		return err
	}
	if _, err = c.setFields(ms); err == nil {
		c.out.OK()
	}
	return err
}

func hsetnx(c *Call) error {
	ms, err := c.members(0, pg.TypeHash)
	if ms == nil || err != nil {
		return err
	}
	m, err := ms.Find(c.args[2])
	switch {
	case err != nil:
		return err
	case m != nil:
		c.out.Int(0)
		return nil
	}
	if _, err = c.setField(ms, c.args[2], c.args[3]); err == nil {
		c.notify(settings.EventHash, "hset", 0)
		c.out.Int(1)
	}
	return err
}

// field finds the field at argument 2. The error reply has been given if
// answered is true.
func (c *Call) field() (m *pg.Member, answered bool, err error) {
	ms, err := c.members(0, pg.TypeHash)
	if ms == nil || err != nil {
		return nil, true, err
	}
	m, err = ms.Find(c.args[2])
	return m, err != nil, err
}

func hget(c *Call) error {
	m, answered, err := c.field()
	if !answered {
		c.fieldOrNull(m)
	}
	return err
}

func (c *Call) fieldOrNull(m *pg.Member) {
	if m == nil {
		c.out.Null()
	} else {
		c.out.Bulk(m.Value)
	}
}

func hmget(c *Call) error {
	return c.eachNamed(pg.TypeHash, c.args[2:], func(_ *pg.Members, m *pg.Member) { c.fieldOrNull(m) })
}

func hlen(c *Call) error {
	ms, err := c.members(0, pg.TypeHash)
	if ms != nil && err == nil {
		c.out.Int(ms.Len())
	}
	return err
}

func hexists(c *Call) error {
	m, answered, err := c.field()
	switch {
	case answered:
	case m == nil:
		c.out.Int(0)
	default:
		c.out.Int(1)
	}
	return err
}

func hstrlen(c *Call) error {
	m, answered, err := c.field()
	switch {
	case answered:
	case m == nil:
		c.out.Int(0)
	default:
		c.out.Int(int64(len(m.Value)))
	}
	return err
}

func hgetall(c *Call) error {
	return c.eachField(c.out.Map, func(m *pg.Member) {
		c.out.Bulk(m.Name)
		c.out.Bulk(m.Value)
	})
}

func hkeys(c *Call) error { return c.eachField(c.out.Array, func(m *pg.Member) { c.out.Bulk(m.Name) }) }

func hvals(c *Call) error {
	return c.eachField(c.out.Array, func(m *pg.Member) { c.out.Bulk(m.Value) })
}

// eachField answers with something of every field.
func (c *Call) eachField(header func(int), answer func(m *pg.Member)) error {
	ms, err := c.members(0, pg.TypeHash)
	if ms == nil || err != nil {
		return err
	}
	all, err := ms.All()
	if err != nil {
		return err
	}
	header(len(all))
	for _, m := range all {
		answer(m)
	}
	return nil
}

func claimHincrby(c *Call) {
	if _, ok := number.ParseInt64(c.args[3]); !ok {
		c.fail(errNotInteger)
		return
	}
	c.claimElements(c.args[1], pg.ModeUpdate, c.namedNeeds(2, 2))
}

func hincrby(c *Call) error {
	m, answered, err := c.field()
	if answered {
		return err
	}
	var old int64
	if m != nil {
		n, ok := number.ParseInt64(m.Value)
		if !ok {
			c.fail("ERR hash value is not an integer")
			return nil
		}
		old = n
	}
	by, _ := number.ParseInt64(c.args[3])
	sum, ok := number.AddInt64(old, by)
	if !ok {
		c.fail(errOverflow)
		return nil
	}
	if err := c.replaceField(strconv.AppendInt(nil, sum, 10)); err != nil {
		return err
	}
	c.notify(settings.EventHash, "hincrby", 0)
	c.out.Int(sum)
	return nil
}

// replaceField gives the field at argument 2 a value. An expiry of the field
// stays.
func (c *Call) replaceField(value []byte) error {
	ms, err := c.key(0).Members(pg.TypeHash)
	if err != nil {
		return err
	}
	m, err := ms.Find(c.args[2])
	if err != nil {
		return err
	}
	expireAt := int64(0)
	if m != nil {
		expireAt = m.ExpireAt
	}
	if _, err := c.setField(ms, c.args[2], value); err != nil {
		return err
	}
	m, err = ms.Find(c.args[2])
	if err == nil {
		m.ExpireAt = expireAt
	}
	return err
}

func claimHincrbyfloat(c *Call) {
	by, ok := number.ParseLongDouble(c.args[3])
	switch {
	case !ok:
		c.fail(errNotFloat)
	case by.IsInf():
		c.fail("ERR value is NaN or Infinity")
	default:
		c.claimElements(c.args[1], pg.ModeUpdate, c.namedNeeds(2, 2))
	}
}

func hincrbyfloat(c *Call) error {
	m, answered, err := c.field()
	if answered {
		return err
	}
	old, ok := number.LongDoubleFromInt(0), true
	if m != nil {
		old, ok = number.ParseLongDouble(m.Value)
	}
	if !ok {
		c.fail("ERR hash value is not a float")
		return nil
	}
	by, _ := number.ParseLongDouble(c.args[3])
	sum, addErr := old.Add(by)
	if addErr != nil {
		c.fail("ERR " + addErr.Error())
		return nil
	}
	value := sum.AppendTo(nil)
	if err := c.replaceField(value); err != nil {
		return err
	}
	c.notify(settings.EventHash, "hincrbyfloat", 0)
	c.out.Bulk(value)
	return nil
}
