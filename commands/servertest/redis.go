package servertest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
)

func randomInt(n int) int { return rand.IntN(n) }

// StartRedis starts redis-server on a free port in directory dir and waits until it answers. It keeps nothing on disk
// unless args contain --save or --appendonly, and it allows DEBUG. REDIS_SERVER names another binary than the one in the
// path, to compare with another version.
func StartRedis(dir string, args ...string) (*Server, error) {
	path, err := exec.LookPath(cmp.Or(os.Getenv("REDIS_SERVER"), "redis-server"))
	if err != nil {
		return nil, fmt.Errorf("redis-server is needed to compare with: %w", err)
	}
	return startOnFreePort(func(port, _ int) *Server {
		all := []string{
			"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--dir", dir,
			"--enable-debug-command", "yes", "--daemonize", "no",
		}
		if !slices.Contains(args, "--save") {
			all = append(all, "--save", "")
		}
		return &Server{path: path, args: append(all, args...), env: os.Environ(), dir: dir}
	})
}

// startOnFreePort starts what build describes; another process may take the port between the choice and the bind, so
// a start that fails is tried on other ports too.
func startOnFreePort(build func(port, metricsPort int) *Server) (*Server, error) {
	var last error
	for range 3 {
		s, err := launchOnFreePort(build)
		if err != nil {
			return nil, err
		}
		if last = s.WaitReady(readyTimeout); last == nil {
			return s, nil
		}
		if err := s.Kill(); err != nil {
			return nil, err
		}
	}
	return nil, last
}

func launchOnFreePort(build func(port, metricsPort int) *Server) (*Server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	metricsPort, err := freePort()
	if err != nil {
		return nil, err
	}
	s := build(port, metricsPort)
	s.Port, s.Addr = port, net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	return s, s.launch()
}

// Redis starts a redis-server that lives as long as the test.
func Redis(tb testing.TB, args ...string) *Server {
	tb.Helper()
	s, err := StartRedis(tb.TempDir(), args...)
	if err != nil {
		tb.Fatalf("redis-server: %v", err)
	}
	own(tb, "redis-server", s)
	return s
}

// own stops the server at the end of the test, and shows its log when the test failed. A data race in the server fails it.
func own(tb testing.TB, name string, s *Server) {
	tb.Cleanup(func() {
		if err := s.Stop(); err != nil {
			tb.Errorf("stop %s: %v", name, err)
		}
		if s.log.sawRace() {
			tb.Errorf("%s reported a data race", name)
		}
		if tb.Failed() {
			tb.Logf("log of %s on %s:\n%s", name, s.Addr, s.Logs())
		}
	})
}
