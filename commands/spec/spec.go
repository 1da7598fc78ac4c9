package spec

// Spec describes one command or one subcommand.
type Spec struct {
	// ID is the position in All: dense from 0, containers and subcommands alike, stable for the life of the process.
	ID int
	// Name is in lower case; a subcommand carries its container's name, as in "client|no-evict".
	Name string
	// Arity counts the arguments including the name (and the subcommand's name); negative means "at least".
	Arity int
	// Flags says how the command behaves. MovableKeys is derived from Keys when the table is built.
	Flags Flag
	// ACL holds the categories that do not follow from Flags; Categories has all of them.
	ACL Category
	// Keys tells where the keys are among the arguments and what happens to them.
	Keys []KeySpec
	// Tips are hints for clients and proxies, such as "nondeterministic_output".
	Tips []string

	// DocFlags, DeprecatedSince and ReplacedBy tell readers of COMMAND DOCS what to avoid, and what to use instead.
	DocFlags        DocFlag
	DeprecatedSince string
	ReplacedBy      string
	// Group is the chapter of the documentation: "string", "generic", "sorted-set"...
	Group string
	// Since is the version of Redis that introduced the command.
	Since string
	// Summary is one sentence in our own words, Complexity its cost.
	Summary, Complexity string
	// Args is the documentation tree of the arguments; it does not take part in parsing.
	Args []Arg
	// History lists changes since the introduction, oldest first.
	History []Change

	// Parent is the container of a subcommand, nil otherwise.
	Parent *Spec
	// Subcommands is sorted by name; empty for all but containers.
	Subcommands []*Spec

	categories Category
	legacy     legacyRange
	bySubname  *nameIndex
	getKeys    keyExtractor
}

// Change is one entry of the history of a command: what a version of Redis added or altered.
type Change struct{ Version, Text string }

// ArityOK tells whether a request of argc arguments, the name included, satisfies the arity.
func (s *Spec) ArityOK(argc int) bool {
	if s.Arity >= 0 {
		return argc == s.Arity
	}
	return argc >= -s.Arity
}

// Categories returns all ACL categories: the explicit ones and those that follow from the flags.
func (s *Spec) Categories() Category { return s.categories }

// LegacyRange returns the first key, the last key (negative: counted from the end) and the step, as COMMAND INFO
// shows them for clients that predate key specs. All are zero for commands without such a range.
func (s *Spec) LegacyRange() (first, last, step int) {
	return s.legacy.first, s.legacy.last, s.legacy.step
}

// IsContainer tells whether the second argument of a request names a subcommand.
func (s *Spec) IsContainer() bool { return len(s.Subcommands) > 0 }
