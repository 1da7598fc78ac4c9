package commands

import (
	"github.com/mnorrsken/postkeys/commands/lcs"
	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/pg"
)

// LCS takes time in proportion to the product of two lengths, which is no
// time to keep a round of other commands waiting.
var lcsBindings = []binding{
	{name: "lcs", claim: claimLCS, run: longestCommon, slow: true},
}

func claimLCS(c *Call) {
	c.claim(c.args[1], pg.ModeRead, pg.PartValue)
	c.claim(c.args[2], pg.ModeRead, pg.PartValue)
}

// lcsOptions are the options of LCS.
type lcsOptions struct {
	length, ranges, rangeLengths bool
	minLength                    int64
}

// parseLCS reads the options. It returns the error reply, or "".
func parseLCS(args [][]byte) (o lcsOptions, fail string) {
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case isWord(a, "idx"):
			o.ranges = true
		case isWord(a, "len"):
			o.length = true
		case isWord(a, "withmatchlen"):
			o.rangeLengths = true
		case isWord(a, "minmatchlen") && i+1 < len(args):
			i++
			n, ok := number.ParseInt64(args[i])
			if !ok {
				return o, errNotInteger
			}
			o.minLength = max(n, 0)
		default:
			return o, errSyntax
		}
	}
	if o.length && o.ranges {
		return o, "ERR If you want both the length and indexes, please just use IDX."
	}
	return o, ""
}

// longestCommon reads the options after it has looked at the keys: a key of
// another type is what Redis complains of first.
func longestCommon(c *Call) error {
	a, b := c.key(0), c.key(1)
	for _, e := range []*pg.Entry{a, b} {
		if e.Exists() && e.Type() != pg.TypeString {
			c.fail("ERR The specified keys must contain string values")
			return nil
		}
	}
	o, fail := parseLCS(c.args[3:])
	if fail != "" {
		c.fail(fail)
		return nil
	}
	limit := c.server().limits().MaxBulkBytes
	switch {
	case o.ranges:
		matches, length, err := lcs.Matches(a.Value(), b.Value(), o.minLength, limit)
		if err != nil {
			c.fail(err.Error())
			return nil
		}
		c.lcsRanges(matches, length, o.rangeLengths)
	case o.length:
		length, err := lcs.Len(a.Value(), b.Value(), limit)
		if err != nil {
			c.fail(err.Error())
			return nil
		}
		c.out.Int(int64(length))
	default:
		sequence, err := lcs.Sequence(a.Value(), b.Value(), limit)
		if err != nil {
			c.fail(err.Error())
			return nil
		}
		c.out.Bulk(sequence)
	}
	return nil
}

// lcsRanges answers LCS IDX.
func (c *Call) lcsRanges(matches []lcs.Match, length int, withLengths bool) {
	c.out.Map(2)
	c.out.BulkString("matches")
	c.out.Array(len(matches))
	for _, m := range matches {
		if withLengths {
			c.out.Array(3)
		} else {
			c.out.Array(2)
		}
		c.out.Array(2)
		c.out.Int(int64(m.AStart))
		c.out.Int(int64(m.AEnd))
		c.out.Array(2)
		c.out.Int(int64(m.BStart))
		c.out.Int(int64(m.BEnd))
		if withLengths {
			c.out.Int(int64(m.Len()))
		}
	}
	c.out.BulkString("len")
	c.out.Int(int64(length))
}
