package commands

import (
	"bytes"
	"slices"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

var sortBindings = []binding{
	{name: "sort", claim: claimSort, run: runSort, slow: true},
	{name: "sort_ro", claim: claimSort, run: runSort, slow: true},
}

// sortOptions are the options of SORT as given.
type sortOptions struct {
	descending, alpha bool
	start, count      int64 // of LIMIT; a negative count is none
	by                []byte
	unsorted          bool // BY names no key
	get               [][]byte
	store             []byte // nil without STORE
}

// parseSort reads the options of SORT. It returns the error reply, or "".
func (c *Call) parseSort() (o sortOptions, fail string) {
	o.count = -1
	readOnly := c.spec.Name == "sort_ro"
	for i := 2; i < len(c.args); i++ {
		more := len(c.args) - i - 1
		switch word := c.args[i]; {
		case isWord(word, "asc"):
			o.descending = false
		case isWord(word, "desc"):
			o.descending = true
		case isWord(word, "alpha"):
			o.alpha = true
		case isWord(word, "limit") && more >= 2:
			var okStart, okCount bool
			o.start, okStart = number.ParseInt64(c.args[i+1])
			o.count, okCount = number.ParseInt64(c.args[i+2])
			if !okStart || !okCount {
				return o, errNotInteger
			}
			i += 2
		case isWord(word, "store") && more >= 1 && !readOnly:
			i++
			o.store = c.args[i]
		case isWord(word, "by") && more >= 1:
			i++
			o.by = c.args[i]
			// Once one BY has named no key, a later one does not sort either.
			o.unsorted = o.unsorted || bytes.IndexByte(o.by, '*') < 0
		case isWord(word, "get") && more >= 1:
			i++
			o.get = append(o.get, c.args[i])
		default:
			return o, errSyntax
		}
	}
	return o, ""
}

func claimSort(c *Call) {
	o, fail := c.parseSort()
	if fail != "" {
		c.fail(fail)
		return
	}
	c.claimElements(c.args[1], pg.ModeRead, &pg.Needs{All: true})
	if o.store != nil {
		c.claim(o.store, pg.ModeUpdate, pg.PartHeader)
	}
}

func runSort(c *Call) error {
	o, _ := c.parseSort()
	src := c.key(0)
	typ := src.Type()
	switch typ {
	case pg.TypeNone, pg.TypeList, pg.TypeSet, pg.TypeZset:
	default:
		c.fail(errWrongType)
		return nil
	}
	if o.unsorted && typ == pg.TypeSet && (o.store != nil || c.script != nil) {
		// What is stored, or used by a script, has an order that repeats.
		o.unsorted, o.alpha, o.by = false, true, nil
	}
	elements, err := sortElements(src)
	if err != nil {
		return err
	}
	if o.unsorted && o.descending && typ != pg.TypeSet {
		slices.Reverse(elements)
	}
	if !o.unsorted {
		ok, err := c.sortBy(o, elements)
		if err != nil {
			return err
		}
		if !ok {
			c.fail("ERR One or more scores can't be converted into double")
			return nil
		}
	}
	elements = o.limit(elements)
	values, err := c.sortValues(o, elements)
	if err != nil {
		return err
	}
	if o.store != nil {
		return c.storeSorted(o.store, values)
	}
	c.out.Array(len(values))
	for _, v := range values {
		if v == nil {
			c.out.Null()
		} else {
			c.out.Bulk(v)
		}
	}
	return nil
}

// sortElements returns copies of all elements of a list, set or sorted set, in
// their order.
func sortElements(e *pg.Entry) (elements [][]byte, err error) {
	if e.Type() == pg.TypeList || !e.Exists() {
		l, err := e.List()
		if err != nil {
			return nil, err
		}
		err = l.Range(0, l.Len()-1, func(_ int64, v []byte) bool {
			elements = append(elements, copyOf(v))
			return true
		})
		return elements, err
	}
	ms, err := e.Members(e.Type())
	if err != nil {
		return nil, err
	}
	all, err := ms.All()
	if e.Type() == pg.TypeZset && err == nil {
		all = slices.Clone(all)
		slices.SortFunc(all, func(a, b *pg.Member) int {
			switch {
			case a.Score < b.Score:
				return -1
			case a.Score > b.Score:
				return 1
			}
			return bytes.Compare(a.Name, b.Name)
		})
	}
	for _, m := range all {
		elements = append(elements, copyOf(m.Name))
	}
	return elements, err
}

// limit applies LIMIT.
func (o *sortOptions) limit(elements [][]byte) [][]byte {
	n := int64(len(elements))
	start := min(max(o.start, 0), n)
	stop := n
	if o.count >= 0 {
		stop = min(start+min(o.count, n), n)
	}
	return elements[start:stop]
}

// sortValues returns what GET asks for each element, nil where there is nothing.
func (c *Call) sortValues(o sortOptions, elements [][]byte) ([][]byte, error) {
	if len(o.get) == 0 {
		return elements, nil
	}
	values, all := make([][]byte, len(elements)*len(o.get)), make([]lookedUp, len(o.get))
	for i, pattern := range o.get {
		all[i].values = elements
		if string(pattern) != "#" {
			var err error
			if all[i], err = c.lookUp(pattern, elements); err != nil {
				return nil, err
			}
		}
		for j, v := range all[i].values {
			values[j*len(o.get)+i] = v
		}
	}
	c.missLookedUp(len(elements), all...)
	return values, nil
}

// storeSorted makes values a list at a key. What is missing is stored empty.
func (c *Call) storeSorted(name []byte, values [][]byte) error {
	// The key is looked up anew: others may have been loaded since.
	dst, err := c.tx.Entry(c.db, name, pg.ModeUpdate, pg.PartHeader, nil)
	if err != nil {
		return err
	}
	for i, v := range values {
		if v == nil {
			values[i] = []byte{}
		}
	}
	c.out.Int(int64(len(values)))
	dst.Delete()
	c.notifyStored(settings.EventList, "sortstore", 1, len(values) > 0)
	if len(values) == 0 {
		return nil
	}
	l, err := dst.List()
	if err != nil {
		return err
	}
	l.Rebuild(values)
	if !c.fitsNode(values) {
		dst.SetEncoding(pg.EncodingQuicklist)
	}
	return nil
}

// fitsNode reports whether Redis has elements that are pushed one by one in a
// single node of a size that a listpack may have.
func (c *Call) fitsNode(elements [][]byte) bool {
	// slack is what Redis allows for an element besides its bytes.
	const slack, empty = 8, 7
	limit, counted := c.listLimit()
	size := int64(empty)
	for i, v := range elements {
		if i > 0 && size+int64(len(v))+slack > limit.bytes {
			return false
		}
		size += pg.ListpackSize(v)
	}
	return int64(len(elements)) <= limit.count && (counted || size <= limit.bytes)
}
