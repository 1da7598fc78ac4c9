package conformance

// Case is a list of steps that runs on an empty keyspace.
type Case struct {
	// Title names the case among those of its file; File and Line say where it stands.
	Title string
	File  string
	Line  int
	Steps []Step
	// Protocols lists the RESP versions to run in.
	Protocols []int
	// EachType repeats the case for every type of value that both servers know, except strings.
	EachType bool
}

// stepKind says what a step does.
type stepKind int

const (
	stepCommand stepKind = iota // send Args, read one reply
	stepRaw                     // send Args[0] as it is, read Replies replies
	stepClosed                  // read until the server closes the connection
	stepCreate                  // create the key Args[0] with the type of the run
)

// Step is one thing done on one connection.
type Step struct {
	Line    int
	Kind    stepKind
	Conn    string
	Args    []Arg
	Replies int
	Match   Matcher
}

// Type is a type of value besides strings that cases can create keys of.
type Type struct {
	Name string
	// Served says that postkeys serves the type; the cases about it run against postkeys only then.
	Served bool
	// Create is the command that creates a key; "{key}" stands for its name.
	Create []string
}

// Types lists the types of values besides strings.
var Types = []Type{
	{Name: "hash", Create: []string{"HSET", "{key}", "f", "v"}, Served: true},
	{Name: "list", Create: []string{"RPUSH", "{key}", "a"}, Served: true},
	{Name: "set", Create: []string{"SADD", "{key}", "a"}, Served: true},
	{Name: "zset", Create: []string{"ZADD", "{key}", "1", "a"}, Served: true},
	{Name: "stream", Create: []string{"XADD", "{key}", "1-1", "f", "v"}},
}

// creation returns the command that creates key.
func (t *Type) creation(key string) []string {
	args := make([]string, len(t.Create))
	for i, arg := range t.Create {
		if arg == "{key}" {
			arg = key
		}
		args[i] = arg
	}
	return args
}
