package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// patience bounds what a test waits for; it is never the time something takes.
const patience = 30 * time.Second

// dial opens a connection that lives as long as the test.
func dial(t *testing.T, s *servertest.Server) *servertest.Client {
	t.Helper()
	c, err := s.Dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// ask sends a command and returns the raw reply.
func ask(t *testing.T, c *servertest.Client, words string) string {
	t.Helper()
	reply, err := c.Do(strings.Fields(words)...)
	if err != nil {
		t.Fatalf("%s: %v", words, err)
	}
	return string(reply)
}

// expect asks and compares.
func expect(t *testing.T, c *servertest.Client, words, want string) {
	t.Helper()
	if got := ask(t, c, words); got != want {
		t.Fatalf("%s answered %q, want %q", words, got, want)
	}
}

// field is the value of a field of INFO.
func field(t *testing.T, c *servertest.Client, section, name string) string {
	t.Helper()
	for line := range strings.SplitSeq(ask(t, c, "INFO "+section), "\r\n") {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return value
		}
	}
	t.Fatalf("INFO %s has no field %s", section, name)
	return ""
}

// get fetches a page of the metrics listener.
func get(t *testing.T, s *servertest.Server, path string) (status int, body string) {
	t.Helper()
	status, body, err := fetch(s, path)
	if err != nil {
		t.Fatal(err)
	}
	return status, body
}

func fetch(s *servertest.Server, path string) (status int, body string, err error) {
	client := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get("http://" + s.MetricsAddr + path)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = r.Body.Close() }()
	b, err := io.ReadAll(r.Body)
	return r.StatusCode, string(b), err
}

// eventually asks again and again until check finds nothing to complain about:
// what happens in another process sends no signal to wait for.
func eventually(t *testing.T, check func() error) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-time.After(10 * time.Millisecond) {
		if err = check(); err == nil {
			return
		}
	}
	t.Fatal(err)
}

// eventuallyLogs waits until the server has logged something.
func eventuallyLogs(t *testing.T, s *servertest.Server, want string) {
	t.Helper()
	eventually(t, func() error {
		if !strings.Contains(s.Logs(), want) {
			return fmt.Errorf("the log lacks %q", want)
		}
		return nil
	})
}

// runToEnd runs the server with settings that keep it from starting, and
// returns its exit status and what it wrote to standard error.
func runToEnd(t *testing.T, env ...string) (status int, stderr string) {
	t.Helper()
	binary, err := servertest.Binary()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary)
	cmd.Env = append([]string{"REDIS_ADDR=127.0.0.1:0", "METRICS_ADDR=127.0.0.1:0", "LOGLEVEL=nothing"}, env...)
	var errs strings.Builder
	cmd.Stderr = &errs
	err = cmd.Run()
	if ctx.Err() != nil {
		t.Fatalf("the server did not end; it wrote:\n%s", errs.String())
	}
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), errs.String()
}
