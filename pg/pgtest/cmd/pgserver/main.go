// Command pgserver runs the PostgreSQL that tests share, for make and for people:
//
//	pgserver fetch          only fetches the programs
//	pgserver up             starts it, keeps it running and prints how to connect
//	pgserver down           stops it
//	pgserver remove         stops it and removes its data
//	pgserver exec CMD ARG…  starts it, runs a command with PG_TEST_DSN set, and stops it unless it was up
//	pgserver database CMD…  the same with PG_DSN naming a fresh database, which is dropped afterwards
//
// PG_VERSION chooses the major version. It must run inside the module's directory.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/mnorrsken/postkeys/pg/embedded"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// timeout bounds a start or a stop, including the first fetch.
const timeout = 5 * time.Minute

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "pgserver:", err)
		code = 1
	}
	os.Exit(code)
}

// run executes one subcommand and returns the exit code.
func run(args []string) (code int, err error) {
	if len(args) == 0 {
		return 2, errors.New("one of fetch, up, down, remove, exec, database is wanted")
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	switch {
	case args[0] == "fetch" && len(args) == 1:
		return 0, pgtest.Fetch(ctx)
	case args[0] == "up" && len(args) == 1:
		return 0, up(ctx)
	case args[0] == "down" && len(args) == 1:
		_, err := down(ctx)
		return 0, err
	case args[0] == "remove" && len(args) == 1:
		dir, err := down(ctx)
		if err != nil {
			return 1, err
		}
		return 0, os.RemoveAll(dir)
	case (args[0] == "exec" || args[0] == "database") && len(args) > 1:
		server, err := pgtest.StartShared(ctx)
		if err != nil {
			return 1, err
		}
		if args[0] == "exec" {
			code, err = command(server, args[1:])
		} else {
			code, err = withDatabase(ctx, server, args[1:])
		}
		stopCtx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		return code, errors.Join(err, pgtest.StopShared(stopCtx, server))
	default:
		return 2, fmt.Errorf("unknown arguments %q", args)
	}
}

// up leaves PostgreSQL running after this process.
func up(ctx context.Context) error {
	server, err := pgtest.StartShared(ctx)
	if err != nil {
		return err
	}
	if err := pgtest.Keep(server, true); err != nil {
		return err
	}
	fmt.Printf("PostgreSQL %s is running, pid %d\n", server.Version(), server.PID())
	fmt.Printf("  PG_TEST_DSN=%q\n", server.DSN("postgres"))
	fmt.Printf("  psql -h %s -p %d -U postgres\n", server.SocketDir(), server.SocketPort())
	return nil
}

// down stops PostgreSQL, unless other processes use it, and tells where its data is. Joining it first is the way to find it.
func down(ctx context.Context) (dir string, err error) {
	server, err := pgtest.StartShared(ctx)
	if err != nil {
		return "", err
	}
	return server.Dir(), errors.Join(pgtest.Keep(server, false), server.Stop(ctx))
}

// withDatabase runs a command on a database of its own.
func withDatabase(ctx context.Context, server *embedded.Server, args []string) (int, error) {
	dsn, drop, err := pgtest.CreateDatabase(ctx, server.DSN("postgres"))
	if err != nil {
		return 1, err
	}
	code, err := command(server, args, "PG_DSN="+dsn)
	dropCtx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return code, errors.Join(err, drop(dropCtx))
}

// command runs a command while the server is up. Signals from the terminal reach the command too: we wait for it to act on them.
func command(server *embedded.Server, args []string, env ...string) (int, error) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(append(os.Environ(), env...), "PG_TEST_DSN="+server.DSN("postgres"), "PG_VERSION="+server.Version())
	if err := cmd.Start(); err != nil {
		return 1, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case err := <-done:
			var exit *exec.ExitError
			if errors.As(err, &exit) {
				return max(exit.ExitCode(), 1), nil
			}
			return 0, err
		case sig := <-signals:
			// The process may be gone already; then done tells.
			_ = cmd.Process.Signal(sig)
		}
	}
}
