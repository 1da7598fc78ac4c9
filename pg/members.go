package pg

import "slices"

// Member is one field of a hash, or one member of a set or sorted set.
type Member struct {
	Name     []byte
	Value    []byte  // of a field
	Score    float64 // of a member of a sorted set
	ExpireAt int64   // of a field: milliseconds since 1970, 0 none

	exists bool
	dirty  bool
	stored bool // PostgreSQL has a row for it, at tid
	tid    [6]byte
	hash   int64
}

// Members is the working set of a hash, set or sorted set inside a unit of
// work: what was loaded of it, as changed by the commands applied since. A
// small collection is loaded with its key; of a larger one, the members that a
// command names are, and more is loaded when it is asked for. It belongs to its
// entry and is valid as long as that.
//
// Methods that may have to load return the errors of [Tx.Load].
type Members struct {
	e        *Entry
	list     []*Member          // all known, in the order of their addition
	byName   map[string]*Member // nil while there are few
	count    int64
	complete bool // list has every member there is
	changed  bool // since it was loaded: answers that came with the key are out of date
	dirty    []*Member
	sum      summary
	pool     []*Member // loaded from a random place on, and not yet chosen by Random
	sorted   []*Member // of a complete sorted set: those that exist, lowest first; nil if out of date
	ends     ends      // of a sorted set
}

// fewMembers is up to how many are searched without a map.
const fewMembers = 8

// Members returns the working set of a collection. An absent key is an empty
// collection of type t, which begins to exist with its first member. The key
// MUST NOT hold another type.
func (e *Entry) Members(t Type) (*Members, error) {
	if e.typ == TypeNone {
		e.newType = t
	}
	if e.members != nil {
		return e.members, nil
	}
	ms := &Members{e: e, complete: true}
	switch {
	case e.typ == TypeNone:
	case e.coll != 0:
		sum, err := parseSummary(e.value)
		if err != nil {
			return nil, err
		}
		ms.sum, ms.count, ms.complete = sum, sum.count, false
		e.tx.colls[e.coll] = ms
		ms.queueDue()
	default:
		err := unpackMembers(e.typ, e.value, func(name, value []byte, score float64, expireAt int64) {
			if e.fieldExpired(expireAt) {
				return
			}
			ms.add(&Member{Name: name, Value: value, Score: score, ExpireAt: expireAt, exists: true})
			ms.count++
		})
		if err != nil {
			return nil, err
		}
	}
	e.members = ms
	return ms, nil
}

// Len returns the number of members.
func (ms *Members) Len() int64 { return ms.count }

// add puts a member on the list.
func (ms *Members) add(m *Member) {
	ms.list = append(ms.list, m)
	switch {
	case ms.byName != nil:
		ms.byName[string(m.Name)] = m
	case len(ms.list) > fewMembers:
		ms.byName = make(map[string]*Member, 2*len(ms.list))
		for _, m := range ms.list {
			ms.byName[string(m.Name)] = m
		}
	}
}

// known returns what is known about a name, nil if nothing is.
func (ms *Members) known(name []byte) *Member {
	if ms.byName != nil {
		return ms.byName[string(name)]
	}
	for _, m := range ms.list {
		if string(m.Name) == string(name) {
			return m
		}
	}
	return nil
}

// Find returns a member, nil if there is none of this name.
func (ms *Members) Find(name []byte) (*Member, error) {
	m := ms.known(name)
	if m == nil && !ms.complete {
		if err := ms.Fetch(name); err != nil {
			return nil, err
		}
		m = ms.known(name)
	}
	if m == nil || !m.exists {
		return nil, nil
	}
	return m, nil
}

// Fetch loads what is not known about the named members, in one round trip, so
// that Find has it at hand.
func (ms *Members) Fetch(names ...[]byte) error {
	if ms.complete {
		return nil
	}
	missing := false
	for _, name := range names {
		if ms.known(name) == nil {
			ms.e.tx.queueFind(ms, name)
			missing = true
		}
	}
	if !missing {
		return nil
	}
	return ms.e.tx.finds()
}

// All returns every member, in no order that means anything for a large
// collection, and in the order of their addition for a small one. The caller
// MUST NOT keep the slice over a change.
func (ms *Members) All() ([]*Member, error) {
	if err := ms.loadAll(); err != nil {
		return nil, err
	}
	if int64(len(ms.list)) != ms.count {
		ms.list = slices.DeleteFunc(ms.list, func(m *Member) bool {
			if m.exists || m.dirty {
				return false
			}
			delete(ms.byName, string(m.Name))
			return true
		})
	}
	if int64(len(ms.list)) == ms.count {
		return ms.list, nil
	}
	out := make([]*Member, 0, ms.count)
	for _, m := range ms.list {
		if m.exists {
			out = append(out, m)
		}
	}
	return out, nil
}

// Put returns the member of this name, adding it if there is none, and reports
// whether it was added. The caller sets value, score or expiry and calls Changed.
// name is kept, not copied, until the unit ends.
func (ms *Members) Put(name []byte) (m *Member, added bool, err error) {
	if m, err = ms.Find(name); m != nil || err != nil {
		return m, false, err
	}
	if m = ms.known(name); m == nil {
		m = &Member{Name: name}
		ms.add(m)
	} else if !m.stored {
		ms.moveToEnd(m)
	}
	m.Value, m.Score, m.ExpireAt = nil, 0, 0
	m.exists = true
	ms.count++
	if ms.e.typ == TypeNone {
		ms.e.typ = ms.e.newType
	}
	ms.Changed(m)
	return m, true, nil
}

// moveToEnd gives a member that comes back its place at the end.
func (ms *Members) moveToEnd(m *Member) {
	i := slices.Index(ms.list, m)
	ms.list = append(slices.Delete(ms.list, i, i+1), m)
}

// Changed notes that a member has another value, score or expiry.
func (ms *Members) Changed(m *Member) {
	if !m.dirty {
		m.dirty = true
		ms.dirty = append(ms.dirty, m)
	}
	ms.sorted, ms.changed = nil, true
	if m.exists {
		ms.ends.lists = [2][]*Member{}
	}
	ms.e.touch(changedValue)
}

// Remove removes a member and reports whether it was there. With its last
// member the key goes.
func (ms *Members) Remove(name []byte) (bool, error) {
	m, err := ms.Find(name)
	if m == nil || err != nil {
		return false, err
	}
	ms.Drop(m)
	return true, nil
}

// Drop removes a member that exists. With its last member the key goes.
func (ms *Members) Drop(m *Member) {
	m.exists = false
	ms.count--
	ms.Changed(m)
	if ms.count == 0 {
		ms.e.newType = ms.e.typ // for what the same command may add
		ms.e.Delete()
	}
}

// reset makes the working set an empty one of a key that is absent.
func (ms *Members) reset() { *ms = Members{e: ms.e, complete: true} }
