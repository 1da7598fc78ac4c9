package lua

// Flags are what a script's first line or a registered function declares about itself.
type Flags uint8

// The flags of Redis 7.2.
const (
	// NoWrites scripts may call no command that writes.
	NoWrites Flags = 1 << iota
	// AllowOOM scripts run when memory is short.
	AllowOOM
	// AllowStale scripts run on a replica without its master.
	AllowStale
	// NoCluster scripts do not run in a cluster.
	NoCluster
	// AllowCrossSlotKeys scripts may touch keys of several slots.
	AllowCrossSlotKeys
)

// flagNames is in the order in which Redis lists flags.
var flagNames = []struct {
	name string
	flag Flags
}{
	{"no-writes", NoWrites},
	{"allow-oom", AllowOOM},
	{"allow-stale", AllowStale},
	{"no-cluster", NoCluster},
	{"allow-cross-slot-keys", AllowCrossSlotKeys},
}

// Names lists the flags that are set, as FUNCTION LIST shows them.
func (f Flags) Names() []string {
	var names []string
	for _, known := range flagNames {
		if f&known.flag != 0 {
			names = append(names, known.name)
		}
	}
	return names
}
