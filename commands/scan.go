package commands

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/glob"
	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/pg"
)

var scanBindings = []binding{
	{name: "keys", run: keys, slow: true},
	{name: "scan", claim: checkScan, run: scan, slow: true},
	{name: "randomkey", run: randomKey, slow: true},
}

// found collects the names that a walk answers with, since their number comes
// before them in the reply.
type found struct {
	n   int
	out codec.Encoder
}

func (f *found) add(name []byte) {
	f.n++
	f.out.Bulk(name)
}

func (f *found) answer(c *Call) {
	c.out.Array(f.n)
	c.out.Raw(f.out.Buf)
}

// matcher is a pattern ready for use on the keyspace.
type matcher struct {
	pattern []byte
	all     bool   // every key matches, the empty one included
	prefix  []byte // that matching keys begin with
	exact   bool   // no other key than prefix matches
}

func newMatcher(pattern []byte) matcher {
	if string(pattern) == "*" {
		return matcher{all: true}
	}
	m := matcher{pattern: pattern}
	m.prefix, m.exact = glob.LiteralPrefix(pattern)
	return m
}

func (m *matcher) match(name []byte) bool {
	return m.all || glob.Match(m.pattern, name, false)
}

func keys(c *Call) error {
	m, f := newMatcher(c.args[1]), found{}
	if m.exact {
		e, err := c.tx.Entry(c.db, m.prefix, pg.ModeRead, pg.PartHeader, nil)
		if err != nil {
			return err
		}
		if e.Exists() {
			f.add(m.prefix)
		}
		f.answer(c)
		return nil
	}
	err := c.tx.Keys(c.db, m.prefix, func(name []byte) {
		if m.match(name) {
			f.add(name)
		}
	})
	if err != nil {
		return err
	}
	f.answer(c)
	return nil
}

// scanOptions are the options of SCAN, HSCAN, SSCAN and ZSCAN as given.
type scanOptions struct {
	cursor   uint64
	count    int64
	match    matcher
	typeName string // "" any type
	typed    bool
	noValues bool
}

// scanForm says which options one of the commands has beyond MATCH and COUNT.
type scanForm struct{ types, noValues bool }

// scanKeysForm is the form of SCAN.
var scanKeysForm = scanForm{types: true}

// defaultScanCount is how many keys SCAN looks at if COUNT does not say.
const defaultScanCount = 10

// parse reads the arguments from the cursor on. It returns the error reply,
// or "".
func (f scanForm) parse(args [][]byte) (o scanOptions, fail string) {
	o.count, o.match.all = defaultScanCount, true
	var ok bool
	if o.cursor, ok = parseCursor(args[0]); !ok {
		return o, errInvalidCursor
	}
	for args = args[1:]; len(args) > 0; {
		if f.noValues && isWord(args[0], "novalues") {
			o.noValues, args = true, args[1:]
			continue
		}
		if len(args) == 1 {
			return o, errSyntax
		}
		switch a, value := args[0], args[1]; {
		case isWord(a, "count"):
			if o.count, ok = number.ParseInt64(value); !ok {
				return o, errNotInteger
			}
			if o.count < 1 {
				return o, errSyntax
			}
		case isWord(a, "match"):
			o.match = newMatcher(value)
		case f.types && isWord(a, "type"):
			o.typeName, o.typed = strings.ToLower(string(value)), true
		default:
			return o, errSyntax
		}
		args = args[2:]
	}
	return o, ""
}

const errInvalidCursor = "ERR invalid cursor"

// parseCursor reads a cursor as C's strtoul does, which Redis uses: nothing at
// all is 0, a sign is taken, and what follows a zero byte is not looked at.
func parseCursor(arg []byte) (cursor uint64, ok bool) {
	arg, _, _ = bytes.Cut(arg, []byte{0})
	if len(arg) == 0 {
		return 0, true
	}
	negative := arg[0] == '-'
	if negative || arg[0] == '+' {
		arg = arg[1:]
	}
	cursor, err := strconv.ParseUint(string(arg), 10, 64)
	if negative {
		cursor = -cursor
	}
	return cursor, err == nil
}

func checkScan(c *Call) {
	if _, fail := scanKeysForm.parse(c.args[1:]); fail != "" {
		c.fail(fail)
	}
}

// scan answers with the keys of one step of the walk. A type that does not
// exist is the type of no key.
func scan(c *Call) error {
	o, _ := scanKeysForm.parse(c.args[1:])
	var f found
	next, err := c.tx.Scan(c.db, o.cursor, min(o.count, math.MaxInt32), o.match.prefix, func(k pg.KeyInfo) {
		if o.match.match(k.Name) && (!o.typed || k.Type.String() == o.typeName) {
			f.add(k.Name)
		}
	})
	if err != nil {
		return err
	}
	c.out.Array(2)
	c.out.BulkString(strconv.FormatUint(next, 10))
	f.answer(c)
	return nil
}

func randomKey(c *Call) error {
	name, err := c.tx.RandomKey(c.db)
	if err != nil {
		return err
	}
	if name == nil {
		c.out.Null()
	} else {
		c.out.Bulk(name)
	}
	return nil
}
