package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/mnorrsken/postkeys/bench"
	"github.com/mnorrsken/postkeys/bench/target"
)

// arguments are what the command line says.
type arguments struct {
	options bench.Options
	out     string
	limit   time.Duration
	check   bool
}

// list is a flag with values between commas.
type list[T any] struct {
	values *[]T
	parse  func(string) (T, error)
}

func (l list[T]) String() string {
	if l.values == nil {
		return ""
	}
	return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(*l.values)), ","), "[]")
}

func (l list[T]) Set(text string) error {
	var values []T
	for item := range strings.SplitSeq(text, ",") {
		v, err := l.parse(strings.TrimSpace(item))
		if err != nil {
			return err
		}
		values = append(values, v)
	}
	*l.values = values
	return nil
}

func words(values *[]string) list[string] {
	return list[string]{values, func(s string) (string, error) { return s, nil }}
}

func numbers(values *[]int) list[int] { return list[int]{values, strconv.Atoi} }

// parse reads the command line; what is wrong with it has been printed when it returns an error.
func parse(args []string) (*arguments, error) { return parseTo(os.Stderr, args) }

func parseTo(out io.Writer, args []string) (*arguments, error) {
	a := &arguments{options: bench.Defaults()}
	o := &a.options
	o.Log = out
	seconds := o.RunTime.Seconds()
	f := flag.NewFlagSet("bench [cache|connections|growth|messages|queue|waiting]", flag.ContinueOnError)
	f.SetOutput(out)
	f.Var(words(&o.Only), "only", "compare these servers alone, of "+strings.Join(target.Names, ", "))
	f.Var(words(&o.Workloads), "workloads", "run these workloads alone, by name")
	f.Var(words(&o.Skip), "skip", "leave out parts, of "+strings.Join(bench.SkippableParts, ", "))
	f.StringVar(&o.Binary, "binary", "", "measure this postkeys in place of one built from here")
	f.Func("env", "setting for postkeys, `NAME=value`; may be given several times", func(v string) error {
		if !strings.Contains(v, "=") {
			return errors.New("not of the form NAME=value")
		}
		o.Env = append(o.Env, v)
		return nil
	})
	f.StringVar(&o.RedisServer, "redis-server", cmp.Or(os.Getenv("REDIS_SERVER"), o.RedisServer), "compare with this redis-server")
	f.StringVar(&o.PGDSN, "pg-dsn", "", "use this PostgreSQL, in a schema of its own, in place of one started here")
	f.StringVar(&o.PGBinDir, "pg-bin-dir", os.Getenv("PG_EMBEDDED_BIN_DIR"), "directory of initdb and postgres")
	f.StringVar(&o.PGVersion, "pg-version", os.Getenv("PG_VERSION"), "major version of the PostgreSQL to start")
	f.StringVar(&o.TempDir, "temp-dir", "", "where the data of all servers goes")
	quick := f.Bool("quick", false, fmt.Sprintf("a quick look: -seconds %g -rounds %d, unless given", bench.QuickRunTime.Seconds(), bench.QuickRounds))
	f.Float64Var(&seconds, "seconds", seconds, "length of each run")
	f.DurationVar(&o.Patience, "patience", o.Patience, "end a run with an error when it takes this much longer than four times its length")
	f.IntVar(&o.Rounds, "rounds", o.Rounds, "rounds")
	f.Var(numbers(&o.Clients), "clients", "numbers of clients; goals and latency refer to the first")
	f.Var(numbers(&o.Pipelines), "pipeline", "lengths of the pipeline")
	f.IntVar(&o.Keys, "keys", o.Keys, "number of keys")
	f.IntVar(&o.ValueBytes, "value-bytes", o.ValueBytes, "length of the values")
	f.IntVar(&o.Idle, "connections", o.Idle, "how many clients do nothing, for bench connections")
	f.Var(words(&o.Kinds), "kinds", "measure these kinds of them alone, of "+strings.Join(bench.IdleKinds(), ", "))
	f.DurationVar(&o.Quiet, "quiet", o.Quiet, "how long bench connections looks at a server to which nothing happens")
	f.DurationVar(&o.QueueTime, "duration", o.QueueTime, "how long bench queue pushes and pops")
	f.Var(numbers(&o.Sizes), "sizes", "numbers of elements for bench growth, the smallest first")
	f.StringVar(&a.out, "out", filepath.Join(".build", "bench"), "directory of the report")
	f.DurationVar(&a.limit, "limit", 2*time.Hour, "end with an error after this time")
	f.BoolVar(&a.check, "check", false, "end with an error when a goal is missed")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 {
		err := fmt.Errorf("unexpected argument %q", f.Arg(0))
		fmt.Fprintln(out, "bench:", err)
		return nil, err
	}
	if *quick {
		given := make(map[string]bool)
		f.Visit(func(fl *flag.Flag) { given[fl.Name] = true })
		if !given["seconds"] {
			seconds = bench.QuickRunTime.Seconds()
		}
		if !given["rounds"] {
			o.Rounds = bench.QuickRounds
		}
	}
	o.RunTime = time.Duration(seconds * float64(time.Second))
	return a, nil
}
