package commands

import (
	"cmp"
	"slices"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

var setsAlgebraBindings = []binding{
	{name: "sinter", claim: claimAlgebra(false, false), run: algebra(sinter), slow: true},
	{name: "sunion", claim: claimAlgebra(false, true), run: algebra(sunion), slow: true},
	{name: "sdiff", claim: claimAlgebra(false, false), run: algebra(sdiff), slow: true},
	{name: "sinterstore", claim: claimAlgebra(true, false), run: algebraStore(sinter, sinterMatches), slow: true},
	{name: "sunionstore", claim: claimAlgebra(true, false), run: algebraStore(sunion, sunionMatches), slow: true},
	{name: "sdiffstore", claim: claimAlgebra(true, false), run: algebraStore(sdiff, sdiffMatches), slow: true},
	{name: "sintercard", claim: claimSintercard, run: sintercard, slow: true},
}

// operand is one of the sets that are combined. An absent key is an empty one.
type operand struct {
	e *pg.Entry
	*pg.Members
}

// combined is what a combination of sets makes: its members, in the order in
// which Redis has them for small sets, and the form that Redis begins to build
// it in.
type combined struct {
	names [][]byte
	form  pg.Encoding
}

// claimAlgebra makes the claim of a command on several sets, the first of which
// is the destination if it stores. Of sets that are not needed as a whole it
// depends on their sizes what is looked at.
func claimAlgebra(stores, whole bool) func(*Call) {
	return func(c *Call) {
		keys := c.args[1:]
		if stores {
			c.claim(keys[0], pg.ModeUpdate, pg.PartHeader)
			keys = keys[1:]
		}
		for _, key := range keys {
			c.claimElements(key, pg.ModeRead, &pg.Needs{All: whole})
		}
	}
}

// operands returns the sets claimed from the i-th key on. It answers WRONGTYPE
// and returns nil if a key holds something else.
func (c *Call) operands(i int) ([]operand, error) {
	list := make([]operand, 0, c.claims-i)
	for ; i < c.claims; i++ {
		ms, err := c.members(i, pg.TypeSet)
		if ms == nil || err != nil {
			return nil, err
		}
		list = append(list, operand{c.key(i), ms})
	}
	return list, nil
}

func algebra(combine func([]operand) (combined, error)) func(*Call) error {
	return func(c *Call) error {
		sets, err := c.operands(0)
		if sets == nil || err != nil {
			return err
		}
		r, err := combine(sets)
		if err != nil {
			return err
		}
		c.out.Set(len(r.names))
		for _, name := range r.names {
			c.out.Bulk(name)
		}
		return nil
	}
}

// algebraStore makes the run of a command that stores. matches are those that
// make the whole result inside PostgreSQL, nil if that is to be done here.
func algebraStore(combine func([]operand) (combined, error), matches func([]operand) []pg.Match) func(*Call) error {
	return func(c *Call) error {
		sets, err := c.operands(1)
		if sets == nil || err != nil {
			return err
		}
		w := c.setWriter(c.key(0), nil)
		if n, err := storeMatches(c.key(0), matches(sets), w.limits.most()); n > 0 || err != nil {
			if err == nil {
				c.key(0).SetEncoding(pg.EncodingHashtable)
				c.notify(settings.EventSet, c.spec.Name, 0)
				c.out.Int(n)
			}
			return err
		}
		r, err := combine(sets)
		if err != nil {
			return err
		}
		if err := w.replace(r.names, r.form); err != nil {
			return err
		}
		c.notifyStored(settings.EventSet, c.spec.Name, 0, len(r.names) > 0)
		c.out.Int(int64(len(r.names)))
		return nil
	}
}

// most is up to how many members a set may be anything but a hash table.
func (l setLimits) most() int64 { return max(l.intset, l.entries) }

func sunionMatches(sets []operand) []pg.Match { return unionMatches(membersOf(sets)) }

func sinterMatches(sets []operand) []pg.Match {
	all := membersOf(sets)
	slices.SortStableFunc(all, func(a, b *pg.Members) int { return cmp.Compare(a.Len(), b.Len()) })
	return oneMatch(matching(all[0], all[1:], true))
}

func sdiffMatches(sets []operand) []pg.Match {
	all := membersOf(sets)
	if slices.Contains(all[1:], all[0]) {
		return nil
	}
	return oneMatch(matching(all[0], all[1:], false))
}

func membersOf(sets []operand) []*pg.Members {
	all := make([]*pg.Members, len(sets))
	for i := range sets {
		all[i] = sets[i].Members
	}
	return all
}

// sunion collects the members of all sets.
func sunion(sets []operand) (combined, error) {
	size := int64(0)
	for _, s := range sets {
		size += s.Len()
	}
	r := combined{make([][]byte, 0, size), pg.EncodingIntset}
	seen := make(map[string]struct{}, size)
	for _, s := range sets {
		members, err := setMembers(s.e, s.Members)
		if err != nil {
			return r, err
		}
		for _, m := range members {
			if _, ok := seen[string(m.Name)]; !ok {
				seen[string(m.Name)] = struct{}{}
				r.names = append(r.names, m.Name)
			}
		}
	}
	r.integersFirst()
	return r, nil
}

// integersFirst sorts the integers in front of the first member that is none:
// a set that is begun as an intset has them in that order.
func (r *combined) integersFirst() {
	n := slices.IndexFunc(r.names, isNoInt64)
	if n < 0 {
		n = len(r.names)
	}
	slices.SortFunc(r.names[:n], func(a, b []byte) int {
		m, _ := number.ParseInt64(a)
		n, _ := number.ParseInt64(b)
		return cmp.Compare(m, n)
	})
}

// sdiff takes the members of the other sets away from the first.
func sdiff(sets []operand) (combined, error) {
	r := combined{nil, pg.EncodingIntset}
	if sets[0].Len() == 0 || slices.ContainsFunc(sets[1:], func(s operand) bool { return s.Members == sets[0].Members }) {
		return r, nil
	}
	err := r.filter(sets[0], sets[1:], false)
	r.integersFirst()
	return r, err
}

// sinter takes from the smallest set what all others have.
func sinter(sets []operand) (r combined, err error) {
	r.form = pg.EncodingListpack
	sets = slices.Clone(sets)
	slices.SortStableFunc(sets, func(a, b operand) int { return cmp.Compare(a.Len(), b.Len()) })
	if sets[0].Len() == 0 {
		return r, nil
	}
	if err = r.filter(sets[0], sets[1:], true); err != nil {
		return r, err
	}
	if sets[0].e.Encoding() == pg.EncodingIntset {
		r.form = pg.EncodingIntset
	}
	return r, nil
}

func (r *combined) add(members []*pg.Member) {
	r.names = make([][]byte, len(members))
	for i, m := range members {
		r.names[i] = m.Name
	}
}

// filter collects the members of a set that all of the others have, or none.
func (r *combined) filter(set operand, others []operand, all bool) error {
	if match, ok := matching(set.Members, membersOf(others), all); ok {
		members, err := match.Members(0)
		r.add(members)
		return err
	}
	members, err := setMembers(set.e, set.Members)
	if err != nil {
		return err
	}
	r.add(members)
	for _, s := range others {
		if s.Members == set.Members {
			continue
		}
		if err := fetchMembers(s.Members, r.names); err != nil {
			return err
		}
		kept := r.names[:0]
		for _, name := range r.names {
			m, err := s.Find(name)
			if err != nil {
				return err
			}
			if (m != nil) == all {
				kept = append(kept, name)
			}
		}
		r.names = kept
	}
	return nil
}

// fetchMembers loads what a set has of these members: by name, or all of a set
// that is not much larger, which costs less.
func fetchMembers(ms *pg.Members, names [][]byte) error {
	if ms.Len() <= 4*int64(len(names)) {
		_, err := ms.All()
		return err
	}
	return ms.Fetch(names...)
}

// parseSintercard returns the arguments that are keys, and the limit, 0 if
// there is none, or the error reply.
func parseSintercard(args [][]byte) (keys [][]byte, limit int64, fail string) {
	n, ok := number.ParseInt64(args[1])
	switch {
	case !ok || n < 1:
		return nil, 0, "ERR numkeys should be greater than 0"
	case n > int64(len(args)-2):
		return nil, 0, "ERR Number of keys can't be greater than number of args"
	}
	keys, args = args[2:2+n], args[2+n:]
	for ; len(args) > 0; args = args[2:] {
		if len(args) == 1 || !isWord(args[0], "limit") {
			return nil, 0, errSyntax
		}
		if limit, ok = number.ParseInt64(args[1]); !ok || limit < 0 {
			return nil, 0, "ERR LIMIT can't be negative"
		}
	}
	return keys, limit, ""
}

func claimSintercard(c *Call) {
	keys, _, fail := parseSintercard(c.args)
	if fail != "" {
		c.fail(fail)
		return
	}
	for _, key := range keys {
		c.claimElements(key, pg.ModeRead, &pg.Needs{})
	}
}

func sintercard(c *Call) error {
	_, limit, _ := parseSintercard(c.args)
	sets, err := c.operands(0)
	if sets == nil || err != nil {
		return err
	}
	if matches := sinterMatches(sets); matches != nil {
		n, err := matches[0].Count(limit)
		if err == nil {
			c.out.Int(n)
		}
		return err
	}
	r, err := sinter(sets)
	if err != nil {
		return err
	}
	n := int64(len(r.names))
	if limit > 0 {
		n = min(n, limit)
	}
	c.out.Int(n)
	return nil
}
