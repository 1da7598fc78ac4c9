package commands

import "github.com/mnorrsken/postkeys/commands/spec"

// What other connections may see of a session. Only whoever serves the session
// at the time changes it: its loop, the end of a pause, or whoever serves a blocking command. Everybody reads it
// at any time.

// seenDB are the bits of Session.seen that hold the database index.
const seenDB uint64 = 1<<32 - 1

// The other bits of Session.seen.
const (
	seenRESP3      uint64 = 1 << (32 + iota)
	seenNoEvict           // CLIENT NO-EVICT
	seenNoTouch           // CLIENT NO-TOUCH
	seenPaused            // CLIENT PAUSE holds a command back
	seenSubscribed        // it has a subscription
	seenBlocked           // a blocking command waits
	seenBroadcast         // CLIENT TRACKING with BCAST
	seenMonitor           // MONITOR
)

func (s *Session) setSeen(bits uint64, on bool) {
	if on {
		s.seen.Or(bits)
	} else {
		s.seen.And(^bits)
	}
}

// setDB changes the database that later commands work on.
func (s *Session) setDB(db int) {
	s.db = db
	s.seen.Store(s.seen.Load()&^seenDB | uint64(db))
}

// setQueued tells how many commands a transaction holds, -1 for no transaction.
func (s *Session) setQueued(n int) {
	if s.queuedCommands() != n {
		s.queued.Store(int32(n) + 1)
	}
}

// queuedCommands is the number of commands in the session's transaction, -1 if
// there is none.
func (s *Session) queuedCommands() int { return int(s.queued.Load()) - 1 }

// setRESP3 changes the protocol of later replies.
func (s *Session) setRESP3(on bool) {
	s.resp3 = on
	s.setSeen(seenRESP3, on)
	if sub := s.subscriber.Load(); sub != nil {
		sub.SetRESP3(on)
	}
}

// noteLastCommand says which command of a job the session sent last. An unknown
// one counts as none.
func (s *Session) noteLastCommand(j *job) {
	sp := j.rest.next
	if n := len(j.calls); sp == nil && n > 0 {
		sp = j.calls[n-1].spec
	}
	id := int32(0)
	if sp != nil {
		id = int32(sp.ID) + 1
	}
	if s.lastCommand.Load() != id {
		s.lastCommand.Store(id)
	}
}

// commandName is the command that the session sent last.
func (s *Session) commandName() string {
	id := s.lastCommand.Load()
	if id == 0 {
		return "NULL"
	}
	return spec.All()[id-1].Name
}

// attributes are what a client tells about itself. Most tell nothing.
type attributes struct{ name, libName, libVer string }

func (s *Session) attributes() attributes {
	if a := s.told.Load(); a != nil {
		return *a
	}
	return attributes{}
}

func (s *Session) setAttributes(a attributes) {
	if a == (attributes{}) {
		s.told.Store(nil)
	} else {
		s.told.Store(&a)
	}
}

func (s *Session) setName(name string) {
	a := s.attributes()
	if a.name != name {
		a.name = name
		s.setAttributes(a)
	}
}
