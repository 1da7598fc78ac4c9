package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// ready says whether the server calls itself ready.
func ready(s *servertest.Server, want int) func() error {
	return func() error {
		status, body, err := fetch(s, "/ready")
		if err == nil && status != want {
			err = fmt.Errorf("/ready answers %d: %s", status, body)
		}
		return err
	}
}

func TestStartsBeforePostgreSQL(t *testing.T) {
	t.Parallel()
	cluster := pgtest.NewCluster(t, nil)
	cluster.Stop()
	s := servertest.LaunchPostkeys(t, cluster.DSN("postkeys"))
	eventuallyLogs(t, s, "waiting for PostgreSQL")
	c := dial(t, s)
	for _, command := range []string{"PING", "GET k", "SET k v"} {
		if reply := ask(t, c, command); !strings.HasPrefix(reply, "-LOADING ") {
			t.Errorf("%s answered %q", command, reply)
		}
	}
	if loading := field(t, c, "persistence", "loading"); loading != "1" {
		t.Errorf("INFO says loading:%s", loading)
	}
	if status, _ := get(t, s, "/health"); status != 200 {
		t.Errorf("/health answers %d", status)
	}
	if status, body := get(t, s, "/ready"); status != 503 || !strings.Contains(body, "PostgreSQL") {
		t.Errorf("/ready answers %d %q", status, body)
	}
	if status, body := get(t, s, "/metrics"); status != 200 || !strings.Contains(body, "postkeys_postgres_up 0\n") {
		t.Errorf("/metrics answers %d", status)
	}
	cluster.Start()
	if err := s.WaitReady(patience); err != nil {
		t.Fatal(err)
	}
	expect(t, c, "SET k v", "+OK\r\n")
	expect(t, c, "GET k", "$1\r\nv\r\n")
	if loading := field(t, c, "persistence", "loading"); loading != "0" {
		t.Errorf("INFO says loading:%s", loading)
	}
	if status, body := get(t, s, "/ready"); status != 200 {
		t.Errorf("/ready answers %d %q", status, body)
	}
}

// TestSignalWhileWaiting: a server that has never reached PostgreSQL ends when
// it is asked to.
func TestSignalWhileWaiting(t *testing.T) {
	t.Parallel()
	s := servertest.LaunchPostkeys(t, "host="+t.TempDir()+" user=nobody dbname=none")
	eventuallyLogs(t, s, "waiting for PostgreSQL")
	stopsWell(t, s, 5*time.Second)
}

// stopsWell sends SIGTERM and expects exit status 0.
func stopsWell(t *testing.T, s *servertest.Server, limit time.Duration) {
	t.Helper()
	if err := s.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(limit); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(s.Logs(), "ended: exit status 0") {
		t.Errorf("the server did not end well:\n%s", s.Logs())
	}
}

// counterClient counts a key of its own up until told to stop, and keeps what
// it has heard.
type counterClient struct {
	key                   string
	acknowledged, unknown int
	refusals              atomic.Int64
	err                   error
}

func (c *counterClient) run(s *servertest.Server, stop <-chan struct{}) {
	conn, err := s.Dial()
	if err != nil {
		c.err = err
		return
	}
	defer conn.Close()
	for {
		select {
		case <-stop:
			return
		default:
		}
		reply, err := conn.Do("INCR", c.key)
		text := string(reply)
		switch {
		case err != nil:
			c.err = err
			return
		case strings.HasPrefix(text, ":"):
			c.acknowledged++
		case strings.Contains(text, "outcome of this command is unknown"):
			c.unknown++
			c.refusals.Add(1)
		case strings.HasPrefix(text, "-LOADING "):
			c.refusals.Add(1)
		default:
			c.err = fmt.Errorf("INCR answered %q", text)
			return
		}
	}
}

// TestPostgreSQLCrashesUnderLoad: clients keep their connections, hear of the
// outage within the statement timeout, and go on by themselves.
func TestPostgreSQLCrashesUnderLoad(t *testing.T) {
	t.Parallel()
	cluster := pgtest.NewCluster(t, nil)
	s := servertest.Postkeys(t, cluster.DSN("postkeys"), "PG_STATEMENT_TIMEOUT=1s")
	clients := make([]*counterClient, 20)
	stop := make(chan struct{})
	var running sync.WaitGroup
	for i := range clients {
		clients[i] = &counterClient{key: "counter:" + strconv.Itoa(i)}
		running.Go(func() { clients[i].run(s, stop) })
	}
	c := dial(t, s)
	for range 2 {
		before := map[*counterClient]int64{}
		for _, client := range clients {
			before[client] = client.refusals.Load()
		}
		cluster.Crash()
		for _, client := range clients {
			eventually(t, func() error {
				if client.refusals.Load() == before[client] {
					return fmt.Errorf("%s hears nothing; the server's last words are %.500s", client.key, s.Logs())
				}
				return nil
			})
		}
		// One command in the middle of it: the time of the answer counts.
		start := time.Now()
		if reply := ask(t, c, "GET counter:0"); !strings.HasPrefix(reply, "-LOADING ") {
			t.Errorf("GET answered %q", reply)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("the answer took %v", took)
		}
		eventually(t, ready(s, 503))
		if status, _ := get(t, s, "/health"); status != 200 {
			t.Errorf("/health answers %d", status)
		}
		cluster.Start()
		eventually(t, ready(s, 200))
		done := field(t, c, "postkeys", "rounds")
		eventually(t, func() error {
			if field(t, c, "postkeys", "rounds") == done {
				return errors.New("no round after the restart")
			}
			return nil
		})
	}
	close(stop)
	running.Wait()
	for _, client := range clients {
		if client.err != nil {
			t.Errorf("%s: %v", client.key, client.err)
		}
		value := strings.Fields(ask(t, c, "GET "+client.key))
		n, err := strconv.Atoi(value[len(value)-1])
		if err != nil || n < client.acknowledged || n > client.acknowledged+client.unknown {
			t.Errorf("%s is %q after %d acknowledged and %d unknown INCRs", client.key, value, client.acknowledged, client.unknown)
		}
	}
}

// TestReadOnlyDatabase: connections that are open go on; new ones cannot write,
// which looks like an outage until it is over.
func TestReadOnlyDatabase(t *testing.T) {
	t.Parallel()
	cluster := pgtest.NewCluster(t, nil)
	s := servertest.Postkeys(t, cluster.DSN("postkeys"), "PG_STATEMENT_TIMEOUT=1s")
	c := dial(t, s)
	expect(t, c, "SET k v", "+OK\r\n")
	pgtest.Exec(t, cluster.DSN("postgres"), "alter database postkeys set default_transaction_read_only = on",
		"select pg_terminate_backend(pid) from pg_stat_activity where datname = 'postkeys'")
	for _, command := range []string{"SET k w", "GET k"} {
		if reply := ask(t, c, command); !strings.HasPrefix(reply, "-") {
			t.Errorf("%s answered %q", command, reply)
		}
	}
	eventuallyLogs(t, s, "read-only transaction")
	pgtest.Exec(t, cluster.DSN("postgres"), "alter database postkeys reset default_transaction_read_only")
	eventually(t, ready(s, 200))
	expect(t, c, "GET k", "$1\r\nv\r\n")
	expect(t, c, "SET k w", "+OK\r\n")
	expect(t, c, "GET k", "$1\r\nw\r\n")
}

// TestShutdownDuringAnOutage: what waits for PostgreSQL is answered, and the
// server ends.
func TestShutdownDuringAnOutage(t *testing.T) {
	t.Parallel()
	cluster := pgtest.NewCluster(t, nil)
	s := servertest.Postkeys(t, cluster.DSN("postkeys"), "PG_STATEMENT_TIMEOUT=2s")
	c := dial(t, s)
	cluster.Crash()
	eventually(t, ready(s, 503))
	if err := c.SendCommand("GET", "k"); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		if list := ask(t, dial(t, s), "CLIENT LIST"); !strings.Contains(list, "cmd=get ") {
			return fmt.Errorf("GET has not arrived: %s", list)
		}
		return nil
	})
	if err := s.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	rest, err := c.ReadClosed()
	if err != nil || !strings.HasPrefix(string(rest), "-LOADING ") || strings.Count(string(rest), "\r\n") != 1 {
		t.Errorf("GET answered %q, %v", rest, err)
	}
	if err := s.Wait(patience); err != nil || !strings.Contains(s.Logs(), "ended: exit status 0") {
		t.Errorf("%v\n%s", err, s.Logs())
	}
}
