// Command bench compares postkeys with Redis on this machine: `bench` the throughput, cost and latency of commands, `bench
// cache` that of GET from the cache, `bench connections` the cost of idle connections, `bench growth` what commands cost on collections of any size, `bench messages` publishing, `bench queue` the size of the tables
// under a queue that never rests, `bench waiting` the way of elements to clients that are blocked. It prints a report and writes it as Markdown, JSON and SVG. See the README of bench.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/mnorrsken/postkeys/bench"
	"github.com/mnorrsken/postkeys/bench/report"
)

func main() { os.Exit(run(os.Args[1:])) }

// modes are what can be measured beside the comparison, by the first argument.
var modes = map[string]func(context.Context, bench.Options) (*report.Report, error){
	"cache": bench.Cache, "connections": bench.Connections, "growth": bench.Growth, "messages": bench.Messages, "queue": bench.Queue, "waiting": bench.Waiting,
}

// run returns the exit status: 0, 1 for an error, a measurement that failed or a goal that was missed with --check, 2 for wrong arguments.
func run(args []string) int {
	measure, name := bench.Compare, "compare"
	if len(args) > 0 && modes[args[0]] != nil {
		measure, name = modes[args[0]], args[0]
		args = args[1:]
	}
	a, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return 2
	}
	a.options.Command = strings.Join(append([]string{"bench"}, os.Args[1:]...), " ")

	// A second signal ends the program at once: servers that were started end with it.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	ctx, cancel := context.WithTimeout(ctx, a.limit)
	defer cancel()

	r, err := measure(ctx, a.options)
	if r != nil {
		if err != nil {
			r.Failures = append(r.Failures, report.Failure{What: "ended early", Error: err.Error()})
		}
		err = errors.Join(err, show(r, a.out, name))
	}
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	case len(r.Failures) > 0:
		fmt.Fprintln(os.Stderr, "bench: not everything could be measured; see the errors in the report")
		return 1
	case a.check && missed(r):
		fmt.Fprintln(os.Stderr, "bench: a goal was missed")
		return 1
	}
	return 0
}

// show prints the report and writes its files.
func show(r *report.Report, dir, name string) error {
	if err := r.Markdown(os.Stdout, ""); err != nil {
		return err
	}
	paths, err := r.Write(dir, name)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "written:", strings.Join(paths, " "))
	return nil
}

func missed(r *report.Report) bool {
	for _, g := range r.Goals {
		if !g.Met() {
			return true
		}
	}
	return false
}
