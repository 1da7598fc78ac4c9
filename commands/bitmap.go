package commands

import (
	"github.com/mnorrsken/postkeys/commands/bits"
	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

var bitmapBindings = []binding{
	{name: "setbit", claim: claimSetbit, run: setbit},
	{name: "getbit", claim: claimGetbit, run: getbit},
	{name: "bitcount", claim: reads(1, pg.PartValue), run: bitcount},
	{name: "bitpos", claim: claimBitpos, run: bitpos},
	{name: "bitop", claim: claimBitop, run: bitop},
}

const errBitOffset = "ERR bit offset is not an integer or out of range"

// bitOffset reads the offset of SETBIT and GETBIT.
func (c *Call) bitOffset(arg []byte) (offset int64, ok bool) {
	return bits.ParseOffset(arg, 0, c.server().limits().MaxBulkBytes)
}

func claimSetbit(c *Call) {
	if _, ok := c.bitOffset(c.args[2]); !ok {
		c.fail(errBitOffset)
		return
	}
	if bit := c.args[3]; len(bit) != 1 || bit[0] != '0' && bit[0] != '1' {
		c.fail("ERR bit is not an integer or out of range")
		return
	}
	c.claim(c.args[1], pg.ModeUpdate, pg.PartValue)
}

// setbit works on the offset as it was checked when the command came in: a
// lower limit set since then does not matter.
func setbit(c *Call) error {
	e := c.key(0)
	if !c.isString(e) {
		return nil
	}
	offset, _ := number.ParseInt64(c.args[2])
	field := bits.FieldOp{Kind: bits.FieldSet, Type: bits.FieldType{Bits: 1}, Offset: offset, Value: int64(c.args[3][0] - '0')}
	old := field.Type.Get(e.Value(), offset)
	changes := old != field.Value || int64(field.Size()) > e.Len()
	if changes || e.Encoding() != pg.EncodingRaw {
		value := padded(e.Value(), field.Size())
		field.Apply(value)
		e.SetString(value, pg.EncodingRaw)
	}
	if changes {
		c.notify(settings.EventString, "setbit", 0)
	}
	c.out.Int(old)
	return nil
}

func claimGetbit(c *Call) {
	if _, ok := c.bitOffset(c.args[2]); !ok {
		c.fail(errBitOffset)
		return
	}
	c.claim(c.args[1], pg.ModeRead, pg.PartValue)
}

func getbit(c *Call) error {
	if e := c.key(0); c.isString(e) {
		offset, _ := number.ParseInt64(c.args[2])
		c.out.Int(bits.FieldType{Bits: 1}.Get(e.Value(), offset))
	}
	return nil
}

// rangeUnit reads BIT or BYTE.
func rangeUnit(arg []byte) (inBits, ok bool) {
	inBits = isWord(arg, "bit")
	return inBits, inBits || isWord(arg, "byte")
}

// countRange reads "start end [BIT|BYTE]" in the order of BITCOUNT, which does
// not look at the unit of a range that is empty anyway. It returns the error
// reply, or "".
func countRange(args [][]byte) (r bits.Range, fail string) {
	start, ok := number.ParseInt64(args[0])
	end, ok2 := number.ParseInt64(args[1])
	if !ok || !ok2 {
		return r, errNotInteger
	}
	r.Start, r.End = start, end
	if len(args) > 2 && (start >= 0 || end >= 0 || start <= end) {
		if r.InBits, ok = rangeUnit(args[2]); !ok {
			return r, errSyntax
		}
	}
	return r, ""
}

// positionRange reads "start [end [BIT|BYTE]]" in the order of BITPOS, which
// looks at the unit before the end. It returns the error reply, or "".
func positionRange(args [][]byte) (r bits.Range, fail string) {
	var ok bool
	if r.Start, ok = number.ParseInt64(args[0]); !ok {
		return r, errNotInteger
	}
	if len(args) > 2 {
		if r.InBits, ok = rangeUnit(args[2]); !ok {
			return r, errSyntax
		}
	}
	r.End = -1
	if len(args) > 1 {
		if r.End, ok = number.ParseInt64(args[1]); !ok {
			return r, errNotInteger
		}
	}
	return r, ""
}

// bitcount reads the range after it has looked at the key: a missing key has
// no bits, whatever the range.
func bitcount(c *Call) error {
	e := c.key(0)
	switch {
	case !c.isString(e):
	case !e.Exists():
		c.out.Int(0)
	case len(c.args) == 2:
		c.out.Int(bits.Count(e.Value()))
	case len(c.args) == 3 || len(c.args) > 5:
		c.fail(errSyntax)
	default:
		r, fail := countRange(c.args[2:])
		if fail != "" {
			c.fail(fail)
			return nil
		}
		c.out.Int(bits.CountRange(e.Value(), r))
	}
	return nil
}

func claimBitpos(c *Call) {
	switch bit, ok := number.ParseInt64(c.args[2]); {
	case !ok:
		c.fail(errNotInteger)
	case bit != 0 && bit != 1:
		c.fail("ERR The bit argument must be 1 or 0.")
	default:
		c.claim(c.args[1], pg.ModeRead, pg.PartValue)
	}
}

// bitpos reads the range after it has looked at the key: a missing key is a
// string of zeros without end, whatever the range.
func bitpos(c *Call) error {
	e, bit := c.key(0), int(c.args[2][0]-'0')
	switch {
	case !c.isString(e):
	case !e.Exists():
		c.out.Int(int64(-bit))
	case len(c.args) == 3:
		c.out.Int(bits.Position(e.Value(), bit, bits.Range{End: -1}, false))
	case len(c.args) > 6:
		c.fail(errSyntax)
	default:
		r, fail := positionRange(c.args[3:])
		if fail != "" {
			c.fail(fail)
			return nil
		}
		c.out.Int(bits.Position(e.Value(), bit, r, len(c.args) > 4))
	}
	return nil
}

// claimBitop keeps the sources as they are until the destination is written,
// those that are absent too.
func claimBitop(c *Call) {
	op, ok := bits.ParseOperation(c.args[1])
	switch {
	case !ok:
		c.fail(errSyntax)
	case op == bits.Not && len(c.args) != 4:
		c.fail("ERR BITOP NOT must be called with a single source key.")
	default:
		c.claim(c.args[2], pg.ModeUpdate, pg.PartHeader)
		c.claimAll(3, 1, pg.ModeStable, pg.PartValue)
	}
}

func bitop(c *Call) error {
	op, _ := bits.ParseOperation(c.args[1])
	sources := make([][]byte, c.claims-1)
	for i := range sources {
		e := c.key(i + 1)
		if !c.isString(e) {
			return nil
		}
		sources[i] = e.Value()
	}
	dest, value := c.key(0), bits.Combine(op, sources)
	if len(value) == 0 {
		dest.Delete()
	} else {
		dest.Replace(value, pg.EncodingRaw)
	}
	c.notifyStored(settings.EventString, "set", 0, len(value) > 0)
	c.out.Int(int64(len(value)))
	return nil
}
