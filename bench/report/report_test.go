package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sample is a report in which every part has something to show, awkward figures included.
func sample() *Report {
	r := &Report{
		Title: "postkeys beside Redis", Command: "bench --rounds 3", Started: time.Date(2025, 3, 4, 5, 6, 7, 0, time.UTC), Seconds: 754,
		Machine:    []Fact{{"processors", "2"}, {"memory", "24 GB"}},
		PostgreSQL: []Fact{{"version", "18.4"}, {"synchronous_commit", "on"}},
		Servers: []Server{
			{"postkeys", "", "postkeys", "7.2.4"},
			{"redis-always", "fsync before replies", "redis-server --appendonly yes --appendfsync always", "7.0.15"},
			{"redis", "no persistence", "redis-server --save  --appendonly no", "7.0.15"},
		},
		References: []Reference{
			{"write many", 200, 4, 4, []float64{92000, 128000, 110000}}, {"write many", 50, 4, 4, []float64{60000, 61000, 62000}},
			{"write one", 1, 50, 4, []float64{9000, 11000, 10000}},
		},
		Latencies: []Latency{
			{"GET", "redis", "one client", []LatencyRun{{60000, 0.0161, 0.04, 1, 0, 0, -1}}},
			{"GET", "redis", "half load, 50 clients", []LatencyRun{{40000, 0.1, 1, 2, 0.5, 0, -1}}},
			{"GET", "postkeys", "one client", []LatencyRun{{5000, 0.19, 0.41, 12.5, 0, 0, 1}, {5200, 0.2, 0.4, 2, 0, 0, 1}, {4000, 0.3, 12, 14, 0, 0, 1}}},
			{"GET", "postkeys", "half load, 50 clients", []LatencyRun{{18000, 0.61, 2.345, 18, 0.08, 0, 0.05}}},
		},
		Connections: []Connection{{
			Server: "postkeys", Kind: "idle", Connections: 15000, ResidentBefore: 40_000_000, ResidentAfter: 56_500_000, AnonBefore: 20_000_000, AnonAfter: 36_000_000,
			Settled: true, QuietSeconds: 10.01, QuietCPU: 0.0042, QuietAsked: 0.999, Busy: []Busy{{"GET", []float64{36000, 35000, 37000}, []float64{35000, 34000, 36500}}},
		}},
		Growths:  []Growth{{"HGET", []GrowthCell{{10, 0.21, 1, 1}, {1000, 0.25, 1, 2}}}, {"DEL", []GrowthCell{{10, 1.5, 2, 2}}}},
		Storages: []Storage{{"hash", Taken{46.23, 56.5}, Taken{129, 190}}},
		Queue:    &Queue{50, 8, 10000, 2400000, 40000, 3.21, []QueueSample{{10, 2_000_000, 1_500_000, 5000, 1}, {20, 2_100_000, 1_600_000, 6000, 2}}},
		Goals: []Goal{
			{Name: "SET, pipeline 1: share of redis-always", Wanted: 0.33, Measured: 0.3519},
			{Name: "GET, pipeline 16: share of redis-always", Wanted: 0.2, Measured: 0.1899},
			{Name: "bytes of an idle connection", Wanted: 1200, Measured: 1100, AtMost: true},
		},
		Lines: []LineShare{
			{"SET", 50, 1, 20000, "write many", 0.1818, "write one", 2}, {"MSET", 50, 16, 70000, "write many", 0.636, "", -1},
		},
		Failures: []Failure{{What: "GET, -c 50 -P 16 on redis, round 2", Error: "ended after 24s:\ncontext deadline exceeded"}},
		Notes:    []string{"The data lay on tmpfs."},
	}
	set := Cell{Workload: "SET", Rows: 1, Clients: 50, Pipeline: 1}
	for _, v := range []float64{19000, 21000, 20000} {
		set.Add("postkeys", Run{Commands: 100000, PerSecond: v, P50Ms: 2, P99Ms: 5, ServerMicros: 12.34, PostgresMicros: 31, ClientMicros: 9.99, WALBytes: 181.5, DiskBytes: 40.4, RoundTrips: 0.02})
		set.Add("redis-always", Run{Commands: 300000, PerSecond: 3 * v, ServerMicros: 8, PostgresMicros: -1, ClientMicros: 9, WALBytes: -1})
		set.Add("redis", Run{Commands: 400000, PerSecond: 80000, ServerMicros: 6, PostgresMicros: -1, ClientMicros: 9, WALBytes: -1})
	}
	incr := Cell{Workload: "INCR <one key>", Rows: 1, Clients: 50, Pipeline: 16}
	incr.Add("postkeys", Run{PerSecond: 900000, ServerMicros: 1, PostgresMicros: 0.123, ClientMicros: 1, WALBytes: 4, DiskBytes: 0, RoundTrips: -1})
	incr.Add("redis", Run{PerSecond: 600000, ServerMicros: 1, PostgresMicros: -1, ClientMicros: 1, WALBytes: -1})
	r.Cells = []Cell{set, incr}
	return r
}

func golden(t *testing.T, name string, write func(io.Writer) error) []byte {
	t.Helper()
	var got bytes.Buffer
	if err := write(&got); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s differs; run with -update and look at the change:\n%s", path, got.String())
	}
	return got.Bytes()
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	golden(t, "report.md", func(w io.Writer) error { return sample().Markdown(w, "report.svg") })
}

func TestChart(t *testing.T) {
	t.Parallel()
	b := golden(t, "report.svg", sample().Chart)
	for d := xml.NewDecoder(bytes.NewReader(b)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("not well formed: %v", err)
		}
	}
}

func TestChartOfNothing(t *testing.T) {
	t.Parallel()
	for _, r := range []*Report{{}, {Servers: []Server{{Name: "redis"}}, Cells: []Cell{{Workload: "SET"}}}} {
		if err := r.Chart(io.Discard); err != nil {
			t.Error(err)
		}
		if err := r.Markdown(io.Discard, ""); err != nil {
			t.Error(err)
		}
	}
}

func TestJSONKeepsEverything(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := sample().JSON(&b); err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(&back, sample()) {
		t.Errorf("got %+v", back)
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	for want, values := range map[float64][]float64{3: {3}, 2: {1, 3}, 5: {9, 1, 5}, 2.5: {4, 1, 2, 3}} {
		if got := Median(values); got != want {
			t.Errorf("%v: got %v", values, got)
		}
	}
	if !math.IsNaN(Median(nil)) {
		t.Error("the median of nothing is a number")
	}
}

func TestRatio(t *testing.T) {
	t.Parallel()
	c := sample().Cells[0]
	got := c.Ratio("postkeys", "redis")
	if want := (Ratio{20000.0 / 80000, 19000.0 / 80000, 21000.0 / 80000}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if !math.IsNaN(c.Ratio("postkeys", "other").Median) {
		t.Error("a ratio to a server that was not measured")
	}
}

func TestBest(t *testing.T) {
	t.Parallel()
	r := sample()
	if best := r.Best("write many"); best == nil || best.KeysAtOnce != 200 {
		t.Errorf("got %+v", best)
	}
	if r.Best("no such line") != nil {
		t.Error("a line that was not measured")
	}
}

func TestQueueGrowth(t *testing.T) {
	t.Parallel()
	q := Queue{Samples: make([]QueueSample, 10)}
	for i := range q.Samples {
		q.Samples[i].Bytes = int64(100 + 10*i)
	}
	q.Samples[8].Bytes, q.Samples[9].Bytes = 220, 50
	if got := q.Growth(); got != 220.0/110 {
		t.Errorf("got %v", got)
	}
	q.Samples = q.Samples[:4]
	if got := q.Growth(); got != 0 {
		t.Errorf("of too few samples: %v", got)
	}
}

func TestGoalsKnowTheirDirection(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		goal Goal
		met  bool
	}{
		{Goal{Wanted: 1, Measured: 1}, true}, {Goal{Wanted: 1, Measured: 0.99}, false}, {Goal{Wanted: 1, Measured: math.NaN()}, false},
		{Goal{Wanted: 1, Measured: 1.01, AtMost: true}, false}, {Goal{Wanted: 1, Measured: 0.5, AtMost: true}, true},
	} {
		if c.goal.Met() != c.met {
			t.Errorf("%+v", c.goal)
		}
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "b")
	paths, err := sample().Write(dir, "report")
	if err != nil || len(paths) != 3 {
		t.Fatalf("%v, %v", paths, err)
	}
	for _, path := range paths {
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", path, err)
		}
	}
	// What was found out about a failure gets a file, and that of an earlier report does not stay.
	failing := sample()
	failing.Failures[0].Evidence = "it hangs"
	if paths, err := failing.Write(dir, "report"); err != nil || len(paths) != 4 {
		t.Errorf("%v, %v", paths, err)
	}
	evidence := filepath.Join(dir, "report-error-1.txt")
	if b, err := os.ReadFile(evidence); err != nil || !bytes.Contains(b, []byte("it hangs")) {
		t.Errorf("%q, %v", b, err)
	}
	if _, err := sample().Write(dir, "report"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(evidence); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("evidence of an earlier report: %v", err)
	}
	// A report that only looks at connections has no picture.
	r := sample()
	r.Cells = nil
	if paths, err := r.Write(dir, "connections"); err != nil || len(paths) != 2 {
		t.Errorf("%v, %v", paths, err)
	}
}
