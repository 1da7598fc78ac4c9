// Package load measures latency with requests of the benchmark's own: one client that waits for each reply, and arrivals paced
// over many connections that wait for nothing.
//
// A paced request counts from the moment it was due, not from the moment it was sent, so a server that stalls is charged for
// everyone who would have come meanwhile. A run ends with an error when a reply is an error or when replies stay away.
package load

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Result holds what one run measured.
type Result struct {
	Latencies []time.Duration // of all requests, ascending
	Lags      []time.Duration // by which paced requests left later than due, ascending
	Elapsed   time.Duration
	Done      int // units, where several were sent at once
}

// Percentile is the smallest of the ascending values that p per cent of them do not exceed; 0 if there are none.
func Percentile[T cmp.Ordered](ascending []T, p float64) T {
	if len(ascending) == 0 {
		var zero T
		return zero
	}
	rank := int(math.Ceil(p / 100 * float64(len(ascending))))
	return ascending[min(max(rank, 1), len(ascending))-1]
}

// PerSecond is the rate at which requests were answered.
func (r *Result) PerSecond() float64 { return float64(len(r.Latencies)) / r.Elapsed.Seconds() }

func (r *Result) sort() {
	slices.Sort(r.Latencies)
	slices.Sort(r.Lags)
}
