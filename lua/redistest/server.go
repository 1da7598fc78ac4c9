// Package redistest compares the libraries with those of a real redis-server. It exists for tests alone.
package redistest

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

	"github.com/mnorrsken/postkeys/codec"
)

// Server is a running redis-server, reached through a unix socket, so that it needs no free port.
type Server struct{ socket string }

// Start starts a redis-server that ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	dir, err := os.MkdirTemp("", "lua") // t.TempDir makes paths that are too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &Server{filepath.Join(dir, "redis.sock")}
	cmd := exec.Command("redis-server", "--port", "0", "--unixsocket", s.socket, "--save", "", "--dir", dir)
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

// Eval runs scripts without keys as one pipeline and returns the texts of their replies, of errors too.
func (s *Server) Eval(t testing.TB, scripts []string) []string {
	t.Helper()
	conn, err := net.Dial("unix", s.socket)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	var sent sync.WaitGroup
	defer sent.Wait()
	sent.Go(func() {
		var pipeline []byte
		for _, script := range scripts {
			pipeline = codec.AppendCommand(pipeline, []byte("EVAL"), []byte(script), []byte("0"))
		}
		pipeline = codec.AppendCommand(pipeline, []byte("QUIT"))
		if _, err := conn.Write(pipeline); err != nil {
			t.Error(err)
		}
	})
	stream, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	replies := make([]string, len(scripts))
	for i := range replies {
		v, n, err := codec.ParseValue(stream)
		if err != nil {
			t.Fatalf("after %q: %v", scripts[max(i-1, 0)], err)
		}
		replies[i] = string(v.Str)
		stream = stream[n:]
	}
	return replies
}

// Dial connects to the server.
func (s *Server) Dial(t testing.TB) net.Conn {
	t.Helper()
	conn, err := net.Dial("unix", s.socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	return conn
}
