// Postkeys is a Redis 7 API-compatible server that keeps everything in
// PostgreSQL. This package reads the configuration, wires the parts together
// and shuts them down in order; see ARCHITECTURE.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
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
	exit(run(cfg, newLogger(os.Stderr, cfg.Debug)))
}

// exit ends the process: 0 without an error, 1 with one, told on stderr, each
// part of it on one line.
func exit(err error) {
	if err == nil {
		os.Exit(0)
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintln(os.Stderr, "postkeys:", strings.TrimSpace(line))
	}
	os.Exit(1)
}

// sameSignal is how long a signal may come again and mean the first one:
// wrappers such as timeout and some shells send it to the process and to its
// group.
const sameSignal = 300 * time.Millisecond

var errForced = errors.New("ended by a second signal before everything was answered")

// run serves until a signal asks it to stop or something fails for good. A
// second signal ends it at once.
func run(cfg Config, log *logger) error {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, cfg, log) }()
	var asked time.Time
	for {
		select {
		case err := <-ended:
			return err
		case s := <-signals:
			if !asked.IsZero() {
				if time.Since(asked) > sameSignal {
					return errForced
				}
				continue
			}
			asked = time.Now()
			log.Info("shutting down; a second signal ends the process at once", "signal", s.String())
			cancel()
		}
	}
}

// serve starts a node and stops it when ctx is done or something fails.
func serve(ctx context.Context, cfg Config, log *logger) error {
	n := newNode(cfg, log)
	err := n.start(ctx)
	if err == nil {
		select {
		case <-ctx.Done():
		case err = <-n.failed:
		}
	} else if ctx.Err() != nil {
		err = nil // a signal interrupted the start
	}
	return errors.Join(err, n.stop())
}
