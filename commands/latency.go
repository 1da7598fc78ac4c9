package commands

import (
	"math/bits"
	"sync/atomic"
)

// A latency histogram counts durations in buckets whose bounds never change:
// four to each power of two of nanoseconds, from a microsecond on. Any two can
// be subtracted or merged, and a power of two is always the bound of a bucket.
const (
	firstOctave      = 10 // durations below 2^10 ns share the first bucket
	lastOctave       = 36 // those of 2^36 ns, 69 s, and more the last one
	bucketsPerOctave = 4
	latencyBuckets   = (lastOctave-firstOctave)*bucketsPerOctave + 2
)

// latency counts durations; safe from any goroutine.
type latency [latencyBuckets]atomic.Int64

// counts is a reading of a histogram.
type counts [latencyBuckets]int64

// bucketOf returns the bucket of a duration.
func bucketOf(nanos int64) int {
	octave := bits.Len64(uint64(max(nanos, 0))) - 1
	switch {
	case octave < firstOctave:
		return 0
	case octave >= lastOctave:
		return latencyBuckets - 1
	}
	quarter := int(nanos>>(octave-2)) & (bucketsPerOctave - 1)
	return (octave-firstOctave)*bucketsPerOctave + quarter + 1
}

// boundOf returns the first duration above a bucket, which for the last one is
// that of the bucket before it.
func boundOf(bucket int) (nanos int64) {
	if bucket == 0 {
		return 1 << firstOctave
	}
	octave, quarter := (bucket-1)/bucketsPerOctave, (bucket-1)%bucketsPerOctave
	if bucket == latencyBuckets-1 {
		return 1 << lastOctave
	}
	return int64(bucketsPerOctave+quarter+1) << (firstOctave + octave - 2)
}

// read returns the counts as of now, without those of a reading before.
func (l *latency) read(before *counts) (c counts, total int64) {
	for i := range l {
		c[i] = l[i].Load()
		if before != nil {
			c[i] -= before[i]
		}
		total += c[i]
	}
	return c, total
}

// percentile returns a duration that p percent of those counted do not exceed.
func (c *counts) percentile(p float64, total int64) (nanos int64) {
	want := max(1, int64(p/100*float64(total)+0.5))
	seen := int64(0)
	for i, n := range c {
		if seen += n; seen >= want {
			return boundOf(i)
		}
	}
	return 0
}
