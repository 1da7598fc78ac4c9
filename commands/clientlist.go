package commands

import (
	"cmp"
	"slices"
	"strconv"
	"time"
	"unsafe"

	"github.com/mnorrsken/postkeys/commands/number"
)

// clientType is a kind of client, for the TYPE filters.
type clientType uint8

const (
	normalClient clientType = iota
	replicaClient
	pubsubClient
	masterClient
)

// clientTypeOf returns the kind of client that a word names in any case.
func clientTypeOf(word []byte) (t clientType, ok bool) {
	switch {
	case isWord(word, "normal"):
		return normalClient, true
	case isWord(word, "replica"), isWord(word, "slave"):
		return replicaClient, true
	case isWord(word, "pubsub"):
		return pubsubClient, true
	case isWord(word, "master"):
		return masterClient, true
	}
	return 0, false
}

func errClientType(word []byte) string { return "ERR Unknown client type '" + cText(word) + "'" }

// clientType is the kind of client behind the session.
func (s *Session) clientType() clientType {
	if s.subscribed() {
		return pubsubClient
	}
	return normalClient
}

// all returns the open sessions, oldest first.
func (c *clients) all() []*Session {
	c.mu.Lock()
	list := make([]*Session, 0, len(c.byID))
	for _, s := range c.byID {
		list = append(list, s)
	}
	c.mu.Unlock()
	slices.SortFunc(list, func(a, b *Session) int { return cmp.Compare(a.conn.ID(), b.conn.ID()) })
	return list
}

// get returns the session with a number, nil if there is none.
func (c *clients) get(id int64) *Session {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byID[id]
}

func clientInfo(c *Call) {
	c.out.Verbatim("txt", string(c.describe(nil, c.session(), time.Now())))
}

// clientList describes all sessions, those of a type, or those with the given
// numbers.
func clientList(c *Call) {
	var list []*Session
	switch n := len(c.args); {
	case n == 2:
		list = c.server().clients.all()
	case n == 4 && isWord(c.args[2], "type"):
		t, ok := clientTypeOf(c.args[3])
		if !ok {
			c.fail(errClientType(c.args[3]))
			return
		}
		list = slices.DeleteFunc(c.server().clients.all(), func(s *Session) bool { return s.clientType() != t })
	case n > 3 && isWord(c.args[2], "id"):
		for _, arg := range c.args[3:] {
			id, ok := number.ParseInt64(arg)
			if !ok {
				c.fail("ERR Invalid client ID")
				return
			}
			if s := c.server().clients.get(id); s != nil {
				list = append(list, s)
			}
		}
	default:
		c.fail(errSyntax)
		return
	}
	text := make([]byte, 0, len(list)*lineGuess)
	now := time.Now()
	for _, s := range list {
		text = c.describe(text, s, now)
	}
	c.out.Verbatim("txt", string(text))
}

// lineGuess is the usual length of a line of CLIENT LIST.
const lineGuess = 320

// describe appends the line that describes a session. What a Redis keeps and we
// have nothing of is 0: buffers for replies of a fixed size.
func (c *Call) describe(dst []byte, s *Session, now time.Time) []byte {
	conn := s.conn
	seen := s.seen.Load()
	used, free := conn.QueryBuffer()
	output := conn.OutputBytes()
	idle := max(now.Sub(conn.LastInteraction()), 0)
	command := s.commandName()
	arguments, replies := 0, 0
	if s == c.session() { // of oneself more is known: the batch at hand
		command, idle = c.spec.Name, 0
		used += c.job.batch.Bytes()
		replies = len(c.job.out.Buf)
		for _, arg := range c.args {
			arguments += len(arg)
		}
	}
	told := s.attributes()
	channels, patterns, shards := s.subscriptions()

	dst = appendNumber(dst, "id=", conn.ID())
	dst = append(append(dst, " addr="...), conn.Remote()...)
	dst = append(append(dst, " laddr="...), conn.Local()...)
	dst = appendNumber(dst, " fd=", int64(conn.FD()))
	dst = append(append(dst, " name="...), cText([]byte(told.name))...)
	dst = appendNumber(dst, " age=", int64(max(now.Sub(conn.Opened()), 0)/time.Second))
	dst = appendNumber(dst, " idle=", int64(idle/time.Second))
	dst = appendFlags(append(dst, " flags="...), s)
	dst = appendNumber(dst, " db=", int64(seen&seenDB))
	dst = appendNumber(dst, " sub=", int64(channels))
	dst = appendNumber(dst, " psub=", int64(patterns))
	dst = appendNumber(dst, " ssub=", int64(shards))
	dst = appendNumber(dst, " multi=", int64(s.queuedCommands()))
	dst = appendNumber(dst, " qbuf=", int64(used))
	dst = appendNumber(dst, " qbuf-free=", int64(free))
	dst = appendNumber(dst, " argv-mem=", int64(arguments))
	dst = append(dst, " multi-mem=0 rbs=0 rbp=0"...)
	dst = appendNumber(dst, " obl=", int64(replies))
	dst = appendNumber(dst, " oll=", int64(min(output, 1)))
	dst = appendNumber(dst, " omem=", int64(output))
	dst = appendNumber(dst, " tot-mem=", int64(sessionBytes+used+free+arguments+replies+output))
	dst = append(dst, " events=r"...)
	if output > 0 {
		dst = append(dst, 'w')
	}
	dst = append(append(dst, " cmd="...), command...)
	dst = append(dst, " user="+defaultUser...)
	dst = appendNumber(dst, " redir=", s.redirection())
	if seen&seenRESP3 != 0 {
		dst = append(dst, " resp=3"...)
	} else {
		dst = append(dst, " resp=2"...)
	}
	dst = append(append(dst, " lib-name="...), cText([]byte(told.libName))...)
	dst = append(append(dst, " lib-ver="...), cText([]byte(told.libVer))...)
	return append(dst, '\n')
}

// sessionBytes is about what an idle session takes with its connection.
const sessionBytes = int(unsafe.Sizeof(Session{})) + 512

func appendNumber(dst []byte, field string, n int64) []byte {
	return strconv.AppendInt(append(dst, field...), n, 10)
}

// appendFlags appends the letters of CLIENT LIST for what a session is and
// does; N is nothing special.
func appendFlags(dst []byte, s *Session) []byte {
	start, seen := len(dst), s.seen.Load()
	if seen&seenMonitor != 0 {
		dst = append(dst, 'O')
	}
	if seen&seenSubscribed != 0 {
		dst = append(dst, 'P')
	}
	if s.queuedCommands() >= 0 {
		dst = append(dst, 'x')
	}
	if seen&(seenPaused|seenBlocked) != 0 {
		dst = append(dst, 'b')
	}
	if t := s.tracker.Load(); t != nil {
		dst = append(dst, 't')
		if t.Broken() {
			dst = append(dst, 'R')
		}
		if seen&seenBroadcast != 0 {
			dst = append(dst, 'B')
		}
	}
	if s.conn.Unix() {
		dst = append(dst, 'U')
	}
	if seen&seenNoEvict != 0 {
		dst = append(dst, 'e')
	}
	if seen&seenNoTouch != 0 {
		dst = append(dst, 'T')
	}
	if len(dst) == start {
		dst = append(dst, 'N')
	}
	return dst
}
