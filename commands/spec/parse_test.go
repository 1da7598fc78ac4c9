package spec_test

import (
	"bytes"
	"testing"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/spec"
)

// parseSpec reads an entry of COMMAND in RESP3. The flag that follows from the key specs is left out.
func parseSpec(t *testing.T, v *codec.Value) *spec.Spec {
	t.Helper()
	s := &spec.Spec{Name: string(v.Elems[0].Str), Arity: int(v.Elems[1].Int)}
	for i := range v.Elems[2].Elems {
		name := string(v.Elems[2].Elems[i].Str)
		flag := spec.FlagByName(name)
		if flag == 0 {
			t.Fatalf("flag %q", name)
		}
		s.Flags |= flag &^ spec.MovableKeys
	}
	for i := range v.Elems[6].Elems {
		name := bytes.TrimPrefix(v.Elems[6].Elems[i].Str, []byte("@"))
		category := spec.CategoryByName(name)
		if category == 0 {
			t.Fatalf("category %q", name)
		}
		s.ACL |= category
	}
	for i := range v.Elems[7].Elems {
		s.Tips = append(s.Tips, string(v.Elems[7].Elems[i].Str))
	}
	for i := range v.Elems[8].Elems {
		s.Keys = append(s.Keys, parseKeySpec(t, &v.Elems[8].Elems[i]))
	}
	for i := range v.Elems[9].Elems {
		s.Subcommands = append(s.Subcommands, parseSpec(t, &v.Elems[9].Elems[i]))
	}
	return s
}

func parseKeySpec(t *testing.T, v *codec.Value) spec.KeySpec {
	t.Helper()
	k := spec.KeySpec{Notes: string(field(v, "notes").Str), Flags: parseKeyFlags(t, field(v, "flags"))}
	begin := field(v, "begin_search")
	details := field(begin, "spec")
	switch kind := string(field(begin, "type").Str); kind {
	case "index":
		k.Begin = spec.BeginSearch{Kind: spec.BeginIndex, Index: number(details, "index")}
	case "keyword":
		k.Begin = spec.BeginSearch{
			Kind: spec.BeginKeyword, Keyword: string(field(details, "keyword").Str), StartFrom: number(details, "startfrom"),
		}
	case "unknown":
	default:
		t.Fatalf("begin_search of type %q", kind)
	}
	find := field(v, "find_keys")
	details = field(find, "spec")
	switch kind := string(field(find, "type").Str); kind {
	case "range":
		k.Find = spec.FindKeys{
			Kind: spec.FindRange, LastKey: number(details, "lastkey"), Step: number(details, "keystep"),
			Limit: number(details, "limit"),
		}
	case "keynum":
		k.Find = spec.FindKeys{
			Kind: spec.FindKeyNum, NumIndex: number(details, "keynumidx"), FirstKey: number(details, "firstkey"),
			Step: number(details, "keystep"),
		}
	case "unknown":
	default:
		t.Fatalf("find_keys of type %q", kind)
	}
	return k
}

func parseKeyFlags(t *testing.T, v *codec.Value) (flags spec.KeyFlags) {
	t.Helper()
	bits := map[string]spec.KeyFlags{
		"RO": spec.KeyRO, "RW": spec.KeyRW, "OW": spec.KeyOW, "RM": spec.KeyRM,
		"access": spec.KeyAccess, "update": spec.KeyUpdate, "insert": spec.KeyInsert, "delete": spec.KeyDelete,
		"not_key": spec.NotKey, "incomplete": spec.KeyIncomplete, "variable_flags": spec.KeyVariableFlags,
	}
	for i := range v.Elems {
		bit, found := bits[string(v.Elems[i].Str)]
		if !found {
			t.Fatalf("key flag %q", v.Elems[i].Str)
		}
		flags |= bit
	}
	return flags
}

// field returns the value of a field of a map.
func field(v *codec.Value, name string) *codec.Value {
	for i := 0; i+1 < len(v.Elems); i += 2 {
		if string(v.Elems[i].Str) == name {
			return &v.Elems[i+1]
		}
	}
	return &codec.Value{}
}

func number(v *codec.Value, name string) int { return int(field(v, name).Int) }
