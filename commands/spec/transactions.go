package spec

// transactionCommands queue commands and run them as one.
var transactionCommands = []*Spec{
	{
		Name: "discard", Arity: 1,
		Flags:      NoScript | Loading | Stale | Fast | AllowBusy,
		ACL:        CatTransaction,
		Since:      "2.0.0",
		Summary:    "Gives up a transaction: drops the queued commands and forgets the watched keys.",
		Complexity: "O(N) in the number of queued commands",
	},
	{
		Name: "exec", Arity: 1,
		Flags:      NoScript | Loading | Stale | SkipSlowlog,
		ACL:        CatTransaction,
		Since:      "1.2.0",
		Summary:    "Runs the commands queued since MULTI as one, unless a watched key has changed.",
		Complexity: "That of the queued commands",
	},
	{
		Name: "multi", Arity: 1,
		Flags:      NoScript | Loading | Stale | Fast | AllowBusy,
		ACL:        CatTransaction,
		Since:      "1.2.0",
		Summary:    "Begins a transaction: the commands that follow are queued for EXEC.",
		Complexity: "O(1)",
	},
	{
		Name: "unwatch", Arity: 1,
		Flags:      NoScript | Loading | Stale | Fast | AllowBusy,
		ACL:        CatTransaction,
		Since:      "2.2.0",
		Summary:    "Forgets all watched keys.",
		Complexity: "O(1)",
	},
	{
		Name: "watch", Arity: -2,
		Flags:      NoScript | Loading | Stale | Fast | AllowBusy,
		ACL:        CatTransaction,
		Keys:       []KeySpec{keyRange(1, -1, 1, KeyRO)},
		Since:      "2.2.0",
		Summary:    "Makes the next EXEC depend on keys: it runs nothing if one of them changes before.",
		Complexity: "O(1) for each key",
		Args:       []Arg{key("key", 0).multiple()},
	},
}
