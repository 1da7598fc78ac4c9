package commands

import (
	"github.com/mnorrsken/postkeys/commands/pubsub"
)

var publishBindings = []binding{
	{name: "publish", local: func(c *Call) { c.publish(pubsub.Channel) }},
	{name: "spublish", local: func(c *Call) { c.publish(pubsub.Shard) }},
	{name: "pubsub|channels", local: func(c *Call) { c.activeChannels(pubsub.Channel) }},
	{name: "pubsub|shardchannels", local: func(c *Call) { c.activeChannels(pubsub.Shard) }},
	{name: "pubsub|numsub", local: func(c *Call) { c.countSubscribers(pubsub.Channel) }},
	{name: "pubsub|shardnumsub", local: func(c *Call) { c.countSubscribers(pubsub.Shard) }},
	{name: "pubsub|numpat", local: func(c *Call) { c.out.Int(int64(c.server().hub.CountActive(pubsub.Pattern))) }},
	{name: "pubsub|help", local: func(c *Call) { c.help("PUBSUB", pubsubHelpLines) }},
}

// publish sends the message that the arguments hold. A client that gets its own
// message gets it behind the reply. What a script publishes leaves when the
// script is committed.
func (c *Call) publish(kind pubsub.Kind) {
	if c.script != nil {
		c.out.Int(int64(c.server().hub.Receivers(kind, c.args[1])))
		c.afterCommit(func(c *Call) {
			c.script = nil
			c.publish(kind)
		})
		return
	}
	if sub := c.session().subscriber.Load(); sub != nil {
		sub.Hold()
	}
	c.job.published = true
	c.out.Int(int64(c.server().hub.Publish(kind, c.args[1], c.args[2])))
	c.deliverHeld()
}

// awaitsRoom lets a batch that has published wait while more is published than
// the other nodes can be told; it is answered by finish later.
func (j *job) awaitsRoom() bool {
	bus := j.session.server.bus
	if !j.published || !bus.Crowded() {
		return false
	}
	bus.AwaitRoom(func() {
		conn := j.session.conn
		j.finish()
		conn.Flush()
	})
	return true
}

func (c *Call) activeChannels(kind pubsub.Kind) {
	var pattern []byte
	switch len(c.args) {
	case 2:
	case 3:
		pattern = c.args[2]
	default:
		c.fail("ERR unknown subcommand or wrong number of arguments for '" + cText(c.args[1]) + "'. Try PUBSUB HELP.")
		return
	}
	names := c.server().hub.Active(kind, pattern)
	c.out.Array(len(names))
	for _, name := range names {
		c.out.BulkString(name)
	}
}

func (c *Call) countSubscribers(kind pubsub.Kind) {
	names := c.args[2:]
	c.out.Array(2 * len(names))
	for _, name := range names {
		c.out.Bulk(name)
		c.out.Int(int64(c.server().hub.CountSubscribers(kind, name)))
	}
}

var pubsubHelpLines = []string{
	"CHANNELS [<pattern>]",
	"    List the channels that have subscribers, or those whose names match <pattern>.",
	"NUMPAT",
	"    Count the patterns that have subscribers.",
	"NUMSUB [<channel> [...]]",
	"    Count the subscribers of channels, not those of patterns.",
	"SHARDCHANNELS [<pattern>]",
	"    List the shard channels that have subscribers, or those whose names match <pattern>.",
	"SHARDNUMSUB [<shardchannel> [...]]",
	"    Count the subscribers of shard channels.",
}
