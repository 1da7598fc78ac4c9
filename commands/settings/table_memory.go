package settings

import "errors"

// memoryTable: memory, eviction, lazy freeing and defragmentation. Data lives in PostgreSQL, so nothing is evicted,
// deletion is always lazy, and maxmemory bounds what the node itself uses. Caching clients and their tests set and read
// the others; they are kept. A policy of eviction beside a limit would promise what does not happen (CheckEviction). Active defragmentation cannot be switched on, as in a Redis built without it.
var memoryTable = []Param{
	{ID: MaxMemory, Name: "maxmemory", Kind: Memory, Default: "0", Max: 1<<64 - 1, Unsigned: true, Effect: Active,
		Doc: "bytes the process may use before commands that need more are refused, 0 for no limit; data is in PostgreSQL and does not count"},
	{ID: MaxMemoryPolicy, Name: "maxmemory-policy", Kind: Enum, Default: "noeviction", Values: []string{"volatile-lru",
		"volatile-lfu", "volatile-random", "volatile-ttl", "allkeys-lru", "allkeys-lfu", "allkeys-random", "noeviction"},
		Effect: Active, Doc: "decides between OBJECT FREQ and OBJECT IDLETIME; nothing is evicted: only noeviction goes with maxmemory"},
	{Name: "maxmemory-samples", Kind: Integer, Default: "5", Min: 1, Max: maxInt, Doc: "keys looked at to find one to evict"},
	{Name: "maxmemory-eviction-tenacity", Kind: Integer, Default: "10", Max: 100, Doc: "effort of eviction"},
	{ID: LFULogFactor, Name: "lfu-log-factor", Kind: Integer, Default: "10", Max: maxInt,
		Doc: "how slowly the access counter of a key saturates"},
	{ID: LFUDecayTime, Name: "lfu-decay-time", Kind: Integer, Default: "1", Max: maxInt,
		Doc: "minutes after which the access counter of a key is lowered"},
	{Name: "lazyfree-lazy-eviction", Kind: Bool, Default: "no", Doc: "free evicted values in the background"},
	{Name: "lazyfree-lazy-expire", Kind: Bool, Default: "no", Doc: "free expired values in the background"},
	{Name: "lazyfree-lazy-server-del", Kind: Bool, Default: "no", Doc: "free overwritten values in the background"},
	{Name: "lazyfree-lazy-user-del", Kind: Bool, Default: "no", Doc: "make DEL behave as UNLINK"},
	{Name: "lazyfree-lazy-user-flush", Kind: Bool, Default: "no", Doc: "make flushes asynchronous by default"},
	{Name: "activedefrag", Kind: Bool, Default: "no", Mutability: Fixed,
		Reason: "Active defragmentation cannot be enabled: it requires a Redis server compiled with a modified Jemalloc " +
			"like the one shipped by default with the Redis source distribution",
		Doc: "defragment memory while running"},
	{Name: "active-defrag-cycle-min", Kind: Integer, Default: "1", Min: 1, Max: 99, Doc: "least processor share of defragmentation"},
	{Name: "active-defrag-cycle-max", Kind: Integer, Default: "25", Min: 1, Max: 99, Doc: "greatest processor share of defragmentation"},
	{Name: "active-defrag-threshold-lower", Kind: Integer, Default: "10", Max: 1000, Doc: "fragmentation that starts defragmentation"},
	{Name: "active-defrag-threshold-upper", Kind: Integer, Default: "100", Max: 1000, Doc: "fragmentation of greatest effort"},
	{Name: "active-defrag-max-scan-fields", Kind: Integer, Default: "1000", Min: 1, Max: maxLong,
		Doc: "fields above which a key is defragmented apart"},
	{Name: "active-defrag-ignore-bytes", Kind: Memory, Default: "104857600", Min: 1, Max: maxLong, Unsigned: true,
		Doc: "waste below which defragmentation rests"},
	{Name: "jemalloc-bg-thread", Kind: Bool, Default: "yes", Doc: "purge freed memory in a thread of the allocator"},
	{Name: "disable-thp", Kind: Bool, Default: "yes", Mutability: Immutable, Doc: "switch transparent huge pages off"},
}

// CheckEviction refuses a limit of memory together with a policy by which Redis
// would evict keys.
func (v *Values) CheckEviction() error {
	if v.Int(MaxMemory) != 0 && v.Text(MaxMemoryPolicy) != "noeviction" {
		return errors.New("postkeys evicts no keys: maxmemory can only be set with maxmemory-policy noeviction")
	}
	return nil
}
