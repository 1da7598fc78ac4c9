package target

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/mnorrsken/postkeys/bench/process"
	"github.com/mnorrsken/postkeys/pg/embedded"
	"github.com/mnorrsken/postkeys/pg/pgbench"
)

// schema is that of the measured postkeys in a database of the user's own.
const schema = "postkeys_bench"

// cleanUpTimeout bounds what happens to PostgreSQL at the end.
const cleanUpTimeout = time.Minute

// Postgres is the PostgreSQL behind postkeys.
type Postgres struct {
	DSN         string // of the database
	PostkeysDSN string // the same for postkeys
	Schema      string // of the tables of postkeys
	Postmaster  int    // its process, 0 if that is not on this machine
	Note        string // what the reader of the report has to know, or ""

	db       *pgbench.Database
	embedded *embedded.Server // nil for one of the user's own
}

// StartPostgres starts a PostgreSQL below dir, tuned as the one postkeys runs for itself.
func StartPostgres(ctx context.Context, dir, binDir, version string) (*Postgres, error) {
	// PostgreSQL may run as another user, who has to be able to come by.
	if err := os.Chmod(dir, 0o711); err != nil {
		return nil, err
	}
	cfg := embedded.Config{
		Dir: filepath.Join(dir, "postgresql"), BinDir: binDir, Version: version, StopWithParent: true,
		Logger: slog.New(slog.DiscardHandler),
	}
	if root, err := ModuleRoot(); err == nil {
		cfg.CacheDir = filepath.Join(root, ".build", "postgresql")
	}
	server, err := embedded.Start(ctx, cfg)
	if err != nil {
		return nil, err
	}
	dsn := server.DSN("postgres")
	p := &Postgres{DSN: dsn, PostkeysDSN: dsn, Schema: "public", Postmaster: server.PID(), embedded: server}
	if p.db, err = pgbench.Connect(ctx, dsn); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	return p, nil
}

// UsePostgres connects to a PostgreSQL of the user's own.
func UsePostgres(ctx context.Context, dsn string) (*Postgres, error) {
	db, err := pgbench.Connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	p := &Postgres{DSN: dsn, PostkeysDSN: pgbench.WithSearchPath(dsn, schema), Schema: schema, db: db}
	if err := db.CreateSchema(ctx, schema); err != nil {
		return nil, errors.Join(err, db.Close(ctx))
	}
	if p.Postmaster = localPostmaster(db.BackendPID()); p.Postmaster == 0 {
		p.Note = "PostgreSQL is not on this machine, or in another container: its processor time is not known."
	}
	return p, nil
}

// localPostmaster is the parent of a backend if that is a process of this machine, and 0 otherwise. A number from elsewhere may
// belong to any process here, so names are compared too.
func localPostmaster(backend int) int {
	parent, err := process.Parent(backend)
	if err != nil {
		return 0
	}
	for _, pid := range []int{backend, parent} {
		if name, err := process.Name(pid); err != nil || name != "postgres" {
			return 0
		}
	}
	return parent
}

// Database is a connection to ask PostgreSQL about itself.
func (p *Postgres) Database() *pgbench.Database { return p.db }

// Stop ends a PostgreSQL that was started here; in one of the user's own it drops the schema.
func (p *Postgres) Stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), cleanUpTimeout)
	defer cancel()
	var errs []error
	if p.db != nil {
		if p.embedded == nil {
			errs = append(errs, p.db.DropSchema(ctx, schema))
		}
		errs = append(errs, p.db.Close(ctx))
	}
	if p.embedded != nil {
		errs = append(errs, p.embedded.Stop(ctx))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("PostgreSQL: %w", err)
	}
	return nil
}
