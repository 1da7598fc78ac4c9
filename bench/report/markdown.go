package report

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Markdown renders the report. picture, unless "", is the name of the chart beside it.
func (r *Report) Markdown(w io.Writer, picture string) error {
	var d document
	d.line("# %s", r.Title)
	d.line("%s, %s. `%s`", r.Started.UTC().Format("2006-01-02 15:04 MST"),
		(time.Duration(r.Seconds) * time.Second).String(), r.Command)
	r.failures(&d)
	r.goals(&d)
	if picture != "" && len(r.Cells) > 0 && len(r.Servers) > 1 {
		d.line("![Ratios](%s)", picture)
	}
	r.throughput(&d)
	r.costs(&d)
	r.references(&d)
	r.latencies(&d)
	r.connections(&d)
	r.growth(&d)
	r.storage(&d)
	r.queue(&d)
	r.circumstances(&d)
	_, err := io.WriteString(w, d.String())
	return err
}

func (r *Report) failures(d *document) {
	if len(r.Failures) == 0 {
		return
	}
	d.line("## Errors")
	d.line("**Not everything could be measured.** What follows is incomplete.")
	d.WriteByte('\n')
	for _, f := range r.Failures {
		fmt.Fprintf(d, "* %s: %s\n", f.What, strings.Join(strings.Fields(f.Error), " "))
	}
}

func (r *Report) goals(d *document) {
	if len(r.Goals) == 0 {
		return
	}
	d.line("## Goals")
	t := table{head: []string{"goal", "wanted", "measured", ""}, left: []int{0, 3}}
	for _, g := range r.Goals {
		relation, verdict := "at least ", "reached"
		if g.AtMost {
			relation = "at most "
		}
		if !g.Met() {
			verdict = "**missed**"
		}
		t.add(g.Name, relation+number(g.Wanted), number(g.Measured), verdict)
	}
	d.table(&t)
}

func (r *Report) throughput(d *document) {
	if len(r.Cells) == 0 {
		return
	}
	d.line("## Throughput")
	d.line("Commands per second, medians of the rounds. Ratios are %s to the other server: ratio of the medians, and in brackets the lowest "+
		"and highest of one round.", r.Servers[0].Name)
	t := table{head: []string{"workload", "clients", "pipeline"}, left: []int{0}}
	for _, s := range r.Servers {
		t.head = append(t.head, s.Name)
	}
	for _, s := range r.Servers[1:] {
		t.head = append(t.head, "to "+s.Name)
	}
	for i := range r.Cells {
		c := &r.Cells[i]
		row := []string{c.Workload, strconv.Itoa(c.Clients), strconv.Itoa(c.Pipeline)}
		for _, s := range r.Servers {
			row = append(row, rate(PerSecond(c.On(s.Name))))
		}
		for _, s := range r.Servers[1:] {
			row = append(row, ratio(c.Ratio(r.Servers[0].Name, s.Name)))
		}
		t.add(row...)
	}
	d.table(&t)
}

func (r *Report) costs(d *document) {
	if len(r.Cells) == 0 {
		return
	}
	d.line("## Costs per command")
	d.line("Processor time in microseconds, user and system, medians. `bench` is redis-benchmark's own against %s. WAL is the "+
		"write-ahead log of PostgreSQL, disk what its tables and indexes grew by, and a round trip carries so many commands.", r.Servers[0].Name)
	withPostgres := len(r.PostgreSQL) > 0
	t := table{head: []string{"workload", "clients", "pipeline"}, left: []int{0}}
	for _, s := range r.Servers {
		t.head = append(t.head, s.Name)
		if withPostgres && s.Name == r.Servers[0].Name {
			t.head = append(t.head, "PostgreSQL", "WAL bytes", "disk bytes", "commands a round trip")
		}
	}
	t.head = append(t.head, "bench")
	for i := range r.Cells {
		c := &r.Cells[i]
		row := []string{c.Workload, strconv.Itoa(c.Clients), strconv.Itoa(c.Pipeline)}
		for _, s := range r.Servers {
			runs := c.On(s.Name)
			median := func(of func(Run) float64) float64 { return medianOf(runs, of) }
			row = append(row, number(median(func(r Run) float64 { return r.ServerMicros })))
			if withPostgres && s.Name == r.Servers[0].Name {
				row = append(row, number(median(func(r Run) float64 { return r.PostgresMicros })), number(median(func(r Run) float64 { return r.WALBytes })),
					number(median(func(r Run) float64 { return r.DiskBytes })), number(1/median(func(r Run) float64 { return r.RoundTrips })))
			}
		}
		t.add(append(row, number(medianOf(c.On(r.Servers[0].Name), func(r Run) float64 { return r.ClientMicros })))...)
	}
	d.table(&t)
}

func (r *Report) references(d *document) {
	if len(r.References) == 0 {
		return
	}
	d.line("## PostgreSQL alone")
	d.line("Straight through pgx on a copy of the same table, no server in between; rows per second, medians.")
	t := table{head: []string{"line", "keys a statement", "clients", "connections", "rows"}, left: []int{0}}
	for _, ref := range r.References {
		t.add(ref.Line, strconv.Itoa(ref.KeysAtOnce), strconv.Itoa(ref.Clients), strconv.Itoa(ref.Connections), rate(Median(ref.RowsPerSecond)))
	}
	d.table(&t)
	if len(r.Lines) == 0 {
		return
	}
	d.line("%s beside the best of each line, in rows:", r.Servers[0].Name)
	t = table{head: []string{"workload", "clients", "pipeline", "rows", "set-oriented limit", "share", "one round trip each", "times"}, left: []int{0, 4, 6}}
	for _, l := range r.Lines {
		t.add(l.Workload, strconv.Itoa(l.Clients), strconv.Itoa(l.Pipeline), rate(l.Rows),
			cmp.Or(l.Line, "–"), number(l.Share), cmp.Or(l.OneByOne, "–"), number(l.Times))
	}
	d.table(&t)
}

func (r *Report) latencies(d *document) {
	if len(r.Latencies) == 0 {
		return
	}
	d.line("## Latency")
	d.line("Milliseconds, medians of the rounds. Paced requests count from when they were due; a further column says how late the benchmark " +
		"itself sent them. In brackets the highest of the rounds. Round trips to PostgreSQL are for each request.")
	t := table{head: []string{"workload", "load", "server", "per second", "p50", "p99", "max", "sent late, p99", "round trips"}, left: []int{0, 1, 2}}
	for _, l := range r.sortedLatencies() {
		figures := func(of func(LatencyRun) float64) (median, highest string) {
			top := math.Inf(-1)
			for _, run := range l.Runs {
				top = max(top, of(run))
			}
			return millis(medianOf(l.Runs, of)), millis(top)
		}
		trips := number(medianOf(l.Runs, func(run LatencyRun) float64 { return run.RoundTrips }))
		p50, top50 := figures(func(run LatencyRun) float64 { return run.P50Ms })
		p99, top99 := figures(func(run LatencyRun) float64 { return run.P99Ms })
		_, highest := figures(func(run LatencyRun) float64 { return run.MaxMs })
		late, _ := figures(func(run LatencyRun) float64 { return run.LagP99Ms })
		t.add(l.Workload, l.Load, l.Server, rate(medianOf(l.Runs, func(run LatencyRun) float64 { return run.PerSecond })),
			fmt.Sprintf("%s (%s)", p50, top50), fmt.Sprintf("%s (%s)", p99, top99), highest, late, trips)
	}
	d.table(&t)
}

// sortedLatencies puts the servers under the same load next to each other.
func (r *Report) sortedLatencies() []Latency {
	sorted := slices.Clone(r.Latencies)
	position := make(map[string]int)
	for _, l := range r.Latencies {
		for _, name := range []string{l.Workload, l.Load} {
			if _, seen := position[name]; !seen {
				position[name] = len(position)
			}
		}
	}
	slices.SortStableFunc(sorted, func(a, b Latency) int {
		return cmp.Or(position[a.Workload]-position[b.Workload], position[a.Load]-position[b.Load], r.serverIndex(a.Server)-r.serverIndex(b.Server))
	})
	return sorted
}

func (r *Report) serverIndex(name string) int {
	return slices.IndexFunc(r.Servers, func(s Server) bool { return s.Name == name })
}

func (r *Report) connections(d *document) {
	if len(r.Connections) == 0 {
		return
	}
	d.line("## Connections that do nothing")
	d.line("Idle ones have sent one GET; others have subscribed to a channel, or are blocked in BLPOP or BRPOP. Resident memory in KB (1,000 bytes). Then, over " +
		"some seconds in which nothing happens, the share of one processor that the server takes, and how often postkeys asks PostgreSQL. Last, throughput " +
		"of busy clients beside the connections, and its ratio to that without them.")
	t := table{head: []string{"kind", "server", "connections", "before", "after", "each, bytes", "heap and stacks each, bytes", "settled"}, left: []int{0, 1, 7}}
	for i := range r.Connections {
		c := &r.Connections[i]
		t.add(c.Kind, c.Server, strconv.Itoa(c.Connections), number(float64(c.ResidentBefore)/1000), number(float64(c.ResidentAfter)/1000),
			number(c.BytesPerConnection()), number(float64(c.AnonAfter-c.AnonBefore)/float64(c.Connections)), map[bool]string{true: "yes", false: "no"}[c.Settled])
	}
	d.table(&t)
	t = table{head: []string{"kind", "server", "seconds", "processor, %", "questions a second"}, left: []int{0, 1}}
	for _, c := range r.Connections {
		t.add(c.Kind, c.Server, number(c.QuietSeconds), number(100*c.QuietCPU), number(c.QuietAsked))
	}
	d.table(&t)
	t = table{head: []string{"kind", "server", "workload", "alone", "beside them", "ratio"}, left: []int{0, 1, 2}}
	for _, c := range r.Connections {
		for _, b := range c.Busy {
			t.add(c.Kind, c.Server, b.Workload, rate(Median(b.Alone)), rate(Median(b.Beside)), number(b.Ratio()))
		}
	}
	d.table(&t)
}

func (r *Report) circumstances(d *document) {
	d.line("## Circumstances")
	t := table{head: []string{"", ""}, left: []int{0, 1}}
	for _, f := range r.Machine {
		t.add(f.Name, f.Value)
	}
	for _, s := range r.Servers {
		about := s.About
		if about != "" {
			about += ": "
		}
		t.add(s.Name, fmt.Sprintf("%s`%s`, redis_version %s", about, s.Command, s.Version))
	}
	for _, f := range r.PostgreSQL {
		t.add("PostgreSQL "+f.Name, f.Value)
	}
	d.table(&t)
	for _, note := range r.Notes {
		d.line("* %s", note)
	}
}

// rate shows commands or rows per second.
func rate(perSecond float64) string {
	switch {
	case math.IsNaN(perSecond):
		return "–"
	case perSecond >= 99950:
		return fmt.Sprintf("%.0f k", perSecond/1000)
	case perSecond >= 1000:
		return fmt.Sprintf("%.1f k", perSecond/1000)
	}
	return fmt.Sprintf("%.0f", perSecond)
}

func ratio(r Ratio) string {
	if math.IsNaN(r.Median) {
		return "–"
	}
	return fmt.Sprintf("%.2f (%.2f–%.2f)", r.Median, r.Low, r.High)
}

// number shows a figure with about three digits; what is not known is negative or NaN.
func number(v float64) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0) || v < 0:
		return "–"
	case v >= 99.95 || v == math.Trunc(v):
		return fmt.Sprintf("%.0f", v)
	case v >= 9.995:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// millis shows a time in milliseconds, short ones to the microsecond; 0 is none at all.
func millis(v float64) string {
	switch {
	case v == 0:
		return "–"
	case v < 0.9995:
		return fmt.Sprintf("%.3f", v)
	}
	return number(v)
}

// document collects blocks of Markdown.
type document struct{ strings.Builder }

func (d *document) line(format string, args ...any) {
	if d.Len() > 0 {
		d.WriteByte('\n')
	}
	fmt.Fprintf(d, format+"\n", args...)
}
