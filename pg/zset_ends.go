package pg

import "slices"

// ends are members at the ends of a sorted set that were loaded ahead: lowest
// first, and highest first. Members that were dropped since may be among them;
// with any other change they are forgotten.
type ends struct {
	lists [2][]*Member
	ahead int64 // how many to load next time
}

// How many members are loaded ahead: none at first, and more and more of them
// if one unit takes members off an end again and again.
const (
	minAhead = 16
	maxAhead = 1024
)

// End returns n members from one end, that end first, or all if there are not
// more. The set MUST be a sorted one.
func (ms *Members) End(n int64, highest bool) ([]*Member, error) {
	n = min(n, ms.count)
	if n <= 0 {
		return nil, nil
	}
	i := 0
	if highest {
		i = 1
	}
	known := slices.DeleteFunc(ms.ends.lists[i], func(m *Member) bool { return !m.exists })
	if int64(len(known)) < n {
		load := max(n, ms.ends.ahead)
		var err error
		if known, err = ms.RangeByScore(everyScore, Slice{Count: load, Reverse: highest}); err != nil {
			return nil, err
		}
		ms.ends.ahead = min(max(minAhead, 4*load), maxAhead)
	}
	ms.ends.lists[i] = known
	return slices.Clone(known[:min(n, int64(len(known)))]), nil
}

// queueEnds queues the loading of this many members at the two ends.
func (tx *Tx) queueEnds(p place, counts [2]int64) {
	for i, n := range counts {
		if n == 0 {
			continue
		}
		q := everyScore.query(Slice{Count: min(n, maxAhead), Reverse: i == 1})
		tx.c.send(q.s, func(v [][]byte) error {
			m, err := tx.memberOf(v)
			if m != nil {
				ends := &tx.colls[p.coll].ends
				ends.lists[i] = append(ends.lists[i], m)
			}
			return err
		}, append([][]byte{int8Param(p.coll)}, q.params...)...)
	}
}
