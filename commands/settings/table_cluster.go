package settings

// clusterTable: Redis Cluster. The mode is off and cannot be switched on at runtime, as in any Redis started without
// it; the rest then has no effect there either and is kept.
var clusterTable = []Param{
	{Name: "cluster-enabled", Kind: Bool, Default: "no", Mutability: Immutable, Doc: "run as a cluster node"},
	{Name: "cluster-config-file", Default: "nodes.conf", Mutability: Immutable, Doc: "file with the nodes"},
	{Name: "cluster-port", Kind: Integer, Default: "0", Max: 65535, Mutability: Immutable, Doc: "port of the cluster bus"},
	{Name: "cluster-announce-ip", Doc: "address given to other nodes"},
	{Name: "cluster-announce-hostname", check: checkHostname, Doc: "host name given to other nodes"},
	{Name: "cluster-announce-human-nodename", check: checkNodeName, Doc: "name shown for this node"},
	{Name: "cluster-announce-port", Kind: Integer, Default: "0", Max: 65535, Doc: "port given to other nodes"},
	{Name: "cluster-announce-tls-port", Kind: Integer, Default: "0", Max: 65535, Doc: "TLS port given to other nodes"},
	{Name: "cluster-announce-bus-port", Kind: Integer, Default: "0", Max: 65535, Doc: "bus port given to other nodes"},
	{Name: "cluster-preferred-endpoint-type", Kind: Enum, Default: "ip", Values: []string{"ip", "hostname", "unknown-endpoint"},
		Doc: "what redirections name"},
	{Name: "cluster-node-timeout", Kind: Integer, Default: "15000", Max: maxLong, Doc: "milliseconds after which a node counts as failed"},
	{Name: "cluster-ping-interval", Kind: Integer, Default: "0", Max: maxLong, Hidden: true, Doc: "milliseconds between pings"},
	{Name: "cluster-link-sendbuf-limit", Kind: Memory, Default: "0", Max: 1<<64 - 1, Unsigned: true, Doc: "bytes queued to one node"},
	{Name: "cluster-replica-validity-factor", Alias: "cluster-slave-validity-factor", Kind: Integer, Default: "10", Max: maxInt,
		Doc: "how old a replica's data may be for promotion"},
	{Name: "cluster-migration-barrier", Kind: Integer, Default: "1", Max: maxInt, Doc: "replicas a master keeps"},
	{Name: "cluster-allow-replica-migration", Kind: Bool, Default: "yes", Doc: "let replicas change masters"},
	{Name: "cluster-replica-no-failover", Alias: "cluster-slave-no-failover", Kind: Bool, Default: "no", Doc: "never promote this replica"},
	{Name: "cluster-require-full-coverage", Kind: Bool, Default: "yes", Doc: "refuse queries while slots are missing"},
	{Name: "cluster-allow-reads-when-down", Kind: Bool, Default: "no", Doc: "answer reads while the cluster is down"},
	{Name: "cluster-allow-pubsubshard-when-down", Kind: Bool, Default: "yes", Doc: "allow sharded pub/sub while the cluster is down"},
}
