package commands

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mnorrsken/postkeys/commands/pubsub"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/commands/spec"
)

// infoPersistence says that everything is saved: an acknowledged write is
// committed.
func infoPersistence(w *infoWriter) {
	w.flag("loading", !w.server.ready.Load())
	w.zeros("async_loading", "current_cow_peak", "current_cow_size", "current_cow_size_age")
	w.text("current_fork_perc", "0.00")
	w.zeros("current_save_keys_processed", "current_save_keys_total", "rdb_changes_since_last_save", "rdb_bgsave_in_progress")
	w.int("rdb_last_save_time", w.server.started.Unix())
	w.text("rdb_last_bgsave_status", "ok")
	w.int("rdb_last_bgsave_time_sec", -1)
	w.int("rdb_current_bgsave_time_sec", -1)
	w.zeros("rdb_saves", "rdb_last_cow_size", "rdb_last_load_keys_expired", "rdb_last_load_keys_loaded")
	w.flag("aof_enabled", w.server.settings.Bool(settings.AppendOnly))
	w.zeros("aof_rewrite_in_progress", "aof_rewrite_scheduled")
	w.int("aof_last_rewrite_time_sec", -1)
	w.int("aof_current_rewrite_time_sec", -1)
	w.text("aof_last_bgrewrite_status", "ok")
	w.zeros("aof_rewrites", "aof_rewrites_consecutive_failures")
	w.text("aof_last_write_status", "ok")
	w.zeros("aof_last_cow_size", "module_fork_in_progress", "module_fork_last_cow_size")
}

func infoStats(w *infoWriter) {
	st := &w.server.stats
	conns := w.server.connections().minus(w.since.connections)
	calls, read, wrote := st.rates.perSecond()
	_, totalErrors := st.errors.read()
	w.int("total_connections_received", conns.Received)
	w.int("total_commands_processed", st.calls.Load()-w.since.calls)
	w.int("instantaneous_ops_per_sec", int64(calls+0.5))
	w.int("total_net_input_bytes", conns.BytesIn)
	w.int("total_net_output_bytes", conns.BytesOut)
	w.zeros("total_net_repl_input_bytes", "total_net_repl_output_bytes")
	w.float("instantaneous_input_kbps", read/1024, 2)
	w.float("instantaneous_output_kbps", wrote/1024, 2)
	w.text("instantaneous_input_repl_kbps", "0.00")
	w.text("instantaneous_output_repl_kbps", "0.00")
	w.int("rejected_connections", conns.Rejected)
	w.zeros("sync_full", "sync_partial_ok", "sync_partial_err")
	w.int("expired_keys", st.expired.Load()-w.since.expired)
	w.text("expired_stale_perc", "0.00")
	w.zeros("expired_time_cap_reached_count", "expire_cycle_cpu_milliseconds", "evicted_keys", "evicted_clients",
		"total_eviction_exceeded_time", "current_eviction_exceeded_time")
	w.int("keyspace_hits", st.hits.Load()-w.since.hits)
	w.int("keyspace_misses", st.misses.Load()-w.since.misses)
	w.int("pubsub_channels", int64(w.server.hub.CountActive(pubsub.Channel)))
	w.int("pubsub_patterns", int64(w.server.hub.CountActive(pubsub.Pattern)))
	w.int("pubsubshard_channels", int64(w.server.hub.CountActive(pubsub.Shard)))
	w.zeros("latest_fork_usec", "total_forks",
		"migrate_cached_sockets", "slave_expires_tracked_keys", "active_defrag_hits", "active_defrag_misses",
		"active_defrag_key_hits", "active_defrag_key_misses", "total_active_defrag_time", "current_active_defrag_time")
	tracked := w.server.tracking.Figures()
	w.int("tracking_total_keys", tracked.Keys)
	w.int("tracking_total_items", tracked.Items)
	w.int("tracking_total_prefixes", tracked.Prefixes)
	w.zeros("unexpected_error_replies")
	w.int("total_error_replies", totalErrors-w.since.totalErrors)
	w.zeros("dump_payload_sanitizations")
	w.int("client_query_buffer_limit_disconnections", conns.QueryBufferCloses)
	w.int("client_output_buffer_limit_disconnections", conns.OutputBufferCloses)
	w.zeros("acl_access_denied_auth", "acl_access_denied_cmd", "acl_access_denied_key", "acl_access_denied_channel")
}

// infoReplication presents each node as a primary without replicas: all nodes
// on one database are equal and writable.
func infoReplication(w *infoWriter) {
	w.text("role", "master")
	w.int("connected_slaves", 0)
	w.text("master_failover_state", "no-failover")
	w.text("master_replid", w.server.runID)
	w.text("master_replid2", strings.Repeat("0", len(w.server.runID)))
	w.int("master_repl_offset", 0)
	w.int("second_repl_offset", -1)
	w.int("repl_backlog_active", 0)
	w.int("repl_backlog_size", 1<<20)
	w.zeros("repl_backlog_first_byte_offset", "repl_backlog_histlen")
}

func infoCPU(w *infoWriter) {
	system, user := processorTime()
	w.float("used_cpu_sys", system.Seconds(), 6)
	w.float("used_cpu_user", user.Seconds(), 6)
	w.text("used_cpu_sys_children", "0.000000")
	w.text("used_cpu_user_children", "0.000000")
}

func infoCommandStats(w *infoWriter) {
	for _, s := range spec.All() {
		r := w.server.stats.command(s.ID, w.since)
		if !r.used() {
			continue
		}
		micros, each := r.Nanos/1000, 0.0
		if r.Calls > 0 {
			each = float64(r.Nanos) / 1000 / float64(r.Calls)
		}
		w.text("cmdstat_"+s.Name, "calls="+strconv.FormatInt(r.Calls, 10)+
			",usec="+strconv.FormatInt(micros, 10)+
			",usec_per_call="+strconv.FormatFloat(each, 'f', 2, 64)+
			",rejected_calls="+strconv.FormatInt(r.Rejected, 10)+
			",failed_calls="+strconv.FormatInt(r.Failed, 10))
	}
}

func infoErrorStats(w *infoWriter) {
	byCode, _ := w.server.stats.errors.read()
	codes := make([]string, 0, len(byCode))
	for code := range byCode {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	for _, code := range codes {
		if n := byCode[code] - w.since.errors[code]; n > 0 {
			w.text("errorstat_"+code, "count="+strconv.FormatInt(n, 10))
		}
	}
}

func infoLatencyStats(w *infoWriter) {
	v := w.server.settings.Values()
	if !v.Bool(settings.LatencyTracking) {
		return
	}
	for _, s := range spec.All() {
		r := w.server.stats.command(s.ID, w.since)
		if r.Calls == 0 {
			continue
		}
		var fields []string
		for _, p := range v.Percentiles() {
			micros := float64(r.latency.percentile(p, r.Calls)) / 1000
			fields = append(fields, "p"+strconv.FormatFloat(p, 'f', -1, 64)+"="+strconv.FormatFloat(micros, 'f', 3, 64))
		}
		w.text("latency_percentiles_usec_"+s.Name, strings.Join(fields, ","))
	}
}

func infoKeyspace(w *infoWriter) {
	for _, d := range w.keyspace {
		w.text("db"+strconv.Itoa(d.DB), "keys="+strconv.FormatInt(d.Keys, 10)+
			",expires="+strconv.FormatInt(d.Expires, 10)+
			",avg_ttl="+strconv.FormatInt(d.AverageTTLMs, 10))
	}
}

// infoPostkeys tells how the rounds go; the metrics have the same figures.
func infoPostkeys(w *infoWriter) {
	e := w.server.engine
	w.int("rounds", e.Rounds.Load())
	w.int("round_commands", e.Items.Load())
	w.int("round_retries", e.Retries.Load())
	w.int("rounds_taken_apart", e.Isolated.Load())
	w.int("rounds_of_unknown_outcome", e.Unknown.Load())
	w.int("waiting_batches", int64(e.Waiting()))
	w.flag("active_expire", w.server.sweep.Active.Load())
	bus := w.server.bus
	w.int("other_nodes", int64(bus.Peers()))
	w.int("notifications_sent", bus.Sent.Load())
	w.int("notifications_received", bus.Received.Load())
	w.int("notifications_dropped", bus.Dropped.Load())
	w.int("notifications_lost_connections", bus.Lost.Load())
}

func infoPostgreSQL(w *infoWriter) {
	e := w.server.engine
	w.flag("postgresql_up", w.server.Ready())
	w.int("postgresql_max_connections", int64(e.Connections()+ConnectionsBeside))
	w.int("postgresql_lost_connections", e.Lost.Load())
}
