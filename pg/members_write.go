package pg

import (
	"math"
	"slices"
)

// Members are written by lists, side by side as in write.go. Their places stay
// what they were while the key is locked.
const (
	sqlHashInsert = `
INSERT INTO kv_hashes (coll, hash, field, value, expire_at)
SELECT unnest($1::int8[]), unnest($2::int8[]), unnest($3::bytea[]), unnest($4::bytea[]), unnest($5::int8[])`
	sqlHashUpdate = `
UPDATE kv_hashes f SET value = u.value, expire_at = u.expire_at
FROM (SELECT unnest($1::tid[]) AS tid, unnest($2::int8[]) AS coll, unnest($3::bytea[]) AS value,
      unnest($4::int8[]) AS expire_at) AS u
WHERE f.ctid = u.tid AND f.coll = u.coll`
	sqlHashDelete = `
DELETE FROM kv_hashes f USING (SELECT unnest($1::tid[]) AS tid, unnest($2::int8[]) AS coll) AS u
WHERE f.ctid = u.tid AND f.coll = u.coll`
	sqlHashCopy = `
INSERT INTO kv_hashes (coll, hash, field, value, expire_at)
SELECT $2, hash, field, value, expire_at FROM kv_hashes WHERE coll = $1`

	sqlSetInsert = `
INSERT INTO kv_sets (coll, hash, member) SELECT unnest($1::int8[]), unnest($2::int8[]), unnest($3::bytea[])`
	sqlSetDelete = `
DELETE FROM kv_sets f USING (SELECT unnest($1::tid[]) AS tid, unnest($2::int8[]) AS coll) AS u
WHERE f.ctid = u.tid AND f.coll = u.coll`
	sqlSetCopy = `
INSERT INTO kv_sets (coll, hash, member) SELECT $2, hash, member FROM kv_sets WHERE coll = $1`

	sqlZsetInsert = `
INSERT INTO kv_zsets (coll, hash, member, score, long_member)
SELECT unnest($1::int8[]), unnest($2::int8[]), unnest($3::bytea[]), unnest($4::float8[]), unnest($5::bytea[])`
	sqlZsetUpdate = `
UPDATE kv_zsets f SET score = u.score
FROM (SELECT unnest($1::tid[]) AS tid, unnest($2::int8[]) AS coll, unnest($3::float8[]) AS score) AS u
WHERE f.ctid = u.tid AND f.coll = u.coll`
	sqlZsetDelete = `
DELETE FROM kv_zsets f USING (SELECT unnest($1::tid[]) AS tid, unnest($2::int8[]) AS coll) AS u
WHERE f.ctid = u.tid AND f.coll = u.coll`
	sqlZsetCopy = `
INSERT INTO kv_zsets (coll, hash, member, score, long_member)
SELECT $2, hash, member, score, long_member FROM kv_zsets WHERE coll = $1`
)

// packable reports whether the collection can be packed into limit bytes.
func (ms *Members) packable(limit int64) bool {
	if !ms.complete || ms.count > limit {
		return false
	}
	size := int64(1)
	for _, m := range ms.list {
		if m.exists {
			if size += int64(m.packedSize(ms.e.typ)); size > limit {
				return false
			}
		}
	}
	return true
}

// settle decides how a changed collection is stored, sets the value of its key
// accordingly and queues what changes in the tables of members.
func (ms *Members) settle() error {
	// A large collection that has shrunk is packed once it takes half the room.
	if ms.e.coll == 0 && ms.packable(maxPackedBytes) || ms.packable(maxPackedBytes/2) {
		ms.e.coll = 0
		list := ms.list
		if ms.e.typ == TypeZset {
			list = ms.inOrder()
		}
		ms.e.value = packMembers(ms.e.typ, list)
		return nil
	}
	if ms.e.coll == 0 {
		coll, err := ms.e.tx.c.newColl()
		if err != nil {
			return err
		}
		ms.e.coll = coll
		ms.dirty = ms.dirty[:0]
		for _, m := range ms.list {
			if m.dirty = m.exists; m.exists {
				ms.dirty = append(ms.dirty, m)
			}
		}
	}
	ms.queueMembers()
	ms.sum.count = ms.count
	ms.e.value = ms.sum.append(nil)
	return nil
}

// writeOut writes what has changed so far, so that statements that look at the
// members see it, and forgets what is known of them. The key's row follows with
// the commit. A collection that is complete stays as it is.
func (ms *Members) writeOut() error {
	if ms.complete || len(ms.dirty) == 0 {
		return nil
	}
	ms.queueMembers()
	if err := ms.e.tx.c.sync(); err != nil {
		return ms.e.tx.failed(err)
	}
	ms.e.tx.wrote = true
	ms.list, ms.byName, ms.sorted, ms.pool = nil, nil, nil, nil
	ms.ends.lists = [2][]*Member{}
	return nil
}

// queueMembers queues the statements for the members that have changed.
func (ms *Members) queueMembers() {
	tx, t := ms.e.tx, ms.e.typ
	table := membersTables[t]
	for rest := ms.dirty; len(rest) > 0; {
		n, bytes := 0, 0
		for n < len(rest) && bytes < maxStatementBytes {
			bytes += len(rest[n].Name) + len(rest[n].Value)
			n++
		}
		batch := rest[:n]
		rest = rest[n:]
		tx.queueRemoved(table.remove, ms.e.coll, batch)
		ms.queueChanged(table.update, batch)
		ms.queueAdded(table.insert, batch)
	}
	for _, m := range ms.dirty {
		m.dirty = false
	}
	ms.dirty = ms.dirty[:0]
}

func (tx *Tx) queueRemoved(s statement, coll int64, batch []*Member) {
	w := &tx.buffers
	w.reset()
	for _, m := range batch {
		if m.stored && !m.exists {
			w.tids.bytes(m.tid[:])
			w.ids.int8(coll)
		}
	}
	if n := int(w.ids.n); n > 0 {
		tx.c.sendWrite(s, n, w.tids.param(), w.ids.param())
	}
}

func (ms *Members) queueChanged(s statement, batch []*Member) {
	tx, t := ms.e.tx, ms.e.typ
	w := &tx.buffers
	w.reset()
	w.scores.reset(oidFloat8)
	for _, m := range batch {
		if !m.stored || !m.exists || t == TypeSet {
			continue
		}
		w.tids.bytes(m.tid[:])
		w.ids.int8(ms.e.coll)
		w.values.bytes(m.Value)
		w.expiry(m.ExpireAt)
		ms.noteExpiry(m.ExpireAt)
		w.scores.int8(int64(math.Float64bits(m.Score)))
	}
	n := int(w.ids.n)
	switch {
	case n == 0:
	case t == TypeHash:
		tx.c.sendWrite(s, n, w.tids.param(), w.ids.param(), w.values.param(), w.expiries.param())
	default:
		tx.c.sendWrite(s, n, w.tids.param(), w.ids.param(), w.scores.param())
	}
}

func (ms *Members) queueAdded(s statement, batch []*Member) {
	tx, t := ms.e.tx, ms.e.typ
	w := &tx.buffers
	w.reset()
	w.scores.reset(oidFloat8)
	w.hashes.reset(oidInt8)
	for _, m := range batch {
		if m.stored || !m.exists {
			continue
		}
		if m.hash == 0 {
			m.hash = tx.c.hashName(m.Name)
		}
		w.ids.int8(ms.e.coll)
		w.hashes.int8(m.hash)
		switch t {
		case TypeHash:
			w.keys.bytes(m.Name)
			w.values.bytes(m.Value)
			w.expiry(m.ExpireAt)
			ms.noteExpiry(m.ExpireAt)
		case TypeZset:
			if appendKey(&w.keys, &w.long, m.Name) {
				ms.sum.flags |= summaryLong
			}
			w.scores.int8(int64(math.Float64bits(m.Score)))
		default:
			w.keys.bytes(m.Name)
		}
	}
	n := int(w.ids.n)
	switch {
	case n == 0:
	case t == TypeHash:
		tx.c.sendWrite(s, n, w.ids.param(), w.hashes.param(), w.keys.param(), w.values.param(), w.expiries.param())
	case t == TypeZset:
		tx.c.sendWrite(s, n, w.ids.param(), w.hashes.param(), w.keys.param(), w.scores.param(), w.long.param())
	default:
		tx.c.sendWrite(s, n, w.ids.param(), w.hashes.param(), w.keys.param())
	}
}

// inOrder returns the members of a complete sorted set, lowest first.
func (ms *Members) inOrder() []*Member {
	if ms.sorted == nil {
		ms.sorted = make([]*Member, 0, ms.count)
		for _, m := range ms.list {
			if m.exists {
				ms.sorted = append(ms.sorted, m)
			}
		}
		slices.SortFunc(ms.sorted, compareMembers)
	}
	return ms.sorted
}
