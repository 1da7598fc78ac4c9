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
	// sendTimeout bounds a transaction that notifies, and each piece of a large message.
	sendTimeout = 10 * time.Second
	// storedFor is how long the others have to fetch a large message.
	storedFor = time.Minute
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
	since  time.Time
	pause  backoff
	stored []stored
}

// stored is a large message that was announced and is to be removed.
type stored struct {
	number int64
	until  time.Time
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
	s.forget(ctx)
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
func (s *outlet) transmit(ctx context.Context) error {
	if err := s.connect(ctx); err != nil {
		return err
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
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	return s.conn.Notify(ctx, payloads)
}

func (s *outlet) connect(ctx context.Context) error {
	if s.conn != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	conn, err := pg.ConnectNotifier(ctx, s.bus.opts.PG, s.bus.node)
	if err == nil {
		s.conn = conn
	}
	return err
}

// forget removes large messages that everybody has had time to fetch.
func (s *outlet) forget(ctx context.Context) {
	n := 0
	for n < len(s.stored) && time.Now().After(s.stored[n].until) {
		n++
	}
	if n == 0 || s.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	if s.conn.ForgetStored(ctx, s.stored[n-1].number) == nil { // or with the next; a lost connection shows there
		s.stored = s.stored[n:]
	}
}

// store puts a large packet where the others can fetch it.
func (s *outlet) store(ctx context.Context, p packet) error {
	h, events, err := parseHeader(p.buf)
	if err != nil {
		return err
	}
	if err := s.conn.Store(ctx, h.number, events, sendTimeout); err != nil {
		return err
	}
	s.stored = append(s.stored, stored{h.number, time.Now().Add(storedFor)})
	time.AfterFunc(storedFor+time.Second, s.bus.queue.signal)
	return nil
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
