package spec

// nameIndex finds a spec by its name in any case: an open-addressed hash table that is never changed once filled. It
// hashes a few bytes only and does not copy the name to lower it, which makes it twice as fast as a map of strings.
type nameIndex struct {
	slots []indexSlot // a power of two, at least four times the number of names, so that probes end soon
}

type indexSlot struct {
	name string
	spec *Spec
}

func newNameIndex(names int) *nameIndex {
	size := 4
	for size < 4*names {
		size *= 2
	}
	return &nameIndex{slots: make([]indexSlot, size)}
}

// add enters a name in lower case.
func (x *nameIndex) add(name string, s *Spec) {
	mask := uint32(len(x.slots) - 1)
	i := hashName(name) & mask
	for x.slots[i].spec != nil {
		i = (i + 1) & mask
	}
	x.slots[i] = indexSlot{name, s}
}

// find returns nil if nothing has that name.
func (x *nameIndex) find(name []byte) *Spec {
	if len(name) == 0 {
		return nil
	}
	mask := uint32(len(x.slots) - 1)
	for i := hashName(name) & mask; x.slots[i].spec != nil; i = (i + 1) & mask {
		if equalFold(name, x.slots[i].name) {
			return x.slots[i].spec
		}
	}
	return nil
}

// hashName takes the length and four bytes, in which few names agree; the case bit of letters does not count. name MUST
// NOT be empty.
func hashName[T string | []byte](name T) uint32 {
	n := len(name)
	h := uint32(name[0]) | uint32(name[n/2])<<8 | uint32(name[n-1])<<16 | uint32(name[n/3])<<24
	h = (h&^0x20202020 + uint32(n)) * 0x9e3779b1
	return h ^ h>>15
}

// equalFold compares without regard to the case of ASCII letters.
func equalFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i, c := range b {
		if c != s[i] && lower(c) != lower(s[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
