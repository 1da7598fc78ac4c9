package spec

import "github.com/mnorrsken/postkeys/codec"

// AppendGetKeys writes the reply of COMMAND GETKEYS for the request args: its keys, or an error.
func AppendGetKeys(e *codec.Encoder, args [][]byte) {
	refs, ok := keysOf(e, args)
	if !ok {
		return
	}
	e.Array(len(refs))
	for _, r := range refs {
		e.Bulk(args[r.Index])
	}
}

// AppendGetKeysAndFlags writes the reply of COMMAND GETKEYSANDFLAGS for the request args: its keys, each with its
// flags, or an error.
func AppendGetKeysAndFlags(e *codec.Encoder, args [][]byte) {
	refs, ok := keysOf(e, args)
	if !ok {
		return
	}
	e.Array(len(refs))
	for _, r := range refs {
		e.Array(2)
		e.Bulk(args[r.Index])
		appendNames(e, r.Flags, keyFlagNames)
	}
}

// keysOf finds the keys of the request, or writes the error and returns false.
func keysOf(e *codec.Encoder, args [][]byte) ([]KeyRef, bool) {
	s, _ := Lookup(args)
	switch {
	case s == nil:
		e.Error("ERR Invalid command specified")
		return nil, false
	case !s.HasKeys():
		e.Error("ERR The command has no key arguments")
		return nil, false
	case !s.ArityOK(len(args)):
		e.Error("ERR Invalid number of arguments specified for command")
		return nil, false
	}
	refs, err := Keys(s, args)
	if err != nil {
		e.Error("ERR Invalid arguments specified for command")
		return nil, false
	}
	return refs, true
}
