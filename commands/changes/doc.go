// Package changes carries the news of what committed units of work have changed
// to those of a server that have to know: the waiters of blocked clients, client
// tracking and the cache; on the node that has written, and on the others.
//
// A [Hub] does it. On the node itself a listener hears of a change before anybody
// else gets the key, in the order of the commits. Other nodes are told, by way of
// a [Path], if they have said that they want to know; it takes them a moment.
// News may be lost on the way. Whoever listens is told that, see
// [Listener.Missed], and then has to take everything for changed.
package changes
