package spec_test

import (
	"testing"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/spec"
)

// parseSpec reads what the key extraction needs from an entry of COMMAND in RESP3.
func parseSpec(t *testing.T, v *codec.Value) *spec.Spec {
	t.Helper()
	s := &spec.Spec{Name: string(v.Elems[0].Str), Arity: int(v.Elems[1].Int)}
	for i := range v.Elems[2].Elems {
		if string(v.Elems[2].Elems[i].Str) == "no_mandatory_keys" {
			s.Flags |= spec.NoMandatoryKeys
		}
	}
	for i := range v.Elems[8].Elems {
		s.Keys = append(s.Keys, parseKeySpec(t, &v.Elems[8].Elems[i]))
	}
	return s
}

func parseKeySpec(t *testing.T, v *codec.Value) spec.KeySpec {
	t.Helper()
	k := spec.KeySpec{Flags: parseKeyFlags(t, field(v, "flags"))}
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

// variable tells that redis-server finds the keys of the command with code of its own.
func variable(s *spec.Spec) bool {
	for _, k := range s.Keys {
		if k.Flags&(spec.KeyVariableFlags|spec.KeyIncomplete) != 0 {
			return true
		}
	}
	return false
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
