package spec

import "github.com/mnorrsken/postkeys/codec"

// Describe derives what follows from the entry s and writes its COMMAND INFO, as if it were in the table.
func Describe(e *codec.Encoder, s *Spec) {
	s.derive()
	for _, sub := range s.Subcommands {
		sub.derive()
	}
	appendInfo(e, s)
}

// FlagByName returns the flag that replies show by that name, or 0.
func FlagByName(name string) Flag {
	for _, f := range flagNames {
		if f.name == name {
			return f.flag
		}
	}
	return 0
}
