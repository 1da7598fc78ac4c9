package pg

// Needs says which elements of a collection a command will look at, so that
// they can be loaded together with the key. It is a hint: what was not said is
// loaded when it is asked for, at the cost of a round trip.
type Needs struct {
	// Names are fields or members.
	Names [][]byte
	// All is everything.
	All bool
	// Random is how many members are to be chosen at random.
	Random int64
	// Left and Right are how many elements at the ends of a list.
	Left, Right int64
	// Lowest and Highest are how many members at the ends of a sorted set.
	Lowest, Highest int64
	// Questions are about the collection as a whole.
	Questions []Question
	// Start and Stop are the first and last element of a list, counted from its
	// end if they are negative. They count if Range is true.
	Range       bool
	Start, Stop int64
}

// Need adds to what the claims on the key need of its elements. n is kept until
// the unit ends.
func (e *Entry) Need(n *Needs) {
	if n != nil {
		e.needs = append(e.needs, n)
	}
}

// place is where a connection last saw the elements of a key. It may be out of
// date: what is loaded by it counts only if the key's row, which is loaded in
// the same transaction, says the same.
type place struct {
	coll int64
	typ  Type
	sum  summary
	// perNode is how many elements a node of the list has.
	perNode int64
	// stages: a unit that only read the key had to load more of it, after what
	// came with the key.
	stages bool
}

// maxPlaces bounds what a connection remembers.
const maxPlaces = 4096

// remember notes where a loaded key has its elements, if it has any of its own.
func (c *Conn) remember(e *Entry) {
	if e.coll == 0 {
		if len(c.places) > 0 {
			delete(c.places, e.hash)
		}
		return
	}
	if len(c.places) >= maxPlaces {
		clear(c.places)
	}
	p := place{coll: e.coll, typ: e.typ, stages: c.places[e.hash].stages}
	switch {
	case e.list != nil:
		p.sum = e.list.summary()
		p.perNode = e.list.perNode()
	case e.members != nil:
		p.sum = e.members.sum
		p.sum.count = e.members.count
	}
	c.places[e.hash] = p
}

// noteStages forgets which keys more had to be loaded of if that is over.
func (tx *Tx) noteStages() {
	for _, e := range tx.list {
		if p, ok := tx.c.places[e.hash]; ok && p.stages && len(e.needs) > 0 && !e.asked {
			p.stages = false
			tx.c.places[e.hash] = p
		}
	}
}

// queueNeeds queues the loading of what the claims on a key need of the
// elements at a place.
func (tx *Tx) queueNeeds(e *Entry, p place) {
	if p.typ == TypeList {
		tx.queueListNeeds(e, p)
		return
	}
	random, lowest, highest := int64(0), int64(0), int64(0)
	for _, n := range e.needs {
		switch {
		case e.allOf == p.coll:
		case n.All, p.sum.flags&summaryLong != 0 && n.asksOrder():
			tx.queueAll(p.typ, p.coll)
			e.allOf = p.coll
		default:
			random += n.Random
			lowest, highest = addNeed(lowest, n.Lowest), addNeed(highest, n.Highest)
			for _, name := range n.Names {
				tx.looking = append(tx.looking, wanted{e, p.coll, p.typ, name})
			}
			for _, ask := range n.Questions {
				tx.queueQuestion(ask, p)
			}
		}
	}
	if random > 0 {
		tx.queueRandom(p, random)
	}
	if p.typ == TypeZset {
		tx.queueEnds(p, [2]int64{lowest, highest})
	}
}

// asksOrder reports whether the order of a sorted set matters.
func (n *Needs) asksOrder() bool { return n.Lowest+n.Highest > 0 || len(n.Questions) > 0 }
