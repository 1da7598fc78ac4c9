package commands

import (
	"strconv"

	"github.com/mnorrsken/postkeys/commands/pubsub"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/commands/spec"
	"github.com/mnorrsken/postkeys/pg"
)

// How keyspace events (notify-keyspace-events) come about:
//
//  1. A handler calls notify where Redis does, with the claim of the key that it has
//     changed. That a key is new, or that one was in its place that had expired,
//     comes in front of it by itself: perform has noted which keys were absent.
//  2. The events of a unit of work are kept in job.events, and forgotten when it runs
//     again.
//  3. They are published when the unit is committed (job.Keep): behind the
//     invalidations of copies, and before what transactions and scripts publish.
//
// What the sweep removes is told by Server.expired.

// keyEvent is something that happened to a key.
type keyEvent struct {
	class settings.Events
	name  string
	db    int
	key   []byte
}

// absentKey is a claim of the command at hand whose key was absent when it began.
type absentKey struct {
	claim int
	// expired: something that had expired stands in its place.
	expired bool
}

// applyEvents takes the classes of events that are asked for from the settings.
func (s *Server) applyEvents(v *settings.Values) {
	e := v.Events()
	if e&(settings.EventKeyspace|settings.EventKeyevent) == 0 {
		e = 0 // there is no channel to publish on
	}
	s.events.Store(uint32(e))
}

// signals reports whether events of one of the classes are asked for.
func (s *Server) signals(classes settings.Events) bool {
	return settings.Events(s.events.Load())&classes != 0
}

// beginEvents notes what the events of a command depend on and is over once it has
// run, and tells of the keys that it looks up in vain.
func (c *Call) beginEvents() {
	j := c.job
	j.absent = j.absent[:0]
	for i := range c.claims {
		if e := c.key(i); e.TakePurged() {
			c.addFieldsExpired(i, e)
		}
	}
	if c.spec.Flags&spec.Write != 0 {
		for i := range c.claims {
			if e := c.key(i); !e.Exists() {
				j.absent = append(j.absent, absentKey{i, e.Expired()})
			}
		}
	}
	c.miss(c.bind.lookedUp)
}

// addFieldsExpired tells that fields of the hash of a claim have expired, or all.
func (c *Call) addFieldsExpired(claim int, e *pg.Entry) {
	if e.Exists() {
		c.addEvent(settings.EventHash, "hexpired", claim)
	} else {
		c.addEvent(settings.EventExpired, "expired", claim)
	}
}

// notify tells of what the command has done to the key of a claim. The key MUST be
// there, or have been there before.
func (c *Call) notify(class settings.Events, name string, claim int) {
	if c.server().events.Load() == 0 {
		return
	}
	c.notifyCreated(claim)
	c.addEvent(class, name, claim)
}

// notifyDel tells that the command has removed the key of a claim.
func (c *Call) notifyDel(claim int) { c.addEvent(settings.EventGeneric, "del", claim) }

// notifyTaken tells that n elements were taken from the key of a claim, if any were,
// and that it is gone if those were the last ones.
func (c *Call) notifyTaken(class settings.Events, name string, claim, n int) {
	if n > 0 {
		c.notify(class, name, claim)
		c.notifyEmptied(claim)
	}
}

// notifyEmptied tells that the key of a claim is gone, if nothing is left in it.
func (c *Call) notifyEmptied(claim int) {
	if c.server().events.Load() != 0 && !c.key(claim).Exists() {
		c.notifyDel(claim)
	}
}

// notifyStored tells that the command has stored its result under the key of a
// claim, or removed that key since there is nothing to store.
func (c *Call) notifyStored(class settings.Events, name string, claim int, stored bool) {
	switch {
	case c.server().events.Load() == 0:
	case stored:
		c.notify(class, name, claim)
	case !c.wasAbsent(claim):
		c.notifyDel(claim)
	}
}

// notifyNew tells that a key is new, which counts for one that has taken the place
// of another one too.
func (c *Call) notifyNew(claim int) {
	if c.server().events.Load() != 0 && !c.notifyCreated(claim) {
		c.addEvent(settings.EventNew, "new", claim)
	}
}

// notifyCreated is notifyNew for a key that was absent. It reports false, and tells
// nothing, if it was there, or has been told already.
func (c *Call) notifyCreated(claim int) bool {
	kept, found, expired := c.job.absent[:0], false, false
	at := &c.claimed()[claim]
	for _, a := range c.job.absent {
		if other := &c.claimed()[a.claim]; other.DB == at.DB && string(other.Name) == string(at.Name) {
			found, expired = true, a.expired
		} else {
			kept = append(kept, a)
		}
	}
	c.job.absent = kept
	if expired {
		c.addEvent(settings.EventExpired, "expired", claim)
	}
	if found {
		c.addEvent(settings.EventNew, "new", claim)
	}
	return found
}

// wasAbsent reports whether the key of a claim was absent when the command began.
func (c *Call) wasAbsent(claim int) bool {
	for _, a := range c.job.absent {
		if a.claim == claim {
			return true
		}
	}
	return false
}

func (c *Call) addEvent(class settings.Events, name string, claim int) {
	at := &c.claimed()[claim]
	c.addEventOf(class, name, at.DB, at.Name)
}

// addEventOf adds an event of a key that need not be claimed.
func (c *Call) addEventOf(class settings.Events, name string, db int, key []byte) {
	if c.server().signals(class) {
		c.job.events = append(c.job.events, keyEvent{class, name, db, key})
	}
}

// looksBeforeWrites reports whether keys are not overwritten blindly, since events
// depend on what was there.
func (s *Server) looksBeforeWrites() bool {
	return s.signals(settings.EventNew | settings.EventExpired)
}

// publishEvents publishes the events of a unit that is committed. A subscriber that
// has caused them itself gets them behind its replies.
func (j *job) publishEvents() {
	if len(j.events) == 0 {
		return
	}
	if sub := j.session.subscriber.Load(); sub != nil {
		sub.Hold()
	}
	for i := range j.events {
		j.session.server.publishEvent(&j.events[i])
	}
	j.published = true
	j.dropEvents()
}

// dropEvents forgets the events of a unit.
func (j *job) dropEvents() {
	clear(j.events)
	j.events = j.events[:0]
}

// publishEvent publishes one event on the channels of its key and of its name, as
// far as they are asked for.
func (s *Server) publishEvent(e *keyEvent) {
	on := settings.Events(s.events.Load())
	if on&e.class == 0 {
		return
	}
	if on&settings.EventKeyspace != 0 {
		s.hub.Publish(pubsub.Channel, append(eventChannel("__keyspace@", e.db), e.key...), []byte(e.name))
	}
	if on&settings.EventKeyevent != 0 {
		s.hub.Publish(pubsub.Channel, append(eventChannel("__keyevent@", e.db), e.name...), e.key)
	}
}

// eventChannel is how the name of a channel for events begins.
func eventChannel(prefix string, db int) []byte {
	return append(strconv.AppendInt([]byte(prefix), int64(db), 10), "__:"...)
}

// expired hears of every key that the sweep has removed, left is TypeNone, and of
// every hash that it has relieved of expired fields.
func (s *Server) expired(db int, name []byte, left pg.Type) {
	s.changes.Publish(0, []pg.Change{{DB: db, Name: name, Hash: pg.HashKey(db, name), Type: left}})
	if left == pg.TypeNone {
		s.stats.expired.Add(1)
		s.publishEvent(&keyEvent{settings.EventExpired, "expired", db, name})
	} else {
		s.publishEvent(&keyEvent{settings.EventHash, "hexpired", db, name})
	}
}

// tellsExpiry reports whether anybody wants to hear at once of keys that expire.
func (s *Server) tellsExpiry() bool {
	return s.signals(settings.EventExpired) || s.tracking.Active() || s.changes.Abroad()
}
