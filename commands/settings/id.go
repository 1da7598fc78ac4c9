package settings

// ID names a parameter that code reads.
type ID int

// The parameters with a name in code. The order means nothing.
const (
	_ ID = iota

	// Connections and clients.
	Port
	Bind
	UnixSocket
	UnixSocketPerm
	MaxClients
	Timeout
	TCPKeepAlive
	TCPBacklog
	ProtoMaxBulkLen
	ClientQueryBufferLimit
	ClientOutputBufferLimit
	MaxMemoryClients
	TrackingTableMaxKeys

	// Access.
	RequirePass
	ProtectedMode
	EnableDebugCommand
	EnableProtectedConfigs
	EnableModuleCommand
	ACLPubSubDefault
	ACLLogMaxLen
	MinReplicasToWrite
	MinReplicasMaxLag

	// The keyspace and its encodings.
	Databases
	NotifyKeyspaceEvents
	HashMaxListpackEntries
	HashMaxListpackValue
	ListMaxListpackSize
	ListCompressDepth
	SetMaxIntsetEntries
	SetMaxListpackEntries
	SetMaxListpackValue
	ZSetMaxListpackEntries
	ZSetMaxListpackValue
	HLLSparseMaxBytes
	StreamNodeMaxBytes
	StreamNodeMaxEntries
	ActiveExpireEffort
	SanitizeDumpPayload
	RDBCompression
	MaxMemory
	MaxMemoryPolicy
	LFULogFactor
	LFUDecayTime

	// Watching the server.
	Hz
	LogLevel
	BusyReplyThreshold
	ScriptBusyScope
	SlowlogLogSlowerThan
	SlowlogMaxLen
	LatencyMonitorThreshold
	LatencyTracking
	LatencyTrackingInfoPercentiles
	AppendOnly
	Save
	Dir

	idCount
)
