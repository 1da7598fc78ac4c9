package pg

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Config says how to reach PostgreSQL and how long to wait for it.
type Config struct {
	// DSN is a connection string in either form that libpq knows.
	DSN string
	// StatementTimeout bounds each statement, and with a margin each round
	// trip. Zero means no bound.
	StatementTimeout time.Duration
	// ConnectTimeout bounds one attempt to connect.
	ConnectTimeout time.Duration
	// Databases is the number of database indexes (Redis' "databases"), at most
	// MaxDatabases.
	Databases int
	// RoundTrips counts the round trips of units of work; nil: nobody counts.
	RoundTrips *atomic.Int64
}

// MaxDatabases is how many database indexes a smallint can tell apart.
const MaxDatabases = 1 << 15

// roundTripMargin is what a round trip may take beyond the statement timeout
// before the connection counts as lost.
const roundTripMargin = 5 * time.Second

// sessionSettings make plans predictable: every statement of this package is
// an index lookup by a list of keys, planned once, without looking at the
// list. Lock order follows from it: an index scan visits keys in key order.
var sessionSettings = map[string]string{
	"application_name":              "postkeys",
	"plan_cache_mode":               "force_generic_plan",
	"enable_seqscan":                "off",
	"enable_bitmapscan":             "off",
	"enable_hashjoin":               "off",
	"enable_mergejoin":              "off",
	"enable_material":               "off",
	"enable_memoize":                "off",
	"jit":                           "off",
	"client_min_messages":           "warning",
	"default_transaction_isolation": "read committed",
}

// connConfig turns c into what pgconn needs, with settings added to what the
// DSN asks for.
func (c Config) connConfig(settings map[string]string) (*pgconn.Config, error) {
	cfg, err := pgconn.ParseConfig(c.DSN)
	if err != nil {
		return nil, unreadableDSN(err)
	}
	for k, v := range settings {
		if _, set := cfg.RuntimeParams[k]; !set {
			cfg.RuntimeParams[k] = v
		}
	}
	if c.StatementTimeout > 0 {
		cfg.RuntimeParams["statement_timeout"] = strconv.FormatInt(c.StatementTimeout.Milliseconds(), 10)
	}
	if c.ConnectTimeout > 0 {
		cfg.ConnectTimeout = c.ConnectTimeout
	}
	return cfg, nil
}

// unreadableDSN tells why a connection string cannot be used. The error of ParseConfig quotes the string and masks what it
// takes for the password, which is a guess in a string that cannot be parsed: nothing of the string is repeated here.
func unreadableDSN(err error) error {
	cause := errors.Unwrap(err)
	if !errors.As(err, new(*pgconn.ParseConfigError)) || cause == nil || strings.ContainsAny(cause.Error(), "\"'`") {
		cause = errors.New("it cannot be parsed (in a URL, special characters of the password have to be percent-encoded, " +
			"in key=value words they have to be quoted)")
	}
	return fmt.Errorf("the connection string of PostgreSQL: %w", cause)
}

// Place says in words where the DSN leads, without user or password. The error
// is that the DSN cannot be used.
func (c Config) Place() (string, error) {
	cfg, err := c.connConfig(nil)
	if err != nil {
		return "", err
	}
	where := net.JoinHostPort(cfg.Host, strconv.Itoa(int(cfg.Port)))
	if strings.HasPrefix(cfg.Host, "/") {
		where = cfg.Host
	}
	return "database " + strconv.Quote(cfg.Database) + " at " + where, nil
}

// dial opens one plain connection.
func (c Config) dial(ctx context.Context, settings map[string]string) (*pgconn.PgConn, error) {
	return c.dialNotified(ctx, settings, nil)
}

// dialNotified is dial for a connection that hears notifications.
func (c Config) dialNotified(ctx context.Context, settings map[string]string, hear pgconn.NotificationHandler) (*pgconn.PgConn, error) {
	cfg, err := c.connConfig(settings)
	if err != nil {
		return nil, err
	}
	cfg.OnNotification = hear
	return pgconn.ConnectConfig(ctx, cfg)
}

// ServerVersion asks PostgreSQL for its version, as it names itself.
func ServerVersion(ctx context.Context, c Config) (string, error) {
	pc, err := c.dial(ctx, nil)
	if err != nil {
		return "", err
	}
	return pc.ParameterStatus("server_version"), pc.Close(ctx)
}

// CreateDatabase creates the database that the DSN names if it is missing.
// It reports whether it created it. A role that may not create databases gets
// an error that says so.
func CreateDatabase(ctx context.Context, c Config) (created bool, err error) {
	pc, err := c.dial(ctx, nil)
	if err == nil {
		return false, pc.Close(ctx)
	}
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) || pgErr.Code != codeInvalidCatalogName {
		return false, err
	}
	cfg, perr := c.connConfig(nil)
	if perr != nil {
		return false, perr
	}
	name := cfg.Database
	cfg.Database = "postgres"
	cfg.RuntimeParams["statement_timeout"] = "0" // it is for commands; this takes as long as the disk does
	pc, err = pgconn.ConnectConfig(ctx, cfg)
	if err != nil {
		return false, fmt.Errorf("database %q does not exist, and connecting to create it failed: %w", name, err)
	}
	defer func() { err = errors.Join(err, pc.Close(ctx)) }()
	if err := checkServer(ctx, pc); err != nil {
		return false, err
	}
	_, err = pc.Exec(ctx, "CREATE DATABASE "+quoteIdentifier(name)+" TEMPLATE template0 ENCODING 'UTF8'").ReadAll()
	if errors.As(err, &pgErr) && (pgErr.Code == codeDuplicateDatabase || pgErr.Code == codeUniqueViolation) {
		return false, nil // another node was quicker
	}
	if err != nil {
		return false, fmt.Errorf("database %q does not exist and could not be created: %w", name, err)
	}
	return true, nil
}

// quoteIdentifier makes name safe as an SQL identifier.
func quoteIdentifier(name string) string {
	out := []byte{'"'}
	for i := 0; i < len(name); i++ {
		if name[i] == '"' {
			out = append(out, '"')
		}
		out = append(out, name[i])
	}
	return string(append(out, '"'))
}
