package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/bench"
)

func TestFlags(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	a, err := parseTo(&out, strings.Fields("-only redis,postkeys -clients 50,500 -pipeline 1,16,64 -seconds 0.5 -env A=1 -env B=2=3 -skip latency -kinds idle,blocked --check"))
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	o := a.options
	if !slices.Equal(o.Only, []string{"redis", "postkeys"}) || !slices.Equal(o.Clients, []int{50, 500}) || !slices.Equal(o.Pipelines, []int{1, 16, 64}) ||
		o.RunTime != 500*time.Millisecond || !slices.Equal(o.Env, []string{"A=1", "B=2=3"}) || !slices.Equal(o.Skip, []string{"latency"}) || !slices.Equal(o.Kinds, []string{"idle", "blocked"}) || !a.check {
		t.Errorf("%+v", a)
	}
	if a, err = parseTo(&out, nil); err != nil || a.options.Rounds != 3 || a.options.Idle != 15000 || a.options.RunTime != 5*time.Second {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestQuickYieldsToWhatIsGiven(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]struct {
		seconds time.Duration
		rounds  int
	}{
		"-quick":            {bench.QuickRunTime, bench.QuickRounds},
		"-rounds 7 -quick":  {bench.QuickRunTime, 7},
		"-quick -seconds 5": {5 * time.Second, bench.QuickRounds},
	} {
		a, err := parseTo(io.Discard, strings.Fields(args))
		if err != nil || a.options.RunTime != want.seconds || a.options.Rounds != want.rounds {
			t.Errorf("%s: %v and %d rounds, %v", args, a.options.RunTime, a.options.Rounds, err)
		}
	}
}

func TestWrongFlags(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-clients", "many"}, {"-env", "NAME"}, {"-no-such"}, {"something"}} {
		var out bytes.Buffer
		if _, err := parseTo(&out, args); err == nil || out.Len() == 0 {
			t.Errorf("%q: %v, %q", args, err, out.String())
		}
	}
}

func TestHelpShowsDefaults(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if _, err := parseTo(&out, []string{"-h"}); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("got %v", err)
	}
	for _, want := range []string{"default 1,16", "default 100000", "redis-always"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}
