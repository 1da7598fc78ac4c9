package pubsub

import (
	"sync"
	"sync/atomic"
)

// Output is the connection of a subscriber.
type Output interface {
	// PushShared sends bytes that are not changed any more.
	PushShared(buf []byte)
	// Close closes the connection.
	Close()
}

// maxHeldBytes bounds what a subscriber holds.
const maxHeldBytes = 32 << 20

// Subscriber is a session that has subscribed to something.
//
// While its session works on a batch whose replies have to come before the
// messages, it holds: messages are kept, and given out by Release or Take.
type Subscriber struct {
	out   Output
	resp3 atomic.Bool

	// Guarded by Hub.mu.
	subs  [numKinds][]*subscription
	index map[*topic]*subscription // nil while there are few

	mu        sync.Mutex
	holds     bool
	held      [][]byte
	heldBytes int
}

// NewSubscriber returns a subscriber that gets its messages in one version of
// the protocol.
func NewSubscriber(out Output, resp3 bool) *Subscriber {
	s := &Subscriber{out: out}
	s.resp3.Store(resp3)
	return s
}

// SetRESP3 changes the protocol of later messages.
func (s *Subscriber) SetRESP3(on bool) { s.resp3.Store(on) }

// manySubscriptions is where a list is not searched any more.
const manySubscriptions = 16

// countClass is the number of subscriptions that a confirmation tells. MUST be
// called with Hub.mu held.
func (s *Subscriber) countClass(k Kind) int {
	if k == Shard {
		return len(s.subs[Shard])
	}
	return len(s.subs[Channel]) + len(s.subs[Pattern])
}

// find returns the subscription to a topic. MUST be called with Hub.mu held.
func (s *Subscriber) find(t *topic) *subscription {
	if s.index != nil {
		return s.index[t]
	}
	for _, sn := range s.subs[t.kind] {
		if sn.topic == t {
			return sn
		}
	}
	return nil
}

// add puts a subscription on the list. MUST be called with Hub.mu held.
func (s *Subscriber) add(sn *subscription) {
	k := sn.topic.kind
	sn.inSub = int32(len(s.subs[k]))
	s.subs[k] = append(s.subs[k], sn)
	switch {
	case s.index != nil:
		s.index[sn.topic] = sn
	case len(s.subs[k]) > manySubscriptions:
		s.index = make(map[*topic]*subscription)
		for _, list := range s.subs {
			for _, sn := range list {
				s.index[sn.topic] = sn
			}
		}
	}
}

// remove takes a subscription off the list. MUST be called with Hub.mu held.
func (s *Subscriber) remove(sn *subscription) {
	list := s.subs[sn.topic.kind]
	last := list[len(list)-1]
	list[sn.inSub], last.inSub = last, sn.inSub
	list[len(list)-1] = nil
	s.subs[sn.topic.kind] = list[:len(list)-1]
	if len(list) == 1 {
		s.subs[sn.topic.kind] = nil
	}
	delete(s.index, sn.topic)
	if len(s.index) == 0 {
		s.index = nil
	}
}

// deliver hands a message out. Safe from any goroutine.
func (s *Subscriber) deliver(m *message) { s.Deliver(m.encoded(s.resp3.Load())) }

// Deliver sends bytes that are not changed any more as a message that nobody has
// published. Safe from any goroutine.
func (s *Subscriber) Deliver(buf []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.holds:
		s.out.PushShared(buf)
	case s.heldBytes > maxHeldBytes:
		s.out.Close() // its commands take longer than it can afford
	default:
		s.held = append(s.held, buf)
		s.heldBytes += len(buf)
	}
}

// Hold keeps messages from now on.
func (s *Subscriber) Hold() {
	s.mu.Lock()
	s.holds = true
	s.mu.Unlock()
}

// Holds reports whether messages are kept. Only who calls Hold and Release may
// rely on it.
func (s *Subscriber) Holds() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.holds
}

// Take returns the messages kept so far, for the caller to send.
func (s *Subscriber) Take() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.held
	s.held, s.heldBytes = nil, 0
	return held
}

// Release sends what was kept, and keeps no more.
func (s *Subscriber) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, buf := range s.held {
		s.out.PushShared(buf)
	}
	s.holds, s.held, s.heldBytes = false, nil, 0
}
