// Package nodes tests commands on keys and databases with two nodes on one
// PostgreSQL: real servers, spoken to over their sockets.
package nodes
