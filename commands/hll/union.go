package hll

// Union is the union of several HyperLogLogs: PFCOUNT of several keys, and PFMERGE. The zero value is the union of
// none. It has 16 KiB and belongs to one goroutine.
//
// The keys of a command are looked at one after the other, and the first one that cannot be used decides the reply: a
// key of another type, Add's error, then the next key.
type Union struct {
	highest [registers]uint8
	dense   bool // one of the values was dense
}

// Add takes a value in. An absent key (nil) adds nothing. After an error the union is of no more use.
func (u *Union) Add(b []byte) error {
	if b == nil {
		return nil
	}
	if !Valid(b) {
		return ErrNotHLL
	}
	if isDense(b) {
		u.dense = true
		var all [registers]uint8
		unpack(b[headerBytes:], &all)
		for i, v := range all {
			u.highest[i] = max(u.highest[i], v)
		}
		return nil
	}
	ok := walkSparse(b[headerBytes:], func(first int, r run) {
		for i := range r.length {
			u.highest[first+i] = max(u.highest[first+i], r.value)
		}
	})
	if !ok {
		return ErrCorrupt
	}
	return nil
}

// Count returns the number of distinct elements. It is computed each time.
func (u *Union) Count() int64 {
	var h histogram
	h.count(&u.highest)
	return h.estimate()
}

// Store returns what PFMERGE leaves at its destination: dst, or a new value if that is nil, with every register raised
// to the union's, and no count cached. MUST be called with a dst that has been added to the union. The result is dense
// if any value of the union is, or if the sparse form would exceed sparseMaxBytes.
func (u *Union) Store(dst []byte, sparseMaxBytes int) ([]byte, error) {
	s, _, err := open(dst)
	if err != nil {
		return nil, err
	}
	if u.dense {
		b, err := ToDense(s.b)
		if err != nil {
			return nil, err
		}
		s = sketch{b: b}
	}
	for index, v := range u.highest {
		if v == 0 {
			continue
		}
		if _, err := s.raise(index, v, sparseMaxBytes); err != nil {
			return nil, err
		}
	}
	s.invalidate()
	return s.b, nil
}
