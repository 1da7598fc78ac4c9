package commands

import (
	"slices"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

// setLimits are the settings that decide how Redis represents a set: integers
// alone as an intset, few and short members as a listpack, others as a hash
// table. A set does not go back to a smaller form.
type setLimits struct {
	intset  int64 // members of an intset
	entries int64 // members of a listpack
	value   int64 // length of a listpack's longest member
}

// maxIntset is how many members an intset can have whatever the setting says.
const maxIntset = 1 << 30

// setWriter adds members to a set and keeps account of its encoding.
type setWriter struct {
	e      *pg.Entry
	ms     *pg.Members
	limits setLimits
}

func (c *Call) setWriter(e *pg.Entry, ms *pg.Members) *setWriter {
	s := c.server().settings
	return &setWriter{e, ms, setLimits{
		intset:  min(s.Int(settings.SetMaxIntsetEntries), maxIntset),
		entries: s.Int(settings.SetMaxListpackEntries),
		value:   s.Int(settings.SetMaxListpackValue),
	}}
}

// expect prepares the set for about n members more, the first of which is
// given: Redis takes the form that will hold them all at once, even if many
// turn out to be equal.
func (w *setWriter) expect(first []byte, n int64) {
	if w.ms.Len() == 0 {
		w.e.SetEncoding(w.limits.formFor(first, n))
		return
	}
	switch enc := w.e.Encoding(); {
	case enc == pg.EncodingIntset && n > w.limits.intset, enc == pg.EncodingListpack && n > w.limits.entries:
		w.e.SetEncoding(pg.EncodingHashtable)
	}
}

// formFor returns the form of a new set of about n members.
func (l setLimits) formFor(first []byte, n int64) pg.Encoding {
	switch {
	case n <= l.intset && isInt64(first):
		return pg.EncodingIntset
	case n <= l.entries:
		return pg.EncodingListpack
	default:
		return pg.EncodingHashtable
	}
}

func isInt64(name []byte) bool {
	_, ok := number.ParseInt64(name)
	return ok
}

func isNoInt64(name []byte) bool { return !isInt64(name) }

// add adds a member and reports whether it is new.
func (w *setWriter) add(name []byte) (bool, error) {
	_, added, err := w.ms.Put(name)
	if !added || err != nil {
		return false, err
	}
	switch w.e.Encoding() {
	case pg.EncodingIntset:
		return true, w.leaveIntset(name)
	case pg.EncodingListpack:
		if w.ms.Len() > w.limits.entries || int64(len(name)) > w.limits.value {
			w.e.SetEncoding(pg.EncodingHashtable)
		}
	default:
	}
	return true, nil
}

// leaveIntset takes another form for an intset that has got a member which it
// can't hold.
func (w *setWriter) leaveIntset(name []byte) error {
	switch n := w.ms.Len(); {
	case isInt64(name) && n <= w.limits.intset:
		return nil
	case isInt64(name), n > w.limits.entries, int64(len(name)) > w.limits.value:
		w.e.SetEncoding(pg.EncodingHashtable)
		return nil
	}
	w.e.SetEncoding(pg.EncodingListpack)
	if w.limits.value >= int64(len("-9223372036854775808")) {
		return nil
	}
	all, err := w.ms.All()
	for _, m := range all {
		if int64(len(m.Name)) > w.limits.value {
			w.e.SetEncoding(pg.EncodingHashtable)
		}
	}
	return err
}

// replace makes the key a set of these members and nothing else. They are added
// to an empty set of the given form; instead of a listpack it is an intset that
// can hold them.
func (w *setWriter) replace(names [][]byte, form pg.Encoding) error {
	w.e.Delete()
	if len(names) == 0 {
		return nil
	}
	if form == pg.EncodingListpack && int64(len(names)) <= w.limits.intset && !slices.ContainsFunc(names, isNoInt64) {
		form = pg.EncodingIntset
	}
	var err error
	if w.ms, err = w.e.Members(pg.TypeSet); err != nil {
		return err
	}
	w.e.SetEncoding(form)
	for _, name := range names {
		if _, err := w.add(name); err != nil {
			return err
		}
	}
	return nil
}
