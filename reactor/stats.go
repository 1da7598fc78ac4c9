package reactor

import "sync/atomic"

// Stats are counts since the start, except Current.
type Stats struct {
	Received int64 // connections accepted and not refused
	Rejected int64 // connections refused: maxclients, or by the handler
	Current  int64 // connections open now

	BytesIn  int64 // bytes read from sockets
	BytesOut int64 // bytes written to sockets or waiting in their output buffers

	QueryBufferCloses  int64 // connections closed for too much undecoded input
	OutputBufferCloses int64 // connections closed for too much unsent output
	IdleCloses         int64 // connections closed by the idle timeout
}

// counters are those that change rarely enough to be shared by the loops.
type counters struct {
	received, rejected, current      atomic.Int64
	queryCloses, outCloses, idleGone atomic.Int64
}

// Stats returns the counts. Safe from any goroutine.
func (r *Reactor) Stats() Stats {
	s := Stats{
		Received:           r.count.received.Load(),
		Rejected:           r.count.rejected.Load(),
		Current:            r.count.current.Load(),
		QueryBufferCloses:  r.count.queryCloses.Load(),
		OutputBufferCloses: r.count.outCloses.Load(),
		IdleCloses:         r.count.idleGone.Load(),
	}
	for _, l := range r.allLoops() {
		s.BytesIn += l.bytesIn.Load()
		s.BytesOut += l.bytesOut.Load()
	}
	return s
}
