package commands

import (
	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

var zsetRangeBindings = []binding{
	rangeBinding("zrange", rangeForm{key: 1, free: true}),
	rangeBinding("zrangestore", rangeForm{key: 2, free: true}),
	rangeBinding("zrevrange", rangeForm{key: 1, reverse: true}),
	rangeBinding("zrangebyscore", rangeForm{key: 1, by: byScore}),
	rangeBinding("zrevrangebyscore", rangeForm{key: 1, by: byScore, reverse: true}),
	rangeBinding("zrangebylex", rangeForm{key: 1, by: byLex}),
	rangeBinding("zrevrangebylex", rangeForm{key: 1, by: byLex, reverse: true}),
	removalBinding("zremrangebyrank", rangeForm{key: 1}),
	removalBinding("zremrangebyscore", rangeForm{key: 1, by: byScore}),
	removalBinding("zremrangebylex", rangeForm{key: 1, by: byLex}),
	countBinding("zcount", rangeForm{key: 1, by: byScore}),
	countBinding("zlexcount", rangeForm{key: 1, by: byLex}),
}

// rangeBy is what the ends of a range are.
type rangeBy uint8

const (
	byRank rangeBy = iota
	byScore
	byLex
)

// rangeForm is what the name of a command says about its range.
type rangeForm struct {
	key     int     // argument: the sorted set; the ends of the range follow
	by      rangeBy // unless it is free
	reverse bool
	free    bool // options say by what, and in which direction
}

// stores reports whether the command stores the range at argument 1.
func (f rangeForm) stores() bool { return f.key == 2 }

// zrange is a range as asked for.
type zrange struct {
	rangeForm
	withScores    bool
	offset, limit int64

	start, stop int64
	scores      pg.ScoreRange
	names       lexRange
}

// parseRange reads range and options. It returns the error reply, or "".
func (f rangeForm) parseRange(args [][]byte) (r zrange, fail string) {
	r.rangeForm, r.limit = f, -1
	if fail = r.parseOptions(args[f.key+3:]); fail != "" {
		return r, fail
	}
	switch {
	case r.limit != -1 && r.by == byRank:
		return r, "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"
	case r.withScores && r.by == byLex:
		return r, "ERR syntax error, WITHSCORES not supported in combination with BYLEX"
	}
	return r, r.parseEnds(args[f.key+1], args[f.key+2])
}

func (r *zrange) parseOptions(args [][]byte) (fail string) {
	chosen := false
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case !r.stores() && isWord(a, "withscores"):
			r.withScores = true
		case isWord(a, "limit") && i+2 < len(args):
			var ok, ok2 bool
			r.offset, ok = number.ParseInt64(args[i+1])
			r.limit, ok2 = number.ParseInt64(args[i+2])
			if !ok || !ok2 {
				return errNotInteger
			}
			i += 2
		case r.free && !r.reverse && isWord(a, "rev"):
			r.reverse = true
		case r.free && !chosen && isWord(a, "bylex"):
			r.by, chosen = byLex, true
		case r.free && !chosen && isWord(a, "byscore"):
			r.by, chosen = byScore, true
		default:
			return errSyntax
		}
	}
	return ""
}

// parseEnds reads the ends of the range. Of scores and names the higher one
// comes first if the direction is down.
func (r *zrange) parseEnds(low, high []byte) (fail string) {
	var ok, ok2 bool
	if r.reverse && r.by != byRank {
		low, high = high, low
	}
	switch r.by {
	case byRank:
		r.start, ok = number.ParseInt64(low)
		r.stop, ok2 = number.ParseInt64(high)
		if !ok || !ok2 {
			return errNotInteger
		}
	case byScore:
		if r.scores, ok = parseScores(low, high); !ok {
			return errScoreRange
		}
	case byLex:
		if r.names, ok = parseNames(low, high); !ok {
			return errLexRange
		}
	}
	return ""
}

// of returns the members in the range.
func (r *zrange) of(ms *pg.Members) ([]*pg.Member, error) {
	switch {
	case ms.Len() == 0:
		return nil, nil
	case r.by == byRank:
		start, stop := ranks(r.start, r.stop, ms.Len())
		if start > stop {
			return nil, nil
		}
		return ms.RangeByRank(start, stop, r.reverse)
	case r.offset < 0 || r.limit == 0 || r.isEmpty(): // Redis walks to the end for a negative offset
		return nil, nil
	}
	s := pg.Slice{Offset: r.offset, Count: r.limit, Reverse: r.reverse}
	if r.by == byScore {
		return ms.RangeByScore(r.scores, s)
	}
	return ms.RangeByLex(r.names.LexRange, s)
}

// needs asks ahead for what the command will look at.
func (r *zrange) needs() *pg.Needs {
	s := pg.Slice{Offset: r.offset, Count: r.limit, Reverse: r.reverse}
	switch {
	case r.by == byRank:
		return asking(pg.AskRangeByRank(func(n int64) (int64, int64) { return ranks(r.start, r.stop, n) }, r.reverse))
	case r.offset < 0 || r.limit == 0 || r.isEmpty():
		return &pg.Needs{}
	case r.by == byScore:
		return asking(pg.AskRangeByScore(r.scores, s))
	default:
		return asking(pg.AskRangeByLex(r.names.LexRange, s))
	}
}

// isEmpty reports whether the range has no members whatever the set.
func (r *zrange) isEmpty() bool {
	return r.by == byScore && r.scores.Min > r.scores.Max || r.by == byLex && r.names.empty
}

// needsCount asks ahead for the number of members in the range.
func (r *zrange) needsCount() *pg.Needs {
	switch {
	case r.isEmpty():
		return &pg.Needs{}
	case r.by == byScore:
		return asking(pg.AskCountByScore(r.scores))
	default:
		return asking(pg.AskCountByLex(r.names.LexRange))
	}
}

// asking makes a need of questions.
func asking(questions ...pg.Question) *pg.Needs { return &pg.Needs{Questions: questions} }

// ranks turns two positions, counted from the end if they are negative, into
// ranks of a set of n members. start is above stop if there are none.
func ranks(start, stop, n int64) (int64, int64) {
	if start < 0 {
		start = max(start+n, 0)
	}
	if stop < 0 {
		stop += n
	}
	return start, min(stop, n-1)
}

// rangeBinding makes the binding of a command that reads a range.
func rangeBinding(name string, f rangeForm) binding {
	claim := func(c *Call) {
		r, fail := f.parseRange(c.args)
		switch {
		case fail != "":
			c.fail(fail)
			return
		case f.stores():
			c.claim(c.args[1], pg.ModeUpdate, pg.PartHeader)
		}
		c.claimElements(c.args[f.key], pg.ModeRead, r.needs())
	}
	run := func(c *Call) error {
		r, _ := f.parseRange(c.args)
		ms, err := c.members(f.key-1, pg.TypeZset)
		if ms == nil || err != nil {
			return err
		}
		members, err := r.of(ms)
		switch {
		case err != nil:
			return err
		case f.stores():
			list := make([]scored, len(members))
			for i, m := range members {
				list[i] = scored{m.Name, m.Score}
			}
			return c.storeZset(0, c.spec.Name, list)
		}
		c.pairs(members, r.withScores)
		return nil
	}
	return binding{name: name, claim: claim, run: run}
}

// removalBinding makes the binding of a command that removes a range.
func removalBinding(name string, f rangeForm) binding {
	run := func(c *Call) error {
		r, _ := f.parseRange(c.args)
		ms, err := c.members(0, pg.TypeZset)
		if ms == nil || err != nil {
			return err
		}
		members, err := r.of(ms)
		if err != nil {
			return err
		}
		for _, m := range members {
			ms.Drop(m)
		}
		c.notifyTaken(settings.EventZSet, c.spec.Name, 0, len(members))
		c.out.Int(int64(len(members)))
		return nil
	}
	return binding{name: name, claim: f.claimEnds(pg.ModeUpdate, (*zrange).needs), run: run}
}

// countBinding makes the binding of a command that counts a range.
func countBinding(name string, f rangeForm) binding {
	run := func(c *Call) error {
		r, _ := f.parseRange(c.args)
		ms, err := c.members(0, pg.TypeZset)
		if ms == nil || err != nil {
			return err
		}
		n := int64(0)
		switch {
		case ms.Len() == 0, r.isEmpty():
		case r.by == byScore:
			n, err = ms.CountByScore(r.scores)
		default:
			n, err = ms.CountByLex(r.names.LexRange)
		}
		if err == nil {
			c.out.Int(n)
		}
		return err
	}
	return binding{name: name, claim: f.claimEnds(pg.ModeRead, (*zrange).needsCount), run: run}
}

// claimEnds makes the claim of a command that takes a range and no options.
func (f rangeForm) claimEnds(mode pg.Mode, needs func(*zrange) *pg.Needs) func(*Call) {
	return func(c *Call) {
		r, fail := f.parseRange(c.args)
		if fail != "" {
			c.fail(fail)
			return
		}
		c.claimElements(c.args[f.key], mode, needs(&r))
	}
}
