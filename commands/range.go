package commands

import (
	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

var rangeBindings = []binding{
	{name: "getrange", claim: claimGetrange, run: getrange},
	{name: "substr", claim: claimGetrange, run: getrange},
	{name: "setrange", claim: claimSetrange, run: setrange},
}

func claimGetrange(c *Call) {
	_, ok := number.ParseInt64(c.args[2])
	_, ok2 := number.ParseInt64(c.args[3])
	if !ok || !ok2 {
		c.fail(errNotInteger)
		return
	}
	c.claim(c.args[1], pg.ModeRead, pg.PartValue)
}

func getrange(c *Call) error {
	e := c.key(0)
	if !c.isString(e) {
		return nil
	}
	start, _ := number.ParseInt64(c.args[2])
	end, _ := number.ParseInt64(c.args[3])
	c.out.Bulk(substring(e.Value(), start, end))
	return nil
}

// substring returns the bytes from start to end, both included. Negative
// positions count from the end of s, and what lies outside is left out.
func substring(s []byte, start, end int64) []byte {
	size := int64(len(s))
	if start < 0 && end < 0 && start > end {
		return nil // not even the first byte, where both end up if s is short
	}
	if start < 0 {
		start = max(start+size, 0)
	}
	if end < 0 {
		end = max(end+size, 0)
	}
	end = min(end, size-1)
	if start > end {
		return nil
	}
	return s[start : end+1]
}

func claimSetrange(c *Call) {
	switch offset, ok := number.ParseInt64(c.args[2]); {
	case !ok:
		c.fail(errNotInteger)
	case offset < 0:
		c.fail("ERR offset is out of range")
	default:
		c.claim(c.args[1], pg.ModeUpdate, pg.PartValue)
	}
}

func setrange(c *Call) error {
	e, piece := c.key(0), c.args[3]
	if !c.isString(e) {
		return nil
	}
	if len(piece) > 0 {
		offset, _ := number.ParseInt64(c.args[2])
		if !c.fits(offset, int64(len(piece))) {
			return nil
		}
		value := padded(e.Value(), int(offset)+len(piece))
		copy(value[offset:], piece)
		e.SetString(value, pg.EncodingRaw)
		c.notify(settings.EventString, "setrange", 0)
	}
	c.out.Int(e.Len())
	return nil
}

// padded returns a copy of s, followed by zeros if it is shorter than size.
func padded(s []byte, size int) []byte {
	t := make([]byte, max(len(s), size))
	copy(t, s)
	return t
}
