package bench

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/mnorrsken/postkeys/bench/redisbenchmark"
	"github.com/mnorrsken/postkeys/bench/target"
	"github.com/mnorrsken/postkeys/bench/workload"
)

// Options say what to compare and how long to look.
type Options struct {
	Command string    // command line, for the report
	Log     io.Writer // progress, one line for each run

	// What to compare.
	Only      []string // names of servers; nil means all
	Workloads []string // names of workloads; nil means all
	Skip      []string // parts to leave out, of SkippableParts

	// Where it comes from. The zero values build postkeys and start a PostgreSQL.
	Binary      string
	Env         []string // settings for postkeys, NAME=value
	RedisServer string   // path of redis-server, or its name in PATH
	PGDSN       string
	PGBinDir    string
	PGVersion   string
	TempDir     string // parent of the data of all servers, "" for that of the system

	// How to look.
	RunTime    time.Duration // of each run, roughly
	Patience   time.Duration // by how much a run may be longer: then its server has stalled, and the run is ended
	Rounds     int
	Clients    []int // the first one is what goals and latency refer to
	Pipelines  []int
	Keys       int
	ValueBytes int

	// Idle is the number of connections that do nothing for Connections, Kinds are their kinds (nil means all), and Quiet is how long to look at
	// what the server does meanwhile.
	Idle  int
	Kinds []string
	Quiet time.Duration
	// QueueTime is how long Queue runs.
	QueueTime time.Duration
	// Sizes are the numbers of elements for Growth, the smallest first.
	Sizes []int
}

// Parts of the comparison that can be left out.
const (
	SkipLatency    = "latency"
	SkipReferences = "references"
)

// SkippableParts lists them.
var SkippableParts = []string{SkipLatency, SkipReferences}

// Defaults are the options that make the figures of the documentation.
func Defaults() Options {
	return Options{
		Log: io.Discard, RedisServer: target.RedisProgram,
		RunTime: 5 * time.Second, Patience: 30 * time.Second, Rounds: 3, Clients: []int{50}, Pipelines: []int{1, 16}, Keys: 100_000, ValueBytes: 3, Idle: 15_000,
		Quiet: 10 * time.Second, QueueTime: 10 * time.Minute, Sizes: []int{10, 1000, 100_000, 1_000_000},
	}
}

// QuickRunTime and QuickRounds are for a look at everything in less than three minutes, and at one workload in half a minute.
const (
	QuickRunTime = time.Second
	QuickRounds  = 2
)

// validate refuses options that cannot work, before anything is started.
func (o *Options) validate() error {
	for _, name := range o.Only {
		if !slices.Contains(target.Names, name) {
			return fmt.Errorf("no server %q; there are %s", name, strings.Join(target.Names, ", "))
		}
	}
	for _, part := range o.Skip {
		if !slices.Contains(SkippableParts, part) {
			return fmt.Errorf("no part %q to skip; there are %s", part, strings.Join(SkippableParts, ", "))
		}
	}
	for _, kind := range o.Kinds {
		if !slices.Contains(IdleKinds(), kind) {
			return fmt.Errorf("no kind %q of connections; there are %s", kind, strings.Join(IdleKinds(), ", "))
		}
	}
	if _, err := workload.Select(o.Workloads); err != nil {
		return err
	}
	inRange := func(what string, values []int, low, high int) error {
		if len(values) == 0 {
			return fmt.Errorf("no %s", what)
		}
		for _, v := range values {
			if v < low || v > high {
				return fmt.Errorf("%s: %d is not from %d to %d", what, v, low, high)
			}
		}
		return nil
	}
	err := errors.Join(
		inRange("rounds", []int{o.Rounds}, 1, 1000),
		inRange("clients", o.Clients, 1, 10_000),
		inRange("pipeline", o.Pipelines, 1, 10_000),
		inRange("keys", []int{o.Keys}, 1, 100_000_000),
		inRange("value bytes", []int{o.ValueBytes}, 1, 1<<20),
		inRange("sizes", o.Sizes, 10, 100_000_000),
		inRange("idle connections", []int{o.Idle}, 1, 250*connectionsPerAddress),
	)
	if o.RunTime < 10*time.Millisecond || o.RunTime > 10*time.Minute {
		err = errors.Join(err, fmt.Errorf("a run of %v is not from 10ms to 10m", o.RunTime))
	}
	if o.QueueTime < time.Second || o.QueueTime > 24*time.Hour {
		err = errors.Join(err, fmt.Errorf("a duration of %v is not from 1s to 24h", o.QueueTime))
	}
	if o.Quiet < 10*time.Millisecond || o.Quiet > time.Hour {
		err = errors.Join(err, fmt.Errorf("a quiet time of %v is not from 10ms to 1h", o.Quiet))
	}
	if o.Patience < time.Millisecond || o.Patience > time.Hour {
		err = errors.Join(err, fmt.Errorf("patience of %v is not from 1ms to 1h", o.Patience))
	}
	if err != nil {
		return err
	}
	for _, program := range []string{redisbenchmark.Program, o.RedisServer} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("%s is needed: %w", program, err)
		}
	}
	return nil
}

// servers are the names of the servers to compare, the subject first.
func (o *Options) servers() []string {
	if len(o.Only) == 0 {
		return target.Names
	}
	return slices.DeleteFunc(slices.Clone(target.Names), func(name string) bool { return !slices.Contains(o.Only, name) })
}

func (o *Options) skips(part string) bool { return slices.Contains(o.Skip, part) }

// logf reports progress.
func (o *Options) logf(format string, args ...any) { fmt.Fprintf(o.Log, format+"\n", args...) }
