package engine

import "sync/atomic"

// Counters describe the engine's work since the start. Safe to read at any
// time.
type Counters struct {
	Rounds   atomic.Int64 // units of work that ended well
	Items    atomic.Int64 // commands in them
	Trips    atomic.Int64 // round trips to PostgreSQL for them
	Retries  atomic.Int64 // rounds run again after losing a race
	Isolated atomic.Int64 // rounds taken apart after an error of PostgreSQL's
	Expelled atomic.Int64 // rounds begun again without a task that took long
	Lost     atomic.Int64 // connections lost
	Unknown  atomic.Int64 // rounds whose outcome could not be found out
	Expired  atomic.Int64 // keys removed by the sweeper
}
