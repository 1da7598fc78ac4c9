// Package conformance sends the same commands to postkeys and to a redis-server and compares the replies byte by byte,
// in RESP2 and in RESP3.
//
// Two sources of commands exist. The files under cases hold cases written by hand: documented examples, every option and
// conflict of options, every error. The random generator makes sequences from weighted command templates with a fixed
// seed, and shrinks a sequence that shows a difference to the few commands that are needed for it.
//
// Redis 7.2 is the specification, but the redis-server at hand may be a 7.0. Where the two differ the case states the
// reply of 7.2 itself; nowhere else are replies written by hand, since those would freeze our own mistakes.
//
// # Case files
//
// A line "== title" starts a case, a line that starts with "#" is a comment. Every case starts with an empty keyspace and
// new connections, and builds its own keys. Each other line is one command in the quoting of redis-cli ("\x00" and "\n"
// inside double quotes), with these extensions for an unquoted argument:
//
//	@rep(x,1000)   the text x, 1,000 times over
//	@now(+100)     the Unix time in seconds, plus 100
//	@nowms(-5)     the Unix time in milliseconds, less 5
//	@id(b)         the client id of connection b
//	@addr(b)       the address of connection b
//	@laddr(b)      the server's address on connection b
//	@bytes()       every byte there is, from 0 to 255
//
// A command may be preceded by a connection ("b> PING"; the connection named a is the default) and before that by a
// matcher in brackets. Without one the bytes must be equal.
//
//	[unordered]         the same elements of an array, set or map, or the same replies to !raw, in any order
//	[scan]              the same cursor, and the same elements in any order
//	[int~2]             integers, here or as elements, that differ by at most 2
//	[type]              the same type of reply
//	[shape]             the same types all the way down, and the same number of elements
//	[re "pattern"]      both replies match the pattern
//	[lines "pattern"]   the same lines among those that match the pattern, in any order
//	[none]              no reply is read (CLIENT REPLY OFF)
//	[7.2 "raw"]         exactly this from postkeys, because Redis 7.2 answers so and 7.0 does not; a second string is the
//	                    reply in RESP3
//	[7.2re "pattern"]   the same, but a pattern that the reply of postkeys matches
//	[later "raw"]       exactly this from postkeys: the step is about what came after Redis 7.2; [laterre "pattern"] is
//	                    the same with a pattern
//	[differs 3 "raw"]   exactly this from postkeys, a deliberate difference with that number on the list of differences
//
// Lines that start with "!" do other things:
//
//	!resp2, !resp3      run this case in one protocol only
//	!each-type          run this case once for every type of value but strings
//	!create k           create key k with the type of an !each-type case
//	!raw 2 "bytes"      send bytes as they are and read 2 replies; a matcher may stand in front of it
//	!closed             the server must close the connection; what it sends before that is compared
package conformance
