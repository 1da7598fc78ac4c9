package pubsub

import (
	"encoding/binary"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/notify"
)

// message is what subscribers of a topic get. Each version of the protocol is
// written when the first asks for it, with the topic's lock held.
type message struct {
	kind    Kind
	pattern string
	channel []byte
	text    []byte

	resp2, resp3 []byte
}

// encoded returns the message as it is sent.
func (m *message) encoded(resp3 bool) []byte {
	buf := &m.resp2
	if resp3 {
		buf = &m.resp3
	}
	if *buf == nil {
		e := codec.Encoder{RESP3: resp3, Buf: make([]byte, 0, len(m.pattern)+len(m.channel)+len(m.text)+messageOverhead)}
		m.append(&e)
		*buf = e.Buf
	}
	return *buf
}

// messageOverhead is the most that a message takes beside its parts.
const messageOverhead = 80

func (m *message) append(e *codec.Encoder) {
	switch m.kind {
	case Pattern:
		e.Push(4)
		e.BulkString("pmessage")
		e.BulkString(m.pattern)
	case Shard:
		e.Push(3)
		e.BulkString("smessage")
	default:
		e.Push(3)
		e.BulkString("message")
	}
	e.Bulk(m.channel)
	e.Bulk(m.text)
}

// What nodes tell each other.
const (
	kindMessage      = notify.FirstKind + iota // length of the channel (uvarint), channel, text
	kindShardMessage                           // the same
	kindCount                                  // kind of the subject (a byte), number (uvarint), name
)

// Publish hands a message out, here and on all other nodes, and returns how many
// subscribers get it.
//
// It is sent to the others whether or not they have announced a subscriber: one
// that has been confirmed to its client, and not been announced to all yet, gets
// the message all the same.
func (h *Hub) Publish(k Kind, channel, text []byte) (receivers int) {
	receivers = h.deliver(k, channel, text) + h.elsewhere(k, channel)
	if !h.path.Alone() {
		kind := kindMessage
		if k == Shard {
			kind = kindShardMessage
		}
		h.path.Send(kind, binary.AppendUvarint(nil, uint64(len(channel))), channel, text)
	}
	return receivers
}

// Receivers returns how many subscribers a message would have, here and on all
// other nodes.
func (h *Hub) Receivers(k Kind, channel []byte) (receivers int) {
	h.mu.RLock()
	if t := h.topics[k][string(channel)]; t != nil {
		receivers += t.receivers()
	}
	for pattern, t := range h.topics[Pattern] {
		if k == Channel && matches(pattern, channel) {
			receivers += t.receivers()
		}
	}
	h.mu.RUnlock()
	return receivers + h.elsewhere(k, channel)
}

func (t *topic) receivers() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.subs)
}

// deliver hands a message out on this node.
func (h *Hub) deliver(k Kind, channel, text []byte) (receivers int) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if t := h.topics[k][string(channel)]; t != nil {
		receivers = t.deliver(&message{kind: k, channel: channel, text: text})
	}
	if k != Channel {
		return receivers
	}
	for pattern, t := range h.topics[Pattern] {
		if matches(pattern, channel) {
			receivers += t.deliver(&message{kind: Pattern, pattern: pattern, channel: channel, text: text})
		}
	}
	return receivers
}

func (t *topic) deliver(m *message) (receivers int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, sn := range t.subs {
		sn.sub.deliver(m)
	}
	return len(t.subs)
}
