package tracking

import (
	"slices"
)

// prefix is what clients in broadcasting mode follow.
type prefix struct {
	clients map[*Client]struct{}
	// gathered are keys of the unit of work at hand.
	gathered []string
}

// follow has a client told of keys with a prefix. MUST be called with mu held.
func (t *Table) follow(c *Client, name string) {
	if !c.addPrefix(name) {
		return
	}
	p := t.prefixes[name]
	if p == nil {
		p = &prefix{clients: make(map[*Client]struct{})}
		t.prefixes[name] = p
		t.lengths[len(name)]++
	}
	p.clients[c] = struct{}{}
}

// leave ends follow. MUST be called with mu held.
func (t *Table) leave(c *Client, name string) {
	p := t.prefixes[name]
	delete(p.clients, c)
	if len(p.clients) > 0 {
		return
	}
	delete(t.prefixes, name)
	if t.lengths[len(name)]--; t.lengths[len(name)] == 0 {
		delete(t.lengths, len(name))
	}
}

// gather notes a key for the prefixes that it has. MUST be called with mu held.
func (t *Table) gather(name []byte) {
	for n := range t.lengths {
		if n > len(name) {
			continue
		}
		if p := t.prefixes[string(name[:n])]; p != nil {
			p.gathered = append(p.gathered, string(name))
		}
	}
}

// broadcast tells what was gathered: each client one message for each prefix. MUST
// be called with mu held.
func (t *Table) broadcast(origin int64) {
	for _, p := range t.prefixes {
		if len(p.gathered) == 0 {
			continue
		}
		slices.Sort(p.gathered)
		m := forget(slices.Compact(p.gathered)...)
		p.gathered = nil
		for c := range p.clients {
			own := c.id == origin
			if own && c.options.NoLoop {
				continue
			}
			t.tell(c, m, own)
		}
	}
}

// Overlap returns a prefix of a new broadcast that begins like another one, of the
// client or among the new ones, and that other one. c may be nil.
func (c *Client) Overlap(prefixes []string) (name, other string, old, found bool) {
	for i, p := range prefixes {
		if c != nil {
			for _, q := range c.prefixes {
				if begins(p, q) {
					return p, q, true, true
				}
			}
		}
		for _, q := range prefixes[i+1:] {
			if begins(p, q) {
				return p, q, false, true
			}
		}
	}
	return "", "", false, false
}

// begins reports whether one of two prefixes begins with the other.
func begins(a, b string) bool {
	n := min(len(a), len(b))
	return a[:n] == b[:n]
}
