package workload

import (
	"slices"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/bench/client"
	"github.com/mnorrsken/postkeys/pg/pgbench"
)

func TestTable(t *testing.T) {
	t.Parallel()
	names := make(map[string]bool)
	for _, w := range Table {
		if w.Name == "" || names[w.Name] {
			t.Errorf("name %q is empty or taken", w.Name)
		}
		names[w.Name] = true
		ways := 0
		for _, given := range []bool{w.Test != "", len(w.Command) > 0, len(w.Unit) > 0} {
			if given {
				ways++
			}
		}
		if ways != 1 || len(w.Unit) > 0 && w.MaxRequests() > 0 {
			t.Errorf("%s: needs a test, a command or a unit, and a unit has no number of requests", w.Name)
		}
		if w.Group == "" {
			t.Errorf("%s belongs to no group", w.Name)
		}
		if w.Rows < 1 {
			t.Errorf("%s: touches %d rows", w.Name, w.Rows)
		}
		for _, line := range []pgbench.Line{w.Reference, w.OneByOne} {
			if line != "" && !slices.Contains(pgbench.Lines, line) {
				t.Errorf("%s: no line %q", w.Name, line)
			}
		}
		for pipeline, f := range w.Floors {
			if f.OfReference > 0 && w.Reference == "" || f.OfOneByOne > 0 && w.OneByOne == "" {
				t.Errorf("%s, pipeline %d: a floor without its line", w.Name, pipeline)
			}
			if f.NotBelow != "" && !slices.ContainsFunc(Table, func(o Workload) bool { return o.Name == f.NotBelow }) {
				t.Errorf("%s: compared with %q, which is not there", w.Name, f.NotBelow)
			}
		}
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	all, err := Select(nil)
	if err != nil || len(all) != len(Table) {
		t.Errorf("%d rows, %v", len(all), err)
	}
	two, err := Select([]string{"mset", "GET"})
	if err != nil || len(two) != 2 || two[0].Name != "MSET" || two[1].Name != "GET" {
		t.Errorf("%+v, %v", two, err)
	}
	if _, err := Select([]string{"GETT"}); err == nil || !strings.Contains(err.Error(), "INCR one key") {
		t.Errorf("got %v", err)
	}
}

func TestSelectGroup(t *testing.T) {
	t.Parallel()
	all, err := Select([]string{"Collections"})
	if err != nil || len(all) < 10 || slices.ContainsFunc(all, func(w Workload) bool { return w.Group != Collections }) {
		t.Errorf("%d rows, %v", len(all), err)
	}
}

func TestFamiliesAreThoseOfTheWorkloads(t *testing.T) {
	t.Parallel()
	for _, w := range Table {
		for _, arg := range w.Latency {
			if strings.Contains(arg, client.Placeholder) && !slices.ContainsFunc(families, func(f family) bool { return f.key == arg && f.neededBy(w) }) {
				t.Errorf("%s: keys %s are not loaded", w.Name, arg)
			}
		}
	}
}

func TestExpand(t *testing.T) {
	t.Parallel()
	got := expand([]string{"HSET", "hash:" + client.Placeholder, "f", Value}, 7, "xx")
	if want := []string{"HSET", "hash:000000000007", "f", "xx"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
