package pgbench

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Line is a way to use PostgreSQL that is measured for comparison.
type Line string

// The lines. Those over many keys take them in one statement; the others take one key and wait for each reply.
const (
	ReadMany   Line = "read many"   // one SELECT with = ANY
	WriteMany  Line = "write many"  // one upsert from unnest
	ModifyMany Line = "modify many" // lock and load, add one in Go, one UPDATE from unnest, commit: two round trips
	ReadOne    Line = "read one"
	WriteOne   Line = "write one"

	// Rows of small hashes, packed.
	ReadPacked   Line = "read packed"
	ModifyPacked Line = "modify packed"

	// Elements of one large collection. Those that change any lock and write the row of the collection as well: two round trips.
	ReadElements   Line = "read elements"   // fields of a hash
	UpdateElements Line = "update elements" // values of fields
	UpdateScores   Line = "update scores"   // members of a sorted set, which moves them in an index
	InsertElements Line = "insert elements" // members of a set, after a look for them
	DeleteElements Line = "delete elements" // those of a sorted set with the lowest scores
)

// Lines are all lines in the order in which they are shown.
var Lines = []Line{
	ReadMany, WriteMany, ModifyMany, ReadOne, WriteOne, ReadPacked, ModifyPacked,
	ReadElements, UpdateElements, UpdateScores, InsertElements, DeleteElements,
}

// Many tells whether the line takes many keys or elements at once.
func (l Line) Many() bool { return l != ReadOne && l != WriteOne }

// packed tells whether the line is about rows of packed hashes.
func (l Line) packed() bool { return l == ReadPacked || l == ModifyPacked }

// Load says how a line is driven.
type Load struct {
	Line     Line
	Clients  int // goroutines that share the connections, each waiting for its own reply
	Keys     int // in one statement, drawn at random, duplicates merged; 1 for the lines over one key
	Duration time.Duration
}

// Result is what a line reached.
type Result struct {
	Rows       int64
	Statements int64
	Elapsed    time.Duration
}

// RowsPerSecond is the rate at which keys were read or written.
func (r Result) RowsPerSecond() float64 { return float64(r.Rows) / r.Elapsed.Seconds() }

// Run drives the line until the time is over, and waits for what is under way then.
func (r *Reference) Run(ctx context.Context, l Load) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, l.Duration+time.Minute)
	defer cancel()
	idle := make(chan *pgconn.PgConn, len(r.conns))
	for _, conn := range r.conns {
		idle <- conn
	}
	var (
		mu    sync.Mutex
		total Result
		first error
		wg    sync.WaitGroup
	)
	if l.Line == DeleteElements {
		if err := r.refill(ctx); err != nil {
			return Result{}, fmt.Errorf("fill a collection: %w", err)
		}
	}
	r.runs++
	start := time.Now()
	for i := range l.Clients {
		w := newWorker(r, r.runs<<32+uint64(i))
		if l.Line.packed() {
			w.packed()
		}
		wg.Go(func() {
			got, err := w.run(ctx, idle, l, start)
			mu.Lock()
			defer mu.Unlock()
			total.Rows += got.Rows
			total.Statements += got.Statements
			if err != nil && first == nil {
				first = err
				cancel()
			}
		})
	}
	wg.Wait()
	total.Elapsed = time.Since(start)
	if first != nil {
		return Result{}, fmt.Errorf("reference line %q with %d keys: %w", l.Line, l.Keys, first)
	}
	return total, nil
}

// run is one client: it takes a connection for each statement and gives it back.
func (w *worker) run(ctx context.Context, idle chan *pgconn.PgConn, l Load, start time.Time) (Result, error) {
	step := map[Line]func(context.Context, *pgconn.PgConn) error{
		ReadMany: w.readMany, WriteMany: w.writeMany, ModifyMany: w.modifyMany, ReadOne: w.readOne, WriteOne: w.writeOne,
		ReadPacked: w.readMany, ModifyPacked: w.modifyPacked,
		ReadElements: w.readFields, UpdateElements: w.updateFields, UpdateScores: w.updateScores, InsertElements: w.insertMembers,
		DeleteElements: w.deleteLowest,
	}[l.Line]
	if step == nil {
		return Result{}, fmt.Errorf("no line %q", l.Line)
	}
	var got Result
	for time.Since(start) < l.Duration {
		w.choose(l.Keys)
		var conn *pgconn.PgConn
		select {
		case conn = <-idle:
		case <-ctx.Done():
			return got, ctx.Err()
		}
		err := step(ctx, conn)
		idle <- conn
		if err != nil {
			return got, err
		}
		if len(w.chosen) == 0 {
			break // everything has been taken away
		}
		got.Rows += int64(len(w.chosen))
		got.Statements++
	}
	return got, nil
}
