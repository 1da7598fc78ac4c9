package conformance

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

// watchedEvents are the classes that are compared: all there are.
const watchedEvents = "KEAnm"

// eventPrefix is how each message begins that a watcher gets.
const eventPrefix = "*4\r\n$8\r\npmessage\r\n$10\r\n__key*__:*\r\n"

// watcher hears of all keyspace events of a server.
type watcher struct {
	sub, pub *servertest.Client
	markers  int
}

// watch turns keyspace events on.
func watch(addr string) (w *watcher, err error) {
	w = &watcher{}
	if w.pub, err = servertest.Dial(addr); err != nil {
		return nil, err
	}
	if w.sub, err = servertest.Dial(addr); err == nil {
		err = expect(w.pub, "+OK\r\n", "CONFIG", "SET", "notify-keyspace-events", watchedEvents)
	}
	if err == nil {
		err = expect(w.sub, "*3\r\n", "PSUBSCRIBE", "__key*__:*")
	}
	if err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *watcher) close() {
	if w.sub != nil {
		_, _ = w.pub.Do("CONFIG", "SET", "notify-keyspace-events", "") // the next case will tell if it did not work
		w.sub.Close()
	}
	w.pub.Close()
}

// events returns what has happened since it was called last: a message of its own marks the end. That a key has expired
// is left out, since nobody says when it is found out.
func (w *watcher) events() (events []string, err error) {
	w.markers++
	marker := strconv.Itoa(w.markers)
	if _, err := w.pub.Do("PUBLISH", "__keymarker__:", marker); err != nil {
		return nil, err
	}
	end := string(servertest.AppendCommand(nil, "__keymarker__:", marker)[len("*2\r\n"):])
	for {
		reply, err := w.sub.Reply()
		if err != nil {
			return nil, err
		}
		message, ok := strings.CutPrefix(string(reply), eventPrefix)
		switch {
		case !ok:
			return nil, fmt.Errorf("a subscriber gets %q", reply)
		case message == end:
			return events, nil
		case !strings.HasSuffix(message, "\r\nexpired\r\n") && !strings.Contains(message, "__:expired\r\n"):
			events = append(events, message)
		}
	}
}

// compareEvents returns the steps whose keyspace events differ.
func compareEvents(c *Case, want, got record) (differences []error) {
	var wanted, gotten []string
	for i := range min(len(want.events), len(got.events)) {
		step := &c.Steps[i]
		// What the server at hand does otherwise has other events too.
		if step.Match.isStated() || step.Match.isLater() || step.Match.kind == "differs" {
			continue
		}
		wanted, gotten = append(wanted, want.events[i]...), append(gotten, got.events[i]...)
		if step.Match.kind == "none" && i+1 < len(c.Steps) {
			continue // it may not have been carried out yet
		}
		command := c.queuedBefore(i) + step.describe()
		if strings.Contains(strings.ToLower(command), "sort") {
			// The elements of a set have an order of their own.
			slices.Sort(wanted)
			slices.Sort(gotten)
		}
		if !slices.Equal(wanted, gotten) {
			for len(wanted) > 0 && len(gotten) > 0 && wanted[0] == gotten[0] {
				wanted, gotten = wanted[1:], gotten[1:]
			}
			differences = append(differences, fmt.Errorf("%s:%d: %s\n  other events\n  redis    %s\n  postkeys %s",
				c.File, step.Line, command, brief([]byte(strings.Join(wanted, " "))), brief([]byte(strings.Join(gotten, " ")))))
		}
		wanted, gotten = nil, nil
	}
	return differences
}

// queuedBefore shows the commands of a transaction that ends with a step.
func (c *Case) queuedBefore(end int) string {
	if !strings.EqualFold(c.Steps[end].describe(), "exec") {
		return ""
	}
	begin := end
	for begin > 0 && !strings.EqualFold(c.Steps[begin].describe(), "multi") {
		begin--
	}
	var b strings.Builder
	for i := begin; i < end; i++ {
		b.WriteString(c.Steps[i].describe() + "; ")
	}
	return b.String()
}
