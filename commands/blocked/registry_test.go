package blocked

import (
	"slices"
	"strconv"
	"testing"

	"github.com/mnorrsken/postkeys/pg"
)

// client is a waiter for lists, with what has become of it. Its attempts are made by the test.
type client struct {
	Waiter

	name  string
	tries int
	ended bool
}

// Try implements Client.
func (c *client) Try() { c.tries++ }

// End implements Client.
func (c *client) End(Ending) { c.ended = true }

// nobody is told whether anybody waits.
func newRegistry() *Registry { return New(Options{Declare: func(bool) {}}) }

// waiting lists clients that have found nothing.
func waiting(r *Registry, n int, keys ...string) []*client {
	list := make([]*client, n)
	for i := range list {
		c := &client{name: strconv.Itoa(i)}
		c.Client, c.Type = c, pg.TypeList
		for _, k := range keys {
			c.Keys = append(c.Keys, Key{Name: []byte(k), Hash: pg.HashKey(0, []byte(k))})
		}
		r.Add(&c.Waiter, 0)
		r.Begin(&c.Waiter)
		r.Settle(&c.Waiter)
		list[i] = c
	}
	return list
}

// filled is what another node tells of a list.
func filled(name string, elements int64) []pg.Change {
	return []pg.Change{{Name: []byte(name), Hash: pg.HashKey(0, []byte(name)), Type: pg.TypeList, Elements: elements}}
}

// tried returns who has been tried since it was asked last.
func tried(list []*client) (names []string) {
	for _, c := range list {
		for ; c.tries > 0; c.tries-- {
			names = append(names, c.name)
		}
	}
	return names
}

func wantTried(t *testing.T, list []*client, want ...string) {
	t.Helper()
	if got := tried(list); !slices.Equal(got, want) {
		t.Errorf("tried were %q, want %q", got, want)
	}
}

// serve has clients take an element each, in one unit of work, of a list that had so many.
func serve(t *testing.T, r *Registry, key int, elements int64, list ...*client) {
	t.Helper()
	for _, c := range list {
		r.Begin(&c.Waiter)
		if !r.May(&c.Waiter, key) {
			t.Fatalf("client %s may not take anything", c.name)
		}
	}
	for _, c := range list {
		elements--
		r.Served(&c.Waiter, key, elements, nil)
	}
}

func TestOneElementWakesOneClient(t *testing.T) {
	r := newRegistry()
	list := waiting(r, 20, "k")
	r.Touch(filled("k", 8), nil)
	wantTried(t, list, "0", "1", "2", "3", "4", "5", "6", "7")
	serve(t, r, 0, 8, list[:8]...) // a unit that serves all of them wakes no more
	wantTried(t, list)

	r.Touch(filled("k", 1), nil)
	wantTried(t, list, "8")
	r.Touch(filled("k", 3), nil) // one of which is the one that 8 was woken for
	wantTried(t, list, "9", "10")
	serve(t, r, 0, 5, list[8:10]...) // two more have come that nobody was told of
	wantTried(t, list, "11", "12")
}

func TestRepliesWaitForThoseWhoWereWoken(t *testing.T) {
	r := newRegistry()
	list := waiting(r, 4, "k")
	h := r.Touch(filled("k", 0), nil) // the number of elements is not known
	replied := false
	if h == nil || !r.Await(h, func() { replied = true }) {
		t.Fatal("the reply is not held back")
	}
	for i, elements := range []int64{3, 2, 1} { // who takes one wakes those behind, also those who have been woken
		serve(t, r, 0, elements, list[i])
		if last := i == 2; replied != last {
			t.Fatalf("the reply has left: %v, with %d elements left", replied, elements-1)
		}
	}
}

// The time of a push grew with each client that was woken in a row, twofold.
func TestClientsAreWaitedForOnce(t *testing.T) {
	const clients = 100
	r := newRegistry()
	list := waiting(r, clients, "k")
	h := r.Touch(filled("k", 1), nil)
	for i, c := range list[:clients-1] {
		r.Begin(&c.Waiter)
		r.Touch(filled("k", 1), h) // while it is under way
		if !r.May(&c.Waiter, 0) {
			t.Fatalf("client %d may not take anything", i)
		}
		r.Touch(filled("k", 1), h)
		r.Served(&c.Waiter, 0, 1, nil)
		if next := list[i+1]; len(next.holds) != 1 || h.left != 1 {
			t.Fatalf("client %d holds back %d replies, and the reply waits for %d clients", i+1, len(next.holds), h.left)
		}
	}
}

func TestNoWakeUpIsLost(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(t *testing.T, r *Registry, first *client)
		next int // who is tried then
	}{
		"a client that takes the element leaves none": {func(t *testing.T, r *Registry, c *client) { serve(t, r, 0, 1, c) }, -1},
		"one comes from another node after that": {func(_ *testing.T, r *Registry, c *client) {
			r.Begin(&c.Waiter)
			r.May(&c.Waiter, 0)
			r.Touch(filled("k", 1), nil)
			r.Served(&c.Waiter, 0, 0, nil)
		}, 1},
		"the client is gone": {func(_ *testing.T, r *Registry, c *client) {
			r.Drop(&c.Waiter)
			r.Begin(&c.Waiter)
			r.May(&c.Waiter, 0)
			r.Settle(&c.Waiter)
		}, 1},
		"the command fails":         {func(_ *testing.T, r *Registry, c *client) { r.Leave(&c.Waiter) }, 1},
		"it takes from another key": {func(t *testing.T, r *Registry, c *client) { serve(t, r, 1, 1, c) }, 1},
		"it finds nothing, and looks again": {func(_ *testing.T, r *Registry, c *client) {
			r.Begin(&c.Waiter)
			r.Touch(filled("k", 1), nil)
			r.Settle(&c.Waiter)
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRegistry()
			list := waiting(r, 3, "k", "other")
			r.Touch(filled("k", 1), nil)
			wantTried(t, list, "0")
			c.end(t, r, list[0])
			if c.next < 0 {
				wantTried(t, list)
			} else {
				wantTried(t, list, list[c.next].name)
			}
		})
	}
}

// What is left of a unit that serves several, of which one does not take its element in the end, is somebody else's.
func TestWhoIsCountedAndLeavesPassesOn(t *testing.T) {
	r := newRegistry()
	list := waiting(r, 3, "k")
	r.Touch(filled("k", 2), nil)
	wantTried(t, list, "0", "1")
	for _, c := range list[:2] {
		r.Begin(&c.Waiter)
		r.May(&c.Waiter, 0)
	}
	r.Served(&list[0].Waiter, 0, 1, nil)
	wantTried(t, list)
	r.Leave(&list[1].Waiter)
	wantTried(t, list, "2")
}
