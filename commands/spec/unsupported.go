package spec

// unsupported names the commands of Redis 7.2 that are known and not served, sorted.
var unsupported = []string{
	"acl", "acl|cat", "acl|deluser", "acl|dryrun", "acl|genpass", "acl|getuser", "acl|help", "acl|list", "acl|load",
	"acl|log", "acl|save", "acl|setuser", "acl|users", "acl|whoami", "asking", "bgrewriteaof", "bgsave", "blmove",
	"blmpop", "blpop", "brpop", "brpoplpush", "bzmpop", "bzpopmax", "bzpopmin", "client|caching", "client|getredir",
	"client|tracking", "client|trackinginfo", "client|unblock", "cluster", "cluster|addslots",
	"cluster|addslotsrange", "cluster|bumpepoch", "cluster|count-failure-reports", "cluster|countkeysinslot",
	"cluster|delslots", "cluster|delslotsrange", "cluster|failover", "cluster|flushslots", "cluster|forget",
	"cluster|getkeysinslot", "cluster|help", "cluster|info", "cluster|keyslot", "cluster|links", "cluster|meet",
	"cluster|myid", "cluster|myshardid", "cluster|nodes", "cluster|replicas", "cluster|replicate", "cluster|reset",
	"cluster|saveconfig", "cluster|set-config-epoch", "cluster|setslot", "cluster|shards", "cluster|slaves",
	"cluster|slots", "discard", "eval", "eval_ro", "evalsha", "evalsha_ro", "exec", "failover", "fcall", "fcall_ro",
	"function", "function|delete", "function|dump", "function|flush", "function|help", "function|kill",
	"function|list", "function|load", "function|restore", "function|stats", "lastsave", "latency", "latency|doctor",
	"latency|graph", "latency|help", "latency|histogram", "latency|history", "latency|latest", "latency|reset",
	"module", "module|help", "module|list", "module|load", "module|loadex", "module|unload", "monitor", "multi",
	"psubscribe", "psync", "publish", "pubsub", "pubsub|channels", "pubsub|help", "pubsub|numpat", "pubsub|numsub",
	"pubsub|shardchannels", "pubsub|shardnumsub", "punsubscribe", "readonly", "readwrite", "replconf", "replicaof",
	"restore-asking", "role", "save", "script", "script|debug", "script|exists", "script|flush", "script|help",
	"script|kill", "script|load", "shutdown", "slaveof", "slowlog", "slowlog|get", "slowlog|help", "slowlog|len",
	"slowlog|reset", "spublish", "ssubscribe", "subscribe", "sunsubscribe", "sync", "unsubscribe", "unwatch", "wait",
	"waitaof", "watch", "xack", "xadd", "xautoclaim", "xclaim", "xdel", "xgroup", "xgroup|create",
	"xgroup|createconsumer", "xgroup|delconsumer", "xgroup|destroy", "xgroup|help", "xgroup|setid", "xinfo",
	"xinfo|consumers", "xinfo|groups", "xinfo|help", "xinfo|stream", "xlen", "xpending", "xrange", "xread",
	"xreadgroup", "xrevrange", "xsetid", "xtrim",
}
