package settings

// replicationTable: links between a Redis master and its replicas. There are none, so the tuning of such a link has as
// little effect as in a Redis without replicas, and is kept for the tools that set it. min-replicas-to-write is
// different: it makes writes fail while too few replicas are there. It is acted on, with always zero replicas.
var replicationTable = []Param{
	{Name: "replicaof", Alias: "slaveof", Mutability: Immutable, Doc: "master to follow"},
	{Name: "masteruser", Sensitive: true, Doc: "user at the master"},
	{Name: "masterauth", Sensitive: true, Doc: "password at the master"},
	{ID: MinReplicasToWrite, Name: "min-replicas-to-write", Alias: "min-slaves-to-write", Kind: Integer, Default: "0", Max: maxInt,
		Effect: Active, Doc: "replicas without which writes are refused; there are none here"},
	{ID: MinReplicasMaxLag, Name: "min-replicas-max-lag", Alias: "min-slaves-max-lag", Kind: Integer, Default: "10", Max: maxInt,
		Effect: Active, Doc: "seconds after which a silent replica does not count, 0 to ask for none"},
	{Name: "repl-disable-tcp-nodelay", Kind: Bool, Default: "no", Doc: "fewer, larger packets to replicas"},
	{Name: "repl-diskless-sync", Kind: Bool, Default: "yes", Doc: "send snapshots without a file"},
	{Name: "repl-diskless-sync-delay", Kind: Integer, Default: "5", Max: maxInt, Doc: "seconds to wait for more replicas"},
	{Name: "repl-diskless-sync-max-replicas", Kind: Integer, Default: "0", Max: maxInt, Doc: "replicas that end that wait"},
	{Name: "repl-diskless-load", Kind: Enum, Default: "disabled", Values: []string{"disabled", "on-empty-db", "swapdb"},
		Doc: "how a replica loads"},
	{Name: "repl-timeout", Kind: Integer, Default: "60", Min: 1, Max: maxInt, Doc: "seconds after which a link counts as lost"},
	{Name: "repl-ping-replica-period", Alias: "repl-ping-slave-period", Kind: Integer, Default: "10", Min: 1, Max: maxInt,
		Doc: "seconds between pings to replicas"},
	{Name: "repl-backlog-size", Kind: Memory, Default: "1048576", Min: 1, Max: maxLong, adjust: growBacklog,
		Doc: "writes kept for returning replicas"},
	{Name: "repl-backlog-ttl", Kind: Integer, Default: "3600", Max: maxLong, Doc: "seconds they are kept without replicas"},
	{Name: "replica-priority", Alias: "slave-priority", Kind: Integer, Default: "100", Max: maxInt, Doc: "rank for promotion"},
	{Name: "replica-announced", Kind: Bool, Default: "yes", Doc: "be visible to Sentinel's clients"},
	{Name: "replica-announce-ip", Alias: "slave-announce-ip", Doc: "address given to the master"},
	{Name: "replica-announce-port", Alias: "slave-announce-port", Kind: Integer, Default: "0", Max: 65535, Doc: "port given to the master"},
	{Name: "replica-lazy-flush", Alias: "slave-lazy-flush", Kind: Bool, Default: "no", Doc: "flush in the background before loading"},
	{Name: "replica-serve-stale-data", Alias: "slave-serve-stale-data", Kind: Bool, Default: "yes", Doc: "answer without a master"},
	{Name: "replica-read-only", Alias: "slave-read-only", Kind: Bool, Default: "yes", Doc: "refuse writes as a replica"},
	{Name: "replica-ignore-maxmemory", Alias: "slave-ignore-maxmemory", Kind: Bool, Default: "yes", Doc: "leave eviction to the master"},
	{Name: "replica-ignore-disk-write-errors", Kind: Bool, Default: "no", Doc: "go on after a failed disk write as a replica"},
	{Name: "propagation-error-behavior", Kind: Enum, Default: "ignore", Values: []string{"ignore", "panic", "panic-on-replicas"},
		Doc: "what a replica does when a replicated command fails"},
}
