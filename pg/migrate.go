package pg

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// minServerVersion is the oldest PostgreSQL that will do, as server_version_num
// counts.
const minServerVersion = 160000

// migrationLock is the advisory lock under which a node migrates: one at a
// time in one database.
const migrationLock = 0x706f73746b657973 // "postkeys"

// migration is one numbered step of the schema.
type migration struct {
	version int
	name    string
	sql     string
}

// migrations returns the steps this binary knows, in order.
func migrations() ([]migration, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	var out []migration
	for _, n := range names {
		text, err := migrationFiles.ReadFile(n)
		if err != nil {
			return nil, err
		}
		base := strings.TrimSuffix(strings.TrimPrefix(n, "migrations/"), ".sql")
		number, _, _ := strings.Cut(base, "_")
		version, err := strconv.Atoi(number)
		if err != nil || version != len(out)+1 {
			return nil, fmt.Errorf("migration %s is out of sequence", n)
		}
		out = append(out, migration{version, base, string(text)})
	}
	return out, nil
}

// Migrate brings the schema to the version this binary needs and makes sure
// that every database index exists. Several nodes may call it at once. It
// refuses a schema that is newer than the binary, tables of the same names
// that are not ours, and a PostgreSQL that is too old.
func Migrate(ctx context.Context, cfg Config) (err error) {
	pc, err := cfg.dial(ctx, map[string]string{"application_name": "postkeys migration"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pc.Close(ctx)) }()
	if err := checkServer(ctx, pc); err != nil {
		return err
	}
	steps, err := migrations()
	if err != nil {
		return err
	}
	// One transaction: a step that fails leaves the schema as it was. The
	// transaction's advisory lock works behind poolers too.
	begin := fmt.Sprintf("BEGIN; SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock(%d)", migrationLock)
	if err := execText(ctx, pc, begin); err != nil {
		return fmt.Errorf("lock the schema: %w", err)
	}
	if err := migrateLocked(ctx, pc, steps); err != nil {
		return errors.Join(err, execText(ctx, pc, "ROLLBACK"))
	}
	databases := fmt.Sprintf(
		"INSERT INTO kv_databases (db) SELECT generate_series(0, %d) ON CONFLICT (db) DO NOTHING", cfg.Databases-1)
	if err := execText(ctx, pc, databases); err != nil {
		return errors.Join(fmt.Errorf("create the database indexes: %w", err), execText(ctx, pc, "ROLLBACK"))
	}
	return execText(ctx, pc, "COMMIT")
}

func migrateLocked(ctx context.Context, pc *pgconn.PgConn, steps []migration) error {
	current, err := schemaVersion(ctx, pc)
	if err != nil {
		return err
	}
	if current > len(steps) {
		return fmt.Errorf("the database holds schema version %d, and this postkeys knows versions up to %d: "+
			"it was written by a newer postkeys, use that one", current, len(steps))
	}
	for _, m := range steps[current:] {
		if err := execText(ctx, pc, m.sql); err != nil {
			return fmt.Errorf("migration %s: %w", m.name, err)
		}
		done := fmt.Sprintf("INSERT INTO kv_schema (version) VALUES (%d)", m.version)
		if err := execText(ctx, pc, done); err != nil {
			return fmt.Errorf("migration %s: %w", m.name, err)
		}
	}
	return nil
}

// schemaVersion returns the version of the schema, 0 for an empty database.
func schemaVersion(ctx context.Context, pc *pgconn.PgConn) (int, error) {
	present, err := queryText(ctx, pc, "SELECT to_regclass('kv_schema') IS NOT NULL, to_regclass('kv_keys') IS NOT NULL")
	if err != nil {
		return 0, fmt.Errorf("look at the schema: %w", err)
	}
	switch {
	case present[0] == "t":
		version, err := queryText(ctx, pc, "SELECT coalesce(max(version), 0) FROM kv_schema")
		if err != nil {
			return 0, fmt.Errorf("kv_schema is not the schema record of postkeys: %w", err)
		}
		return strconv.Atoi(version[0])
	case present[1] == "t":
		return 0, errors.New("the database has a table kv_keys that postkeys did not make (there is no kv_schema): " +
			"use another database or another schema (search_path)")
	}
	create := "CREATE TABLE kv_schema (version int PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now())"
	if err := execText(ctx, pc, create); err != nil {
		return 0, fmt.Errorf("create kv_schema: %w", err)
	}
	return 0, nil
}

// checkServer refuses a PostgreSQL that is too old.
func checkServer(ctx context.Context, pc *pgconn.PgConn) error {
	v, err := queryText(ctx, pc, "SHOW server_version_num")
	if err != nil {
		return fmt.Errorf("ask PostgreSQL for its version: %w", err)
	}
	number, err := strconv.Atoi(v[0])
	if err != nil {
		return fmt.Errorf("PostgreSQL's version %q: %w", v[0], err)
	}
	if number < minServerVersion {
		return fmt.Errorf("PostgreSQL %s is too old: version 16 or later is needed", pc.ParameterStatus("server_version"))
	}
	return nil
}

func execText(ctx context.Context, pc *pgconn.PgConn, sql string) error {
	_, err := pc.Exec(ctx, sql).ReadAll()
	return err
}

// queryText returns the columns of the first row as text.
func queryText(ctx context.Context, pc *pgconn.PgConn, sql string) ([]string, error) {
	results, err := pc.Exec(ctx, sql).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(results) == 0 || len(results[0].Rows) == 0 {
		return nil, errors.New("no row")
	}
	var out []string
	for _, col := range results[0].Rows[0] {
		out = append(out, string(col))
	}
	return out, nil
}
