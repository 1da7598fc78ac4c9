package embedded

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestStartStopAndStartAgain(t *testing.T) {
	t.Parallel()
	cfg := configFor(filepath.Join(newDir(t), "deep", "data"))
	cfg.MaxConnections = 77
	// What an initdb that was killed leaves behind does no harm.
	if err := mkdirs(filepath.Join(cfg.Dir, "data.new", "base")); err != nil {
		t.Fatal(err)
	}
	s := start(t, cfg)
	for name, want := range map[string]string{
		"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "data_checksums": "on", "server_encoding": "UTF8",
		"max_connections": "77", "shared_buffers": "32MB", "jit": "off", "listen_addresses": "", "lc_collate": "C",
	} {
		sql := "show " + name
		if name == "lc_collate" {
			sql = "select datcollate from pg_database where datname = 'postgres'"
		}
		if got := ask(t, s.DSN("postgres"), sql); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if pgid, err := syscall.Getpgid(s.PID()); err != nil || pgid == syscall.Getpgrp() {
		t.Errorf("PostgreSQL is in process group %d (%v), where the terminal's Ctrl-C reaches it", pgid, err)
	}
	ask(t, s.DSN("postgres"), "create table kept as select 42 as n")
	stop(t, s)
	select {
	case <-s.Exited():
	default:
		t.Error("Exited is not closed after Stop")
	}
	stop(t, s)
	again := start(t, cfg)
	if got := ask(t, again.DSN("postgres"), "select n from kept"); got != "42" || again.Reused() {
		t.Errorf("after a restart the table holds %q (reused: %v)", got, again.Reused())
	}
}

func TestTwoOnOneDirectoryShare(t *testing.T) {
	t.Parallel()
	cfg := configFor(newDir(t))
	first := start(t, cfg)
	other := cfg
	other.MaxConnections = 55
	second := start(t, other)
	if !second.Reused() || second.PID() != first.PID() {
		t.Fatalf("the second start made a PostgreSQL of its own: %d besides %d", second.PID(), first.PID())
	}
	stop(t, first)
	if got := ask(t, second.DSN("postgres"), "show max_connections"); got != "200" {
		t.Errorf("max_connections is %s after the first has gone", got)
	}
	stop(t, second)
	<-second.Exited()
	<-first.Exited()
}

// One who leaves neither stops PostgreSQL nor keeps others from it.
func TestLeave(t *testing.T) {
	t.Parallel()
	cfg := configFor(newDir(t))
	first := start(t, cfg)
	second := start(t, cfg)
	second.Leave()
	if err := second.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if !alive(first.PID()) {
		t.Error("PostgreSQL ended with one who left")
	}
	stop(t, first)
	<-first.Exited()
}

func TestOneLeftBehindIsTakenOver(t *testing.T) {
	t.Parallel()
	cfg := configFor(newDir(t))
	pid := killHelper(t, cfg.Dir, false)
	s := start(t, cfg)
	if !s.Reused() || s.PID() != pid {
		t.Fatalf("PostgreSQL %d was left behind, %d runs (reused: %v)", pid, s.PID(), s.Reused())
	}
	ask(t, s.DSN("postgres"), "select 1")
	stop(t, s)

	// One with other settings is stopped and replaced.
	pid = killHelper(t, cfg.Dir, false)
	cfg.MaxConnections = 66
	s = start(t, cfg)
	if s.Reused() || s.PID() == pid {
		t.Fatalf("PostgreSQL %d was left behind with other settings and is still used", pid)
	}
	if got := ask(t, s.DSN("postgres"), "show max_connections"); got != "66" {
		t.Errorf("max_connections is %s", got)
	}
}

func TestDeathIsToldAndRecoveredFrom(t *testing.T) {
	t.Parallel()
	cfg := configFor(newDir(t))
	s := start(t, cfg)
	ask(t, s.DSN("postgres"), "create table kept as select 42 as n")
	if err := s.Err(); err != nil {
		t.Errorf("while it runs Err is %v", err)
	}
	if err := syscall.Kill(s.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-s.Exited()
	wantError(t, s.Err(), "PostgreSQL ended")
	stop(t, s)

	// The stale pid file names a process that lives, as it may after a reboot.
	pidFile := filepath.Join(cfg.Dir, "data", "postmaster.pid")
	lines, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(lines), "\n")
	if err := os.WriteFile(pidFile, []byte(strconv.Itoa(os.Getppid())+"\n"+rest), 0o600); err != nil {
		t.Fatal(err)
	}
	s = start(t, cfg)
	if got := ask(t, s.DSN("postgres"), "select n from kept"); got != "42" {
		t.Errorf("after the recovery the table holds %q", got)
	}
}

func TestStopsWithItsParent(t *testing.T) {
	t.Parallel()
	pid := killHelper(t, newDir(t), true)
	deadline := time.Now().Add(time.Minute)
	for alive(pid) {
		if time.Now().After(deadline) {
			t.Fatalf("PostgreSQL %d outlived its parent", pid)
		}
		if err := pause(t.Context(), 20*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPortAndPassword(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := configFor(newDir(t))
	cfg.Port = listener.Addr().(*net.TCPAddr).Port
	_, err = Start(bounded(t), cfg)
	wantError(t, err, "the port is taken")
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	start(t, cfg)
	password, err := os.ReadFile(filepath.Join(cfg.Dir, "password"))
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(cfg.Dir, "password")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the password file has mode %v (%v)", info.Mode(), err)
	}
	tcp := (&layout{socketDir: "127.0.0.1", port: cfg.Port}).dsn("postgres")
	if got := ask(t, tcp+" password="+strings.TrimSpace(string(password)), "select 'in'"); got != "in" {
		t.Errorf("over TCP the answer was %q", got)
	}
	_, err = pgx.Connect(bounded(t), tcp+" password=wrong")
	wantError(t, err, "password authentication failed")
}

func TestStopThatTakesTooLong(t *testing.T) {
	t.Parallel()
	cfg := configFor(newDir(t))
	s := start(t, cfg)
	ask(t, s.DSN("postgres"), "create table kept as select 42 as n")
	// While it is halted the orderly shutdown cannot happen; an immediate one is waiting when it goes on.
	if err := syscall.Kill(s.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- s.process.stop(ctx) }()
	if err := pause(t.Context(), 100*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(s.PID(), syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	wantError(t, <-stopped, "recovers at its next start")
	stop(t, s)
	if got := ask(t, start(t, cfg).DSN("postgres"), "select n from kept"); got != "42" {
		t.Errorf("after the recovery the table holds %q", got)
	}
}
