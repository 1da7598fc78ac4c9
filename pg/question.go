package pg

import (
	"encoding/binary"
	"math"
	"strconv"
)

// query is a statement about the members of one collection. Its first
// parameter, which is not among params, is where they are.
type query struct {
	s      statement
	params [][]byte
}

// answer is what a query has found.
type answer struct {
	members []*Member // in the order of the query
	n       int64     // of a query that counts
	scores  [2]float64
}

// Question is something that a command is going to ask about a collection that
// it claims, see [Needs]. If the answer comes with the key, Members has it at
// hand as long as the collection does not change.
type Question func(c *Conn, p place) []query

// key identifies a query about a collection within a unit.
func (q query) key(coll int64) string {
	b := strconv.AppendInt(strconv.AppendInt(nil, int64(q.s), 36), coll, 36)
	for _, p := range q.params {
		if b = append(b, ' '); p != nil {
			b = appendItem(b, p)
		}
	}
	return string(b)
}

// queueQuery queues a query about the collection at a place. Rows of one that
// is not part of the unit are left out.
func (tx *Tx) queueQuery(coll int64, q query) *answer {
	a := &answer{}
	tx.c.send(q.s, func(v [][]byte) error {
		switch len(v) {
		case 1:
			a.n = asInt(v[0])
		case 2:
			for i := range a.scores {
				if v[i] != nil {
					a.scores[i] = math.Float64frombits(binary.BigEndian.Uint64(v[i]))
				}
			}
		default:
			m, err := tx.memberOf(v)
			if m != nil {
				a.members = append(a.members, m)
			}
			return err
		}
		return nil
	}, append([][]byte{int8Param(coll)}, q.params...)...)
	return a
}

// queueQuestion queues what answers a question with the load of its key.
func (tx *Tx) queueQuestion(ask Question, p place) {
	for _, q := range ask(tx.c, p) {
		if key := q.key(p.coll); tx.answers[key] == nil {
			tx.answers[key] = tx.queueQuery(p.coll, q)
		}
	}
}

// ask returns the answer to a query: the one that came with the key, or what
// PostgreSQL says now. It has not heard of changes that were not written out.
func (ms *Members) ask(q query) (*answer, error) {
	tx := ms.e.tx
	if !ms.changed {
		if a := tx.answers[q.key(ms.e.coll)]; a != nil {
			return a, nil
		}
	}
	if err := ms.e.stable(); err != nil {
		return nil, err
	}
	a := tx.queueQuery(ms.e.coll, q)
	if err := tx.c.sync(); err != nil {
		return nil, tx.failed(err)
	}
	return a, nil
}

// ofZset makes a question that only sorted sets answer.
func ofZset(queries func(c *Conn, p place) []query) Question {
	return func(c *Conn, p place) []query {
		if p.typ != TypeZset {
			return nil
		}
		return queries(c, p)
	}
}

// AskRangeByScore is the question that [Members.RangeByScore] answers.
func AskRangeByScore(r ScoreRange, s Slice) Question {
	return ofZset(func(*Conn, place) []query { return []query{r.query(s)} })
}

// AskRangeByRank is the question that [Members.RangeByRank] answers. The ranks
// may depend on the number of members; without any, start is above stop.
func AskRangeByRank(ranks func(n int64) (start, stop int64), reverse bool) Question {
	return ofZset(func(_ *Conn, p place) []query {
		start, stop := ranks(p.sum.count)
		if start > stop {
			return nil
		}
		s, _ := sliceOfRanks(start, stop, p.sum.count, reverse)
		return []query{everyScore.query(s)}
	})
}

// AskCountByScore is the question that [Members.CountByScore] answers.
func AskCountByScore(r ScoreRange) Question {
	return ofZset(func(*Conn, place) []query { return []query{r.countQuery()} })
}

// AskRangeByLex is the question that [Members.RangeByLex] answers.
func AskRangeByLex(r LexRange, s Slice) Question {
	return ofZset(func(*Conn, place) []query { return []query{endsQuery, r.query(s)} })
}

// AskCountByLex is the question that [Members.CountByLex] answers.
func AskCountByLex(r LexRange) Question {
	return ofZset(func(*Conn, place) []query { return []query{endsQuery, r.countQuery()} })
}

// AskRank is the question that [Members.Rank] answers for a member of this name.
func AskRank(name []byte) Question {
	return ofZset(func(c *Conn, _ place) []query { return []query{c.rankQuery(name)} })
}

// AskScan is the question that [Members.Scan] answers.
func AskScan(cursor uint64, n int64) Question {
	return func(_ *Conn, p place) []query {
		if cursor > math.MaxInt64 {
			return nil
		}
		return []query{pageQuery(p.typ, int64(cursor), n)}
	}
}
