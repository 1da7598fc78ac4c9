package pubsub

import (
	"encoding/binary"

	"github.com/mnorrsken/postkeys/notify"
)

// announced is how many subscribers another node has.
type announced struct {
	counts [numKinds]map[string]int
}

// elsewhere returns how many subscribers of other nodes get a message.
func (h *Hub) elsewhere(k Kind, channel []byte) (receivers int) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, o := range h.others {
		receivers += o.counts[k][string(channel)]
		if k != Channel {
			continue
		}
		for pattern, n := range o.counts[Pattern] {
			if matches(pattern, channel) {
				receivers += n
			}
		}
	}
	return receivers
}

// Receive implements notify.Receiver.
func (h *Hub) Receive(from int64, k notify.Kind, data []byte) {
	switch k {
	case kindMessage, kindShardMessage:
		n, size := binary.Uvarint(data)
		if size <= 0 || n > uint64(len(data)-size) {
			return
		}
		kind := Channel
		if k == kindShardMessage {
			kind = Shard
		}
		h.deliver(kind, data[size:size+int(n)], data[size+int(n):])
	case kindCount:
		if len(data) == 0 || Kind(data[0]) >= numKinds {
			return
		}
		n, size := binary.Uvarint(data[1:])
		if size > 0 {
			h.setCount(from, Kind(data[0]), int(n), string(data[1+size:]))
		}
	}
}

func (h *Hub) setCount(node int64, k Kind, n int, name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	o := h.others[node]
	if o == nil {
		o = &announced{}
		h.others[node] = o
	}
	switch {
	case n == 0:
		delete(o.counts[k], name)
	case o.counts[k] == nil:
		o.counts[k] = map[string]int{name: n}
	default:
		o.counts[k][name] = n
	}
}

// Left implements notify.Receiver.
func (h *Hub) Left(node int64, _ bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.others, node)
}

// Lost implements notify.Receiver. A message that was missed is lost, as it is
// for a client that has to connect again.
func (h *Hub) Lost() {}

// State implements notify.Receiver.
func (h *Hub) State(send notify.Send) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, topics := range h.topics {
		for _, t := range topics {
			sendCount(send, t.subject, len(t.subs))
		}
	}
}

// Changes implements notify.Receiver.
func (h *Hub) Changes(send notify.Send) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.changed {
		n := 0
		if t := h.topics[s.kind][s.name]; t != nil {
			n = len(t.subs)
		}
		sendCount(send, s, n)
	}
	clear(h.changed)
}

func sendCount(send notify.Send, s subject, n int) {
	send(kindCount, binary.AppendUvarint([]byte{byte(s.kind)}, uint64(n)), []byte(s.name))
}

// CountSubscribers returns the number of subscribers of a channel on all nodes.
func (h *Hub) CountSubscribers(k Kind, name []byte) (n int) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if t := h.topics[k][string(name)]; t != nil {
		n = len(t.subs)
	}
	for _, o := range h.others {
		n += o.counts[k][string(name)]
	}
	return n
}

// Active returns the names that have a subscriber on any node. A pattern, if
// there is one, selects among them.
func (h *Hub) Active(k Kind, pattern []byte) []string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	wanted, seen := string(pattern), make(map[string]struct{})
	for name := range h.topics[k] {
		seen[name] = struct{}{}
	}
	for _, o := range h.others {
		for name := range o.counts[k] {
			seen[name] = struct{}{}
		}
	}
	names := make([]string, 0, len(seen))
	for name := range seen {
		if pattern == nil || matches(wanted, name) {
			names = append(names, name)
		}
	}
	return names
}

// CountActive is the number of names that Active returns without a pattern.
func (h *Hub) CountActive(k Kind) int {
	h.mu.RLock()
	alone := len(h.others) == 0
	n := len(h.topics[k])
	h.mu.RUnlock()
	if alone {
		return n
	}
	return len(h.Active(k, nil))
}
