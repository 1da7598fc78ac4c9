package pgbench

import (
	"context"
	"net/url"
	"strings"
)

// CreateSchema creates an empty schema. One of that name is what an earlier benchmark left behind, and goes.
func (d *Database) CreateSchema(ctx context.Context, name string) error {
	if err := d.DropSchema(ctx, name); err != nil {
		return err
	}
	return d.exec(ctx, "CREATE SCHEMA "+name)
}

// DropSchema drops a schema and everything in it.
func (d *Database) DropSchema(ctx context.Context, name string) error {
	return d.exec(ctx, "DROP SCHEMA IF EXISTS "+name+" CASCADE")
}

// change runs one statement with parameters as text.
func (d *Database) change(ctx context.Context, sql string, args ...[]byte) error {
	return d.conn.ExecParams(ctx, sql, args, nil, nil, nil).Read().Err
}

func (d *Database) exec(ctx context.Context, sql string) error {
	_, err := d.conn.Exec(ctx, sql).ReadAll()
	return err
}

// WithSearchPath adds the setting to a connection string in either of its forms, so that tables are made and found in a schema.
func WithSearchPath(dsn, schema string) string {
	if !strings.HasPrefix(dsn, "postgres://") && !strings.HasPrefix(dsn, "postgresql://") {
		return dsn + " search_path=" + schema
	}
	if strings.Contains(dsn, "?") {
		return dsn + "&search_path=" + url.QueryEscape(schema)
	}
	return dsn + "?search_path=" + url.QueryEscape(schema)
}
