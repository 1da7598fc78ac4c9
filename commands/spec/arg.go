package spec

// ArgType is the kind of an argument in the documentation.
type ArgType uint8

// The argument types, as COMMAND DOCS names them.
const (
	ArgString ArgType = iota
	ArgInteger
	ArgDouble
	ArgKey
	ArgPattern
	ArgUnixTime
	ArgPureToken // the token alone, without a value
	ArgOneOf     // exactly one of Args
	ArgBlock     // all of Args, one after the other
)

var argTypeNames = []string{
	"string", "integer", "double", "key", "pattern", "unix-time", "pure-token", "oneof", "block",
}

// String returns the name that COMMAND DOCS uses.
func (t ArgType) String() string { return argTypeNames[t] }

// ArgFlags says how often an argument may occur.
type ArgFlags uint8

// The flags of arguments.
const (
	ArgOptional      ArgFlags = 1 << iota // may be left out
	ArgMultiple                           // may be repeated
	ArgMultipleToken                      // the token is repeated with it
)

var argFlagNames = []flagName[ArgFlags]{
	{ArgOptional, "optional"},
	{ArgMultiple, "multiple"},
	{ArgMultipleToken, "multiple_token"},
}

// NoKeySpec stands in Arg.KeySpec for arguments that no key spec describes.
const NoKeySpec = -1

// Arg is one argument, or a group of them, in the documentation of a command.
type Arg struct {
	Name string
	Type ArgType
	// Display is the text to show to people; empty: the name.
	Display string
	// KeySpec is the index in Spec.Keys of the spec that finds this argument, or NoKeySpec.
	KeySpec int
	// Token is the word that precedes the value.
	Token           string
	Since           string
	DeprecatedSince string
	Flags           ArgFlags
	// Args are the elements of a group.
	Args []Arg
}

// hasToken tells whether a token precedes the value, or is all there is; the token of MIGRATE's empty string is empty.
func (a *Arg) hasToken() bool { return a.Token != "" || a.Type == ArgPureToken }

func (a *Arg) isGroup() bool { return a.Type == ArgOneOf || a.Type == ArgBlock }

// The functions below keep the entries of the table short: arg("offset", ArgInteger).optional().

func arg(name string, t ArgType) Arg { return Arg{Name: name, Type: t, KeySpec: NoKeySpec} }

// key is an argument that the key spec of that index finds.
func key(name string, keySpec int) Arg { return Arg{Name: name, Type: ArgKey, KeySpec: keySpec} }

// option is an argument with a token in front of it.
func option(token, name string, t ArgType) Arg {
	return Arg{Name: name, Type: t, KeySpec: NoKeySpec, Token: token}
}

// token is a word on its own.
func token(word, name string) Arg { return option(word, name, ArgPureToken) }

func oneOf(name string, args ...Arg) Arg {
	return Arg{Name: name, Type: ArgOneOf, KeySpec: NoKeySpec, Args: args}
}

func block(name string, args ...Arg) Arg {
	return Arg{Name: name, Type: ArgBlock, KeySpec: NoKeySpec, Args: args}
}

func (a Arg) display(text string) Arg       { a.Display = text; return a }
func (a Arg) after(token string) Arg        { a.Token = token; return a }
func (a Arg) since(version string) Arg      { a.Since = version; return a }
func (a Arg) deprecated(version string) Arg { a.DeprecatedSince = version; return a }
func (a Arg) optional() Arg                 { a.Flags |= ArgOptional; return a }
func (a Arg) multiple() Arg                 { a.Flags |= ArgMultiple; return a }

func (a Arg) multipleWithToken() Arg {
	a.Flags |= ArgMultiple | ArgMultipleToken
	return a
}
