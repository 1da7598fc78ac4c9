package spec

// Flag is a set of properties of a command that the gates act on.
type Flag uint32

// The flags. All but the last four are shown by COMMAND INFO; see flagNames for the spelling.
const (
	Write                Flag = 1 << iota // may modify the keyspace
	ReadOnly                              // reads keys, never modifies them
	DenyOOM                               // may use more memory, refused when it is short
	Admin                                 // for operators
	PubSub                                // belongs to publish and subscribe
	NoScript                              // not from scripts
	Blocking                              // may block the client
	Loading                               // served while a data set is loaded
	Stale                                 // served by a replica whose data is stale
	SkipMonitor                           // not shown to MONITOR
	SkipSlowlog                           // not noted in the slow log
	Asking                                // implies ASKING in a cluster
	Fast                                  // O(1) or O(log N)
	NoAuth                                // served before authentication
	NoMandatoryKeys                       // key arguments may be absent
	NoAsyncLoading                        // refused while data is swapped in by a replica
	NoMulti                               // refused in a transaction
	MovableKeys                           // the legacy range does not cover all keys
	AllowBusy                             // served while a script runs too long
	MayReplicate                          // has effects elsewhere though it writes no key, such as PUBLISH
	Protected                             // needs to be enabled by a setting
	TouchesArbitraryKeys                  // touches keys that its arguments do not name
)

// flagName is the name by which replies show a flag.
type flagName[F ~uint8 | ~uint16 | ~uint32] struct {
	flag F
	name string
}

// flagNames is in the order of Redis' replies. Flags without a name are not shown.
var flagNames = []flagName[Flag]{
	{Write, "write"},
	{ReadOnly, "readonly"},
	{DenyOOM, "denyoom"},
	{Admin, "admin"},
	{PubSub, "pubsub"},
	{NoScript, "noscript"},
	{Blocking, "blocking"},
	{Loading, "loading"},
	{Stale, "stale"},
	{SkipMonitor, "skip_monitor"},
	{SkipSlowlog, "skip_slowlog"},
	{Asking, "asking"},
	{Fast, "fast"},
	{NoAuth, "no_auth"},
	{NoMandatoryKeys, "no_mandatory_keys"},
	{NoAsyncLoading, "no_async_loading"},
	{NoMulti, "no_multi"},
	{MovableKeys, "movablekeys"},
	{AllowBusy, "allow_busy"},
}

// DocFlag marks commands in COMMAND DOCS.
type DocFlag uint8

// The documentation flags.
const (
	DocDeprecated DocFlag = 1 << iota // kept for old clients
	DocSystem                         // for the server's own use
)

var docFlagNames = []flagName[DocFlag]{
	{DocDeprecated, "deprecated"},
	{DocSystem, "syscmd"},
}
