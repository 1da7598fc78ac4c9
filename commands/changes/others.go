package changes

import (
	"encoding/binary"
	"math"

	"github.com/mnorrsken/postkeys/notify"
	"github.com/mnorrsken/postkeys/pg"
)

// What nodes tell each other.
const (
	kindKeys     = firstKind + iota // keys that have changed, see appendChange
	kindInterest                    // number (uvarint), Interest (a byte)
	kindNoted                       // number of an interest (uvarint), whether it was not in force before (a byte)
)

// firstKind leaves room for those of package pubsub.
const firstKind = notify.FirstKind + 16

// maxNameBytes is how long a name may be and still be told. In place of a longer
// one the whole database index is named.
const maxNameBytes = 4096

// packetBytes is about how much goes into one event, so that events find room in
// payloads.
const packetBytes = 2048

// tell sends other nodes the keys that one of them wants to know of.
func (h *Hub) tell(keys []pg.Change) {
	h.mu.Lock()
	var wanted Interest
	for _, i := range h.others {
		wanted |= i
	}
	h.mu.Unlock()
	var event []byte
	for i := range keys {
		if c := &keys[i]; wanted.wants(c) {
			event = appendChange(event, c)
		}
		if len(event) >= packetBytes {
			h.path.Send(kindKeys, event)
			event = event[:0]
		}
	}
	if len(event) > 0 {
		h.path.Send(kindKeys, event)
	}
}

// appendChange writes a change as index (varint), type (a byte, allKeys for all),
// number of elements (uvarint), length of the name (uvarint), name.
func appendChange(dst []byte, c *pg.Change) []byte {
	dst = binary.AppendVarint(dst, int64(c.DB))
	if c.All || len(c.Name) > maxNameBytes {
		return append(dst, allKeys)
	}
	dst = binary.AppendUvarint(append(dst, byte(c.Type)), uint64(c.Count()))
	dst = binary.AppendUvarint(dst, uint64(len(c.Name)))
	return append(dst, c.Name...)
}

// allKeys stands in place of a type.
const allKeys = 0xff

// nextChange takes the first change off. It returns ok false if there is none, or
// it is not one.
func nextChange(data []byte) (c pg.Change, rest []byte, ok bool) {
	db, n := binary.Varint(data)
	if n <= 0 || n >= len(data) {
		return c, nil, false
	}
	c.DB = int(db)
	if data[n] == allKeys {
		c.All = true
		return c, data[n+1:], true
	}
	c.Type, data = pg.Type(data[n]), data[n+1:]
	elements, n := binary.Uvarint(data)
	if n <= 0 || elements > math.MaxInt64 {
		return c, nil, false
	}
	c.Elements, data = int64(elements), data[n:]
	length, n := binary.Uvarint(data)
	if n <= 0 || length > uint64(len(data)-n) {
		return c, nil, false
	}
	c.Name = data[n : n+int(length)]
	c.Hash = pg.HashKey(c.DB, c.Name)
	return c, data[n+int(length):], true
}

// Receive implements notify.Receiver.
func (h *Hub) Receive(from int64, k notify.Kind, data []byte) {
	switch k { //nolint:exhaustive // the other kinds are for other receivers
	case kindKeys:
		h.hear(data)
	case kindInterest:
		h.note(from, data)
	case kindNoted:
		h.confirmed(from, data)
	}
}

// note remembers what another node wants to know, and confirms it.
func (h *Hub) note(from int64, data []byte) {
	number, n := binary.Uvarint(data)
	if n <= 0 || n >= len(data) {
		return
	}
	interest, fresh := Interest(data[n]), byte(0)
	h.mu.Lock()
	if interest&^h.others[from] != 0 {
		fresh = 1
	}
	h.others[from] = interest
	h.weigh()
	h.mu.Unlock()
	// Behind weigh: what is committed from now on is told.
	h.path.SendTo(from, kindNoted, binary.AppendUvarint(nil, number), []byte{fresh})
}

// confirmed hears that another node knows what this one wants to know. What it has
// committed before, it may not have told.
func (h *Hub) confirmed(from int64, data []byte) {
	number, n := binary.Uvarint(data)
	if n <= 0 || n >= len(data) {
		return
	}
	h.mu.Lock()
	h.noted[from] = max(h.noted[from], number)
	settled := h.settle()
	h.mu.Unlock()
	if settled || data[n] != 0 {
		h.missed()
	}
}

// settle notes whether all other nodes have confirmed the latest declaration, and
// reports whether that is new. MUST be called with mu held.
func (h *Hub) settle() bool {
	for _, node := range h.path.Nodes() {
		if h.noted[node] < h.number {
			return false
		}
	}
	return !h.settled.Swap(true)
}

// hear hands the keys of an event to the listeners.
func (h *Hub) hear(data []byte) {
	var keys []pg.Change
	for len(data) > 0 {
		c, rest, ok := nextChange(data)
		if !ok {
			break
		}
		keys, data = append(keys, c), rest
	}
	for _, l := range *h.listeners.Load() {
		if l.remote != 0 {
			l.listener.Changed(Origin{Remote: true}, keys)
		}
	}
}

// Left implements notify.Receiver. A node may have committed something and been
// killed before it told. One that only says everything again goes on to be told
// what it was told before.
func (h *Hub) Left(node int64, again bool) {
	if !again {
		h.mu.Lock()
		delete(h.others, node)
		delete(h.noted, node)
		h.weigh()
		h.settle()
		h.mu.Unlock()
	}
	h.missed()
}

// Lost implements notify.Receiver. The others may have forgotten what this node
// wants to know.
func (h *Hub) Lost() {
	h.mu.Lock()
	h.number++
	h.settled.Store(false)
	h.path.Changed()
	h.settle()
	h.mu.Unlock()
	h.missed()
}

// State implements notify.Receiver.
func (h *Hub) State(send notify.Send) { h.Changes(send) }

// Changes implements notify.Receiver. It is declared again and again to whoever
// asks, under one number.
func (h *Hub) Changes(send notify.Send) {
	h.mu.Lock()
	declared, number := h.declared, h.number
	h.mu.Unlock()
	if number > 0 {
		send(kindInterest, binary.AppendUvarint(nil, number), []byte{byte(declared)})
	}
}
