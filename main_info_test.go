package main

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// notHere are fields of Redis that describe parts this server does not have.
var notHere = []string{
	"atomicvar_api", "gcc_version", // C
	"used_memory_vm_eval", "used_memory_scripts_eval", "used_memory_vm_functions", "used_memory_vm_total", // its Lua
	"used_memory_vm_total_human", "used_memory_functions",
	"total_reads_processed", "total_writes_processed", "io_threaded_reads_processed", "io_threaded_writes_processed", // its I/O
	"reply_buffer_shrinks", "reply_buffer_expands",
	"eventloop_cycles", "eventloop_duration_sum", "eventloop_duration_cmd_sum", "instantaneous_eventloop_cycles_per_sec",
	"instantaneous_eventloop_duration_usec",
	"used_cpu_sys_main_thread", "used_cpu_user_main_thread",
}

// infoFields are the fields of INFO in order, with their sections.
func infoFields(t *testing.T, c *servertest.Client, args string) (names []string, values map[string]string) {
	t.Helper()
	reply := ask(t, c, "INFO "+args)
	values = map[string]string{}
	for line := range strings.SplitSeq(reply, "\r\n") {
		if section, ok := strings.CutPrefix(line, "# "); ok {
			names = append(names, "# "+section)
		} else if name, value, ok := strings.Cut(line, ":"); ok {
			if _, twice := values[name]; twice {
				t.Errorf("INFO has %s twice", name)
			}
			names, values[name] = append(names, name), value
		}
	}
	return names, values
}

// TestInfoHasTheFieldsOfRedis compares with a redis-server: clients, exporters
// and dashboards read fields by name, and expect numbers where Redis has them.
func TestInfoHasTheFieldsOfRedis(t *testing.T) {
	t.Parallel()
	ours, redis := dial(t, servertest.Postkeys(t, pgtest.DSN(t))), dial(t, servertest.Redis(t))
	for _, c := range []*servertest.Client{ours, redis} {
		expect(t, c, "CONFIG RESETSTAT", "+OK\r\n")
		expect(t, c, "SET k v EX 1000", "+OK\r\n")
		expect(t, c, "GET k", "$1\r\nv\r\n")
		expect(t, c, "GET none", "$-1\r\n")
		ask(t, c, "INCR k")
		ask(t, c, "NOSUCH")
	}
	names, values := infoFields(t, ours, "everything")
	wanted, examples := infoFields(t, redis, "everything")
	for _, name := range wanted {
		if !slices.Contains(names, name) && !slices.Contains(notHere, name) {
			t.Errorf("INFO lacks %s", name)
		}
	}
	for name, example := range examples {
		value, there := values[name]
		if !there {
			continue
		}
		_, errWanted := strconv.ParseFloat(example, 64)
		_, err := strconv.ParseFloat(value, 64)
		if (errWanted == nil) != (err == nil) && !strings.HasPrefix(name, "redis_git") && name != "redis_build_id" && name != "run_id" {
			t.Errorf("%s is %q, and %q in Redis", name, value, example)
		}
	}
	for name, want := range map[string]string{
		"redis_mode": "standalone", "role": "master", "loading": "0", "maxmemory_policy": "noeviction", "connected_clients": "1",
		"cluster_enabled": "0", "aof_enabled": "0", "postgresql_up": "1", "keyspace_hits": examples["keyspace_hits"],
		"keyspace_misses": examples["keyspace_misses"], "errorstat_ERR": examples["errorstat_ERR"],
		"total_commands_processed": examples["total_commands_processed"], "total_error_replies": examples["total_error_replies"],
	} {
		if values[name] != want {
			t.Errorf("%s is %q, want %q", name, values[name], want)
		}
	}
	if !strings.HasPrefix(values["redis_version"], "7.2.") || values["postkeys_version"] == "" || values["postgresql_version"] == "" {
		t.Errorf("versions: %q, %q, %q", values["redis_version"], values["postkeys_version"], values["postgresql_version"])
	}
	if !strings.HasPrefix(values["db0"], "keys=1,expires=1,avg_ttl=") || len(values["run_id"]) != 40 {
		t.Errorf("db0:%s run_id:%s", values["db0"], values["run_id"])
	}
	if !strings.HasPrefix(values["cmdstat_get"], "calls=2,usec=") || !strings.HasSuffix(values["cmdstat_incr"], "rejected_calls=0,failed_calls=1") {
		t.Errorf("cmdstat_get:%s cmdstat_incr:%s", values["cmdstat_get"], values["cmdstat_incr"])
	}
	if !strings.HasPrefix(values["latency_percentiles_usec_get"], "p50=") {
		t.Errorf("latency_percentiles_usec_get:%s", values["latency_percentiles_usec_get"])
	}
}

// TestInfoCountsPerSecond: the figures of the last seconds move.
func TestInfoCountsPerSecond(t *testing.T) {
	t.Parallel()
	c := dial(t, servertest.Postkeys(t, pgtest.DSN(t)))
	eventually(t, func() error {
		if field(t, c, "stats", "instantaneous_ops_per_sec") == "0" || field(t, c, "stats", "instantaneous_input_kbps") == "0.00" {
			return errors.New("no command per second is counted")
		}
		return nil
	})
}
