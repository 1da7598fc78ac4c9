package main

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// sampleLine is one value in Prometheus' text format.
var sampleLine = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)((?:\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",? ?)*\})?) (\S+)$`)

// scrape reads the metrics and checks their form: values by name and labels.
func scrape(t *testing.T, s *servertest.Server) map[string]float64 {
	t.Helper()
	status, body := get(t, s, "/metrics")
	if status != 200 {
		t.Fatalf("/metrics answers %d", status)
	}
	values, kinds := map[string]float64{}, map[string]string{}
	for line := range strings.SplitSeq(strings.TrimSuffix(body, "\n"), "\n") {
		if kind, ok := strings.CutPrefix(line, "# TYPE "); ok {
			name, kind, _ := strings.Cut(kind, " ")
			if kinds[name] != "" {
				t.Errorf("%s is declared twice", name)
			}
			kinds[name] = kind
			continue
		}
		if strings.HasPrefix(line, "# HELP ") {
			continue
		}
		m := sampleLine.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("malformed: %q", line)
			continue
		}
		value, err := strconv.ParseFloat(m[3], 64)
		if _, twice := values[m[1]+m[2]]; err != nil || twice {
			t.Errorf("%q: %v, or there twice", line, err)
		}
		values[m[1]+m[2]] = value
		if !strings.HasPrefix(m[1], "postkeys_") {
			continue
		}
		family := m[1]
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			if base := strings.TrimSuffix(m[1], suffix); kinds[base] == "histogram" {
				family = base
			}
		}
		if kinds[family] == "" {
			t.Errorf("%s is not declared", m[1])
		}
		if (kinds[family] == "counter") != strings.HasSuffix(family, "_total") {
			t.Errorf("%s is a %s", family, kinds[family])
		}
	}
	return values
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	s := servertest.Postkeys(t, pgtest.DSN(t))
	c := dial(t, s)
	expect(t, c, "PING", "+PONG\r\n") // the server has accepted it
	before := scrape(t, s)
	for range 3 {
		expect(t, c, "SET k v", "+OK\r\n")
	}
	expect(t, c, "GET k", "$1\r\nv\r\n")
	expect(t, c, "GET none", "$-1\r\n")
	ask(t, c, "INCR k")
	ask(t, c, "SET k")
	ask(t, c, `NOSUCH"\command`)
	ask(t, c, "PEXPIRE k 1")
	expect(t, c, "CONFIG RESETSTAT", "+OK\r\n")
	after := scrape(t, s)
	for name, want := range map[string]float64{
		`postkeys_commands_total{command="set"}`:                            4,
		`postkeys_commands_total{command="get"}`:                            2,
		`postkeys_commands_total{command="incr"}`:                           1,
		`postkeys_commands_total{command="config|resetstat"}`:               1,
		`postkeys_commands_total{command="unknown"}`:                        1,
		`postkeys_command_errors_total{command="set"}`:                      1,
		`postkeys_command_errors_total{command="get"}`:                      0,
		`postkeys_command_errors_total{command="incr"}`:                     1,
		`postkeys_command_errors_total{command="unknown"}`:                  1,
		`postkeys_command_duration_seconds_count{command="set"}`:            3,
		`postkeys_command_duration_seconds_bucket{command="set",le="+Inf"}`: 3,
		`postkeys_error_replies_total{code="ERR"}`:                          3,
		`postkeys_connections_total`:                                        0,
		`postkeys_keyspace_hits_total`:                                      1,
		`postkeys_keyspace_misses_total`:                                    1,
	} {
		if _, there := after[name]; !there || after[name]-before[name] != want {
			t.Errorf("%s grew from %v to %v, want %v more", name, before[name], after[name], want)
		}
	}
	for name, want := range map[string]float64{
		"postkeys_active_connections": 1, "postkeys_postgres_up": 1, "postkeys_waiting_batches": 0,
		"postkeys_rejected_connections_total": 0,
	} {
		if after[name] != want {
			t.Errorf("%s is %v, want %v", name, after[name], want)
		}
	}
	if after["postkeys_round_trips_total"] < after["postkeys_rounds_total"] {
		t.Errorf("%v round trips for %v rounds", after["postkeys_round_trips_total"], after["postkeys_rounds_total"])
	}
	if after["postkeys_rounds_total"] < 7 || after["postkeys_round_commands_total"] < after["postkeys_rounds_total"] ||
		after["postkeys_net_input_bytes_total"] <= before["postkeys_net_input_bytes_total"] || after["process_resident_memory_bytes"] == 0 {
		t.Errorf("rounds %v, commands in them %v, bytes %v, memory %v", after["postkeys_rounds_total"],
			after["postkeys_round_commands_total"], after["postkeys_net_input_bytes_total"], after["process_resident_memory_bytes"])
	}
	last, sum := 0.0, after[`postkeys_command_duration_seconds_sum{command="set"}`]
	for _, le := range []string{"1.6384e-05", "0.001048576", "0.134217728", "17.179869184", "+Inf"} {
		n, there := after[`postkeys_command_duration_seconds_bucket{command="set",le="`+le+`"}`]
		if !there || n < last {
			t.Errorf("bucket %s holds %v, the one before %v", le, n, last)
		}
		last = n
	}
	if sum <= 0 || sum > 60 {
		t.Errorf("three commands took %v seconds", sum)
	}
	for name := range after {
		if strings.Contains(strings.ToLower(name), "nosuch") {
			t.Errorf("a client made up the label %s", name)
		}
	}
}

func TestProfilesAreThereWhenAskedFor(t *testing.T) {
	t.Parallel()
	s := servertest.Postkeys(t, pgtest.DSN(t))
	if status, _ := get(t, s, "/debug/pprof/"); status != 404 {
		t.Errorf("/debug/pprof/ answers %d", status)
	}
	s = servertest.Postkeys(t, pgtest.DSN(t), "PPROF=1")
	if status, body := get(t, s, "/debug/pprof/goroutine?debug=1"); status != 200 || !strings.Contains(body, "goroutine profile") {
		t.Errorf("the profile of goroutines: %d %.100q", status, body)
	}
}

func TestNoMetricsWithoutAddress(t *testing.T) {
	t.Parallel()
	s := servertest.Postkeys(t, pgtest.DSN(t), "METRICS_ADDR=")
	if _, _, err := fetch(s, "/metrics"); err == nil {
		t.Error("there is a listener for metrics")
	}
	if strings.Contains(s.Logs(), "metrics") {
		t.Errorf("the banner speaks of metrics:\n%s", s.Logs())
	}
}
