package commands

import (
	"math"
	"math/rand/v2"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/pg"
)

var zsetRandomBindings = []binding{
	{name: "zrandmember", claim: claimZrandmember, run: zrandmember},
}

// parseZrandmember reads count and option. given is false if there is no
// count. It returns the error reply, or "".
func parseZrandmember(args [][]byte) (count int64, given, withScores bool, fail string) {
	if len(args) == 2 {
		return 1, false, false, ""
	}
	count, ok := number.ParseInt64(args[2])
	switch {
	case !ok:
		return 0, true, false, errNotInteger
	case count == math.MinInt64:
		return 0, true, false, "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"
	case len(args) == 3:
		return count, true, false, ""
	case len(args) > 4 || !isWord(args[3], "withscores"):
		return 0, true, false, errSyntax
	case count < -math.MaxInt64/2 || count > math.MaxInt64/2:
		return 0, true, false, errOutOfRange
	}
	return count, true, true, ""
}

func claimZrandmember(c *Call) {
	count, _, _, fail := parseZrandmember(c.args)
	if fail != "" {
		c.fail(fail)
		return
	}
	c.claimElements(c.args[1], pg.ModeRead, &pg.Needs{Random: min(max(count, -count), maxRandomHint)})
}

// maxRandomHint is how many random members are loaded with a key at most. The
// size of the set, which is not known yet, may be far below the count.
const maxRandomHint = 1000

func zrandmember(c *Call) error {
	count, given, withScores, _ := parseZrandmember(c.args)
	ms, err := c.members(0, pg.TypeZset)
	if ms == nil || err != nil {
		return err
	}
	if !given {
		one, err := ms.Random(1)
		switch {
		case err != nil:
			return err
		case len(one) == 0:
			c.out.Null()
		default:
			c.out.Bulk(one[0].Name)
		}
		return nil
	}
	var chosen []*pg.Member
	if count >= 0 {
		chosen, err = ms.Random(min(count, ms.Len()))
	} else {
		chosen, err = randomWithRepeats(ms, -count)
	}
	if err == nil {
		c.pairs(chosen, withScores)
	}
	return err
}

// randomWithRepeats returns n members, each chosen among all. Positions are
// drawn first, so that as many different members are loaded as are needed.
func randomWithRepeats(ms *pg.Members, n int64) ([]*pg.Member, error) {
	size := ms.Len()
	if size == 0 {
		return nil, nil
	}
	drawn := make([]int, n)
	seen := make(map[int64]int)
	for i := range drawn {
		position := rand.Int64N(size)
		at, ok := seen[position]
		if !ok {
			at = len(seen)
			seen[position] = at
		}
		drawn[i] = at
	}
	pool, err := ms.Random(int64(len(seen)))
	if err != nil {
		return nil, err
	}
	chosen := make([]*pg.Member, n)
	for i, at := range drawn {
		chosen[i] = pool[at]
	}
	return chosen, nil
}
