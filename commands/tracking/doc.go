// Package tracking is server-assisted client-side caching: who may keep a copy of
// which key, and who is told when it has changed.
//
// A [Table] remembers, by name, which clients have read a key, and which prefixes
// clients in broadcasting mode follow. It listens to package changes. A client is
// entered before its read is loaded, so that no change is missed, and what changes
// while its batch is under way is told behind the replies: otherwise the client
// would keep what it had been told to forget.
//
// When changes of other nodes may have been missed, everybody is told to forget
// everything.
package tracking
