// Package servertest starts real servers for tests: the postkeys binary built from this module and a redis-server to
// compare it with, each as a process of its own on a free port of 127.0.0.1.
//
// A Server owns its process and its log; a Client owns one connection and speaks bytes, not values, so that tests can
// compare replies exactly as they crossed the wire. The package never reaches into a server by other ways than its
// socket, its environment and signals, and it never starts PostgreSQL (package pg/pgtest does).
package servertest
