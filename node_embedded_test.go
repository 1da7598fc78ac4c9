package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// ownPostgres starts a server that runs a PostgreSQL of its own in dir.
func ownPostgres(t *testing.T, env ...string) (s *servertest.Server, dir string) {
	t.Helper()
	// Not t.TempDir, which the user that runs PostgreSQL cannot enter.
	dir, err := os.MkdirTemp("", "postkeys-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return servertest.Postkeys(t, "", append([]string{"PG_EMBEDDED=true", "PG_EMBEDDED_DIR=" + dir,
		"PG_EMBEDDED_BIN_DIR=" + pgtest.BinDir(t)}, env...)...), dir
}

// postmaster is the process of the PostgreSQL in dir, 0 if there is none.
func postmaster(dir string) int {
	b, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil || syscall.Kill(pid, 0) != nil {
		return 0
	}
	return pid
}

func TestOwnPostgreSQL(t *testing.T) {
	t.Parallel()
	s, dir := ownPostgres(t)
	if !strings.Contains(s.Logs(), "in "+dir+", kept when postkeys ends\n") {
		t.Errorf("the banner does not tell where the data is:\n%s", s.Logs())
	}
	c := dial(t, s)
	expect(t, c, "SET k 1", "+OK\r\n")

	// PostgreSQL dies: it is started again, and the client's connection goes on.
	first := postmaster(dir)
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		if pid := postmaster(dir); pid == 0 || pid == first {
			return fmt.Errorf("PostgreSQL is process %d, was %d", pid, first)
		}
		return nil
	})
	eventually(t, func() error {
		if reply := ask(t, c, "INCR k"); reply != ":2\r\n" {
			return fmt.Errorf("INCR answered %q", reply)
		}
		return nil
	})

	// The server dies: the next one finds its PostgreSQL and the data.
	second := postmaster(dir)
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if postmaster(dir) != second {
		t.Error("PostgreSQL did not survive the server")
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	expect(t, dial(t, s), "GET k", "$1\r\n2\r\n")

	// An orderly end takes PostgreSQL along.
	stopsWell(t, s, patience)
	if pid := postmaster(dir); pid != 0 {
		t.Errorf("PostgreSQL still runs as process %d", pid)
	}
}

func unusedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return port
}

// TestSecrets makes the server handle passwords in every way it can, with all
// messages on, and looks for them in what it wrote.
func TestSecrets(t *testing.T) {
	t.Parallel()
	port := unusedPort(t)
	owner, dir := ownPostgres(t, "PG_EMBEDDED_PORT="+port, "DEBUG=1")
	b, err := os.ReadFile(filepath.Join(dir, "password"))
	if err != nil {
		t.Fatal(err)
	}
	password := strings.TrimSpace(string(b))
	parts := []string{"PG_HOST=127.0.0.1", "PG_PORT=" + port, "DEBUG=1", "TRACE=3", "REDIS_PASSWORD=hunter2-start"}
	s := servertest.LaunchPostkeys(t, "", append(parts, "PG_PASSWORD="+password)...)
	eventuallyLogs(t, s, "ready for clients")
	c := dial(t, s)
	for _, command := range []string{
		"AUHT hunter2-wrong", "CONFIG SET requirepass hunter2-early", "AUTH hunter2-wrong", "AUTH too many hunter2-wrong", "AUTH someone hunter2-wrong", "HELLO 3 AUTH default hunter2-wrong", "AUTH hunter2-start",
	} {
		ask(t, c, command)
	}
	expect(t, c, "PING", "+PONG\r\n")
	ask(t, c, "CONFIG GET requirepass")
	ask(t, c, "AUHT hunter2-start")
	for _, command := range []string{
		"CONFIG SET requirepass hunter2-set maxclients many", "CONFIG SET requirepass hunter2-set masterauth hunter2-set",
		"CONFIG SET requirepass hunter2-set nosuch hunter2-set", "CONFIG SET requirepass hunter2-set requirepass hunter2-set",
	} {
		if reply := ask(t, c, command); strings.Contains(reply, "hunter2") {
			t.Errorf("%s answered %q", command, reply)
		}
	}
	// What is shown to clients that may see everything else.
	for _, command := range []string{"INFO everything", "CLIENT LIST", "CLIENT INFO", "COMMAND COUNT"} {
		if reply := ask(t, c, command); strings.Contains(reply, "hunter2") || strings.Contains(reply, password) {
			t.Errorf("%s shows a password", command)
		}
	}
	for _, page := range []string{"/metrics", "/ready", "/health"} {
		if _, body := get(t, s, page); strings.Contains(body, "hunter2") || strings.Contains(body, password) {
			t.Errorf("%s shows a password", page)
		}
	}
	// An outage makes the server talk about its connections.
	if err := owner.Stop(); err != nil {
		t.Fatal(err)
	}
	eventuallyLogs(t, s, "PostgreSQL does not answer")
	for name, log := range map[string]string{"owner": owner.Logs(), "server": s.Logs()} {
		if strings.Contains(log, "hunter2") || strings.Contains(log, password) {
			t.Errorf("a password is in the log of the %s:\n%s", name, log)
		}
	}
}

// TestWrongPassword: PostgreSQL's refusal ends the start with a line that says
// what to correct, and keeps the password out of it.
func TestWrongPassword(t *testing.T) {
	t.Parallel()
	port := unusedPort(t)
	ownPostgres(t, "PG_EMBEDDED_PORT="+port)
	for _, c := range []struct{ want, env string }{
		{`PG_USER, PG_PASSWORD: database "postkeys" at 127.0.0.1:` + port + ": ", "PG_PASSWORD=hunter2 PG_HOST=127.0.0.1 PG_PORT=" + port},
		{"PG_DSN: ", "PG_DSN=postgres://postgres:hunter2@127.0.0.1:" + port + "/postkeys?sslmode=disable"},
	} {
		env := append(strings.Fields(c.env), "LOGLEVEL=debug")
		status, stderr := runToEnd(t, env...)
		lines := strings.Split(strings.TrimSpace(stderr), "\n")
		last := lines[len(lines)-1]
		if status != 1 || !strings.HasPrefix(last, "postkeys: "+c.want) || !strings.Contains(last, "password authentication failed") {
			t.Errorf("%s: exit status %d:\n%s", env, status, stderr)
		}
		if strings.Contains(stderr, "hunter2") {
			t.Errorf("the password shows:\n%s", stderr)
		}
	}
}
