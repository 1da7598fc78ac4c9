package commands

import (
	"slices"

	"github.com/mnorrsken/postkeys/pg"
)

// matchFrom is how many members a set has at least to be walked over inside
// PostgreSQL when it is combined with others; smaller ones are loaded. The
// figures are in pg/DESIGN.md.
const matchFrom = 1000

// matching decides where a set is combined with others: the match is made
// inside PostgreSQL if ok, and here otherwise. Members are to be in all the
// others, or in none of them. The sets MUST be of one type.
func matching(of *pg.Members, others []*pg.Members, all bool) (m pg.Match, ok bool) {
	m.Of = of
	for _, ms := range others {
		if ms != of && !slices.Contains(m.Others, ms) && (all || ms.Len() > 0) {
			m.Others = append(m.Others, ms)
		}
	}
	if all {
		m.Have = len(m.Others)
	}
	notInRows := func(ms *pg.Members) bool { return !ms.InRows() }
	return m, of.Len() >= matchFrom && of.InRows() && !slices.ContainsFunc(m.Others, notInRows)
}

// unionMatches are matches that find each member of several sets once; nil if
// the sets are to be united here.
func unionMatches(sets []*pg.Members) (matches []pg.Match) {
	sets = slices.Clone(sets)
	slices.SortStableFunc(sets, func(a, b *pg.Members) int { return int(b.Len() - a.Len()) })
	sets = slices.DeleteFunc(sets, func(ms *pg.Members) bool { return ms.Len() == 0 })
	for i, ms := range sets {
		if slices.Contains(sets[:i], ms) {
			continue
		}
		m, ok := matching(ms, sets[:i], false)
		if !ok && (i == 0 || !ms.InRows()) {
			return nil
		}
		matches = append(matches, m)
	}
	return matches
}

// oneMatch makes a list of a match that is made inside PostgreSQL.
func oneMatch(m pg.Match, ok bool) []pg.Match {
	if !ok {
		return nil
	}
	return []pg.Match{m}
}

// storeMatches makes a key hold what matches find and returns the number of
// members. It returns 0 and changes nothing without matches, or if they find few:
// what becomes of a small collection is decided where its members are known.
// most is how many members a collection has at most that may be one of Redis'
// small ones.
func storeMatches(e *pg.Entry, matches []pg.Match, most int64) (int64, error) {
	if len(matches) == 0 {
		return 0, nil
	}
	few := max(most, matchFrom)
	n, err := matches[0].Count(few + 1)
	if n <= few || err != nil {
		return 0, err
	}
	return e.StoreMatches(matches...)
}
