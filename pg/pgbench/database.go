package pgbench

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Database is one connection that asks PostgreSQL about itself. It is used by one goroutine at a time.
type Database struct{ conn *pgconn.PgConn }

// Setting is one of PostgreSQL's parameters as it shows it.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Connect opens the connection.
func Connect(ctx context.Context, dsn string) (*Database, error) {
	conn, err := connect(ctx, dsn, map[string]string{"application_name": "postkeys bench"})
	if err != nil {
		return nil, err
	}
	return &Database{conn}, nil
}

// connect dials with settings for the session beside those of the DSN.
func connect(ctx context.Context, dsn string, settings map[string]string) (*pgconn.PgConn, error) {
	cfg, err := pgconn.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	for name, value := range settings {
		cfg.RuntimeParams[name] = value
	}
	conn, err := pgconn.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	return conn, nil
}

// Close closes the connection.
func (d *Database) Close(ctx context.Context) error { return d.conn.Close(ctx) }

// BackendPID is the number of PostgreSQL's process behind this connection, on PostgreSQL's machine.
func (d *Database) BackendPID() int { return int(d.conn.PID()) }

const sqlFacts = `
SELECT 'version', current_setting('server_version')
UNION ALL
SELECT name, current_setting(name)
FROM pg_settings
WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'wal_level', 'wal_sync_method', 'wal_compression', 'shared_buffers',
               'max_wal_size', 'checkpoint_timeout', 'autovacuum', 'commit_delay', 'max_connections')
ORDER BY 1`

// Facts are the version and the settings that decide about speed and durability.
func (d *Database) Facts(ctx context.Context) ([]Setting, error) {
	rows, err := d.query(ctx, sqlFacts)
	if err != nil {
		return nil, fmt.Errorf("settings of PostgreSQL: %w", err)
	}
	facts := make([]Setting, 0, len(rows))
	for _, row := range rows {
		facts = append(facts, Setting{Name: string(row[0]), Value: string(row[1])})
	}
	return facts, nil
}

// WALBytes is how much write-ahead log PostgreSQL has written since it was created, by all its databases.
func (d *Database) WALBytes(ctx context.Context) (int64, error) {
	return d.number(ctx, "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint")
}

const sqlDiskBytes = `
SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint
FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relkind = 'r' AND relname LIKE 'kv\_%'`

// DiskBytes is what the tables and indexes of the postkeys in a schema take.
func (d *Database) DiskBytes(ctx context.Context, schema string) (int64, error) {
	return d.number(ctx, sqlDiskBytes, []byte(schema))
}

// Table is what PostgreSQL knows of one of the tables.
type Table struct {
	Name        string
	Bytes       int64 // with indexes and what is stored out of line
	Dead        int64 // row versions that vacuum has yet to remove, an estimate
	Autovacuums int64 // so far
}

const sqlTables = `
SELECT relname, pg_total_relation_size(relid), n_dead_tup, autovacuum_count
FROM pg_stat_user_tables WHERE schemaname = $1 AND relname LIKE 'kv\_%'
ORDER BY relname`

// Tables are those of the postkeys in a schema.
func (d *Database) Tables(ctx context.Context, schema string) ([]Table, error) {
	rows, err := d.query(ctx, sqlTables, []byte(schema))
	if err != nil {
		return nil, fmt.Errorf("statistics of tables: %w", err)
	}
	tables := make([]Table, len(rows))
	for i, row := range rows {
		tables[i].Name = string(row[0])
		for j, into := range []*int64{&tables[i].Bytes, &tables[i].Dead, &tables[i].Autovacuums} {
			if *into, err = strconv.ParseInt(string(row[j+1]), 10, 64); err != nil {
				return nil, err
			}
		}
	}
	return tables, nil
}

// Dropped is how many collections of the postkeys in a schema have been dropped and not been freed yet.
func (d *Database) Dropped(ctx context.Context, schema string) (int64, error) {
	return d.number(ctx, "SELECT count(*) FROM "+schema+".kv_dropped_colls")
}

// Connections counts the connections that name themselves as the server does.
func (d *Database) Connections(ctx context.Context, application string) (int, error) {
	n, err := d.number(ctx, "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1", []byte(application))
	return int(n), err
}

const sqlActivity = `
SELECT concat_ws(' | ', pid, application_name, backend_type, state, wait_event_type, wait_event, 'since ' || (clock_timestamp() - state_change),
                 'waits for ' || nullif(pg_blocking_pids(pid)::text, '{}'), left(query, 300))
FROM pg_stat_activity
WHERE pid <> pg_backend_pid()
ORDER BY state, state_change`

// Activity is what PostgreSQL's processes do now, a line for each.
func (d *Database) Activity(ctx context.Context) ([]string, error) {
	rows, err := d.query(ctx, sqlActivity)
	if err != nil {
		return nil, fmt.Errorf("activity of PostgreSQL: %w", err)
	}
	lines := make([]string, 0, len(rows))
	for _, row := range rows {
		lines = append(lines, strings.Join(strings.Fields(string(row[0])), " "))
	}
	return lines, nil
}

func (d *Database) number(ctx context.Context, sql string, args ...[]byte) (int64, error) {
	rows, err := d.query(ctx, sql, args...)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(string(rows[0][0]), 10, 64)
}

// query runs one statement with parameters and results as text, and returns at least one row.
func (d *Database) query(ctx context.Context, sql string, args ...[]byte) ([][][]byte, error) {
	result := d.conn.ExecParams(ctx, sql, args, nil, nil, nil).Read()
	if result.Err != nil {
		return nil, result.Err
	}
	if len(result.Rows) == 0 {
		return nil, fmt.Errorf("no row from %s", sql)
	}
	return result.Rows, nil
}
