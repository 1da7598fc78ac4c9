package conformance

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

// watchedEvents are the classes that RunEvents compares: all there are.
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

// RunEvents runs a case and returns the differences between the keyspace events of its steps. Replies are left to Run.
func (p *Pair) RunEvents(c *Case, mode Mode) error {
	now := time.Now()
	want, err := playEvents(p.Reference, c, mode, now)
	if err != nil {
		return fmt.Errorf("redis-server: %w", err)
	}
	got, err := playEvents(p.Target, c, mode, now)
	if err != nil {
		return fmt.Errorf("target: %w", err)
	}
	var differences []error
	var wanted, gotten []string
	for i := 0; i < min(len(want), len(got)) && len(differences) < errorsMax; i++ {
		step := &c.Steps[i]
		// What the server at hand does otherwise has other events too.
		if step.Match.isStated() || step.Match.isLater() || step.Match.kind == "differs" {
			continue
		}
		wanted, gotten = append(wanted, want[i]...), append(gotten, got[i]...)
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
			differences = append(differences, fmt.Errorf("%s:%d: %s\n  redis    %s\n  postkeys %s",
				c.File, step.Line, command, brief([]byte(strings.Join(wanted, " "))), brief([]byte(strings.Join(gotten, " ")))))
		}
		wanted, gotten = nil, nil
	}
	return errors.Join(differences...)
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

// playEvents returns the events of each step.
func playEvents(addr string, c *Case, mode Mode, now time.Time) (events [][]string, err error) {
	p := &player{addr: addr, mode: mode, now: now, conns: map[string]*servertest.Client{}, ids: map[string]string{}}
	defer p.close()
	admin, err := p.conn("admin")
	if err != nil {
		return nil, err
	}
	if err := expect(admin, "+OK\r\n", "FLUSHALL"); err != nil {
		return nil, err
	}
	w, err := watch(addr)
	if err != nil {
		return nil, err
	}
	defer w.close()
	for i := range c.Steps {
		if _, err := p.step(&c.Steps[i]); err != nil {
			return events, nil // which is for Run to judge
		}
		e, err := w.events()
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", c.Steps[i].Line, err)
		}
		events = append(events, e)
	}
	return events, nil
}
