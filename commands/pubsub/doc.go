// Package pubsub knows who listens to which channel, on this node and, by
// number, on the others, and hands messages out.
//
// A [Hub] owns all of this. Subscribers are the sessions of package commands; a
// message is encoded once for each version of the protocol, and its bytes are
// shared by all who get it.
//
// Locks are taken in this order: Hub.mu, topic.mu, Subscriber.mu, those of the
// connection.
package pubsub
