package embedded

import (
	"bufio"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const mb = int64(1) << 20

// settingsFile lies in the data directory and is written anew at each start. PostgreSQL's own postgresql.auto.conf (ALTER SYSTEM)
// wins over it.
const settingsFile = "postkeys.conf"

// includeSettings makes PostgreSQL read our file at the end of its own.
func includeSettings(conf string) error {
	f, err := os.OpenFile(conf, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(f, "\n# Written by postkeys at each start.\ninclude '%s'\n", settingsFile); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// checkSettings refuses settings with which an acknowledged write could be lost.
func checkSettings(settings map[string]string) error {
	for _, name := range []string{"fsync", "full_page_writes"} {
		if v, ok := settings[name]; ok && v != "on" {
			return fmt.Errorf("%s = %s would lose acknowledged writes: an embedded PostgreSQL keeps it on", name, v)
		}
	}
	switch v := settings["synchronous_commit"]; v {
	case "", "on", "local", "remote_write", "remote_apply":
		return nil
	default:
		return fmt.Errorf("synchronous_commit = %s would lose acknowledged writes: an embedded PostgreSQL keeps it on", v)
	}
}

// settings is the text of the settings file for this machine and configuration.
func (l *layout) settings(cfg *Config) string {
	memory := machineMemory()
	listen := ""
	if cfg.Port != 0 {
		listen = "127.0.0.1"
	}
	connections := cfg.MaxConnections
	if connections == 0 {
		connections = 200
	}
	all := map[string]string{
		"listen_addresses":        listen,
		"port":                    strconv.Itoa(l.port),
		"unix_socket_directories": `"` + l.socketDir + `"`,
		"max_connections":         strconv.Itoa(connections),

		// A reply leaves after COMMIT, and COMMIT is on the disk.
		"fsync":              "on",
		"synchronous_commit": "on",
		"full_page_writes":   "on",

		"shared_buffers":       megabytes(min(max(memory/4, 32*mb), 4096*mb)),
		"effective_cache_size": megabytes(max(memory/2, 128*mb)),
		"maintenance_work_mem": megabytes(min(max(memory/32, 16*mb), 256*mb)),
		"work_mem":             "8MB",
		"huge_pages":           "try",

		// Checkpoints by time rather than by volume: every page is logged whole after each one.
		"max_wal_size":       "4GB",
		"min_wal_size":       "512MB",
		"wal_buffers":        "16MB",
		"checkpoint_timeout": "15min",
		"wal_compression":    "off", // only pglz is built in: DESIGN.md has the figures

		// Hot rows leave a dead version per update: look often, and let a worker finish.
		"autovacuum_naptime":                    "5s",
		"autovacuum_vacuum_cost_limit":          "2000",
		"autovacuum_vacuum_scale_factor":        "0.05",
		"autovacuum_vacuum_insert_scale_factor": "0.1",
		"autovacuum_analyze_scale_factor":       "0.05",

		// Short statements over indexes: nothing for parallel workers or compiled plans to win.
		"random_page_cost":                "1.1",
		"jit":                             "off",
		"max_parallel_workers_per_gather": "0",

		// Failed statements are reported to the client, and by postkeys in its own log.
		"log_min_messages": "log",
		"log_checkpoints":  "off",
		"timezone":         "UTC",
		"log_timezone":     "UTC",
	}
	maps.Copy(all, cfg.Settings)
	var b strings.Builder
	b.WriteString("# Written by postkeys at each start: changes here are lost. Use ALTER SYSTEM instead.\n")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, "%s = %s\n", name, quote(all[name]))
	}
	return b.String()
}

// megabytes prints a size as PostgreSQL reads it.
func megabytes(n int64) string { return strconv.FormatInt(n/mb, 10) + "MB" }

// currentSettings is the file as it was written at the last start.
func (l *layout) currentSettings() string {
	b, err := os.ReadFile(filepath.Join(l.path("data"), settingsFile))
	if err != nil {
		return ""
	}
	return string(b)
}

// writeSettings replaces the settings file.
func (l *layout) writeSettings(text string) error {
	path := filepath.Join(l.path("data"), settingsFile)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return fmt.Errorf("PostgreSQL's settings cannot be written: %w", err)
	}
	return l.account.own(path)
}

// machineMemory is what this process may use: the machine's memory, or the limit of its control group. Where neither can be read
// it assumes little.
func machineMemory() int64 {
	memory := 1024 * mb
	if f, err := os.Open("/proc/meminfo"); err == nil {
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			fields := strings.Fields(lines.Text())
			if len(fields) > 1 && fields[0] == "MemTotal:" {
				if kb, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
					memory = kb << 10
				}
				break
			}
		}
	}
	for _, path := range []string{"sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if b, err := fs.ReadFile(os.DirFS("/"), path); err == nil {
			if limit, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64); err == nil && limit > 0 {
				memory = min(memory, limit)
			}
		}
	}
	return memory
}
