package commands

import (
	"math"
	"math/rand/v2"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/pg"
)

// maxRandomHint is how many random members are loaded with a key at most. The
// size of the collection, which is not known yet, may be far below the count.
const maxRandomHint = 1000

// Where repetitions are allowed, a short request can ask for a reply of any
// length. It is made in memory as a whole, so that the number of members and
// their bytes are bounded; Redis knows no limit but its memory.
const (
	maxRepeats     = 1 << 24
	maxRepeatBytes = 512 << 20
	errReplyLong   = "ERR the reply would be longer than 512 MB"
)

// randomRequest is what HRANDFIELD, SRANDMEMBER and ZRANDMEMBER ask for.
type randomRequest struct {
	count    int64 // below 0: that many, maybe with repetitions
	given    bool  // a count was given
	withMore bool  // with values or scores
}

// parseRandom reads the count and, if word is not empty, the option of that name.
// It returns the error reply, or "".
func parseRandom(args [][]byte, word string) (r randomRequest, fail string) {
	if len(args) == 2 {
		return randomRequest{count: 1}, ""
	}
	r.given = true
	if word == "" && len(args) > 3 {
		return r, errSyntax
	}
	var ok bool
	r.count, ok = number.ParseInt64(args[2])
	switch {
	case !ok:
		return r, errNotInteger
	case r.count == math.MinInt64:
		return r, "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"
	case len(args) > 4 || len(args) == 4 && !isWord(args[3], word):
		return r, errSyntax
	case len(args) == 4:
		r.withMore = true
		if r.count < -math.MaxInt64/2 || r.count > math.MaxInt64/2 {
			return r, errOutOfRange
		}
	}
	if r.count < -maxRepeats {
		return r, errOutOfRange
	}
	return r, ""
}

// randomBinding makes the binding of a command that answers with random members of a
// collection of type t: with one, or if a count is given, with what answer makes of
// them. The word is that of parseRandom.
func randomBinding(name string, t pg.Type, word string, answer func(*Call, *pg.Members, *randomRequest, []*pg.Member)) binding {
	return binding{
		name: name,
		claim: func(c *Call) {
			r, fail := parseRandom(c.args, word)
			if fail != "" {
				c.fail(fail)
				return
			}
			c.claimElements(c.args[1], pg.ModeRead, &pg.Needs{Random: min(max(r.count, -r.count), maxRandomHint)})
		},
		run: func(c *Call) error {
			ms, err := c.members(0, t)
			if ms == nil || err != nil {
				return err
			}
			r, _ := parseRandom(c.args, word)
			chosen, fail, err := r.choose(ms)
			switch {
			case err != nil:
				return err
			case fail != "":
				c.fail(fail)
			case r.given:
				answer(c, ms, &r, chosen)
			default:
				c.nameOrNull(chosen)
			}
			return nil
		},
	}
}

// choose returns the members asked for, or the error reply.
func (r *randomRequest) choose(ms *pg.Members) (chosen []*pg.Member, fail string, err error) {
	if r.count >= 0 {
		chosen, err = ms.Random(min(r.count, ms.Len()))
		return chosen, "", err
	}
	if chosen, err = randomWithRepeats(ms, -r.count); err != nil {
		return nil, "", err
	}
	bytes := 0
	for _, m := range chosen {
		if bytes += len(m.Name); r.withMore {
			bytes += len(m.Value)
		}
		if bytes > maxRepeatBytes {
			return nil, errReplyLong, nil
		}
	}
	return chosen, "", nil
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

// nameOrNull answers with the one member there is, or null.
func (c *Call) nameOrNull(chosen []*pg.Member) {
	if len(chosen) == 0 {
		c.out.Null()
	} else {
		c.out.Bulk(chosen[0].Name)
	}
}
