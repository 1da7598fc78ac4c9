// Package rdb reads and writes the payloads of DUMP and RESTORE: one value in Redis' RDB format, followed by the
// version of the format and a checksum.
//
// Decode accepts everything that a Redis 7.2 writes or has ever written for strings, lists, sets, sorted sets and
// hashes, and trusts none of it. Encode writes what a Redis 7.0 understands too, and what ends there in the encoding
// that was asked for. Streams and values of modules are known and refused.
//
// The functions keep nothing and may be called from anywhere. They do no I/O and never see a keyspace.
package rdb
