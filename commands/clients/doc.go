// Package clients tests what applications build on scripts, transactions and tracking: locks, rate limiters, queues, workers and caches,
// from libraries that know nothing of postkeys. Half of their clients talk to one node and half to another one of the
// same database. All of it runs against one redis-server too: there the expectations themselves are tested.
package clients
