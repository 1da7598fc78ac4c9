// Package redispeer starts a redis-server to compare with, for tests of packages that must not know commands/servertest. It exists for tests alone.
package redispeer

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// connectionTime bounds all that happens on one connection.
const connectionTime = 2 * time.Minute

// Server is a running redis-server, reached through a unix socket, so that it needs no free port.
type Server struct{ socket string }

// Start starts a redis-server with the given extra options. It ends with the test.
func Start(t testing.TB, options ...string) *Server {
	t.Helper()
	dir, err := os.MkdirTemp("", "redis") // t.TempDir makes paths that are too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &Server{filepath.Join(dir, "redis.sock")}
	cmd := exec.Command("redis-server", append([]string{"--port", "0", "--unixsocket", s.socket, "--save", "", "--dir", dir}, options...)...)
	cmd.Env = []string{"LC_ALL=C"}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("these tests need redis-server: %v", err)
	}
	var done sync.WaitGroup
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		done.Wait()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "to accept connections at") {
			done.Go(func() { _, _ = io.Copy(io.Discard, out) })
			return s
		}
	}
	t.Fatal("redis-server did not start")
	return nil
}

// Dial connects to the server. The connection ends with the test, if not before.
func (s *Server) Dial(t testing.TB) *net.UnixConn {
	t.Helper()
	conn, err := net.Dial("unix", s.socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(connectionTime)); err != nil {
		t.Fatal(err)
	}
	return conn.(*net.UnixConn)
}
