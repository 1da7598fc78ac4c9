package commands

import (
	"math"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/commands/spec"
	"github.com/mnorrsken/postkeys/commands/tracking"
	"github.com/mnorrsken/postkeys/pg"
)

// How a client with copies of its own is kept up to date:
//
//  1. Before a key is loaded for a client that tracks, noteRead enters the client in
//     the table. From then on its invalidations are held.
//  2. Changes reach the table through package changes, those of this node when they
//     are committed and before anybody is answered.
//  3. What was held leaves behind the replies of the batch (Session.handOver).
//
// Whoever answers a read without the engine calls noteRead first, and looks at what
// it answers with afterwards.

var trackingBindings = []binding{
	{name: "client|tracking", local: clientTracking, ordered: true},
	{name: "client|caching", local: clientCaching},
	{name: "client|getredir", local: func(c *Call) { c.out.Int(c.session().redirection()) }},
	{name: "client|trackinginfo", local: clientTrackingInfo},
}

// noteRead enters the session as one that may keep what the command is about to
// read. MUST be called when the keys are claimed and not loaded yet.
func (c *Call) noteRead() {
	t := c.session().tracker.Load()
	if t == nil || c.spec.Flags&spec.ReadOnly == 0 && c.program == nil {
		return
	}
	table := c.server().tracking
	switch {
	case !t.Wants():
		table.Hold(t)
	case c.program != nil:
		table.Watch(t) // it will read what it likes
	default:
		c.tracked = true
		for _, claim := range c.claimed() {
			table.Claim(t, claim.Name)
		}
	}
}

// noteReadOf is noteRead for a key that may be answered without a claim.
func (c *Call) noteReadOf(name []byte) {
	t := c.session().tracker.Load()
	switch {
	case t == nil:
	case t.Wants():
		c.server().tracking.Read(t, name)
	default:
		c.server().tracking.Hold(t)
	}
}

// noteScriptRead is noteRead for a command of a script; the script's own keys may
// have been loaded already.
func (c *Call) noteScriptRead() {
	t := c.session().tracker.Load()
	if t == nil || c.spec.Flags&spec.ReadOnly == 0 || !t.Wants() {
		return
	}
	c.tracked = true
	for _, claim := range c.claimed() {
		c.server().tracking.Claim(t, claim.Name)
	}
}

// noteUnitRead notes where in its unit of work a command reads what noteRead, or
// noteScriptRead, has entered.
func (c *Call) noteUnitRead(tx *pg.Tx) {
	if t := c.session().tracker.Load(); t != nil {
		at := tx.Mark()
		for _, claim := range c.claimed() {
			t.UnitReads(claim.Name, at)
		}
	}
}

// beginTracked notes whose the changes are that follow.
func (j *job) beginTracked(tx *pg.Tx) {
	if !j.session.server.tracking.Active() {
		return
	}
	before := tx.Mark()
	if t := j.session.tracker.Load(); t != nil {
		t.BeginUnit(before)
	}
}

// publishChanges tells of what a unit of work has changed.
func (j *job) publishChanges() {
	j.session.server.changes.Publish(j.session.conn.ID(), j.changed)
	if t := j.session.tracker.Load(); t != nil {
		t.EndUnit()
	}
}

// nestCaching has CLIENT CACHING hold for the commands behind it in a transaction.
func (s *Session) nestCaching(mode []byte) {
	t := s.tracker.Load()
	if t == nil {
		return
	}
	if o := t.Options(); o.OptIn && isWord(mode, "yes") || o.OptOut && isWord(mode, "no") {
		t.SetCaching(true)
	}
}

// boundTracking follows tracking-table-max-keys.
func (s *Server) boundTracking(v *settings.Values) {
	s.tracking.SetMaxKeys(int(min(uint64(v.Int(settings.TrackingTableMaxKeys)), math.MaxInt64)))
}

// endCaching ends what CLIENT CACHING has said when the next command has been
// admitted; a transaction is one command.
func (s *Session) endCaching(sp *spec.Spec) {
	t := s.tracker.Load()
	if t == nil || !t.Caching() || s.inMulti() || sp != nil && sp.Parent == clientSpec {
		return
	}
	t.SetCaching(false)
}

var (
	clientSpec  = spec.ByName([]byte("client"))
	cachingSpec = spec.ByName([]byte("client|caching"))
)

// trackingOptions are the arguments of CLIENT TRACKING.
type trackingOptions struct {
	tracking.Options
	prefixes []string
}

// parseTracking reads the options of CLIENT TRACKING. fail is the error reply.
func (s *Server) parseTracking(args [][]byte) (o trackingOptions, fail string) {
	for ; len(args) > 0; args = args[1:] {
		switch more := len(args) > 1; {
		case isWord(args[0], "redirect") && more:
			if o.Redirect != 0 {
				return o, "ERR A client can only redirect to a single other client"
			}
			args = args[1:]
			id, ok := number.ParseInt64(args[0])
			if !ok {
				return o, errNotInteger
			}
			if s.clients.get(id) == nil {
				return o, "ERR The client ID you want redirect to does not exist"
			}
			o.Redirect = id
		case isWord(args[0], "bcast"):
			o.Broadcast = true
		case isWord(args[0], "optin"):
			o.OptIn = true
		case isWord(args[0], "optout"):
			o.OptOut = true
		case isWord(args[0], "noloop"):
			o.NoLoop = true
		case isWord(args[0], "prefix") && more:
			args = args[1:]
			o.prefixes = append(o.prefixes, string(args[0]))
		default:
			return o, errSyntax
		}
	}
	return o, ""
}

// refuse returns the error for options that do not go together, or not with those
// that a client has; t may be nil.
func (o *trackingOptions) refuse(t *tracking.Client) string {
	var old tracking.Options
	if t != nil {
		old = t.Options()
	}
	const other = " before disabling tracking for this client, and then re-enabling it with a different mode."
	switch {
	case !o.Broadcast && len(o.prefixes) > 0:
		return "ERR PREFIX option requires BCAST mode to be enabled"
	case t != nil && old.Broadcast != o.Broadcast:
		return "ERR You can't switch BCAST mode on/off" + other
	case o.Broadcast && (o.OptIn || o.OptOut):
		return "ERR OPTIN and OPTOUT are not compatible with BCAST"
	case o.OptIn && o.OptOut:
		return "ERR You can't specify both OPTIN mode and OPTOUT mode"
	case o.OptIn && old.OptOut, o.OptOut && old.OptIn:
		return "ERR You can't switch OPTIN/OPTOUT mode" + other
	case !o.Broadcast:
		return ""
	}
	name, before, exists, found := t.Overlap(o.prefixes)
	if !found {
		return ""
	}
	what := "another provided prefix"
	if exists {
		what = "an existing prefix"
	}
	return "ERR Prefix '" + cText([]byte(name)) + "' overlaps with " + what + " '" + cText([]byte(before)) +
		"'. Prefixes for a single client must not overlap."
}

func clientTracking(c *Call) {
	s := c.session()
	o, fail := s.server.parseTracking(c.args[3:])
	if fail != "" {
		c.fail(fail)
		return
	}
	switch {
	case isWord(c.args[2], "on"):
		if fail := o.refuse(s.tracker.Load()); fail != "" {
			c.fail(fail)
			return
		}
		s.track(o)
	case isWord(c.args[2], "off"):
		s.endTracking()
	default:
		c.fail(errSyntax)
		return
	}
	c.out.OK()
}

// track turns tracking on, or changes how the session is tracked.
func (s *Session) track(o trackingOptions) {
	t := s.server.tracking.Enable(s.tracker.Load(), s.conn.ID(), s, o.Options, o.prefixes)
	s.tracker.Store(t)
	s.setSeen(seenBroadcast, o.Broadcast)
	s.redirected.Store(o.Redirect)
	if s.gone.Load() {
		s.server.tracking.Disable(t) // the connection was closed meanwhile
	}
}

// endTracking turns tracking off.
func (s *Session) endTracking() {
	if t := s.tracker.Load(); t != nil {
		s.server.tracking.Disable(t)
		s.tracker.Store(nil)
		s.setSeen(seenBroadcast, false)
	}
}

// redirection is the client that gets the session's invalidations, 0 for itself, -1
// if there are none. Safe from any goroutine.
func (s *Session) redirection() int64 {
	if s.tracker.Load() == nil {
		return -1
	}
	return s.redirected.Load()
}

func clientCaching(c *Call) {
	t := c.session().tracker.Load()
	if t == nil {
		c.fail("ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled")
		return
	}
	switch o := t.Options(); {
	case isWord(c.args[2], "yes") && !o.OptIn:
		c.fail("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.")
		return
	case isWord(c.args[2], "no") && !o.OptOut:
		c.fail("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.")
		return
	case !isWord(c.args[2], "yes") && !isWord(c.args[2], "no"):
		c.fail(errSyntax)
		return
	}
	if len(c.job.nested) == 0 { // what it meant for a transaction is over, see nestAll
		t.SetCaching(true)
	}
	c.out.OK()
}

func clientTrackingInfo(c *Call) {
	flags, prefixes := []string{"off"}, []string(nil)
	if t := c.session().tracker.Load(); t != nil {
		flags[0] = "on"
		prefixes = t.Prefixes()
		o := t.Options()
		for _, f := range []struct {
			name string
			on   bool
		}{
			{"bcast", o.Broadcast}, {"optin", o.OptIn}, {"caching-yes", o.OptIn && t.Caching()},
			{"optout", o.OptOut}, {"caching-no", o.OptOut && t.Caching()}, {"noloop", o.NoLoop}, {"broken_redirect", t.Broken()},
		} {
			if f.on {
				flags = append(flags, f.name)
			}
		}
	}
	c.out.Map(3)
	c.out.BulkString("flags")
	c.out.Set(len(flags))
	for _, f := range flags {
		c.out.BulkString(f)
	}
	c.out.BulkString("redirect")
	c.out.Int(c.session().redirection())
	c.out.BulkString("prefixes")
	c.out.Array(len(prefixes))
	for _, p := range prefixes {
		c.out.BulkString(p)
	}
}

// RESP3 implements tracking.Output.
func (s *Session) RESP3() bool { return s.seen.Load()&seenRESP3 != 0 }

// Invalidate implements tracking.Output. A client that speaks RESP2 gets messages
// of others only, and only while it is a subscriber, whatever of.
func (s *Session) Invalidate(m *tracking.Message, redirected bool) {
	switch {
	case s.RESP3():
		s.conn.PushShared(m.Push())
	case redirected && s.subscribed():
		if sub := s.subscriber.Load(); sub != nil {
			sub.Deliver(m.Published())
		}
	}
}

// RedirectBroken implements tracking.Output.
func (s *Session) RedirectBroken(id int64) {
	if !s.RESP3() {
		return
	}
	e := codec.Encoder{RESP3: true}
	e.Push(2)
	e.BulkString("tracking-redir-broken")
	e.Int(id)
	s.conn.Push(e.Buf)
}

// findOutput returns a session by its id.
func (s *Server) findOutput(id int64) (tracking.Output, bool) {
	if sess := s.clients.get(id); sess != nil {
		return sess, true
	}
	return nil, false
}
