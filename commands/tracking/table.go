package tracking

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/mnorrsken/postkeys/commands/changes"
	"github.com/mnorrsken/postkeys/pg"
)

// Hub tells of changes: a changes.Hub.
type Hub interface {
	Listen(l changes.Listener, here, remote changes.Interest)
}

// Table knows who may keep what. Its methods are safe from any goroutine; see
// Client for those that change one.
type Table struct {
	hub  Hub
	find func(id int64) (Output, bool)

	mu       sync.Mutex
	clients  map[int64]*Client
	active   atomic.Bool // there are any
	keys     map[string]*readers
	items    int64 // readers of all keys
	maxKeys  int   // 0: any number
	prefixes map[string]*prefix
	lengths  map[int]int // how many prefixes have a length
	// ending stops hearing of other nodes some time after the last client has left.
	ending *time.Timer
}

// remoteLinger is how long changes of other nodes are heard without a client:
// until they know that this node wants to hear of changes, all that changes
// counts as missed.
const remoteLinger = 10 * time.Second

// New returns a table. find returns the output of any client by its id.
func New(hub Hub, find func(id int64) (Output, bool)) *Table {
	return &Table{
		hub: hub, find: find,
		clients: make(map[int64]*Client), keys: make(map[string]*readers),
		prefixes: make(map[string]*prefix), lengths: make(map[int]int),
	}
}

// Enable turns tracking on for a client, or changes how it is tracked if c is not
// nil. Prefixes are added to those it has.
func (t *Table) Enable(c *Client, id int64, out Output, o Options, prefixes []string) *Client {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c == nil {
		c = &Client{id: id, out: out}
		t.clients[id] = c
		t.active.Store(true)
		if len(t.clients) == 1 {
			if t.ending != nil {
				t.ending.Stop()
			}
			t.hub.Listen(t, changes.Any, changes.Any)
		}
	}
	c.options = o
	c.broken.Store(false)
	if o.Broadcast {
		if len(prefixes) == 0 {
			prefixes = []string{""}
		}
		for _, p := range prefixes {
			t.follow(c, p)
		}
	}
	return c
}

// Disable turns tracking off for a client. The keys that it has read stay in the
// table until they change, or nobody is left.
func (t *Table) Disable(c *Client) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.clients[c.id] != c {
		return
	}
	for _, p := range c.prefixes {
		t.leave(c, p)
	}
	c.prefixes = nil
	delete(t.clients, c.id)
	if len(t.clients) > 0 {
		return
	}
	t.active.Store(false)
	t.keys, t.items = make(map[string]*readers), 0
	t.hub.Listen(t, 0, changes.Any)
	t.ending = time.AfterFunc(remoteLinger, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if len(t.clients) == 0 {
			t.hub.Listen(t, 0, 0)
		}
	})
}

// Active reports whether anybody is tracked: then it matters whose a change is.
func (t *Table) Active() bool { return t.active.Load() }

// Hold keeps the client's messages until Release: a batch is under way that reads.
func (t *Table) Hold(c *Client) { c.begin() }

// Claim is Read for a command that runs later, as part of a unit of work: see
// Client.UnitReads.
func (t *Table) Claim(c *Client, name []byte) { t.enter(c, name, true) }

// Read enters a client as one that may keep a key, and holds its messages. MUST be
// called before the key is looked at, or behind Watch.
func (t *Table) Read(c *Client, name []byte) { t.enter(c, name, false) }

func (t *Table) enter(c *Client, name []byte, claimed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c.begin()
	c.read = true
	r := t.keys[string(name)]
	if r == nil {
		r = &readers{}
		t.keys[string(name)] = r
	}
	if r.add(c.id, reading{c.batch, claimed}) {
		t.items++
	}
	if c.recent != nil {
		_, all := c.recent[""]
		if _, changed := c.recent[string(name)]; changed || all {
			t.tell(c, forget(name), true)
		}
	}
	t.limit()
}

// Watch holds the client's messages and remembers what changes until Release: the
// batch under way enters keys after they were loaded.
func (t *Table) Watch(c *Client) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c.begin()
	if c.recent == nil {
		c.recent = make(map[string]struct{})
	}
}

// Release sends what was held. MUST be called behind the replies.
func (t *Table) Release(c *Client) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c.holds.Store(false)
	for _, m := range c.held {
		t.send(c, m)
	}
	c.held, c.heldSize, c.recent = nil, 0, nil
	c.batch++
}

// SetMaxKeys bounds the number of keys, 0 for any number.
func (t *Table) SetMaxKeys(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.maxKeys = n
	t.limit()
}

// limit forgets keys while there are too many. Their readers are told. MUST be
// called with mu held.
func (t *Table) limit() {
	for t.maxKeys > 0 && len(t.keys) > t.maxKeys {
		for name := range t.keys { // in no order
			t.invalidate(name, 0, 0)
			break
		}
	}
}

// Figures are those of INFO.
type Figures struct{ Clients, Keys, Items, Prefixes int64 }

// Figures returns the sizes of the table.
func (t *Table) Figures() Figures {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Figures{int64(len(t.clients)), int64(len(t.keys)), t.items, int64(len(t.prefixes))}
}

// maxRecent bounds what a batch remembers of changes. The empty name stands for
// more, and so for all: an empty key is taken for changed too often.
const maxRecent = 1 << 12

// Changed implements changes.Listener.
func (t *Table) Changed(o changes.Origin, keys []pg.Change) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.clients) == 0 {
		return
	}
	for _, c := range t.clients {
		if c.recent == nil || c.id == o.Client { // what it reads itself is not older
			continue
		}
		for i := range keys {
			if len(c.recent) > maxRecent || keys[i].All {
				c.recent[""] = struct{}{}
				break
			}
			c.recent[string(keys[i].Name)] = struct{}{}
		}
	}
	for i := range keys {
		if keys[i].All {
			t.invalidateAll(o.Client)
			continue
		}
		t.invalidate(string(keys[i].Name), o.Client, i)
		t.gather(keys[i].Name)
	}
	t.broadcast(o.Client)
}

// Missed implements changes.Listener.
func (t *Table) Missed() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.invalidateAll(0)
}

// invalidate tells the readers of a key, and forgets them. origin is the client
// that has changed it, with the at-th change of its unit of work. MUST be called with
// mu held.
func (t *Table) invalidate(name string, origin int64, at int) {
	r := t.keys[name]
	if r == nil {
		return
	}
	var m *Message
	var kept readers
	for id, how := range r.all() {
		c := t.clients[id]
		if c == nil || c.options.Broadcast {
			continue
		}
		own := id == origin
		if own {
			before, after := c.around(name, how, at)
			if after {
				kept.add(id, reading{c.batch, true})
			}
			if !before || c.options.NoLoop {
				continue
			}
		}
		if m == nil {
			m = forget(name)
		}
		t.tell(c, m, own)
	}
	t.items += int64(kept.len() - r.len())
	if kept.len() > 0 {
		*r = kept
	} else {
		delete(t.keys, name)
	}
}

// invalidateAll tells all clients that may have copies to forget everything. MUST
// be called with mu held.
func (t *Table) invalidateAll(origin int64) {
	for id, c := range t.clients {
		if origin == 0 && !c.read && !c.options.Broadcast {
			continue // nobody has done anything that this client could have seen
		}
		c.read = c.holds.Load() && c.read
		t.tell(c, forgetAll(c.out.RESP3()), id == origin)
	}
	t.keys, t.items = make(map[string]*readers), 0
}

// tell sends a message, or holds it if the client's replies have to come first; own
// says that the client itself is the cause. MUST be called with mu held.
func (t *Table) tell(c *Client, m *Message, own bool) {
	if own || c.holds.Load() {
		c.hold(m)
	} else {
		t.send(c, m)
	}
}

// send sends a message where it belongs. MUST be called with mu held.
func (t *Table) send(c *Client, m *Message) {
	id := c.options.Redirect
	if id == 0 {
		c.out.Invalidate(m, false)
		return
	}
	out, ok := t.find(id)
	if !ok {
		c.broken.Store(true)
		c.out.RedirectBroken(id)
		return
	}
	out.Invalidate(m, true)
}
