package spec

import "errors"

// KeyRef is one key of a request: its index among the arguments and what the command does to it.
type KeyRef struct {
	Index int
	Flags KeyFlags
}

// ErrInvalidKeys tells that the keys of a request can't be found: its arguments are not well formed.
var ErrInvalidKeys = errors.New("spec: no keys found in the arguments")

// keyExtractor finds the keys of one command that key specs do not describe in full. args satisfy the arity. It
// appends nothing if the arguments are not well formed.
type keyExtractor func(dst []KeyRef, args [][]byte) []KeyRef

// Keys returns the keys of the request args of command s; see AppendKeys.
func Keys(s *Spec, args [][]byte) ([]KeyRef, error) { return AppendKeys(nil, s, args) }

// AppendKeys appends the keys of the request args of command s to dst. args MUST satisfy the arity of s. The error is
// ErrInvalidKeys if s requires keys and none are found; a command that may go without keys yields none and no error.
// It does not allocate if dst has room.
func AppendKeys(dst []KeyRef, s *Spec, args [][]byte) ([]KeyRef, error) {
	start := len(dst)
	named, reliable := false, true
	for i := range s.Keys {
		named = named || s.Keys[i].Flags&NotKey == 0
		reliable = reliable && s.Keys[i].Flags&KeyVariableFlags == 0
	}
	ok := false
	if named && reliable {
		dst, ok = appendBySpecs(dst, s, args)
	}
	if !ok {
		dst = dst[:start]
		if s.getKeys != nil {
			dst = s.getKeys(dst, args)
		}
	}
	if len(dst) == start && (named || s.getKeys != nil) && s.Flags&NoMandatoryKeys == 0 {
		return dst, ErrInvalidKeys
	}
	return dst, nil
}

// HasKeys tells whether requests of the command can have keys.
func (s *Spec) HasKeys() bool {
	if s.getKeys != nil {
		return true
	}
	for i := range s.Keys {
		if s.Keys[i].Flags&NotKey == 0 {
			return true
		}
	}
	return false
}

// appendBySpecs follows the key specs. ok is false if one of them does not fit the arguments or does not tell all.
func appendBySpecs(dst []KeyRef, s *Spec, args [][]byte) (refs []KeyRef, ok bool) {
	for i := range s.Keys {
		k := &s.Keys[i]
		if k.Flags&NotKey != 0 {
			continue
		}
		begin, found, known := k.Begin.find(args)
		if !known {
			return dst, false
		}
		if !found {
			continue
		}
		first, last, ok := k.Find.bounds(begin, args)
		if !ok || last >= len(args) || last < first || first >= len(args) {
			return dst, false
		}
		for j := first; j <= last; j += k.Find.Step {
			dst = append(dst, KeyRef{Index: j, Flags: k.Flags})
		}
		if k.Flags&KeyIncomplete != 0 {
			return dst, false
		}
	}
	return dst, true
}

// find returns the index at which the keys begin. found is false if the keyword is not there, which is no error.
func (b *BeginSearch) find(args [][]byte) (index int, found, known bool) {
	switch b.Kind {
	case BeginIndex:
		return b.Index, true, true
	case BeginKeyword:
		index, found = b.findKeyword(args)
		return index, found, true
	default:
		return 0, false, false
	}
}

// findKeyword looks for the keyword forwards up to, but without, the last argument, which could have no key after it,
// or backwards down to, but without, the first after the name.
func (b *BeginSearch) findKeyword(args [][]byte) (index int, found bool) {
	i, end, step := b.StartFrom, len(args)-1, 1
	if b.StartFrom <= 0 {
		i, end = len(args)+b.StartFrom, 1
	}
	if i > end {
		step = -1
	}
	for ; i != end && i >= 1 && i < len(args); i += step {
		if equalFold(args[i], b.Keyword) {
			return i + 1, true
		}
	}
	return 0, false
}

// bounds returns the indexes of the first and the last key, given where the keys begin.
func (f *FindKeys) bounds(begin int, args [][]byte) (first, last int, ok bool) {
	switch f.Kind {
	case FindRange:
		switch {
		case f.LastKey >= 0:
			last = begin + f.LastKey
		case f.Limit == 0:
			last = len(args) + f.LastKey
		default:
			last = begin + (len(args)-begin)/f.Limit + f.LastKey
		}
		return begin, last, true
	case FindKeyNum:
		at := begin + f.NumIndex
		if at >= len(args) {
			return 0, 0, false
		}
		n, ok := keyCount(args[at], len(args))
		first = begin + f.FirstKey
		return first, first + n - 1, ok
	default:
		return 0, 0, false
	}
}

// keyCount parses a number of keys. A number above most counts as most+1: too many, whatever it is.
func keyCount(b []byte, most int) (n int, ok bool) {
	if len(b) == 0 || (b[0] == '0' && len(b) > 1) || len(b) > len("9223372036854775807") {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		if n <= most {
			n = n*10 + int(c-'0')
		}
	}
	return min(n, most+1), true
}
