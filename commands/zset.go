package commands

import (
	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

// Sorted sets are in zset.go (single members), zset_add.go, zset_bounds.go and
// zset_range.go (ranges), zset_pop.go, zset_random.go, zset_algebra.go and
// zset_scan.go.
var zsetBindings = []binding{
	{name: "zcard", claim: reads(1, pg.PartHeader), run: zcard},
	{name: "zscore", claim: named(pg.ModeRead, 2, 1), run: zscore},
	{name: "zmscore", claim: named(pg.ModeRead, 2, 1), run: zmscore},
	{name: "zrank", claim: claimZrank, run: func(c *Call) error { return c.zrank(false) }},
	{name: "zrevrank", claim: claimZrank, run: func(c *Call) error { return c.zrank(true) }},
	{name: "zrem", claim: named(pg.ModeUpdate, 2, 1), run: removeMembers(pg.TypeZset, settings.EventZSet)},
	{name: "zscan", claim: claimScanMembers(scanForm{}), run: scanMembers(pg.TypeZset, scanForm{}, addScanned)},
}

// scored is a member and its score.
type scored struct {
	name  []byte
	score float64
}

// keptScore is what a set keeps of a score: a listpack has no negative zero.
func keptScore(e *pg.Entry, score float64) float64 {
	if score == 0 && e.Encoding() == pg.EncodingListpack {
		return 0
	}
	return score
}

// storeZset makes the key of a claim a sorted set of these members, whatever it was,
// answers with their number and tells of the event. The key is gone if there are none.
func (c *Call) storeZset(claim int, event string, members []scored) error {
	e := c.key(claim)
	e.Delete()
	ms, err := e.Members(pg.TypeZset)
	if err != nil {
		return err
	}
	longest := 0
	for i := range members {
		longest = max(longest, len(members[i].name))
	}
	if !c.fitsListpack(int64(len(members)), longest, settings.ZSetMaxListpackEntries, settings.ZSetMaxListpackValue) {
		e.SetEncoding(pg.EncodingSkiplist)
	}
	for i := range members {
		m, _, err := ms.Put(members[i].name)
		if err != nil {
			return err
		}
		m.Score = keptScore(e, members[i].score)
	}
	c.notifyStored(settings.EventZSet, event, claim, len(members) > 0)
	c.out.Int(int64(len(members)))
	return nil
}

// pairsHeader begins a list of n members. With scores it is flat in RESP2, and
// a list of pairs in RESP3.
func (c *Call) pairsHeader(n int, withScores bool) {
	if withScores && !c.out.RESP3 {
		n *= 2
	}
	c.out.Array(n)
}

func (c *Call) pair(name []byte, score float64, withScores bool) {
	if withScores && c.out.RESP3 {
		c.out.Array(2)
	}
	c.out.Bulk(name)
	if withScores {
		c.out.Double(score)
	}
}

// pairs answers with members, and with their scores if asked for.
func (c *Call) pairs(members []*pg.Member, withScores bool) {
	c.pairsHeader(len(members), withScores)
	for _, m := range members {
		c.pair(m.Name, m.Score, withScores)
	}
}

func zcard(c *Call) error {
	ms, err := c.members(0, pg.TypeZset)
	if ms != nil && err == nil {
		c.out.Int(ms.Len())
	}
	return err
}

func (c *Call) scoreOrNull(m *pg.Member) {
	if m == nil {
		c.out.Null()
	} else {
		c.out.Double(m.Score)
	}
}

func zscore(c *Call) error {
	ms, err := c.members(0, pg.TypeZset)
	if ms == nil || err != nil {
		return err
	}
	m, err := ms.Find(c.args[2])
	if err == nil {
		c.scoreOrNull(m)
	}
	return err
}

func zmscore(c *Call) error {
	return c.eachNamed(pg.TypeZset, c.args[2:], func(_ *pg.Members, m *pg.Member) { c.scoreOrNull(m) })
}

func claimZrank(c *Call) {
	switch {
	case len(c.args) > 4:
		c.wrongArity()
	case len(c.args) == 4 && !isWord(c.args[3], "withscore"):
		c.fail(errSyntax)
	default:
		needs := asking(pg.AskRank(c.args[2]))
		needs.Names = c.args[2:3]
		c.claimElements(c.args[1], pg.ModeRead, needs)
	}
}

func (c *Call) zrank(reverse bool) error {
	ms, err := c.members(0, pg.TypeZset)
	if ms == nil || err != nil {
		return err
	}
	withScore := len(c.args) == 4
	m, err := ms.Find(c.args[2])
	switch {
	case err != nil:
		return err
	case m == nil && withScore:
		c.out.NullArray()
		return nil
	case m == nil:
		c.out.Null()
		return nil
	}
	rank, err := ms.Rank(m)
	if err != nil {
		return err
	}
	if reverse {
		rank = ms.Len() - 1 - rank
	}
	if !withScore {
		c.out.Int(rank)
		return nil
	}
	c.out.Array(2)
	c.out.Int(rank)
	c.out.Double(m.Score)
	return nil
}

// addScanned puts a member and its score into the reply of ZSCAN, which spells
// scores in another way once a set is not a listpack.
func addScanned(c *Call, _ *scanOptions, f *found, m *pg.Member) {
	f.add(m.Name)
	if c.key(0).Encoding() == pg.EncodingSkiplist {
		f.add(number.AppendFloat17(nil, m.Score))
	} else {
		f.add(codec.AppendDouble(nil, m.Score))
	}
}
