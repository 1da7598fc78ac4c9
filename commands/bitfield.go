package commands

import (
	"github.com/mnorrsken/postkeys/commands/bits"
	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

var bitfieldBindings = []binding{
	{name: "bitfield", claim: claimBitfield, run: bitfield},
	{name: "bitfield_ro", claim: claimBitfieldRO, run: bitfield},
}

func claimBitfield(c *Call) {
	ops, fail := c.fieldOps()
	if fail != "" {
		c.fail(fail)
		return
	}
	mode := pg.ModeRead
	if writtenSize(ops) > 0 {
		mode = pg.ModeUpdate
	}
	c.claim(c.args[1], mode, pg.PartValue)
}

func claimBitfieldRO(c *Call) {
	ops, fail := c.fieldOps()
	if fail == "" && writtenSize(ops) > 0 {
		fail = "ERR BITFIELD_RO only supports the GET subcommand"
	}
	if fail != "" {
		c.fail(fail)
		return
	}
	c.claim(c.args[1], pg.ModeRead, pg.PartValue)
}

// fieldOps reads the operations of BITFIELD. OVERFLOW is none: it becomes part
// of those that follow it. It returns the error reply, or "".
func (c *Call) fieldOps() (ops []bits.FieldOp, fail string) {
	args := c.args[2:]
	maxBytes := c.server().limits().MaxBulkBytes
	overflow := bits.Wrap
	ops = make([]bits.FieldOp, 0, len(args)/3)
	for len(args) > 0 {
		op := bits.FieldOp{Overflow: overflow}
		size := 4 // arguments of the operation
		var ok bool
		switch name := args[0]; {
		case isWord(name, "get") && len(args) >= 3:
			size = 3
		case isWord(name, "set") && len(args) >= 4:
			op.Kind = bits.FieldSet
		case isWord(name, "incrby") && len(args) >= 4:
			op.Kind = bits.FieldIncrBy
		case isWord(name, "overflow") && len(args) >= 2:
			if overflow, ok = bits.ParseOverflow(args[1]); !ok {
				return nil, "ERR Invalid OVERFLOW type specified"
			}
			args = args[2:]
			continue
		default:
			return nil, errSyntax
		}
		if op.Type, ok = bits.ParseFieldType(args[1]); !ok {
			return nil, "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."
		}
		if op.Offset, ok = bits.ParseOffset(args[2], op.Type.Bits, maxBytes); !ok {
			return nil, errBitOffset
		}
		if op.Kind != bits.FieldGet {
			if op.Value, ok = number.ParseInt64(args[3]); !ok {
				return nil, errNotInteger
			}
		}
		ops = append(ops, op)
		args = args[size:]
	}
	return ops, ""
}

// writtenSize returns how long a string must be for what the operations write,
// 0 if they only read.
func writtenSize(ops []bits.FieldOp) int {
	size := 0
	for _, op := range ops {
		if op.Kind != bits.FieldGet {
			size = max(size, op.Size())
		}
	}
	return size
}

// bitfield applies the operations in order. Whatever becomes of those that
// write, the string is long enough for them afterwards.
func bitfield(c *Call) error {
	e := c.key(0)
	if !c.isString(e) {
		return nil
	}
	ops, fail := c.fieldOps()
	if fail != "" { // proto-max-bulk-len has been lowered since the claim
		c.fail(fail)
		return nil
	}
	value, size := e.Value(), writtenSize(ops)
	grows, changes := int64(size) > e.Len(), false
	write := size > 0 && (grows || e.Encoding() != pg.EncodingRaw)
	if size > 0 {
		value = padded(value, size)
	} else {
		c.missKey(0)
	}
	c.out.Array(len(ops))
	for _, op := range ops {
		answer, ok, changed := op.Apply(value)
		write = write || changed
		changes = changes || changed || grows && ok && op.Kind != bits.FieldGet
		if ok {
			c.out.Int(answer)
		} else {
			c.out.Null()
		}
	}
	if write {
		e.SetString(value, pg.EncodingRaw)
		c.notifyCreated(0) // even if every operation has failed
	}
	if changes {
		c.notify(settings.EventString, "setbit", 0)
	}
	return nil
}
