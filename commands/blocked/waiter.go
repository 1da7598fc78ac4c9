package blocked

import "github.com/mnorrsken/postkeys/pg"

// Ending is why a waiter is answered without having got anything.
type Ending uint8

// Endings.
const (
	none       Ending = iota
	TimedOut          // its time is up
	Unblocked         // CLIENT UNBLOCK ... TIMEOUT
	UnblockedE        // CLIENT UNBLOCK ... ERROR
	Closed            // the server stops
)

// Client is the blocked client behind a waiter. Its methods are called from any
// goroutine, without locks held, and must not block.
type Client interface {
	// Try has the command run, as an attempt that Settle, Served or Leave ends.
	Try()
	// End answers the command. The waiter is listed no more.
	End(how Ending)
}

// Key is a key that is waited for.
type Key struct {
	DB   int
	Name []byte // not to be changed while the waiter is listed
	Hash uint64 // pg.HashKey(DB, Name)
}

// Waiter is a blocking command from its first attempt to its answer. The exported
// fields are set before Add, and all others belong to the Registry.
type Waiter struct {
	Client Client
	Type   pg.Type // what the keys have to be
	Keys   []Key

	links []link
	one   [1]link // links of a waiter with one key
	place place
	seq   uint64 // order of Add
	holds []*Hold

	listed  bool
	running bool  // an attempt is under way
	took    bool  // the attempt takes something, unless it has to run again
	takes   int32 // the key that it takes it from
	blocked bool  // an attempt has found nothing
	gone    bool  // the client is
	ending  Ending
	// again: it was woken while it was running. recheck: the same, and another one
	// was woken in its place.
	again, recheck bool
}

// link is a waiter in the line of one of its keys.
type link struct {
	waiter     *Waiter
	prev, next *link
	key        int32
	// due: it was woken for this key and has not found it empty since.
	due bool
}

// line has the waiters for the keys with one hash, in the order of Add.
type line struct{ first, last *link }

func (l *line) append(k *link) {
	k.prev = l.last
	if l.last != nil {
		l.last.next = k
	} else {
		l.first = k
	}
	l.last = k
}

func (l *line) remove(k *link) {
	if k.prev != nil {
		k.prev.next = k.next
	} else {
		l.first = k.next
	}
	if k.next != nil {
		k.next.prev = k.prev
	} else {
		l.last = k.prev
	}
	k.prev, k.next = nil, nil
}

// Hold keeps back the reply to a command until the waiters that it has woken have
// been tried, so that whoever has pushed finds the element with the client that
// waited for it, as in Redis.
type Hold struct {
	seq  uint64 // of the youngest waiter that may be waited for
	left int
	then func()
}

// is reports whether a key is the one that is meant.
func (k *Key) is(db int, name []byte) bool { return k.DB == db && string(k.Name) == string(name) }
