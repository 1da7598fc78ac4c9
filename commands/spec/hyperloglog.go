package spec

// hyperloglogCommands are the commands on HyperLogLogs.
var hyperloglogCommands = []*Spec{
	{
		Name: "pfadd", Arity: -2,
		Flags:      Write | DenyOOM | Fast,
		ACL:        CatHyperLogLog,
		Keys:       []KeySpec{keyAt(1, KeyRW|KeyInsert)},
		Since:      "2.8.9",
		Summary:    "Makes a HyperLogLog count elements.",
		Complexity: "O(1) for each element",
		Args:       []Arg{key("key", 0), arg("element", ArgString).optional().multiple()},
	},
	{
		Name: "pfcount", Arity: -2,
		Flags: ReadOnly | MayReplicate, // it may remember the count in the value
		ACL:   CatHyperLogLog,
		Keys: []KeySpec{
			keyRange(1, -1, 1, KeyRW|KeyAccess).withNotes("RW because the count of a single key is kept in its value"),
		},
		Since:      "2.8.9",
		Summary:    "Estimates how many distinct elements HyperLogLogs have counted together.",
		Complexity: "O(1) for one key, in most cases without looking at registers; O(N) in the number of several keys",
		Args:       []Arg{key("key", 0).multiple()},
	},
	{
		Name: "pfdebug", Arity: 3,
		Flags: Write | DenyOOM | Admin,
		ACL:   CatHyperLogLog,
		Keys:  []KeySpec{keyAt(2, KeyRW|KeyAccess)},
		Since: "2.8.9", DocFlags: DocSystem,
		Summary:    "Shows how a HyperLogLog is stored.",
		Complexity: "N/A",
		Args:       []Arg{arg("subcommand", ArgString), key("key", 0)},
	},
	{
		Name: "pfmerge", Arity: -2,
		Flags:      Write | DenyOOM,
		ACL:        CatHyperLogLog,
		Keys:       []KeySpec{keyAt(1, KeyRW|KeyAccess|KeyInsert), keyRange(2, -1, 1, KeyRO|KeyAccess)},
		Since:      "2.8.9",
		Summary:    "Makes a HyperLogLog count what others have counted, too.",
		Complexity: "O(N) in the number of keys, each at the price of all registers",
		Args:       []Arg{key("destkey", 0), key("sourcekey", 1).optional().multiple()},
	},
	{
		Name: "pfselftest", Arity: 1,
		Flags: Admin,
		ACL:   CatHyperLogLog,
		Since: "2.8.9", DocFlags: DocSystem,
		Summary:    "Tests the counting of HyperLogLogs.",
		Complexity: "N/A",
	},
}
