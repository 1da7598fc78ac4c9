package embedded

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// helperDir, when set, makes the test binary a process that starts PostgreSQL in that directory and waits to be killed.
const helperDir = "EMBEDDED_TEST_HELPER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperDir); dir != "" {
		helper(dir)
	}
	os.Exit(m.Run())
}

// helper is the body of the helper process.
func helper(dir string) {
	cfg := configFor(dir)
	cfg.StopWithParent = os.Getenv("EMBEDDED_TEST_HELPER_STOP") != ""
	s, err := Start(context.Background(), cfg)
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	fmt.Println("pid", s.PID())
	select {}
}

// killHelper starts PostgreSQL in a process of its own, kills that process with SIGKILL, and returns the pid of PostgreSQL.
func killHelper(t *testing.T, dir string, stopWithParent bool) (pid int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperDir+"="+dir)
	if stopWithParent {
		cmd.Env = append(cmd.Env, "EMBEDDED_TEST_HELPER_STOP=1")
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, readErr := bufio.NewReader(out).ReadString('\n')
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	// Killed is what it was; there is nothing more to learn.
	_ = cmd.Wait()
	if _, err := fmt.Sscanf(line, "pid %d", &pid); err != nil {
		t.Fatalf("the helper said %q (%v)", line, readErr)
	}
	return pid
}

// configFor is the configuration of a small server with the programs that make fetches.
func configFor(dir string) Config {
	version := os.Getenv("PG_VERSION")
	if version == "" {
		version = DefaultVersion
	}
	return Config{
		Dir:      dir,
		BinDir:   os.Getenv("PG_EMBEDDED_BIN_DIR"),
		CacheDir: "../../.build/postgresql",
		Version:  version,
		Settings: map[string]string{"shared_buffers": "32MB", "min_wal_size": "32MB", "max_wal_size": "64MB"},
		Logger:   slog.New(slog.DiscardHandler),
	}
}

// newDir makes a directory that the account can enter, which those of t.TempDir are not.
func newDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "embedded-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// start starts a server that is stopped at the end of the test, if it still runs.
func start(t *testing.T, cfg Config) *Server {
	t.Helper()
	s, err := Start(bounded(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

// stop stops a server, which may have been stopped before.
func stop(t *testing.T, s *Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// bounded is a context that ends after a time no healthy start needs.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// ask runs a statement and returns its rows as text, one per line.
func ask(t *testing.T, dsn, sql string) string {
	t.Helper()
	ctx := bounded(t)
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	results, err := conn.PgConn().Exec(ctx, sql).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	var lines []string
	for _, r := range results {
		for _, row := range r.Rows {
			lines = append(lines, string(row[0]))
		}
	}
	return strings.Join(lines, "\n")
}

// wantError fails the test unless err names everything that is wanted.
func wantError(t *testing.T, err error, wanted ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("there was no error")
	}
	for _, w := range wanted {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error does not name %q: %v", w, err)
		}
	}
}
