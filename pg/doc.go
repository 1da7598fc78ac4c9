// Package pg keeps the keyspace in PostgreSQL.
//
// A [Tx] is one unit of work on one connection: it loads the rows that a round
// of commands needs (locking those that will change), lets the caller change
// them in memory through [Entry], and writes what changed back with
// set-oriented statements in the same round trip as COMMIT. The package knows
// nothing of RESP or of commands.
//
// State: a [Conn] and a [Tx] belong to one goroutine at a time. Everything
// shared lives in PostgreSQL; several processes may use one database at once.
//
// The package never assembles SQL at call sites: each statement is a named
// constant beside the code that sends it, listed in one catalogue and prepared
// once per connection.
package pg
