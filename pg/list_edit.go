package pg

import "slices"

// Changes in the middle of a list. Numbers have no gaps, so that everything on
// one side of the place moves by one: on the side with fewer nodes.

// fewEdits is up to how many elements are removed one by one; for more the list
// is built anew.
const fewEdits = 16

// Insert adds an element in front of element i, or behind the last one. v is
// kept, not copied, until the unit ends.
func (l *List) Insert(i int64, v []byte) error {
	switch i {
	case 0:
		return l.PushLeft(v)
	case l.count:
		return l.PushRight(v)
	}
	at, err := l.locate(i)
	if err != nil {
		return err
	}
	n := l.nodes[at]
	n.items.insert(int(l.first+i-n.first), v)
	n.bytes += itemSize(len(v))
	if at < len(l.nodes)/2 {
		l.first--
		n.first--
		l.shift(l.nodes[:at], -1)
	} else {
		l.shift(l.nodes[at+1:], 1)
	}
	l.count++
	l.resize(ListpackSize(v))
	l.changed(n)
	if l.e.coll != 0 && n.bytes > 2*maxNodeBytes {
		l.splitNode(n)
	}
	return nil
}

// Remove removes elements given by their indexes, the greatest first.
func (l *List) Remove(indexes []int64) error {
	if len(indexes) > fewEdits || int64(len(indexes)) == l.count {
		return l.removeMany(indexes)
	}
	for _, i := range indexes {
		if err := l.removeOne(i); err != nil {
			return err
		}
	}
	return nil
}

func (l *List) removeOne(i int64) error {
	var err error
	switch i {
	case 0:
		_, err = l.PopLeft()
		return err
	case l.count - 1:
		_, err = l.PopRight()
		return err
	}
	at, err := l.locate(i)
	if err != nil {
		return err
	}
	n := l.nodes[at]
	v := n.items.remove(int(l.first + i - n.first))
	if at < len(l.nodes)/2 {
		l.first++
		n.first++
		l.shift(l.nodes[:at], 1)
	} else {
		l.shift(l.nodes[at+1:], -1)
	}
	l.shrunk(n, v)
	if n.items.len() > 0 && (n.anchor < n.first || n.anchor >= n.end()) {
		l.anchorAt(n, n.first)
	}
	return nil
}

// removeMany builds the list anew without some elements.
func (l *List) removeMany(indexes []int64) error {
	kept := make([][]byte, 0, l.count-int64(len(indexes)))
	err := l.Range(0, l.count-1, func(i int64, v []byte) bool {
		if last := len(indexes) - 1; last >= 0 && indexes[last] == i {
			indexes = indexes[:last]
		} else {
			kept = append(kept, v)
		}
		return true
	})
	if err == nil {
		l.Rebuild(kept)
	}
	return err
}

// locate returns the place of the node that holds element i among all nodes,
// which it loads.
func (l *List) locate(i int64) (int, error) {
	if err := l.load(l.first, l.first+l.count-1); err != nil {
		return 0, err
	}
	n, err := l.node(l.first + i)
	return slices.Index(l.nodes, n), err
}

// shift renumbers the elements of some nodes. Their rows are written anew.
func (l *List) shift(nodes []*listNode, by int64) {
	for _, n := range nodes {
		n.first += by
		l.anchorAt(n, n.first)
	}
}

// splitNode makes several nodes of one that has grown too large. The one that
// holds the anchor keeps the row.
func (l *List) splitNode(n *listNode) {
	parts := n.split()
	keeper := parts[0]
	for _, part := range parts[1:] {
		if part.first <= n.anchor {
			keeper = part
		}
	}
	keeper.anchor, keeper.stored, keeper.tid = n.anchor, n.stored, n.tid
	i := slices.Index(l.nodes, n)
	l.nodes = slices.Replace(l.nodes, i, i+1, parts...)
}
