package pg

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"sort"
)

// ScoreRange is a range of scores, both ends included; an open end is the next
// score above or below, see math.Nextafter.
type ScoreRange struct{ Min, Max float64 }

// LexRange is a range of members among members of one score. A nil bound means
// no bound.
type LexRange struct {
	Min, Max         []byte
	OpenMin, OpenMax bool
}

// Slice is which members of a range are meant: those from Offset on, at most
// Count, no limit if Count is negative; from the highest down if Reverse.
type Slice struct {
	Offset, Count int64
	Reverse       bool
}

// everyScore is the range of all members.
var everyScore = ScoreRange{math.Inf(-1), math.Inf(1)}

// The order of a sorted set: score, then member. Members with a short form are
// out of order among themselves, so that sets with such members are loaded as a
// whole where order matters.
const (
	zsetLowest   = `SELECT e.score FROM kv_zsets e WHERE e.coll = $1 ORDER BY e.score, e.member LIMIT 1`
	zsetByScore  = ` FROM kv_zsets f WHERE f.coll = $1 AND f.score >= $2 AND f.score <= $3`
	zsetOneScore = ` FROM kv_zsets f WHERE f.coll = $1 AND f.score = (` + zsetLowest + `)`
	zsetByLex    = zsetOneScore + `
  AND f.member >= $2 AND f.member <= $3 AND (f.member <> $2 OR NOT $4) AND (f.member <> $3 OR NOT $5)`
	upward   = ` ORDER BY f.score, f.member`
	downward = ` ORDER BY f.score DESC, f.member DESC`

	sqlZsetRange    = `SELECT ` + zsetColumns + zsetByScore + upward + ` OFFSET $4 LIMIT $5`
	sqlZsetRevRange = `SELECT ` + zsetColumns + zsetByScore + downward + ` OFFSET $4 LIMIT $5`
	sqlZsetCount    = `SELECT count(*)` + zsetByScore

	sqlZsetLex      = `SELECT ` + zsetColumns + zsetByLex + upward + ` OFFSET $6 LIMIT $7`
	sqlZsetRevLex   = `SELECT ` + zsetColumns + zsetByLex + downward + ` OFFSET $6 LIMIT $7`
	sqlZsetLexCount = `SELECT count(*)` + zsetByLex

	// OFFSET reads the rows that it leaves out. Where these are many, the index
	// alone finds the first member, and rows are read from there on. That bound
	// takes the place of the range's own: with both, the index would be walked
	// from the latter.
	zsetScoreUp = ` FROM kv_zsets f WHERE f.coll = $1 AND f.score <= $3 AND (f.score, f.member) >= (SELECT f.score, f.member` +
		zsetByScore + upward + ` OFFSET $4 LIMIT 1)`
	zsetScoreDown = ` FROM kv_zsets f WHERE f.coll = $1 AND f.score >= $2 AND (f.score, f.member) <= (SELECT f.score, f.member` +
		zsetByScore + downward + ` OFFSET $4 LIMIT 1)`
	zsetLexUp = zsetOneScore + ` AND f.member <= $3 AND (f.member <> $3 OR NOT $5) AND f.member >= (SELECT f.member` +
		zsetByLex + upward + ` OFFSET $6 LIMIT 1)`
	zsetLexDown = zsetOneScore + ` AND f.member >= $2 AND (f.member <> $2 OR NOT $4) AND f.member <= (SELECT f.member` +
		zsetByLex + downward + ` OFFSET $6 LIMIT 1)`

	sqlZsetRangeDeep    = `SELECT ` + zsetColumns + zsetScoreUp + upward + ` LIMIT $5`
	sqlZsetRevRangeDeep = `SELECT ` + zsetColumns + zsetScoreDown + downward + ` LIMIT $5`
	sqlZsetLexDeep      = `SELECT ` + zsetColumns + zsetLexUp + upward + ` LIMIT $7`
	sqlZsetRevLexDeep   = `SELECT ` + zsetColumns + zsetLexDown + downward + ` LIMIT $7`

	sqlZsetRank = `
SELECT count(*) FROM kv_zsets f WHERE f.coll = $1 AND (f.score, f.member) <
  ((SELECT e.score FROM kv_zsets e WHERE e.coll = $1 AND e.hash = $2 AND e.member = $3), $3)`
	sqlZsetEnds = `
SELECT (` + zsetLowest + `),
       (SELECT e.score FROM kv_zsets e WHERE e.coll = $1 ORDER BY e.score DESC, e.member DESC LIMIT 1)`
)

// aboveAll is above every member stored as itself.
var aboveAll = bytes.Repeat([]byte{0xff}, maxInlineKey+1)

func compareMembers(a, b *Member) int {
	return cmp.Or(cmp.Compare(a.Score, b.Score), bytes.Compare(a.Name, b.Name))
}

// ordered reports whether everything is here to answer a question about order.
func (ms *Members) ordered() (bool, error) {
	if !ms.complete && ms.sum.flags&summaryLong != 0 {
		if err := ms.loadAll(); err != nil {
			return false, err
		}
	}
	return ms.complete, nil
}

func (r ScoreRange) query(s Slice) query {
	return s.query(scoreStatements, float8Param(r.Min), float8Param(r.Max))
}

func (r ScoreRange) countQuery() query {
	return query{stmtZsetCount, [][]byte{float8Param(r.Min), float8Param(r.Max)}}
}

// rangeStatements are the statements for ranges of a kind: upward and downward,
// and both for slices that leave out many members.
type rangeStatements struct{ up, down, upDeep, downDeep statement }

var (
	scoreStatements = rangeStatements{stmtZsetRange, stmtZsetRevRange, stmtZsetRangeDeep, stmtZsetRevRangeDeep}
	nameStatements  = rangeStatements{stmtZsetLex, stmtZsetRevLex, stmtZsetLexDeep, stmtZsetRevLexDeep}
)

// deepOffset is from how many members left out on the index is asked first.
const deepOffset = 32

// query makes a query for the members of a range with these bounds.
func (s Slice) query(r rangeStatements, bounds ...[]byte) query {
	limit := []byte(nil)
	if s.Count >= 0 {
		limit = int8Param(s.Count)
	}
	q := query{params: append(bounds, int8Param(s.Offset), limit)}
	switch deep := s.Offset >= deepOffset; {
	case deep && s.Reverse:
		q.s = r.downDeep
	case deep:
		q.s = r.upDeep
	case s.Reverse:
		q.s = r.down
	default:
		q.s = r.up
	}
	return q
}

// RangeByScore returns members in the order of a sorted set.
func (ms *Members) RangeByScore(r ScoreRange, s Slice) ([]*Member, error) {
	here, err := ms.ordered()
	if err != nil {
		return nil, err
	}
	if here {
		all := ms.inOrder()
		from := sort.Search(len(all), func(i int) bool { return all[i].Score >= r.Min })
		to := sort.Search(len(all), func(i int) bool { return all[i].Score > r.Max })
		return s.of(all, from, to), nil
	}
	return ms.askMembers(r.query(s))
}

// askMembers returns the members that a query finds, in a list of the caller's.
func (ms *Members) askMembers(q query) ([]*Member, error) {
	if err := ms.writeOut(); err != nil {
		return nil, err
	}
	a, err := ms.ask(q)
	if err != nil {
		return nil, err
	}
	return slices.Clone(a.members), nil
}

// askCount returns the number that a query counts.
func (ms *Members) askCount(q query) (int64, error) {
	if err := ms.writeOut(); err != nil {
		return 0, err
	}
	a, err := ms.ask(q)
	if err != nil {
		return 0, err
	}
	return a.n, nil
}

// sliceOfRanks turns ranks, which are within a set of n members, into a slice of
// all. turned: it is counted from the other end, which is nearer.
func sliceOfRanks(start, stop, n int64, reverse bool) (s Slice, turned bool) {
	s = Slice{Offset: start, Count: stop - start + 1, Reverse: reverse}
	if after := n - 1 - stop; start > after {
		return Slice{Offset: after, Count: s.Count, Reverse: !reverse}, true
	}
	if stop == n-1 {
		s.Count = -1 // whatever the number of members is by now
	}
	return s, false
}

// RangeByRank returns the members of ranks start to stop, which MUST be within
// the set.
func (ms *Members) RangeByRank(start, stop int64, reverse bool) ([]*Member, error) {
	if start > stop {
		return nil, nil
	}
	s, turned := sliceOfRanks(start, stop, ms.count, reverse)
	members, err := ms.RangeByScore(everyScore, s)
	if turned {
		slices.Reverse(members)
	}
	return members, err
}

// CountByScore returns the number of members in a range.
func (ms *Members) CountByScore(r ScoreRange) (n int64, err error) {
	here, err := ms.ordered()
	if err != nil {
		return 0, err
	}
	if here {
		for _, m := range ms.inOrder() {
			if m.Score >= r.Min && m.Score <= r.Max {
				n++
			}
		}
		return n, nil
	}
	if r == everyScore {
		return ms.count, nil
	}
	return ms.askCount(r.countQuery())
}

// RangeByLex returns members whose names are in a range. It means something
// for sets whose members all have one score; in others, names are compared in
// the order of the set all the same.
func (ms *Members) RangeByLex(r LexRange, s Slice) ([]*Member, error) {
	here, err := ms.lexical()
	if err != nil {
		return nil, err
	}
	if here {
		var in []*Member
		for _, m := range ms.inOrder() {
			if r.contains(m.Name) {
				in = append(in, m)
			}
		}
		return s.of(in, 0, len(in)), nil
	}
	return ms.askMembers(r.query(s))
}

// CountByLex returns the number of members whose names are in a range.
func (ms *Members) CountByLex(r LexRange) (n int64, err error) {
	here, err := ms.lexical()
	if err != nil {
		return 0, err
	}
	if here {
		for _, m := range ms.inOrder() {
			if r.contains(m.Name) {
				n++
			}
		}
		return n, nil
	}
	return ms.askCount(r.countQuery())
}

func (r LexRange) contains(name []byte) bool {
	if r.Min != nil {
		if c := bytes.Compare(name, r.Min); c < 0 || c == 0 && r.OpenMin {
			return false
		}
	}
	if r.Max != nil {
		if c := bytes.Compare(name, r.Max); c > 0 || c == 0 && r.OpenMax {
			return false
		}
	}
	return true
}

func (r LexRange) query(s Slice) query {
	return s.query(nameStatements, r.params()...)
}

func (r LexRange) countQuery() query { return query{stmtZsetLexCount, r.params()} }

// params are the parameters of the statements by name. Bounds longer than any
// member stored as itself are cut: what is cut off decides nothing then.
func (r LexRange) params() [][]byte {
	low, high, openLow, openHigh := r.Min, r.Max, r.OpenMin, r.OpenMax
	if low == nil {
		low, openLow = []byte{}, false
	}
	if high == nil {
		high, openHigh = aboveAll, false
	}
	if len(low) > maxInlineKey {
		low, openLow = low[:maxInlineKey], true
	}
	if r.Max != nil && len(high) > maxInlineKey {
		high, openHigh = high[:maxInlineKey], false
	}
	return [][]byte{low, high, boolParam(openLow), boolParam(openHigh)}
}

// Rank returns the number of members below a member that exists.
func (ms *Members) Rank(m *Member) (int64, error) {
	here, err := ms.ordered()
	if err != nil {
		return 0, err
	}
	if here {
		rank, _ := slices.BinarySearchFunc(ms.inOrder(), m, compareMembers)
		return int64(rank), nil
	}
	return ms.askCount(ms.e.tx.c.rankQuery(m.Name))
}

func (c *Conn) rankQuery(name []byte) query {
	return query{stmtZsetRank, [][]byte{int8Param(c.hashName(name)), shortForm(name)}}
}

// endsQuery asks for the lowest and the highest score.
var endsQuery = query{s: stmtZsetEnds}

// lexical prepares a question about names, for which all members should have
// one score. here is true if they don't, or if everything has been loaded anyway.
func (ms *Members) lexical() (here bool, err error) {
	if here, err = ms.ordered(); here || err != nil {
		return here, err
	}
	if err := ms.writeOut(); err != nil {
		return false, err
	}
	a, err := ms.ask(endsQuery)
	if err != nil || a.scores[0] == a.scores[1] {
		return false, err
	}
	return true, ms.loadAll()
}

// of applies the slice to a list in ascending order.
func (s Slice) of(list []*Member, from, to int) []*Member {
	if from >= to {
		return nil
	}
	out := slices.Clone(list[from:to])
	if s.Reverse {
		slices.Reverse(out)
	}
	if s.Offset >= int64(len(out)) {
		return nil
	}
	out = out[s.Offset:]
	if s.Count >= 0 && s.Count < int64(len(out)) {
		out = out[:s.Count]
	}
	return out
}

func float8Param(f float64) []byte { return int8Param(int64(math.Float64bits(f))) }
