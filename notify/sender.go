package notify

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/mnorrsken/postkeys/pg"
)

const (
	// sentAtOnce is how many packets share a transaction: so many cost little
	// more than one.
	sentAtOnce = 64
	// sendTimeout bounds a transaction that notifies.
	sendTimeout = 10 * time.Second
	// forgetEvery is the pause between two removals of large messages, while any
	// are sent.
	forgetEvery = 15 * time.Second
)

// outlet sends what is queued. It belongs to one goroutine.
type outlet struct {
	bus    *Bus
	conn   *pg.Notifier // nil: not connected
	number int64
	// unsent are packets with numbers, of which nobody knows whether they have
	// arrived: they are sent again, and receivers know them by their numbers.
	unsent []packet
	// since is when PostgreSQL was first found to be away, zero if it is there.
	since   time.Time
	pause   backoff
	stored  bool // large messages were sent and not removed yet
	forgets time.Time
}

func (b *Bus) send(ctx context.Context) {
	s := &outlet{bus: b}
	defer func() {
		if s.conn != nil {
			s.conn.Close()
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.queue.wake:
		}
		for s.next(ctx) {
		}
	}
}

// next sends some of the packets; false if there are none.
func (s *outlet) next(ctx context.Context) (more bool) {
	b := s.bus
	if len(s.unsent) == 0 {
		s.announce()
		s.unsent = b.queue.take(sentAtOnce)
		for _, p := range s.unsent {
			s.number++
			setNumber(p.buf, s.number)
		}
	}
	if len(s.unsent) == 0 || ctx.Err() != nil {
		return false
	}
	if err := s.transmit(ctx); err != nil {
		b.opts.Log.Debug("telling other nodes", "error", pg.ReasonOf(err))
		return s.retry(ctx)
	}
	b.Sent.Add(int64(len(s.unsent)))
	s.unsent, s.since, s.pause = nil, time.Time{}, backoff{}
	return true
}

// announce queues the state that others have asked for, and changes of it.
func (s *outlet) announce() {
	b := s.bus
	asked := b.peers.takeAsked()
	if b.resend.Swap(false) {
		asked = []int64{everybody}
	}
	for _, to := range asked {
		send := func(k Kind, data ...[]byte) { b.queue.put(to, k, data...) }
		send(kindState)
		b.opts.Receiver.State(send)
		send(kindStateEnd)
	}
	if b.changed.Swap(false) {
		b.opts.Receiver.Changes(func(k Kind, data ...[]byte) { b.queue.put(everybody, k, data...) })
	}
}

// transmit sends the packets at hand.
func (s *outlet) transmit(ctx context.Context) (err error) {
	b := s.bus
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	if s.conn == nil {
		if s.conn, err = pg.ConnectNotifier(ctx, b.opts.PG, b.node); err != nil {
			s.conn = nil
			return err
		}
	}
	payloads := make([][]byte, len(s.unsent))
	for i, p := range s.unsent {
		if p.stored {
			if err := s.store(ctx, p); err != nil {
				return err
			}
			p.buf = announcement(p)
		}
		payloads[i] = encode(p.buf)
	}
	if err := s.conn.Notify(ctx, payloads); err != nil {
		return err
	}
	if s.stored && time.Since(s.forgets) > forgetEvery {
		s.forgets, s.stored = time.Now(), false
		return s.conn.ForgetStored(ctx)
	}
	return nil
}

// store puts a large packet where the others can fetch it.
func (s *outlet) store(ctx context.Context, p packet) error {
	s.stored = true
	h, events, err := parseHeader(p.buf)
	if err != nil {
		return err
	}
	return s.conn.Store(ctx, h.number, events)
}

// announcement is the packet that tells of one in the table.
func announcement(p packet) []byte {
	size := binary.AppendUvarint(nil, uint64(len(p.buf)-headerBytes))
	return appendEvent(append([]byte(nil), p.buf[:headerBytes]...), kindStored, size)
}

// retry prepares another attempt. What has waited for too long is dropped: those
// who would have heard it have lost their connections too.
func (s *outlet) retry(ctx context.Context) (more bool) {
	b := s.bus
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
	if s.since.IsZero() {
		s.since = time.Now()
	}
	if time.Since(s.since) > patience {
		dropped := len(s.unsent) + b.queue.clear()
		s.unsent = nil
		b.Dropped.Add(int64(dropped))
		b.resend.Store(true)
	}
	return s.pause.wait(ctx)
}
