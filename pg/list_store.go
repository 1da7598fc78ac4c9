package pg

// Nodes are found by a number they hold: it is held by the node with the
// greatest anchor up to it or by the one with the next anchor, as a node may
// have lost the element it is anchored at.
const (
	sqlListLoad = `
SELECT f.ctid, f.anchor, f.first, f.elements FROM kv_lists f
WHERE f.coll = $1
  AND f.anchor >= coalesce((SELECT max(l.anchor) FROM kv_lists l WHERE l.coll = $1 AND l.anchor <= $2), $2)
  AND f.anchor <= coalesce((SELECT min(r.anchor) FROM kv_lists r WHERE r.coll = $1 AND r.anchor > $3), $3)
ORDER BY f.anchor`

	sqlListInsert = `
INSERT INTO kv_lists (coll, anchor, first, count, elements)
SELECT unnest($1::int8[]), unnest($2::int8[]), unnest($3::int8[]), unnest($4::int4[]), unnest($5::bytea[])`
	sqlListUpdate = `
UPDATE kv_lists f SET first = u.first, count = u.count, elements = u.elements
FROM (SELECT unnest($1::tid[]) AS tid, unnest($2::int8[]) AS coll, unnest($3::int8[]) AS first,
      unnest($4::int4[]) AS count, unnest($5::bytea[]) AS elements) AS u
WHERE f.ctid = u.tid AND f.coll = u.coll`
	sqlListDelete = `
DELETE FROM kv_lists f USING (SELECT unnest($1::tid[]) AS tid, unnest($2::int8[]) AS coll) AS u
WHERE f.ctid = u.tid AND f.coll = u.coll`
	sqlListTrim = `
DELETE FROM kv_lists WHERE coll = $1 AND (anchor < $2 OR anchor > $3)`
	sqlListCopy = `
INSERT INTO kv_lists (coll, anchor, first, count, elements)
SELECT $2, anchor, first, count, elements FROM kv_lists WHERE coll = $1`
)

// load makes sure that the nodes of the elements numbered from to to are known.
func (l *List) load(from, to int64) error {
	if l.whole || l.covers(from, to) {
		return nil
	}
	if err := l.writeOut(); err != nil {
		return err
	}
	if err := l.e.stable(); err != nil {
		return err
	}
	l.e.tx.queueNodeLoad(l.e, l.e.coll, from, to)
	if err := l.e.tx.c.sync(); err != nil {
		return l.e.tx.failed(err)
	}
	return nil
}

// covers reports whether all nodes of a range are known.
func (l *List) covers(from, to int64) bool {
	for from <= to {
		n := l.find(from)
		if n == nil {
			return false
		}
		from = n.end()
	}
	return true
}

// queueNodeLoad queues the statement that loads the nodes of the elements
// numbered from to to, if coll is where the list has its elements. What is
// known of it MUST be clean.
func (tx *Tx) queueNodeLoad(e *Entry, coll, from, to int64) {
	tx.c.send(stmtListLoad, tx.nodeOf(e, coll), int8Param(coll), int8Param(from), int8Param(to))
}

// nodeOf returns the function that takes the nodes of a list, if coll is where
// it has its elements.
func (tx *Tx) nodeOf(e *Entry, coll int64) func([][]byte) error {
	return func(v [][]byte) error {
		if len(v) != 4 {
			return errColumns
		}
		l := e.list
		if l == nil || e.coll != coll {
			return nil
		}
		anchor := asInt(v[1])
		i := 0
		for i < len(l.nodes) && l.nodes[i].anchor < anchor {
			i++
		}
		if i < len(l.nodes) && l.nodes[i].anchor == anchor {
			return nil
		}
		n, err := unpackNode(tx.slabs.copyOf(v[3]))
		if err != nil {
			return err
		}
		n.anchor, n.first, n.stored = anchor, asInt(v[2]), true
		copy(n.tid[:], v[0])
		l.nodes = append(l.nodes, nil)
		copy(l.nodes[i+1:], l.nodes[i:])
		l.nodes[i] = n
		return nil
	}
}

// writeOut writes what has changed so far and forgets it, so that places are
// known again when more is loaded.
func (l *List) writeOut() error {
	dirty := len(l.gone) > 0
	for _, n := range l.nodes {
		dirty = dirty || n.dirty
	}
	if !dirty {
		return nil
	}
	l.queueNodes()
	if err := l.e.tx.c.sync(); err != nil {
		return l.e.tx.failed(err)
	}
	l.e.tx.wrote = true
	l.nodes = nil
	return nil
}

// settle decides how a changed list is stored, sets the value of its key
// accordingly and queues what changes in the table of nodes.
func (l *List) settle() error {
	if l.e.coll == 0 {
		if n := l.nodes[0]; n.bytes <= maxPackedBytes {
			l.e.value = n.pack()
			return nil
		}
		coll, err := l.e.tx.c.newColl()
		if err != nil {
			return err
		}
		l.e.coll = coll
		l.nodes = l.nodes[0].split()
	} else if l.shrunken() {
		l.e.coll = 0
		l.e.value = l.merged().pack()
		return nil
	}
	if l.whole && l.size == unknownSize {
		l.size = l.countSize()
	}
	l.queueNodes()
	l.e.value = l.summary().append(nil)
	return nil
}

func (l *List) summary() summary {
	return summary{count: l.count, first: l.first, size: max(l.size, 0)}
}

// shrunken reports whether a list that has nodes is to be packed again: all of
// it is known, and half the room is left.
func (l *List) shrunken() bool {
	known, bytes := int64(0), 1
	for _, n := range l.nodes {
		known += int64(n.items.len())
		bytes += n.bytes
	}
	return known == l.count && bytes <= maxPackedBytes/2
}

func (l *List) merged() *listNode {
	all := &listNode{bytes: 1}
	for _, n := range l.nodes {
		for i := range n.items.len() {
			all.items.pushRight(n.items.at(i))
		}
		all.bytes += n.bytes - 1
	}
	return all
}

// split cuts a node of any size into nodes for the table.
func (n *listNode) split() (nodes []*listNode) {
	part := &listNode{anchor: n.first, first: n.first, bytes: 1, dirty: true}
	for i := range n.items.len() {
		v := n.items.at(i)
		if size := itemSize(len(v)); part.bytes+size > maxNodeBytes && part.items.len() > 0 {
			nodes = append(nodes, part)
			part = &listNode{anchor: part.end(), first: part.end(), bytes: 1, dirty: true}
		}
		part.items.pushRight(v)
		part.bytes += itemSize(len(v))
	}
	return append(nodes, part)
}

// queueNodes queues the statements for the nodes that have changed.
func (l *List) queueNodes() {
	tx := l.e.tx
	w := &tx.buffers
	w.reset()
	for _, n := range l.gone {
		w.tids.bytes(n.tid[:])
		w.ids.int8(l.e.coll)
	}
	if w.ids.n > 0 {
		tx.c.sendWrite(stmtListDelete, anyCount, w.tids.param(), w.ids.param())
	}
	l.gone = nil
	tx.queueNodes(stmtListUpdate, l, true)
	tx.queueNodes(stmtListInsert, l, false)
	for _, n := range l.nodes {
		n.dirty = false
	}
}

// queueNodes queues the changed nodes of a list that are stored, or are not.
func (tx *Tx) queueNodes(s statement, l *List, stored bool) {
	w := &tx.buffers
	w.reset()
	w.counts.reset(oidInt4)
	send := func() {
		if w.ids.n == 0 {
			return
		}
		place := w.tids.param()
		if !stored {
			place = w.ids.param()
		}
		second := w.ids.param()
		if !stored {
			second = w.hashes.param()
		}
		tx.c.sendWrite(s, int(w.ids.n), place, second, w.expiries.param(), w.counts.param(), w.values.param())
		w.reset()
		w.counts.reset(oidInt4)
	}
	for _, n := range l.nodes {
		if !n.dirty || n.stored != stored {
			continue
		}
		if w.ids.n > 0 && len(w.values.b)+n.bytes > maxStatementBytes {
			send()
		}
		w.tids.bytes(n.tid[:])
		w.ids.int8(l.e.coll)
		w.hashes.int8(n.anchor)
		w.expiries.int8(n.first)
		w.counts.int4(int32(n.items.len()))
		w.values.bytes(n.pack())
	}
	send()
}

func (tx *Tx) queueTrim(coll, from, to int64) {
	tx.c.send(stmtListTrim, nil, int8Param(coll), int8Param(from), int8Param(to))
}
