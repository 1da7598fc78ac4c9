package reactor

import (
	"syscall"
	"time"
)

// OutputLimit bounds the unsent output of a connection, as client-output-buffer-limit does. Zero fields don't limit.
type OutputLimit struct {
	// HardBytes closes the connection at once when exceeded.
	HardBytes int64
	// SoftBytes closes the connection when exceeded for longer than SoftFor without a break.
	SoftBytes int64
	SoftFor   time.Duration
}

// OutputLimits holds one limit per Class.
type OutputLimits [numClasses]OutputLimit

// DefaultOutputLimits are Redis' defaults: none for normal connections, 256 MB or 64 MB for 60 s for replicas, 32 MB or
// 8 MB for 60 s for subscribers.
func DefaultOutputLimits() OutputLimits {
	return OutputLimits{
		Replica: {HardBytes: 256 << 20, SoftBytes: 64 << 20, SoftFor: time.Minute},
		PubSub:  {HardBytes: 32 << 20, SoftBytes: 8 << 20, SoftFor: time.Minute},
	}
}

// exceeded tells whether n unsent bytes break the limit at nowMs; since is the time the soft limit was first exceeded, 0
// if it was not, and is kept up to date.
func (o *OutputLimit) exceeded(n int64, nowMs int64, since *int64) bool {
	if o.HardBytes > 0 && n > o.HardBytes {
		return true
	}
	if o.SoftBytes <= 0 || n <= o.SoftBytes {
		*since = 0
		return false
	}
	if *since == 0 {
		*since = nowMs
		return false
	}
	return nowMs-*since > o.SoftFor.Milliseconds()
}

// fileLimit is the number of file descriptors the process may have open.
func fileLimit() int {
	var lim syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &lim); err != nil || lim.Cur > 1<<30 {
		return 1 << 30
	}
	return int(lim.Cur)
}
