package pg

import (
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/dchest/siphash"
)

// The statements that load members give the same columns for every type:
// collection, hash, place, name, value, score, expiry. $1 and $2 are parallel
// lists of collections and hashes where single members are looked for.
const (
	hashColumns = `f.coll, f.hash, f.ctid, f.field, f.value, NULL::float8, f.expire_at`
	setColumns  = `f.coll, f.hash, f.ctid, f.member, NULL::bytea, NULL::float8, NULL::int8`
	zsetColumns = `f.coll, f.hash, f.ctid, coalesce(f.long_member, f.member), NULL::bytea, f.score, NULL::int8`

	lookedFor = `(SELECT unnest($1::int8[]) AS coll, unnest($2::int8[]) AS hash) AS u`

	sqlHashFind = `SELECT ` + hashColumns + ` FROM ` + lookedFor + ` JOIN kv_hashes f ON f.coll = u.coll AND f.hash = u.hash`
	sqlSetFind  = `SELECT ` + setColumns + ` FROM ` + lookedFor + ` JOIN kv_sets f ON f.coll = u.coll AND f.hash = u.hash`
	sqlZsetFind = `SELECT ` + zsetColumns + ` FROM ` + lookedFor + ` JOIN kv_zsets f ON f.coll = u.coll AND f.hash = u.hash`

	// A page is what SCAN visits: from a hash on, in the order of the hashes,
	// and to the end of the last hash.
	fromHash = ` WHERE f.coll = $1 AND f.hash >= $2 ORDER BY f.hash FETCH FIRST ($3::int8) ROWS WITH TIES`

	sqlHashPage = `SELECT ` + hashColumns + ` FROM kv_hashes f` + fromHash
	sqlSetPage  = `SELECT ` + setColumns + ` FROM kv_sets f` + fromHash
	sqlZsetPage = `SELECT ` + zsetColumns + ` FROM kv_zsets f` + fromHash

	// A random page goes on from the lowest hash if it comes to the end. The
	// second part runs only then.
	orFromStart = ` WHERE f.coll = $1 AND f.hash >= $2 ORDER BY f.hash LIMIT $3) UNION ALL (`
	upToHash    = ` WHERE f.coll = $1 AND f.hash < $2 ORDER BY f.hash LIMIT $3) LIMIT $3`

	sqlHashRandom = `(SELECT ` + hashColumns + ` FROM kv_hashes f` + orFromStart + `SELECT ` + hashColumns + ` FROM kv_hashes f` + upToHash
	sqlSetRandom  = `(SELECT ` + setColumns + ` FROM kv_sets f` + orFromStart + `SELECT ` + setColumns + ` FROM kv_sets f` + upToHash
	sqlZsetRandom = `(SELECT ` + zsetColumns + ` FROM kv_zsets f` + orFromStart + `SELECT ` + zsetColumns + ` FROM kv_zsets f` + upToHash
)

// membersTable is the statements for one type of collection.
type membersTable struct {
	find, page, random, insert, update, remove, copy statement
	match, matchCount, matchCopy                     statement
}

var membersTables = map[Type]membersTable{
	TypeHash: {stmtHashFind, stmtHashPage, stmtHashRandom, stmtHashInsert, stmtHashUpdate, stmtHashDelete, stmtHashCopy, 0, 0, 0},
	TypeSet:  {stmtSetFind, stmtSetPage, stmtSetRandom, stmtSetInsert, 0, stmtSetDelete, stmtSetCopy, stmtSetMatch, stmtSetMatchCount, stmtSetMatchCopy},
	TypeZset: {stmtZsetFind, stmtZsetPage, stmtZsetRandom, stmtZsetInsert, stmtZsetUpdate, stmtZsetDelete, stmtZsetCopy, stmtZsetMatch, stmtZsetMatchCount, stmtZsetMatchCopy},
}

// hashName returns the hash that members are found by, never negative.
func (c *Conn) hashName(name []byte) int64 {
	return int64(siphash.Hash(c.seed[0], c.seed[1], name) >> 1)
}

// wanted is a member that is being looked for.
type wanted struct {
	e    *Entry
	coll int64
	typ  Type
	name []byte
}

// queueFind lists a member to look for in the next call of finds.
func (tx *Tx) queueFind(ms *Members, name []byte) {
	tx.looking = append(tx.looking, wanted{ms.e, ms.e.coll, ms.e.typ, name})
}

// finds looks for the listed members, in one round trip for all collections.
func (tx *Tx) finds() error {
	for _, w := range tx.looking {
		if err := w.e.stable(); err != nil {
			tx.looking = tx.looking[:0]
			return err
		}
	}
	tx.queueFinds()
	if err := tx.c.sync(); err != nil {
		return tx.failed(err)
	}
	tx.foundNot()
	return nil
}

// queueFinds queues the statements for what finds looks for.
func (tx *Tx) queueFinds() {
	if len(tx.looking) == 0 {
		return
	}
	for _, t := range []Type{TypeHash, TypeSet, TypeZset} {
		colls, hashes := &tx.buffers.ids, &tx.buffers.expiries
		colls.reset(oidInt8)
		hashes.reset(oidInt8)
		for _, w := range tx.looking {
			if w.typ == t {
				colls.int8(w.coll)
				hashes.int8(tx.c.hashName(w.name))
			}
		}
		if colls.n > 0 {
			tx.c.send(membersTables[t].find, tx.takeMember, colls.param(), hashes.param())
		}
	}
}

// foundNot notes which of the members looked for do not exist.
func (tx *Tx) foundNot() {
	for _, w := range tx.looking {
		if ms := w.e.members; ms != nil && w.e.coll == w.coll && ms.known(w.name) == nil {
			ms.add(&Member{Name: w.name, hash: tx.c.hashName(w.name)})
		}
	}
	tx.looking = tx.looking[:0]
}

var errColumns = errors.New("a statement that loads members returned another number of columns")

// takeMember notes one loaded member.
func (tx *Tx) takeMember(v [][]byte) error {
	_, err := tx.memberOf(v)
	return err
}

// memberOf returns the member of a loaded row: what is known of it already, or
// what the row says. It is nil if the row belongs to no collection of the unit.
func (tx *Tx) memberOf(v [][]byte) (*Member, error) {
	if len(v) != 7 {
		return nil, errColumns
	}
	ms := tx.colls[asInt(v[0])]
	if ms == nil {
		return nil, nil
	}
	if m := ms.known(v[3]); m != nil {
		return m, nil
	}
	m := &Member{Name: tx.slabs.copyOf(v[3]), Value: tx.slabs.copyOf(v[4]), hash: asInt(v[1]), exists: true, stored: true}
	copy(m.tid[:], v[2])
	if v[5] != nil {
		m.Score = math.Float64frombits(binary.BigEndian.Uint64(v[5]))
	}
	if v[6] != nil {
		m.ExpireAt = asInt(v[6])
		if ms.e.fieldExpired(m.ExpireAt) { // its row goes before anything is written
			m.exists, m.stored = false, false
		}
	}
	ms.add(m)
	return m, nil
}

// stable makes sure that what is loaded from now on fits what is known: the
// unit sees one state of the database, or holds the lock of the key.
func (e *Entry) stable() error {
	tx := e.tx
	switch {
	case tx.readOnly && tx.open:
		e.asked = true
		return nil
	case e.locked:
		return nil
	case tx.open:
		tx.c.next.lockReads = true
	default:
		tx.c.next.snapshot = true
		if p, ok := tx.c.places[e.hash]; ok {
			p.stages = true
			tx.c.places[e.hash] = p
		}
	}
	return &Error{KindRetry, errors.New("a collection is read in parts")}
}

// everything is the number of rows of a page without an end.
const everything = 1 << 40

// loadAll loads every member that is not known.
func (ms *Members) loadAll() error {
	if ms.complete {
		return nil
	}
	if err := ms.e.stable(); err != nil {
		return err
	}
	tx := ms.e.tx
	tx.queueAll(ms.e.typ, ms.e.coll)
	if err := tx.c.sync(); err != nil {
		return tx.failed(err)
	}
	ms.complete = true
	return nil
}

// queueAll queues the loading of all members at a place.
func (tx *Tx) queueAll(t Type, coll int64) {
	tx.c.send(membersTables[t].page, tx.takeMember, int8Param(coll), int8Param(0), int8Param(everything))
}

// pageQuery asks for about n members in the order of their hashes, from one on.
func pageQuery(t Type, from, n int64) query {
	return query{membersTables[t].page, [][]byte{int8Param(from), int8Param(n)}}
}

// Scan visits about n members from a cursor on (0 starts) and returns the
// cursor that goes on from there, 0 at the end. A member that is there during
// the whole walk is visited at least once. A small collection is visited at
// once.
func (ms *Members) Scan(cursor uint64, n int64, visit func(*Member)) (uint64, error) {
	switch {
	case ms.complete: // whatever the cursor, as Redis does
		for _, m := range ms.list {
			if m.exists {
				visit(m)
			}
		}
		return 0, nil
	case cursor > math.MaxInt64:
		return 0, nil
	}
	if err := ms.writeOut(); err != nil {
		return 0, err
	}
	a, err := ms.ask(pageQuery(ms.e.typ, int64(cursor), n))
	if err != nil {
		return 0, err
	}
	for _, m := range a.members {
		if m.exists {
			visit(m)
		}
	}
	seen := int64(len(a.members))
	if seen < n || a.members[seen-1].hash == math.MaxInt64 {
		return 0, nil
	}
	return uint64(a.members[seen-1].hash + 1), nil
}

// randomPage is how many members are loaded to choose a few at random: gaps
// between hashes differ, so one out of a page is fairer than the one after a
// random hash.
const randomPage = 32

func randomPageFor(n int64) int64 { return max(randomPage, 2*n) }

// queueRandom queues the loading of members to choose n from.
func (tx *Tx) queueRandom(p place, n int64) {
	tx.c.send(membersTables[p.typ].random, func(v [][]byte) error {
		m, err := tx.memberOf(v)
		if m != nil {
			ms := tx.colls[p.coll]
			ms.pool = append(ms.pool, m)
		}
		return err
	}, int8Param(p.coll), int8Param(rand.Int64()), int8Param(randomPageFor(n)))
}

// Random returns n different members chosen at random, or all if there are not
// more. Of a large collection they come from one page; the next call takes
// others as long as there are any left in it.
func (ms *Members) Random(n int64) ([]*Member, error) {
	if ms.complete && n < ms.count/4 && int64(len(ms.list)) < 4*ms.count {
		return ms.pick(n), nil
	}
	pool, err := ms.randomPool(n)
	if err != nil {
		return nil, err
	}
	n = min(n, int64(len(pool)))
	for i := range n {
		j := i + rand.Int64N(int64(len(pool))-i)
		pool[i], pool[j] = pool[j], pool[i]
	}
	ms.pool = pool[n:]
	return pool[:n:n], nil
}

// pick returns n members of a complete collection that has many more.
func (ms *Members) pick(n int64) []*Member {
	seen := make(map[*Member]struct{}, n)
	chosen := make([]*Member, 0, n)
	for int64(len(chosen)) < n {
		m := ms.list[rand.IntN(len(ms.list))]
		if _, ok := seen[m]; m.exists && !ok {
			seen[m] = struct{}{}
			chosen = append(chosen, m)
		}
	}
	return chosen
}

// randomPool returns members to choose n from, at least n if there are as many.
func (ms *Members) randomPool(n int64) (pool []*Member, err error) {
	size := randomPageFor(n)
	if !ms.complete && size < ms.count {
		pool = slices.DeleteFunc(ms.pool, func(m *Member) bool { return !m.exists })
		if len(pool) > 0 && int64(len(pool)) >= n {
			return pool, nil
		}
		if err := ms.e.stable(); err != nil {
			return nil, err
		}
		tx := ms.e.tx
		ms.pool = ms.pool[:0]
		tx.queueRandom(place{coll: ms.e.coll, typ: ms.e.typ}, n)
		if err := tx.c.sync(); err != nil {
			return nil, tx.failed(err)
		}
		pool = slices.DeleteFunc(ms.pool, func(m *Member) bool { return !m.exists })
		if int64(len(pool)) >= n {
			return pool, nil
		}
	}
	all, err := ms.All()
	return slices.Clone(all), err
}
