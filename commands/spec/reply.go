package spec

import "github.com/mnorrsken/postkeys/codec"

// Replies of COMMAND and its subcommands. Redis answers in the order of its hash tables; here the order is by name.

// AppendInfo writes the reply of COMMAND (names is empty) and COMMAND INFO: a description of each named command, or of
// all; null for a name that names nothing. A subcommand is named as "client|list".
func AppendInfo(e *codec.Encoder, names [][]byte) {
	if len(names) == 0 {
		e.Array(len(table.top))
		for _, s := range table.top {
			appendInfo(e, s)
		}
		return
	}
	e.Array(len(names))
	for _, name := range names {
		if s := ByName(name); s != nil {
			appendInfo(e, s)
		} else {
			e.Null()
		}
	}
}

// AppendCount writes the reply of COMMAND COUNT.
func AppendCount(e *codec.Encoder) { e.Int(int64(len(table.top))) }

func appendInfo(e *codec.Encoder, s *Spec) {
	e.Array(10)
	e.BulkString(s.Name)
	e.Int(int64(s.Arity))
	appendNames(e, s.Flags, flagNames)
	first, last, step := s.LegacyRange()
	e.Int(int64(first))
	e.Int(int64(last))
	e.Int(int64(step))
	appendCategories(e, s.categories)
	e.Set(len(s.Tips))
	for _, tip := range s.Tips {
		e.BulkString(tip)
	}
	e.Set(len(s.Keys))
	for i := range s.Keys {
		appendKeySpec(e, &s.Keys[i])
	}
	if !s.IsContainer() {
		e.Set(0)
		return
	}
	e.Array(len(s.Subcommands))
	for _, sub := range s.Subcommands {
		appendInfo(e, sub)
	}
}

// appendNames writes the names of the flags that are set as a set of simple strings.
func appendNames[F ~uint8 | ~uint16 | ~uint32](e *codec.Encoder, set F, names []flagName[F]) {
	n := 0
	for _, f := range names {
		if set&f.flag != 0 {
			n++
		}
	}
	e.Set(n)
	for _, f := range names {
		if set&f.flag != 0 {
			e.Simple(f.name)
		}
	}
}

func appendCategories(e *codec.Encoder, set Category) {
	n := 0
	for i := range categoryNames {
		n += int(set >> i & 1)
	}
	e.Set(n)
	for i, name := range categoryNames {
		if set>>i&1 != 0 {
			e.Simple("@" + name)
		}
	}
}

func appendKeySpec(e *codec.Encoder, k *KeySpec) {
	n := 3
	if k.Notes != "" {
		n++
	}
	e.Map(n)
	if k.Notes != "" {
		e.BulkString("notes")
		e.BulkString(k.Notes)
	}
	e.BulkString("flags")
	appendNames(e, k.Flags, keyFlagNames)
	e.BulkString("begin_search")
	appendBeginSearch(e, &k.Begin)
	e.BulkString("find_keys")
	appendFindKeys(e, &k.Find)
}

func appendBeginSearch(e *codec.Encoder, b *BeginSearch) {
	switch b.Kind {
	case BeginIndex:
		appendTypedSpec(e, "index", 1)
		appendIntField(e, "index", b.Index)
	case BeginKeyword:
		appendTypedSpec(e, "keyword", 2)
		e.BulkString("keyword")
		e.BulkString(b.Keyword)
		appendIntField(e, "startfrom", b.StartFrom)
	case BeginUnknown:
		appendTypedSpec(e, "unknown", 0)
	}
}

func appendFindKeys(e *codec.Encoder, f *FindKeys) {
	switch f.Kind {
	case FindRange:
		appendTypedSpec(e, "range", 3)
		appendIntField(e, "lastkey", f.LastKey)
		appendIntField(e, "keystep", f.Step)
		appendIntField(e, "limit", f.Limit)
	case FindKeyNum:
		appendTypedSpec(e, "keynum", 3)
		appendIntField(e, "keynumidx", f.NumIndex)
		appendIntField(e, "firstkey", f.FirstKey)
		appendIntField(e, "keystep", f.Step)
	case FindUnknown:
		appendTypedSpec(e, "unknown", 0)
	}
}

// appendTypedSpec starts a map of a type and a spec of n fields, which the caller writes.
func appendTypedSpec(e *codec.Encoder, kind string, n int) {
	e.Map(2)
	e.BulkString("type")
	e.BulkString(kind)
	e.BulkString("spec")
	e.Map(n)
}

func appendIntField(e *codec.Encoder, name string, n int) {
	e.BulkString(name)
	e.Int(int64(n))
}
