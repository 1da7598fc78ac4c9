package pubsub

import (
	"slices"
	"sync"

	"github.com/mnorrsken/postkeys/commands/glob"
	"github.com/mnorrsken/postkeys/notify"
)

// Kind is what a subscription names.
type Kind uint8

// The kinds of subscriptions.
const (
	Channel Kind = iota
	Pattern
	Shard // a channel of sharded pub/sub
	numKinds
)

// Path is the way to the other nodes: a notify.Bus.
type Path interface {
	Alone() bool
	Send(k notify.Kind, data ...[]byte)
	Changed()
}

// Hub holds the subscriptions. Its methods are safe from any goroutine, those
// that change the subscriptions of one Subscriber from one at a time.
type Hub struct {
	path Path

	mu      sync.RWMutex
	topics  [numKinds]map[string]*topic
	others  map[int64]*announced
	changed map[subject]struct{} // what other nodes have not been told
}

// subject is what the number of subscribers is announced of.
type subject struct {
	kind Kind
	name string
}

// topic is a channel or pattern with subscribers on this node.
type topic struct {
	subject
	// mu is held while a message is handed out, so that all get the messages of a
	// channel in one order.
	mu sync.Mutex
	// subs is guarded by Hub.mu.
	subs []*subscription
}

// subscription stands in the lists of its topic and of its subscriber.
type subscription struct {
	topic   *topic
	sub     *Subscriber
	inTopic int32 // its place in the list of the topic,
	inSub   int32 // and in that of the subscriber
}

// NewHub returns a hub; SetPath MUST be called before anything else.
func NewHub() *Hub {
	h := &Hub{others: make(map[int64]*announced), changed: make(map[subject]struct{})}
	for k := range h.topics {
		h.topics[k] = make(map[string]*topic)
	}
	return h
}

// SetPath says which way the other nodes are reached.
func (h *Hub) SetPath(p Path) { h.path = p }

// Subscribe adds a subscription and returns how many of the kind's class the
// subscriber has then: channels and patterns are counted together.
func (h *Hub) Subscribe(s *Subscriber, k Kind, name []byte) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[k][string(name)]
	if t == nil {
		t = &topic{subject: subject{k, string(name)}}
		h.topics[k][t.name] = t
	} else if s.find(t) != nil {
		return s.countClass(k)
	}
	sn := &subscription{topic: t, sub: s, inTopic: int32(len(t.subs))}
	t.subs = append(t.subs, sn)
	s.add(sn)
	h.noteChange(t)
	return s.countClass(k)
}

// Unsubscribe removes a subscription, if there is one, and returns how many are
// left, as Subscribe does.
func (h *Hub) Unsubscribe(s *Subscriber, k Kind, name []byte) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t := h.topics[k][string(name)]; t != nil {
		if sn := s.find(t); sn != nil {
			h.remove(sn)
		}
	}
	return s.countClass(k)
}

// Names returns what a subscriber is subscribed to, of one kind.
func (h *Hub) Names(s *Subscriber, k Kind) [][]byte {
	h.mu.RLock()
	defer h.mu.RUnlock()
	names := make([][]byte, 0, len(s.subs[k]))
	for _, sn := range s.subs[k] {
		names = append(names, []byte(sn.topic.name))
	}
	return names
}

// Counts returns how many channels, patterns and shard channels a subscriber is
// subscribed to.
func (h *Hub) Counts(s *Subscriber) (channels, patterns, shards int) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(s.subs[Channel]), len(s.subs[Pattern]), len(s.subs[Shard])
}

// Drop removes all subscriptions of a subscriber.
func (h *Hub) Drop(s *Subscriber) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for k := range s.subs {
		for len(s.subs[k]) > 0 {
			h.remove(s.subs[k][len(s.subs[k])-1])
		}
	}
}

// remove takes a subscription off both lists. MUST be called with mu held.
func (h *Hub) remove(sn *subscription) {
	sn.sub.remove(sn)
	t := sn.topic
	last := t.subs[len(t.subs)-1]
	t.subs[sn.inTopic], last.inTopic = last, sn.inTopic
	t.subs[len(t.subs)-1] = nil
	t.subs = t.subs[:len(t.subs)-1]
	if spare := cap(t.subs); spare > 64 && len(t.subs) < spare/4 {
		t.subs = slices.Clip(slices.Clone(t.subs))
	}
	if len(t.subs) == 0 {
		delete(h.topics[t.kind], t.name)
	}
	h.noteChange(t)
}

// noteChange has the other nodes told how many subscribers a topic has. MUST be
// called with mu held.
func (h *Hub) noteChange(t *topic) {
	if !h.path.Alone() {
		h.changed[t.subject] = struct{}{}
		h.path.Changed()
	}
}

// matches reports whether a pattern of PSUBSCRIBE or PUBSUB CHANNELS matches a
// channel.
func matches[N string | []byte](pattern string, channel N) bool {
	return glob.Match(pattern, channel, false)
}
