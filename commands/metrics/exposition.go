package metrics

import (
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/mnorrsken/postkeys/commands"
)

// exposition collects metrics in Prometheus' text format. Everything is read
// when somebody asks: the counters live where the counting is done, and nothing
// is registered anywhere.
type exposition struct{ strings.Builder }

// head begins a metric.
func (x *exposition) head(name, kind, help string) {
	x.WriteString("# HELP " + name + " " + help + "\n# TYPE " + name + " " + kind + "\n")
}

// sample writes one value. labels are names and values in turn.
func (x *exposition) sample(name string, value float64, labels ...string) {
	x.WriteString(name)
	for i := 0; i < len(labels); i += 2 {
		x.WriteByte("{,"[min(i, 1)])
		x.WriteString(labels[i] + `="` + escapeLabel.Replace(labels[i+1]) + `"`)
	}
	if len(labels) > 0 {
		x.WriteByte('}')
	}
	x.WriteString(" " + strconv.FormatFloat(value, 'g', -1, 64) + "\n")
}

var escapeLabel = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func (x *exposition) counter(name, help string, value int64) {
	x.head(name, "counter", help)
	x.sample(name, float64(value))
}

func (x *exposition) gauge(name, help string, value float64) {
	x.head(name, "gauge", help)
	x.sample(name, value)
}

// write writes all metrics of the node and those of the process.
func (n *Node) write(w io.Writer) {
	var x exposition
	f := n.Server.Figures()
	x.commands(&f)
	x.connections(n, &f)
	x.keyspace(&f)
	x.cache(&f)
	x.rounds(n)
	x.postgres(n)
	x.head("postkeys_build_info", "gauge", "Always 1; the labels tell the versions.")
	x.sample("postkeys_build_info", 1, "version", n.Version, "postgresql_version", n.Engine.ServerVersion())
	// Nothing can be done if the client is gone.
	_, _ = io.WriteString(w, x.String())
	metrics.WriteProcessMetrics(w)
}

// unknownCommand is the label of requests whose name is no command. Names that
// clients make up never become labels.
const unknownCommand = "unknown"

func (x *exposition) commands(f *commands.Figures) {
	const total, failed, duration = "postkeys_commands_total", "postkeys_command_errors_total", "postkeys_command_duration_seconds"
	x.head(total, "counter", "Commands answered.")
	for _, c := range f.Commands {
		x.sample(total, float64(c.Calls+c.Rejected), "command", c.Name)
	}
	x.sample(total, float64(f.UnknownCommands), "command", unknownCommand)
	x.head(failed, "counter", "Commands answered with an error.")
	for _, c := range f.Commands {
		x.sample(failed, float64(c.Failed+c.Rejected), "command", c.Name)
	}
	x.sample(failed, float64(f.UnknownCommands), "command", unknownCommand)
	x.head(duration, "histogram", "Time from the arrival of commands to their replies.")
	for _, c := range f.Commands {
		for i, bound := range commands.LatencyBounds {
			x.sample(duration+"_bucket", float64(c.Latency[i]), "command", c.Name, "le", seconds64(bound))
		}
		x.sample(duration+"_bucket", float64(c.Calls), "command", c.Name, "le", "+Inf")
		x.sample(duration+"_sum", c.Duration.Seconds(), "command", c.Name)
		x.sample(duration+"_count", float64(c.Calls), "command", c.Name)
	}
	const errors = "postkeys_error_replies_total"
	x.head(errors, "counter", "Error replies by the code they begin with.")
	for _, code := range slices.Sorted(maps.Keys(f.Errors)) {
		x.sample(errors, float64(f.Errors[code]), "code", code)
	}
}

func seconds64(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'g', -1, 64) }

func (x *exposition) connections(n *Node, f *commands.Figures) {
	s := n.Connections()
	x.gauge("postkeys_active_connections", "Client connections open now.", float64(f.Clients))
	x.counter("postkeys_connections_total", "Client connections accepted.", s.Received)
	x.counter("postkeys_rejected_connections_total", "Client connections refused because of maxclients.", s.Rejected)
	const closed = "postkeys_limited_connections_total"
	x.head(closed, "counter", "Client connections closed for exceeding a limit.")
	x.sample(closed, float64(s.QueryBufferCloses), "limit", "query_buffer")
	x.sample(closed, float64(s.OutputBufferCloses), "limit", "output_buffer")
	x.sample(closed, float64(s.IdleCloses), "limit", "idle_time")
	x.counter("postkeys_net_input_bytes_total", "Bytes received from clients.", s.BytesIn)
	x.counter("postkeys_net_output_bytes_total", "Bytes sent to clients.", s.BytesOut)
}

func (x *exposition) keyspace(f *commands.Figures) {
	x.counter("postkeys_keyspace_hits_total", "Keys that were looked up and found.", f.KeyspaceHits)
	x.counter("postkeys_keyspace_misses_total", "Keys that were looked up and not found.", f.KeyspaceMisses)
	x.counter("postkeys_expired_keys_total", "Keys this node removed because their time had come.", f.Expired)
}

func (x *exposition) cache(f *commands.Figures) {
	x.counter("postkeys_cache_hits_total", "GETs answered from the cache.", f.Cache.Hits)
	x.counter("postkeys_cache_misses_total", "GETs that the cache could not answer.", f.Cache.Misses)
	const skips = "postkeys_cache_skips_total"
	x.head(skips, "counter", "Values that were not put into the cache, by the reason.")
	for _, s := range f.Cache.Skips {
		x.sample(skips, float64(s.Count), "reason", s.Reason)
	}
}

func (x *exposition) rounds(n *Node) {
	e := n.Engine
	x.counter("postkeys_rounds_total", "Units of work committed in PostgreSQL.", e.Rounds.Load())
	x.counter("postkeys_round_commands_total", "Commands in them; divided by the rounds, the size of a batch.", e.Items.Load())
	x.counter("postkeys_round_trips_total", "Round trips to PostgreSQL for them.", e.Trips.Load())
	x.counter("postkeys_round_retries_total", "Rounds run again after losing a race against other writers.", e.Retries.Load())
	x.counter("postkeys_rounds_isolated_total", "Rounds taken apart because PostgreSQL refused one of their commands.", e.Isolated.Load())
	x.counter("postkeys_rounds_unknown_total", "Rounds whose outcome could not be found out.", e.Unknown.Load())
	x.gauge("postkeys_waiting_batches", "Pipelines of clients that no round has taken yet.", float64(e.Waiting()))
}

func (x *exposition) postgres(n *Node) {
	up := 0.0
	if n.Server.Ready() {
		up = 1
	}
	x.gauge("postkeys_postgres_up", "Whether PostgreSQL answers and the schema is in place.", up)
	x.gauge("postkeys_postgres_connections_max", "Connections to PostgreSQL this node may hold.", float64(n.Engine.Connections()+1))
	x.counter("postkeys_postgres_connections_lost_total", "Failed attempts to reach PostgreSQL and connections lost.", n.Engine.Lost.Load())
}
