package commands

import (
	"bytes"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/pg"
)

// setOptions are the options of SET as given.
type setOptions struct {
	nx, xx, get, keepTTL bool
	expiry               expiry
}

// expiry is what EX, PX, EXAT, PXAT and their like ask for.
type expiry struct {
	given    bool
	absolute bool  // ms counts from 1970, else from now
	ms       int64 // above 0
}

// parseSet reads the options of SET from the arguments after the value. It
// returns the error reply, or "".
func parseSet(args [][]byte, command string) (o setOptions, fail string) {
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case isWord(a, "nx") && !o.xx:
			o.nx = true
		case isWord(a, "xx") && !o.nx:
			o.xx = true
		case isWord(a, "get"):
			o.get = true
		case isWord(a, "keepttl") && !o.expiry.given:
			o.keepTTL = true
		default:
			unit, ok := expiryUnits[string(bytes.ToLower(a))]
			if !ok || o.keepTTL || o.expiry.given || i+1 == len(args) {
				return o, errSyntax
			}
			i++
			if o.expiry, fail = parseExpiry(args[i], unit, command); fail != "" {
				return o, fail
			}
		}
	}
	return o, ""
}

// expiryUnit is how the argument of an expiry option counts.
type expiryUnit struct {
	absolute bool
	ms       int64 // milliseconds in one
}

var expiryUnits = map[string]expiryUnit{
	"ex": {false, 1000}, "px": {false, 1}, "exat": {true, 1000}, "pxat": {true, 1},
}

// parseExpiry reads the argument of an expiry option.
func parseExpiry(arg []byte, unit expiryUnit, command string) (x expiry, fail string) {
	n, ok := number.ParseInt64(arg)
	if !ok {
		return x, errNotInteger
	}
	if n <= 0 || n > maxInt64/unit.ms {
		return x, invalidExpire(command)
	}
	return expiry{true, unit.absolute, n * unit.ms}, ""
}

const maxInt64 = 1<<63 - 1

// invalidExpire is the error for an expiry that is not in range.
func invalidExpire(command string) string {
	return "ERR invalid expire time in '" + command + "' command"
}

// isWord reports whether an argument is an option's name, in any case. word is
// in lower case.
func isWord(arg []byte, word string) bool {
	if len(arg) != len(word) {
		return false
	}
	for i, ch := range arg {
		if ch|0x20 != word[i] {
			return false
		}
	}
	return true
}

func claimSet(c *Call) {
	mode, part := pg.ModeBlind, pg.PartHeader
	if len(c.args) > 3 {
		o, fail := parseSet(c.args[3:], "set")
		if fail != "" {
			c.fail(fail)
			return
		}
		if o.nx || o.xx || o.keepTTL || o.expiry.absolute {
			mode = pg.ModeUpdate
		}
		if o.get {
			mode, part = pg.ModeUpdate, pg.PartValue
		}
	}
	c.claim(c.args[1], mode, part)
}

func set(c *Call) error {
	e, value := c.key(0), c.args[2]
	if len(c.args) == 3 {
		e.Replace(value, pg.EncodingNatural)
		c.out.OK()
		return nil
	}
	o, _ := parseSet(c.args[3:], "set")
	if o.get {
		if !c.isString(e) {
			return nil
		}
		c.valueOrNull(e)
	}
	if o.nx && e.Exists() || o.xx && !e.Exists() {
		if !o.get {
			c.out.Null()
		}
		return nil
	}
	if o.keepTTL {
		e.SetString(value, pg.EncodingNatural)
	} else {
		e.Replace(value, pg.EncodingNatural)
	}
	if err := c.expire(e, o.expiry); err != nil {
		return err
	}
	if !o.get {
		c.out.OK()
	}
	return nil
}

// expire gives a key that was just written the expiry that an option asks for.
func (c *Call) expire(e *pg.Entry, x expiry) error {
	switch {
	case !x.given:
	case x.absolute:
		e.SetExpireAt(x.ms)
	default:
		e.SetTTL(x.ms)
	}
	return nil
}
