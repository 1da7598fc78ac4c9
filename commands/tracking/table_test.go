package tracking

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/commands/changes"
	"github.com/mnorrsken/postkeys/pg"
)

// hub remembers what is listened to.
type hub struct{ here, remote changes.Interest }

func (h *hub) Listen(_ changes.Listener, here, remote changes.Interest) {
	h.here, h.remote = here, remote
}

// inbox is a client that speaks RESP3.
type inbox struct{ got []string }

func (*inbox) RESP3() bool { return true }

func (i *inbox) Invalidate(m *Message, _ bool) { i.got = append(i.got, string(m.Push())) }

func (i *inbox) RedirectBroken(id int64) { i.got = append(i.got, fmt.Sprint("broken ", id)) }

// take returns the names that have come, * for all.
func (i *inbox) take() string {
	var names []string
	for _, m := range i.got {
		if strings.HasSuffix(m, "_\r\n") {
			names = append(names, "*")
			continue
		}
		for k, part := range strings.Split(m, "\r\n") {
			if k >= 5 && k%2 == 1 {
				names = append(names, part)
			}
		}
	}
	i.got = nil
	return strings.Join(names, " ")
}

func newTable() (*Table, *hub) {
	h := &hub{}
	return New(h, func(int64) (Output, bool) { return nil, false }), h
}

func (t *Table) change(client int64, names ...string) {
	var keys []pg.Change
	for _, n := range names {
		keys = append(keys, pg.Change{Name: []byte(n), All: n == "*"})
	}
	t.Changed(changes.Origin{Client: client}, keys)
}

func TestNobodyListensWithoutClients(t *testing.T) {
	table, h := newTable()
	var in inbox
	c := table.Enable(nil, 1, &in, Options{}, nil)
	if h.here != changes.Any || h.remote != changes.Any {
		t.Errorf("with a client: %+v", h)
	}
	table.Disable(c)
	table.Disable(c)
	if h.here != 0 || h.remote != changes.Any {
		t.Errorf("just after the last has left: %+v", h)
	}
}

// TestOrder: what changes while a batch is under way is told behind its replies.
func TestOrder(t *testing.T) {
	for _, step := range []struct {
		name string
		run  func(*Table, *Client)
		held string // what must not have come before Release
		want string // what has come behind it
	}{
		{"read, then changed", func(t *Table, c *Client) { t.Read(c, []byte("a")); t.change(2, "a") }, "", "a"},
		{"changed, then read", func(t *Table, c *Client) { t.change(2, "a"); t.Read(c, []byte("a")) }, "", ""},
		{"read by a script after it was changed", func(t *Table, c *Client) { t.Watch(c); t.change(2, "a"); t.Read(c, []byte("a")) }, "", "a"},
		{"read by a script after all were changed", func(t *Table, c *Client) { t.Watch(c); t.change(2, "*"); t.Read(c, []byte("a")) }, "", "* a"},
		{"changed by the client itself", func(t *Table, c *Client) { t.Read(c, []byte("a")); t.change(1, "a") }, "", "a"},
		{"read long ago, changed by the client itself", func(t *Table, c *Client) { t.Read(c, []byte("a")); t.Release(c); t.change(1, "a") }, "", "a"},
		{"read long ago, changed by another one", func(t *Table, c *Client) { t.Read(c, []byte("a")); t.Release(c); t.change(2, "a", "a") }, "a", ""},
		{"missed", func(t *Table, c *Client) { t.Read(c, []byte("a")); t.Missed() }, "", "*"},
		{"missed by one that has read nothing", func(t *Table, _ *Client) { t.Missed() }, "", ""},
	} {
		t.Run(step.name, func(t *testing.T) {
			table, _ := newTable()
			var in inbox
			c := table.Enable(nil, 1, &in, Options{}, nil)
			step.run(table, c)
			if got := in.take(); got != step.held {
				t.Errorf("%q came before the reply, want %q", got, step.held)
			}
			if c.Holds() {
				table.Release(c)
			}
			if got := in.take(); got != step.want {
				t.Errorf("%q came behind the reply, want %q", got, step.want)
			}
		})
	}
}

// TestOwnUnit: of what a unit of work reads and changes, the client is to forget what
// it read before the change, and keeps what it read behind it.
func TestOwnUnit(t *testing.T) {
	// A unit: r reads the key, w changes it, x changes another one; t is a read of the
	// batch before, c one of a command that follows in another unit.
	for _, test := range []struct {
		unit string
		want string // what the client is told
		kept bool   // whether it is told of the next change of another client
	}{
		{"w", "", false},
		{"wr", "", true},
		{"rw", "a", false},
		{"wrw", "a", false},
		{"rwr", "a", true},
		{"rwrw", "a a", false},
		{"rww", "a", false},
		{"rwwr", "a", true},
		{"xwrx", "", true},
		{"xrxw", "a", false},
		{"tw", "a", false},
		{"twr", "a", true},
		{"tr", "", true},
		{"trw", "a", false},
		{"wc", "", true},
		{"twc", "a", true},
	} {
		for _, noLoop := range []bool{false, true} {
			table, _ := newTable()
			var in inbox
			c := table.Enable(nil, 1, &in, Options{NoLoop: noLoop}, nil)
			unit := test.unit
			if strings.HasPrefix(unit, "t") {
				table.Claim(c, []byte("a"))
				c.BeginUnit(0)
				c.UnitReads([]byte("a"), 0)
				c.EndUnit()
				table.Release(c)
				unit = unit[1:]
			}
			if strings.ContainsAny(unit, "rc") {
				table.Claim(c, []byte("a"))
			}
			const before = 7 // changes of others in the round
			var names []string
			c.BeginUnit(before)
			for _, step := range unit {
				switch step {
				case 'r':
					c.UnitReads([]byte("a"), before+len(names))
				case 'w':
					names = append(names, "a")
				case 'x':
					names = append(names, "x")
				}
			}
			table.change(1, names...)
			c.EndUnit()
			table.Release(c)
			want := test.want
			if noLoop {
				want = ""
			}
			if got := in.take(); got != want {
				t.Errorf("%s, noloop %v: told %q, want %q", test.unit, noLoop, got, want)
			}
			table.change(2, "a")
			if kept := in.take() == "a"; kept != test.kept {
				t.Errorf("%s, noloop %v: told of the next change: %v", test.unit, noLoop, kept)
			}
			if f := table.Figures(); f != (Figures{Clients: 1}) {
				t.Errorf("%s: left: %+v", test.unit, f)
			}
		}
	}
}

// TestLaterUnitOfABatch: what one unit of a batch has read, and another one changes, is
// to be forgotten.
func TestLaterUnitOfABatch(t *testing.T) {
	table, _ := newTable()
	var in inbox
	c := table.Enable(nil, 1, &in, Options{}, nil)
	table.Claim(c, []byte("a"))
	c.BeginUnit(0)
	c.UnitReads([]byte("a"), 0)
	c.EndUnit()
	c.BeginUnit(0)
	table.change(1, "a")
	c.EndUnit()
	table.Release(c)
	if got := in.take(); got != "a" {
		t.Errorf("got %q", got)
	}
}

func TestHeldMessagesAreBounded(t *testing.T) {
	table, _ := newTable()
	var in inbox
	c := table.Enable(nil, 1, &in, Options{Broadcast: true}, nil)
	table.Hold(c)
	for i := range 100 {
		table.change(2, fmt.Sprint(i, strings.Repeat("x", 50_000)))
	}
	table.Release(c)
	if len(in.got) > 50 || !strings.HasSuffix(in.got[0], "_\r\n") {
		t.Errorf("%d messages", len(in.got))
	}
}

func TestManyReadersAndKeys(t *testing.T) {
	table, _ := newTable()
	in := make([]inbox, 100)
	clients := make([]*Client, len(in))
	for i := range in {
		clients[i] = table.Enable(nil, int64(i+1), &in[i], Options{}, nil)
		for range 2 {
			table.Read(clients[i], []byte("hot"))
		}
		table.Read(clients[i], fmt.Append(nil, i))
		table.Release(clients[i])
	}
	if f := table.Figures(); f.Keys != 101 || f.Items != 200 {
		t.Errorf("%+v", f)
	}
	table.change(0, "hot")
	for i := range in {
		if got := in[i].take(); got != "hot" {
			t.Errorf("client %d got %q", i, got)
		}
	}
	table.SetMaxKeys(40)
	told := 0
	for i := range in {
		if in[i].take() == fmt.Sprint(i) {
			told++
		}
	}
	if f := table.Figures(); f.Keys != 40 || f.Items != 40 || told != 60 {
		t.Errorf("%+v, %d were told", f, told)
	}
	for _, c := range clients {
		table.Disable(c)
	}
	if f := table.Figures(); f.Clients != 0 {
		t.Errorf("%+v", f)
	}
}

func TestPrefixes(t *testing.T) {
	table, _ := newTable()
	var a, b inbox
	ca := table.Enable(nil, 1, &a, Options{Broadcast: true}, []string{"x:", "y"})
	table.Enable(nil, 2, &b, Options{Broadcast: true}, nil)
	table.change(3, "y1", "x", "x:2", "y0", "y1")
	slices.Sort(a.got)
	if got := a.take(); got != "x:2 y0 y1" {
		t.Errorf("a got %q", got)
	}
	if got := b.take(); got != "x x:2 y0 y1" {
		t.Errorf("b got %q", got)
	}
	table.Disable(ca)
	if f := table.Figures(); f.Prefixes != 1 {
		t.Errorf("%+v", f)
	}
}

func BenchmarkRead(b *testing.B) {
	table, _ := newTable()
	c := table.Enable(nil, 1, &inbox{}, Options{}, nil)
	names := make([][]byte, 1<<14)
	for i := range names {
		names[i] = fmt.Appendf(nil, "key:%08d", i)
	}
	for i := range b.N {
		table.Read(c, names[i%len(names)])
	}
}
