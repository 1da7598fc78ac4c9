// Package cache keeps values of strings in memory, so that GET need not ask
// PostgreSQL.
//
// A [Cache] belongs to one node. It never decides by itself that a value is still
// right: whoever writes a key says so before the write can be seen (Hold) and when
// it is done (Release), news of other nodes come by way of package changes, and
// every entry ends with its key's expiry or after Config.TTL, whatever comes
// first. What a reader brings from PostgreSQL is kept only if nothing of the
// kind has happened since before it began to read.
//
// It does no I/O.
package cache
