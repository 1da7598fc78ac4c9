package commands

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/mnorrsken/postkeys/commands/settings"
)

func infoServer(w *infoWriter) {
	s, now := w.server, time.Now()
	v := s.settings.Values()
	uptime := int64(now.Sub(s.started).Seconds())
	w.text("redis_version", redisVersion)
	w.text("redis_git_sha1", "00000000")
	w.int("redis_git_dirty", 0)
	w.text("redis_build_id", "0000000000000000")
	w.text("redis_mode", "standalone")
	w.text("os", systemName())
	w.int("arch_bits", strconv.IntSize)
	w.text("monotonic_clock", "Go runtime")
	w.text("multiplexing_api", multiplexing())
	w.text("go_version", runtime.Version())
	w.int("process_id", int64(os.Getpid()))
	w.text("process_supervised", "no")
	w.text("run_id", s.runID)
	w.int("tcp_port", v.Int(settings.Port))
	w.int("server_time_usec", now.UnixMicro())
	w.int("uptime_in_seconds", uptime)
	w.int("uptime_in_days", uptime/(24*60*60))
	w.int("hz", v.Int(settings.Hz))
	w.int("configured_hz", v.Int(settings.Hz))
	w.int("lru_clock", now.Unix()&(1<<24-1))
	w.text("executable", executable())
	w.text("config_file", "")
	w.int("io_threads_active", 0)
	w.text("postkeys_version", s.version)
	w.text("postgresql_version", s.engine.ServerVersion())
	w.listeners(v)
}

// multiplexing is what the event loops wait with.
func multiplexing() string {
	if runtime.GOOS == "linux" {
		return "epoll"
	}
	return "kqueue"
}

// listeners writes one field for each way to connect.
func (w *infoWriter) listeners(v *settings.Values) {
	n := 0
	listener := func(fields string) {
		w.text("listener"+strconv.Itoa(n), fields)
		n++
	}
	if port := v.Int(settings.Port); port != 0 {
		fields := "name=tcp"
		for _, address := range strings.Fields(v.Text(settings.Bind)) {
			fields += ",bind=" + address
		}
		listener(fields + ",port=" + strconv.FormatInt(port, 10))
	}
	if path := v.Text(settings.UnixSocket); path != "" {
		listener("name=unix,bind=" + path)
	}
}

func infoClients(w *infoWriter) {
	w.int("connected_clients", int64(w.server.clients.count()))
	w.int("cluster_connections", 0)
	w.int("maxclients", w.server.settings.Int(settings.MaxClients))
	w.zeros("client_recent_max_input_buffer", "client_recent_max_output_buffer")
	blocked, timeouts, keys := w.server.blocked.Figures()
	w.int("blocked_clients", int64(w.server.pause.count()+blocked))
	w.int("tracking_clients", w.server.tracking.Figures().Clients)
	w.int("clients_in_timeout_table", int64(timeouts))
	w.int("total_blocking_keys", int64(keys))
	w.zeros("total_blocking_keys_on_nokey")
}

// count is the number of open sessions.
func (c *clients) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.byID)
}

// infoMemory tells of this process. What is stored is in PostgreSQL's memory
// and on its disk, and no part of it.
func infoMemory(w *infoWriter) {
	v := w.server.settings.Values()
	used, resident, total := heapBytes(), residentBytes(), systemMemory()
	peak := max(used, w.server.stats.rates.peak())
	w.bytes("used_memory", used)
	w.bytes("used_memory_rss", resident)
	w.bytes("used_memory_peak", peak)
	w.text("used_memory_peak_perc", percent(used, peak))
	w.uint("used_memory_overhead", used)
	w.zeros("used_memory_startup", "used_memory_dataset")
	w.text("used_memory_dataset_perc", percent(0, used))
	w.uint("allocator_allocated", used)
	w.uint("allocator_active", used)
	w.uint("allocator_resident", resident)
	w.bytes("total_system_memory", total)
	scripts, sources := w.server.scripts.figures()
	w.bytes("used_memory_lua", 0)
	w.bytes("used_memory_scripts", uint64(sources))
	w.int("number_of_cached_scripts", int64(scripts))
	functions, libraries := w.server.functions.figures()
	w.int("number_of_functions", int64(functions))
	w.int("number_of_libraries", int64(libraries))
	w.bytes("maxmemory", uint64(v.Int(settings.MaxMemory)))
	w.text("maxmemory_policy", v.Text(settings.MaxMemoryPolicy))
	ratio := 0.0
	if used > 0 {
		ratio = float64(resident) / float64(used)
	}
	w.float("allocator_frag_ratio", 1, 2)
	w.int("allocator_frag_bytes", 0)
	w.float("allocator_rss_ratio", ratio, 2)
	w.int("allocator_rss_bytes", int64(resident)-int64(used))
	w.float("rss_overhead_ratio", 1, 2)
	w.int("rss_overhead_bytes", 0)
	w.float("mem_fragmentation_ratio", ratio, 2)
	w.int("mem_fragmentation_bytes", int64(resident)-int64(used))
	w.zeros("mem_not_counted_for_evict", "mem_replication_backlog", "mem_total_replication_buffers", "mem_clients_slaves",
		"mem_clients_normal", "mem_cluster_links", "mem_aof_buffer")
	w.text("mem_allocator", "go-"+runtime.Version())
	w.zeros("active_defrag_running", "lazyfree_pending_objects", "lazyfreed_objects")
}

func percent(part, whole uint64) string {
	if whole == 0 {
		return "0.00%"
	}
	return strconv.FormatFloat(100*float64(part)/float64(whole), 'f', 2, 64) + "%"
}
