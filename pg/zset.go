package pg

import (
	"bytes"
	"cmp"
	"encoding/binary"
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
	zsetByScore = ` FROM kv_zsets f WHERE f.coll = $1 AND f.score >= $2 AND f.score <= $3`
	zsetByLex   = ` FROM kv_zsets f WHERE f.coll = $1 AND f.score = $2
  AND f.member >= $3 AND f.member <= $4 AND (f.member <> $3 OR NOT $5) AND (f.member <> $4 OR NOT $6)`
	upward   = ` ORDER BY f.score, f.member`
	downward = ` ORDER BY f.score DESC, f.member DESC`

	sqlZsetRange    = `SELECT ` + zsetColumns + zsetByScore + upward + ` OFFSET $4 LIMIT $5`
	sqlZsetRevRange = `SELECT ` + zsetColumns + zsetByScore + downward + ` OFFSET $4 LIMIT $5`
	sqlZsetCount    = `SELECT count(*)` + zsetByScore
	sqlZsetLex      = `SELECT ` + zsetColumns + zsetByLex + upward + ` OFFSET $7 LIMIT $8`
	sqlZsetRevLex   = `SELECT ` + zsetColumns + zsetByLex + downward + ` OFFSET $7 LIMIT $8`
	sqlZsetLexCount = `SELECT count(*)` + zsetByLex
	sqlZsetRank     = `SELECT count(*) FROM kv_zsets f WHERE f.coll = $1 AND (f.score, f.member) < ($2, $3)`
	sqlZsetEnds     = `
SELECT (SELECT f.score FROM kv_zsets f WHERE f.coll = $1 ORDER BY f.score, f.member LIMIT 1),
       (SELECT f.score FROM kv_zsets f WHERE f.coll = $1 ORDER BY f.score DESC, f.member DESC LIMIT 1)`
)

// aboveAll is above every member stored as itself.
var aboveAll = bytes.Repeat([]byte{0xff}, maxInlineKey+1)

func compareMembers(a, b *Member) int {
	return cmp.Or(cmp.Compare(a.Score, b.Score), bytes.Compare(a.Name, b.Name))
}

// ordered prepares a question about order: either everything is here, and it
// is true, or PostgreSQL holds what the unit has changed.
func (ms *Members) ordered() (bool, error) {
	if !ms.complete && ms.sum.flags&summaryLong != 0 {
		if err := ms.loadAll(); err != nil {
			return false, err
		}
	}
	if ms.complete {
		return true, nil
	}
	if err := ms.writeOut(); err != nil {
		return false, err
	}
	return false, ms.e.stable()
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
	return ms.rangeRows(s, stmtZsetRange, stmtZsetRevRange, float8Param(r.Min), float8Param(r.Max))
}

// RangeByRank returns the members of ranks start to stop, which MUST be within
// the set. Those at the far end are counted from there.
func (ms *Members) RangeByRank(start, stop int64, reverse bool) ([]*Member, error) {
	s := Slice{Offset: start, Count: stop - start + 1, Reverse: reverse}
	if s.Count <= 0 {
		return nil, nil
	}
	turned := !ms.complete && start > ms.count-1-stop
	if turned {
		s = Slice{Offset: ms.count - 1 - stop, Count: s.Count, Reverse: !reverse}
	}
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
	return ms.countRows(stmtZsetCount, float8Param(r.Min), float8Param(r.Max))
}

// RangeByLex returns members whose names are in a range. It means something
// for sets whose members all have one score; in others, names are compared in
// the order of the set all the same.
func (ms *Members) RangeByLex(r LexRange, s Slice) ([]*Member, error) {
	score, here, err := ms.lexical()
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
	return ms.rangeRows(s, stmtZsetLex, stmtZsetRevLex, r.params(score)...)
}

// CountByLex returns the number of members whose names are in a range.
func (ms *Members) CountByLex(r LexRange) (n int64, err error) {
	score, here, err := ms.lexical()
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
	return ms.countRows(stmtZsetLexCount, r.params(score)...)
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

// params are the parameters of the statements by name. Bounds longer than any
// member stored as itself are cut: what is cut off decides nothing then.
func (r LexRange) params(score float64) [][]byte {
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
	return [][]byte{float8Param(score), low, high, boolParam(openLow), boolParam(openHigh)}
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
	return ms.countRows(stmtZsetRank, float8Param(m.Score), shortForm(m.Name))
}

// lexical finds out the score that all members have. here is true if there is
// more than one, or everything has been loaded anyway.
func (ms *Members) lexical() (score float64, here bool, err error) {
	if here, err = ms.ordered(); here || err != nil {
		return 0, here, err
	}
	var ends [2]float64
	tx := ms.e.tx
	tx.c.send(stmtZsetEnds, func(v [][]byte) error {
		for i := range ends {
			if v[i] != nil {
				ends[i] = math.Float64frombits(binary.BigEndian.Uint64(v[i]))
			}
		}
		return nil
	}, int8Param(ms.e.coll))
	if err = tx.c.sync(); err != nil {
		return 0, false, tx.failed(err)
	}
	if ends[0] == ends[1] {
		return ends[0], false, nil
	}
	return 0, true, ms.loadAll()
}

// rangeRows loads the members that a range statement finds.
func (ms *Members) rangeRows(s Slice, up, down statement, params ...[]byte) (members []*Member, err error) {
	limit := []byte(nil)
	if s.Count >= 0 {
		limit = int8Param(s.Count)
	}
	if s.Reverse {
		up = down
	}
	tx := ms.e.tx
	params = append([][]byte{int8Param(ms.e.coll)}, params...)
	tx.c.send(up, func(v [][]byte) error {
		m, err := tx.memberOf(v)
		if m != nil {
			members = append(members, m)
		}
		return err
	}, append(params, int8Param(s.Offset), limit)...)
	if err := tx.c.sync(); err != nil {
		return nil, tx.failed(err)
	}
	return members, nil
}

func (ms *Members) countRows(s statement, params ...[]byte) (n int64, err error) {
	tx := ms.e.tx
	tx.c.send(s, func(v [][]byte) error {
		n = asInt(v[0])
		return nil
	}, append([][]byte{int8Param(ms.e.coll)}, params...)...)
	if err := tx.c.sync(); err != nil {
		return 0, tx.failed(err)
	}
	return n, nil
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
