package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mnorrsken/postkeys/bench/report"
	"github.com/mnorrsken/postkeys/bench/target"
	"github.com/mnorrsken/postkeys/bench/workload"
	"github.com/mnorrsken/postkeys/pg/pgbench"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(tests{m}) }

// tests are those of this package; the PostgreSQL they share is given up after the last one.
type tests struct{ *testing.M }

func (t tests) Run() int { return pgtest.Main(t.M) }

// small are options for a look that takes a moment.
func small(t *testing.T) Options {
	t.Helper()
	o := Defaults()
	o.Only = []string{target.Redis, target.RedisAlways}
	o.RunTime, o.Rounds, o.Keys, o.Idle, o.Clients = 20*time.Millisecond, 2, 500, 60, []int{3}
	o.TempDir, o.Quiet = t.TempDir(), 100*time.Millisecond
	return o
}

// leftovers are what a benchmark left in its directory.
func leftovers(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestCompareTwoRedis(t *testing.T) {
	t.Parallel()
	o := small(t)
	o.Workloads = []string{"GET", "INCR one key", "MULTI 10 SET"}
	r, err := Compare(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Cells) != 6 || len(r.Servers) != 2 || r.Servers[0].Name != target.RedisAlways || r.Servers[0].Version == "" {
		t.Fatalf("%+v", r)
	}
	for _, c := range r.Cells {
		for _, s := range r.Servers {
			runs := c.On(s.Name)
			if len(runs) != 2 || runs[0].PerSecond <= 0 || runs[1].Commands < 1 || runs[0].PostgresMicros >= 0 || runs[0].ClientMicros < 0 {
				t.Errorf("%s -P %d on %s: %+v", c.Workload, c.Pipeline, s.Name, runs)
			}
		}
	}
	var loads []string
	for _, l := range r.Latencies {
		loads = append(loads, l.Server+": "+l.Load)
		if len(l.Runs) != 2 {
			t.Errorf("%+v", l)
		}
		for _, run := range l.Runs {
			if run.P50Ms <= 0 || run.P99Ms < run.P50Ms || run.MaxMs < run.P99Ms || run.PerSecond <= 0 {
				t.Errorf("%+v", l)
			}
		}
	}
	if want := []string{"redis-always: one client", "redis-always: half load, 3 clients", "redis: one client", "redis: half load, 3 clients",
		"redis-always: one client", "redis: one client"}; !slices.Equal(loads, want) {
		t.Errorf("latencies %q", loads)
	}
	if len(r.Goals) != 0 || len(r.References) != 0 || len(r.PostgreSQL) != 0 {
		t.Errorf("goals %v, references %v, PostgreSQL %v without postkeys", r.Goals, r.References, r.PostgreSQL)
	}
	if left := leftovers(t, o.TempDir); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// A PostgreSQL that runs already is measured too, with everything that is known of it.
func TestComparePostkeysOnADatabase(t *testing.T) {
	t.Parallel()
	o := onDatabase(t)
	o.Only = []string{target.Postkeys}
	o.Workloads = []string{"SET", "INCR", "SPOP"}
	r, err := Compare(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Cells {
		for _, run := range c.On(target.Postkeys) {
			if run.PerSecond <= 0 || run.PostgresMicros < 0 || run.WALBytes < 0 || run.DiskBytes < 0 || run.RoundTrips <= 0 {
				t.Errorf("%s -P %d: %+v", c.Workload, c.Pipeline, run)
			}
		}
	}
	workloads, err := workload.Select(o.Workloads)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range referenceLines(workloads) {
		if best := r.Best(string(line)); best == nil || len(best.RowsPerSecond) != o.Rounds || best.Connections < 1 {
			t.Errorf("line %s: %+v", line, best)
		}
	}
	if len(r.Goals) == 0 || len(r.PostgreSQL) == 0 {
		t.Errorf("goals %v, PostgreSQL %v", r.Goals, r.PostgreSQL)
	}
}

// onDatabase are options for a look at postkeys alone.
func onDatabase(t *testing.T) Options {
	t.Helper()
	o := small(t)
	o.Binary, o.PGDSN = os.Getenv("POSTKEYS_BINARY"), pgtest.DSN(t)
	return o
}

func TestGrowth(t *testing.T) {
	t.Parallel()
	o := onDatabase(t)
	o.Sizes, o.Keys = []int{10, 300}, 2000
	r, err := Growth(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if want := len(workload.SizedCommands) + len([]string{"RENAME", "DEL", "UNLINK", "FLUSHDB"}); len(r.Growths) != want || len(r.Goals) != want {
		t.Errorf("%d commands and %d goals, want %d of both", len(r.Growths), len(r.Goals), want)
	}
	for _, g := range r.Growths {
		if len(g.Cells) != 2 || g.Cells[1].Elements != 300 || g.Cells[0].P50Ms <= 0 || g.Cells[1].RoundTrips < 1 || g.Cells[1].MostRoundTrips < g.Cells[1].RoundTrips {
			t.Errorf("%+v", g)
		}
	}
	if len(r.Storages) != len(workload.Sized) {
		t.Errorf("%+v", r.Storages)
	}
	for _, s := range r.Storages {
		if s.Packed.Disk <= 0 || s.Packed.WAL <= 0 || s.Rows.Disk <= 0 || s.Rows.WAL <= 0 {
			t.Errorf("%+v", s)
		}
	}
}

func TestQueue(t *testing.T) {
	t.Parallel()
	o := onDatabase(t)
	o.QueueTime = time.Second
	r, err := Queue(t.Context(), o)
	if err != nil || len(r.Failures) > 0 {
		t.Fatal(err, r.Failures)
	}
	q := r.Queue
	if q.Commands < 1 || q.PerSecond <= 0 || q.WALBytes <= 0 || len(q.Samples) < 2 {
		t.Fatalf("%+v", q)
	}
	last := q.Samples[len(q.Samples)-1]
	if last.Bytes <= last.ListBytes || last.ListBytes < 10_000 || last.Seconds < 1 {
		t.Errorf("%+v", last)
	}
	if len(r.Goals) != 1 {
		t.Errorf("%+v", r.Goals)
	}
}

func TestCache(t *testing.T) {
	t.Parallel()
	o := onDatabase(t)
	o.Skip = []string{SkipLatency}
	r, err := Cache(t.Context(), o)
	if err != nil || len(r.Failures) > 0 {
		t.Fatal(err, r.Failures)
	}
	if len(r.Goals) != len(o.Pipelines) || r.Goals[0].Measured <= 0 {
		t.Errorf("%+v", r.Goals)
	}
	if !strings.Contains(r.Servers[0].Command, "CACHE_ENABLED=true") {
		t.Errorf("started as %q", r.Servers[0].Command)
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	o := onDatabase(t)
	r, err := Messages(t.Context(), o)
	if err != nil || len(r.Failures) > 0 {
		t.Fatal(err, r.Failures)
	}
	if want := 5 * len(o.Pipelines); len(r.Cells) != want || len(r.Goals) < 3*len(o.Pipelines) || r.Goals[0].Measured <= 0 {
		t.Errorf("%d cells, goals %+v", len(r.Cells), r.Goals)
	}
}

func TestConnectionsOfRedis(t *testing.T) {
	t.Parallel()
	o := small(t)
	o.Only = []string{target.Redis}
	r, err := Connections(t.Context(), o)
	if err != nil || len(r.Failures) > 0 {
		t.Fatal(err, r.Failures)
	}
	if len(r.Connections) != len(idleKinds) || len(r.Servers) != 1 || len(r.Goals) != 0 {
		t.Fatalf("%+v", r)
	}
	for _, c := range r.Connections {
		checkConnection(t, &c)
		if c.QuietAsked >= 0 {
			t.Errorf("%s: Redis asked PostgreSQL %v times a second", c.Kind, c.QuietAsked)
		}
	}
	if left := leftovers(t, o.TempDir); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func checkConnection(t *testing.T, c *report.Connection) {
	t.Helper()
	if c.Connections != 60 || c.ResidentBefore < 1<<20 || c.ResidentAfter < c.ResidentBefore/2 || c.QuietSeconds <= 0 || c.QuietCPU < 0 || len(c.Busy) != len(busyWorkloads) {
		t.Errorf("%+v", c)
	}
	for _, b := range c.Busy {
		if len(b.Alone) != 2 || len(b.Beside) != 2 || !(b.Ratio() > 0) {
			t.Errorf("%s: %+v", c.Kind, b)
		}
	}
}

// What postkeys asks PostgreSQL while nothing happens is seen, the heartbeat at least.
func TestConnectionsOfPostkeys(t *testing.T) {
	t.Parallel()
	o := onDatabase(t)
	o.Only, o.Kinds, o.Quiet = []string{target.Postkeys}, []string{"subscribed", "blocked"}, 3*time.Second
	r, err := Connections(t.Context(), o)
	if err != nil || len(r.Failures) > 0 {
		t.Fatal(err, r.Failures)
	}
	if len(r.Connections) != 2 || r.Connections[0].Kind != "subscribed" || len(r.Goals) != 2*(3+len(busyWorkloads)) {
		t.Fatalf("%+v, goals %+v", r.Connections, r.Goals)
	}
	for _, c := range r.Connections {
		checkConnection(t, &c)
		if c.QuietAsked < 0.5 {
			t.Errorf("%s: PostgreSQL was asked %v times a second", c.Kind, c.QuietAsked)
		}
	}
}

func TestInterruptedCleansUp(t *testing.T) {
	t.Parallel()
	o := small(t)
	o.RunTime = time.Minute
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o.Log = writerFunc(func(b []byte) {
		if strings.Contains(string(b), "runs of about") { // the servers are up and the first run is about to start
			cancel()
		}
	})
	if _, err := Compare(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if left := leftovers(t, o.TempDir); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// A server that stalls must cost neither the benchmark nor the figures of the others.
func TestServerThatStalls(t *testing.T) {
	t.Parallel()
	o := small(t)
	o.Workloads, o.Patience = []string{"GET"}, time.Second
	var stalled int
	signal := func(s syscall.Signal) {
		if err := syscall.Kill(stalled, s); err != nil {
			t.Error(err)
		}
	}
	o.Log = writerFunc(func(b []byte) {
		line := string(b)
		if strings.HasPrefix(line, "redis serves on") {
			if _, err := fmt.Sscanf(line[strings.LastIndex(line, "process"):], "process %d", &stalled); err != nil {
				t.Error(err)
			}
		}
		switch {
		case strings.Contains(line, "runs of about"):
			signal(syscall.SIGSTOP)
		case strings.Contains(line, "redis does not answer"):
			signal(syscall.SIGCONT) // so that it can be ended
		}
	})
	r, err := Compare(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Failures) != 2 || !strings.Contains(r.Failures[0].What, "GET, -c 3 -P 1 on redis") || !strings.Contains(r.Failures[0].Error, "ended after 2s") ||
		!strings.Contains(r.Failures[0].Evidence, "answers PING: false") || r.Failures[1].What != target.Redis {
		t.Errorf("failures %+v", r.Failures)
	}
	for _, c := range r.Cells {
		if len(c.On(target.Redis)) != 0 || len(c.On(target.RedisAlways)) != 2 {
			t.Errorf("%s: %+v", c.Workload, c.Measured)
		}
	}
	if len(r.Latencies) != 2 { // two loads, one server
		t.Errorf("latencies %+v", r.Latencies)
	}
	if left := leftovers(t, o.TempDir); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

type writerFunc func([]byte)

func (f writerFunc) Write(b []byte) (int, error) {
	f(b)
	return len(b), nil
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for what, spoil := range map[string]func(*Options){
		"no server":     func(o *Options) { o.Only = []string{"memcached"} },
		"no part":       func(o *Options) { o.Skip = []string{"all"} },
		"no workload":   func(o *Options) { o.Workloads = []string{"FLY"} },
		"rounds":        func(o *Options) { o.Rounds = 0 },
		"no clients":    func(o *Options) { o.Clients = nil },
		"pipeline":      func(o *Options) { o.Pipelines = []int{1, 0} },
		"keys":          func(o *Options) { o.Keys = -1 },
		"value bytes":   func(o *Options) { o.ValueBytes = 0 },
		"patience":      func(o *Options) { o.Patience = 0 },
		"sizes":         func(o *Options) { o.Sizes = []int{10, 1} },
		"duration":      func(o *Options) { o.QueueTime = 0 },
		"idle":          func(o *Options) { o.Idle = 1 << 40 },
		"no kind":       func(o *Options) { o.Kinds = []string{"asleep"} },
		"quiet":         func(o *Options) { o.Quiet = 0 },
		"a run of 1h0m": func(o *Options) { o.RunTime = time.Hour },
	} {
		o := small(t)
		spoil(&o)
		for _, measure := range []func(context.Context, Options) (*report.Report, error){Compare, Connections} {
			if _, err := measure(t.Context(), o); err == nil || !strings.Contains(err.Error(), what) {
				t.Errorf("%s: got %v", what, err)
			}
		}
	}
	o := Defaults()
	if err := o.validate(); err != nil {
		t.Error(err)
	}
}

func TestServersAreInOrder(t *testing.T) {
	t.Parallel()
	o := Options{Only: []string{target.Redis, target.Postkeys}}
	if got := o.servers(); !slices.Equal(got, []string{target.Postkeys, target.Redis}) {
		t.Errorf("got %q", got)
	}
	if got := target.Names; len(got) != 3 {
		t.Errorf("the list itself changed: %q", got)
	}
}

func TestShapes(t *testing.T) {
	t.Parallel()
	o := Options{Clients: []int{50, 500}, Pipelines: []int{1, 16}}
	got := o.shapes([]workload.Workload{{Name: "A"}, {Name: "B", Pipelines: []int{1}}})
	if len(got) != 6 || got[1].pipeline != 16 || got[2].clients != 500 || got[4].Name != "B" || got[5].pipeline != 1 {
		t.Errorf("%+v", got)
	}
}

func TestReferenceLoads(t *testing.T) {
	t.Parallel()
	lines := referenceLines([]workload.Workload{{OneByOne: pgbench.WriteOne}, {Reference: pgbench.WriteMany}, {Reference: pgbench.WriteMany}})
	if want := []pgbench.Line{pgbench.WriteMany, pgbench.WriteOne}; !slices.Equal(lines, want) {
		t.Fatalf("lines %q", lines)
	}
	loads := referenceLoads(lines, 3, time.Second)
	if len(loads) != len(keysAtOnce)+1 {
		t.Fatalf("%+v", loads)
	}
	if first := loads[0]; first.Clients != 3 || first.Keys != 50 || first.Duration != time.Second/2 {
		t.Errorf("%+v", first)
	}
	if last := loads[len(loads)-1]; last.Clients != oneByOneClients || last.Keys != 1 || last.Duration != time.Second {
		t.Errorf("%+v", last)
	}
}

func TestGoals(t *testing.T) {
	t.Parallel()
	rate := func(c *report.Cell, server string, perSecond float64) {
		c.Add(server, report.Run{PerSecond: perSecond})
	}
	set, mset, other := report.Cell{Workload: "SET", Clients: 50, Pipeline: 16}, report.Cell{Workload: "MSET", Clients: 50, Pipeline: 16},
		report.Cell{Workload: "SET", Clients: 500, Pipeline: 16}
	rate(&set, target.Postkeys, 60000)
	rate(&set, target.RedisAlways, 240000)
	rate(&mset, target.Postkeys, 3000)
	rate(&other, target.Postkeys, 1)
	few, many := report.Cell{Workload: "SADD", Clients: 50, Pipeline: 1}, report.Cell{Workload: "SADD", Clients: 50, Pipeline: 16}
	rate(&few, target.Postkeys, 5000)
	rate(&few, target.Redis, 100000)
	rate(&many, target.Postkeys, 70000)
	rate(&many, target.RedisAlways, 700000)
	r := &report.Report{
		Cells:      []report.Cell{set, mset, other, few, many},
		References: []report.Reference{{Line: string(pgbench.WriteMany), RowsPerSecond: []float64{100000}}, {Line: string(pgbench.WriteOne), RowsPerSecond: []float64{10000}}},
	}
	floors := []workload.Workload{
		{Name: "SADD", Rows: 1, Reference: pgbench.WriteMany, Floors: map[int]workload.Floor{16: {OfAlways: 0.3, OrOfReference: 0.6}, 1: {OfRedis: 0.1}}},
		{Name: "SET", Rows: 1, OneByOne: pgbench.WriteOne, Floors: map[int]workload.Floor{16: {OfAlways: 0.2, OfOneByOne: 5}, 1: {OfAlways: 1}}},
		{Name: "MSET", Rows: 10, Reference: pgbench.WriteMany, Floors: map[int]workload.Floor{16: {OfAlways: 0.1, OfReference: 0.6, NotBelow: "SET"}}},
	}
	got := goals(r, floors, &Options{Clients: []int{50, 500}, Pipelines: []int{1, 16}})
	want := []report.Goal{
		{Name: "SADD, pipeline 1: share of redis", Wanted: 0.1, Measured: 0.05},
		{Name: "SADD, pipeline 16: share of the set-oriented limit in rows, in place of 0.3 of redis-always", Wanted: 0.6, Measured: 0.7},
		{Name: "SET, pipeline 16: share of redis-always", Wanted: 0.2, Measured: 0.25},
		{Name: "SET, pipeline 16: times one round trip for each command", Wanted: 5, Measured: 6},
		{Name: "MSET, pipeline 16: share of the set-oriented limit in rows", Wanted: 0.6, Measured: 0.3},
		{Name: "MSET, pipeline 16: share of SET", Wanted: 1, Measured: 0.05},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestLineShares(t *testing.T) {
	t.Parallel()
	mset := report.Cell{Workload: "MSET", Clients: 50, Pipeline: 1}
	mset.Add(target.Postkeys, report.Run{PerSecond: 6000})
	r := &report.Report{
		Cells:      []report.Cell{mset, {Workload: "GET", Clients: 50, Pipeline: 1}},
		References: []report.Reference{{Line: string(pgbench.WriteMany), RowsPerSecond: []float64{100000}}},
	}
	workloads := []workload.Workload{
		{Name: "MSET", Rows: 10, Reference: pgbench.WriteMany, OneByOne: pgbench.WriteOne}, {Name: "GET", Rows: 1, Reference: pgbench.ReadMany},
	}
	got := lineShares(r, workloads, &Options{Clients: []int{50}, Pipelines: []int{1, 16}})
	want := []report.LineShare{{
		Workload: "MSET", Clients: 50, Pipeline: 1, Rows: 60000, Line: "write many", Share: 0.6, OneByOne: "write one", Times: -1,
	}}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestPerCommand(t *testing.T) {
	t.Parallel()
	r := report.Run{Commands: 1000}
	perCommand(&r, costs{server: time.Second, postgres: 2 * time.Second, wal: 100, disk: 8192, trips: 5},
		costs{server: 1010 * time.Millisecond, postgres: 2030 * time.Millisecond, wal: 200100, disk: 24192, trips: 30}, 5*time.Millisecond)
	if r.ServerMicros != 10 || r.PostgresMicros != 30 || r.WALBytes != 200 || r.ClientMicros != 5 || r.DiskBytes != 16 || r.RoundTrips != 0.025 {
		t.Errorf("%+v", r)
	}
	perCommand(&r, costs{postgres: -1, wal: -1, disk: -1, trips: -1}, costs{postgres: -1, wal: -1, disk: -1, trips: -1}, 0)
	if r.PostgresMicros >= 0 || r.WALBytes >= 0 || r.DiskBytes >= 0 || r.RoundTrips >= 0 {
		t.Errorf("unknown costs became %+v", r)
	}
}

func TestOthers(t *testing.T) {
	t.Parallel()
	before := costs{server: time.Second, postgres: 5 * time.Second, busy: 10 * time.Second, total: 100 * time.Second}
	after := costs{server: 2 * time.Second, postgres: 6 * time.Second, busy: 16 * time.Second, total: 110 * time.Second}
	if got := others(before, after, time.Second); got != 0.3 {
		t.Errorf("with PostgreSQL: %v", got)
	}
	before.postgres, after.postgres = -1, -1
	if got := others(before, after, time.Second); got != 0.4 {
		t.Errorf("without PostgreSQL: %v", got)
	}
	if got := others(before, after, time.Minute); got != 0 {
		t.Errorf("rounding made a share of %v", got)
	}
	var d disturbances
	d.look(0.05, "calm")
	if d.String() != "" {
		t.Errorf("%q", d.String())
	}
	d.look(0.255, "wild")
	d.look(0.12, "lively")
	if text := d.String(); !strings.Contains(text, "In 2 of 3 runs") || !strings.Contains(text, "26 % (wild)") {
		t.Errorf("%q", text)
	}
}

func TestMachineFacts(t *testing.T) {
	t.Parallel()
	mounts := []byte("/dev/root / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/x /tmpfoo xfs rw 0 0\n")
	for path, want := range map[string]string{"/var/lib": "ext4", "/tmp/a": "tmpfs", "/tmp": "tmpfs", "/tmpfoo/b": "xfs", "/tmpf": "ext4"} {
		if got := fileSystemOf(mounts, path); got != want {
			t.Errorf("%s: got %s", path, got)
		}
	}
	if got := field([]byte("a: 1\nmodel name\t: Some CPU @ 2: GHz\nmodel name: other\n"), "model name"); got != "Some CPU @ 2: GHz" {
		t.Errorf("got %q", got)
	}
	facts, _ := machineFacts(os.TempDir())
	if !slices.ContainsFunc(facts, func(f report.Fact) bool { return f.Name == "processors" && f.Value != "" }) {
		t.Errorf("%v", facts)
	}
}

func TestIdleAddresses(t *testing.T) {
	t.Parallel()
	for i, want := range map[int]string{0: "127.0.0.1", connectionsPerAddress - 1: "127.0.0.1", connectionsPerAddress: "127.0.0.2"} {
		if got := localAddress(i); got != want {
			t.Errorf("%d: got %s", i, got)
		}
	}
}

func TestIdleGivesUpTogether(t *testing.T) {
	t.Parallel()
	for _, kind := range idleKinds {
		if set, err := kind.open(t.Context(), &target.Server{Addr: "127.0.0.1:1"}, 100); err == nil {
			t.Errorf("%d %s of nobody", len(set), kind.plural)
		}
	}
}
