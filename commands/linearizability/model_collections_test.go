package linearizability

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// keyspace is one database index of a group.
type keyspace = [3]contents

// collections says what commands on lists, hashes, sets and sorted sets do to the keys, and what Redis replies in RESP2. Its parts are in
// files by type.
var collections = func() map[string]func(keys *keyspace, args []string) string {
	all := map[string]func(keys *keyspace, args []string) string{}
	for _, part := range []map[string]modelled{listCommands, hashCommands, setCommands, sortedCommands} {
		for name, m := range part {
			all[name] = m.run
		}
	}
	return all
}()

// modelled is a command on collections of one kind. It works on elements and leaves checking and storing to run.
type modelled struct {
	kind valueType
	// keys returns where in the arguments the keys are; nil: the first is the only one.
	keys func(args []string) []int
	// source says that nothing else is looked at when the first key is absent, stores that the last one is overwritten, whatever it holds.
	source, stores bool
	// do gets the elements of the keys, may change them, and returns the reply.
	do func(e [][]string, args []string) string
}

func (m modelled) run(keys *keyspace, args []string) string {
	places := []int{1}
	if m.keys != nil {
		places = m.keys(args)
	}
	elements, before := make([][]string, len(places)), make([]string, len(places))
	last := len(places) - 1
	for i, at := range places {
		key := keys[number(args[at])]
		before[i] = key.text
		switch {
		case m.stores && i == last:
		case key.text == "" && m.source && i == 0:
			return m.do(elements, args)
		case key.text == "":
		case key.kind != m.kind:
			return replyWrongType
		default:
			elements[i] = strings.Split(key.text, " ")
		}
	}
	reply := m.do(elements, args)
	for i, at := range places {
		key, text := &keys[number(args[at])], strings.Join(elements[i], " ")
		if m.stores && i == last {
			*key = contents{}
			key.become(m.kind, text)
		} else if text != before[i] { // a key that is named twice has been changed in both places, or in none
			key.become(m.kind, text)
		}
	}
	return reply
}

// become stores elements; a collection without any is no longer there.
func (c *contents) become(t valueType, text string) {
	if text == "" {
		*c = contents{}
		return
	}
	c.text, c.kind = text, t
}

// firstTwo are the keys of a command with a source and a destination.
func firstTwo([]string) []int { return []int{1, 2} }

// counted are keys that follow their number, which is the argument at.
func counted(at int) func(args []string) []int {
	return func(args []string) (places []int) {
		n, _ := strconv.Atoi(args[at])
		for i := range n {
			places = append(places, at+1+i)
		}
		return places
	}
}

func replyBulk(s string) string { return fmt.Sprintf("$%d\r\n%s\r\n", len(s), s) }

func replyArray(elements []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(elements))
	for _, e := range elements {
		b.WriteString(replyBulk(e))
	}
	return b.String()
}

const (
	replyNilArray = "*-1\r\n"
	replyEmpty    = "*0\r\n"
)

// named returns where an element "name=value" is, and its value.
func named(elements []string, name string) (at int, value string) {
	for i, e := range elements {
		if n, v, _ := strings.Cut(e, "="); n == name {
			return i, v
		}
	}
	return -1, ""
}

// insert adds to elements in order, unless it is there.
func insert(elements []string, e string) ([]string, bool) {
	at, found := slices.BinarySearch(elements, e)
	if found {
		return elements, false
	}
	return slices.Insert(slices.Clone(elements), at, e), true
}

// remove takes an element away.
func remove(elements []string, e string) ([]string, bool) {
	at := slices.Index(elements, e)
	if at < 0 {
		return elements, false
	}
	return slices.Delete(slices.Clone(elements), at, at+1), true
}
