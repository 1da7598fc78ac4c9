package spec

import "github.com/mnorrsken/postkeys/codec"

// AppendDocs writes the reply of COMMAND DOCS: the documentation of the named commands, or of all if names is empty. A
// name that names nothing is left out.
func AppendDocs(e *codec.Encoder, names [][]byte) {
	if len(names) == 0 {
		e.Map(len(table.top))
		for _, s := range table.top {
			appendNamedDocs(e, s)
		}
		return
	}
	found := 0
	for _, name := range names {
		if ByName(name) != nil {
			found++
		}
	}
	e.Map(found)
	for _, name := range names {
		if s := ByName(name); s != nil {
			appendNamedDocs(e, s)
		}
	}
}

func appendNamedDocs(e *codec.Encoder, s *Spec) {
	e.BulkString(s.Name)
	appendDocs(e, s)
}

func appendDocs(e *codec.Encoder, s *Spec) {
	e.Map(countTrue(true, true, true, s.Complexity != "", s.DocFlags != 0, s.DeprecatedSince != "", s.ReplacedBy != "",
		len(s.History) > 0, len(s.Args) > 0, s.IsContainer()))
	appendTextField(e, "summary", s.Summary)
	appendTextField(e, "since", s.Since)
	appendTextField(e, "group", s.Group)
	appendOptionalField(e, "complexity", s.Complexity)
	if s.DocFlags != 0 {
		e.BulkString("doc_flags")
		appendNames(e, s.DocFlags, docFlagNames)
	}
	appendOptionalField(e, "deprecated_since", s.DeprecatedSince)
	appendOptionalField(e, "replaced_by", s.ReplacedBy)
	if len(s.History) > 0 {
		e.BulkString("history")
		e.Set(len(s.History))
		for _, c := range s.History {
			e.Array(2)
			e.BulkString(c.Version)
			e.BulkString(c.Text)
		}
	}
	if len(s.Args) > 0 {
		e.BulkString("arguments")
		appendArgs(e, s.Args)
	}
	if s.IsContainer() {
		e.BulkString("subcommands")
		e.Map(len(s.Subcommands))
		for _, sub := range s.Subcommands {
			appendNamedDocs(e, sub)
		}
	}
}

func appendArgs(e *codec.Encoder, args []Arg) {
	e.Array(len(args))
	for i := range args {
		appendArg(e, &args[i])
	}
}

// appendArg writes one argument. Groups have elements, all others a text to display.
func appendArg(e *codec.Encoder, a *Arg) {
	e.Map(countTrue(true, true, true, a.KeySpec != NoKeySpec, a.hasToken(), a.Since != "", a.DeprecatedSince != "",
		a.Flags != 0))
	appendTextField(e, "name", a.Name)
	appendTextField(e, "type", a.Type.String())
	if !a.isGroup() {
		if a.Display != "" {
			appendTextField(e, "display_text", a.Display)
		} else {
			appendTextField(e, "display_text", a.Name)
		}
	}
	if a.KeySpec != NoKeySpec {
		appendIntField(e, "key_spec_index", a.KeySpec)
	}
	if a.hasToken() {
		appendTextField(e, "token", a.Token)
	}
	appendOptionalField(e, "since", a.Since)
	appendOptionalField(e, "deprecated_since", a.DeprecatedSince)
	if a.Flags != 0 {
		e.BulkString("flags")
		appendNames(e, a.Flags, argFlagNames)
	}
	if a.isGroup() {
		e.BulkString("arguments")
		appendArgs(e, a.Args)
	}
}

func appendTextField(e *codec.Encoder, name, text string) {
	e.BulkString(name)
	e.BulkString(text)
}

func appendOptionalField(e *codec.Encoder, name, text string) {
	if text != "" {
		appendTextField(e, name, text)
	}
}

func countTrue(conditions ...bool) int {
	n := 0
	for _, c := range conditions {
		if c {
			n++
		}
	}
	return n
}
