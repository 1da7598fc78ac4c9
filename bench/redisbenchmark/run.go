// Package redisbenchmark runs redis-benchmark, bounded in time and count, and reads its result.
//
// Any error that redis-benchmark prints fails the run. Each run is a process of its own that is killed, by its number, when it
// takes longer than it may or when the context ends: redis-benchmark waits without end, and busily, for a server that is away.
package redisbenchmark

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os/exec"
	"strconv"
	"time"
)

// Program is looked up in PATH.
const Program = "redis-benchmark"

// Load says what to send.
type Load struct {
	Addr       string
	Test       string   // one of redis-benchmark's own tests (-t) ...
	Command    []string // ... or a command of ours
	Clients    int
	Pipeline   int
	Keys       int // placeholders become random numbers below it
	ValueBytes int
}

// arguments of redis-benchmark for the load with that many requests.
func (l Load) arguments(requests int) ([]string, error) {
	host, port, err := net.SplitHostPort(l.Addr)
	if err != nil {
		return nil, err
	}
	args := []string{"--csv", "-h", host, "-p", port,
		"-c", strconv.Itoa(l.Clients), "-P", strconv.Itoa(l.Pipeline), "-n", strconv.Itoa(requests),
		"-r", strconv.Itoa(l.Keys), "-d", strconv.Itoa(l.ValueBytes)}
	switch {
	case (l.Test == "") == (len(l.Command) == 0):
		return nil, errors.New("a load is either a test or a command")
	case l.Test != "":
		return append(args, "-t", l.Test), nil
	default:
		return append(args, l.Command...), nil
	}
}

// Run sends the given number of requests and returns what was measured, and the processor time redis-benchmark itself took.
func Run(ctx context.Context, l Load, requests int, limit time.Duration) (Result, time.Duration, error) {
	args, err := l.arguments(requests)
	if err != nil {
		return Result{}, 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, Program, args...)
	cmd.WaitDelay = time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &bounded{w: &stdout, left: 1 << 20}, &bounded{w: &stderr, left: 1 << 16}
	runErr := cmd.Run()
	fail := func(why error) (Result, time.Duration, error) {
		return Result{}, 0, fmt.Errorf("%s %q: %w", Program, args, why)
	}
	switch text := complaint(stderr.String()); {
	case ctx.Err() != nil:
		return fail(fmt.Errorf("ended after %v: %w", limit.Round(time.Millisecond), ctx.Err()))
	case text != "":
		return fail(errors.New(text))
	case runErr != nil:
		return fail(runErr)
	}
	r, err := parse(stdout.String())
	if err != nil {
		return fail(fmt.Errorf("%w in its output:\n%s", err, stdout.String()))
	}
	return r, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}

// calibrationTime is how long a run must take for its result to be believed when requests are planned by it.
const calibrationTime = 200 * time.Millisecond

// maxRequests bounds a single run whatever was measured before.
const maxRequests = 100_000_000

// Calibrate finds out roughly how many commands a second the load reaches, with short runs of growing length. They warm the
// server up too. limit bounds each of them; before is called before each of them with the number of its requests.
func Calibrate(ctx context.Context, l Load, limit time.Duration, before func(requests int) error) (float64, error) {
	n := max(1000, l.minRequests())
	for {
		if err := before(n); err != nil {
			return 0, err
		}
		r, _, err := Run(ctx, l, n, limit)
		if err != nil {
			return 0, err
		}
		if requests(r.CommandsPerSecond, calibrationTime) <= n {
			return r.CommandsPerSecond, nil
		}
		n = min(4*n, requests(r.CommandsPerSecond, 3*calibrationTime/2))
	}
}

// minRequests lets each client fill its pipeline several times: with less, the start and the end of a run decide about its result.
func (l Load) minRequests() int { return 4 * l.Clients * l.Pipeline }

// Requests is how many requests of the load take about d at the given rate, but not too few for the result to mean something.
func (l Load) Requests(perSecond float64, d time.Duration) int {
	return max(requests(perSecond, d), l.minRequests())
}

func requests(perSecond float64, d time.Duration) int {
	return int(math.Ceil(min(maxRequests, max(1, perSecond*d.Seconds()))))
}

// bounded passes on the first bytes and drops the rest.
type bounded struct {
	w    io.Writer
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	keep := p[:min(b.left, len(p))]
	b.left -= len(keep)
	if _, err := b.w.Write(keep); err != nil {
		return 0, err
	}
	return len(p), nil
}
