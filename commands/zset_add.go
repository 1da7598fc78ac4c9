package commands

import (
	"math"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

var zsetAddBindings = []binding{
	{name: "zadd", claim: func(c *Call) { c.claimZadd(false) }, run: func(c *Call) error { return c.zadd(false) }},
	{name: "zincrby", claim: func(c *Call) { c.claimZadd(true) }, run: func(c *Call) error { return c.zadd(true) }},
}

// zaddOptions are the options of ZADD as given.
type zaddOptions struct {
	nx, xx, gt, lt, changed, incr bool

	first int // argument: the first score
}

// parseZadd reads the options and looks at the scores. ZINCRBY is ZADD with
// INCR, and takes the same options. It returns the error reply, or "".
func (c *Call) parseZadd(incr bool) (o zaddOptions, fail string) {
	o.incr = incr
	o.first = 2
	for o.first < len(c.args) && o.take(c.args[o.first]) {
		o.first++
	}
	pairs := c.args[o.first:]
	switch {
	case len(pairs) == 0 || len(pairs)%2 == 1:
		return o, errSyntax
	case o.nx && o.xx:
		return o, "ERR XX and NX options at the same time are not compatible"
	case o.gt && o.nx, o.lt && o.nx, o.gt && o.lt:
		return o, "ERR GT, LT, and/or NX options at the same time are not compatible"
	case o.incr && len(pairs) > 2:
		return o, "ERR INCR option supports a single increment-element pair"
	}
	for i := 0; i < len(pairs); i += 2 {
		if _, ok := number.ParseFloat(pairs[i]); !ok {
			return o, errNotFloat
		}
	}
	return o, ""
}

// take notes an option and reports whether it is one.
func (o *zaddOptions) take(arg []byte) bool {
	switch {
	case isWord(arg, "nx"):
		o.nx = true
	case isWord(arg, "xx"):
		o.xx = true
	case isWord(arg, "gt"):
		o.gt = true
	case isWord(arg, "lt"):
		o.lt = true
	case isWord(arg, "ch"):
		o.changed = true
	case isWord(arg, "incr"):
		o.incr = true
	default:
		return false
	}
	return true
}

func (c *Call) claimZadd(incr bool) {
	o, fail := c.parseZadd(incr)
	if fail != "" {
		c.fail(fail)
		return
	}
	c.claimElements(c.args[1], pg.ModeUpdate, c.namedNeeds(o.first+1, 2))
}

func (c *Call) zadd(incr bool) error {
	o, _ := c.parseZadd(incr)
	pairs := make([]scored, 0, (len(c.args)-o.first)/2)
	for i := o.first; i < len(c.args); i += 2 {
		score, _ := number.ParseFloat(c.args[i])
		pairs = append(pairs, scored{c.args[i+1], score})
	}
	return c.addScored(pairs, o)
}

// addScored gives members scores, as far as the options allow it, and answers
// as ZADD does.
func (c *Call) addScored(pairs []scored, o zaddOptions) error {
	ms, err := c.members(0, pg.TypeZset)
	if ms == nil || err != nil {
		return err
	}
	if o.incr {
		return c.zaddIncr(ms, pairs[0], o)
	}
	isNew := !c.key(0).Exists()
	names := make([][]byte, len(pairs))
	for i := range pairs {
		names[i] = pairs[i].name
	}
	if err := ms.Fetch(names...); err != nil {
		return err
	}
	added, updated := int64(0), int64(0)
	for _, p := range pairs {
		outcome, err := c.putScore(ms, p.name, p.score, o)
		switch {
		case err != nil:
			return err
		case outcome.added:
			added++
		case outcome.updated:
			updated++
		}
	}
	c.presizeZset(isNew, pairs)
	if added+updated > 0 {
		c.notify(settings.EventZSet, "zadd", 0)
	}
	if o.changed {
		added += updated
	}
	c.out.Int(added)
	return nil
}

// presizeZset chooses the representation by the number of pairs in the command,
// as Redis does even if not all of them are added. A new set also goes by the
// length of the first member.
func (c *Call) presizeZset(isNew bool, pairs []scored) {
	longest := 0
	if isNew {
		longest = len(pairs[0].name)
	}
	if e := c.key(0); e.Exists() &&
		!c.fitsListpack(int64(len(pairs)), longest, settings.ZSetMaxListpackEntries, settings.ZSetMaxListpackValue) {
		e.SetEncoding(pg.EncodingSkiplist)
	}
}

// zaddIncr adds to the score of one member and answers with the sum, or with
// null if the options forbid it.
func (c *Call) zaddIncr(ms *pg.Members, p scored, o zaddOptions) error {
	isNew := !c.key(0).Exists()
	m, err := ms.Find(p.name)
	if err != nil {
		return err
	}
	if m != nil && !o.nx {
		if p.score += m.Score; math.IsNaN(p.score) {
			c.fail("ERR resulting score is not a number (NaN)")
			return nil
		}
	}
	outcome, err := c.putScore(ms, p.name, p.score, o)
	if err != nil {
		return err
	}
	c.presizeZset(isNew, []scored{p})
	if outcome.added || outcome.updated {
		c.notify(settings.EventZSet, "zincr", 0)
	}
	if outcome.refused {
		c.out.Null()
	} else {
		c.out.Double(p.score)
	}
	return nil
}

// scoreOutcome is what became of a score. None of it is true of one that the
// member had before.
type scoreOutcome struct{ added, updated, refused bool }

// putScore gives a member a score, as far as the options allow it.
func (c *Call) putScore(ms *pg.Members, name []byte, score float64, o zaddOptions) (out scoreOutcome, err error) {
	m, err := ms.Find(name)
	switch {
	case err != nil:
		return out, err
	case m == nil && o.xx, m != nil && (o.nx || o.gt && score <= m.Score || o.lt && score >= m.Score):
		out.refused = true
		return out, nil
	case m == nil:
		if m, out.added, err = ms.Put(name); err != nil {
			return out, err
		}
		e := c.key(0)
		if !c.fitsListpack(ms.Len(), len(name), settings.ZSetMaxListpackEntries, settings.ZSetMaxListpackValue) {
			e.SetEncoding(pg.EncodingSkiplist)
		}
		m.Score = keptScore(e, score)
	case m.Score != score: // zero and negative zero are one score
		m.Score = keptScore(c.key(0), score)
		ms.Changed(m)
		out.updated = true
	}
	return out, nil
}
