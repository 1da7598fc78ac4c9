// Package reactor moves bytes between sockets and sessions.
//
// It accepts connections, cuts their input into batches of complete commands, hands each batch to the connection's
// Session, and writes replies and pushes back in the order they were queued. It knows nothing of what a command means.
//
// A connection belongs to one loop for its whole life. Everything in a Conn that is not atomic is touched by that loop
// only; other goroutines reach it through the loop's outbox (Reply, Push, Close), which is drained on the loop. There is
// no goroutine per connection and none per command: besides the loops the package owns one goroutine, the keeper, that
// ticks timeouts and output limits.
//
// The package never blocks a loop, never waits for storage, never keeps more of a connection's input or output than
// the limits say, and never lets one session's panic reach another connection. DESIGN.md tells the path of a request.
package reactor
