package spec

// takenKey and filledKey are the keys that elements are moved from and to.
var (
	takenKey  = keyAt(1, KeyRW|KeyAccess|KeyDelete)
	filledKey = keyAt(2, KeyRW|KeyInsert)
)

// listEnds names one end of a list.
func listEnds(name string) Arg {
	return oneOf(name, token("LEFT", "left"), token("RIGHT", "right"))
}

// listMove are the arguments of LMOVE; BLMOVE has one more.
var listMove = []Arg{key("source", 0), key("destination", 1), listEnds("wherefrom"), listEnds("whereto")}

// popOfSeveral are the arguments of a command that takes elements from one end of the first of its keys that has any.
// BLMPOP and BZMPOP have one more.
func popOfSeveral(end Arg) []Arg {
	return []Arg{arg("numkeys", ArgInteger), key("key", 0).multiple(), end, option("COUNT", "count", ArgInteger).optional()}
}

// listCommands are the commands on lists that do not block.
var listCommands = []*Spec{
	{
		Name: "lindex", Arity: 3,
		Flags:      ReadOnly,
		ACL:        CatList,
		Keys:       []KeySpec{keyAt(1, KeyRO|KeyAccess)},
		Since:      "1.0.0",
		Summary:    "Reads the element at an index of a list.",
		Complexity: "O(N) in the elements between the index and the nearer end; O(1) at an end",
		Args:       []Arg{key("key", 0), arg("index", ArgInteger)},
	},
	{
		Name: "linsert", Arity: 5,
		Flags:      Write | DenyOOM,
		ACL:        CatList,
		Keys:       []KeySpec{keyAt(1, KeyRW|KeyInsert)},
		Since:      "2.2.0",
		Summary:    "Inserts an element before or after another one, which is looked for from the left.",
		Complexity: "O(N) in the length of the list",
		Args: []Arg{
			key("key", 0),
			oneOf("where", token("BEFORE", "before"), token("AFTER", "after")),
			arg("pivot", ArgString),
			arg("element", ArgString),
		},
	},
	{
		Name: "llen", Arity: 2,
		Flags:      ReadOnly | Fast,
		ACL:        CatList,
		Keys:       []KeySpec{keyAt(1, KeyRO)},
		Since:      "1.0.0",
		Summary:    "Counts the elements of a list.",
		Complexity: "O(1)",
		Args:       []Arg{key("key", 0)},
	},
	{
		Name: "lmove", Arity: 5,
		Flags:      Write | DenyOOM,
		ACL:        CatList,
		Keys:       []KeySpec{takenKey, filledKey},
		Since:      "6.2.0",
		Summary:    "Takes an element from one end of a list and puts it at one end of another.",
		Complexity: "O(1)",
		Args:       listMove,
	},
	{
		Name: "lmpop", Arity: -4,
		Flags:      Write,
		ACL:        CatList,
		Keys:       []KeySpec{countedKeys(1, KeyRW|KeyAccess|KeyDelete)},
		Since:      "7.0.0",
		Summary:    "Takes elements from one end of the first list that has any.",
		Complexity: "O(N+M) in the number of keys and of elements taken",
		Args:       popOfSeveral(listEnds("where")),
	},
	{
		Name: "lpop", Arity: -2,
		Flags:      Write | Fast,
		ACL:        CatList,
		Keys:       []KeySpec{keyAt(1, KeyRW|KeyAccess|KeyDelete)},
		Since:      "1.0.0",
		Summary:    "Takes elements from the left end of a list. The key goes with its last element.",
		Complexity: "O(N) in the number of elements taken",
		Args:       []Arg{key("key", 0), arg("count", ArgInteger).since("6.2.0").optional()},
		History:    []Change{{"6.2.0", "Takes a count."}},
	},
	{
		Name: "lpos", Arity: -3,
		Flags:      ReadOnly,
		ACL:        CatList,
		Keys:       []KeySpec{keyAt(1, KeyRO|KeyAccess)},
		Since:      "6.0.6",
		Summary:    "Finds the indexes of elements that are equal to a value.",
		Complexity: "O(N) in the number of elements looked at",
		Args: []Arg{
			key("key", 0),
			arg("element", ArgString),
			option("RANK", "rank", ArgInteger).optional(),
			option("COUNT", "num-matches", ArgInteger).optional(),
			option("MAXLEN", "len", ArgInteger).optional(),
		},
	},
	{
		Name: "lpush", Arity: -3,
		Flags:      Write | DenyOOM | Fast,
		ACL:        CatList,
		Keys:       []KeySpec{keyAt(1, KeyRW|KeyInsert)},
		Since:      "1.0.0",
		Summary:    "Adds elements at the left end of a list, each in front of the one before.",
		Complexity: "O(N) in the number of elements added",
		Args:       []Arg{key("key", 0), arg("element", ArgString).multiple()},
		History:    []Change{{"2.4.0", "Takes several elements."}},
	},
	{
		Name: "lpushx", Arity: -3,
		Flags:      Write | DenyOOM | Fast,
		ACL:        CatList,
		Keys:       []KeySpec{keyAt(1, KeyRW|KeyInsert)},
		Since:      "2.2.0",
		Summary:    "Adds elements at the left end of a list that exists.",
		Complexity: "O(N) in the number of elements added",
		Args:       []Arg{key("key", 0), arg("element", ArgString).multiple()},
		History:    []Change{{"4.0.0", "Takes several elements."}},
	},
	{
		Name: "lrange", Arity: 4,
		Flags:      ReadOnly,
		ACL:        CatList,
		Keys:       []KeySpec{keyAt(1, KeyRO|KeyAccess)},
		Since:      "1.0.0",
		Summary:    "Reads the elements from one index to another.",
		Complexity: "O(S+N) in the distance to the nearer end and the number of elements read",
		Args:       []Arg{key("key", 0), arg("start", ArgInteger), arg("stop", ArgInteger)},
	},
	{
		Name: "lrem", Arity: 4,
		Flags:      Write,
		ACL:        CatList,
		Keys:       []KeySpec{keyAt(1, KeyRW|KeyDelete)},
		Since:      "1.0.0",
		Summary:    "Removes elements that are equal to a value.",
		Complexity: "O(N) in the length of the list",
		Args:       []Arg{key("key", 0), arg("count", ArgInteger), arg("element", ArgString)},
	},
	{
		Name: "lset", Arity: 4,
		Flags:      Write | DenyOOM,
		ACL:        CatList,
		Keys:       []KeySpec{keyAt(1, KeyRW|KeyUpdate)},
		Since:      "1.0.0",
		Summary:    "Replaces the element at an index of a list.",
		Complexity: "O(N) in the elements between the index and the nearer end; O(1) at an end",
		Args:       []Arg{key("key", 0), arg("index", ArgInteger), arg("element", ArgString)},
	},
	{
		Name: "ltrim", Arity: 4,
		Flags:      Write,
		ACL:        CatList,
		Keys:       []KeySpec{keyAt(1, KeyRW|KeyDelete)},
		Since:      "1.0.0",
		Summary:    "Removes all elements but those from one index to another.",
		Complexity: "O(N) in the number of elements removed",
		Args:       []Arg{key("key", 0), arg("start", ArgInteger), arg("stop", ArgInteger)},
	},
	{
		Name: "rpop", Arity: -2,
		Flags:      Write | Fast,
		ACL:        CatList,
		Keys:       []KeySpec{keyAt(1, KeyRW|KeyAccess|KeyDelete)},
		Since:      "1.0.0",
		Summary:    "Takes elements from the right end of a list. The key goes with its last element.",
		Complexity: "O(N) in the number of elements taken",
		Args:       []Arg{key("key", 0), arg("count", ArgInteger).since("6.2.0").optional()},
		History:    []Change{{"6.2.0", "Takes a count."}},
	},
	{
		Name: "rpoplpush", Arity: 3,
		Flags: Write | DenyOOM,
		ACL:   CatList,
		Keys:  []KeySpec{takenKey, filledKey},
		Since: "1.2.0", DocFlags: DocDeprecated, DeprecatedSince: "6.2.0",
		ReplacedBy: "`LMOVE` with the `RIGHT` and `LEFT` arguments",
		Summary:    "Takes the last element of a list and puts it in front of another one.",
		Complexity: "O(1)",
		Args:       []Arg{key("source", 0), key("destination", 1)},
	},
	{
		Name: "rpush", Arity: -3,
		Flags:      Write | DenyOOM | Fast,
		ACL:        CatList,
		Keys:       []KeySpec{keyAt(1, KeyRW|KeyInsert)},
		Since:      "1.0.0",
		Summary:    "Adds elements at the right end of a list.",
		Complexity: "O(N) in the number of elements added",
		Args:       []Arg{key("key", 0), arg("element", ArgString).multiple()},
		History:    []Change{{"2.4.0", "Takes several elements."}},
	},
	{
		Name: "rpushx", Arity: -3,
		Flags:      Write | DenyOOM | Fast,
		ACL:        CatList,
		Keys:       []KeySpec{keyAt(1, KeyRW|KeyInsert)},
		Since:      "2.2.0",
		Summary:    "Adds elements at the right end of a list that exists.",
		Complexity: "O(N) in the number of elements added",
		Args:       []Arg{key("key", 0), arg("element", ArgString).multiple()},
		History:    []Change{{"4.0.0", "Takes several elements."}},
	},
}
