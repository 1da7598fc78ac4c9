package spec

import "slices"

// The commands that may wait for an element.

// timeoutArg is how long they wait, in seconds; 0 is for ever.
var timeoutArg = arg("timeout", ArgDouble)

var timeoutHistory = []Change{{"6.0.0", "The timeout may have a fraction."}}

// blockingListCommands are the commands on lists that may block.
var blockingListCommands = []*Spec{
	{
		Name: "blmove", Arity: 6,
		Flags:      Write | DenyOOM | Blocking,
		ACL:        CatList,
		Keys:       []KeySpec{takenKey, filledKey},
		Since:      "6.2.0",
		Summary:    "LMOVE that waits for an element if there is none.",
		Complexity: "O(1)",
		Args:       append(slices.Clone(listMove), timeoutArg),
	},
	{
		Name: "blmpop", Arity: -5,
		Flags:      Write | Blocking,
		ACL:        CatList,
		Keys:       []KeySpec{countedKeys(2, KeyRW|KeyAccess|KeyDelete)},
		Since:      "7.0.0",
		Summary:    "LMPOP that waits for an element if there is none.",
		Complexity: "O(N+M) in the number of keys and of elements taken",
		Args:       append([]Arg{timeoutArg}, popOfSeveral(listEnds("where"))...),
	},
	blockingPop("blpop", CatList, Write|Blocking, "2.0.0", "Takes the first element of the first list that has any, and waits for one if none has.", "O(N) in the number of keys"),
	blockingPop("brpop", CatList, Write|Blocking, "2.0.0", "Takes the last element of the first list that has any, and waits for one if none has.", "O(N) in the number of keys"),
	{
		Name: "brpoplpush", Arity: 4,
		Flags: Write | DenyOOM | Blocking,
		ACL:   CatList,
		Keys:  []KeySpec{takenKey, filledKey},
		Since: "2.2.0", DocFlags: DocDeprecated, DeprecatedSince: "6.2.0",
		ReplacedBy: "`BLMOVE` with the `RIGHT` and `LEFT` arguments",
		Summary:    "RPOPLPUSH that waits for an element if there is none.",
		Complexity: "O(1)",
		Args:       []Arg{key("source", 0), key("destination", 1), timeoutArg},
		History:    timeoutHistory,
	},
}

// blockingZsetCommands are the commands on sorted sets that may block.
var blockingZsetCommands = []*Spec{
	{
		Name: "bzmpop", Arity: -5,
		Flags:      Write | Blocking,
		ACL:        CatSortedSet,
		Keys:       []KeySpec{countedKeys(2, KeyRW|KeyAccess|KeyDelete)},
		Since:      "7.0.0",
		Summary:    "ZMPOP that waits for a member if there is none.",
		Complexity: "O(K+M*log(N)) in the number of keys, the members removed and the size of the set",
		Args:       append([]Arg{timeoutArg}, popOfSeveral(zsetEnds)...),
	},
	blockingPop("bzpopmax", CatSortedSet, Write|Blocking|Fast, "5.0.0", "Removes the member with the highest score of the first sorted set that has any, and waits for one if none has.", "O(log(N)) in the size of the set"),
	blockingPop("bzpopmin", CatSortedSet, Write|Blocking|Fast, "5.0.0", "Removes the member with the lowest score of the first sorted set that has any, and waits for one if none has.", "O(log(N)) in the size of the set"),
}

// blockingPop is a command that takes one element from the first of its keys that
// has any.
func blockingPop(name string, acl Category, flags Flag, since, summary, complexity string) *Spec {
	return &Spec{
		Name: name, Arity: -3, Flags: flags, ACL: acl,
		Keys:  []KeySpec{keyRange(1, -2, 1, KeyRW|KeyAccess|KeyDelete)},
		Since: since, Summary: summary, Complexity: complexity,
		Args:    []Arg{key("key", 0).multiple(), timeoutArg},
		History: timeoutHistory,
	}
}
