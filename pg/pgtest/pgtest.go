// Package pgtest gives tests a real PostgreSQL: a fresh database per test on a server that all test processes share (DSN), or a
// server of a test's own that it may stop, kill and restart (Cluster).
//
// The server is the one PG_TEST_DSN names, when it is set (make test does). Otherwise the first test starts one below .build, which
// later processes find running; Main stops it when the last process that uses it ends. PG_VERSION chooses the major version.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mnorrsken/postkeys/pg/embedded"
)

// startTimeout bounds a start of PostgreSQL, including the first fetch of its programs.
const startTimeout = 5 * time.Minute

// statementTimeout bounds what happens to a database before and after a test.
const statementTimeout = time.Minute

// databases counts the databases this process has created.
var databases atomic.Int64

// sharedServer is the server of this process, started by the first test that asks.
var sharedServer struct {
	once   sync.Once
	server *embedded.Server // nil when PG_TEST_DSN is used
	dsn    string
	err    error
}

// Main runs the tests of a package and then gives up the shared server. Call it from TestMain:
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
func Main(m *testing.M) int {
	code := m.Run()
	if s := sharedServer.server; s != nil {
		ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
		defer cancel()
		if err := StopShared(ctx, s); err != nil {
			fmt.Fprintln(os.Stderr, "pgtest:", err)
			return max(code, 1)
		}
	}
	return code
}

// DSN creates an empty database for the test and returns the connection string of it, as a superuser. The database is dropped when
// the test ends, with whatever connections are left.
func DSN(t testing.TB) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), statementTimeout)
	defer cancel()
	dsn, drop, err := CreateDatabase(ctx, ServerDSN(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), statementTimeout)
		defer cancel()
		if err := drop(ctx); err != nil {
			t.Error(err)
		}
	})
	return dsn
}

// CreateDatabase creates an empty database on a server and returns the connection string of it, and what drops it again.
func CreateDatabase(ctx context.Context, server string) (dsn string, drop func(context.Context) error, err error) {
	name := fmt.Sprintf("postkeys_test_%d_%d", os.Getpid(), databases.Add(1))
	if err := execute(ctx, server, "create database "+name+" template template0"); err != nil {
		return "", nil, err
	}
	return withDatabase(server, name), func(ctx context.Context) error {
		return execute(ctx, server, "drop database if exists "+name+" with (force)")
	}, nil
}

// ServerDSN is the connection string of the shared server's database postgres, for tests that create what they need themselves.
func ServerDSN(t testing.TB) string {
	t.Helper()
	s := &sharedServer
	s.once.Do(func() {
		if s.dsn = os.Getenv("PG_TEST_DSN"); s.dsn != "" {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
		defer cancel()
		if s.server, s.err = StartShared(ctx); s.err == nil {
			s.dsn = s.server.DSN("postgres")
		}
	})
	if s.err != nil {
		t.Fatalf("starting PostgreSQL for tests: %v", s.err)
	}
	return s.dsn
}

// StartShared starts, or joins, the server below .build that test processes share. It forgoes fsync, since creating and dropping
// databases would spend most of the tests' time on it and nothing on this server has to survive the machine; a Cluster keeps it.
func StartShared(ctx context.Context) (*embedded.Server, error) {
	version, build, err := environment()
	if err != nil {
		return nil, err
	}
	cfg := config(version, build, filepath.Join(build, "pgtest", version))
	cfg.MayMove, cfg.MaxConnections = true, 400
	server, err := embedded.Start(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if server.Reused() {
		return server, nil
	}
	if err := prepare(ctx, server.DSN("postgres")); err != nil {
		return nil, errors.Join(err, server.Stop(ctx))
	}
	return server, nil
}

// prepare readies a server that was just started: nobody uses it yet, so databases of tests are left from processes that were killed.
func prepare(ctx context.Context, dsn string) error {
	// Package embedded does not allow it as a setting, so do what an administrator would do.
	statements := []string{"alter system set fsync = off", "select pg_reload_conf()"}
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, `select format('drop database %I', datname) from pg_database where datname like 'postkeys\_test\_%'`)
	if err != nil {
		return err
	}
	drops, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	return execute(ctx, dsn, append(statements, drops...)...)
}

// StopShared stops the server unless other processes use it or Keep was called.
func StopShared(ctx context.Context, server *embedded.Server) error {
	if _, err := os.Stat(keepFile(server)); err == nil {
		server.Leave()
		return nil
	}
	return server.Stop(ctx)
}

// Keep decides whether the server outlives the processes that use it.
func Keep(server *embedded.Server, keep bool) error {
	if keep {
		return os.WriteFile(keepFile(server), nil, 0o600)
	}
	if err := os.Remove(keepFile(server)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// keepFile is there while the shared server is to be kept.
func keepFile(server *embedded.Server) string { return filepath.Join(server.Dir(), "keep") }

// Fetch makes sure that the programs of the version under test are there.
func Fetch(ctx context.Context) error {
	_, err := programs(ctx)
	return err
}

// BinDir is where the programs of the version under test are; it fetches them if need be.
func BinDir(t testing.TB) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	dir, err := programs(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func programs(ctx context.Context) (string, error) {
	version, build, err := environment()
	if err != nil {
		return "", err
	}
	cfg := config(version, build, "")
	if cfg.BinDir != "" {
		return cfg.BinDir, nil
	}
	return embedded.Fetch(ctx, cfg, cfg.CacheDir)
}

// config is what shared servers and clusters have in common.
func config(version, build, dir string) embedded.Config {
	return embedded.Config{
		Dir:      dir,
		BinDir:   os.Getenv("PG_EMBEDDED_BIN_DIR"),
		CacheDir: filepath.Join(build, "postgresql"),
		Version:  version,
		Settings: map[string]string{"shared_buffers": "128MB", "max_wal_size": "512MB", "min_wal_size": "80MB"},
		Logger:   slog.New(slog.DiscardHandler),
	}
}

// environment reads PG_VERSION and finds the .build directory of the module the working directory is in.
func environment() (version, build string, err error) {
	if version = os.Getenv("PG_VERSION"); version == "" {
		version = embedded.DefaultVersion
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return version, filepath.Join(dir, ".build"), nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", "", errors.New("no go.mod above the working directory")
		}
		dir = parent
	}
}

// withDatabase replaces the database of a connection string in either form.
func withDatabase(dsn, name string) string {
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		if u, err := url.Parse(dsn); err == nil {
			u.Path = "/" + name
			return u.String()
		}
	}
	return dsn + " dbname=" + name
}

// Exec runs statements on a database, each by itself, or fails the test.
func Exec(t testing.TB, dsn string, statements ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), statementTimeout)
	defer cancel()
	if err := execute(ctx, dsn, statements...); err != nil {
		t.Fatal(err)
	}
}

// execute runs statements, each by itself, on a connection of their own.
func execute(ctx context.Context, dsn string, statements ...string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}
