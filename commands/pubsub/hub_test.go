package pubsub

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mnorrsken/postkeys/notify"
)

// inbox is the output of a subscriber.
type inbox struct {
	mu       sync.Mutex
	messages []string
	closed   bool
}

func (i *inbox) PushShared(buf []byte) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.messages = append(i.messages, string(buf))
}

func (i *inbox) Close() { i.closed = true }

// wire is a path that keeps what is sent, for another hub to hear.
type wire struct {
	alone bool
	sent  []event
}

type event struct {
	kind notify.Kind
	data []byte
}

func (w *wire) Alone() bool { return w.alone }
func (w *wire) Changed()    {}

func (w *wire) Send(k notify.Kind, data ...[]byte) {
	w.sent = append(w.sent, event{k, slices.Concat(data...)})
}

func newHub(alone bool) (*Hub, *wire) {
	h, w := NewHub(), &wire{alone: alone}
	h.SetPath(w)
	return h, w
}

// hears passes on what has been sent, as node 1.
func (h *Hub) hears(w *wire) {
	for _, e := range w.sent {
		h.Receive(1, e.kind, e.data)
	}
	w.sent = nil
}

func TestHeldMessagesKeepTheirOrder(t *testing.T) {
	t.Parallel()
	h, _ := newHub(true)
	var in inbox
	s := NewSubscriber(&in, false)
	s.Hold()
	h.Subscribe(s, Channel, []byte("c"))
	h.Publish(Channel, []byte("c"), []byte("1"))
	h.Publish(Channel, []byte("c"), []byte("2"))
	if len(in.messages) != 0 {
		t.Fatalf("%q came in spite of Hold", in.messages)
	}
	if taken := s.Take(); len(taken) != 2 || !strings.HasSuffix(string(taken[1]), "2\r\n") {
		t.Fatalf("took %q", taken)
	}
	h.Publish(Channel, []byte("c"), []byte("3"))
	s.Release()
	h.Publish(Channel, []byte("c"), []byte("4"))
	if len(in.messages) != 2 || !strings.HasSuffix(in.messages[0], "3\r\n") || !strings.HasSuffix(in.messages[1], "4\r\n") {
		t.Fatalf("got %q", in.messages)
	}
	s.Hold()
	h.Publish(Channel, []byte("c"), make([]byte, maxHeldBytes+1))
	h.Publish(Channel, []byte("c"), []byte("5"))
	if !in.closed {
		t.Error("a subscriber may hold any amount")
	}
}

// TestManySubscriptions adds and removes so many that all forms of the lists are
// used, and compares with a plain set.
func TestManySubscriptions(t *testing.T) {
	t.Parallel()
	h, _ := newHub(true)
	var in [40]inbox
	var subs [40]*Subscriber
	want := make(map[string]bool)
	for i := range subs {
		subs[i] = NewSubscriber(&in[i], i%2 == 0)
	}
	for step := range 20000 {
		i, name := step*7%len(subs), fmt.Sprint(step*step%97)
		kind := Kind(step % 3)
		key := fmt.Sprint(i, " ", kind, " ", name)
		if step%5 < 3 {
			h.Subscribe(subs[i], kind, []byte(name))
			want[key] = true
		} else {
			h.Unsubscribe(subs[i], kind, []byte(name))
			delete(want, key)
		}
	}
	total := 0
	for i, s := range subs {
		for kind := range numKinds {
			for _, name := range h.Names(s, kind) {
				if !want[fmt.Sprint(i, " ", kind, " ", string(name))] {
					t.Errorf("subscriber %d has %s of kind %d", i, name, kind)
				}
				total++
			}
		}
	}
	if total != len(want) || total == 0 {
		t.Errorf("%d subscriptions, want %d", total, len(want))
	}
	for name := range 97 {
		channel := []byte(fmt.Sprint(name))
		receivers := h.Receivers(Channel, channel)
		if n := h.Publish(Channel, channel, []byte("x")); n != receivers {
			t.Errorf("%d receivers were announced, %d got it", receivers, n)
		}
	}
	for _, s := range subs {
		h.Drop(s)
	}
	for kind := range numKinds {
		if n := h.CountActive(kind); n != 0 {
			t.Errorf("%d topics of kind %d are left", n, kind)
		}
	}
}

func TestStateOfAnotherNode(t *testing.T) {
	t.Parallel()
	a, wireA := newHub(false)
	b, _ := newHub(false)
	var in inbox
	s := NewSubscriber(&in, false)
	a.Subscribe(s, Channel, []byte("c"))
	a.Subscribe(s, Pattern, []byte("c*"))
	a.Subscribe(s, Shard, []byte("\x00"))
	a.State(wireA.Send)
	b.hears(wireA)
	if n := b.Receivers(Channel, []byte("c")); n != 2 {
		t.Errorf("b counts %d receivers", n)
	}
	if got := b.Active(Shard, nil); !slices.Equal(got, []string{"\x00"}) {
		t.Errorf("b knows the shard channels %q", got)
	}
	a.Unsubscribe(s, Channel, []byte("c"))
	a.Changes(wireA.Send)
	b.hears(wireA)
	if n := b.Receivers(Channel, []byte("c")); n != 1 {
		t.Errorf("b counts %d receivers of c*", n)
	}
	b.Left(1, false)
	if n := b.CountActive(Pattern); n != 0 {
		t.Errorf("%d patterns are left", n)
	}
	for _, bad := range []event{{kindMessage, nil}, {kindMessage, []byte{5, 'a'}}, {kindCount, nil}, {kindCount, []byte{9, 1}}, {kindCount, []byte{0}}} {
		b.Receive(1, bad.kind, bad.data)
	}
}

// TestMemoryOfSubscribers: ten thousand subscribers, each of a channel of its own,
// cost little beside their connections.
func TestMemoryOfSubscribers(t *testing.T) {
	const subscribers = 10000
	h, _ := newHub(true)
	in := &inbox{}
	subs := make([]*Subscriber, subscribers)
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	for i := range subs {
		subs[i] = NewSubscriber(in, false)
		h.Subscribe(subs[i], Channel, fmt.Appendf(nil, "channel:%d", i))
	}
	each := (heap() - before) / subscribers
	t.Logf("%d bytes each", each)
	if each > 800 {
		t.Errorf("a subscriber takes %d bytes", each)
	}
	runtime.KeepAlive(subs)
}
