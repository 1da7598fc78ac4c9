package commands

import (
	"bytes"
	"slices"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

// weighed is an element and what it is sorted by.
type weighed struct {
	element []byte
	text    []byte // nil if there is none
	number  float64
}

// sortBy sorts elements in place. It reports false if one of them has to be a
// number and is none.
func (c *Call) sortBy(o sortOptions, elements [][]byte) (ok bool, err error) {
	texts := elements
	if o.by != nil {
		found, err := c.lookUp(o.by, elements)
		if err != nil {
			return false, err
		}
		c.missLookedUp(len(elements), found)
		texts = found.values
	}
	list := make([]weighed, len(elements))
	for i, element := range elements {
		list[i] = weighed{element: element, text: texts[i]}
		if o.alpha && o.store == nil && texts[i] != nil {
			// What is not stored is compared as C's strcoll does.
			list[i].text, _, _ = bytes.Cut(texts[i], []byte{0})
		}
		if o.alpha || texts[i] == nil {
			continue // without a weight it is zero
		}
		if list[i].number, ok = sortNumber(texts[i]); !ok {
			return false, nil
		}
	}
	slices.SortStableFunc(list, func(a, b weighed) int {
		n := a.compare(b, o.alpha)
		if o.descending {
			n = -n
		}
		return n
	})
	for i := range list {
		elements[i] = list[i].element
	}
	return true, nil
}

func (w weighed) compare(other weighed, alpha bool) int {
	switch {
	case !alpha && w.number < other.number:
		return -1
	case !alpha && w.number > other.number:
		return 1
	case !alpha:
		return bytes.Compare(w.element, other.element)
	case w.text == nil && other.text == nil:
		return 0
	case w.text == nil:
		return -1
	case other.text == nil:
		return 1
	}
	return bytes.Compare(w.text, other.text)
}

// sortNumber reads a weight as C's strtod does: space may come before, nothing
// at all is zero, and what follows a zero byte is not looked at.
func sortNumber(text []byte) (float64, bool) {
	text, _, _ = bytes.Cut(text, []byte{0})
	if len(text) == 0 {
		return 0, true
	}
	return number.ParseFloat(bytes.TrimLeft(text, " \t\n\v\f\r"))
}

// lookedUp is what a pattern has found for each element.
type lookedUp struct {
	// values are nil where there are none.
	values [][]byte
	// missed are the keys that are absent, nil for others; nil without events.
	missed [][]byte
}

// lookUp finds the values that a pattern of BY or GET names: the first asterisk
// stands for the element, and a field of a hash may follow "->". All keys are
// brought in one round trip.
func (c *Call) lookUp(pattern []byte, elements [][]byte) (found lookedUp, err error) {
	found.values = make([][]byte, len(elements))
	star := bytes.IndexByte(pattern, '*')
	if star < 0 || len(elements) == 0 {
		return found, nil
	}
	before, after := pattern[:star], pattern[star+1:]
	var field []byte
	if i := bytes.Index(after, []byte("->")); i >= 0 && i+2 < len(after) {
		after, field = after[:i], after[i+2:]
	}
	names := make([][]byte, len(elements))
	for i, element := range elements {
		names[i] = slices.Concat(before, element, after)
	}
	var needs *pg.Needs
	if field != nil {
		needs = &pg.Needs{Names: [][]byte{field}}
	}
	entries, err := c.tx.Many(c.db, names, needs)
	if c.server().signals(settings.EventMiss) {
		found.missed = make([][]byte, len(elements))
	}
	for i := 0; i < len(entries) && err == nil; i++ {
		if found.missed != nil && !entries[i].Exists() {
			found.missed[i] = names[i]
		}
		found.values[i], err = valueAt(entries[i], field)
	}
	return found, err
}

// missLookedUp tells of the keys that patterns have looked up in vain, element by
// element.
func (c *Call) missLookedUp(elements int, patterns ...lookedUp) {
	for i := range elements {
		for _, p := range patterns {
			if p.missed != nil && p.missed[i] != nil {
				c.addEventOf(settings.EventMiss, "keymiss", c.db, p.missed[i])
			}
		}
	}
}

// valueAt returns a copy of a string, or of a field of a hash if field is not
// nil; nil if there is no such thing.
func valueAt(e *pg.Entry, field []byte) ([]byte, error) {
	switch {
	case field == nil && e.Type() == pg.TypeString:
		return copyOf(e.Value()), nil
	case field == nil || e.Type() != pg.TypeHash:
		return nil, nil
	}
	ms, err := e.Members(pg.TypeHash)
	if err != nil {
		return nil, err
	}
	m, err := ms.Find(field)
	if m == nil || err != nil {
		return nil, err
	}
	return copyOf(m.Value), nil
}

// copyOf returns a copy that is not nil.
func copyOf(b []byte) []byte { return append(make([]byte, 0, len(b)), b...) }
