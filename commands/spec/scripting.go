package spec

// runsScript describes a command that runs a script or a function, which the argument called what names. The keys are
// declared by their number; what happens to them is up to the script.
func runsScript(name, what, since, summary string, flags Flag, keys KeySpec) *Spec {
	return &Spec{
		Name: name, Arity: -3,
		Flags:      flags | NoScript | Stale | SkipMonitor | NoMandatoryKeys,
		ACL:        CatScripting,
		Keys:       []KeySpec{keys},
		Since:      since,
		Summary:    summary,
		Complexity: "That of the commands it calls and of its own work",
		Args: []Arg{
			arg(what, ArgString),
			arg("numkeys", ArgInteger),
			key("key", 0).optional().multiple(),
			arg("arg", ArgString).optional().multiple(),
		},
	}
}

// scriptWrites and scriptReads are the most that a script may do to the keys it declares.
func scriptWrites() KeySpec { return countedKeys(2, KeyRW|KeyAccess|KeyUpdate) }
func scriptReads() KeySpec  { return countedKeys(2, KeyRO|KeyAccess) }

// flushType is the choice of when memory is given back.
func flushType() Arg {
	return oneOf("flush-type", token("ASYNC", "async"), token("SYNC", "sync")).optional()
}

// Notes on the keys of scripts.
const (
	notesWrites = "What a script does to a key shows only when it runs, so it counts as a change"
	notesReads  = "What a script does to a key shows only when it runs, so it counts as a read of everything"
)

// scriptingCommands run scripts and manage those that are known.
var scriptingCommands = []*Spec{
	runsScript("eval", "script", "2.6.0", "Runs a Lua script.", MayReplicate, scriptWrites().withNotes(notesWrites)),
	runsScript("evalsha", "sha1", "2.6.0", "Runs a Lua script that the server knows, by its SHA1 digest.", MayReplicate, scriptWrites()),
	runsScript("eval_ro", "script", "7.0.0", "Runs a Lua script that may not write.", ReadOnly, scriptReads().withNotes(notesReads)),
	runsScript("evalsha_ro", "sha1", "7.0.0", "Runs a Lua script that the server knows, by its SHA1 digest, and that may not write.", ReadOnly, scriptReads()),
	{
		Name: "script", Arity: -2,
		Since:      "2.6.0",
		Summary:    "Holds the subcommands about scripts.",
		Complexity: "Varies with the subcommand.",
		Subcommands: []*Spec{
			{
				Name: "script|debug", Arity: 3,
				Flags:      NoScript,
				ACL:        CatScripting,
				Since:      "3.2.0",
				Summary:    "Turns the debugger of scripts on or off for this connection.",
				Complexity: "O(1)",
				Args:       []Arg{oneOf("mode", token("YES", "yes"), token("SYNC", "sync"), token("NO", "no"))},
			},
			{
				Name: "script|exists", Arity: -3,
				Flags:      NoScript,
				ACL:        CatScripting,
				Tips:       []string{"request_policy:all_shards", "response_policy:agg_logical_and"},
				Since:      "2.6.0",
				Summary:    "Tells of SHA1 digests which of the scripts the server knows.",
				Complexity: "O(N) in the number of digests",
				Args:       []Arg{arg("sha1", ArgString).multiple()},
			},
			{
				Name: "script|flush", Arity: -2,
				Flags:      NoScript,
				ACL:        CatScripting,
				Tips:       []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
				Since:      "2.6.0",
				Summary:    "Forgets all scripts.",
				Complexity: "O(N) in the number of scripts",
				Args:       []Arg{flushType().since("6.2.0")},
				History: []Change{
					{"6.2.0", "Takes `ASYNC` and `SYNC`."},
				},
			},
			{
				Name: "script|help", Arity: 2,
				Flags:      Loading | Stale,
				ACL:        CatScripting,
				Since:      "5.0.0",
				Summary:    "Explains the subcommands of SCRIPT.",
				Complexity: "O(1)",
			},
			{
				Name: "script|kill", Arity: 2,
				Flags:      NoScript | AllowBusy,
				ACL:        CatScripting,
				Tips:       []string{"request_policy:all_shards", "response_policy:one_succeeded"},
				Since:      "2.6.0",
				Summary:    "Ends the script that is running, if it has not written yet.",
				Complexity: "O(1)",
			},
			{
				Name: "script|load", Arity: 3,
				Flags:      NoScript | Stale,
				ACL:        CatScripting,
				Tips:       []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
				Since:      "2.6.0",
				Summary:    "Makes a script known without running it, and answers with its SHA1 digest.",
				Complexity: "O(N) in the length of the script",
				Args:       []Arg{arg("script", ArgString)},
			},
		},
	},
}
