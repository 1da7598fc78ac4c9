// Package bench compares postkeys with Redis on one machine, from outside: the same workloads over all servers in turn, what they
// cost in processor time, their latency, and what PostgreSQL could do with no server in front of it. See DESIGN.md for what the
// figures mean.
//
// Everything is bounded in time and count, uses the loopback interface alone, and leaves nothing behind: processes that were started
// are ended by their number, temporary directories are removed, also when the context ends early.
package bench
