package settings

// persistenceTable: snapshots and the append only file. There are neither: every acknowledged write is committed in
// PostgreSQL, which is more than any of these values asks for, so keeping them breaks no promise. save is empty by
// default because no snapshot is ever taken. The directory is the one the process runs in and stays it.
var persistenceTable = []Param{
	{ID: Save, Name: "save", Kind: Special, normalize: normalizeSave, Doc: "pairs of seconds and changes after which Redis takes a snapshot"},
	{Name: "stop-writes-on-bgsave-error", Kind: Bool, Default: "yes", Doc: "refuse writes after a failed snapshot"},
	{ID: RDBCompression, Name: "rdbcompression", Kind: Bool, Default: "yes", Doc: "compress snapshots; here, what DUMP answers"},
	{Name: "rdbchecksum", Kind: Bool, Default: "yes", Mutability: Immutable, Doc: "add a checksum to snapshots"},
	{Name: "dbfilename", Default: "dump.rdb", Mutability: Protected,
		check: checkBaseName("dbfilename can't be a path, just a filename"), Doc: "file name of the snapshot"},
	{ID: Dir, Name: "dir", Mutability: Protected, Reason: "the working directory cannot be changed",
		Doc: "directory the process runs in"},
	{Name: "rdb-save-incremental-fsync", Kind: Bool, Default: "yes", Doc: "sync snapshots piece by piece"},
	{Name: "rdb-del-sync-files", Kind: Bool, Default: "no", Doc: "delete snapshots made for replicas only"},
	{Name: "rdb-key-save-delay", Kind: Integer, Default: "0", Min: minInt, Max: maxInt, Hidden: true, Doc: "test aid of snapshots"},
	{Name: "key-load-delay", Kind: Integer, Default: "0", Min: minInt, Max: maxInt, Hidden: true, Doc: "test aid of loading"},
	{Name: "loading-process-events-interval-bytes", Kind: Integer, Default: "2097152", Min: 1024, Max: maxInt, Hidden: true,
		Doc: "bytes loaded between two looks at clients"},
	{ID: AppendOnly, Name: "appendonly", Kind: Bool, Default: "no", Doc: "keep an append only file in Redis; here every write is committed"},
	{Name: "appendfilename", Default: "appendonly.aof", Mutability: Immutable, Doc: "base name of the append only file"},
	{Name: "appenddirname", Default: "appendonlydir", Mutability: Immutable, Doc: "directory of the append only file"},
	{Name: "appendfsync", Kind: Enum, Default: "everysec", Values: []string{"everysec", "always", "no"},
		Doc: "when Redis syncs its append only file; here every reply waits for the commit"},
	{Name: "no-appendfsync-on-rewrite", Kind: Bool, Default: "no", Doc: "no syncs while the file is rewritten"},
	{Name: "auto-aof-rewrite-percentage", Kind: Integer, Default: "100", Max: maxInt, Doc: "growth that starts a rewrite"},
	{Name: "auto-aof-rewrite-min-size", Kind: Memory, Default: "67108864", Max: maxLong, Doc: "size below which no rewrite starts"},
	{Name: "aof-rewrite-incremental-fsync", Kind: Bool, Default: "yes", Doc: "sync rewrites piece by piece"},
	{Name: "aof-load-truncated", Kind: Bool, Default: "yes", Doc: "load a file that ends early"},
	{Name: "aof-use-rdb-preamble", Kind: Bool, Default: "yes", Doc: "begin the file with a snapshot"},
	{Name: "aof-timestamp-enabled", Kind: Bool, Default: "no", Doc: "write times into the file"},
	{Name: "aof-disable-auto-gc", Kind: Bool, Default: "no", Hidden: true, Doc: "keep old files"},
}
