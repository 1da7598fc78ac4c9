package pg

// What rows cost in PostgreSQL beyond the bytes in their columns. Everything
// starts at a multiple of 8.
const (
	rowOverhead   = 4 + 24 // line pointer and header, with room for the bitmap of nulls
	indexOverhead = 4 + 8  // line pointer and header of an entry
	// rowFilled is how many percent of its pages a table fills.
	rowFilled = 90
	// listFilled is the same of the table of lists.
	listFilled = 50
	// indexFilled is the same of an index that grows in random places.
	indexFilled = 70

	// toastFrom is the size of a row from which its longest values go to the
	// TOAST table, in chunks of toastChunk bytes.
	toastFrom  = 2032
	toastChunk = 1996
	// toastRow is what a chunk takes beyond its bytes, its index included.
	toastRow = rowOverhead + 12 + 24
)

func aligned(n int64) int64 { return (n + 7) &^ 7 }

// varlena is what a value of n bytes takes in a row.
func varlena(n int64) int64 {
	if n <= 126 {
		return 1 + n
	}
	return 4 + n
}

// tableRow is what a row takes that has columns of a fixed width and values of
// the given sizes.
func tableRow(fixed int64, sizes ...int64) (bytes int64) {
	size := int64(rowOverhead) + fixed
	for _, n := range sizes {
		size += varlena(n)
	}
	for _, n := range sizes {
		if size > toastFrom && n > toastChunk/4 {
			size -= varlena(n) - 18 // a pointer stays
			bytes += n + (n+toastChunk-1)/toastChunk*toastRow
		}
	}
	return bytes + aligned(size)
}

func indexEntry(size int64) int64 { return aligned(indexOverhead+size) * 100 / indexFilled }

// inTable adds the room that a table leaves in its pages.
func inTable(row int64) int64 { return row * 100 / rowFilled }

// Footprint estimates how many bytes of PostgreSQL's files a key takes: its
// row, its elements, their indexes and the room that pages leave. Of a
// collection that is not packed it looks at some elements chosen at random, or
// the first ones of a list, and takes the others to be like them; with 0
// samples it looks at all of them. PartHeader suffices.
func (e *Entry) Footprint(samples int64) (int64, error) {
	if !e.Exists() {
		return 0, nil
	}
	value, fixed := int64(len(e.value)), int64(8+4+2)
	elements := int64(0)
	if e.expireAt != 0 {
		fixed += 8
	}
	switch {
	case !e.isCollection():
		value = e.length
	case e.coll != 0:
		fixed += 8
		var err error
		if elements, err = e.elementsFootprint(samples); err != nil {
			return 0, err
		}
	default:
	}
	key, row := int64(len(e.name)), int64(0)
	if key > maxInlineKey {
		key, row = shortFormBytes, tableRow(fixed, shortFormBytes, value, key)
	} else {
		row = tableRow(fixed, key, value)
	}
	return inTable(row) + indexEntry(4+varlena(key)) + indexEntry(4+8) + elements, nil
}

func (e *Entry) elementsFootprint(samples int64) (int64, error) {
	if e.typ == TypeList {
		return e.listFootprint(samples)
	}
	ms, err := e.Members(e.typ)
	if err != nil {
		return 0, err
	}
	var sample []*Member
	if samples == 0 || samples >= ms.Len() {
		sample, err = ms.All()
	} else {
		sample, err = ms.Random(samples)
	}
	if err != nil || len(sample) == 0 {
		return 0, err
	}
	bytes := int64(0)
	for _, m := range sample {
		bytes += memberFootprint(e.typ, m)
	}
	return bytes * ms.Len() / int64(len(sample)), nil
}

// memberFootprint is the row of a member and its entries in the indexes.
func memberFootprint(t Type, m *Member) int64 {
	name, byHash := int64(len(m.Name)), indexEntry(8+8)
	switch t {
	case TypeHash:
		fixed := int64(8 + 8)
		if m.ExpireAt != 0 {
			fixed += 8
		}
		return inTable(tableRow(fixed, name, int64(len(m.Value)))) + byHash
	case TypeZset:
		if name > maxInlineKey {
			return inTable(tableRow(8+8+8, shortFormBytes, name)) + byHash + indexEntry(8+8+varlena(shortFormBytes))
		}
		return inTable(tableRow(8+8+8, name)) + byHash + indexEntry(8+8+varlena(name))
	default:
		return inTable(tableRow(8+8, name)) + byHash
	}
}

// listFootprint: elements are packed into nodes.
func (e *Entry) listFootprint(samples int64) (int64, error) {
	l, err := e.List()
	if err != nil || l.Len() == 0 {
		return 0, err
	}
	n := l.Len()
	if samples > 0 {
		n = min(n, samples)
	}
	bytes := int64(0)
	err = l.Range(0, n-1, func(_ int64, v []byte) bool {
		bytes += int64(itemSize(len(v)))
		return true
	})
	if err != nil {
		return 0, err
	}
	bytes = bytes * l.Len() / n
	perNode := max(bytes/l.Len(), maxNodeBytes)
	nodes := (bytes + perNode - 1) / perNode
	return nodes * (tableRow(8+8+8+4, bytes/nodes)*100/listFilled + indexEntry(8+8)), nil
}
