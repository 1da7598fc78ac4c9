package hll

// sketch is a valid value under change. It copies the bytes before the first change.
type sketch struct {
	b   []byte
	own bool // b may be changed in place
}

// open returns the value b, or a new one if b is nil.
func open(b []byte) (s sketch, created bool, err error) {
	if b == nil {
		return sketch{b: New(), own: true}, true, nil
	}
	if !Valid(b) {
		return sketch{}, false, ErrNotHLL
	}
	return sketch{b: b}, false, nil
}

// mutable makes b safe to change, with room for some growth.
func (s *sketch) mutable() {
	if s.own {
		return
	}
	room := 0
	if !isDense(s.b) {
		room = len(s.b)/2 + 16
	}
	b := make([]byte, len(s.b), len(s.b)+room)
	copy(b, s.b)
	s.b, s.own = b, true
}

// invalidate marks the cached count as out of date.
func (s *sketch) invalidate() {
	s.mutable()
	s.b[staleAt] |= stale
}

// raise sets a register to run unless it is as high already.
func (s *sketch) raise(index int, run uint8, sparseMaxBytes int) (raised bool, err error) {
	if !isDense(s.b) {
		return s.raiseSparse(index, run, sparseMaxBytes)
	}
	if denseRegister(s.b[headerBytes:], index) >= run {
		return false, nil
	}
	s.mutable()
	setDenseRegister(s.b[headerBytes:], index, run)
	return true, nil
}

// promote makes the value dense and raises a register of it.
func (s *sketch) promote(index int, run uint8) (raised bool, err error) {
	dense, err := ToDense(s.b)
	if err != nil {
		return false, err
	}
	s.b, s.own = dense, true
	return s.raise(index, run, 0)
}
