package servertest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Binary returns the path of the postkeys binary to test: POSTKEYS_BINARY when set, otherwise one that is built from
// this module once per test process.
var Binary = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("POSTKEYS_BINARY"); path != "" {
		return filepath.Abs(path)
	}
	return build()
})

// build compiles the server. Several test processes may do so at the same time: each builds under a name of its own and
// renames it, so nobody ever starts half a file.
func build() (string, error) {
	root, err := ModuleRoot()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, ".build", "servertest")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "postkeys")
	temporary := fmt.Sprintf("%s.%d", path, os.Getpid())
	cmd := exec.Command("go", "build", "-o", temporary, ".")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build postkeys: %w\n%s", err, out)
	}
	return path, os.Rename(temporary, path)
}

// ModuleRoot returns the directory of go.mod at or above the working directory.
func ModuleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("servertest: no go.mod above the working directory")
		}
		dir = parent
	}
}

// StartPostkeys starts the binary on a free port and waits until it answers PING, which includes that its database is
// ready. dsn may be empty when env names the database in another way. env has the form NAME=value and wins over the
// settings made here. The caller's own PG_, REDIS_ and METRICS_ variables do not reach the server.
func StartPostkeys(binary, dsn string, env ...string) (*Server, error) {
	return startOnFreePort(func(port, metricsPort int) *Server {
		return describePostkeys(port, metricsPort, binary, dsn, env)
	})
}

func describePostkeys(port, metricsPort int, binary, dsn string, env []string) *Server {
	metrics := net.JoinHostPort("127.0.0.1", strconv.Itoa(metricsPort))
	all := append(foreignEnvironment(),
		"REDIS_ADDR="+net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
		"METRICS_ADDR="+metrics,
		"ENABLE_DEBUG_COMMAND=yes",
	)
	if dsn != "" {
		all = append(all, "PG_DSN="+dsn)
	}
	return &Server{path: binary, env: append(all, env...), MetricsAddr: metrics}
}

// foreignEnvironment is this process' environment without what would configure a postkeys server.
func foreignEnvironment() []string {
	var kept []string
next:
	for _, v := range os.Environ() {
		for _, prefix := range []string{"PG_", "REDIS_", "METRICS_"} {
			if strings.HasPrefix(v, prefix) {
				continue next
			}
		}
		kept = append(kept, v)
	}
	return kept
}

// Postkeys starts a postkeys server that lives as long as the test, on the database that dsn names.
func Postkeys(tb testing.TB, dsn string, env ...string) *Server {
	tb.Helper()
	s, err := StartPostkeys(mustBinary(tb), dsn, env...)
	if err != nil {
		tb.Fatalf("postkeys: %v", err)
	}
	own(tb, "postkeys", s)
	return s
}

// LaunchPostkeys is Postkeys without waiting for the first PONG, for tests that start it while PostgreSQL is away;
// WaitReady waits.
func LaunchPostkeys(tb testing.TB, dsn string, env ...string) *Server {
	tb.Helper()
	binary := mustBinary(tb)
	s, err := launchOnFreePort(func(port, metricsPort int) *Server {
		return describePostkeys(port, metricsPort, binary, dsn, env)
	})
	if err != nil {
		tb.Fatalf("postkeys: %v", err)
	}
	own(tb, "postkeys", s)
	return s
}

func mustBinary(tb testing.TB) string {
	tb.Helper()
	path, err := Binary()
	if err != nil {
		tb.Fatal(err)
	}
	return path
}
