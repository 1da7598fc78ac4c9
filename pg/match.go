package pg

import "errors"

// Sets that are not packed are combined where they are. Members are equal if
// their hashes and names are; a short form stands for one long member alone. The
// condition of all these statements: of the collections $2, just $3 have the
// member. It is looked up in the index of hashes member by member, which takes as
// long as a merge of the sets, no memory, and does not depend on estimates.
const (
	setMatch  = ` FROM kv_sets f WHERE f.coll = $1 AND (SELECT count(*) FROM kv_sets o` + matchedIn
	zsetMatch = ` FROM kv_zsets f WHERE f.coll = $1 AND (SELECT count(*) FROM kv_zsets o` + matchedIn
	matchedIn = ` WHERE o.coll = ANY ($2::int8[]) AND o.hash = f.hash AND o.member = f.member) = $3`

	sqlSetMatch       = `SELECT ` + setColumns + setMatch + ` LIMIT $4`
	sqlZsetMatch      = `SELECT ` + zsetColumns + zsetMatch + ` LIMIT $4`
	sqlSetMatchCount  = `SELECT count(*) FROM (SELECT` + setMatch + ` LIMIT $4) AS m`
	sqlZsetMatchCount = `SELECT count(*) FROM (SELECT` + zsetMatch + ` LIMIT $4) AS m`
	sqlSetMatchCopy   = `
WITH copied AS (INSERT INTO kv_sets (coll, hash, member) SELECT $4, f.hash, f.member` + setMatch + ` RETURNING hash)
SELECT count(*) FROM copied`
	sqlZsetMatchCopy = `
WITH copied AS (INSERT INTO kv_zsets (coll, hash, member, score, long_member)
  SELECT $4, f.hash, f.member, f.score, f.long_member` + zsetMatch + ` RETURNING hash)
SELECT count(*) FROM copied`
)

// Match is a question to sets of one type: which members of Of have just Have of
// the other sets as well? With all of them it is an intersection, with none a
// difference.
type Match struct {
	Of     *Members
	Others []*Members
	Have   int
}

// InRows reports whether members are in rows and not here, so that they can be
// matched.
func (ms *Members) InRows() bool { return ms.e.coll != 0 && !ms.complete }

// query makes a query of the match. It writes out what the unit has changed.
func (m Match) query(s statement, last []byte) (query, error) {
	var colls array
	colls.reset(oidInt8)
	for _, ms := range append([]*Members{m.Of}, m.Others...) {
		if !ms.InRows() || ms.e.typ != m.Of.e.typ {
			return query{}, errors.New("sets that are not in rows of one kind cannot be matched")
		}
		if err := ms.writeOut(); err != nil {
			return query{}, err
		}
		if ms != m.Of {
			colls.int8(ms.e.coll)
		}
	}
	return query{s, [][]byte{colls.param(), int8Param(int64(m.Have)), last}}, nil
}

// limitParam makes no limit of 0.
func limitParam(n int64) []byte {
	if n == 0 {
		return nil
	}
	return int8Param(n)
}

// Members returns the members that match, up to limit if it is not 0.
func (m Match) Members(limit int64) ([]*Member, error) {
	q, err := m.query(membersTables[m.Of.e.typ].match, limitParam(limit))
	if err != nil {
		return nil, err
	}
	a, err := m.Of.ask(q)
	if err != nil {
		return nil, err
	}
	return a.members, nil
}

// Count returns how many members match, limit at most if it is not 0.
func (m Match) Count(limit int64) (int64, error) {
	q, err := m.query(membersTables[m.Of.e.typ].matchCount, limitParam(limit))
	if err != nil {
		return 0, err
	}
	a, err := m.Of.ask(q)
	if err != nil {
		return 0, err
	}
	return a.n, nil
}

// StoreMatches makes a key hold what the matches find, whatever it was, and
// returns the number of members. No member may match twice. There MUST be some:
// a collection is never empty.
func (e *Entry) StoreMatches(matches ...Match) (count int64, err error) {
	tx, typ := e.tx, matches[0].Of.e.typ
	coll, err := tx.c.newColl()
	if err != nil {
		return 0, err
	}
	var sum summary
	answers := make([]*answer, 0, len(matches))
	for _, m := range matches {
		q, err := m.query(membersTables[typ].matchCopy, int8Param(coll))
		if err == nil {
			err = m.Of.e.stable()
		}
		if err != nil {
			return 0, err
		}
		sum.flags |= m.Of.sum.flags & summaryLong
		answers = append(answers, tx.queueQuery(m.Of.e.coll, q))
	}
	tx.wrote = true
	tx.copied = append(tx.copied, row{typ: typ, coll: coll})
	if err := tx.c.sync(); err != nil {
		return 0, tx.failed(err)
	}
	for _, a := range answers {
		sum.count += a.n
	}
	e.Delete()
	e.members, e.list = nil, nil
	e.typ, e.coll, e.whole = typ, coll, true
	e.value = sum.append(nil)
	e.length = int64(len(e.value))
	e.touch(changedValue)
	return sum.count, e.openCollection()
}
