// Package notify is the path between the nodes of one database: what one node
// sends, all others receive, by way of LISTEN and NOTIFY of PostgreSQL.
//
// A [Bus] keeps two connections: one on which it listens, and, once there is
// anybody to talk to, one on which it sends. It knows which other nodes are
// alive, and hands what they say to a [Receiver], which belongs to package
// commands: notify does not know what events mean.
//
// Delivery is at most once, in the order in which one node has sent. Nothing is
// kept for a node that is not there. A node that has lost its connection is told
// so, and asks the others for the state that they have announced before.
//
// State: a Bus owns its queue, its list of peers and its goroutines. Everything
// else lives in the Receiver.
package notify
