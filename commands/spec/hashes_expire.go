package spec

import "slices"

// Commands on single fields of hashes that came after Redis 7.2.

// fieldList are the arguments that name fields.
func fieldList() Arg {
	return block("fields", arg("numfields", ArgInteger), arg("field", ArgString).multiple()).after("FIELDS")
}

// fieldsExpire describes a command that gives fields an expiry.
func fieldsExpire(name, unit string, t ArgType, summary string) *Spec {
	return &Spec{
		Name: name, Arity: -6,
		Flags:      Write | DenyOOM | Fast,
		ACL:        CatHash,
		Keys:       []KeySpec{keyAt(1, KeyRW|KeyUpdate)},
		Since:      "7.4.0",
		Summary:    summary,
		Complexity: "O(N) in the number of fields",
		Args: []Arg{
			key("key", 0),
			arg(unit, t),
			oneOf("condition", token("NX", "nx"), token("XX", "xx"), token("GT", "gt"), token("LT", "lt")).optional(),
			fieldList(),
		},
	}
}

// fieldsTTL describes a command that reads the expiry of fields.
func fieldsTTL(name, summary string, tips ...string) *Spec {
	return &Spec{
		Name: name, Arity: -5,
		Flags:      ReadOnly | Fast,
		ACL:        CatHash,
		Keys:       []KeySpec{keyAt(1, KeyRO|KeyAccess)},
		Tips:       tips,
		Since:      "7.4.0",
		Summary:    summary,
		Complexity: "O(N) in the number of fields",
		Args:       []Arg{key("key", 0), fieldList()},
	}
}

// expiryOptions are the options of HGETEX and HSETEX; last takes the place of
// an expiry.
func expiryOptions(last Arg) Arg {
	return oneOf("expiration",
		option("EX", "seconds", ArgInteger),
		option("PX", "milliseconds", ArgInteger),
		option("EXAT", "unix-time-seconds", ArgUnixTime),
		option("PXAT", "unix-time-milliseconds", ArgUnixTime),
		last,
	).optional()
}

var hashExpireCommands = slices.Concat(
	[]*Spec{
		fieldsExpire("hexpire", "seconds", ArgInteger, "Makes fields expire after a number of seconds."),
		fieldsExpire("hpexpire", "milliseconds", ArgInteger, "Makes fields expire after a number of milliseconds."),
		fieldsExpire("hexpireat", "unix-time-seconds", ArgUnixTime, "Makes fields expire at a Unix time in seconds."),
		fieldsExpire("hpexpireat", "unix-time-milliseconds", ArgUnixTime, "Makes fields expire at a Unix time in milliseconds."),
		fieldsTTL("httl", "Tells in how many seconds fields expire.", "nondeterministic_output"),
		fieldsTTL("hpttl", "Tells in how many milliseconds fields expire.", "nondeterministic_output"),
		fieldsTTL("hexpiretime", "Tells when fields expire, as a Unix time in seconds."),
		fieldsTTL("hpexpiretime", "Tells when fields expire, as a Unix time in milliseconds."),
	},
	hashGetSetCommands,
)

var hashGetSetCommands = []*Spec{
	{
		Name: "hpersist", Arity: -5,
		Flags:      Write | Fast,
		ACL:        CatHash,
		Keys:       []KeySpec{keyAt(1, KeyRW|KeyUpdate)},
		Since:      "7.4.0",
		Summary:    "Takes the expiry from fields.",
		Complexity: "O(N) in the number of fields",
		Args:       []Arg{key("key", 0), fieldList()},
	},
	{
		Name: "hgetdel", Arity: -5,
		Flags:      Write | Fast,
		ACL:        CatHash,
		Keys:       []KeySpec{keyAt(1, KeyRW|KeyAccess|KeyDelete)},
		Since:      "8.0.0",
		Summary:    "Reads fields and removes them. The key goes with its last field.",
		Complexity: "O(N) in the number of fields",
		Args:       []Arg{key("key", 0), fieldList()},
	},
	{
		Name: "hgetex", Arity: -5,
		Flags:      Write | Fast,
		ACL:        CatHash,
		Keys:       []KeySpec{keyAt(1, KeyRW|KeyAccess|KeyUpdate)},
		Since:      "8.0.0",
		Summary:    "Reads fields and changes their expiry.",
		Complexity: "O(N) in the number of fields",
		Args:       []Arg{key("key", 0), expiryOptions(token("PERSIST", "persist")), fieldList()},
	},
	{
		Name: "hsetex", Arity: -6,
		Flags:      Write | DenyOOM | Fast,
		ACL:        CatHash,
		Keys:       []KeySpec{keyAt(1, KeyRW|KeyUpdate)},
		Since:      "8.0.0",
		Summary:    "Sets fields together with their expiry.",
		Complexity: "O(N) in the number of fields",
		Args: []Arg{
			key("key", 0),
			oneOf("condition", token("FNX", "fnx"), token("FXX", "fxx")).optional(),
			expiryOptions(token("KEEPTTL", "keepttl")),
			block("fields", arg("numfields", ArgInteger),
				block("data", arg("field", ArgString), arg("value", ArgString)).multiple()).after("FIELDS"),
		},
	},
}
