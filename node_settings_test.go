package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

func TestSettingsAtStart(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "redis.sock")
	s := servertest.Postkeys(t, pgtest.DSN(t), "DATABASES=3", "MAXCLIENTS=1000", "SQLTRACE=1",
		"REDIS_UNIX_SOCKET="+socket, "UNIXSOCKETPERM=700", "PG_MAX_CONNS=8")
	c := dial(t, s)
	expect(t, c, "SELECT 2", "+OK\r\n")
	expect(t, c, "SELECT 3", "-ERR DB index is out of range\r\n")
	if got := field(t, c, "clients", "maxclients"); got != "1000" {
		t.Errorf("INFO says maxclients:%s", got)
	}
	if got := field(t, c, "postgresql", "postgresql_max_connections"); got != "8" {
		t.Errorf("INFO says postgresql_max_connections:%s", got)
	}
	if got := field(t, c, "server", "tcp_port"); got != fmt.Sprint(s.Port) {
		t.Errorf("INFO says tcp_port:%s", got)
	}
	if !strings.Contains(s.Logs(), `msg="a setting has no effect in this version" setting=SQLTRACE`) {
		t.Error("nothing is said about SQLTRACE")
	}
	info, err := os.Stat(socket)
	if err != nil || info.Mode().Type() != os.ModeSocket || info.Mode().Perm() != 0o700 {
		t.Errorf("the socket: %v, %v", info, err)
	}
	if out, err := exec.Command("redis-cli", "-s", socket, "ping").Output(); err != nil || string(out) != "PONG\n" {
		t.Errorf("through the socket: %q, %v", out, err)
	}
	if !strings.Contains(s.Logs(), fmt.Sprintf("redis-cli -p %d\n", s.Port)) || !strings.Contains(s.Logs(), "redis-cli -s "+socket+"\n") ||
		!strings.Contains(s.Logs(), "http://"+s.MetricsAddr+"/metrics") {
		t.Errorf("the banner is incomplete:\n%s", s.Logs())
	}
	// A socket that is left over is no reason not to start again.
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	stopsWell(t, s, patience)
	if _, err := os.Lstat(socket); !os.IsNotExist(err) {
		t.Errorf("the socket after the end: %v", err)
	}
}

func TestMaxClientsUnderTheFileLimit(t *testing.T) {
	t.Parallel()
	binary, err := servertest.Binary()
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(t.TempDir(), "limited")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nulimit -n 400 && exec "+binary+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := servertest.StartPostkeys(script, pgtest.DSN(t), "PG_MAX_CONNS=8")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	}()
	c := dial(t, s)
	if got := field(t, c, "clients", "maxclients"); got != "296" {
		t.Errorf("INFO says maxclients:%s", got)
	}
	if !strings.Contains(s.Logs(), "maxclients is lowered") {
		t.Error("the log says nothing of maxclients")
	}
	expect(t, c, "CONFIG SET maxclients 297",
		"-ERR CONFIG SET failed (possibly related to argument 'maxclients') - The operating system is not able to handle "+
			"the specified number of clients, try with 296\r\n")
	var clients []*servertest.Client
	for range 295 {
		clients = append(clients, dial(t, s))
		expect(t, clients[len(clients)-1], "GET k", "$-1\r\n")
	}
	if reply, err := dial(t, s).Reply(); err != nil || string(reply) != "-ERR max number of clients reached\r\n" {
		t.Errorf("one too many: %q, %v", reply, err)
	}
	if got := field(t, c, "stats", "rejected_connections"); got != "1" {
		t.Errorf("INFO says rejected_connections:%s", got)
	}
}

// TestConfigSetReachesTheReactor changes what only the reactor can obey.
func TestConfigSetReachesTheReactor(t *testing.T) {
	t.Parallel()
	s := servertest.Postkeys(t, pgtest.DSN(t))
	c := dial(t, s)
	expect(t, c, "CONFIG SET maxclients 1", "+OK\r\n")
	if reply, err := dial(t, s).Reply(); err != nil || string(reply) != "-ERR max number of clients reached\r\n" {
		t.Errorf("maxclients: %q, %v", reply, err)
	}
	expect(t, c, "CONFIG SET maxclients 100 client-query-buffer-limit 1mb", "+OK\r\n")
	greedy := dial(t, s)
	if err := greedy.Send([]byte("*2\r\n$4\r\nECHO\r\n$2000000\r\n" + strings.Repeat("x", 1500000))); err == nil {
		if rest, err := greedy.ReadClosed(); err != nil || len(rest) > 0 {
			t.Errorf("client-query-buffer-limit: %q, %v", rest, err)
		}
	}
	if reply, err := c.Do("CONFIG", "SET", "client-output-buffer-limit", "normal 1mb 0 0"); err != nil || string(reply) != "+OK\r\n" {
		t.Fatalf("%q, %v", reply, err)
	}
	expect(t, c, "SETRANGE big 1000000 x", ":1000001\r\n")
	deaf := dial(t, s)
	var pipeline []byte
	for range 64 {
		pipeline = servertest.AppendCommand(pipeline, "GET", "big")
	}
	if err := deaf.Send(pipeline); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		if got := field(t, c, "stats", "client_output_buffer_limit_disconnections"); got != "1" {
			return fmt.Errorf("client_output_buffer_limit_disconnections:%s", got)
		}
		return nil
	})
	idle := dial(t, s)
	expect(t, idle, "CONFIG SET timeout 1", "+OK\r\n")
	if rest, err := idle.ReadClosed(); err != nil || len(rest) > 0 {
		t.Errorf("timeout: %q, %v", rest, err)
	}
}

func TestLogLevel(t *testing.T) {
	t.Parallel()
	s := servertest.Postkeys(t, pgtest.DSN(t), "LOGLEVEL=warning")
	if strings.Contains(s.Logs(), "level=INFO") {
		t.Errorf("LOGLEVEL=warning lets information pass:\n%s", s.Logs())
	}
	c := dial(t, s)
	expect(t, c, "DEBUG LOG first", "+OK\r\n")
	eventuallyLogs(t, s, "message=first")
	expect(t, c, "CONFIG SET loglevel nothing", "+OK\r\n")
	expect(t, c, "DEBUG LOG second", "+OK\r\n")
	expect(t, c, "CONFIG SET loglevel notice", "+OK\r\n")
	expect(t, c, "DEBUG LOG third", "+OK\r\n")
	eventuallyLogs(t, s, "message=third")
	if strings.Contains(s.Logs(), "message=second") {
		t.Error("loglevel nothing lets warnings pass")
	}
}
