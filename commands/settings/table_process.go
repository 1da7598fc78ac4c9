package settings

// processTable: the process, its log, and what it measures. Settings of Redis' threads and of its supervision are kept
// or immutable as in Redis; none of them changes what a client sees.
var processTable = []Param{
	{ID: Hz, Name: "hz", Kind: Integer, Default: "10", Max: maxInt, adjust: clampHz, Doc: "background runs a second of Redis"},
	{Name: "dynamic-hz", Kind: Bool, Default: "yes", Doc: "raise hz with the number of clients"},
	{ID: LogLevel, Name: "loglevel", Kind: Enum, Default: "notice", Values: []string{"debug", "verbose", "notice", "warning", "nothing"},
		Effect: Active, Doc: "least important messages that are logged"},
	{Name: "logfile", Mutability: Immutable, Doc: "log file; empty: standard output"},
	{Name: "syslog-enabled", Kind: Bool, Default: "no", Mutability: Immutable, Doc: "log to syslog"},
	{Name: "syslog-ident", Default: "redis", Mutability: Immutable, Doc: "name in syslog"},
	{Name: "syslog-facility", Kind: Enum, Default: "local0", Values: []string{"user", "local0", "local1", "local2", "local3",
		"local4", "local5", "local6", "local7"}, Mutability: Immutable, Doc: "facility in syslog"},
	{Name: "crash-log-enabled", Kind: Bool, Default: "yes", Doc: "log a report on a crash"},
	{Name: "crash-memcheck-enabled", Kind: Bool, Default: "yes", Doc: "test the memory after a crash"},
	{Name: "use-exit-on-panic", Kind: Bool, Default: "no", Hidden: true, Doc: "exit instead of abort"},
	{Name: "watchdog-period", Kind: Integer, Default: "0", Max: maxInt, Hidden: true, Doc: "milliseconds after which a stall is logged"},
	{Name: "daemonize", Kind: Bool, Default: "no", Mutability: Immutable, Doc: "run in the background"},
	{Name: "supervised", Kind: Enum, Default: "no", Values: []string{"upstart", "systemd", "auto", "no"}, Mutability: Immutable,
		Doc: "supervisor to report to"},
	{Name: "pidfile", Mutability: Immutable, Doc: "file with the process id"},
	{Name: "set-proc-title", Kind: Bool, Default: "yes", Mutability: Immutable, Doc: "show state in the process title"},
	{Name: "proc-title-template", Default: "{title} {listen-addr} {server-mode}", check: checkTitleTemplate,
		Doc: "form of the process title"},
	{Name: "always-show-logo", Kind: Bool, Default: "no", Mutability: Immutable, Doc: "print a logo at start"},
	{Name: "ignore-warnings", Doc: "start-up warnings to leave out"},
	{Name: "io-threads", Kind: Integer, Default: "1", Min: 1, Max: 128, Mutability: Immutable, Doc: "threads of Redis for input and output"},
	{Name: "io-threads-do-reads", Kind: Bool, Default: "no", Mutability: Immutable, Doc: "read in those threads too"},
	{Name: "server_cpulist", Mutability: Immutable, Doc: "processors of the main thread"},
	{Name: "bio_cpulist", Mutability: Immutable, Doc: "processors of background threads"},
	{Name: "aof_rewrite_cpulist", Mutability: Immutable, Doc: "processors of the rewriting child"},
	{Name: "bgsave_cpulist", Mutability: Immutable, Doc: "processors of the saving child"},
	{Name: "oom-score-adj", Kind: Enum, Default: "no", Values: []string{"no", "yes", "relative", "absolute"}, adjust: mergeRelative,
		Doc: "tell the kernel which process to end first"},
	{Name: "oom-score-adj-values", Kind: Special, Default: "0 200 800", normalize: normalizeOOMScores,
		Doc: "scores for master, replica and child"},
	{Name: "shutdown-timeout", Kind: Integer, Default: "10", Max: maxInt, Doc: "seconds Redis waits for replicas at shutdown"},
	{Name: "shutdown-on-sigint", Kind: Flags, Default: "default", Values: shutdownValues, check: checkShutdown,
		Doc: "SHUTDOWN options on SIGINT"},
	{Name: "shutdown-on-sigterm", Kind: Flags, Default: "default", Values: shutdownValues, check: checkShutdown,
		Doc: "SHUTDOWN options on SIGTERM"},
	{ID: BusyReplyThreshold, Name: "busy-reply-threshold", Alias: "lua-time-limit", Kind: Integer, Default: "5000", Max: maxLong,
		Effect: Active, Doc: "milliseconds after which a running script makes others answer BUSY"},
	// Not of Redis, which has no choice: it has one thread.
	{ID: ScriptBusyScope, Name: "script-busy-scope", Kind: Enum, Default: BusyKeys, Values: []string{BusyKeys, BusyNode},
		Effect: Active, Doc: "who is answered BUSY: commands on the script's keys, or, as in Redis, all of the node's clients (keys, node)"},
	{ID: SlowlogLogSlowerThan, Name: "slowlog-log-slower-than", Kind: Integer, Default: "10000", Min: -1, Max: maxLong,
		Doc: "microseconds from which a command is slow, -1 never, 0 always"},
	{ID: SlowlogMaxLen, Name: "slowlog-max-len", Kind: Integer, Default: "128", Max: maxLong, Doc: "slow commands remembered"},
	{ID: LatencyMonitorThreshold, Name: "latency-monitor-threshold", Kind: Integer, Default: "0", Max: maxLong,
		Doc: "milliseconds from which LATENCY records an event, 0 never"},
	{ID: LatencyTracking, Name: "latency-tracking", Kind: Bool, Default: "yes", Doc: "measure the latency of each command"},
	{ID: LatencyTrackingInfoPercentiles, Name: "latency-tracking-info-percentiles", Kind: Special, Default: "50 99 99.9",
		normalize: normalizePercentiles, Doc: "percentiles of INFO latencystats"},
}

// The values of script-busy-scope.
const (
	BusyKeys = "keys"
	BusyNode = "node"
)

var shutdownValues = []string{"default", "save", "nosave", "now", "force"}
