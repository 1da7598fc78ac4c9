package pg

import (
	"errors"
	"slices"
)

// List is the working set of a list inside a unit of work: those of its nodes
// that were loaded, as changed by the commands applied since. Elements are
// numbered; a push at the left takes the number below the first. It belongs to
// its entry and is valid as long as that.
//
// Methods that may have to load return the errors of [Tx.Load].
type List struct {
	e     *Entry
	first int64 // number of the first element
	count int64
	size  int64       // as a listpack, see ListpackBytes
	nodes []*listNode // known ones, ascending
	gone  []*listNode // stored ones that are empty now
	// whole: the nodes known are all there are.
	whole bool
}

// listNode is a run of elements.
type listNode struct {
	anchor int64
	first  int64
	items  deque
	bytes  int // packed

	stored, dirty bool
	tid           [6]byte
}

func (n *listNode) end() int64 { return n.first + int64(n.items.len()) }

// maxNodeBytes is the size up to which a node takes elements. A row of more
// than 2 KB would be split by PostgreSQL.
const maxNodeBytes = 1900

// List returns the working set of a list. An absent key is an empty list, which
// begins to exist with its first element. The key MUST NOT hold another type.
func (e *Entry) List() (*List, error) {
	if e.list != nil {
		return e.list, nil
	}
	l := &List{e: e, whole: true, size: unknownSize}
	switch {
	case e.typ == TypeNone:
		l.size = listpackEmpty
	case e.coll != 0:
		sum, err := parseSummary(e.value)
		if err != nil {
			return nil, err
		}
		l.first, l.count, l.whole = sum.first, sum.count, false
		if sum.size != 0 {
			l.size = sum.size
		}
	default:
		node, err := unpackNode(e.value)
		if err != nil {
			return nil, err
		}
		l.nodes, l.count = []*listNode{node}, int64(node.items.len())
	}
	e.list = l
	return l, nil
}

func unpackNode(b []byte) (*listNode, error) {
	if len(b) == 0 {
		return nil, errPacked
	}
	n := &listNode{bytes: len(b)}
	for b = b[1:]; len(b) > 0; {
		item, rest, err := nextItem(b)
		if err != nil {
			return nil, err
		}
		n.items.pushRight(item)
		b = rest
	}
	return n, nil
}

func (n *listNode) pack() []byte {
	out := append(make([]byte, 0, n.bytes), 0)
	for i := range n.items.len() {
		out = appendItem(out, n.items.at(i))
	}
	return out
}

// Len returns the number of elements.
func (l *List) Len() int64 { return l.count }

// PushLeft adds an element in front of the first one. It is kept, not copied,
// until the unit ends.
func (l *List) PushLeft(v []byte) error {
	n, err := l.endNode(l.first, 0)
	if err != nil {
		return err
	}
	size := itemSize(len(v))
	if n == nil || n.bytes+size > maxNodeBytes && n.items.len() > 0 && l.e.coll != 0 {
		old := n
		n = &listNode{anchor: l.first - 1, first: l.first, bytes: 1}
		l.nodes = slices.Insert(l.nodes, 0, n)
		l.anchorAfter(old, n.anchor)
	}
	n.items.pushLeft(v)
	n.first--
	n.bytes += size
	l.first--
	l.grown(n, v)
	return nil
}

// PushRight adds an element behind the last one. It is kept, not copied, until
// the unit ends.
func (l *List) PushRight(v []byte) error {
	end := l.first + l.count
	n, err := l.endNode(end-1, -1)
	if err != nil {
		return err
	}
	size := itemSize(len(v))
	if n == nil || n.bytes+size > maxNodeBytes && n.items.len() > 0 && l.e.coll != 0 {
		old := n
		n = &listNode{anchor: end, first: end, bytes: 1}
		l.nodes = append(l.nodes, n)
		l.anchorBefore(old, n.anchor)
	}
	n.items.pushRight(v)
	n.bytes += size
	l.grown(n, v)
	return nil
}

func (l *List) grown(n *listNode, v []byte) {
	l.count++
	l.resize(ListpackSize(v))
	if l.e.typ == TypeNone {
		l.e.typ = TypeList
	}
	l.changed(n)
}

func (l *List) changed(n *listNode) {
	n.dirty = true
	l.e.touch(changedValue)
}

// anchorAfter keeps anchors ascending: a node that has lost the element it is
// anchored at may be behind a new one in front of it.
func (l *List) anchorAfter(n *listNode, anchor int64) {
	if n != nil && n.anchor <= anchor {
		l.anchorAt(n, n.first)
	}
}

func (l *List) anchorBefore(n *listNode, anchor int64) {
	if n != nil && n.anchor >= anchor {
		l.anchorAt(n, n.end()-1)
	}
}

// anchorAt gives a node another anchor: its row is written anew.
func (l *List) anchorAt(n *listNode, anchor int64) {
	if n.stored {
		l.gone = append(l.gone, &listNode{tid: n.tid})
		n.stored = false
	}
	n.anchor, n.dirty = anchor, true
}

// endNode returns the node at one end, which holds element number, loading it
// if necessary; nil if the list is empty. which is 0 for the first and -1 for
// the last.
func (l *List) endNode(number int64, which int) (*listNode, error) {
	if l.count == 0 {
		if len(l.nodes) > 0 {
			return nil, errors.New("an empty list has nodes")
		}
		return nil, nil
	}
	if len(l.nodes) > 0 {
		n := l.nodes[0]
		if which < 0 {
			n = l.nodes[len(l.nodes)-1]
		}
		if number >= n.first && number < n.end() {
			return n, nil
		}
	}
	return l.node(number)
}

// node returns the node of an element that exists, loading it if necessary.
func (l *List) node(number int64) (*listNode, error) {
	if n := l.find(number); n != nil {
		return n, nil
	}
	if err := l.load(number, number); err != nil {
		return nil, err
	}
	if n := l.find(number); n != nil {
		return n, nil
	}
	return nil, errors.New("a list lacks an element")
}

func (l *List) find(number int64) *listNode {
	i, found := slices.BinarySearchFunc(l.nodes, number, func(n *listNode, number int64) int {
		switch {
		case n.end() <= number:
			return -1
		case n.first > number:
			return 1
		}
		return 0
	})
	if !found {
		return nil
	}
	return l.nodes[i]
}

// PopLeft removes and returns the first element. The list MUST NOT be empty.
func (l *List) PopLeft() ([]byte, error) {
	n, err := l.endNode(l.first, 0)
	if err != nil {
		return nil, err
	}
	v := n.items.popLeft()
	n.first++
	l.first++
	l.shrunk(n, v)
	return v, nil
}

// PopRight removes and returns the last element. The list MUST NOT be empty.
func (l *List) PopRight() ([]byte, error) {
	n, err := l.endNode(l.first+l.count-1, -1)
	if err != nil {
		return nil, err
	}
	v := n.items.popRight()
	l.shrunk(n, v)
	return v, nil
}

func (l *List) shrunk(n *listNode, v []byte) {
	n.bytes -= itemSize(len(v))
	l.count--
	l.resize(-ListpackSize(v))
	l.changed(n)
	if n.items.len() == 0 {
		i := slices.Index(l.nodes, n)
		l.nodes = slices.Delete(l.nodes, i, i+1)
		if n.stored {
			l.gone = append(l.gone, n)
		}
	}
	if l.count == 0 {
		l.e.Delete()
	}
}

// At returns element i, counted from 0 at the left; it MUST be within the list.
func (l *List) At(i int64) ([]byte, error) {
	n, err := l.node(l.first + i)
	if err != nil {
		return nil, err
	}
	return n.items.at(int(l.first + i - n.first)), nil
}

// Set replaces element i, which MUST be within the list. v is kept, not
// copied, until the unit ends.
func (l *List) Set(i int64, v []byte) error {
	n, err := l.node(l.first + i)
	if err != nil {
		return err
	}
	at := int(l.first + i - n.first)
	old := n.items.at(at)
	n.bytes += itemSize(len(v)) - itemSize(len(old))
	l.resize(ListpackSize(v) - ListpackSize(old))
	n.items.set(at, v)
	l.changed(n)
	if l.e.coll != 0 && n.bytes > 2*maxNodeBytes {
		l.splitNode(n)
	}
	return nil
}

// Range calls visit for the elements start to stop, which MUST be within the
// list. visit returns false to end the walk.
func (l *List) Range(start, stop int64, visit func(i int64, v []byte) bool) error {
	if start > stop {
		return nil
	}
	if err := l.load(l.first+start, l.first+stop); err != nil {
		return err
	}
	for i := start; i <= stop; {
		n := l.find(l.first + i)
		if n == nil {
			return errors.New("a list lacks an element")
		}
		for ; i <= stop && l.first+i < n.end(); i++ {
			if !visit(i, n.items.at(int(l.first+i-n.first))) {
				return nil
			}
		}
	}
	return nil
}

// Trim removes all elements but start to stop, which MUST be within the list.
// Nodes that go as a whole are not loaded.
func (l *List) Trim(start, stop int64) error {
	if start == 0 && stop == l.count-1 {
		return nil
	}
	// Loading the second node may forget the first one, but not the other way
	// round: then there is nothing to be written any more.
	if _, err := l.node(l.first + start); err != nil {
		return err
	}
	right, err := l.node(l.first + stop)
	if err != nil {
		return err
	}
	left, err := l.node(l.first + start)
	if err != nil {
		return err
	}
	if !l.whole {
		l.e.tx.queueTrim(l.e.coll, left.anchor, right.anchor)
		l.e.tx.wrote = true
	}
	from, to := slices.Index(l.nodes, left), slices.Index(l.nodes, right)
	for _, n := range slices.Concat(l.nodes[:from], l.nodes[to+1:]) {
		if n.stored && l.whole {
			l.gone = append(l.gone, n)
		}
	}
	l.nodes = slices.Clone(l.nodes[from : to+1])
	end := l.first + stop + 1
	l.first += start
	for left.first < l.first {
		left.bytes -= itemSize(len(left.items.popLeft()))
		left.first++
	}
	for right.end() > end {
		right.bytes -= itemSize(len(right.items.popRight()))
	}
	l.count = end - l.first
	l.size = unknownSize
	if l.whole || l.covers(l.first, end-1) {
		l.size = l.countSize()
	}
	l.changed(left)
	l.changed(right)
	return nil
}

// Rebuild replaces the whole list. Elements are kept, not copied, until the
// unit ends. Without elements the key goes.
func (l *List) Rebuild(items [][]byte) {
	if len(items) == 0 {
		l.e.Delete()
		return
	}
	*l = List{e: l.e, whole: true, size: unknownSize}
	l.e.coll = 0
	n := &listNode{bytes: 1}
	l.nodes = []*listNode{n}
	for _, v := range items {
		n.items.pushRight(v)
		n.bytes += itemSize(len(v))
	}
	l.count = int64(len(items))
	l.e.typ = TypeList
	l.changed(n)
}

// reset makes the working set an empty one of a key that is absent.
func (l *List) reset() { *l = List{e: l.e, whole: true, size: listpackEmpty} }
