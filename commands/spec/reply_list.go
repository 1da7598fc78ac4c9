package spec

import "github.com/mnorrsken/postkeys/codec"

// syntaxError is Redis' text for arguments that fit no form of a command.
const syntaxError = "ERR syntax error"

// AppendList writes the reply of COMMAND LIST: the names of all commands and subcommands, or of those that pass the
// filter. args are the arguments after LIST: none, or FILTERBY with ACLCAT, MODULE or PATTERN and a value. match is the
// glob matcher of the server, without regard to case.
func AppendList(e *codec.Encoder, args [][]byte, match func(pattern, name []byte) bool) {
	keep := func(*Spec) bool { return true }
	if len(args) > 0 {
		if keep = listFilter(args, match); keep == nil {
			e.Error(syntaxError)
			return
		}
	}
	n := 0
	for _, s := range table.all {
		if keep(s) {
			n++
		}
	}
	e.Array(n)
	for _, s := range table.all {
		if keep(s) {
			e.BulkString(s.Name)
		}
	}
}

// listFilter returns nil if args are no filter.
func listFilter(args [][]byte, match func(pattern, name []byte) bool) func(*Spec) bool {
	if len(args) != 3 || !equalFold(args[0], "filterby") {
		return nil
	}
	switch {
	case equalFold(args[1], "module"):
		// No command comes from a module.
		return func(*Spec) bool { return false }
	case equalFold(args[1], "aclcat"):
		category := CategoryByName(args[2])
		return func(s *Spec) bool { return s.categories&category != 0 }
	case equalFold(args[1], "pattern"):
		return func(s *Spec) bool { return match(args[2], []byte(s.Name)) }
	default:
		return nil
	}
}
