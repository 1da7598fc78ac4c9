// Package settings holds the parameters of Redis as data: name, kind, default, range and whether CONFIG SET may change
// them, with one line of explanation each. A Store keeps their values. It parses, checks and formats them as Redis 7.2
// does, error texts included.
//
// The package owns nothing but the values: who needs to act on a change registers a hook (Store.OnChange). It never
// reads the environment and never does what a parameter asks for.
//
// A parameter is Active when this server acts on it. It is Kept when it is only stored and read back: Redis has it,
// clients, tools or test suites set it, and storing it promises nothing that does not hold. A value that would promise
// something false (TLS on, a replica quorum, another port) is refused: such a parameter is Fixed. The files table_*.go
// say for each group why it is what it is.
package settings

// Kind says how the value of a parameter is written and checked.
type Kind uint8

// The kinds of parameters.
const (
	Text    Kind = iota // any string
	Bool                // yes or no
	Integer             // decimal number
	Memory              // number of bytes with an optional unit: 1k is 1000 bytes, 1kb is 1024
	Octal               // file mode
	Enum                // one of Values
	Flags               // any number of Values, separated by spaces
	Special             // parsed and written by a function of its own
)

// Mutability says who may change a parameter of a running server.
type Mutability uint8

// The degrees of mutability.
const (
	Mutable   Mutability = iota
	Protected            // CONFIG SET needs enable-protected-configs
	Immutable            // only at start, in Redis too
	Fixed                // CONFIG SET works in Redis; here only the value it already has is accepted
)

// Effect says whether this server acts on a parameter.
type Effect uint8

// The two effects.
const (
	Kept Effect = iota
	Active
)

// Param describes one parameter.
type Param struct {
	ID         ID // names the parameter in code, 0 if no code reads it
	Name       string
	Alias      string // older name, listed by CONFIG GET as well
	Kind       Kind
	Default    string
	Min        int64
	Max        uint64
	Unsigned   bool // Min, Max and the value compare as unsigned numbers
	Percent    bool // Memory: also accepts "N%", kept as -N
	Values     []string
	Mutability Mutability
	Effect     Effect
	Reason     string // Fixed: the error for any other value
	Hidden     bool   // CONFIG GET shows it by its full name only
	Sensitive  bool   // its value never goes into a log
	Doc        string

	// check refuses texts and numbers that are well formed but not acceptable.
	check func(text string, num int64) error
	// adjust replaces a number by the one Redis really uses.
	adjust func(num int64) int64
	// normalize parses a Special value and returns how it is kept, and how CONFIG GET shows it unless there is show. args is the value split at single spaces.
	normalize func(old string, args []string) (string, error)
	// show is how CONFIG GET shows a Special value if not as it is kept.
	show func(text string) string

	index int
}

// FromEnvironment reports whether the parameter may be given at start: what has a meaning here or may be changed at
// runtime. A Fixed one may not, nor one that only describes how a Redis process was started.
func (p *Param) FromEnvironment() bool {
	if p.Hidden || p.Mutability == Fixed {
		return false
	}
	return p.Effect == Active || p.Mutability == Mutable
}
