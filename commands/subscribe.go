package commands

import "github.com/mnorrsken/postkeys/commands/pubsub"

// How messages find their place between replies: whoever subscribes, or
// publishes while subscribed, holds its messages back (pubsub.Subscriber.Hold),
// since the replies of its batch are still being written. They are given out
// behind the reply of the command, or with the replies of the batch at the
// latest (Session.handOver).

var subscribeBindings = []binding{
	{name: "subscribe", local: subscribes("subscribe", pubsub.Channel), whileSubscribed: true},
	{name: "psubscribe", local: subscribes("psubscribe", pubsub.Pattern), whileSubscribed: true},
	{name: "ssubscribe", local: subscribes("ssubscribe", pubsub.Shard), whileSubscribed: true},
	{name: "unsubscribe", local: unsubscribes("unsubscribe", pubsub.Channel), whileSubscribed: true},
	{name: "punsubscribe", local: unsubscribes("punsubscribe", pubsub.Pattern), whileSubscribed: true},
	{name: "sunsubscribe", local: unsubscribes("sunsubscribe", pubsub.Shard), whileSubscribed: true},
}

// subscribes returns the handler that subscribes to what the arguments name, and
// confirms each with a message of its own.
func subscribes(word string, kind pubsub.Kind) func(*Call) {
	return func(c *Call) {
		s, hub := c.session(), c.server().hub
		sub := s.subscriber.Load()
		if sub == nil {
			sub = pubsub.NewSubscriber(s.conn, s.resp3)
			s.subscriber.Store(sub)
		}
		sub.Hold()
		c.mute = false // confirmations are sent in spite of CLIENT REPLY OFF
		for _, name := range c.args[1:] {
			c.confirm(word, name, hub.Subscribe(sub, kind, name))
		}
		c.deliverHeld()
		s.noteSubscriptions()
		if s.gone.Load() {
			hub.Drop(sub) // the connection was closed meanwhile
		}
	}
}

// unsubscribes returns the handler that ends the subscriptions that the
// arguments name, or all of a kind.
func unsubscribes(word string, kind pubsub.Kind) func(*Call) {
	return func(c *Call) {
		s, hub := c.session(), c.server().hub
		sub := s.subscriber.Load()
		if sub == nil {
			sub = pubsub.NewSubscriber(s.conn, s.resp3) // of nothing
		}
		c.mute = false
		names := c.args[1:]
		if len(names) == 0 {
			names = hub.Names(sub, kind)
			if len(names) == 0 {
				c.confirm(word, nil, hub.Unsubscribe(sub, kind, nil))
			}
		}
		for _, name := range names {
			c.confirm(word, name, hub.Unsubscribe(sub, kind, name))
		}
		s.noteSubscriptions()
	}
}

// confirm writes that a subscription has begun or ended, and how many there are
// now.
func (c *Call) confirm(word string, name []byte, count int) {
	c.out.Push(3)
	c.out.BulkString(word)
	if name == nil {
		c.out.Null()
	} else {
		c.out.Bulk(name)
	}
	c.out.Int(int64(count))
}

// deliverHeld gives out the messages that have been held back, behind the reply
// of a command that is not part of another one.
func (c *Call) deliverHeld() {
	sub := c.session().subscriber.Load()
	if sub == nil || c.mute || c != &c.job.calls[len(c.job.calls)-1] {
		return
	}
	for _, message := range sub.Take() {
		c.out.Raw(message)
	}
}

// handOver gives the replies of a batch to the connection, with the messages and
// invalidations that were held back meanwhile behind them, if there may be any; otherwise the
// replies are returned for the caller to send.
func (s *Session) handOver(replies []byte) []byte {
	sub, tracker := s.subscriber.Load(), s.tracker.Load()
	messages, invalidations := sub != nil && sub.Holds(), tracker != nil && tracker.Holds()
	if !messages && !invalidations {
		return replies
	}
	s.conn.Push(replies)
	if messages {
		sub.Release()
	}
	if invalidations {
		s.server.tracking.Release(tracker)
	}
	return nil
}

// subscribed reports whether the session has a subscription.
func (s *Session) subscribed() bool { return s.seen.Load()&seenSubscribed != 0 }

// subscriptions returns how many channels, patterns and shard channels the
// session is subscribed to.
func (s *Session) subscriptions() (channels, patterns, shards int) {
	sub := s.subscriber.Load()
	if sub == nil {
		return 0, 0, 0
	}
	return s.server.hub.Counts(sub)
}

// noteSubscriptions makes a client with subscriptions a subscriber, and one
// without any other client.
func (s *Session) noteSubscriptions() {
	channels, patterns, shards := s.subscriptions()
	if on := channels+patterns+shards > 0; on != s.subscribed() {
		s.setSeen(seenSubscribed, on)
		s.noteListening()
	}
}

// noteListening has the limits of subscribers apply to a client that gets more than
// replies.
func (s *Session) noteListening() {
	s.conn.SetSubscriber(s.seen.Load()&(seenSubscribed|seenMonitor) != 0)
}

// endSubscriptions ends all subscriptions without a word.
func (s *Session) endSubscriptions() {
	if sub := s.subscriber.Load(); sub != nil {
		s.server.hub.Drop(sub)
		s.noteSubscriptions()
	}
}
