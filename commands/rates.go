package commands

import (
	"context"
	"sync"
	"time"
)

// ConnectionStats are the figures that the reactor keeps, since the start.
type ConnectionStats struct {
	Received, Rejected                    int64
	BytesIn, BytesOut                     int64
	QueryBufferCloses, OutputBufferCloses int64
	IdleCloses                            int64
}

func (c ConnectionStats) minus(o ConnectionStats) ConnectionStats {
	return ConnectionStats{
		c.Received - o.Received, c.Rejected - o.Rejected, c.BytesIn - o.BytesIn, c.BytesOut - o.BytesOut,
		c.QueryBufferCloses - o.QueryBufferCloses, c.OutputBufferCloses - o.OutputBufferCloses,
		c.IdleCloses - o.IdleCloses,
	}
}

// Rates are measured over the last rateSamples periods.
const (
	ratePeriod  = 250 * time.Millisecond
	rateSamples = 8
)

// rates turns counters into figures per second.
type rates struct {
	mu      sync.Mutex
	samples [rateSamples + 1]rateSample // a ring
	next    int

	peakMemory uint64
}

type rateSample struct {
	at                 time.Time
	calls, read, wrote int64
}

// Watch takes the samples behind the instantaneous figures of INFO, and those
// that are compared with maxmemory, until ctx is done.
func (s *Server) Watch(ctx context.Context) {
	ticker := time.NewTicker(ratePeriod)
	defer ticker.Stop()
	for {
		s.sample(time.Now())
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (s *Server) sample(now time.Time) {
	conns, memory := s.connections(), heapBytes()
	s.memory.look(now, memory)
	r := &s.stats.rates
	r.mu.Lock()
	defer r.mu.Unlock()
	r.samples[r.next] = rateSample{now, s.stats.calls.Load(), conns.BytesIn, conns.BytesOut}
	r.next = (r.next + 1) % len(r.samples)
	r.peakMemory = max(r.peakMemory, memory)
}

// perSecond returns commands, bytes read and bytes written per second, lately.
func (r *rates) perSecond() (calls, read, wrote float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	newest := r.samples[(r.next+len(r.samples)-1)%len(r.samples)]
	oldest := r.samples[r.next]
	if oldest.at.IsZero() {
		oldest = r.samples[0] // the ring is not full yet
	}
	span := newest.at.Sub(oldest.at).Seconds()
	if span <= 0 {
		return 0, 0, 0
	}
	return float64(newest.calls-oldest.calls) / span, float64(newest.read-oldest.read) / span, float64(newest.wrote-oldest.wrote) / span
}

// peak returns the most memory seen in use.
func (r *rates) peak() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.peakMemory
}
