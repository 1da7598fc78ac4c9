package pg

import (
	"cmp"
	"math"
	"slices"
)

// Nodes at the ends, whatever numbers they hold by now.
const (
	sqlListLeft = `
SELECT ctid, anchor, first, elements FROM kv_lists WHERE coll = $1 ORDER BY anchor LIMIT $2`
	sqlListRight = `
SELECT ctid, anchor, first, elements FROM kv_lists WHERE coll = $1 ORDER BY anchor DESC LIMIT $2`
)

// interval is elements of a list by their numbers.
type interval struct{ from, to int64 }

// maxEndNodes bounds how many nodes at one end are loaded on a guess.
const maxEndNodes = 256

// queueListNeeds queues the loading of what all claims on a list need. The ends
// are found where they are now; indexes are turned into numbers by what was
// last seen of the list, which mostly is right.
func (tx *Tx) queueListNeeds(e *Entry, p place) {
	var left, right int64
	ranges := tx.ranges[:0]
	for _, n := range e.needs {
		if n.All {
			tx.queueNodeLoad(e, p.coll, math.MinInt64, math.MaxInt64)
			return
		}
		left, right = addNeed(left, n.Left), addNeed(right, n.Right)
		if n.Range {
			ranges = append(ranges, p.sum.numbers(n.Start, n.Stop))
		}
	}
	tx.queueEnd(e, p, stmtListLeft, left)
	tx.queueEnd(e, p, stmtListRight, right)
	slices.SortFunc(ranges, func(a, b interval) int { return cmp.Compare(a.from, b.from) })
	for i := 0; i < len(ranges); {
		r := ranges[i]
		for i++; i < len(ranges) && ranges[i].from <= r.to+1; i++ {
			r.to = max(r.to, ranges[i].to)
		}
		if r.from <= r.to {
			tx.queueNodeLoad(e, p.coll, r.from, r.to)
		}
	}
	tx.ranges = ranges[:0]
}

// addNeed adds numbers of elements, which may be any.
func addNeed(a, b int64) int64 {
	const most = 1 << 40
	return min(a+min(b, most), most)
}

// numbers turns indexes into numbers. The interval may be empty.
func (s *summary) numbers(start, stop int64) interval {
	first, end := s.first, s.first+s.count
	from, to := first+start, first+stop
	if start < 0 {
		from = end + start
	}
	if stop < 0 {
		to = end + stop
	}
	return interval{max(from, first), min(to, end-1)}
}

// queueEnd queues the statement that loads nodes with about count elements at
// an end.
func (tx *Tx) queueEnd(e *Entry, p place, s statement, count int64) {
	if count == 0 {
		return
	}
	nodes := int64(1)
	if count > 1 {
		nodes = min(2+count/max(p.perNode, 1), maxEndNodes)
	}
	tx.c.send(s, tx.nodeOf(e, p.coll), int8Param(p.coll), int8Param(nodes))
}

// perNode returns how many elements the nodes that are known have.
func (l *List) perNode() int64 {
	items := int64(0)
	for _, n := range l.nodes {
		items += int64(n.items.len())
	}
	return items / max(int64(len(l.nodes)), 1)
}
