package commands

import (
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

// Redis keeps a list in one listpack until it grows beyond a limit, and in
// nodes of that size from then on. A list that is in nodes goes back to one
// listpack when a single node is left and is half empty. postkeys has no such
// nodes: it takes those as one that would fit into one.

// listLimit is what a node of a list may hold.
type listLimit struct{ bytes, count int64 }

const (
	// smallestNode is the size of nodes that list-max-listpack-size -1 asks
	// for; -2 to -5 double it each.
	smallestNode = 4096
	// safeNode is the size of nodes whose elements are counted.
	safeNode = 8192
)

// listLimit reads the limit from the settings. counted reports that it is one
// of elements.
func (c *Call) listLimit() (limit listLimit, counted bool) {
	n := int64(c.server().settings.Int(settings.ListMaxListpackSize))
	if n >= 0 {
		return listLimit{bytes: safeNode, count: max(n, 1)}, true
	}
	return listLimit{bytes: smallestNode << (min(-n, 5) - 1), count: maxHint}, false
}

// growList notes what adding elements does to a list's representation. It MUST
// be called before they are added.
func (c *Call) growList(e *pg.Entry, l *pg.List, elements [][]byte) error {
	if e.Encoding() == pg.EncodingQuicklist {
		return nil
	}
	size, err := l.ListpackBytes()
	if err != nil {
		return err
	}
	for _, v := range elements {
		size += int64(len(v))
	}
	if limit, _ := c.listLimit(); size > limit.bytes || l.Len()+int64(len(elements)) > limit.count {
		e.SetEncoding(pg.EncodingQuicklist)
	}
	return nil
}

// smallestElement is what an element takes in a listpack at least.
const smallestElement = 2

// shrinkList notes what removing elements has done to a list's representation.
func (c *Call) shrinkList(e *pg.Entry, l *pg.List) error {
	if e.Encoding() != pg.EncodingQuicklist || l.Len() == 0 {
		return nil
	}
	limit, counted := c.listLimit()
	if counted {
		limit.count /= 2
	} else {
		limit.bytes /= 2
	}
	if l.Len() > min(limit.count, limit.bytes/smallestElement) {
		return nil // without counting the bytes
	}
	size, err := l.ListpackBytes()
	if err == nil && size <= limit.bytes {
		e.SetEncoding(pg.EncodingListpack)
	}
	return err
}
