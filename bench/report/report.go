// Package report holds what a benchmark measured and renders it as Markdown, JSON and SVG.
//
// It keeps every single run; medians, ratios and spreads are computed where they are shown. It measures nothing.
package report

import (
	"slices"
	"time"
)

// Report is everything one benchmark found out.
type Report struct {
	Title      string    `json:"title"`
	Command    string    `json:"command"`
	Started    time.Time `json:"started"`
	Seconds    float64   `json:"seconds"`
	Machine    []Fact    `json:"machine"`
	PostgreSQL []Fact    `json:"postgresql,omitempty"`

	// Servers in the order in which they are shown. The first one is the subject: ratios are its figures by those of the others.
	Servers []Server `json:"servers"`

	Cells       []Cell       `json:"throughput,omitempty"`
	References  []Reference  `json:"references,omitempty"`
	Latencies   []Latency    `json:"latencies,omitempty"`
	Connections []Connection `json:"connections,omitempty"`
	Queue       *Queue       `json:"queue,omitempty"`
	Growths     []Growth     `json:"growth,omitempty"`
	Storages    []Storage    `json:"storage,omitempty"`
	Lines       []LineShare  `json:"shares_of_lines,omitempty"`
	Goals       []Goal       `json:"goals,omitempty"`
	Failures    []Failure    `json:"failures,omitempty"`
	Notes       []string     `json:"notes,omitempty"`
}

// Fact is a name and a value that the figures depend on.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Server is one of the compared servers.
type Server struct {
	Name    string `json:"name"`
	About   string `json:"about,omitempty"` // what sets it apart, in a few words
	Command string `json:"command"`
	Version string `json:"version"`
}

// Cell is one workload with one way to drive it, on all servers.
type Cell struct {
	Workload string     `json:"workload"`
	Rows     int        `json:"rows_per_command"`
	Clients  int        `json:"clients"`
	Pipeline int        `json:"pipeline"`
	Measured []Measured `json:"servers"`
}

// Measured holds the runs of a cell on one server, by round.
type Measured struct {
	Server string `json:"server"`
	Runs   []Run  `json:"runs"`
}

// Run is one run of redis-benchmark. Costs are per command; those that are not known are negative.
type Run struct {
	Commands       int     `json:"commands"`
	PerSecond      float64 `json:"per_second"`
	P50Ms          float64 `json:"p50_ms"`
	P99Ms          float64 `json:"p99_ms"`
	ServerMicros   float64 `json:"server_cpu_us"`
	PostgresMicros float64 `json:"postgresql_cpu_us"`
	ClientMicros   float64 `json:"client_cpu_us"`
	WALBytes       float64 `json:"wal_bytes"`
	DiskBytes      float64 `json:"disk_bytes"`  // by which tables and indexes grew
	RoundTrips     float64 `json:"round_trips"` // to PostgreSQL
	Others         float64 `json:"others_cpu"`  // share of the machine's processors that other programs had meanwhile
}

// Reference is a line measured on PostgreSQL alone.
type Reference struct {
	Line          string    `json:"line"`
	KeysAtOnce    int       `json:"keys_at_once"`
	Clients       int       `json:"clients"`
	Connections   int       `json:"connections"`
	RowsPerSecond []float64 `json:"rows_per_second"` // by round
}

// LineShare compares the first server with the reference lines in one cell. What was not measured is negative.
type LineShare struct {
	Workload string  `json:"workload"`
	Clients  int     `json:"clients"`
	Pipeline int     `json:"pipeline"`
	Rows     float64 `json:"rows_per_second"`
	Line     string  `json:"line,omitempty"`       // the set-oriented one
	Share    float64 `json:"share"`                // of that line
	OneByOne string  `json:"one_by_one,omitempty"` // the line of one round trip for each command
	Times    float64 `json:"times_one_by_one"`
}

// Failure is something that should have been measured and was not. Figures that it touches are those from before it.
type Failure struct {
	What     string `json:"what"`
	Error    string `json:"error"`
	Evidence string `json:"-"` // what was found out about it; Write gives it a file of its own
}

// Latency is what the benchmark's own load of one kind saw on one server.
type Latency struct {
	Workload string       `json:"workload"`
	Server   string       `json:"server"`
	Load     string       `json:"load"`
	Runs     []LatencyRun `json:"runs"`
}

// LatencyRun is the distribution of one run.
type LatencyRun struct {
	PerSecond float64 `json:"per_second"` // answered
	P50Ms     float64 `json:"p50_ms"`
	P99Ms     float64 `json:"p99_ms"`
	MaxMs     float64 `json:"max_ms"`
	LagP99Ms  float64 `json:"lag_p99_ms"` // by which requests left late; it is part of the latencies
	Others    float64 `json:"others_cpu"` // as that of Run

	RoundTrips float64 `json:"round_trips"` // to PostgreSQL for each request; negative if not known
}

// Connection is what connections that do nothing cost one server.
type Connection struct {
	Server         string  `json:"server"`
	Kind           string  `json:"kind"` // what they have done before
	Connections    int     `json:"connections"`
	ResidentBefore int64   `json:"resident_before"`
	ResidentAfter  int64   `json:"resident_after"`
	AnonBefore     int64   `json:"anonymous_before"`
	AnonAfter      int64   `json:"anonymous_after"`
	Settled        bool    `json:"settled"`
	QuietSeconds   float64 `json:"quiet_seconds"`          // for which the following two were measured
	QuietCPU       float64 `json:"quiet_cpu"`              // share of one processor
	QuietAsked     float64 `json:"quiet_asked_per_second"` // messages to PostgreSQL; negative if not known
	Busy           []Busy  `json:"busy"`
}

// Busy compares one workload of busy clients with and without the connections that do nothing.
type Busy struct {
	Workload string    `json:"workload"`
	Alone    []float64 `json:"alone_per_second"`
	Beside   []float64 `json:"beside_idle_per_second"`
}

// Goal is something that was to be reached.
type Goal struct {
	Name     string  `json:"name"`
	Wanted   float64 `json:"wanted"`
	Measured float64 `json:"measured"`
	AtMost   bool    `json:"at_most,omitempty"` // otherwise at least
}

// Met tells whether the goal was reached.
func (g Goal) Met() bool {
	if g.AtMost {
		return g.Measured <= g.Wanted
	}
	return g.Measured >= g.Wanted
}

// On returns the runs on one server, nil if there are none.
func (c *Cell) On(server string) []Run {
	for _, m := range c.Measured {
		if m.Server == server {
			return m.Runs
		}
	}
	return nil
}

// Add appends a run on a server.
func (c *Cell) Add(server string, r Run) {
	i := slices.IndexFunc(c.Measured, func(m Measured) bool { return m.Server == server })
	if i < 0 {
		i = len(c.Measured)
		c.Measured = append(c.Measured, Measured{Server: server})
	}
	c.Measured[i].Runs = append(c.Measured[i].Runs, r)
}

// AddLatency appends a run to those of its workload, server and load.
func (r *Report) AddLatency(workload, server, load string, run LatencyRun) {
	i := slices.IndexFunc(r.Latencies, func(l Latency) bool { return l.Workload == workload && l.Server == server && l.Load == load })
	if i < 0 {
		i = len(r.Latencies)
		r.Latencies = append(r.Latencies, Latency{Workload: workload, Server: server, Load: load})
	}
	r.Latencies[i].Runs = append(r.Latencies[i].Runs, run)
}

// Cell finds a cell; nil if there is none.
func (r *Report) Cell(workload string, clients, pipeline int) *Cell {
	for i := range r.Cells {
		if c := &r.Cells[i]; c.Workload == workload && c.Clients == clients && c.Pipeline == pipeline {
			return c
		}
	}
	return nil
}
