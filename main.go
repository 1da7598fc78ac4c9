// Postkeys is a Redis 7 API-compatible server that keeps everything in
// PostgreSQL. This package reads the configuration, wires the parts together
// and shuts them down in order; see ARCHITECTURE.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if done, err := answerArguments(os.Args[1:], os.Stdout); done || err != nil {
		exit(err)
	}
	cfg, err := LoadConfig(os.Environ())
	if err != nil {
		exit(err)
	}
	exit(run(cfg, newLogger(cfg)))
}

// exit ends the process: 0 without an error, 1 with one, told on stderr.
func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "postkeys:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func newLogger(cfg Config) *slog.Logger {
	level := slog.LevelInfo
	if cfg.Debug {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
}

// drainTime is how long a shutdown waits for requests in flight.
const drainTime = 30 * time.Second

// run serves until a signal asks it to stop. A second signal ends the process
// at once.
func run(cfg Config, log *slog.Logger) error {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()

	failed := make(chan error, 1)
	started := make(chan *node, 1)
	go func() {
		n, err := start(ctx, cfg, log, failed)
		if err != nil {
			failed <- err
			return
		}
		started <- n
	}()

	var n *node
	for {
		select {
		case n = <-started:
		case err := <-failed:
			cancel()
			return errors.Join(err, stop(n, signals, log))
		case s := <-signals:
			log.Info("shutting down", "signal", s.String())
			cancel()
			return stop(n, signals, log)
		}
	}
}

// stop shuts a node down, at once if a second signal comes.
func stop(n *node, signals <-chan os.Signal, log *slog.Logger) error {
	if n == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- n.stop(ctx) }()
	select {
	case err := <-done:
		return err
	case s := <-signals:
		log.Warn("ending at once", "signal", s.String())
		return errors.New("ended by a second signal before everything was answered")
	}
}
