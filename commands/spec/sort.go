package spec

// sortCommands sort elements of lists, sets and sorted sets.
var sortCommands = []*Spec{
	{
		Name: "sort", Arity: -2,
		Flags: Write | DenyOOM,
		ACL:   CatSet | CatSortedSet | CatList | CatDangerous,
		Keys: []KeySpec{
			keyAt(1, KeyRO|KeyAccess),
			unknownKeys(KeyRO | KeyAccess).withNotes("Keys that BY and GET make of elements"),
			unknownKeys(KeyOW | KeyUpdate).withNotes("The key after STORE, which may stand anywhere"),
		},
		getKeys:    sortKeys,
		Since:      "1.0.0",
		Summary:    "Sorts the elements of a list, set or sorted set, and answers with them or stores them.",
		Complexity: "O(N+M*log(M)) in the number of elements sorted and of those answered; O(N) if nothing is sorted",
		Args:       append(sortArgs(), key("destination", 2).after("STORE").optional()),
	},
	{
		Name: "sort_ro", Arity: -2,
		Flags: ReadOnly,
		ACL:   CatSet | CatSortedSet | CatList | CatDangerous,
		Keys: []KeySpec{
			keyAt(1, KeyRO|KeyAccess),
			unknownKeys(KeyRO | KeyAccess).withNotes("Keys that BY and GET make of elements"),
		},
		getKeys:    sortReadKeys,
		Since:      "7.0.0",
		Summary:    "Sorts the elements of a list, set or sorted set and answers with them.",
		Complexity: "O(N+M*log(M)) in the number of elements sorted and of those answered; O(N) if nothing is sorted",
		Args:       sortArgs(),
	},
}

// sortArgs are the arguments that SORT and SORT_RO share.
func sortArgs() []Arg {
	by := option("BY", "by-pattern", ArgPattern).display("pattern").optional()
	get := option("GET", "get-pattern", ArgPattern).display("pattern").optional().multipleWithToken()
	by.KeySpec, get.KeySpec = 1, 1
	return []Arg{
		key("key", 0),
		by,
		block("limit", arg("offset", ArgInteger), arg("count", ArgInteger)).after("LIMIT").optional(),
		get,
		oneOf("order", token("ASC", "asc"), token("DESC", "desc")).optional(),
		token("ALPHA", "sorting").optional(),
	}
}

// unknownKeys describes keys that only the command itself knows.
func unknownKeys(flags KeyFlags) KeySpec { return KeySpec{Flags: flags} }

// sortReadKeys: keys made of elements are not known.
func sortReadKeys(dst []KeyRef, _ [][]byte) []KeyRef {
	return append(dst, KeyRef{Index: 1, Flags: KeyRO | KeyAccess})
}

// sortKeys finds the key after the last STORE too.
func sortKeys(dst []KeyRef, args [][]byte) []KeyRef {
	dst = sortReadKeys(dst, args)
	store := 0
	for i := 2; i < len(args); i++ {
		switch {
		case equalFold(args[i], "limit"):
			i += 2
		case equalFold(args[i], "get"), equalFold(args[i], "by"):
			i++
		case equalFold(args[i], "store") && i+1 < len(args):
			store = i + 1
		}
	}
	if store > 0 {
		dst = append(dst, KeyRef{Index: store, Flags: KeyOW | KeyUpdate})
	}
	return dst
}
