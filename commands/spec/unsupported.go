package spec

// unsupported names the commands of Redis 7.2 that are known and not served, sorted.
var unsupported = []string{
	"acl", "acl|cat", "acl|deluser", "acl|dryrun", "acl|genpass", "acl|getuser", "acl|help", "acl|list",
	"acl|load", "acl|log", "acl|save", "acl|setuser", "acl|users", "acl|whoami", "asking", "bgrewriteaof",
	"bgsave", "cluster",
	"cluster|addslots", "cluster|addslotsrange", "cluster|bumpepoch", "cluster|count-failure-reports",
	"cluster|countkeysinslot", "cluster|delslots", "cluster|delslotsrange", "cluster|failover",
	"cluster|flushslots", "cluster|forget", "cluster|getkeysinslot", "cluster|help", "cluster|info",
	"cluster|keyslot", "cluster|links", "cluster|meet", "cluster|myid", "cluster|myshardid", "cluster|nodes",
	"cluster|replicas", "cluster|replicate", "cluster|reset", "cluster|saveconfig", "cluster|set-config-epoch",
	"cluster|setslot", "cluster|shards", "cluster|slaves", "cluster|slots", "failover", "lastsave", "latency",
	"latency|doctor", "latency|graph", "latency|help", "latency|histogram", "latency|history", "latency|latest",
	"latency|reset", "module", "module|help", "module|list", "module|load", "module|loadex", "module|unload",
	"psync", "readonly", "readwrite", "replconf", "replicaof", "restore-asking", "role", "save",
	"shutdown", "slaveof", "slowlog", "slowlog|get", "slowlog|help", "slowlog|len", "slowlog|reset", "sync",
	"wait", "waitaof", "xack", "xadd", "xautoclaim", "xclaim", "xdel", "xgroup", "xgroup|create",
	"xgroup|createconsumer", "xgroup|delconsumer", "xgroup|destroy", "xgroup|help", "xgroup|setid", "xinfo",
	"xinfo|consumers", "xinfo|groups", "xinfo|help", "xinfo|stream", "xlen", "xpending", "xrange", "xread",
	"xreadgroup", "xrevrange", "xsetid", "xtrim",
}

// outOfPlace has the flags of unsupported commands that say where they may not be sent; that of a container goes for all of its
// subcommands.
var outOfPlace = map[string]Flag{
	"acl": NoScript, "bgrewriteaof": NoScript, "bgsave": NoScript, "client": NoScript, "cluster|reset": NoScript, "failover": NoScript,
	"latency": NoScript, "module": NoScript, "psync": NoScript | NoMulti, "replconf": NoScript, "replicaof": NoScript,
	"role": NoScript, "save": NoScript | NoMulti, "shutdown": NoScript | NoMulti, "slaveof": NoScript, "sync": NoScript | NoMulti,
	"waitaof": NoScript,
}
