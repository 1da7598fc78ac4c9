package conformance

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

// caseTimeout bounds the wait for one reply of a case.
const caseTimeout = 15 * time.Second

// errorsMax is how many differences of one case are reported.
const errorsMax = 5

// Pair holds the two servers to compare.
type Pair struct {
	// Reference is a redis-server, Target the server under test.
	Reference, Target string
	// CheckStated says whether replies that cases state themselves are checked; not so when the target is a
	// redis-server too.
	CheckStated bool
	// TargetIsRedis leaves the deliberate differences of postkeys unchecked.
	TargetIsRedis bool
	// CheckLater says the same about steps that no redis-server here can do.
	CheckLater bool
}

// Mode is how a case runs.
type Mode struct {
	// Protocol is the RESP version, 2 or 3.
	Protocol int
	// Pipelined sends all steps in one write, for a case that can be sent so.
	Pipelined bool
	// Events turns keyspace events on, and compares those of each step. It does not go with Pipelined.
	Events bool
	// Kind is the type of value for a case that runs for each, and nil otherwise.
	Kind *Type
}

// String names the mode.
func (m Mode) String() string {
	name := fmt.Sprintf("resp%d", m.Protocol)
	if m.Pipelined {
		name += "-pipelined"
	}
	if m.Events {
		name += "-events"
	}
	if m.Kind != nil {
		name = m.Kind.Name + "/" + name
	}
	return name
}

// Run runs a case on both servers and returns the differences.
func (p *Pair) Run(c *Case, mode Mode) error {
	want, got, err := p.playBoth(c, mode)
	if err != nil {
		return err
	}
	differences := p.compareReplies(c, mode, want, got)
	if mode.Events {
		differences = append(differences, compareEvents(c, want, got)...)
	}
	return errors.Join(differences[:min(len(differences), errorsMax)]...)
}

// playBoth runs a case on both servers at the same time: many wait for something.
func (p *Pair) playBoth(c *Case, mode Mode) (want, got record, err error) {
	now := time.Now()
	var wantErr, gotErr error
	var both sync.WaitGroup
	both.Go(func() { want, wantErr = play(p.Reference, c, mode, now) })
	both.Go(func() { got, gotErr = play(p.Target, c, mode, now) })
	both.Wait()
	return want, got, bothFailed(wantErr, gotErr)
}

// bothFailed tells which server an error is about.
func bothFailed(reference, target error) error {
	if reference != nil {
		reference = fmt.Errorf("redis-server: %w", reference)
	}
	if target != nil {
		target = fmt.Errorf("target: %w", target)
	}
	return errors.Join(reference, target)
}

// compareReplies returns the steps whose replies differ.
func (p *Pair) compareReplies(c *Case, mode Mode, want, got record) (differences []error) {
	for i := range c.Steps {
		step := &c.Steps[i]
		if strings.HasSuffix(string(want.replies[i]), failedStep) {
			return append(differences, fmt.Errorf("%s:%d: %s\n  the case is broken: redis-server answers %s",
				c.File, step.Line, step.describe(), brief(want.replies[i])))
		}
		if step.Match.isStated() && !p.CheckStated || step.Match.isLater() && !p.CheckLater || step.Match.kind == "differs" && p.TargetIsRedis {
			continue
		}
		if err := step.Match.check(mode.Protocol, want.replies[i], got.replies[i]); err != nil {
			differences = append(differences, fmt.Errorf("%s:%d: %s\n  %w\n  redis    %s\n  postkeys %s",
				c.File, step.Line, step.describe(), err, brief(want.replies[i]), brief(got.replies[i])))
		}
	}
	return differences
}

// record is what a case has led to, by its steps.
type record struct {
	replies [][]byte
	events  [][]string // up to the first step that failed; only with Mode.Events
}

// player runs a case on one server.
type player struct {
	addr  string
	mode  Mode
	now   time.Time
	conns map[string]*servertest.Client
	// ids are the client ids asked for so far; asking leaves a trace in CLIENT LIST.
	ids map[string]string
}

// play runs a case on one server. A step that ends with a broken connection or without a reply has the error as its reply, so that
// the comparison shows it.
func play(addr string, c *Case, mode Mode, now time.Time) (r record, err error) {
	p := &player{addr: addr, mode: mode, now: now, conns: map[string]*servertest.Client{}, ids: map[string]string{}}
	defer p.close()
	admin, err := p.conn("admin")
	if err != nil {
		return r, err
	}
	if err := expect(admin, "+OK\r\n", "FLUSHALL"); err != nil {
		return r, err
	}
	if mode.Pipelined {
		r.replies, err = p.pipeline(c)
		return r, err
	}
	var w *watcher
	if mode.Events {
		if w, err = watch(addr); err != nil {
			return r, err
		}
		defer w.close()
	}
	r.replies = make([][]byte, len(c.Steps))
	for i := range c.Steps {
		reply, err := p.step(&c.Steps[i])
		if err != nil {
			r.replies[i] = append(reply, connectionError(err)...)
			break
		}
		r.replies[i] = reply
		if w != nil {
			events, err := w.events()
			if err != nil {
				return r, fmt.Errorf("line %d: %w", c.Steps[i].Line, err)
			}
			r.events = append(r.events, events)
		}
	}
	return r, nil
}

// connectionError says what stands in place of the reply; it has no addresses, which differ between the servers.
func connectionError(err error) string {
	text := err.Error()
	if strings.Contains(text, "timeout") {
		return " (no reply" + failedStep
	}
	return " (connection lost" + failedStep
}

// failedStep ends what stands in place of a reply that did not come.
const failedStep = " at this step)"

// close ends all connections and undoes what outlives a case that did not run to its end.
func (p *player) close() {
	if admin := p.conns["admin"]; admin != nil {
		for _, command := range [][]string{{"CLIENT", "UNPAUSE"}, {"CONFIG", "SET", "requirepass", ""}} {
			if _, err := admin.Do(command...); err != nil {
				break // The case has killed this connection, or the server is gone: the next case will tell.
			}
		}
	}
	for _, c := range p.conns {
		c.Close()
	}
}

// conn returns the connection of that name and opens it at first use.
func (p *player) conn(name string) (*servertest.Client, error) {
	if c := p.conns[name]; c != nil {
		return c, nil
	}
	c, err := servertest.Dial(p.addr)
	if err != nil {
		return nil, err
	}
	c.Timeout = caseTimeout
	p.conns[name] = c
	if p.mode.Protocol == 3 {
		if err := expect(c, "%", "HELLO", "3"); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// expect runs a command whose reply must begin with prefix.
func expect(c *servertest.Client, prefix string, args ...string) error {
	reply, err := c.Do(args...)
	if err == nil && !strings.HasPrefix(string(reply), prefix) {
		err = fmt.Errorf("answered %.200q", reply)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	return nil
}

// about answers for the macros @id and @addr.
func (p *player) about(name, what string) (string, error) {
	c, err := p.conn(name)
	if err != nil {
		return "", err
	}
	switch what {
	case "addr":
		return c.LocalAddr(), nil
	case "laddr":
		return p.addr, nil
	}
	if p.ids[name] == "" {
		reply, err := c.Do("CLIENT", "ID")
		if err != nil {
			return "", err
		}
		id, ok := integer(reply)
		if !ok {
			return "", fmt.Errorf("CLIENT ID answered %q", reply)
		}
		p.ids[name] = strconv.FormatInt(id, 10)
	}
	return p.ids[name], nil
}

// request returns the bytes that a step sends.
func (p *player) request(s *Step) ([]byte, error) {
	args := make([]string, len(s.Args))
	for i := range s.Args {
		text, err := s.Args[i].resolve(p.now, p.about)
		if err != nil {
			return nil, err
		}
		args[i] = text
	}
	switch s.Kind {
	case stepRaw:
		return []byte(args[0]), nil
	case stepClosed:
		return nil, nil
	case stepCreate:
		args = p.mode.Kind.creation(args[0])
	case stepCommand:
	}
	return servertest.AppendCommand(nil, args...), nil
}

// step runs one step and returns its replies, one after the other.
func (p *player) step(s *Step) ([]byte, error) {
	request, err := p.request(s)
	if err != nil {
		return nil, err
	}
	c, err := p.conn(s.Conn)
	if err != nil {
		return nil, err
	}
	if s.Kind == stepClosed {
		return c.ReadClosed()
	}
	if s.Match.kind == "none" {
		return nil, c.Send(request)
	}
	replies, err := c.Exchange(request, s.Replies)
	return join(replies), err
}

func join(replies [][]byte) []byte {
	if len(replies) == 1 {
		return replies[0]
	}
	var all []byte
	for _, reply := range replies {
		all = append(all, reply...)
	}
	return all
}

// canPipeline says that the steps may go out in one write: one connection, one reply for each command.
func (c *Case) canPipeline() bool {
	for i := range c.Steps {
		s := &c.Steps[i]
		if s.Conn != "a" || s.Match.kind == "none" || (s.Kind != stepCommand && s.Kind != stepCreate) {
			return false
		}
		for j := range s.Args {
			if s.Args[j].conn != "" {
				return false
			}
		}
	}
	return true
}

// pipeline runs all steps in one write.
func (p *player) pipeline(c *Case) ([][]byte, error) {
	var all []byte
	for i := range c.Steps {
		request, err := p.request(&c.Steps[i])
		if err != nil {
			return nil, err
		}
		all = append(all, request...)
	}
	conn, err := p.conn("a")
	if err != nil {
		return nil, err
	}
	replies, err := conn.Exchange(all, len(c.Steps))
	for err != nil && len(replies) < len(c.Steps) {
		replies = append(replies, []byte(connectionError(err)))
	}
	return replies, nil
}

// describe shows a step in a message.
func (s *Step) describe() string {
	var b strings.Builder
	if s.Conn != "a" {
		b.WriteString(s.Conn + "> ")
	}
	switch s.Kind {
	case stepRaw:
		b.WriteString("!raw ")
	case stepClosed:
		b.WriteString("!closed")
	case stepCreate:
		b.WriteString("!create ")
	case stepCommand:
	}
	for i := range s.Args {
		if i > 0 {
			b.WriteByte(' ')
		}
		if a := &s.Args[i]; a.macro != "" {
			fmt.Fprintf(&b, "@%s(%s%+d)", a.macro, a.conn, a.offset)
		} else {
			b.WriteString(quoteWord(a.Literal))
		}
	}
	return b.String()
}

// quoteWord quotes text where redis-cli would need it, and shortens it.
func quoteWord(text string) string {
	quoted := strconv.QuoteToASCII(text)
	if len(text) > 0 && quoted[1:len(quoted)-1] == text && !strings.ContainsAny(text, " '") {
		quoted = text
	}
	return shorten(quoted)
}

func brief(raw []byte) string { return shorten(strconv.QuoteToASCII(string(raw))) }

func shorten(text string) string {
	if len(text) <= 600 {
		return text
	}
	return fmt.Sprintf("%s... (%d characters)", text[:600], len(text))
}
