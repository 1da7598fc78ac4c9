// Package pgbench measures PostgreSQL without a server in front of it, as reference lines for the benchmark: what the keyspace's
// own table takes from statements over many keys (the set-oriented limit), and what it takes when every command is a round trip
// of its own.
//
// The set-oriented limit is what postkeys could reach if sockets, protocol and command semantics cost nothing; one round trip per
// command is what it would be without merging. Both run on a schema of their own in the same database, made by the same migrations
// as that of postkeys, so table, index, fill factor and write-ahead log are those of the real thing while its rows stay apart.
//
// A Reference owns that schema and drops it. A Database only looks.
package pgbench
