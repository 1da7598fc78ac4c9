package main

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// inFlight sends a pipeline and waits until the server has it: its first
// command is a DEBUG SLEEP, which another client sees.
func inFlight(t *testing.T, s *servertest.Server, sleep string, commands ...string) *servertest.Client {
	t.Helper()
	c, watcher := dial(t, s), dial(t, s)
	pipeline := servertest.AppendCommand(nil, "DEBUG", "SLEEP", sleep)
	for _, command := range commands {
		pipeline = servertest.AppendCommand(pipeline, strings.Fields(command)...)
	}
	if err := c.Send(pipeline); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		// The last command of the batch is what CLIENT LIST shows.
		if list := ask(t, watcher, "CLIENT LIST"); !strings.Contains(list, "cmd=set ") {
			return fmt.Errorf("the pipeline has not arrived: %s", list)
		}
		return nil
	})
	return c
}

func TestShutdownAnswersWhatIsInFlight(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	s := servertest.Postkeys(t, dsn)
	const keys = 500
	var commands []string
	for i := range keys {
		commands = append(commands, fmt.Sprintf("SET key:%d %d", i, i))
	}
	idle := dial(t, s)
	expect(t, idle, "PING", "+PONG\r\n")
	c := inFlight(t, s, "1", commands...)
	if err := s.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	// Idle connections go first, load balancers hear of it, nobody new is served.
	if rest, err := idle.ReadClosed(); err != nil || len(rest) > 0 {
		t.Errorf("an idle connection: %q, %v", rest, err)
	}
	if status, body := get(t, s, "/ready"); status != 503 || body != "shutting down\n" {
		t.Errorf("/ready answers %d %q", status, body)
	}
	if status, _ := get(t, s, "/health"); status != 200 {
		t.Errorf("/health answers %d", status)
	}
	if late, err := s.Dial(); err == nil {
		if reply, err := late.Do("PING"); err == nil {
			t.Errorf("a new connection is answered %q", reply)
		}
		late.Close()
	}
	rest, err := c.ReadClosed()
	if want := strings.Repeat("+OK\r\n", 1+keys); err != nil || string(rest) != want {
		t.Fatalf("got %d bytes of %d, %v", len(rest), len(want), err)
	}
	if err := s.Wait(patience); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(s.Logs(), "ended: exit status 0") {
		t.Error("the server did not end well")
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	expect(t, dial(t, s), "DBSIZE", fmt.Sprintf(":%d\r\n", keys))
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	s := servertest.Postkeys(t, pgtest.DSN(t))
	c := inFlight(t, s, "25", "SET k v")
	start := time.Now()
	if err := s.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventuallyLogs(t, s, "shutting down")
	// One that follows at once is taken for an echo of the first, as timeout(1)
	// sends it, so it may take several.
	for s.Signal(syscall.SIGINT) == nil && s.Wait(10*time.Millisecond) != nil {
		if time.Since(start) > 15*time.Second {
			t.Fatal("signals do not end the server")
		}
	}
	if took := time.Since(start); took < sameSignal {
		t.Errorf("an echo of the first signal ended the server after %v", took)
	}
	if !strings.Contains(s.Logs(), "postkeys: ended by a second signal") || !strings.Contains(s.Logs(), "ended: exit status 1") {
		t.Errorf("it ended without saying so:\n%s", s.Logs())
	}
	if rest, err := c.ReadClosed(); err != nil || len(rest) > 0 {
		t.Errorf("%q, %v", rest, err)
	}
}

// TestShutdownEndsAPause: commands that CLIENT PAUSE holds back do not hold a
// shutdown up.
func TestShutdownEndsAPause(t *testing.T) {
	t.Parallel()
	s := servertest.Postkeys(t, pgtest.DSN(t))
	c := dial(t, s)
	expect(t, c, "CLIENT PAUSE 100000 WRITE", "+OK\r\n")
	if err := c.SendCommand("SET", "k", "v"); err != nil {
		t.Fatal(err)
	}
	stopsWell(t, s, 10*time.Second)
}

// TestHangup: SIGHUP is another way to ask for an end.
func TestHangup(t *testing.T) {
	t.Parallel()
	s := servertest.Postkeys(t, pgtest.DSN(t))
	if err := s.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(patience); err != nil || !strings.Contains(s.Logs(), "ended: exit status 0") {
		t.Errorf("%v\n%s", err, s.Logs())
	}
}
