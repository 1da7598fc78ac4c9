package notify

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"github.com/mnorrsken/postkeys/pg"
)

const (
	// beatEvery is how often a node says that it is alive.
	beatEvery = time.Second
	// roundTrip is how long an answer of PostgreSQL may take before the connection
	// counts as lost.
	roundTrip = 5 * time.Second
	// maxGuess bounds the memory that is made for a large message before it has come.
	maxGuess = 1 << 30
	// joinPatience bounds the wait for the state of the others. One that hangs is
	// not alive any more before that.
	joinPatience = 10 * time.Second
	// leaveTimeout bounds the farewell.
	leaveTimeout = 2 * time.Second
)

// listen keeps the connection on which the node hears the others.
func (b *Bus) listen(ctx context.Context) {
	var pause backoff
	heard := false
	for {
		l, err := b.connect(ctx)
		if err == nil {
			pause = backoff{}
			b.hearing.Store(true)
			if heard {
				b.opts.Receiver.Lost()
			}
			heard = true
			err = b.hear(ctx, l)
			b.hearing.Store(false)
			if ctx.Err() != nil {
				return
			}
			b.Lost.Add(1)
			b.opts.Receiver.Lost()
			b.opts.Log.Warn("the connection on which other nodes are heard is lost", "error", pg.ReasonOf(err))
		}
		if !pause.wait(ctx) {
			return
		}
	}
}

func (b *Bus) connect(ctx context.Context) (*pg.Listener, error) {
	ctx, cancel := context.WithTimeout(ctx, roundTrip)
	defer cancel()
	return pg.Listen(ctx, b.opts.PG, b.node)
}

// hear receives until the connection is lost or ctx is done.
func (b *Bus) hear(ctx context.Context, l *pg.Listener) (err error) {
	defer func() {
		if ctx.Err() == nil {
			l.Close()
			return
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
		defer cancel()
		err = errors.Join(err, l.Leave(ctx))
	}()
	b.peers.unsync()
	began := time.Now()
	for ctx.Err() == nil {
		if err := b.beat(l); err != nil {
			return err
		}
		for ctx.Err() == nil {
			b.askPeers()
			if b.peers.synced() || time.Since(began) > joinPatience {
				b.join()
			}
			wait := time.Until(b.beaten.Add(beatEvery))
			if wait <= 0 {
				break
			}
			payload, err := l.Next(ctx, wait)
			if err != nil {
				return err
			}
			if payload != "" {
				if err := b.open(l, payload); err != nil {
					return err
				}
			}
		}
	}
	return ctx.Err()
}

// beat tells the registry that the node is alive, and hears who else is.
func (b *Bus) beat(l *pg.Listener) error {
	nodes, err := l.Beat(roundTrip)
	if err != nil {
		return err
	}
	b.beaten = time.Now()
	if b.opts.Beat != nil {
		b.opts.Beat()
	}
	for _, n := range b.peers.setAlive(nodes) {
		b.opts.Receiver.Left(n, false)
	}
	return nil
}

// askPeers asks those whose state is not known for it.
func (b *Bus) askPeers() {
	for _, n := range b.peers.toAsk(time.Now()) {
		b.queue.put(n, kindAsk)
	}
}

// open takes a payload apart. One that cannot be read is left: another version
// may have sent it, or somebody who knows the channel's name.
func (b *Bus) open(l *pg.Listener, payload string) error {
	node, err := sender(payload)
	if node == b.node {
		return nil // our own comes back
	}
	var packet, events []byte
	var h header
	if err == nil {
		packet, err = decode(payload)
	}
	if err == nil {
		h, events, err = parseHeader(packet)
	}
	if err != nil {
		b.opts.Log.Debug("a payload between nodes is not one", "error", err)
		return nil
	}
	b.Received.Add(1)
	if !b.peers.note(h) || h.to != everybody && h.to != b.node {
		return nil
	}
	for len(events) > 0 {
		var k Kind
		var data []byte
		if k, data, events, err = nextEvent(events); err != nil {
			b.opts.Log.Debug("a packet between nodes cannot be read", "error", err)
			return nil
		}
		if k == kindStored {
			if err := b.fetch(l, h, data); err != nil {
				return err
			}
			continue
		}
		b.receive(h.node, k, data)
	}
	return nil
}

// receive does what an event says.
func (b *Bus) receive(from int64, k Kind, data []byte) {
	switch {
	case k == kindAsk:
		b.peers.asks(from)
		b.queue.signal()
	case k == kindState:
		b.peers.fill(from, true)
		b.opts.Receiver.Left(from, true)
	case k == kindStateEnd:
		b.peers.fill(from, false)
	case k >= FirstKind:
		b.opts.Receiver.Receive(from, k, data)
	}
}

// fetch gets the event that a packet has announced. The connection to listen on
// does it: the events of a node keep their order.
func (b *Bus) fetch(l *pg.Listener, h header, size []byte) error {
	want, _ := binary.Uvarint(size)
	body := make([]byte, 0, min(want, maxGuess))
	for piece, before := int32(0), -1; len(body) > before && uint64(len(body)) < want; piece++ {
		if time.Since(b.beaten) >= beatEvery { // a node that says nothing for long counts as gone
			if err := b.beat(l); err != nil {
				return err
			}
		}
		before = len(body)
		var err error
		if body, err = l.Fetch(body, h.node, h.number, piece, roundTrip); err != nil {
			return err
		}
	}
	if uint64(len(body)) != want || want == 0 {
		b.opts.Log.Warn("a large message of another node is gone before it could be fetched", "bytes", want)
		return nil
	}
	k, data, _, err := nextEvent(body)
	if err == nil {
		b.receive(h.node, k, data)
	}
	return nil
}
