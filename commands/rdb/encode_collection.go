package rdb

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"slices"
)

// entryOverhead is the most that an element takes in a listpack besides its bytes.
const entryOverhead = 5 + 5

// fits reports whether a listpack of so many elements with so many bytes together is allowed.
func fits(elements, size int) bool {
	return listpackHeader+elements*entryOverhead+size+1 < MaxListpackBytes
}

// listpack writes a listpack that was built in e.scratch.
func (e *encoder) listpack(l *Listpack) {
	e.scratch = l.Finish()
	e.string(e.scratch)
}

// list writes a quicklist, its nodes as full as appending makes them in Redis.
func (e *encoder) list(elements [][]byte) {
	e.kind(kindListQuicklist2)
	head := len(e.dst)
	limit := listNodeLimit(e.ListNode)
	nodes := 0
	node := NewListpack(e.scratch)
	flush := func() {
		nodes++
		e.length(nodePacked)
		e.listpack(&node)
	}
	for _, element := range elements {
		if node.Len() > 0 && !limit.allows(&node, element) {
			flush()
			node = NewListpack(e.scratch)
		}
		node.Append(element)
	}
	flush()
	e.insertLengths(head, nodes)
}

// nodeLimit is how large a node of a list may become.
type nodeLimit struct{ elements, bytes int }

// listNodeLimit returns what list-max-listpack-size means.
func listNodeLimit(setting int) nodeLimit {
	const (
		byDefault = -2
		largest   = -5
		safe      = 8 << 10 // when only the number of elements is limited
	)
	if setting > 0 {
		return nodeLimit{elements: setting, bytes: safe}
	}
	if setting == 0 {
		setting = byDefault
	}
	return nodeLimit{elements: math.MaxInt, bytes: 2 << 10 << -max(setting, largest)}
}

// allows reports whether an element may be added to a node that has some.
func (n nodeLimit) allows(node *Listpack, element []byte) bool {
	const overhead = 8 // what Redis expects that an element takes besides its bytes
	return node.Len() < n.elements && node.Bytes()+len(element)+overhead <= n.bytes
}

func (e *encoder) set(v Value) {
	if v.Encoding == EncodingIntset && e.intset(v.Elements) || v.Encoding == EncodingListpack && e.setListpack(v.Elements) {
		return
	}
	e.kind(kindSet)
	e.length(len(v.Elements))
	for _, element := range v.Elements {
		e.string(element)
	}
}

// intset writes a set of integers, if it is one.
func (e *encoder) intset(elements [][]byte) bool {
	integers, ok := parseIntegers(elements)
	if !ok {
		return false
	}
	e.kind(kindSetIntset)
	e.scratch = appendIntset(e.scratch[:0], integers)
	e.string(e.scratch)
	return true
}

// setListpack writes a set as a listpack, if that is allowed.
func (e *encoder) setListpack(elements [][]byte) bool {
	size := 0
	for _, element := range elements {
		size += len(element)
	}
	if e.Version < Version72 || !fits(len(elements), size) {
		return false
	}
	e.kind(kindSetListpack)
	l := NewListpack(e.scratch)
	for _, element := range elements {
		l.Append(element)
	}
	e.listpack(&l)
	return true
}

func (e *encoder) zset(v Value) {
	size := 0
	for _, m := range v.Members {
		size += len(m.Name)
	}
	const longestScore = 24
	members := inOrder(v.Members)
	if v.Encoding != EncodingListpack || !fits(2*len(members), size+longestScore*len(members)) {
		e.kind(kindZset2)
		e.length(len(members))
		for _, m := range slices.Backward(members) { // Redis loads them fastest from the highest down
			e.string(m.Name)
			e.dst = binary.LittleEndian.AppendUint64(e.dst, math.Float64bits(m.Score))
		}
		return
	}
	e.kind(kindZsetListpack)
	l := NewListpack(e.scratch)
	var score [32]byte
	for _, m := range members {
		l.Append(m.Name)
		l.Append(appendScore(score[:0], m.Score))
	}
	e.listpack(&l)
}

// inOrder returns members by score, then name: themselves, if they are in that order. In a listpack Redis relies on it.
func inOrder(members []Member) []Member {
	compare := func(a, b Member) int { return cmp.Or(cmp.Compare(a.Score, b.Score), bytes.Compare(a.Name, b.Name)) }
	if !slices.IsSortedFunc(members, compare) {
		members = slices.Clone(members)
		slices.SortFunc(members, compare)
	}
	return members
}

func (e *encoder) hash(v Value) {
	size := 0
	for _, f := range v.Fields {
		size += len(f.Name) + len(f.Value)
	}
	if v.Encoding != EncodingListpack || !fits(2*len(v.Fields), size) {
		e.kind(kindHash)
		e.length(len(v.Fields))
		for _, f := range v.Fields {
			e.string(f.Name)
			e.string(f.Value)
		}
		return
	}
	e.kind(kindHashListpack)
	l := NewListpack(e.scratch)
	for _, f := range v.Fields {
		l.Append(f.Name)
		l.Append(f.Value)
	}
	e.listpack(&l)
}
