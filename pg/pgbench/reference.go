package pgbench

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mnorrsken/postkeys/pg"
)

// schema is where the reference rows live.
const schema = "postkeys_reference"

// Config says what the reference lines run on.
type Config struct {
	DSN         string
	Connections int
	Keys        int // rows in the table, all loaded before the first line
	ValueBytes  int
}

// Reference is the schema and the connections of the reference lines. It is used by one goroutine at a time.
type Reference struct {
	cfg   Config
	space []byte // of the rows, in the form of a parameter
	conns []*pgconn.PgConn
	runs  uint64 // so far: each draws other keys
	taken int    // the collection from which elements were taken away last
}

// sessionSettings are those under which postkeys' own statements run: planned once, by index.
var sessionSettings = map[string]string{
	"application_name":    "postkeys reference",
	"search_path":         schema,
	"plan_cache_mode":     "force_generic_plan",
	"enable_seqscan":      "off",
	"enable_bitmapscan":   "off",
	"enable_hashjoin":     "off",
	"enable_mergejoin":    "off",
	"enable_material":     "off",
	"enable_memoize":      "off",
	"jit":                 "off",
	"client_min_messages": "warning",
}

// Open creates the schema anew, loads the keys and opens the connections. On an error nothing is left open.
func Open(ctx context.Context, cfg Config) (*Reference, error) {
	if cfg.Connections < 1 || cfg.Keys < 1 {
		return nil, errors.New("the reference lines need at least one connection and one key")
	}
	r := &Reference{cfg: cfg}
	if err := r.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("prepare the reference lines: %w", err), r.Close(ctx))
	}
	return r, nil
}

func (r *Reference) prepare(ctx context.Context) error {
	for range r.cfg.Connections {
		conn, err := connect(ctx, r.cfg.DSN, sessionSettings)
		if err != nil {
			return err
		}
		r.conns = append(r.conns, conn)
	}
	first := &Database{r.conns[0]}
	if err := first.CreateSchema(ctx, schema); err != nil {
		return err
	}
	if err := pg.Migrate(ctx, pg.Config{DSN: WithSearchPath(r.cfg.DSN, schema), Databases: 1}); err != nil {
		return err
	}
	rows, err := first.query(ctx, "SELECT space FROM kv_databases WHERE db = 0")
	if err != nil {
		return err
	}
	r.space = rows[0][0]
	for _, conn := range r.conns {
		for _, s := range slices.Concat(statements, elementStatements) {
			if _, err := conn.Prepare(ctx, s.name, s.sql, nil); err != nil {
				return fmt.Errorf("statement %s: %w", s.name, err)
			}
		}
	}
	return r.load(ctx)
}

// load writes every key once, and fills the collections.
func (r *Reference) load(ctx context.Context) error {
	packed := newWorker(r, 0)
	packed.packed()
	for _, w := range []*worker{newWorker(r, 0), packed} {
		if err := r.loadKeys(ctx, w); err != nil {
			return fmt.Errorf("load the keys: %w", err)
		}
	}
	if err := r.loadElements(ctx); err != nil {
		return fmt.Errorf("load the collections: %w", err)
	}
	return nil
}

func (r *Reference) loadKeys(ctx context.Context, w *worker) error {
	const rowsAtOnce = 1000
	for from := 0; from < r.cfg.Keys; from += rowsAtOnce {
		w.chosen = w.chosen[:0]
		for key := from; key < min(from+rowsAtOnce, r.cfg.Keys); key++ {
			w.chosen = append(w.chosen, key)
		}
		if err := w.writeMany(ctx, r.conns[0]); err != nil {
			return err
		}
	}
	return nil
}

// Connections is how many connections share the work.
func (r *Reference) Connections() int { return len(r.conns) }

// Close drops the schema and closes the connections.
func (r *Reference) Close(ctx context.Context) error {
	var errs []error
	for i, conn := range r.conns {
		if i == 0 && !conn.IsClosed() {
			errs = append(errs, (&Database{conn}).DropSchema(ctx, schema))
		}
		errs = append(errs, conn.Close(ctx))
	}
	r.conns = nil
	return errors.Join(errs...)
}
