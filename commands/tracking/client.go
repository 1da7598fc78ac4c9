package tracking

import (
	"slices"
	"sync/atomic"
)

// Options are those of CLIENT TRACKING.
type Options struct {
	// Redirect is the id of the client that gets the messages, 0 for the client
	// itself.
	Redirect  int64
	Broadcast bool
	// OptIn: only what is read behind CLIENT CACHING YES is entered; OptOut: all but
	// what is read behind CLIENT CACHING NO.
	OptIn, OptOut bool
	// NoLoop: the client's own changes are not told.
	NoLoop bool
}

// Output is where the messages of a client go. Its methods must not block.
type Output interface {
	RESP3() bool
	// Invalidate sends a message; redirected says that it is for the copies of
	// another client.
	Invalidate(m *Message, redirected bool)
	// RedirectBroken says that the client with this id, which was to get the
	// messages, is gone.
	RedirectBroken(id int64)
}

// Client is a client that tracking is on for. Its methods, and those of the Table
// that change it, are for whoever serves the client at the time.
type Client struct {
	id  int64
	out Output

	// Changed with Table.mu held.
	options  Options
	prefixes []string // sorted
	batch    uint32   // counts the batches with reads
	read     bool     // it may have copies
	held     []*Message
	heldSize int
	// recent are the keys that have changed since Watch, nil if it was not called.
	recent map[string]struct{}

	// The unit of work under way, see BeginUnit. unitKept: the batch has had one.
	reads       []unitRead
	readsSorted bool
	unitBase    int
	unitKept    bool

	holds  atomic.Bool
	broken atomic.Bool
	// caching: CLIENT CACHING was the command before.
	caching bool
}

// Options returns how the client is tracked.
func (c *Client) Options() Options { return c.options }

// Prefixes returns the prefixes of a broadcast, sorted.
func (c *Client) Prefixes() []string { return c.prefixes }

// Broken reports whether the client that was to get the messages was found to be
// gone. Safe from any goroutine.
func (c *Client) Broken() bool { return c.broken.Load() }

// Caching reports whether CLIENT CACHING holds for the next command.
func (c *Client) Caching() bool { return c.caching }

// SetCaching says whether CLIENT CACHING holds for the next command.
func (c *Client) SetCaching(on bool) { c.caching = on }

// Wants reports whether the keys of the next command are to be entered.
func (c *Client) Wants() bool {
	switch o := &c.options; {
	case o.Broadcast:
		return false
	case o.OptIn:
		return c.caching
	default:
		return !o.OptOut || !c.caching
	}
}

// Holds reports whether messages may be held, so that Release is needed behind the
// replies.
func (c *Client) Holds() bool { return c.holds.Load() }

// begin has the client's messages held, from the first command of a batch that reads.
func (c *Client) begin() {
	if !c.holds.Load() {
		c.unitKept = false
		c.holds.Store(true)
	}
}

// maxHeldBytes is where a client is told to forget everything instead.
const maxHeldBytes = 1 << 20

// hold keeps a message for Release. MUST be called with Table.mu held.
func (c *Client) hold(m *Message) {
	c.holds.Store(true)
	c.held = append(c.held, m)
	if c.heldSize += len(m.payload); c.heldSize > maxHeldBytes {
		m := forgetAll(c.out.RESP3())
		c.held, c.heldSize = append(c.held[:0], m), len(m.payload)
	}
}

// addPrefix notes a prefix and reports whether it is new.
func (c *Client) addPrefix(prefix string) bool {
	i, found := slices.BinarySearch(c.prefixes, prefix)
	if !found {
		c.prefixes = slices.Insert(c.prefixes, i, prefix)
	}
	return !found
}
