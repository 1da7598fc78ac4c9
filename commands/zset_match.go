package commands

import (
	"cmp"
	"slices"

	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

// matchSources serves what can be done inside PostgreSQL as a whole: counting an
// intersection, and storing a difference, which changes no score. done: the
// command has been answered.
func (c *Call) matchSources(f algebraForm, o algebraOptions, sources []source) (done bool, err error) {
	if !f.counts && (!f.diff || !f.stores) {
		return false, nil
	}
	if f.counts {
		sources = slices.Clone(sources)
		slices.SortStableFunc(sources, func(a, b source) int { return cmp.Compare(a.Len(), b.Len()) })
	}
	m, ok := matchingSources(sources, f.counts)
	if !ok {
		return false, nil
	}
	n := int64(0)
	if f.counts {
		n, err = m.Count(o.limit)
	} else {
		n, err = storeMatches(c.key(0), []pg.Match{m}, c.server().settings.Int(settings.ZSetMaxListpackEntries))
		if n == 0 || err != nil {
			return false, err
		}
		c.key(0).SetEncoding(pg.EncodingSkiplist)
		c.notify(settings.EventZSet, c.spec.Name, 0)
	}
	if err == nil {
		c.out.Int(n)
	}
	return true, err
}

// matchingSources decides whether the first of several sets is matched with the
// others inside PostgreSQL. Plain sets have tables of their own.
func matchingSources(sources []source, all bool) (pg.Match, bool) {
	others := make([]*pg.Members, 0, len(sources)-1)
	for _, s := range sources {
		if s.isSet {
			return pg.Match{}, false
		}
	}
	for _, s := range sources[1:] {
		if !all && s.Members == sources[0].Members {
			return pg.Match{}, false
		}
		others = append(others, s.Members)
	}
	return matching(sources[0].Members, others, all)
}

// candidates are the members of the first set of an intersection: those that
// the others have too, where PostgreSQL finds them, and all otherwise.
func candidates(sources []source) ([]*pg.Member, error) {
	if m, ok := matchingSources(sources, true); ok {
		return m.Members(0)
	}
	return sources[0].All()
}
