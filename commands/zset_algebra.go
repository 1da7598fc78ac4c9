package commands

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/pg"
)

var zsetAlgebraBindings = []binding{
	algebraBinding("zunion", algebraForm{union: true}),
	algebraBinding("zinter", algebraForm{}),
	algebraBinding("zdiff", algebraForm{diff: true}),
	algebraBinding("zunionstore", algebraForm{union: true, stores: true}),
	algebraBinding("zinterstore", algebraForm{stores: true}),
	algebraBinding("zdiffstore", algebraForm{diff: true, stores: true}),
	algebraBinding("zintercard", algebraForm{counts: true}),
}

// algebraForm is what the name of a command says: what it makes of several
// sorted sets, an intersection unless union or diff, and what of the result.
type algebraForm struct {
	union, diff    bool
	stores, counts bool
}

// numkeys is the argument that holds the number of keys.
func (f algebraForm) numkeys() int {
	if f.stores {
		return 2
	}
	return 1
}

// keys returns the arguments that are source keys, or the error reply.
func (f algebraForm) keys(c *Call) (keys [][]byte, fail string) {
	at := f.numkeys()
	n, ok := number.ParseInt64(c.args[at])
	switch rest := c.args[at+1:]; {
	case !ok:
		return nil, errNotInteger
	case n < 1:
		return nil, fmt.Sprintf("ERR at least 1 input key is needed for '%s' command", c.spec.Name)
	case n > int64(len(rest)):
		return nil, errSyntax
	default:
		return rest[:n], ""
	}
}

// aggregate is how the scores of one member in several sets become one.
type aggregate uint8

const (
	aggregateSum aggregate = iota
	aggregateMin
	aggregateMax
)

// add takes another score into account. Infinities that cancel make zero.
func (a aggregate) add(score, other float64) float64 {
	switch {
	case a == aggregateSum:
		if score += other; math.IsNaN(score) {
			score = 0
		}
	case a == aggregateMin && other < score, a == aggregateMax && other > score:
		score = other
	}
	return score
}

// algebraOptions are the options behind the keys.
type algebraOptions struct {
	weights    []float64 // nil: all are 1
	aggregate  aggregate
	withScores bool
	limit      int64 // 0: none
}

// parse reads the options. It returns the error reply, or "".
func (f algebraForm) parse(args [][]byte, keys int) (o algebraOptions, fail string) {
	for len(args) > 0 {
		used := 0
		switch a := args[0]; {
		case !f.diff && !f.counts && len(args) > keys && isWord(a, "weights"):
			o.weights = make([]float64, keys)
			for i := range o.weights {
				var ok bool
				if o.weights[i], ok = number.ParseFloat(args[1+i]); !ok {
					return o, "ERR weight value is not a float"
				}
			}
			used = 1 + keys
		case !f.diff && !f.counts && len(args) > 1 && isWord(a, "aggregate"):
			switch word := args[1]; {
			case isWord(word, "sum"):
				o.aggregate = aggregateSum
			case isWord(word, "min"):
				o.aggregate = aggregateMin
			case isWord(word, "max"):
				o.aggregate = aggregateMax
			default:
				return o, errSyntax
			}
			used = 2
		case !f.stores && !f.counts && isWord(a, "withscores"):
			o.withScores = true
			used = 1
		case f.counts && len(args) > 1 && isWord(a, "limit"):
			var ok bool
			if o.limit, ok = number.ParseInt64(args[1]); !ok || o.limit < 0 {
				return o, "ERR LIMIT can't be negative"
			}
			used = 2
		default:
			return o, errSyntax
		}
		args = args[used:]
	}
	return o, ""
}

// algebraBinding makes the binding of a command. Types of keys come before
// options in what Redis complains of.
func algebraBinding(name string, f algebraForm) binding {
	claim := func(c *Call) {
		keys, fail := f.keys(c)
		if fail != "" {
			c.fail(fail)
			return
		}
		if f.stores {
			c.claim(c.args[1], pg.ModeUpdate, pg.PartHeader)
		}
		for _, key := range keys {
			// Of an intersection or a difference it depends on the sizes what is looked at.
			c.claimElements(key, pg.ModeRead, &pg.Needs{All: f.union})
		}
	}
	run := func(c *Call) error {
		keys, _ := f.keys(c)
		sources, err := c.sources(f, len(keys))
		if sources == nil || err != nil {
			return err
		}
		o, fail := f.parse(c.args[f.numkeys()+1+len(keys):], len(keys))
		if fail != "" {
			c.fail(fail)
			return nil
		}
		for i := range o.weights {
			sources[i].weight = o.weights[i]
		}
		if done, err := c.matchSources(f, o, sources); done || err != nil {
			return err
		}
		result, err := f.combine(sources, o)
		if err != nil {
			return err
		}
		return c.answerAlgebra(f, o, result)
	}
	return binding{name: name, claim: claim, run: run, slow: true}
}

func (c *Call) answerAlgebra(f algebraForm, o algebraOptions, result []scored) error {
	switch {
	case f.counts:
		c.out.Int(int64(len(result)))
		return nil
	case f.stores:
		return c.storeZset(0, c.spec.Name, result)
	}
	slices.SortFunc(result, func(a, b scored) int {
		return cmp.Or(cmp.Compare(a.score, b.score), bytes.Compare(a.name, b.name))
	})
	c.pairsHeader(len(result), o.withScores)
	for _, m := range result {
		c.pair(m.name, m.score, o.withScores)
	}
	return nil
}

// source is one of the sets to be combined.
type source struct {
	*pg.Members
	isSet  bool // a plain set, all of whose scores are 1
	weight float64
}

// sources returns the sets to be combined, which may be plain ones. It answers
// WRONGTYPE and returns nil if a key holds something else.
func (c *Call) sources(f algebraForm, n int) ([]source, error) {
	list := make([]source, n)
	for i := range list {
		e := c.key(f.numkeys() - 1 + i)
		t := pg.TypeZset
		if e.Exists() {
			t = e.Type()
		}
		if t != pg.TypeZset && t != pg.TypeSet {
			c.fail(errWrongType)
			return nil, nil
		}
		ms, err := e.Members(t)
		if err != nil {
			return nil, err
		}
		list[i] = source{ms, t == pg.TypeSet, 1}
	}
	return list, nil
}

// score returns the weighted score of a member. Zero times infinity is not a
// number; what becomes of it is up to the caller.
func (s source) score(m *pg.Member) float64 {
	if s.isSet {
		return s.weight
	}
	return float64(s.weight * m.Score) // not to be fused with the addition that follows
}

// firstScore is score for the first set that has a member.
func (s source) firstScore(m *pg.Member) float64 {
	score := s.score(m)
	if math.IsNaN(score) {
		return 0
	}
	return score
}

// combine makes the result, in no order. Sums are taken from the smallest set
// to the largest, as Redis does: the order shows in the last digits.
func (f algebraForm) combine(sources []source, o algebraOptions) ([]scored, error) {
	if f.diff {
		return difference(sources)
	}
	slices.SortStableFunc(sources, func(a, b source) int { return cmp.Compare(a.Len(), b.Len()) })
	if f.union {
		return union(sources, o.aggregate)
	}
	return intersection(sources, o)
}

func union(sources []source, a aggregate) (result []scored, err error) {
	at := make(map[string]int)
	for _, s := range sources {
		members, err := s.All()
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			score := s.firstScore(m)
			if i, ok := at[string(m.Name)]; ok {
				result[i].score = a.add(result[i].score, score)
				continue
			}
			at[string(m.Name)] = len(result)
			result = append(result, scored{m.Name, score})
		}
	}
	return result, nil
}

// intersection walks over the smallest set, which comes first, and looks its
// members up in the others.
func intersection(sources []source, o algebraOptions) (result []scored, err error) {
	if sources[0].Len() == 0 {
		return nil, nil
	}
	members, err := candidates(sources)
	if err != nil {
		return nil, err
	}
	result = make([]scored, len(members))
	for i, m := range members {
		result[i] = scored{m.Name, sources[0].firstScore(m)}
	}
	for _, s := range sources[1:] {
		if err := fetchScored(s, result); err != nil {
			return nil, err
		}
		kept := result[:0]
		for _, r := range result {
			m, err := s.Find(r.name)
			if err != nil {
				return nil, err
			}
			if m != nil {
				kept = append(kept, scored{r.name, o.aggregate.add(r.score, s.score(m))})
			}
		}
		result = kept
	}
	if o.limit > 0 && o.limit < int64(len(result)) {
		result = result[:o.limit]
	}
	return result, nil
}

// difference returns the members of the first set that no other one has.
func difference(sources []source) (result []scored, err error) {
	match, matched := matchingSources(sources, false)
	var members []*pg.Member
	if matched {
		members, err = match.Members(0)
		sources = sources[:1]
	} else {
		members, err = sources[0].All()
	}
	if err != nil {
		return nil, err
	}
	result = make([]scored, len(members))
	for i, m := range members {
		result[i] = scored{m.Name, sources[0].score(m)}
	}
	for _, s := range sources[1:] {
		if err := fetchScored(s, result); err != nil {
			return nil, err
		}
		kept := result[:0]
		for _, r := range result {
			m, err := s.Find(r.name)
			if err != nil {
				return nil, err
			}
			if m == nil {
				kept = append(kept, r)
			}
		}
		result = kept
	}
	return result, nil
}

// fetchScored loads what a set has of these members: by name, or all of a set
// that is not larger.
func fetchScored(s source, members []scored) error {
	if s.Len() <= int64(len(members)) {
		_, err := s.All()
		return err
	}
	names := make([][]byte, len(members))
	for i := range members {
		names[i] = members[i].name
	}
	return s.Fetch(names...)
}
