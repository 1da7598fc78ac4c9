package spec

// memoryCommands tell what data and server take.
var memoryCommands = []*Spec{
	{
		Name: "memory", Arity: -2,
		Since:      "4.0.0",
		Summary:    "Holds the subcommands about memory.",
		Complexity: "Varies with the subcommand.",
		Subcommands: []*Spec{
			{
				Name: "memory|doctor", Arity: 2,
				Tips:       []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
				Since:      "4.0.0",
				Summary:    "Tells in words what is wrong with the server's memory.",
				Complexity: "O(1)",
			},
			{
				Name: "memory|help", Arity: 2,
				Flags:      Loading | Stale,
				Since:      "4.0.0",
				Summary:    "Explains the subcommands of MEMORY.",
				Complexity: "O(1)",
			},
			{
				Name: "memory|malloc-stats", Arity: 2,
				Tips:       []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
				Since:      "4.0.0",
				Summary:    "Answers with the statistics of the memory allocator.",
				Complexity: "O(1)",
			},
			{
				Name: "memory|purge", Arity: 2,
				Tips:       []string{"request_policy:all_shards", "response_policy:all_succeeded"},
				Since:      "4.0.0",
				Summary:    "Gives free memory back to the operating system.",
				Complexity: "O(N) in the memory in use",
			},
			{
				Name: "memory|stats", Arity: 2,
				Tips:       []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
				Since:      "4.0.0",
				Summary:    "Answers with figures about the server's memory.",
				Complexity: "O(1)",
			},
			{
				Name: "memory|usage", Arity: -3,
				Flags:      ReadOnly,
				Keys:       []KeySpec{keyAt(2, KeyRO)},
				Since:      "4.0.0",
				Summary:    "Estimates how many bytes a key takes.",
				Complexity: "O(N) in the number of samples",
				Args:       []Arg{key("key", 0), option("SAMPLES", "count", ArgInteger).optional()},
			},
		},
	},
}
