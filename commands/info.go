package commands

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mnorrsken/postkeys/pg"
)

var infoBindings = []binding{
	{name: "info", claim: claimInfo, run: info, failing: infoWithoutStorage, slow: true, ordered: true},
}

// infoSection is one section of INFO.
type infoSection struct {
	name, title string
	// special sections have to be asked for, by name or with "all".
	special bool
	write   func(w *infoWriter)
}

// infoSections lists the sections in the order in which they are shown.
var infoSections = []infoSection{
	{name: "server", title: "Server", write: infoServer},
	{name: "clients", title: "Clients", write: infoClients},
	{name: "memory", title: "Memory", write: infoMemory},
	{name: "persistence", title: "Persistence", write: infoPersistence},
	{name: "stats", title: "Stats", write: infoStats},
	{name: "replication", title: "Replication", write: infoReplication},
	{name: "cpu", title: "CPU", write: infoCPU},
	{name: "modules", title: "Modules", write: func(*infoWriter) {}},
	{name: "commandstats", title: "Commandstats", special: true, write: infoCommandStats},
	{name: "errorstats", title: "Errorstats", write: infoErrorStats},
	{name: "latencystats", title: "Latencystats", special: true, write: infoLatencyStats},
	{name: "cluster", title: "Cluster", write: func(w *infoWriter) { w.int("cluster_enabled", 0) }},
	{name: "postkeys", title: "Postkeys", write: infoPostkeys},
	{name: "postgresql", title: "Postgresql", write: infoPostgreSQL},
	{name: keyspaceSection, title: "Keyspace", write: infoKeyspace},
}

// keyspaceSection is the one section that needs the storage.
const keyspaceSection = "keyspace"

// infoWriter collects the fields of the sections.
type infoWriter struct {
	server *Server
	// since is what was counted when the statistics were last reset.
	since *statsReading
	// keyspace has the figures of the database indexes.
	keyspace []pg.DatabaseStats
	buf      strings.Builder
}

func (w *infoWriter) text(field, value string) { w.buf.WriteString(field + ":" + value + "\r\n") }

func (w *infoWriter) int(field string, n int64) { w.text(field, strconv.FormatInt(n, 10)) }

func (w *infoWriter) uint(field string, n uint64) { w.text(field, strconv.FormatUint(n, 10)) }

// float writes a number with a fixed number of decimals.
func (w *infoWriter) float(field string, f float64, decimals int) {
	w.text(field, strconv.FormatFloat(f, 'f', decimals, 64))
}

func (w *infoWriter) flag(field string, on bool) {
	if on {
		w.int(field, 1)
	} else {
		w.int(field, 0)
	}
}

// zeros writes fields that clients expect and that are always 0 here.
func (w *infoWriter) zeros(fields ...string) {
	for _, f := range fields {
		w.int(f, 0)
	}
}

// bytes writes a size, and again as people read it.
func (w *infoWriter) bytes(field string, n uint64) {
	w.uint(field, n)
	w.text(field+"_human", humanBytes(n))
}

// humanBytes shows a size as Redis does: 1.50M.
func humanBytes(n uint64) string {
	if n < 1<<10 {
		return strconv.FormatUint(n, 10) + "B"
	}
	f, unit := float64(n), 0
	for f /= 1 << 10; f >= 1<<10 && unit < len(humanUnits)-1; f /= 1 << 10 {
		unit++
	}
	return fmt.Sprintf("%.2f%c", f, humanUnits[unit])
}

const humanUnits = "KMGTP"

// wantedSections tells which sections a request asks for.
func wantedSections(args [][]byte) func(s *infoSection) bool {
	normal, all := len(args) == 0, false
	names := make(map[string]bool, len(args))
	for _, a := range args {
		switch name := strings.ToLower(string(a)); name {
		case "default":
			normal = true
		case "all", "everything":
			all = true
		default:
			names[name] = true
		}
	}
	return func(s *infoSection) bool { return all || normal && !s.special || names[s.name] }
}

func wantsKeyspace(args [][]byte) bool {
	wanted := wantedSections(args)
	for i := range infoSections {
		if infoSections[i].name == keyspaceSection {
			return wanted(&infoSections[i])
		}
	}
	return false
}

// claimInfo answers at once if nothing stored is asked for, if PostgreSQL is
// away, or if the figures of the keyspace need not be counted again yet.
func claimInfo(c *Call) {
	s := c.server()
	if !wantsKeyspace(c.args[1:]) || !s.Ready() || s.keyspace.fresh() {
		infoWithoutStorage(c, nil)
	}
}

func info(c *Call) error {
	figures := &c.server().keyspace
	// They may be fresh by now: another client asked too, or PostgreSQL has
	// just given up counting and the round is repeated.
	if !figures.fresh() {
		if err := figures.count(c.tx); err != nil {
			return err
		}
	}
	c.writeInfo(figures.get())
	return nil
}

// infoWithoutStorage answers with what is known. Those who watch a server want
// to hear from it all the more when its storage is away.
func infoWithoutStorage(c *Call, _ error) { c.writeInfo(c.server().keyspace.get()) }

func (c *Call) writeInfo(keyspace []pg.DatabaseStats) {
	s := c.server()
	w := &infoWriter{server: s, since: s.stats.since.Load(), keyspace: keyspace}
	if w.since == nil {
		w.since = new(statsReading)
	}
	wanted := wantedSections(c.args[1:])
	for i := range infoSections {
		section := &infoSections[i]
		if !wanted(section) {
			continue
		}
		if w.buf.Len() > 0 {
			w.buf.WriteString("\r\n")
		}
		w.buf.WriteString("# " + section.title + "\r\n")
		section.write(w)
	}
	c.out.Verbatim("txt", w.buf.String())
}
